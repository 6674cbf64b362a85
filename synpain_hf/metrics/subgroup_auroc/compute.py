"""`subgroup_auroc`: AUROC of the whole and of every group, with intervals, and how far the groups lie apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .arrays import InputError
from .cautions import cautions
from .entries import Wanted, entries
from .estimates import NORMAL, RESAMPLED, estimate
from .gaps import correct, gap
from .inference import CORRECTIONS
from .inputs import Attribute, intersections, read, read_validation
from .report import Report
from .roc import best_threshold

VERSION = 1
"""Of the report's form, which `metric_report.schema.json` describes."""

_CHOICES = {
    "interval": (*NORMAL, *RESAMPLED),
    "missing": ("group", "error"),
    "correction": tuple(CORRECTIONS),
}


def subgroup_auroc(
    *,
    references: Any,
    scores: Any,
    groups: Any = None,
    attributes: str | Sequence[str] | None = None,
    positive: Any = 1,
    depth: int = 1,
    interval: str = "delong",
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
    clusters: Any = None,
    sample_weight: Any = None,
    baseline_scores: Any = None,
    threshold: float | None = None,
    validation: Mapping[str, Any] | None = None,
    min_group_size: int = 10,
    missing: str = "group",
    correction: str = "holm",
) -> Report:
    """AUROC of the whole and of every group, with intervals, and how far the groups of an attribute lie apart.

    Args:
        references: The labels, shape (rows,): two values, of which `positive` is one.
        scores: The scores, shape (rows,), higher for positive; finite.
        groups: The group of every row in any number of attributes: columns (a mapping from names to sequences, a data
            frame, a table, a loaded data set, whose ClassLabels show their names), or one mapping a row.
        attributes: The columns of `groups` to report on; by default all that no other argument names.
        positive: The value of the positive class.
        depth: Intersections of up to this many attributes are groups, too.
        interval: `delong` (DeLong's variance; on the logit scale where the plain interval would leave [0, 1]), `logit`
            (always on that scale), `bootstrap` (BCa; drawn within each class) or `percentile` (the bootstrap's plain
            percentiles).
        confidence: Of the intervals, between 0 and 1.
        resamples: Of the bootstrap.
        seed: Of the bootstrap.
        clusters: Ids of what rows belong to that depend on each other, such as the expressions of one person; shape
            (rows,), or the name of a column of `groups`. DeLong's variance becomes Obuchowski's, the normal
            distribution Student's, and the bootstrap draws whole clusters.
        sample_weight: Weights above 0, shape (rows,), or the name of a column of `groups`; how many rows of the
            population a row stands for, not how often it was seen.
        baseline_scores: Scores of another model on the same rows, shape (rows,), or the name of a column of `groups`;
            every group then has a paired comparison.
        threshold: A score of at least this is taken for positive, for F1.
        validation: Instead of a threshold: `{"references": …, "scores": …}` of other rows, on which the threshold with
            the best F1 is chosen.
        min_group_size: A smaller group has its counts reported, and nothing else.
        missing: `group` makes the rows with a missing value a group, `error` refuses them.
        correction: For the p values of all attributes: `holm`, `bonferroni`, `benjamini_hochberg` or `none`.

    Returns:
        A nested dict that `json.dumps` takes, see `schemas/metric_report.schema.json`: `overall`, `groups` and
        `intersections` (by attribute and group: n, positives, negatives, clusters, auroc, standard_error, interval,
        average_precision, f1, bpsn_auroc, bnsp_auroc, reasons), `gaps` (by attribute: best, worst, difference,
        difference_interval, ratio, test, generalised_mean, reasons), `warnings` and `options`. What cannot be computed
        is None, and `reasons` says why; what is computed from too little is in `warnings`.

    Raises:
        InputError: A ValueError, if the input cannot be used; it names the rows, counted from 0.

    Sources: DeLong et al. 1988, Sun and Xu 2014 (variance), Obuchowski 1997 (clusters), Efron 1987 (BCa), Brunner et
    al. 1997 (test), Satterthwaite 1946 (degrees of freedom), Borkan et al. 2019 (subgroup, BPSN and BNSP AUROC,
    generalised mean with power -5).

    Example:
        >>> report = subgroup_auroc(
        ...     references=[0, 0, 1, 1, 0, 1, 0, 1],
        ...     scores=[0.1, 0.4, 0.35, 0.8, 0.2, 0.9, 0.6, 0.5],
        ...     groups={"age": ["old", "old", "old", "old", "young", "young", "young", "young"]},
        ...     min_group_size=1,
        ... )
        >>> report["groups"]["age"]["old"]["auroc"]
        0.75
    """
    _check(interval=interval, missing=missing, correction=correction)
    _check_numbers(depth, confidence, resamples, seed, min_group_size, threshold, validation)
    attributes = [attributes] if isinstance(attributes, str) else attributes
    rows = read(
        references, scores, groups, attributes=attributes, positive=positive, missing=missing,
        sample_weight=sample_weight, clusters=clusters, baseline_scores=baseline_scores,
    )  # fmt: skip
    if validation is not None:
        threshold = best_threshold(*read_validation(validation, rows, positive))
    whole = Attribute("", [{}], np.zeros(len(rows.scores), np.int64))
    crossings = intersections(rows.attributes, depth)
    overall, *estimated = estimate(
        rows, [whole, *rows.attributes, *crossings], method=interval, confidence=confidence, resamples=resamples,
        seed=seed,
    )  # fmt: skip
    wanted = Wanted(confidence, threshold, min_group_size)
    (summary,) = entries(rows, overall, overall, replace(wanted, min_group_size=0))
    by_attribute = {
        found.attribute.name: dict(zip(found.attribute.names, entries(rows, found, overall, wanted), strict=True))
        for found in estimated
    }
    gaps = {found.attribute.name: gap(found, by_attribute[found.attribute.name], confidence) for found in estimated}
    correct([found["test"] for found in gaps.values()], correction)
    every = [summary, *(entry for of_groups in by_attribute.values() for entry in of_groups.values())]
    correct([entry.get("comparison") for entry in every], correction)
    single = [attribute.name for attribute in rows.attributes]
    return Report(
        version=VERSION,
        overall=summary,
        groups={name: by_attribute[name] for name in single},
        intersections={name: of_groups for name, of_groups in by_attribute.items() if name not in single},
        gaps=gaps,
        warnings=list(cautions(summary, by_attribute, gaps)),
        options={
            "interval": interval,
            "confidence": confidence,
            "resamples": resamples if interval in RESAMPLED else None,
            "seed": seed if interval in RESAMPLED else None,
            "clustered": rows.clusters is not None,
            "weighted": rows.weights is not None,
            "compared": rows.baseline is not None,
            "threshold": threshold,
            "threshold_from": None if threshold is None else "given" if validation is None else "validation",
            "min_group_size": min_group_size,
            "missing": missing,
            "depth": depth,
            "correction": correction,
            "comparisons": sum(found["test"] is not None for found in gaps.values()),
        },
    )


def _check(**chosen: str) -> None:
    for name, value in chosen.items():
        if value not in _CHOICES[name]:
            raise InputError(f"{name} is {value!r}; give one of {', '.join(_CHOICES[name])}")


def _check_numbers(
    depth: int,
    confidence: float,
    resamples: int,
    seed: int,
    min_group_size: int,
    threshold: float | None,
    validation: Any,
) -> None:
    for name, count in (("depth", depth), ("resamples", resamples), ("seed", seed), ("min_group_size", min_group_size)):
        if not isinstance(count, (int, np.integer)) or count < 0:
            raise InputError(f"{name} is {count!r}; give a whole number, 0 or more")
    for name, number in (("confidence", confidence), ("threshold", threshold)):
        if not (isinstance(number, (int, float, np.number)) or (number is None and name == "threshold")):
            raise InputError(f"{name} is {number!r}; give a number")
    for right, wrong in (
        (depth >= 1, f"depth is {depth}; give 1 for single attributes, 2 for their pairs, and so on"),
        (0 < confidence < 1, f"confidence is {confidence}; give a number between 0 and 1, such as 0.95"),
        (resamples >= 2, f"resamples is {resamples}; give at least 2, better 1,000"),
        (threshold is None or np.isfinite(threshold), f"threshold is {threshold}; give a finite number"),
        (threshold is None or validation is None, "both threshold and validation are given; give one of them"),
    ):
        if not right:
            raise InputError(wrong)
