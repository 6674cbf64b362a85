"""The tables of what is measured beside the AUROC: a table for each family of measures, and one of the gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .cells import Block, Cells, Entry, Name, TextTable, cautions_of, corrected, level, p_header
from .tables import blocks

FAMILIES: dict[str, dict[str, tuple[str, str]]] = {
    "Rates": {
        "true_positive_rate": ("TPR", "true positive rate, or sensitivity"),
        "false_positive_rate": ("FPR", "false positive rate"),
        "selection_rate": ("Selected", "share at or above the threshold"),
        "positive_predictive_value": ("PPV", "positive predictive value, or precision"),
    },
    "Calibration": {
        "calibration_intercept": (
            "Intercept",
            "calibration in the large, ideally 0, higher where risks are too low",
        ),
        "calibration_slope": ("Slope", "ideally 1, lower where scores are too extreme"),
        "expected_calibration_error": ("ECE", "expected calibration error, ideally 0, above it by chance alone"),
    },
    "Parts of the ROC curve": {
        "partial_auroc": ("Partial AUROC", "standardised after McClish, 0.5 is chance"),
        "sensitivity_at_specificity": ("Sensitivity", "of each group at its own threshold with that specificity"),
    },
    "AUROC within strata": {
        "controlled_auroc": (
            "Within strata",
            "mean of the strata's AUROCs, weighted by their shares of all positive rows",
        ),
    },
}
"""By title of the table, for each measure its column and its meaning; those that are not here are the user's own."""

OWN = "Other metrics"


def tables_of_measures(report: Mapping[str, Any], digits: int) -> Iterator[TextTable]:
    """A table for each family of which something was measured, then that of the gaps.

    Args:
        report: The report.
        digits: After the decimal point.
    """
    measured = report["options"]["measures"]
    own = [name for name in measured if not any(name in family for family in FAMILIES.values())]
    for title, family in FAMILIES.items():
        if chosen := [name for name in family if name in measured]:
            yield _of_groups(report, title, {name: family[name] for name in chosen}, digits)
    if own:
        yield _of_groups(report, OWN, {name: (name, "") for name in own}, digits)
    if any(gap["measures"][name]["highest"] for gap in report["gaps"].values() for name in measured):
        yield _of_gaps(report, digits)


def short(name: str) -> str:
    """What a measure is called in a table."""
    return next((family[name][0] for family in FAMILIES.values() if name in family), name)


def _of_groups(report: Mapping[str, Any], title: str, family: Mapping[str, tuple[str, str]], digits: int) -> TextTable:
    options, cells, cautions = report["options"], Cells(digits), cautions_of(report)

    def row(attribute: str, name: str, entry: Entry) -> list[str]:
        of = (attribute or None, name if attribute else None)
        row: list[str] = [Name(name)]
        for measure in family:
            found, aside = entry["measures"][measure], ""
            if attribute:
                aside = report["gaps"][attribute]["measures"][measure]["set_aside"].get(name, "")
            known = [f"not compared: {aside}"] if aside and found["interval"] is not None else []
            known += [cautions[of[0], of[1], measure]] if (*of, measure) in cautions else []
            row.append(cells.estimate(found["value"], found["interval"], found["reason"] or "", "; ".join(known)))
        return row

    meanings = [f"{column}: {meaning}" for column, meaning in family.values() if meaning]
    sentences = [*_how(title, options), *meanings]
    return TextTable(
        title=title,
        caption=". ".join(sentences) + ".",
        titles="Attribute",
        header=["Group", *(f"{column} [{level(options)} CI]" for column, _ in family.values())],
        words=1,
        blocks=[
            Block(Name(attribute), [row(attribute, name, entry) for name, entry in groups.items()])
            for attribute, groups in blocks(report)
        ],
        notes=cells.notes,
        positive=Name(options["positive"]),
    )


def _of_gaps(report: Mapping[str, Any], digits: int) -> TextTable:
    options, cells = report["options"], Cells(digits)
    significance = 1 - options["confidence"]

    def row(measure: str, gap: Entry) -> list[str]:
        reasons = gap["reasons"]
        differing = [name for name, found in gap["compared"].items() if found["p_adjusted"] < significance]
        row: list[str] = [Name(short(measure))]
        row += [Name(gap[end]["name"]) if gap[end] else cells.dash(reasons[end]) for end in ("highest", "lowest")]
        row.append(Name(", ".join(differing) or "none") if gap["compared"] else cells.dash(reasons["compared"]))
        row.append(cells.estimate(gap["difference"], gap["difference_interval"], reasons.get("difference", "")))
        row.append(cells.p_value(gap["p_adjusted"], reasons.get("p_value", "")))
        return row

    difference = (
        "Difference: highest less lowest, and how far apart the truly highest and lowest are "
        f"({level(options)} confidence interval, over all pairs of groups, which holds 0 where no gap is found)"
    )
    sentences = [
        difference,
        f"{corrected(options)[:1].upper()}{corrected(options)[1:]}, for each measure over the attributes",
        "Differ: groups that differ from the others, or from the reference",
    ]
    return TextTable(
        title="Gaps of the other measures",
        caption=". ".join(sentences) + ".",
        titles="Attribute",
        header=["Measure", "Highest", "Lowest", "Differ", f"Difference [{level(options)} CI]", p_header(options)],
        words=4,
        blocks=[
            Block(Name(attribute), [row(measure, gap["measures"][measure]) for measure in options["measures"]])
            for attribute, gap in report["gaps"].items()
        ],
        notes=cells.notes,
    )


def _how(title: str, options: Mapping[str, Any]) -> list[str]:
    """How a family was measured, in sentences."""
    drawn = "clusters" if options["clustered"] else "rows"
    bootstrap = f"the BCa bootstrap ({options['measure_resamples'] or 0:,} resamples of {drawn})"
    if title == "Rates":
        chosen = f", chosen on a validation set ({options['threshold_rule']})"
        how = "Wilson's method" + ", with the effective number of rows" * (options["clustered"] or options["weighted"])
        at = f"At the threshold {options['threshold']:.4g}{chosen * (options['threshold_from'] == 'validation')}"
        return [at, f"Intervals by {how}"]
    if title == "Calibration":
        robust = f"Intervals of intercept and slope from robust variances over {drawn}"
        return [robust, f"ECE over {options['bins']} bins of equal width"]
    if title == "AUROC within strata":
        return ["Within the groups of the control columns", "Intervals from those of the strata"]
    sentences = [f"Intervals by {bootstrap}"]
    if title != OWN and options["max_fpr"] is not None:
        sentences.append(f"Partial AUROC up to a false positive rate of {options['max_fpr']:g}")
    if title != OWN and options["specificity"] is not None:
        sentences.append(f"Sensitivity at a specificity of {options['specificity']:g}")
    return sentences
