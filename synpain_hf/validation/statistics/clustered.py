"""Means and shares of values that depend on each other, such as several faces of one person, and their differences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from synpain_hf.validation.statistics.comparisons import RankTest, mann_whitney
from synpain_hf.validation.statistics.estimate import LEVEL, Estimate, Floats, finite
from synpain_hf.validation.statistics.proportions import Homogeneity, wilson

_SHUFFLES = 4_999
_CELLS = 500_000
"""Clusters in all that are shuffled at a time."""

_FEW = 200
"""Clusters of a group, or clusters that differ from the rest, below which groups are shuffled."""


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


def share(
    has: npt.ArrayLike, clusters: Sequence[str], level: float = LEVEL, others: Sequence[str] | None = None
) -> Estimate:
    """A share with Wilson's interval for as many independent values as tell as much.

    Where values of a cluster are alike, this number is estimated from the clusters, for which Student's t allows. Where
    values belong to two things, the variance is that of `mean_of_crossed`.

    Args:
        has: Whether each value has the property; shape (values,).
        clusters: What each value belongs to, such as the identity of a face.
        level: The confidence level.
        others: What else it belongs to, such as the driver of its expression; None for nothing else.

    Returns:
        The share; NaN limits where there is one cluster of a kind alone.

    Raises:
        ValueError: If there are no values.

    Example:
        >>> round(share([True, False, False, False], ["a", "b", "c", "d"]).high, 3)
        0.699
    """
    flags = finite(has, "the sample")
    value = float(flags.mean())
    apart = flags - value
    kinds = [clusters] if others is None else [clusters, others]
    number = min(len(set(kind)) for kind in kinds)
    if not apart.any():
        return wilson(value * number, number, level)
    if number < 2:
        return Estimate(value, np.nan, np.nan)
    alone = flags.size / (flags.size - 1) * np.square(apart).sum()
    parts = [_squares(apart, kind) for kind in kinds]
    together = max(parts)
    if others is not None:
        both = _squares(apart, [f"{len(one)} {one} {other}" for one, other in zip(clusters, others, strict=True)])
        together = max(together, sum(parts) - both)
    if together <= alone:
        return wilson(value * flags.size, flags.size, level)
    effective = flags.size * float(alone / together)
    return wilson(value * effective, effective, level, number - 1)


def rank_test(
    values: npt.ArrayLike, is_first: npt.ArrayLike, clusters: Sequence[str], level: float = LEVEL
) -> RankTest:
    """Whether one sample tends to greater values than another, where values of either belong together.

    The difference of the mean ranks, over its standard error from the sums of clusters, as it is where the samples are
    alike: Mann and Whitney's test as a score test (Boos, Am. Stat. 46, 1992). Where no value belongs to another it is
    `mann_whitney`.

    Args:
        values: Shape (values,), of both samples.
        is_first: Which are of the first sample; shape (values,).
        clusters: What each value belongs to; a cluster may have values of both samples.
        level: The confidence level.

    Raises:
        ValueError: If a sample is empty, or a value is not finite.

    Example:
        >>> test = rank_test([4, 5, 1, 2], [True, True, False, False], ["a", "b", "a", "b"])
        >>> test.superiority.value, round(test.p, 3)
        (1.0, 0.157)
    """
    sample, first = finite(values, "the sample"), np.asarray(is_first, dtype=bool)
    n, m = int(first.sum()), int((~first).sum())
    if not (n and m) or len(set(clusters)) == sample.size:
        return mann_whitney(sample[first], sample[~first], level)
    ranks = stats.rankdata(sample)
    sums, _ = _sums((ranks - ranks.mean()) * np.where(first, 1 / n, -1 / m), clusters)
    error = np.sqrt(np.square(sums).sum())
    p = float(2 * stats.norm.sf(abs(sums.sum()) / error)) if error > 0 else 1.0
    overall = subgroup_auroc(references=first, scores=sample, clusters=np.asarray(clusters), confidence=level)[
        "overall"
    ]
    interval = overall["interval"] or {"low": np.nan, "high": np.nan}
    share = float((ranks[first].sum() - n * (n + 1) / 2) / (n * m))
    return RankTest(share * n * m, p, Estimate(share, interval["low"], interval["high"]))


def same_means(values: npt.ArrayLike, groups: Sequence[str], clusters: Sequence[str], seed: int = 0) -> Homogeneity:
    """Whether groups have the same mean, or the same share, where values belong together.

    A score test with the variance of the sums of clusters (Boos, Am. Stat. 46, 1992). Where every cluster is in one
    group and some group has few, its probability is found by 4,999 times shuffling the groups of the clusters; else it
    is that of the chi-squared distribution. Of ranks it is Kruskal and Wallis's test.

    Args:
        values: Shape (values,).
        groups: The group of each value.
        clusters: What each value belongs to.
        seed: Shuffles.

    Raises:
        ValueError: If there are no values, one is not finite, or there is one group alone.

    Example:
        >>> same_means([1, 2, 3, 4], ["x", "x", "y", "y"], ["a", "b", "c", "d"]).is_exact
        True
    """
    sample = finite(values, "the sample")
    names, codes = np.unique(np.asarray(groups), return_inverse=True)
    if len(names) < 2:
        raise ValueError("one group alone is compared with none; give values of two or more")
    people, of = np.unique(np.asarray(clusters), return_inverse=True)
    apart = sample - sample.mean()
    counts = np.zeros((len(people), len(names)))
    sums = np.zeros_like(counts)
    np.add.at(counts, (of, codes), 1)
    np.add.at(sums, (of, codes), apart)
    statistic = _score(counts, sums)
    if not statistic > 0:
        return Homogeneity(np.nan, 1.0, is_exact=False)
    theirs = counts > 0
    differing = np.abs(sums).sum(axis=1) > 2 * np.median(np.abs(sums).sum(axis=1))
    few = min(int(theirs.sum(axis=0).min()), int(differing.sum())) < _FEW
    if not few or (theirs.sum(axis=1) > 1).any():
        return Homogeneity(statistic, float(stats.chi2.sf(statistic, len(names) - 1)), is_exact=False)
    order = theirs.argmax(axis=1).argsort(kind="stable")
    parts = np.stack([counts.sum(axis=1), sums.sum(axis=1)])[:, order]
    starts = np.concatenate([[0], np.cumsum(theirs.sum(axis=0))[:-1]])
    others = _shuffled(parts, starts, np.random.default_rng(seed))
    as_far = int((others >= statistic * (1 - 1e-9)).sum())
    return Homogeneity(statistic, (as_far + 1) / (_SHUFFLES + 1), is_exact=True)


def _shuffled(parts: Floats, starts: npt.NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """The score statistic of clusters in groups that are as large as they were, and drawn anew.

    Args:
        parts: Shape (2, clusters): the size of each cluster, and the sum of its values less their mean.
        starts: Where each group starts among clusters that are sorted by group.
        rng: Draws.

    Returns:
        Shape (4,999,).
    """
    number = parts.shape[1]
    weights = np.stack([*parts, parts[1] ** 2])
    found = []
    at_a_time = max(1, _CELLS // number)
    for done in range(0, _SHUFFLES, at_a_time):
        places = rng.permuted(np.tile(np.arange(number), (min(at_a_time, _SHUFFLES - done), 1)), axis=1)
        sizes, score, squares = np.add.reduceat(weights[:, places], starts, axis=2)
        shares, total = sizes / sizes.sum(axis=1, keepdims=True), squares.sum(axis=1)[:, None, None]
        crossed = shares[:, :, None] * squares[:, None, :]
        variance = total * shares[:, :, None] * shares[:, None, :] - crossed - crossed.transpose(0, 2, 1)
        diagonal = np.arange(len(starts))
        variance[:, diagonal, diagonal] += squares
        inverse = np.linalg.pinv(variance[:, :-1, :-1])
        found.append(np.einsum("bi,bij,bj->b", score[:, :-1], inverse, score[:, :-1]))
    return np.concatenate(found)


def _score(counts: Floats, sums: Floats) -> float:
    """The score statistic; both of shape (clusters, groups), of values less their mean."""
    shares = counts.sum(axis=0) / counts.sum()
    parts = (sums - sums.sum(axis=1, keepdims=True) * shares)[:, :-1]
    score = parts.sum(axis=0)
    return float(score @ np.linalg.pinv(parts.T @ parts) @ score)


def _squares(apart: Floats, clusters: Sequence[str]) -> float:
    """The sum of the squares of what clusters sum up to, as it is expected to be of others."""
    sums, number = _sums(apart, clusters)
    return float(number / (number - 1) * np.square(sums).sum())


def _sums(values: Floats, clusters: Sequence[str]) -> tuple[Floats, int]:
    names, codes = np.unique(np.asarray(clusters), return_inverse=True)
    sums: Floats = np.bincount(codes, weights=values, minlength=len(names)).astype(np.float64)
    return sums, len(names)
