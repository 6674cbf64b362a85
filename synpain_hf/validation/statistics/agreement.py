"""Raters: whether they agree with each other, and with what the data say."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from synpain_hf.validation.statistics.estimate import LEVEL, Estimate, Floats, finite

_LEAST = 2
_NOTHING = 1e-12
"""What rounding may leave of a disagreement that is 0."""


def counts_of(ratings: Sequence[Sequence[Hashable]]) -> Floats:
    """How many raters put each subject into each category; shape (subjects, categories).

    Args:
        ratings: For each subject, the category that each rater chose.
    """
    categories = {category: number for number, category in enumerate(dict.fromkeys(c for row in ratings for c in row))}
    counts = np.zeros((len(ratings), len(categories)))
    for subject, row in enumerate(ratings):
        for category in row:
            counts[subject, categories[category]] += 1
    return counts


def fleiss_kappa(counts: Floats, level: float = LEVEL, clusters: Sequence[Hashable] | None = None) -> Estimate:
    """Agreement of several raters beyond chance (Fleiss, Psychol. Bull. 76, 1971).

    `kappa = 1 - D / E`: the disagreement that was observed, by the one expected of raters who choose by chance. The
    interval is that of log(D / E), whose standard error comes from leaving out one cluster of subjects at a time, with
    Student's t.
    Where raters never disagree, its lower end follows from the most frequent disagreement that would still have been
    missed (Clopper and Pearson 1934).

    Args:
        counts: Shape (subjects, categories): how many raters chose each category, the same number for every subject.
        level: The confidence level.
        clusters: What each subject belongs to, such as a person with several faces; by default each is its own.

    Returns:
        Kappa, NaN where all subjects are in one category; NaN limits there, and where there is one cluster alone.

    Raises:
        ValueError: If there are fewer than two subjects or raters, or their number differs.

    Example:
        >>> kappa = fleiss_kappa(np.array([[2, 0], [0, 2], [1, 1], [2, 0]]))
        >>> round(kappa.value, 3)
        0.467
    """
    table = np.asarray(counts, dtype=np.float64)
    raters = table.sum(axis=1)
    if len(table) < _LEAST or raters.min(initial=np.inf) < _LEAST or np.ptp(raters):
        raise ValueError(
            "kappa needs two subjects or more, each seen by the same two raters or more; complete the table"
        )
    m = raters[0]
    apart = 1 - (table * (table - 1)).sum(axis=1) / (m * (m - 1))
    observed, expected = float(apart.mean()), float(_expected(table.sum(axis=0)))
    if expected <= 0:
        return Estimate(np.nan, np.nan, np.nan)
    kappa = float(1 - observed / expected)
    codes = _codes(range(len(table)) if clusters is None else clusters)
    n = int(codes.max()) + 1
    if n < _LEAST:
        return Estimate(kappa, np.nan, np.nan)
    if observed == 0:
        missed = 1 - ((1 - level) / 2) ** (1 / n)
        return Estimate(1.0, float(max(-1.0, 1 - missed / expected)), 1.0)
    sizes, disagreed = np.bincount(codes), np.bincount(codes, weights=apart)
    chosen = np.zeros((n, table.shape[1]))
    np.add.at(chosen, codes, table)
    left = (apart.sum() - disagreed) / (len(table) - sizes)
    some = left > _NOTHING
    logs = np.log(left[some] / np.maximum(_expected(table.sum(axis=0) - chosen)[some], np.finfo(float).tiny))
    if len(logs) < n:  # one cluster alone has all the disagreement
        missed = stats.beta.ppf((1 + level) / 2, 2, n - 1)
        return Estimate(kappa, float(max(-1.0, 1 - missed / expected)), 1.0)
    error = np.sqrt((n - 1) / n * np.square(logs - logs.mean()).sum())
    reach = stats.t.ppf((1 + level) / 2, n - 1) * error
    middle = np.log(observed / expected)
    low, high = 1 - np.exp(middle + reach), 1 - np.exp(middle - reach)
    return Estimate(kappa, float(max(-1.0, low)), float(high))


def krippendorff_alpha(
    values: npt.ArrayLike,
    subjects: Sequence[Hashable],
    first: Sequence[Hashable] | None = None,
    second: Sequence[Hashable] | None = None,
    level: float = LEVEL,
) -> Estimate:
    """Agreement of raters on an ordinal scale beyond chance (Krippendorff, Content Analysis, 4th ed., 2019, ch. 12).

    `alpha = 1 - D / E`, as kappa, but steps of the scale differ the more the more values are between them, and not all
    raters need to have judged everything; subjects with one value alone do not count. The interval is that of
    log(D / E), whose variance comes from leaving out one cluster of subjects at a time; where they belong to clusters
    of two kinds, it is that by the first, plus by the second, less by both together (Cameron, Gelbach and Miller 2011),
    never below what one of them gives. Student's t has the degrees of freedom of the smaller number of clusters.

    Args:
        values: Steps of the scale, as whole numbers; shape (judgements,).
        subjects: What each is about.
        first: What each belongs to, such as a person with several faces; by default its subject.
        second: What else it belongs to, such as the driver of an expression; by default the same.
        level: The confidence level.

    Returns:
        Alpha, NaN where all values are the same or no subject has two; NaN limits there, where nobody disagrees about
        the subjects of all clusters but one, and where there is one cluster alone.

    Raises:
        ValueError: If there are no values, or one is not finite.

    Example:
        >>> alpha = krippendorff_alpha([1, 1, 2, 3, 3, 3], ["a", "a", "b", "b", "c", "c"])
        >>> round(alpha.value, 3)
        0.778
    """
    steps = np.unique(finite(values, "the sample"), return_inverse=True)[1]
    groups = _codes(subjects)
    table = np.zeros((int(groups.max()) + 1, int(steps.max()) + 1))
    np.add.at(table, (groups, steps), 1)
    several = table.sum(axis=1) >= _LEAST
    if not several.any():
        return Estimate(np.nan, np.nan, np.nan)
    whose = subjects if first is None else first
    kinds = []
    for clusters in (whose, whose if second is None else second):
        names = np.zeros(len(table), dtype=np.int64)
        names[groups] = _codes(clusters)
        kinds.append(_codes(names[several].tolist()))
    together = _codes(list(zip(*(codes.tolist() for codes in kinds), strict=True)))
    counts = table[several]
    found = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(counts.shape[1])
    found /= counts.sum(axis=1)[:, None, None] - 1
    ratio = float(_disagreement(found.sum(axis=0)))
    one, other, both = (_jackknifed(found, codes) for codes in (*kinds, together))
    variance = max(one + other - both, one, other)
    number = min(int(codes.max()) + 1 for codes in kinds)
    if number < _LEAST or not np.isfinite(variance):
        return Estimate(1 - ratio, np.nan, np.nan)
    reach = float(stats.t.ppf((1 + level) / 2, number - 1) * np.sqrt(variance))
    return Estimate(1 - ratio, float(1 - ratio * np.exp(reach)), float(1 - ratio * np.exp(-reach)))


def _jackknifed(found: Floats, codes: npt.NDArray[np.int64]) -> float:
    """The variance of the logarithm of the disagreement; NaN where it is 0 or unknown without a cluster.

    Args:
        found: Of each subject, how often two steps were chosen for it, shape (subjects, steps, steps).
        codes: The cluster of each subject.
    """
    number = int(codes.max()) + 1
    of_clusters = np.zeros((number, *found.shape[1:]))
    np.add.at(of_clusters, codes, found)
    left = _disagreement(found.sum(axis=0) - of_clusters)
    if not (left > _NOTHING).all():
        return np.nan
    logs = np.log(left)
    return float((number - 1) / number * np.square(logs - logs.mean()).sum())


def _disagreement(found: Floats) -> Floats:
    """The disagreement that was observed by the expected one, on an ordinal scale; NaN where none is expected.

    Args:
        found: How often two steps were chosen for one subject, shape (…, steps, steps).
    """
    chosen = found.sum(axis=-1)
    between = np.cumsum(chosen, axis=-1) - chosen / 2
    apart = np.square(between[..., :, None] - between[..., None, :])
    total = chosen.sum(axis=-1)
    expected = np.einsum("...i,...ij,...j->...", chosen, apart, chosen)
    observed = (found * apart).sum(axis=(-2, -1)) * (total - 1)
    ratio: Floats = np.divide(observed, expected, out=np.full_like(expected, np.nan), where=expected > 0)
    return ratio


def _expected(chosen: Floats) -> Floats:
    """The disagreement of raters who choose by chance, given how often each category was chosen."""
    shares = chosen / chosen.sum(axis=-1, keepdims=True)
    return np.asarray(1 - np.square(shares).sum(axis=-1))


def _codes(clusters: Sequence[Hashable]) -> npt.NDArray[np.int64]:
    """The number of each subject's cluster, from 0."""
    numbers = {cluster: number for number, cluster in enumerate(dict.fromkeys(clusters))}
    return np.array([numbers[cluster] for cluster in clusters], dtype=np.int64)
