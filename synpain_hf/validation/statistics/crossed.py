"""Values that depend on two things: a judgement on rater and case, a transferred face on identity and driver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from synpain_hf.validation.statistics.estimate import LEVEL, Estimate, Floats, finite
from synpain_hf.validation.statistics.proportions import wilson

_AS_GOOD_AS_ONE = 1e-12
"""What is left of 1 where a correlation is 1, but for rounding."""


def share_of_raters(
    has: npt.ArrayLike,
    raters: Sequence[str],
    clusters: Sequence[str],
    level: float = LEVEL,
    others: Sequence[str] | None = None,
) -> Estimate:
    """A share with an interval for other raters and other cases, of which those at hand are a sample.

    The variance of the mean is that of a two-way layout in which both raters and cases are random,
    `(MS_raters + MS_cases - MS_rest) / (raters * cases)`, never below what either of the first two gives alone, nor
    below that of independent judgements; its degrees of freedom are Satterthwaite's (Biometrics Bulletin 2, 1946), so
    that few raters count for little where they differ. The interval is Wilson's, with Student's t, for as many
    independent judgements as tell as much. Where cases belong to two things, their part is that of `mean_of_crossed`.

    Args:
        has: Whether each judgement has the property, such as being right; shape (judgements,).
        raters: Who made each.
        clusters: What each is about: cases that depend on each other have one name.
        level: The confidence level.
        others: What else each is about, such as the driver of an expression; None for nothing else.

    Returns:
        The share; NaN limits where there are fewer than two raters, or clusters of a kind.

    Raises:
        ValueError: If there are no values.

    Example:
        >>> found = share_of_raters([1, 1, 0, 1, 1, 1], list("aaabbb"), list("xyzxyz"))
        >>> round(found.value, 3)
        0.833
    """
    flags = finite(has, "the sample")
    value = float(flags.mean())
    names, row = np.unique(np.asarray(raters), return_inverse=True)
    cases, column = np.unique(np.asarray(clusters), return_inverse=True)
    second = column if others is None else np.unique(np.asarray(others), return_inverse=True)[1]
    r, c = len(names), len(cases)
    number = min(c, int(second.max()) + 1)
    if min(r, number) < 2:
        return Estimate(value, np.nan, np.nan)
    if value in (0, 1):
        return wilson(value * number, number, level)
    cells = np.unique(row * c + column, return_inverse=True)[1]
    of_raters, of_cases, of_cells = (
        float(np.square(np.bincount(codes, weights=flags - value)).sum()) for codes in (row, column, cells)
    )
    of_raters, of_cases = of_raters / c, of_cases / r
    rest = max(0.0, of_cells - of_raters - of_cases)
    squares = np.array([of_raters / (r - 1), of_cases / (c - 1), rest / ((r - 1) * (c - 1))])
    freedom = np.array([r - 1, c - 1, (r - 1) * (c - 1)])
    if others is not None:
        both = np.unique(column * (int(second.max()) + 1) + second, return_inverse=True)[1]
        one, other, each = (_variance(flags - value, codes) for codes in (column, second, both))
        crossed = max(one + other - each, other) * flags.size**2 / (r * c)
        if crossed > squares[1] * (1 + _AS_GOOD_AS_ONE):
            squares[1], freedom[1] = crossed, number - 1
    together = max(squares[0] + squares[1] - squares[2], squares[0], squares[1])
    independent = value * (1 - value) / flags.size
    variance = r * c * together / flags.size**2
    if variance <= independent:
        return wilson(value * flags.size, flags.size, level)
    used = np.where(together > squares[:2].max(), 1.0, squares == together)
    degrees = float(np.square(together) / (np.square(squares * used) / freedom).sum())
    effective = float(flags.size * independent / variance)
    return wilson(value * effective, effective, level, degrees)


@dataclass(frozen=True)
class MeanOfRaters:
    """A mean, and whether it is 0.

    Attributes:
        estimate: The mean with its interval.
        p: Two-sided probability of a mean as far from 0 by chance; NaN where there is no interval.
    """

    estimate: Estimate
    p: float


def mean_of_raters(
    values: npt.ArrayLike,
    raters: Sequence[str],
    first: Sequence[str],
    second: Sequence[str],
    level: float = LEVEL,
) -> MeanOfRaters:
    """A mean of judgements with an interval for other raters and other cases, of which those at hand are a sample.

    A case is a combination of two things, such as the identity of a face and the driver of its expression. The
    variance is that of the two-way layout of raters and cases, `(MS_raters + MS_cases - MS_rest) / (raters * cases)`,
    in which the part of the cases is, where that is more, the one of sums by the first and by the second thing
    (`mean_of_crossed`), and that of the raters comes from leaving out one at a time, so that it holds where not all
    judged as many. It is never below what raters or cases alone give. Student's t has Satterthwaite's degrees of
    freedom (Biometrics Bulletin 2, 1946): few raters count for little where they differ, and for much where they do
    not.

    Args:
        values: Shape (judgements,).
        raters: Who made each.
        first: What each is about, such as an identity.
        second: What else it is about, such as a driver.
        level: The confidence level.

    Returns:
        The mean; NaN limits where there are fewer than two raters or cases, or nothing varies.

    Raises:
        ValueError: If there are no values, or one is not finite.

    Example:
        >>> found = mean_of_raters([1, 2, 3, 2, 3, 5], list("aaabbb"), list("xyzxyz"), list("uvwuvw"))
        >>> round(found.estimate.value, 3)
        2.667
    """
    sample = finite(values, "the sample")
    value = float(sample.mean())
    unknown = MeanOfRaters(Estimate(value, np.nan, np.nan), np.nan)
    row = np.unique(np.asarray(raters), return_inverse=True)[1]
    one, other = (np.unique(np.asarray(names), return_inverse=True)[1] for names in (first, second))
    case = np.unique(one * (int(other.max()) + 1) + other, return_inverse=True)[1]
    r, c = int(row.max()) + 1, int(case.max()) + 1
    if min(r, c) < 2:
        return unknown
    apart = sample - value
    cell = np.unique(row * c + case, return_inverse=True)[1]
    squares = [float(np.square(np.bincount(codes, weights=apart)).sum()) for codes in (row, case, cell)]
    rest = max(0.0, squares[2] - squares[0] / c - squares[1] / r) / ((r - 1) * (c - 1))
    sizes = np.bincount(row)
    without = np.bincount(row, weights=apart) / (sample.size - sizes)  # how far the mean is without each rater
    of_raters = float((r - 1) / r * np.square(without).sum())
    like = float(sample.size**2 / np.square(sizes).sum())  # as many raters of one size tell as much
    parts = np.array([of_raters, _variance(apart, case), r * c * rest / sample.size**2])
    freedom = np.array([max(like - 1, 1), c - 1, (r - 1) * (c - 1)])
    number = min(int(one.max()), int(other.max())) + 1
    crossed = _variance(apart, one) + _variance(apart, other) - _variance(apart, case) if number > 1 else 0.0
    if crossed > parts[1]:
        parts[1], freedom[1] = crossed, number - 1
    together = max(parts[0] + parts[1] - parts[2], parts[0], parts[1])
    if not together > 0:
        return unknown
    used = parts if together > parts[:2].max() else parts * (parts == together)
    degrees = float(together**2 / (np.square(used) / freedom).sum())
    error = float(np.sqrt(together))
    reach = float(stats.t.ppf((1 + level) / 2, degrees)) * error
    return MeanOfRaters(
        Estimate(value, value - reach, value + reach), float(2 * stats.t.sf(abs(value) / error, degrees))
    )


def mean_of_crossed(
    values: npt.ArrayLike, first: Sequence[str], second: Sequence[str], level: float = LEVEL
) -> Estimate:
    """A mean with an interval for other things of two kinds, of which those at hand are a sample.

    The variance is that of the sums by the first, plus by the second, less by both together (Cameron, Gelbach and
    Miller, J. Bus. Econ. Stat. 29, 2011), never below what one of them gives alone; Student's t has the degrees of
    freedom of the smaller number.

    Args:
        values: Shape (values,).
        first: What each value belongs to, such as the identity of a face.
        second: What else it belongs to, such as the driver of its expression.
        level: The confidence level.

    Returns:
        The mean; NaN limits where there are fewer than two of either.

    Raises:
        ValueError: If there are no values, or one is not finite.

    Example:
        >>> found = mean_of_crossed([1, 2, 3, 4], list("aabb"), list("xyxy"))
        >>> found.value
        2.5
    """
    sample = finite(values, "the sample")
    value = float(sample.mean())
    reach = _reach(sample - value, first, second, level)
    return Estimate(value, value - reach, value + reach)


def correlation_of_crossed(
    values: npt.ArrayLike, others: npt.ArrayLike, first: Sequence[str], second: Sequence[str], level: float = LEVEL
) -> Estimate:
    """Pearson's correlation with an interval for other things of two kinds, of which those at hand are a sample.

    The variance is that of a mean of the correlation's influence values (Devlin, Gnanadesikan and Kettenring,
    Biometrika 62, 1975), as in `mean_of_crossed`; limits are found on Fisher's scale, on which they are even.

    Args:
        values: Shape (values,).
        others: What they are compared with; the same shape.
        first: What each pair of values belongs to.
        second: What else it belongs to.
        level: The confidence level.

    Returns:
        The correlation; NaN where one of both never varies, NaN limits where there are fewer than two of either kind.

    Raises:
        ValueError: If there are no values, one is not finite, or there are more of one than of the other.

    Example:
        >>> round(correlation_of_crossed([1, 2, 3, 5], [2, 4, 5, 9], list("aabb"), list("xyxy")).value, 3)
        0.994
    """
    x, y = finite(values, "the sample"), finite(others, "the other sample")
    if len(x) != len(y):
        raise ValueError(f"{len(x)} values cannot be compared with {len(y)}; give as many")
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return Estimate(np.nan, np.nan, np.nan)
    x, y = ((each - each.mean()) / each.std() for each in (x, y))
    value = float(np.clip(np.mean(x * y), -1, 1))
    rest = 1 - value**2
    if rest < _AS_GOOD_AS_ONE:
        return Estimate(value, np.nan, np.nan)
    reach = _reach(x * y - value * (x**2 + y**2) / 2, first, second, level) / rest
    return Estimate(value, *(float(np.tanh(np.arctanh(value) + end)) for end in (-reach, reach)))


def _reach(apart: Floats, first: Sequence[str], second: Sequence[str], level: float) -> float:
    """Half the width of the interval of a mean, from how far each value is from it; NaN where that is not known."""
    codes = [np.unique(np.asarray(names), return_inverse=True)[1] for names in (first, second)]
    one, other = (int(each.max()) + 1 for each in codes)
    number = min(one, other)
    if number < 2:
        return np.nan
    both = np.unique(codes[0] * other + codes[1], return_inverse=True)[1]
    by_one, by_other, by_both = (_variance(apart, each) for each in (*codes, both))
    variance = max(by_one + by_other - by_both, by_one, by_other)
    return float(stats.t.ppf((1 + level) / 2, number - 1) * np.sqrt(variance))


def _variance(apart: Floats, codes: npt.NDArray[np.int64]) -> float:
    """The variance of a mean where values with one code belong together."""
    sums = np.bincount(codes, weights=apart)
    return float(len(sums) / (len(sums) - 1) * np.square(sums).sum() / apart.size**2)
