"""A seeded bootstrap of every group's AUROC: rows or clusters are drawn again, within each class.

A resample is a count for each row. A running sum over the sorted negative rows then gives all groups of an attribute
at once, so that a resample costs O(n) an attribute and nothing is sorted again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import Booleans, Floats, Integers
from .roc import Ranking, share

Numbers = npt.NDArray[Any]
"""Floats with weights, else integers, whose sums are exact."""

Progress = Callable[[str, int, int], object]
"""Called with what is being done, how much of it is done, and how much there is in all."""

_CELLS = 1 << 15
"""Counts held at a time: few enough for the processor's cache, and for memory that is used again and not given back."""


def resample(
    rankings: Sequence[Ranking],
    positive: Booleans,
    weights: Floats | None,
    clusters: Integers | None,
    resamples: int,
    seed: int,
    progress: Progress | None = None,
) -> list[Floats]:
    """The AUROC of every group in every resample.

    Args:
        rankings: The rows within their groups, one ranking an attribute (and model); all see the same resamples.
        positive: Shape (rows,).
        weights: Shape (rows,); None for 1 each.
        clusters: Shape (rows,): rows that are drawn together; None where each is drawn alone.
        resamples: How many.
        seed: Draws them.
        progress: Called after some of them at a time.

    Returns:
        For every ranking an array of shape (resamples, groups); NaN where a resample left a class of a group empty.
    """
    sweeps = [_Sweep(ranking, positive, weights) for ranking in rankings]
    values = [np.empty((resamples, len(ranking.first_blocks))) for ranking in rankings]
    at_a_time = max(1, _CELLS // len(positive))
    draws = draw(positive, clusters, resamples, seed)
    for first in range(0, resamples, at_a_time):
        last = min(first + at_a_time, resamples)
        counts = np.stack([next(draws) for _ in range(first, last)])
        for sweep, found in zip(sweeps, values, strict=True):
            found[first:last] = sweep.aurocs(counts)
        if progress is not None:
            progress("resample", last, resamples)
    return values


def draw(
    positive: Booleans, clusters: Integers | None, resamples: int, seed: int, *, by_class: bool = True
) -> Iterator[Integers]:
    """Resamples, as a count for each row.

    Units (rows, or clusters where they are given) are drawn with replacement among those of the same kind: positive,
    negative, or both; or, where that is not wanted, among all.

    Yields:
        Shape (rows,).
    """
    generator = np.random.default_rng(seed)
    unit_of_row = np.arange(len(positive)) if clusters is None else clusters
    count = int(unit_of_row.max()) + 1
    kinds = (np.bincount(unit_of_row, positive, count) > 0) + 2 * (np.bincount(unit_of_row, ~positive, count) > 0)
    kinds = kinds if by_class else np.ones_like(kinds)
    strata = [np.flatnonzero(kinds == kind) for kind in np.unique(kinds) if kind]
    for _ in range(resamples):
        counts = np.zeros(count, np.int64)
        for units in strata:
            drawn = generator.integers(0, len(units), len(units))
            counts[units] = np.bincount(drawn, minlength=len(units))
        yield counts if clusters is None else counts[clusters]


class _Sweep:
    """What one ranking needs to get AUROCs out of counts."""

    def __init__(self, ranking: Ranking, positive: Booleans, weights: Floats | None):
        is_positive = positive[ranking.order]
        block = ranking.block_of_row
        self._positives, self._negatives = ranking.order[is_positive], ranking.order[~is_positive]
        negatives_before_block = np.searchsorted(block[~is_positive], np.arange(len(ranking.starts) + 1))
        self._lower = negatives_before_block[block[is_positive]]
        self._upper = negatives_before_block[block[is_positive] + 1]
        self._tied = not np.array_equal(self._lower, self._upper)
        groups = np.append(ranking.first_blocks, len(ranking.starts))
        bounds = np.searchsorted(block[is_positive], groups)
        self._with_positives = np.diff(bounds) > 0
        self._first_positives = bounds[:-1][self._with_positives]
        self._negative_bounds = negatives_before_block[groups]
        self._weights = None if weights is None else (weights[self._positives], weights[self._negatives])

    def aurocs(self, counts: Integers) -> Floats:
        """Shape (resamples, groups), from counts of shape (resamples, rows)."""
        drawn: Numbers = counts.take(self._positives, axis=1)
        rivals: Numbers = counts.take(self._negatives, axis=1)
        if self._weights is not None:
            drawn, rivals = drawn * self._weights[0], rivals * self._weights[1]
        below = _running(rivals)
        outranked: Numbers = below.take(self._lower, axis=1)
        if self._tied:
            outranked += below.take(self._upper, axis=1)  # twice what is outranked, ties once
        negatives = below[:, self._negative_bounds]
        members, wins = self._by_group(drawn), self._by_group(drawn * outranked)
        won = wins / (1 + self._tied) - negatives[:, :-1] * members
        return share(won, (members * np.diff(negatives, axis=1)).astype(np.float64))

    def _by_group(self, values: Numbers) -> Numbers:
        """Sums over the positive rows of each group."""
        sums: Numbers = np.zeros((len(values), len(self._with_positives)), values.dtype)
        sums[:, self._with_positives] = np.add.reduceat(values, self._first_positives, axis=1)
        return sums


def _running(values: Numbers) -> Numbers:
    """Running sums along the rows, from 0: shape (resamples, rows + 1)."""
    sums: Numbers = np.zeros((len(values), values.shape[1] + 1), values.dtype)
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums
