"""Shares and their intervals, whether they differ, and odds ratios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from synpain_hf.validation.statistics.estimate import LEVEL, Estimate

_TABLES = 20_000
_LEAST_EXPECTED = 5


def wilson(count: float, of: float, level: float = LEVEL, degrees: float = np.inf) -> Estimate:
    """A share with Wilson's interval (J. Am. Stat. Assoc. 22, 1927).

    Args:
        count: How many have the property.
        of: Of how many; of cases that depend on each other, how many independent ones tell as much.
        level: The confidence level.
        degrees: Degrees of freedom, where `of` was estimated: Student's t takes the place of the normal distribution.

    Raises:
        ValueError: If the counts are not those of a share.

    Example:
        >>> share = wilson(0, 30)
        >>> share.value, share.low, round(share.high, 3)
        (0.0, 0.0, 0.114)
    """
    if not 0 <= count <= of or of <= 0:
        raise ValueError(f"{count} of {of} is not a share; give counts from 0 to the number of all, at least 1")
    share, z2 = count / of, float(stats.t.ppf((1 + level) / 2, degrees)) ** 2
    middle = (count + z2 / 2) / (of + z2)
    reach = np.sqrt(z2 * (share * (1 - share) * of + z2 / 4)) / (of + z2)
    return Estimate(share, float(max(0.0, middle - reach)), float(min(1.0, middle + reach)))


def difference(first: Estimate, second: Estimate) -> Estimate:
    """The first share less the second, of cases that do not depend on each other.

    The interval is made from those of the shares (Newcombe, Stat. Med. 17, 1998, method 10), and has their level.

    Example:
        >>> apart = difference(wilson(56, 70), wilson(48, 80))
        >>> round(apart.low, 4), round(apart.high, 4)
        (0.0524, 0.3339)
    """
    value = first.value - second.value
    low = np.hypot(first.value - first.low, second.high - second.value)
    high = np.hypot(first.high - first.value, second.value - second.low)
    return Estimate(value, float(value - low), float(value + high))


@dataclass(frozen=True)
class Homogeneity:
    """Whether groups have the same share.

    Attributes:
        statistic: Pearson's chi-squared; NaN where no group, or every member of each, has the property.
        p: Its probability if all shares were equal.
        is_exact: Whether it comes from tables with the same margins rather than from the chi-squared distribution.
    """

    statistic: float
    p: float
    is_exact: bool


def same_shares(counts: Sequence[int], of: Sequence[int], seed: int = 0) -> Homogeneity:
    """Whether groups have the same share of something.

    Pearson's test; where a count of fewer than 5 is expected, its probability is found among 20,000 random tables with
    the same margins.

    Args:
        counts: How many of each group have the property.
        of: The sizes of the groups.
        seed: Draws the tables.

    Raises:
        ValueError: If there are fewer than two groups, or the counts are not those of shares.

    Example:
        >>> same_shares([299, 79, 33], [1000, 1000, 1000]).p < 1e-5
        True
    """
    having, sizes = np.asarray(counts), np.asarray(of)
    if having.shape != sizes.shape or having.size < 2 or (having < 0).any() or (having > sizes).any():
        raise ValueError("counts and sizes do not describe two or more groups; give one of each for a group")
    if (sizes < 1).any():
        raise ValueError("a group has no members; leave it out")
    table = np.stack([having, sizes - having])
    if not table.sum(axis=1).all():
        return Homogeneity(np.nan, 1.0, is_exact=True)
    expected = np.outer(table.sum(axis=1), sizes) / sizes.sum()
    statistic = float((np.square(table - expected) / expected).sum())
    if expected.min() >= _LEAST_EXPECTED:
        return Homogeneity(statistic, float(stats.chi2.sf(statistic, having.size - 1)), is_exact=False)
    drawn = stats.random_table(table.sum(axis=1), sizes, seed=np.random.default_rng(seed)).rvs(_TABLES)
    others = (np.square(drawn - expected) / expected).sum(axis=(1, 2))
    as_far = int((others >= statistic * (1 - 1e-12)).sum())
    return Homogeneity(statistic, (as_far + 1) / (_TABLES + 1), is_exact=True)


def odds_ratio(first: tuple[int, int], second: tuple[int, int], level: float = LEVEL) -> Estimate:
    """The ratio of the odds of two groups, with Woolf's interval (Ann. Hum. Genet. 19, 1955).

    Where a count is 0, half a case is added to each (Haldane 1956).

    Args:
        first: How many of the first group have the property, and of how many.
        second: The same of the second group.
        level: The confidence level.

    Raises:
        ValueError: If the counts are not those of shares.

    Example:
        >>> ratio = odds_ratio((35, 1000), (8, 1000))
        >>> round(ratio.value, 2)
        4.5
    """
    for count, of in (first, second):
        wilson(count, of)
    table = np.array([[count, of - count] for count, of in (first, second)], dtype=np.float64)
    if not table.all():
        table += 0.5
    (a, b), (c, d) = table
    log = np.log(a * d / (b * c))
    reach = stats.norm.ppf((1 + level) / 2) * np.sqrt((1 / table).sum())
    return Estimate(float(np.exp(log)), float(np.exp(log - reach)), float(np.exp(log + reach)))
