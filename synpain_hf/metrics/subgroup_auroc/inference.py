"""Intervals, tests, and corrections for many comparisons, given estimates and their covariance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf
from statistics import NormalDist

import numpy as np
from scipy import special

from .arrays import Floats

NO_SPREAD = 1e-10
"""A standard error, or a difference of AUROCs, up to this is rounding, for it would take 1e19 rows."""

_SINGULAR = 1e-12


def plain_interval(value: float, error: float, quantile: float) -> tuple[float, float]:
    """The interval of an AUROC, cut off at 0 and 1.

    Args:
        value: The AUROC, inside (0, 1).
        error: Its standard error, above 0.
        quantile: How many standard errors it reaches.
    """
    reach = quantile * error
    return max(value - reach, 0.0), min(value + reach, 1.0)


def logit_interval(value: float, error: float, quantile: float) -> tuple[float, float]:
    """The interval of an AUROC's logit, as an interval of the AUROC; arguments as `plain_interval`."""
    centre, reach = special.logit(value), quantile * error / (value * (1 - value))
    return float(special.expit(centre - reach)), float(special.expit(centre + reach))


def corrected_percentiles(resampled: Floats, value: float, acceleration: float, quantile: float) -> tuple[float, float]:
    """The bootstrap's BCa interval: percentiles corrected for bias and skewness (Efron 1987, equation 2.3).

    Args:
        resampled: The AUROC in each resample, shape (resamples,).
        value: The AUROC.
        acceleration: How its standard error changes with it; `delong.acceleration`.
        quantile: How many standard errors an interval reaches.
    """
    count = len(resampled)
    lower = ((resampled < value - NO_SPREAD).mean() + (resampled < value + NO_SPREAD).mean()) / 2
    bias = special.ndtri(np.clip(lower, 0.5 / count, 1 - 0.5 / count))
    moved = bias + np.array([-1, 1]) * quantile
    tails = special.ndtr(bias + moved / np.maximum(1 - acceleration * moved, _SINGULAR))
    low, high = np.quantile(resampled, tails)
    return float(low), float(high)


def percentiles(resampled: Floats, confidence: float) -> tuple[float, float]:
    """The bootstrap's plain percentile interval; arguments as `corrected_percentiles`."""
    low, high = np.quantile(resampled, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def fewest_resamples(confidence: float) -> int:
    """The fewest resamples that an interval of that confidence needs: 39 for 0.95."""
    return ceil(2 / (1 - confidence) - NO_SPREAD) - 1


def quantile_of(confidence: float, comparisons: int = 1, freedom: float = inf) -> float:
    """How many standard errors a two-sided interval reaches.

    Args:
        confidence: Such as 0.95.
        comparisons: How many intervals are to hold together (Bonferroni's correction).
        freedom: The degrees of freedom of the standard error: of Student's t; without end of the normal distribution.
    """
    share = 1 - (1 - confidence) / (2 * comparisons)
    return NormalDist().inv_cdf(share) if freedom == inf else float(special.stdtrit(freedom, share))


def p_value_of(difference: float, error: float, freedom: float = inf) -> float:
    """The two-sided p value of a difference with that standard error; degrees of freedom as in `quantile_of`."""
    reached = abs(difference) / error
    return float(special.erfc(reached / np.sqrt(2)) if freedom == inf else 2 * special.stdtr(freedom, -reached))


@dataclass(frozen=True)
class Covariance:
    """The covariance of AUROCs, and from how much it was estimated.

    Attributes:
        values: Shape (groups, groups).
        freedom: Shape (groups,): the degrees of freedom of the variances.
        in_common: Shape (groups, groups): how many rows or clusters two groups have in common; `Units.in_common`.
    """

    values: Floats
    freedom: Floats
    in_common: Floats

    @property
    def independent(self) -> bool:
        """Whether no two groups have rows or clusters in common, so that every covariance is 0."""
        return int(np.count_nonzero(self.in_common)) == int(np.count_nonzero(np.diag(self.in_common)))

    def of(self, groups: Sequence[int]) -> Covariance:
        """That of some of the groups."""
        chosen = np.ix_(groups, groups)
        return Covariance(self.values[chosen], self.freedom[groups], self.in_common[chosen])

    def expected(self, contrast: Floats) -> float:
        """The quadratic form of a contrast, shape (groups, groups), where all AUROCs are equal."""
        return float((contrast * self.values).sum())

    def degrees_of_freedom(self, contrast: Floats) -> float:
        """Satterthwaite's degrees of freedom of `expected`, at least 1; for two independent groups those of Welch's t.

        What rows or clusters add to the AUROCs of their groups is taken for normal, and all of them for alike. A
        covariance is estimated from those that its two groups have in common, and known to be 0 where they have none.
        """
        expected = self.expected(contrast)
        if self.independent:
            parts = np.diag(contrast) * np.diag(self.values)
            return max(float(expected**2 / (parts**2 / self.freedom).sum()), 1.0)
        own = np.sqrt(np.diag(self.in_common))
        of_each = np.maximum(self.in_common - 1, 1)
        np.fill_diagonal(of_each, self.freedom)
        error = (contrast * np.sqrt(self.in_common / np.outer(own, own))) @ (self.values / np.sqrt(of_each))
        return max(float(expected**2 / (error * error.T).sum()), 1.0)


@dataclass(frozen=True)
class Equality:
    """A test that AUROCs are equal, against the F distribution."""

    statistic: float
    degrees_of_freedom: float
    denominator_degrees_of_freedom: float
    p_value: float


def equality(values: Floats, covariance: Covariance, sizes: Floats) -> Equality | None:
    """The ANOVA-type test that AUROCs are equal; for two independent groups the square of DeLong's D.

    The statistic is the spread of the AUROCs around their mean, over what it would be were all equal, with degrees of
    freedom after Box (Brunner, Dette and Munk, JASA 1997; for the means of independent groups Brown and Forsythe,
    Technometrics 1974). Groups weigh by their sizes, and not by the inverse of their estimated variances as in Wald's
    test: there a small group whose variance comes out too small by chance weighs the most, and so Wald's test finds
    differences where there are none.

    Args:
        values: Shape (groups,), two or more.
        covariance: Of them.
        sizes: Shape (groups,): `Units.sizes`.

    Returns:
        None where the groups depend on each other so much that their differences have no spread.
    """
    contrast = np.diag(sizes) - np.outer(sizes, sizes) / sizes.sum()
    expected = covariance.expected(contrast)
    if expected <= _SINGULAR * (np.diag(contrast) @ np.diag(covariance.values)):
        return None
    statistic = max(float(values @ contrast @ values / expected), 0.0)
    if covariance.independent:
        variances = np.diag(covariance.values)
        spread = variances @ contrast**2 @ variances
    else:
        product = contrast @ covariance.values
        spread = (product * product.T).sum()
    above = min(max(float(expected**2 / spread), 1.0), len(values) - 1.0)
    below = covariance.degrees_of_freedom(contrast)
    return Equality(statistic, above, below, float(special.fdtrc(above, below, statistic)))


def _bonferroni(p_values: Floats) -> Floats:
    return np.minimum(p_values * len(p_values), 1)


def _holm(p_values: Floats) -> Floats:
    order = np.argsort(p_values)
    steps = p_values[order] * np.arange(len(order), 0, -1)
    return np.minimum(np.maximum.accumulate(steps), 1)[np.argsort(order)]


def _benjamini_hochberg(p_values: Floats) -> Floats:
    order = np.argsort(p_values)[::-1]
    steps = p_values[order] * len(order) / np.arange(len(order), 0, -1)
    return np.minimum(np.minimum.accumulate(steps), 1)[np.argsort(order)]


CORRECTIONS: Mapping[str, Callable[[Floats], Floats]] = {
    "holm": _holm,
    "bonferroni": _bonferroni,
    "benjamini_hochberg": _benjamini_hochberg,
    "none": lambda p_values: p_values,
}
"""How p values are corrected for many comparisons, shape (comparisons,) to shape (comparisons,)."""
