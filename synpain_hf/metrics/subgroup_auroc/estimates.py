"""The AUROC of every group of an attribute, and how uncertain it is: by DeLong, or by the bootstrap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Floats
from .bootstrap import Progress, resample
from .delong import Deviations, acceleration, covariance, degrees_of_freedom, deviations
from .errors import InputError
from .inference import (
    NO_SPREAD,
    Covariance,
    corrected_percentiles,
    fewest_resamples,
    logit_interval,
    percentiles,
    plain_interval,
    quantile_of,
)
from .inputs import Attribute, Rows
from .options import Options
from .roc import Placements, Ranking, divide, place, rank
from .score import Law, constant, law, score_interval
from .units import Units, gather

NORMAL = {"delong": plain_interval, "logit": logit_interval}
"""Intervals from DeLong's standard error, as it is."""

ANALYTIC = ("score", *NORMAL)
"""Intervals without resamples."""

RESAMPLED = ("bootstrap", "percentile")
"""Intervals from the bootstrap: BCa, and plain percentiles."""

MOST_RESAMPLES = 10**6

MOST_COUNTED, MOST_HELD = 10**11, 3 * 10**7
"""Rows in all resamples of all attributes together, which take some minutes; and AUROCs, which take 240 MB."""

_FEWEST_USABLE = 0.9
"""Of the resamples, in which a group has both classes."""


@dataclass(frozen=True)
class Uncertainty:
    """How uncertain the AUROCs of some groups are.

    Attributes:
        units: What it was estimated from.
        covariance: Of the AUROCs; NaN where it is not known, 0 for a group that is separated perfectly.
        law: The covariance whatever is true, from which groups are compared.
        difference: Shape (groups,): the variance of AUROC less the baseline's; empty without one.
        difference_freedom: Shape (groups,): its degrees of freedom, without end where rows are independent.
        low: Shape (groups,): where the interval starts; NaN where there is none.
        high: Shape (groups,): where it ends.
        reasons: For a group without an interval, why.
    """

    units: Units
    covariance: Covariance
    law: Law
    difference: Floats
    difference_freedom: Floats
    low: Floats
    high: Floats
    reasons: dict[int, str]

    @property
    def standard_errors(self) -> Floats:
        """Of the AUROCs, shape (groups,)."""
        return np.sqrt(np.diag(self.covariance.values))


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


def check_work(rows: Rows, attributes: Sequence[Attribute], options: Options, beside: int = 0) -> None:
    """Refuse more resamples than can be drawn in minutes, or held in memory, and too few for an interval.

    Args:
        rows: The rows.
        attributes: All that are reported on.
        options: How intervals are made.
        beside: How many more times all rows are resampled, for something else.

    Raises:
        InputError: If there are more, or too few.
    """
    if options.interval in RESAMPLED:
        check_resamples(options.resamples, options.confidence)
    models = 1 if rows.baseline is None else 2
    counted = (models * len(attributes) + beside) * len(rows.scores)
    held = models * sum(len(attribute.groups) for attribute in attributes)
    most = min(MOST_RESAMPLES, MOST_COUNTED // counted, MOST_HELD // held)
    if options.interval in RESAMPLED and options.resamples > most:
        raise InputError(
            f"{options.resamples:,} resamples of {len(rows.scores):,} rows in {held:,} groups are too many; give at "
            f"most {most:,}, or interval='delong'"
        )


def check_resamples(resamples: int, confidence: float) -> None:
    """Refuse too few resamples for an interval or a band.

    Raises:
        InputError: If there are too few for that confidence.
    """
    fewest = fewest_resamples(confidence)
    if resamples < fewest:
        raise InputError(
            f"resamples is {resamples:,}, too few for a confidence of {confidence:g}; give {fewest:,} or more, "
            "better 1,000 or more"
        )


def estimate(
    rows: Rows, attributes: Sequence[Attribute], options: Options, progress: Progress | None = None
) -> list[Estimates]:
    """Estimate the AUROC of every group of every attribute, and its uncertainty.

    Args:
        rows: The rows.
        attributes: The attributes, all that are reported on, so that each score is sorted once.
        options: How intervals are made.
        progress: Called while resamples are drawn.
    """
    method, confidence = options.interval, options.confidence
    models = [rows.scores] if rows.baseline is None else [rows.scores, rows.baseline]
    orders = [np.argsort(scores, kind="stable") for scores in models]
    rankings = [
        [rank(scores, attribute.codes, order) for scores, order in zip(models, orders, strict=True)]
        for attribute in attributes
    ]
    placed = [[place(ranking, rows.positive, rows.weights) for ranking in of_models] for of_models in rankings]
    if method in ANALYTIC:
        sure = [_by_delong(rows, *of_one, method, confidence) for of_one in zip(attributes, placed, strict=True)]
    else:
        flat = [ranking for of_models in rankings for ranking in of_models]
        drawn = iter(
            resample(flat, rows.positive, rows.weights, rows.clusters, options.resamples, options.seed, progress)
        )
        sure = [
            _by_bootstrap(rows, attribute, of_models, [next(drawn) for _ in models], method, confidence)
            for attribute, of_models in zip(attributes, placed, strict=True)
        ]
    return [
        Estimates(attribute, of_rankings[0], of_models[0], of_models[1] if len(models) > 1 else None, uncertainty)
        for attribute, of_rankings, of_models, uncertainty in zip(attributes, rankings, placed, sure, strict=True)
    ]


def _by_delong(
    rows: Rows, attribute: Attribute, placed: Sequence[Placements], method: str, confidence: float
) -> Uncertainty:
    units, parts = _units(rows, attribute), _deviations(rows, attribute, placed)
    matrix, *difference = (covariance(part, units) for part in parts)
    freedom = [degrees_of_freedom(part, units) for part in parts]
    auroc, found = placed[0].auroc, Covariance(matrix, freedom[0], units.in_common)
    supposed = law(auroc, found, units) if method == "score" else Law(found, constant)
    low, high = np.full(len(matrix), np.nan), np.full(len(matrix), np.nan)
    known, reasons = _known(rows, units, auroc, np.diag(supposed.scaled.values))
    if method == "score":
        quantiles = np.array([quantile_of(confidence, freedom=each) for each in supposed.scaled.freedom[known]])
        low[known], high[known] = score_interval(auroc[known], np.diag(supposed.scaled.values)[known], quantiles)
    else:
        of_intervals = _of_intervals(rows, freedom[0])
        for group in known:
            quantile = quantile_of(confidence, freedom=of_intervals[group])
            low[group], high[group] = NORMAL[method](auroc[group], np.sqrt(matrix[group, group]), quantile)
    return Uncertainty(
        units=units,
        covariance=found,
        law=supposed,
        difference=np.concatenate([np.empty(0), *map(np.diag, difference)]),
        difference_freedom=_of_intervals(rows, freedom[-1]),
        low=low,
        high=high,
        reasons=reasons,
    )


def _by_bootstrap(
    rows: Rows,
    attribute: Attribute,
    placed: Sequence[Placements],
    drawn: Sequence[Floats],
    method: str,
    confidence: float,
) -> Uncertainty:
    units, parts = _units(rows, attribute), _deviations(rows, attribute, placed)
    freedom = [degrees_of_freedom(part, units) for part in parts]
    quantiles = [quantile_of(confidence, freedom=known) for known in _of_intervals(rows, freedom[0])]
    accelerations = acceleration(parts[0], units)
    values = drawn[0]
    count, groups = values.shape
    finite = np.isfinite(values)
    usable = finite.sum(axis=0)
    few = usable < max(2, _FEWEST_USABLE * count)
    low, high = np.full(groups, np.nan), np.full(groups, np.nan)
    reasons = {}
    for group in np.flatnonzero(np.isfinite(placed[0].auroc)).tolist():
        value, column = placed[0].auroc[group], values[finite[:, group], group]
        if few[group]:
            reasons[group] = f"only {usable[group]:,} of {count:,} resamples have both classes"
        elif np.ptp(column) <= NO_SPREAD or np.isnan(accelerations[group]):
            reasons[group] = no_spread(rows, value)
        elif method == "percentile":
            low[group], high[group] = percentiles(column, confidence)
        else:
            low[group], high[group] = corrected_percentiles(column, value, accelerations[group], quantiles[group])
    matrix = np.where(units.in_common > 0, _covariance(values), 0)
    matrix[few, :] = matrix[:, few] = np.nan
    found = Covariance(matrix, freedom[0], units.in_common)
    return Uncertainty(
        units=units,
        covariance=found,
        law=law(placed[0].auroc, found, units),
        difference=np.diag(_covariance(values - drawn[1])) if len(drawn) > 1 else np.empty(0),
        difference_freedom=_of_intervals(rows, freedom[-1]),
        low=low,
        high=high,
        reasons=reasons,
    )


def _units(rows: Rows, attribute: Attribute) -> Units:
    return gather(rows.positive, attribute.codes, len(attribute.groups), rows.clusters, rows.weights)


def _deviations(rows: Rows, attribute: Attribute, placed: Sequence[Placements]) -> list[Deviations]:
    """Those of the AUROC, then with a baseline those of the difference from its AUROC."""
    own, *baseline = (deviations(of_one, rows.positive, attribute.codes, rows.weights) for of_one in placed)
    return [own, *(own - other for other in baseline)]


def _known(rows: Rows, units: Units, auroc: Floats, variances: Floats) -> tuple[list[int], dict[int, str]]:
    """The groups that have an interval, and for the others why they have none."""
    known, reasons = [], {}
    what = "row" if rows.clusters is None else "cluster"
    fewest = units.counts.min(axis=0).tolist()
    for group, (value, variance) in enumerate(zip(auroc, variances, strict=True)):
        if np.isnan(variance) and fewest[group] < 2:
            reasons[group] = f"fewer than two {what}s of a class leave no variance to estimate"
        elif np.isnan(variance):
            reasons[group] = f"one {what} has nearly all the weight of its class, which leaves no variance to estimate"
        elif variance <= NO_SPREAD**2:
            reasons[group] = no_spread(rows, value)
        else:
            known.append(group)
    return known, reasons


def _of_intervals(rows: Rows, freedom: Floats) -> Floats:
    """Student's t is for clusters: intervals of independent rows stay DeLong's, which are normal."""
    return np.full(len(freedom), np.inf) if rows.clusters is None else freedom


def _covariance(values: Floats) -> Floats:
    """The covariance of columns, shape (groups, groups), over the rows where both are finite."""
    finite = np.isfinite(values)
    counts = finite.sum(axis=0)
    centre = np.divide(np.where(finite, values, 0).sum(axis=0), counts, where=counts > 0, out=np.zeros(len(counts)))
    apart = np.where(finite, values - centre, 0)
    both = finite.astype(np.float64).T @ finite
    return divide(apart.T @ apart, np.maximum(both - 1, 0))


def no_spread(rows: Rows, value: float) -> str:
    """Why an AUROC has no standard error."""
    what = "every pair of rows is tied" if rows.clusters is None else "no cluster raises or lowers it"
    for extreme, ranked in ((1, "right"), (0, "wrong")):
        if abs(value - extreme) < NO_SPREAD:
            what = f"every pair of rows is ranked {ranked}"
    return f"{what}, which leaves no spread to estimate"
