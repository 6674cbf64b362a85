"""What stands in a report's tables, in no format yet: captions, columns, cells, footnotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .cells import Block, Cells, Entry, Name, TextTable, cautions_of, level, p_header, p_values
from .gap_tables import is_known, of_comparisons, of_gaps
from .inputs import MOST_GROUPS
from .overlapping_table import overlapping_table

ALL = "(all rows)"
"""What all rows together are called in tables and pictures."""

_SHORT = {"average_precision": "AP", "f1": "F1", "bpsn_auroc": "BPSN", "bnsp_auroc": "BNSP"}
_NOT_COMPARED = dict.fromkeys(("baseline_auroc", "difference", "interval", "p_value", "p_adjusted"))
_OF_ALL = (None, None)


def blocks(report: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Entry]]]:
    """What is reported on, by name: all rows under no attribute, then each attribute, then each intersection."""
    yield "", {ALL: report["overall"]}
    yield from report["groups"].items()
    yield from report["intersections"].items()


def tables(report: Mapping[str, Any], digits: int) -> Iterator[TextTable]:
    """The groups, and where anything is known, the gaps between them, which groups differ, and those that overlap."""
    yield _of_groups(report, digits)
    if any(map(is_known, report["gaps"].values())):
        yield of_gaps(report, digits)
    if any(gap["compared"] for gap in report["gaps"].values()):
        yield of_comparisons(report, digits)
    if "overlapping" in report:
        yield overlapping_table(report, digits)


def _of_groups(report: Mapping[str, Any], digits: int) -> TextTable:
    options, found = report["options"], list(blocks(report))
    entries = [entry for _, groups in found for entry in groups.values()]
    metrics = [metric for metric in _SHORT if any(entry.get(metric) is not None for entry in entries)]
    compared = any(entry.get("comparison") is not None for entry in entries)
    cells, cautions, by_name = Cells(digits), cautions_of(report), dict(found)
    aside = {
        (attribute, name): reason
        for attribute, gap in report["gaps"].items()
        for name, reason in gap["set_aside"].items()
        if gap["compared"] and by_name[attribute][name]["auroc"] is not None
    }

    def row(name: str, entry: Entry, caution: str, aside: str) -> list[str]:
        reasons, count = entry["reasons"], f"{entry['n']:,}"
        row = [Name(name), cells.marked(count, f"not compared: {aside}") if aside else count, f"{entry['positives']:,}"]
        row += [f"{entry['clusters']:,}"] if options["clustered"] else []
        row.append(cells.estimate(entry["auroc"], entry["interval"], reasons.get("interval", ""), caution))
        row += [cells.number(entry[metric], reasons.get(metric, "")) if metric in entry else "" for metric in metrics]
        if compared:
            comparison = entry["comparison"] or _NOT_COMPARED
            reason = reasons.get("comparison", "")
            row.append(cells.number(comparison["baseline_auroc"], reason))
            row.append(cells.estimate(comparison["difference"], comparison["interval"], reason))
            row.append(cells.p_value(comparison["p_adjusted"], reason))
        return row

    counted = "n: rows, weighted in all but these counts" if options["weighted"] else "n: rows"
    sentences = [_intervals(options), f"{counted}; Pos.: positive rows" + "; Cl.: clusters" * options["clustered"]]
    if "average_precision" in metrics:
        sentences.append("AP: average precision")
    if "f1" in metrics:
        chosen = ", chosen on a validation set" if options["threshold_from"] == "validation" else ""
        sentences.append(f"F1: at the threshold {options['threshold']:.4g}{chosen}")
    if {"bpsn_auroc", "bnsp_auroc"} & set(metrics):
        sentences.append(
            "BPSN: positives outside the group against negatives in it; BNSP: positives in it against negatives outside"
        )
    if compared:
        sentences.append(f"Difference: from the baseline, on the same rows{p_values(options, _compared(entries))}")
    if report["gaps"] and not any(map(is_known, report["gaps"].values())):
        sentences.append("Gaps between groups are left out, as no attribute has two groups that can be compared")
    if left_out := sum(each["about"] == "intersection" for each in report["warnings"]):
        what = "an intersection" if left_out == 1 else f"{left_out} intersections"
        sentences.append(f"Left out: {what} of more than {MOST_GROUPS:,} groups")
    return TextTable(
        title="AUROC by group",
        caption=". ".join(sentences) + ".",
        titles="Attribute",
        header=["Group", "n", "Pos.", *["Cl."] * options["clustered"], f"AUROC [{level(options)} CI]"]
        + [_SHORT[metric] for metric in metrics]
        + ["Baseline", f"Difference [{level(options)} CI]", p_header(options)] * compared,
        words=1,
        blocks=[
            Block(
                Name(attribute) if number else "",
                [
                    row(
                        name,
                        entry,
                        _cautions(cautions, (attribute, name) if number else _OF_ALL),
                        aside.get((attribute, name), ""),
                    )
                    for name, entry in groups.items()
                ],
            )
            for number, (attribute, groups) in enumerate(found)
        ],
        notes=cells.notes,
        positive=Name(options["positive"]),
    )


_HOW = {
    "score": "the score method, from DeLong's variance with half a row added to either class, and Student's t",
    "delong": "DeLong's method",
    "logit": "DeLong's method on the logit scale",
    "bootstrap": "the BCa bootstrap",
    "percentile": "the percentile bootstrap",
}


def _intervals(options: Mapping[str, Any]) -> str:
    """How the intervals were made."""
    how = _HOW[options["interval"]]
    if options["resamples"] is not None:
        drawn = "clusters" if options["clustered"] else "rows"
        how += f" ({options['resamples']:,} resamples of {drawn}, seed {options['seed']})"
        how += ", with Student's t" * (options["clustered"] and options["interval"] == "bootstrap")
    else:
        how += ", in Obuchowski's form for clusters" * options["clustered"]
        how += ", with Student's t" * (options["clustered"] and options["interval"] != "score")
    return f"{level(options)} confidence intervals by {how}"


def _cautions(known: Mapping[tuple[str | None, str | None, str], str], of: tuple[str | None, str | None]) -> str:
    """What to beware of in an AUROC, in one footnote."""
    attribute, name = of
    keys = [(attribute, name, about) for about in ("positive", "interval")]
    return "; ".join(known[key] for key in keys if key in known)


def _compared(entries: Iterable[Entry]) -> int:
    return sum((entry["comparison"] or _NOT_COMPARED)["p_value"] is not None for entry in entries)
