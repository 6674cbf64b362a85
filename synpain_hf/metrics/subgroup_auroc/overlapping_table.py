"""The table of groups that overlap."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .cells import Block, Cells, Entry, Name, TextTable, cautions_of, fixed, level

_HEADER = {
    "subgroup_auroc": "Subgroup", "bpsn_auroc": "BPSN", "bnsp_auroc": "BNSP", "positive_aeg": "Positive AEG",
    "negative_aeg": "Negative AEG",
}  # fmt: skip


def overlapping_table(report: Mapping[str, Any], digits: int) -> TextTable:
    """Groups that overlap: a row for each.

    Args:
        report: The report, which has `overlapping`.
        digits: After the decimal point.
    """
    options, found = report["options"], report["overlapping"]
    cells, cautions = Cells(digits), cautions_of(report)

    def row(name: str, entry: Entry) -> list[str]:
        count, aside, reasons = f"{entry['n']:,}", found["set_aside"].get(name, ""), entry["reasons"]
        row = [Name(name), cells.marked(count, f"in no mean: {aside}") if aside else count, f"{entry['positives']:,}"]
        for metric in _HEADER:
            caution = cautions.get((None, name, "overlapping"), "") if metric == "subgroup_auroc" else ""
            value, interval = entry[metric]["value"], entry[metric]["interval"]
            row.append(cells.estimate(value, interval, reasons.get(metric, ""), caution))
        return row

    sentences = [
        "Each group against all rows outside it, of which some may be in other groups; n: rows; Pos.: positive rows",
        "Subgroup: AUROC of the group; BPSN: positives outside against negatives in it",
        "BNSP: positives in it against negatives outside",
        "AEG: average equality gap of the positive or the negative rows, above 0 where the group scores higher",
    ]
    means = [
        f"{_HEADER[name]} {fixed(mean, digits)}" for name, mean in found["generalised_mean"].items() if mean is not None
    ]
    if means:
        sentences.append(f"Generalised means (power −5): {', '.join(means)}")
    if found["final_score"] is not None:
        score = fixed(found["final_score"], digits)
        sentences.append(f"Final score: {score}, a quarter from the AUROC of all rows, the rest from the mean of these")
    return TextTable(
        title="Overlapping groups",
        caption=". ".join(sentences) + ".",
        titles="",
        header=["Group", "n", "Pos.", *(f"{title} [{level(options)} CI]" for title in _HEADER.values())],
        words=1,
        blocks=[Block("", [row(*item) for item in found["groups"].items()])],
        notes=cells.notes,
    )
