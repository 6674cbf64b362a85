"""Intervals, tests, and corrections for many comparisons, given estimates and their covariance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from scipy import special

from .arrays import Floats

NO_SPREAD = 1e-10
"""A standard error, or a difference of AUROCs, up to this is rounding, for it would take 1e19 rows."""

_SINGULAR = 1e-12


def plain_interval(value: float, error: float, confidence: float) -> tuple[float, float]:
    """The normal interval of an AUROC; on the logit scale where it would leave [0, 1].

    Args:
        value: The AUROC, inside (0, 1).
        error: Its standard error, above 0.
        confidence: Such as 0.95.
    """
    reach = quantile(confidence) * error
    if reach <= min(value, 1 - value):
        return value - reach, value + reach
    return logit_interval(value, error, confidence)


def logit_interval(value: float, error: float, confidence: float) -> tuple[float, float]:
    """The normal interval of an AUROC's logit, as an interval of the AUROC; arguments as `plain_interval`."""
    centre, reach = special.logit(value), quantile(confidence) * error / (value * (1 - value))
    return float(special.expit(centre - reach)), float(special.expit(centre + reach))


def corrected_percentiles(
    resampled: Floats, value: float, acceleration: float, confidence: float
) -> tuple[float, float]:
    """The bootstrap's BCa interval: percentiles corrected for bias and skewness (Efron 1987, equation 2.3).

    Args:
        resampled: The AUROC in each resample, shape (resamples,).
        value: The AUROC.
        acceleration: How its standard error changes with it; `delong.acceleration`.
        confidence: Such as 0.95.
    """
    count = len(resampled)
    lower = ((resampled < value - NO_SPREAD).mean() + (resampled < value + NO_SPREAD).mean()) / 2
    bias = special.ndtri(np.clip(lower, 0.5 / count, 1 - 0.5 / count))
    moved = bias + np.array([-1, 1]) * quantile(confidence)
    tails = special.ndtr(bias + moved / np.maximum(1 - acceleration * moved, _SINGULAR))
    low, high = np.quantile(resampled, tails)
    return float(low), float(high)


def percentiles(resampled: Floats, confidence: float) -> tuple[float, float]:
    """The bootstrap's plain percentile interval; arguments as `corrected_percentiles`."""
    low, high = np.quantile(resampled, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


def quantile(confidence: float, comparisons: int = 1) -> float:
    """How many standard errors a two-sided normal interval reaches, with Bonferroni's correction for comparisons."""
    return NormalDist().inv_cdf(1 - (1 - confidence) / (2 * comparisons))


def p_value_of(difference: float, error: float) -> float:
    """The two-sided p value of a difference, normal."""
    return float(special.erfc(abs(difference) / error / np.sqrt(2)))


@dataclass(frozen=True)
class Equality:
    """A test that AUROCs are equal."""

    statistic: float
    degrees_of_freedom: int
    p_value: float


def equality(values: Floats, covariance: Floats) -> Equality | None:
    """Wald's test that AUROCs are equal; for two independent groups the square of DeLong's z.

    Args:
        values: Shape (groups,), two or more.
        covariance: Shape (groups, groups).

    Returns:
        None where the covariance of the differences is singular.
    """
    freedom = len(values) - 1
    contrasts = np.column_stack([np.eye(freedom), -np.ones(freedom)])
    spread = contrasts @ covariance @ contrasts.T
    smallest, largest = np.linalg.eigvalsh(spread)[[0, -1]]
    if smallest <= _SINGULAR * largest:
        return None
    differences = contrasts @ values
    statistic = float(differences @ np.linalg.solve(spread, differences))
    return Equality(statistic, freedom, float(special.chdtrc(freedom, statistic)))


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
