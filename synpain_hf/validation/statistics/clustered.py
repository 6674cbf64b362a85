"""Means and shares of values that depend on each other, such as several faces of one person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from synpain_hf.validation.statistics.estimate import LEVEL, Estimate, Floats, finite
from synpain_hf.validation.statistics.proportions import wilson


def mean(values: npt.ArrayLike, clusters: Sequence[str], level: float = LEVEL) -> Estimate:
    """A mean with an interval that knows which values belong together.

    The standard error is that of the sums of clusters (Liang and Zeger, Biometrika 73, 1986), with Student's t.

    Args:
        values: Shape (values,).
        clusters: What each value belongs to.
        level: The confidence level.

    Returns:
        The mean; NaN limits where there is one cluster alone.

    Raises:
        ValueError: If there are no values, or one is not finite.

    Example:
        >>> found = mean([1, 2, 3, 4], ["a", "a", "b", "b"])
        >>> found.value
        2.5
    """
    sample = finite(values, "the sample")
    sums, number = _sums(sample - sample.mean(), clusters)
    if number < 2:
        return Estimate(float(sample.mean()), np.nan, np.nan)
    error = np.sqrt(number / (number - 1) * np.square(sums).sum()) / sample.size
    reach = stats.t.ppf((1 + level) / 2, number - 1) * error
    return Estimate(float(sample.mean()), float(sample.mean() - reach), float(sample.mean() + reach))


def share(has: npt.ArrayLike, clusters: Sequence[str], level: float = LEVEL) -> Estimate:
    """A share with Wilson's interval for as many independent values as tell as much.

    Where values of a cluster are alike, this number is estimated from the clusters, for which Student's t allows.

    Args:
        has: Whether each value has the property; shape (values,).
        clusters: What each value belongs to.
        level: The confidence level.

    Raises:
        ValueError: If there are no values.

    Example:
        >>> round(share([True, False, False, False], ["a", "b", "c", "d"]).high, 3)
        0.699
    """
    flags = finite(has, "the sample")
    value = float(flags.mean())
    apart = flags - value
    sums, number = _sums(apart, clusters)
    if not apart.any():
        return wilson(value * number, number, level)
    if number < 2:
        return Estimate(value, np.nan, np.nan)
    alone = flags.size / (flags.size - 1) * np.square(apart).sum()
    together = number / (number - 1) * np.square(sums).sum()
    if together <= alone:
        return wilson(value * flags.size, flags.size, level)
    effective = flags.size * float(alone / together)
    return wilson(value * effective, effective, level, number - 1)


def _sums(values: Floats, clusters: Sequence[str]) -> tuple[Floats, int]:
    names, codes = np.unique(np.asarray(clusters), return_inverse=True)
    sums: Floats = np.bincount(codes, weights=values, minlength=len(names)).astype(np.float64)
    return sums, len(names)
