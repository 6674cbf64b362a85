"""What stands in a report's tables, in no format yet: captions, columns, cells, footnotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Entry = Mapping[str, Any]
"""What a report says of a group, or of an attribute's gap."""

ALL = "(all rows)"
"""What all rows together are called in tables and pictures."""

_SHORT = {"average_precision": "AP", "f1": "F1", "bpsn_auroc": "BPSN", "bnsp_auroc": "BNSP"}
_MEANS = {"subgroup_auroc": "Mean AUROC", "bpsn_auroc": "Mean BPSN", "bnsp_auroc": "Mean BNSP"}
_CORRECTED = {
    "holm": "corrected by Holm's method",
    "bonferroni": "corrected by Bonferroni's method",
    "benjamini_hochberg": "corrected by Benjamini and Hochberg's method",
    "none": "not corrected",
}
_NOT_COMPARED = dict.fromkeys(("baseline_auroc", "difference", "interval", "p_value", "p_adjusted"))
_OF_ALL = (None, None, "interval")
_NO_MEAN = "no group has a value"

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Name(str):
    """A cell that holds what came with the data, so that every format has to escape it."""

    __slots__ = ()


@dataclass(frozen=True)
class Block:
    """Rows that belong together.

    Attributes:
        title: The attribute that they are of; empty for none.
        rows: Their cells.
    """

    title: str
    rows: list[list[str]]


@dataclass(frozen=True)
class TextTable:
    """A table in no format.

    Attributes:
        title: What it is.
        caption: How it was made.
        titles: What the blocks' titles are; empty where they have none.
        header: One name a column.
        words: How many columns, from the first on, hold words and not numbers.
        blocks: The rows.
        notes: The footnotes, numbered from 1.
    """

    title: str
    caption: str
    titles: str
    header: list[str]
    words: int
    blocks: list[Block]
    notes: list[str]


def blocks(report: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Entry]]]:
    """What is reported on, by name: all rows under no attribute, then each attribute, then each intersection."""
    yield "", {ALL: report["overall"]}
    yield from report["groups"].items()
    yield from report["intersections"].items()


def level(options: Mapping[str, Any]) -> str:
    """The confidence, such as `95%`."""
    return f"{100 * options['confidence']:.10g}%"


def fixed(value: float, digits: int) -> str:
    """A number with so many digits after the point, and a proper minus."""
    text = f"{value:.{digits}f}"
    return (text if float(text) else text.lstrip("-")).replace("-", "−")


def estimate(value: float, interval: Mapping[str, float], digits: int) -> str:
    """A number and its interval: `0.728 [0.706, 0.749]`."""
    return f"{fixed(value, digits)} [{fixed(interval['low'], digits)}, {fixed(interval['high'], digits)}]"


def tables(report: Mapping[str, Any], digits: int) -> Iterator[TextTable]:
    """The groups, and where anything is known of them, the gaps between them."""
    yield _of_groups(report, digits)
    if any(map(_is_known, report["gaps"].values())):
        yield _of_gaps(report, digits)


class _Cells:
    """Numbers as cells; a dash and a footnote for one that is not known."""

    def __init__(self, digits: int):
        self._digits = digits
        self.notes: list[str] = []

    def dash(self, reason: str) -> str:
        return self.marked("–", reason)

    def marked(self, text: str, reason: str) -> str:
        if reason not in self.notes:
            self.notes.append(reason)
        return text + str(self.notes.index(reason) + 1).translate(_SUPERSCRIPTS)

    def number(self, value: float | None, reason: str) -> str:
        return self.dash(reason) if value is None else fixed(value, self._digits)

    def estimate(
        self, value: float | None, interval: Mapping[str, float] | None, reason: str, caution: str = ""
    ) -> str:
        if value is None:
            return self.dash(reason)
        if interval is None:
            return f"{fixed(value, self._digits)} [{self.dash(reason)}]"
        text = estimate(value, interval, self._digits)
        return self.marked(text, caution) if caution else text

    def p_value(self, value: float | None, reason: str, caution: str = "") -> str:
        smallest = 10.0**-self._digits
        small = value is not None and value < smallest
        text = f"<{smallest:.{self._digits}f}" if small else self.number(value, reason)
        return self.marked(text, caution) if caution else text


def _of_groups(report: Mapping[str, Any], digits: int) -> TextTable:
    options, found = report["options"], list(blocks(report))
    entries = [entry for _, groups in found for entry in groups.values()]
    metrics = [metric for metric in _SHORT if any(entry.get(metric) is not None for entry in entries)]
    compared = any(entry.get("comparison") is not None for entry in entries)
    cells, cautions = _Cells(digits), _cautions(report)

    def row(name: str, entry: Entry, caution: str) -> list[str]:
        reasons = entry["reasons"]
        row = [Name(name), f"{entry['n']:,}", f"{entry['positives']:,}"]
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
        sentences.append(f"Difference: from the baseline, on the same rows{_p_values(options, _compared(entries))}")
    if report["gaps"] and not any(map(_is_known, report["gaps"].values())):
        sentences.append("Gaps between groups are left out, as no attribute has two groups with an AUROC")
    return TextTable(
        title="AUROC by group",
        caption=". ".join(sentences) + ".",
        titles="Attribute",
        header=["Group", "n", "Pos.", *["Cl."] * options["clustered"], f"AUROC [{level(options)} CI]"]
        + [_SHORT[metric] for metric in metrics]
        + ["Baseline", f"Difference [{level(options)} CI]", _p_header(options)] * compared,
        words=1,
        blocks=[
            Block(
                Name(attribute) if number else "",
                [
                    row(name, entry, cautions.get((attribute, name, "interval") if number else _OF_ALL, ""))
                    for name, entry in groups.items()
                ],
            )
            for number, (attribute, groups) in enumerate(found)
        ],
        notes=cells.notes,
    )


def _of_gaps(report: Mapping[str, Any], digits: int) -> TextTable:
    options, gaps = report["options"], report["gaps"]
    means = [mean for mean in _MEANS if any(gap["generalised_mean"][mean] is not None for gap in gaps.values())]
    cells, cautions = _Cells(digits), _cautions(report)

    def row(name: str, gap: Entry) -> list[str]:
        reasons, test = gap["reasons"], gap["test"]
        row: list[str] = [Name(name)]
        row += [Name(gap[end]["name"]) if gap[end] else cells.dash(reasons[end]) for end in ("best", "worst")]
        row.append(
            cells.estimate(gap["difference"], gap["difference_interval"], reasons.get("difference_interval", ""))
        )
        row.append(cells.number(gap["ratio"], reasons.get("ratio", "")))
        if test:
            freedom = (test[f"{part}degrees_of_freedom"] for part in ("", "denominator_"))
            statistic = f"{test['statistic']:,.2f} ({', '.join(f'{df:,.{int(df < 100)}f}' for df in freedom)})"
            row.append(cells.marked(statistic, reasons["test"]) if "test" in reasons else statistic)
            row.append(cells.p_value(test["p_adjusted"], "", cautions.get((name, None, "test"), "")))
        else:
            row += [cells.dash(reasons["test"])] * 2
        return row + [cells.number(gap["generalised_mean"][mean], _NO_MEAN) for mean in means]

    difference = (
        f"Difference: AUROC of the best group less that of the worst; its {level(options)} confidence interval has "
        "Bonferroni's correction for the pairs of groups that they were chosen from, so it can disagree with the test"
    )
    sentences = [
        difference,
        "F: ANOVA-type test that all groups have the same AUROC, with Box's degrees of freedom"
        + _p_values(options, options["comparisons"]),
    ]
    if means:
        sentences.append("Mean: generalised mean over the groups, power −5")
    return TextTable(
        title="Gaps between groups",
        caption=". ".join(sentences) + ".",
        titles="",
        header=[
            *("Attribute", "Best", "Worst", f"Difference [{level(options)} CI]", "Ratio", "F (df)"),
            *(_p_header(options), *(_MEANS[mean] for mean in means)),
        ],
        words=3,
        blocks=[Block("", [row(*item) for item in gaps.items()])],
        notes=cells.notes,
    )


def _is_known(gap: Entry) -> bool:
    return gap["best"] is not None or any(mean is not None for mean in gap["generalised_mean"].values())


def _cautions(report: Mapping[str, Any]) -> dict[tuple[str | None, str | None, str], str]:
    """The text of every warning, by attribute, group, and what it is about."""
    return {(each["attribute"], each["group"], each["about"]): each["text"] for each in report["warnings"]}


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


def _compared(entries: Iterable[Entry]) -> int:
    return sum((entry["comparison"] or _NOT_COMPARED)["p_value"] is not None for entry in entries)


def _p_header(options: Mapping[str, Any]) -> str:
    return "p" if options["correction"] == "none" else "Adj. p"


def _p_values(options: Mapping[str, Any], count: int) -> str:
    """The end of a sentence; empty where nothing was compared."""
    comparisons = f"{count:,} comparison{'s' * (count != 1)}"
    return "" if not count else f"; p values are {_CORRECTED[options['correction']]} for {comparisons}"
