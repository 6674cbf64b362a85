"""A measure of the groups of an attribute, how sure it is, and how far the groups lie apart in it.

Differences have intervals by the method of variance estimates recovery (MOVER; Zou and Donner, Statistics in Medicine
2008): from the limits of each group, whatever made these, and from how the groups go together. For two independent
proportions with Wilson's limits that is Newcombe's interval (Statistics in Medicine 1998, method 10). Tests invert the
intervals, so that both agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import special

from .arrays import Floats, Integers
from .roc import divide

_STEPS = np.linspace(0, 8, 161)[:, None]
"""Quantiles of the normal distribution at which limits are known, to find the one at which an interval ends at 0."""

Limits = Callable[[Floats], tuple[Floats, Floats]]
"""Low and high, shape (levels, groups), from as many standard errors as normal quantiles, shape (levels, 1)."""


@dataclass(frozen=True)
class Measured:
    """A measure of the groups of an attribute.

    Attributes:
        name: Of the measure, in the report.
        values: Shape (groups,); NaN where it is not known.
        limits: Of the values.
        sizes: Shape (groups,): from how many rows or clusters, after Kish; what groups weigh in the mean of several.
        of_what: What these are, in words: `positive rows`.
        correlation: Shape (groups, groups): how the values go together; None where groups are independent.
        reasons: For a group without a value, why.
        unsure: For a group with a value and without limits, why.
        cautions: For a group with a value, what to beware of.
    """

    name: str
    values: Floats
    limits: Limits
    sizes: Floats
    of_what: str
    correlation: Floats | None = None
    reasons: dict[int, str] = field(default_factory=dict)
    unsure: dict[int, str] = field(default_factory=dict)
    cautions: dict[int, str] = field(default_factory=dict)

    def intervals(self, confidence: float) -> tuple[Floats, Floats]:
        """Low and high, shape (groups,)."""
        low, high = self.limits(np.array([[normal_quantile(1 - confidence)]]))
        return low[0], high[0]

    def of(self, groups: Integers) -> Measured:
        """That of some of the groups."""

        def limits(quantiles: Floats) -> tuple[Floats, Floats]:
            low, high = self.limits(quantiles)
            return low[:, groups], high[:, groups]

        correlation = None if self.correlation is None else self.correlation[np.ix_(groups, groups)]
        return Measured(self.name, self.values[groups], limits, self.sizes[groups], self.of_what, correlation)


def correlations(products: Floats) -> Floats:
    """Correlations, from variances and covariances, shape (groups, groups); 0 for a group without spread."""
    roots = np.sqrt(np.maximum(np.nan_to_num(np.diag(products)), 0))
    found = np.clip(np.nan_to_num(divide(np.nan_to_num(products), np.outer(roots, roots))), -1, 1)
    np.fill_diagonal(found, 1)
    return found


def normal_quantile(level: float) -> float:
    """How many standard errors a two-sided interval reaches that misses the truth with this probability."""
    return float(-special.ndtri(level / 2))


def students(quantiles: Floats, freedom: Floats) -> Floats:
    """Student's quantiles that cut off as much as those of the normal distribution do.

    Args:
        quantiles: Shape (levels, 1) or (levels, groups).
        freedom: Shape (groups,): the degrees of freedom; infinite for the normal distribution.

    Returns:
        Shape (levels, groups).
    """
    found: Floats = np.broadcast_to(quantiles, (len(quantiles), len(freedom))).copy()
    finite = np.isfinite(freedom)
    found[:, finite] = -special.stdtrit(freedom[finite], special.ndtr(-found[:, finite]))
    return found


def scaled(values: Floats, low: Floats, high: Floats, confidence: float, ends: tuple[float, float]) -> Limits:
    """Limits that reach from the values as the normal quantile does, from those that are known at one confidence.

    Args:
        values: Shape (groups,).
        low: Shape (groups,): at that confidence.
        high: Shape (groups,).
        confidence: Such as 0.95.
        ends: The least and the greatest value that there can be.
    """
    known = normal_quantile(1 - confidence)

    def limits(quantiles: Floats) -> tuple[Floats, Floats]:
        share = quantiles / known
        return np.clip(values - share * (values - low), *ends), np.clip(values + share * (high - values), *ends)

    return limits


@dataclass(frozen=True)
class Contrasts:
    """Differences of groups, one a row.

    Attributes:
        found: Shape (differences,).
        reach: How far the limits lie below and above, shape (levels, differences) each, from quantiles.
    """

    found: Floats
    reach: Callable[[Floats], tuple[Floats, Floats]]

    def intervals(self, level: float) -> tuple[Floats, Floats]:
        """Low and high, shape (differences,), which miss the truth with this probability; inside -1 and 1 or not."""
        down, up = self.reach(np.array([[normal_quantile(level)]]))
        return self.found - down[0], self.found + up[0]

    def p_values(self) -> Floats:
        """Two-sided, that there is no difference: the level at which the interval ends at 0."""
        down, up = self.reach(_STEPS)
        beyond = np.abs(self.found) - np.where(self.found > 0, down, up)
        after = np.argmax(beyond <= 0, axis=0)
        after = np.where((beyond <= 0).any(axis=0), after, len(_STEPS) - 1)
        before, columns = np.maximum(after - 1, 0), np.arange(len(self.found))
        first, second = beyond[before, columns], beyond[after, columns]
        share = np.clip(divide(first, first - second), 0, 1)
        steps = _STEPS[:, 0]
        quantile = steps[before] + np.nan_to_num(share) * (steps[after] - steps[before])
        return np.asarray(2 * special.ndtr(-quantile))


def pairs(measured: Measured, first: Integers, second: Integers) -> Contrasts:
    """Groups less groups."""
    between = 0.0 if measured.correlation is None else measured.correlation[first, second]

    def reach(quantiles: Floats) -> tuple[Floats, Floats]:
        below, above = _reaches(measured, quantiles)
        return (
            _joined(below[:, first], above[:, second], between),
            _joined(above[:, first], below[:, second], between),
        )

    return Contrasts(measured.values[first] - measured.values[second], reach)


def against_the_rest(measured: Measured) -> Contrasts:
    """Each group less the mean of the others, weighted by their sizes."""
    sizes, values = measured.sizes, measured.values
    rest = sizes.sum() - sizes
    means = (sizes @ values - sizes * values) / rest

    def of_rest(reach: Floats) -> tuple[Floats, Floats]:
        """How far the mean of the others reaches, and how far together with the group; shape (levels, groups)."""
        parts = reach * sizes
        linked = parts if measured.correlation is None else parts @ measured.correlation
        whole = (parts * linked).sum(axis=1, keepdims=True)
        squares = whole - 2 * parts * linked + parts**2
        return np.sqrt(np.maximum(squares, 0)) / rest, (linked - parts) / rest

    def reach(quantiles: Floats) -> tuple[Floats, Floats]:
        below, above = _reaches(measured, quantiles)
        found = []
        for own, others in ((below, above), (above, below)):
            alone, shared = of_rest(others)
            found.append(np.sqrt(np.maximum(own**2 + alone**2 - 2 * own * shared, 0)))
        return found[0], found[1]

    return Contrasts(values - means, reach)


@dataclass(frozen=True)
class Widest:
    """How far the truly highest and the truly lowest of some groups lie apart.

    Attributes:
        low: The highest of the lower ends of all pairs, with Bonferroni's correction; below 0 where none is above 0.
        high: The highest of the upper ends.
        p_value: That all are equal; below the level where `low` is above 0.
    """

    low: float
    high: float
    p_value: float


def widest(measured: Measured, level: float) -> Widest:
    """Look at all pairs of groups, a group at a time.

    Args:
        measured: Two groups or more, all with limits.
        level: How often the interval may miss the truth.
    """
    order = np.argsort(-measured.values, kind="stable")
    count = len(order)
    number = count * (count - 1) // 2
    ends = measured.limits(np.array([[normal_quantile(level / number)]]))
    at_level = replace(measured, limits=lambda _: ends)  # they are the same for every pair
    lows, highs, nearest = [], [], []
    for place, group in enumerate(order[:-1]):
        others = order[place + 1 :]
        compared = pairs(at_level, np.full(len(others), group), others)
        low, high = compared.intervals(level / number)
        lows.append(low.max())
        highs.append(high.max())
        nearest.append(others[np.argmax(divide(compared.found, compared.found - low))])
    p_values = pairs(measured, order[:-1], np.array(nearest)).p_values()
    return Widest(float(max(lows)), float(max(highs)), float(min(number * p_values.min(), 1.0)))


def _reaches(measured: Measured, quantiles: Floats) -> tuple[Floats, Floats]:
    low, high = measured.limits(quantiles)
    return measured.values - low, high - measured.values


def _joined(first: Floats, second: Floats, correlation: Floats | float) -> Floats:
    return np.sqrt(np.maximum(first**2 + second**2 - 2 * correlation * first * second, 0))
