"""The tables of gaps between groups, and of which groups differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .cells import Block, Cells, Entry, Name, TextTable, cautions_of, corrected, level, p_header, p_values

_MEANS = {"subgroup_auroc": "Mean AUROC", "bpsn_auroc": "Mean BPSN", "bnsp_auroc": "Mean BNSP"}
_NO_MEAN = "no group has a value"
_NOT_FOUND = "no difference would be found with power 0.8"


def of_gaps(report: Mapping[str, Any], digits: int) -> TextTable:
    """How far groups lie apart: a row for each attribute.

    Args:
        report: The report.
        digits: After the decimal point.
    """
    options, gaps = report["options"], report["gaps"]
    means = [mean for mean in _MEANS if any(gap["generalised_mean"][mean] is not None for gap in gaps.values())]
    cells, cautions = Cells(digits), cautions_of(report)

    def row(name: str, gap: Entry) -> list[str]:
        reasons, test, alike = gap["reasons"], gap["test"], gap["equivalence"]
        row: list[str] = [Name(name)]
        row += [Name(gap[end]["name"]) if gap[end] else cells.dash(reasons[end]) for end in ("best", "worst")]
        row.append(
            cells.estimate(gap["difference"], gap["difference_interval"], reasons.get("difference_interval", ""))
        )
        row.append(cells.number(gap["ratio"], reasons.get("ratio", "")))
        if test:
            freedom = (test[f"{part}degrees_of_freedom"] for part in ("", "denominator_"))
            row.append(f"{test['statistic']:,.2f} ({', '.join(f'{df:,.{int(df < 100)}f}' for df in freedom)})")
            row.append(cells.p_value(test["p_adjusted"], "", cautions.get((name, None, "test"), "")))
        else:
            row += [cells.dash(reasons["test"])] * 2
        row.append(cells.p_value(alike and alike["p_value"], reasons.get("equivalence", "")))
        row.append(cells.number(gap["detectable"], reasons.get("detectable", "")))
        return row + [cells.number(gap["generalised_mean"][mean], _NO_MEAN) for mean in means]

    difference = (
        "Difference: AUROC of the best group less that of the worst, and how far apart the truly best and worst are "
        f"({level(options)} confidence interval, which holds 0 where the test finds no gap)"
    )
    sentences = [
        difference,
        "F: ANOVA-type test that all groups have the same AUROC, with Box's degrees of freedom"
        + p_values(options, options["comparisons"]),
        f"Within {options['margin']:g}: p of the test that all groups lie so near each other, small where they do",
        "Found from: how far off any one group would have to be, to be found 8 times in 10",
    ]
    if means:
        sentences.append("Mean: generalised mean over the groups, power −5")
    return TextTable(
        title="Gaps between groups",
        caption=". ".join(sentences) + ".",
        titles="",
        header=[
            *("Attribute", "Best", "Worst", f"Difference [{level(options)} CI]", "Ratio", "F (df)"),
            *(p_header(options), f"Within {options['margin']:g}", "Found from"),
            *(_MEANS[mean] for mean in means),
        ],
        words=3,
        blocks=[Block("", [row(*item) for item in gaps.items()])],
        notes=cells.notes,
    )


def of_comparisons(report: Mapping[str, Any], digits: int) -> TextTable:
    """Which groups differ: a row for each group.

    Args:
        report: The report.
        digits: After the decimal point.
    """
    options, cells = report["options"], Cells(digits)

    def row(name: str, compared: Entry) -> list[str]:
        against = "the others" if compared["reference"] is None else Name(compared["reference"])
        return [
            Name(name),
            against,
            cells.estimate(compared["difference"], compared["interval"], "no spread to estimate"),
            cells.p_value(compared["p_adjusted"], "no spread to estimate"),
            cells.number(compared["detectable"], _NOT_FOUND),
        ]

    blocks = [
        Block(Name(attribute), [row(*item) for item in gap["compared"].items()])
        for attribute, gap in report["gaps"].items()
        if gap["compared"]
    ]
    difference = (
        f"Difference: AUROC of the group less that of what it is compared with; {level(options)} confidence intervals "
        "with Bonferroni's correction for the groups of the attribute"
    )
    sentences = [
        difference,
        f"The others: the mean of the other groups, weighted by their sizes; {corrected(options)} within the attribute",
        "Found from: how far below the group would have to lie, to be found 8 times in 10",
    ]
    return TextTable(
        title="Which groups differ",
        caption=". ".join(sentences) + ".",
        titles="Attribute",
        header=["Group", "Compared with", f"Difference [{level(options)} CI]", p_header(options), "Found from"],
        words=2,
        blocks=blocks,
        notes=cells.notes,
    )


def is_known(gap: Entry) -> bool:
    """Whether there is anything to show of an attribute's gap."""
    return gap["best"] is not None or any(mean is not None for mean in gap["generalised_mean"].values())
