"""`subgroup_auroc`: AUROC of the whole and of every group, with intervals, and how far the groups lie apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .audit import add_measures
from .bootstrap import Progress
from .cautions import about_labels, cautions
from .control import strata_of
from .entries import entries
from .errors import InputError
from .estimates import RESAMPLED, check_work, estimate
from .families import is_resampled, measure
from .gaps import correct, gap
from .inputs import Attribute, check_number_of_intersections, intersections, read, read_validation
from .options import Options, with_options
from .overlapping import ROWS_USED, of_overlapping
from .report import Report
from .resampled import Metric
from .thresholds import choose

VERSION = 1
"""Of the report's form, which `metric_report.schema.json` describes."""


@with_options
def subgroup_auroc(  # noqa: D417 - `with_options` adds the others
    *,
    references: Any,
    scores: Any,
    groups: Any = None,
    attributes: str | Sequence[str] | None = None,
    positive: Any = None,
    depth: int = Options.depth,
    interval: str = Options.interval,
    confidence: float = Options.confidence,
    resamples: int = Options.resamples,
    seed: int = Options.seed,
    clusters: Any = None,
    sample_weight: Any = None,
    baseline_scores: Any = None,
    overlapping: str | Sequence[str] | None = None,
    threshold: float | None = Options.threshold,
    validation: Mapping[str, Any] | None = None,
    threshold_rule: str = Options.threshold_rule,
    calibration: bool = Options.calibration,
    bins: int = Options.bins,
    max_fpr: float | None = Options.max_fpr,
    specificity: float | None = Options.specificity,
    metrics: Mapping[str, Metric] | None = None,
    control: str | Sequence[str] | None = None,
    min_group_size: int = Options.min_group_size,
    min_class_size: int = Options.min_class_size,
    margin: float = Options.margin,
    reference: Mapping[str, str] | None = None,
    missing: str = Options.missing,
    correction: str = Options.correction,
    progress: Progress | None = None,
) -> Report:
    """AUROC of the whole and of every group, with intervals, and how far the groups of an attribute lie apart.

    Args:
        references: The labels, shape (rows,): two values, of which `positive` is one.
        scores: The scores, shape (rows,), higher for positive; finite.
        groups: The group of every row in any number of attributes: columns (a mapping from names to sequences, a data
            frame, a table, a loaded data set, whose ClassLabels show their names), or one mapping a row.
        attributes: The columns of `groups` to report on; by default all that no other argument names.
        positive: The value of the positive class. By default 1 beside 0 or -1, True, or a text `1`, `true` or `pain` in
            any capitals; of ClassLabels the second. Needed for other labels.
        clusters: Ids of what rows belong to that depend on each other, such as the expressions of one person; shape
            (rows,), or the name of a column of `groups`. DeLong's variance becomes Obuchowski's, the normal
            distribution Student's, and the bootstrap draws whole clusters.
        sample_weight: Weights above 0, shape (rows,), or the name of a column of `groups`; how many rows of the
            population a row stands for, not how often it was seen.
        baseline_scores: Scores of another model on the same rows, shape (rows,), or the name of a column of `groups`;
            every group then has a paired comparison.
        overlapping: The columns of `groups` that say which rows belong to groups that may overlap, each reported on as
            its members against all others: lists of names; or true and false, or shares of annotators, of which half is
            enough, for a group that the column is called after.
        validation: Instead of a threshold: `{"references": …, "scores": …}` of other rows, on which a threshold is
            chosen, by `threshold_rule`.
        metrics: Any metrics by name, each a function of labels (0 and 1), scores and weights (None where there are
            none), all of shape (rows,); called for every group and resample. It gives None or NaN where unknown.
        control: Names of columns of `groups`, within whose strata the AUROC is also measured, then averaged.
        reference: By attribute, the group that every other one is compared with; by default each is compared with the
            mean of the others.
        progress: Called while resamples are drawn, with `resample`, how many there are, and how many there will be.

    The other arguments are those of `Options`.

    Returns:
        A nested dict that `json.dumps` takes, see `schemas/metric_report.schema.json`: `overall`, `groups` and
        `intersections` (by attribute and group: n, positives, negatives, clusters, auroc, standard_error, interval,
        average_precision, f1, bpsn_auroc, bnsp_auroc, reasons), `gaps` (by attribute: best, worst, difference,
        difference_interval, ratio, test, equivalence, detectable, generalised_mean, compared (by group), set_aside (by
        group, why it takes no part), reasons), `overlapping` (where asked for), `warnings` and `options`. Groups and
        gaps have `measures` for what else was asked for. What cannot be computed is None, and `reasons` says why; what
        is computed from too little is in `warnings`.

    Raises:
        InputError: A ValueError, if the input cannot be used; it names the rows, counted from 0.

    Sources: DeLong et al. 1988, Sun and Xu 2014 (variance), Newcombe 2006 (score interval), Obuchowski 1997 (clusters),
    Efron 1987 (BCa), Brunner et al. 1997 (test), Miettinen and Nurminen 1985 (differences), Satterthwaite 1946 (degrees
    of freedom), Borkan et al. 2019 (subgroup, BPSN and BNSP AUROC, generalised mean with power -5).

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
    options = Options(
        depth=depth,
        interval=interval,  # type: ignore[arg-type] # of this and the two below, Options checks the value
        confidence=confidence,
        resamples=resamples,
        seed=seed,
        threshold=threshold,
        threshold_rule=threshold_rule,
        calibration=calibration,
        bins=bins,
        max_fpr=max_fpr,
        specificity=specificity,
        min_group_size=min_group_size,
        min_class_size=min_class_size,
        margin=margin,
        missing=missing,  # type: ignore[arg-type]
        correction=correction,  # type: ignore[arg-type]
    )
    if threshold is not None and validation is not None:
        raise InputError("both threshold and validation are given; give one of them")
    if reference is not None and not isinstance(reference, Mapping):
        raise InputError(
            f"reference is {reference!r}; give a mapping from attribute to group, such as {{'age': 'old'}}"
        )
    if validation is None and threshold_rule != Options.threshold_rule:
        raise InputError(f"threshold_rule is {threshold_rule!r}, but there is no validation set; give one")
    attributes = [attributes] if isinstance(attributes, str) else attributes
    for name, given in (("control", control), ("overlapping", overlapping)):
        if given is not None and not isinstance(given, Iterable):
            raise InputError(f"{name} is {given!r}; give names of columns of groups")
    strata = [control] if isinstance(control, str) else list(control or [])
    rows = read(
        references, scores, groups, attributes=attributes, positive=positive, missing=missing,
        sample_weight=sample_weight, clusters=clusters, baseline_scores=baseline_scores, overlapping=overlapping,
        control=strata,
    )  # fmt: skip
    within = strata_of(rows.control)
    if validation is not None:
        options = replace(options, threshold=choose(threshold_rule, *read_validation(validation, rows, positive)))
    whole = Attribute("", [{}], np.zeros(len(rows.scores), np.int64))
    check_number_of_intersections(len(rows.attributes), depth)
    crossings, too_large = intersections(rows.attributes, depth)
    check_work(rows, [whole, *rows.attributes, *crossings], options, ROWS_USED * len(rows.overlapping))
    overall, *estimated = estimate(rows, [whole, *rows.attributes, *crossings], options, progress)
    (summary,) = entries(rows, overall, overall, replace(options, min_group_size=0))
    by_attribute = {
        found.attribute.name: dict(zip(found.attribute.names, entries(rows, found, overall, options), strict=True))
        for found in estimated
    }
    _check_reference(reference or {}, by_attribute)
    gaps = {
        name: gap(found, by_attribute[name], options, (reference or {}).get(name))
        for name, found in zip(by_attribute, estimated, strict=True)
    }
    correct([found["test"] for found in gaps.values()], correction)
    every = [summary, *(entry for of_groups in by_attribute.values() for entry in of_groups.values())]
    correct([entry.get("comparison") for entry in every], correction)
    of_members = of_overlapping(rows, rows.overlapping, summary["auroc"], options) if rows.overlapping else None
    every_attribute = [whole, *rows.attributes, *crossings]
    measured = measure(rows, every_attribute, options, metrics or {}, within, progress)
    cautious = add_measures(
        measured, every_attribute, {"": {"": summary}, **by_attribute}, gaps, options, reference or {}
    )
    single = [attribute.name for attribute in rows.attributes]
    return Report(
        version=VERSION,
        overall=summary,
        groups={name: by_attribute[name] for name in single},
        intersections={name: of_groups for name, of_groups in by_attribute.items() if name not in single},
        gaps=gaps,
        **({} if of_members is None else {"overlapping": of_members}),
        warnings=[
            *about_labels(summary, rows.classes),
            *cautions(summary, by_attribute, gaps, too_large, of_members, interval),
            *cautious,
        ],
        options={
            "positive": rows.classes.positive,
            "interval": interval,
            "confidence": confidence,
            "resamples": resamples if interval in RESAMPLED else None,
            "seed": seed if interval in RESAMPLED else None,
            "clustered": rows.clusters is not None,
            "weighted": rows.weights is not None,
            "compared": rows.baseline is not None,
            "threshold": options.threshold,
            "threshold_from": None if options.threshold is None else "given" if validation is None else "validation",
            "threshold_rule": threshold_rule if validation is not None else None,
            "calibration": calibration,
            "bins": bins if calibration else None,
            "max_fpr": max_fpr,
            "specificity": specificity,
            "control": strata,
            "measure_resamples": resamples if is_resampled(options, metrics or {}) else None,
            "measures": [each.name for each in measured[""]],
            "min_group_size": min_group_size,
            "min_class_size": min_class_size,
            "margin": float(margin),
            "reference": dict(reference or {}),
            "missing": missing,
            "depth": depth,
            "correction": correction,
            "comparisons": sum(found["test"] is not None for found in gaps.values()),
        },
    )


def _check_reference(reference: Mapping[str, str], by_attribute: Mapping[str, Mapping[str, Any]]) -> None:
    for attribute, group in reference.items():
        if attribute not in by_attribute:
            known = ", ".join(by_attribute) or "none"
            raise InputError(f"reference names the attribute {attribute!r}, which there is not; there are {known}")
        if group not in by_attribute[attribute]:
            known = ", ".join(by_attribute[attribute])
            raise InputError(f"reference names the group {group!r} of {attribute!r}, which has {known}")
