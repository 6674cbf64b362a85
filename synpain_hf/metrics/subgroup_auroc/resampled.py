"""Any metric by group through the bootstrap: BCa intervals, with rows or clusters drawn again.

The acceleration is that of a jackknife over blocks of rows or clusters (Efron and Tibshirani 1993, section 14.3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Floats, Integers
from .bootstrap import Progress, draw
from .errors import InputError
from .inference import NO_SPREAD, corrected_percentiles, quantile_of
from .inputs import Attribute, Rows
from .measured import Measured, correlations, scaled
from .options import Options
from .units import Units, gather

Metric = Callable[[Integers, Floats, "Floats | None"], "float | None"]
"""Takes labels (0 and 1), scores and weights, each of shape (rows,); weights are None where there are none."""

_BLOCKS = 40
"""Of the jackknife."""
_UNKNOWN = "the metric returns no number"
_FEWEST_USABLE = 0.9
"""Of the resamples, in which the metric is known."""
_MOST_CALLS, _MOST_ROWS = 5 * 10**6, 10**10
"""Calls of a metric, and rows that they are given in all, which take some minutes."""


@dataclass(frozen=True)
class Statistic:
    """A metric that is resampled.

    Attributes:
        name: In the report.
        function: The metric.
        ends: The least and the greatest value that it can have.
        of_curve: Whether it is read off the ROC curve: it needs both classes, within each of which rows are drawn, and
            takes counts for weights, with rows in the order of their scores. Of others the share of positive rows
            varies, too, as in the population, and rows are repeated.
    """

    name: str
    function: Metric
    ends: tuple[float, float] = (-np.inf, np.inf)
    of_curve: bool = False

    def of(self, labels: Integers, scores: Floats, weights: Floats | None) -> float:
        """Its value; NaN where it is not known."""
        if not len(labels) or (self.of_curve and (labels.all() or not labels.any())):
            return float("nan")
        try:
            value = self.function(labels, scores, weights)
            return float("nan") if value is None or not np.isfinite(value) else float(value)
        except Exception as error:
            raise InputError(f"the metric {self.name!r} raised {type(error).__name__}: {error}; correct it") from error


def resampled(
    rows: Rows, attributes: Sequence[Attribute], statistics: Sequence[Statistic], options: Options,
    progress: Progress | None = None,
) -> list[list[Measured]]:  # fmt: skip
    """Statistics of the groups of every attribute.

    Args:
        rows: The rows.
        attributes: What is reported on.
        statistics: All of which rows are drawn in the same way.
        options: Confidence, resamples and seed are used.
        progress: Called while resamples are drawn.

    Raises:
        InputError: If that would take too long, or a metric fails.
    """
    order = np.argsort(rows.scores, kind="stable")
    members = [_members(order, attribute) for attribute in attributes]
    groups = [group for of_attribute in members for group in of_attribute]
    _check_work(rows, len(attributes), len(groups) * len(statistics), options)
    pools = [_Pool(rows, group) for group in groups]
    found = np.array([[pool.value(statistic) for statistic in statistics] for pool in pools])
    drawn = np.empty((options.resamples, len(groups), len(statistics)))
    of_curve = statistics[0].of_curve
    draws = draw(rows.positive, rows.clusters, options.resamples, options.seed, by_class=of_curve)
    for number, counts in enumerate(draws):
        for index, pool in enumerate(pools):
            drawn[number, index] = [
                pool.value(statistic, counts) if np.isfinite(found[index, which]) else np.nan
                for which, statistic in enumerate(statistics)
            ]
        if progress is not None and (number % 50 == 49 or number + 1 == options.resamples):
            progress("resample", number + 1, options.resamples)
    blocks = _blocks(rows, options.seed)
    measured, first = [], 0
    for attribute, of_attribute in zip(attributes, members, strict=True):
        part = slice(first, first + len(of_attribute))
        first += len(of_attribute)
        units = gather(rows.positive, attribute.codes, len(attribute.groups), rows.clusters, rows.weights)
        measured.append(
            [
                _measured(
                    statistic, rows, units, found[part, which], drawn[:, part, which],
                    [pool.acceleration(statistic, blocks) for pool in pools[part]], options,
                )
                for which, statistic in enumerate(statistics)
            ]
        )  # fmt: skip
    return measured


class _Pool:
    """The rows of a group, in the order of their scores."""

    def __init__(self, rows: Rows, members: Integers):
        self._members = members
        self._labels = rows.positive[members].astype(np.int64)
        self._scores = rows.scores[members]
        self._weights = None if rows.weights is None else rows.weights[members]

    def value(self, statistic: Statistic, counts: Integers | None = None) -> float:
        """The statistic of the rows, or of a resample of them, given how often each row was drawn."""
        if counts is None:
            weights = None if self._weights is None else self._weights.copy()
            return statistic.of(self._labels.copy(), self._scores.copy(), weights)  # a metric may change what it gets
        times = counts[self._members]
        if statistic.of_curve:
            kept = np.flatnonzero(times)
            weights = times[kept] if self._weights is None else times[kept] * self._weights[kept]
            return statistic.of(self._labels[kept], self._scores[kept], weights.astype(np.float64))
        taken = np.repeat(np.arange(len(times)), times)
        return statistic.of(
            self._labels[taken], self._scores[taken], None if self._weights is None else self._weights[taken]
        )

    def acceleration(self, statistic: Statistic, blocks: Integers) -> float:
        """How the standard error changes with the value, over blocks of rows; 0 where that is not known."""
        own = blocks[self._members]
        values = [self.value(statistic, (blocks != block).astype(np.int64)) for block in np.unique(own)]
        apart = np.mean(values) - np.array(values)
        squares = float((apart**2).sum())
        if not np.isfinite(squares) or squares <= NO_SPREAD**2:
            return 0.0
        return float((apart**3).sum() / (6 * squares**1.5))


def _measured(
    statistic: Statistic, rows: Rows, units: Units, values: Floats, drawn: Floats, accelerations: Sequence[float],
    options: Options,
) -> Measured:  # fmt: skip
    """What is known of a statistic of an attribute's groups.

    Args:
        statistic: The statistic.
        rows: The rows.
        units: The groups' rows or clusters.
        values: Shape (groups,).
        drawn: Shape (resamples, groups).
        accelerations: Shape (groups,).
        options: Confidence is used.
    """
    count = len(drawn)
    sizes = units.of_class.min(axis=0) if statistic.of_curve else _all(units)
    low, high = np.full(len(values), np.nan), np.full(len(values), np.nan)
    reasons, unsure = {}, {}
    for group, value in enumerate(values):
        usable = drawn[np.isfinite(drawn[:, group]), group]
        if not np.isfinite(value):
            missing = statistic.of_curve and not units.of_class[:, group].all()
            reasons[group] = _of_one_class(units, group) if missing else _UNKNOWN
        elif len(usable) < max(2, _FEWEST_USABLE * count):
            unsure[group] = f"it is known in only {len(usable):,} of {count:,} resamples"
        elif np.ptp(usable) <= NO_SPREAD:
            unsure[group] = "all resamples have the same value, which leaves no spread to estimate"
        else:
            freedom = np.inf if rows.clusters is None else max(float(sizes[group]) - 1, 1)
            quantile = quantile_of(options.confidence, freedom=freedom)
            ends = corrected_percentiles(usable, value, accelerations[group], quantile)
            low[group], high[group] = min(ends[0], value), max(ends[1], value)
    return Measured(
        name=statistic.name,
        values=values,
        limits=scaled(values, low, high, options.confidence, statistic.ends),
        sizes=sizes,
        of_what=f"{'rows' if rows.clusters is None else 'clusters'}{' of a class' * statistic.of_curve}",
        correlation=None if rows.clusters is None else _correlation(drawn, units),
        reasons=reasons,
        unsure=unsure,
    )


def _all(units: Units) -> Floats:
    """The effective number of units, of all kinds."""
    return np.asarray(units.effective.sum(axis=1))


def _of_one_class(units: Units, group: int) -> str:
    return f"only {'positive' if units.of_class[0, group] else 'negative'} rows"


def _correlation(drawn: Floats, units: Units) -> Floats:
    """How groups with common clusters go together over the resamples, shape (groups, groups)."""
    apart = np.nan_to_num(drawn - np.nanmean(np.where(np.isfinite(drawn).any(axis=0), drawn, 0), axis=0))
    return correlations(np.where(units.in_common > 0, apart.T @ apart, 0))


def _members(order: Integers, attribute: Attribute) -> list[Integers]:
    """The rows of each group, in an order."""
    codes = attribute.codes[order]
    sorted_rows = order[np.argsort(codes, kind="stable")]
    return np.split(sorted_rows, np.cumsum(np.bincount(codes, minlength=len(attribute.groups)))[:-1])


def _blocks(rows: Rows, seed: int) -> Integers:
    """The block of each row: rows, or clusters, are dealt out at random, positive and negative ones alike."""
    unit = np.arange(len(rows.positive)) if rows.clusters is None else rows.clusters
    count = int(unit.max()) + 1
    positives = np.bincount(unit, rows.positive, count)
    order = np.lexsort((np.random.default_rng(seed).random(count), positives > 0))
    block = np.empty(count, np.int64)
    block[order] = np.arange(count) % _BLOCKS
    return block[unit]


def _check_work(rows: Rows, attributes: int, groups: int, options: Options) -> None:
    most = min(_MOST_CALLS // groups, _MOST_ROWS // (attributes * len(rows.scores)))
    if options.resamples > most:
        raise InputError(
            f"{options.resamples:,} resamples of {len(rows.scores):,} rows, for {groups:,} metrics of groups, are too "
            f"many; give at most {most:,}, or leave out metrics that are resampled"
        )
