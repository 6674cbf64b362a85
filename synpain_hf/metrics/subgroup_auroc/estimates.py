"""The AUROC of every group of an attribute, and how uncertain it is: by DeLong, or by the bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Floats
from .bootstrap import resampled
from .delong import acceleration, covariance, deviations
from .inference import NO_SPREAD, corrected_percentiles, logit_interval, percentiles, plain_interval
from .inputs import Attribute, Rows
from .roc import Placements, Ranking, divide, place, rank

NORMAL = {"delong": plain_interval, "logit": logit_interval}
"""Intervals from DeLong's standard error."""

RESAMPLED = ("bootstrap", "percentile")
"""Intervals from the bootstrap: BCa, and plain percentiles."""

_FEWEST_USABLE = 0.9
"""Of the resamples, in which a group has both classes."""


@dataclass(frozen=True)
class Uncertainty:
    """How uncertain the AUROCs of some groups are.

    Attributes:
        covariance: Shape (groups, groups); NaN where it is not known, 0 for a group that is separated perfectly.
        difference: Shape (groups,): the variance of AUROC less the baseline's; empty without one.
        low: Shape (groups,): where the interval starts; NaN where there is none.
        high: Shape (groups,): where it ends.
        reasons: For a group without an interval, why.
    """

    covariance: Floats
    difference: Floats
    low: Floats
    high: Floats
    reasons: dict[int, str]


@dataclass(frozen=True)
class Estimates:
    """What is known of an attribute's groups.

    Attributes:
        attribute: The attribute.
        ranking: The rows within the groups.
        placements: Where they stand.
        baseline: The same by the baseline's scores; None without one.
        uncertainty: How sure that is.
    """

    attribute: Attribute
    ranking: Ranking
    placements: Placements
    baseline: Placements | None
    uncertainty: Uncertainty


def estimate(
    rows: Rows, attributes: Sequence[Attribute], *, method: str, confidence: float, resamples: int, seed: int
) -> list[Estimates]:
    """Estimate the AUROC of every group of every attribute, and its uncertainty.

    Args:
        rows: The rows.
        attributes: The attributes, all that are reported on, so that each score is sorted once.
        method: One of `NORMAL` or `RESAMPLED`.
        confidence: Of the intervals.
        resamples: Of the bootstrap.
        seed: Of the bootstrap.
    """
    models = [rows.scores] if rows.baseline is None else [rows.scores, rows.baseline]
    orders = [np.argsort(scores, kind="stable") for scores in models]
    rankings = [
        [rank(scores, attribute.codes, order) for scores, order in zip(models, orders, strict=True)]
        for attribute in attributes
    ]
    placed = [[place(ranking, rows.positive, rows.weights) for ranking in of_models] for of_models in rankings]
    if method in NORMAL:
        sure = [_by_delong(rows, *of_one, method, confidence) for of_one in zip(attributes, placed, strict=True)]
    else:
        flat = [ranking for of_models in rankings for ranking in of_models]
        drawn = iter(resampled(flat, rows.positive, rows.weights, rows.clusters, resamples, seed))
        sure = [
            _by_bootstrap(rows, attribute, of_models[0], [next(drawn) for _ in models], method, confidence)
            for attribute, of_models in zip(attributes, placed, strict=True)
        ]
    return [
        Estimates(attribute, of_rankings[0], of_models[0], of_models[1] if len(models) > 1 else None, uncertainty)
        for attribute, of_rankings, of_models, uncertainty in zip(attributes, rankings, placed, sure, strict=True)
    ]


def _by_delong(
    rows: Rows, attribute: Attribute, placed: Sequence[Placements], method: str, confidence: float
) -> Uncertainty:
    parts = [deviations(placements, rows.positive, attribute.codes, rows.weights) for placements in placed]
    known = (rows.positive, attribute.codes, len(attribute.groups), rows.clusters)
    matrix = covariance(parts[0], *known)
    difference = np.diag(covariance(parts[0] - parts[1], *known)) if len(parts) > 1 else np.empty(0)
    low, high = np.full(len(matrix), np.nan), np.full(len(matrix), np.nan)
    reasons = {}
    what = "rows" if rows.clusters is None else "clusters"
    for group, (value, error) in enumerate(zip(placed[0].auroc, np.sqrt(np.diag(matrix)), strict=True)):
        if np.isnan(error):
            reasons[group] = f"fewer than two {what} of a class leave no variance to estimate"
        elif error <= NO_SPREAD:
            reasons[group] = _no_spread(value)
        else:
            low[group], high[group] = NORMAL[method](value, error, confidence)
    return Uncertainty(matrix, difference, low, high, reasons)


def _by_bootstrap(
    rows: Rows, attribute: Attribute, placements: Placements, drawn: Sequence[Floats], method: str, confidence: float
) -> Uncertainty:
    values = drawn[0]
    count, groups = values.shape
    finite = np.isfinite(values)
    usable = finite.sum(axis=0)
    low, high = np.full(groups, np.nan), np.full(groups, np.nan)
    reasons = {}
    parts = deviations(placements, rows.positive, attribute.codes, rows.weights)
    accelerations = acceleration(parts, attribute.codes, groups, rows.clusters)
    for group in np.flatnonzero(np.isfinite(placements.auroc)).tolist():
        column = values[finite[:, group], group]
        if usable[group] < max(2, _FEWEST_USABLE * count):
            reasons[group] = f"only {usable[group]:,} of {count:,} resamples have both classes"
        elif np.ptp(column) <= NO_SPREAD:
            reasons[group] = _no_spread(placements.auroc[group])
        elif method == "percentile":
            low[group], high[group] = percentiles(column, confidence)
        else:
            low[group], high[group] = corrected_percentiles(
                column, placements.auroc[group], accelerations[group], confidence
            )
    matrix = _covariance(values)
    difference = np.diag(_covariance(values - drawn[1])) if len(drawn) > 1 else np.empty(0)
    few = usable < max(2, _FEWEST_USABLE * count)
    matrix[few, :] = matrix[:, few] = np.nan
    return Uncertainty(
        matrix if rows.clusters is not None else np.diag(np.diag(matrix)), difference, low, high, reasons
    )


def _covariance(values: Floats) -> Floats:
    """The covariance of columns, shape (groups, groups), over the rows where both are finite."""
    finite = np.isfinite(values)
    counts = finite.sum(axis=0)
    centre = np.divide(np.where(finite, values, 0).sum(axis=0), counts, where=counts > 0, out=np.zeros(len(counts)))
    apart = np.where(finite, values - centre, 0)
    both = finite.astype(np.float64).T @ finite
    return divide(apart.T @ apart, np.maximum(both - 1, 0))


def _no_spread(value: float) -> str:
    ranked = "tied" if abs(value - 0.5) < NO_SPREAD else "ranked right" if value > 0.5 else "ranked wrong"
    return f"every pair of rows is {ranked}, which leaves no spread to estimate"
