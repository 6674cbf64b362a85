"""Differences of two AUROCs: tests, intervals that agree with them, and how small a difference could be found.

As in the score interval of a difference of proportions (Miettinen and Nurminen, Statistics in Medicine 1985), the
variance is that of the two AUROCs that are most likely with the supposed difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from .arrays import Floats, Integers
from .roc import divide
from .score import Law, drawn_in, farthest
from .units import Units

POWER = 0.8
"""With which the smallest difference is found."""


@dataclass(frozen=True)
class Differences:
    """Pairs of AUROCs, each a first less a second.

    Attributes:
        auroc: Shape (2, pairs).
        variances: Shape (2, pairs): over what variances go with.
        covariance: Shape (pairs,): the same.
        sizes: Shape (2, pairs): `Units.sizes`.
        freedom: Shape (pairs,): the degrees of freedom of the difference.
        goes_with: As in `Law`.
        own: How far the variance of the first goes from the supposed AUROC toward the one that was found.
    """

    auroc: Floats
    variances: Floats
    covariance: Floats
    sizes: Floats
    freedom: Floats
    goes_with: Callable[[Floats], Floats]
    own: float = 0.0

    @property
    def found(self) -> Floats:
        """The differences, shape (pairs,)."""
        return np.asarray(self.auroc[0] - self.auroc[1])

    def variance(self, supposed: Floats | float) -> Floats:
        """The variances of the differences if these were truly so large, shape (pairs,)."""
        share = self.sizes[0] / self.sizes.sum(axis=0)
        second = share * (self.auroc[0] - supposed) + (1 - share) * self.auroc[1]
        second = np.clip(second, np.maximum(0, np.negative(supposed)), np.minimum(1, np.subtract(1, supposed)))
        first = second + supposed
        toward = drawn_in(self.auroc[0], self.sizes[0])
        return self._variance_at(first + self.own * (toward - first), second)

    def p_values(self) -> Floats:
        """Two-sided, that there is no difference."""
        return np.asarray(2 * special.stdtr(self.freedom, -np.abs(self.found) / np.sqrt(self.variance(0.0))))

    def intervals(self, quantile: Floats) -> Floats:
        """The differences that a test with that quantile would not reject, shape (2, pairs)."""

        def apart(supposed: Floats) -> Floats:
            return np.asarray((self.found - supposed) ** 2 - quantile**2 * self.variance(supposed))

        return np.stack([farthest(apart, self.found, np.full(len(self.found), end)) for end in (-1.0, 1.0)])

    def highest_p_within(self, margin: float) -> float:
        """One-sided, that the first is better by the margin or more: the highest of all pairs; 1 if one is NaN."""
        reached = (self.found - margin) / np.sqrt(self.variance(margin))
        if np.isnan(reached).any():
            return 1.0
        # No p of Student's t is above that of the normal distribution (below a half: of the fewest degrees of freedom).
        top = int(reached.argmax())
        least = special.stdtr(self.freedom[top], reached[top])
        needed = special.ndtri(least) if reached[top] > 0 else special.stdtrit(self.freedom.min(), least)
        near = np.flatnonzero(reached >= min(needed, reached[top]))
        return float(special.stdtr(self.freedom[near], reached[near]).max())

    def smallest(self, quantile: Floats) -> Floats:
        """How far the first would have to lie below the second, to be found with a power of 0.8; NaN if nothing would.

        Args:
            quantile: Shape (pairs,): how many standard errors the test asks for.
        """
        enough = special.stdtrit(self.freedom, POWER)

        def apart(below: Floats) -> Floats:
            first, second = np.broadcast_arrays(self.auroc[1] - below, self.auroc[1])
            supposed = replace(self, auroc=np.stack([first, second]))
            alone = np.sqrt(self._variance_at(first, second))
            return np.asarray(below - quantile * np.sqrt(supposed.variance(0.0)) - enough * alone)

        found = farthest(apart, np.zeros(len(self.freedom)), self.auroc[1])
        return np.where(apart(self.auroc[1]) > 0, found, np.nan)

    def _variance_at(self, first: Floats, second: Floats) -> Floats:
        squares = self.goes_with(np.stack([first, second]))
        own = squares[0] * self.variances[0] + squares[1] * self.variances[1]
        return np.asarray(np.maximum(own - 2 * np.sqrt(squares[0] * squares[1]) * self.covariance, 0))


def pairs(auroc: Floats, law: Law, units: Units, first: Integers, second: Integers) -> Differences:
    """Groups against groups.

    Args:
        auroc: Shape (groups,).
        law: The covariance of them.
        units: What it was estimated from.
        first: Shape (pairs,): groups.
        second: Shape (pairs,): the groups that they are compared with.
    """
    values, both = law.scaled.values, (first, second)
    variances = np.stack([values[group, group] for group in both])
    common = law.scaled.in_common
    return Differences(
        auroc=np.stack([auroc[group] for group in both]),
        variances=variances,
        covariance=values[first, second],
        sizes=np.stack([units.sizes[group] for group in both]),
        freedom=_freedom(
            variances,
            values[first, second],
            np.stack([law.scaled.freedom[group] for group in both]),
            np.stack([common[group, group] for group in both]),
            common[first, second],
        ),
        goes_with=law.goes_with,
    )


def against_the_rest(auroc: Floats, law: Law, units: Units, groups: Integers, own: float) -> Differences:
    """Each of some groups against the mean of the others, weighted by their sizes.

    Args:
        auroc: Shape (groups,).
        law: The covariance of them.
        units: What it was estimated from.
        groups: Which; two or more.
        own: As in `Differences`.
    """
    known, sizes = law.scaled.of(groups.tolist()), units.sizes[groups]
    shares = np.tile(sizes, (len(groups), 1))
    np.fill_diagonal(shares, 0)
    shares /= shares.sum(axis=1, keepdims=True)
    variances = np.diag(known.values)
    squares = shares**2
    alone = squares @ variances
    freedom = divide(alone**2, squares**2 @ (variances**2 / known.freedom))
    units_of_each = np.diag(known.in_common)
    most = np.where(shares > 0, units_of_each, 0).max(axis=1)
    if known.independent:
        of_rest, covariance, shared, least = alone, np.zeros(len(groups)), np.zeros(len(groups)), freedom
    else:
        of_rest = (shares @ known.values * shares).sum(axis=1)
        covariance = (shares * known.values).sum(axis=1)
        shared = (known.in_common - np.diag(units_of_each)).max(axis=1)
        least = np.where(shares > 0, known.freedom, np.inf).min(axis=1)
    return Differences(
        auroc=np.stack([auroc[groups], shares @ auroc[groups]]),
        variances=np.stack([variances, of_rest]),
        covariance=covariance,
        sizes=np.stack([sizes, sizes.sum() - sizes]),
        freedom=_freedom(
            np.stack([variances, of_rest]),
            covariance,
            np.stack([known.freedom, np.where(shared > 0, least, freedom)]),
            np.stack([units_of_each, most]),
            shared,
        ),
        goes_with=law.goes_with,
        own=own,
    )


def _freedom(variances: Floats, covariance: Floats, freedom: Floats, units: Floats, common: Floats) -> Floats:
    """`Covariance.degrees_of_freedom` of differences of two, at least 1; Welch's for independent ones."""
    first, second = variances / np.sqrt(freedom)
    error = first**2 + second**2
    if common.any():
        linked = np.sqrt(common / np.sqrt(units[0] * units[1]))
        between = covariance / np.sqrt(np.maximum(common - 1, 1))
        error = (first - linked * between) ** 2 + (second - linked * between) ** 2
        error += 2 * (between - linked * second) * (between - linked * first)
    expected = np.maximum(variances.sum(axis=0) - 2 * covariance, 0)
    return np.maximum(np.nan_to_num(divide(expected**2, error), nan=1.0), 1.0)
