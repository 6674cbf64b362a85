"""Raters: whether they agree with each other, and with what the data say."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from scipy import stats

from synpain_hf.validation.statistics.estimate import LEVEL, Estimate, Floats

_LEAST = 2


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


def fleiss_kappa(counts: Floats, level: float = LEVEL) -> Estimate:
    """Agreement of several raters beyond chance (Fleiss, Psychol. Bull. 76, 1971).

    `kappa = 1 - D / E`: the disagreement that was observed, by the one expected of raters who choose by chance. The
    interval is that of log(D / E), whose standard error comes from leaving out one subject at a time, with Student's t.
    Where raters never disagree, its lower end follows from the most frequent disagreement that would still have been
    missed (Clopper and Pearson 1934).

    Args:
        counts: Shape (subjects, categories): how many raters chose each category, the same number for every subject.
        level: The confidence level.

    Returns:
        Kappa, NaN where all subjects are in one category; NaN limits too.

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
    n, m = len(table), raters[0]
    apart = 1 - (table * (table - 1)).sum(axis=1) / (m * (m - 1))
    share = table.sum(axis=0) / (n * m)
    observed, expected = apart.mean(), 1 - np.square(share).sum()
    if expected <= 0:
        return Estimate(np.nan, np.nan, np.nan)
    if observed == 0:
        missed = 1 - ((1 - level) / 2) ** (1 / n)
        return Estimate(1.0, float(max(-1.0, 1 - missed / expected)), 1.0)
    without = (table.sum(axis=0) - table) / ((n - 1) * m)
    left = (observed * n - apart) / (n - 1) / np.maximum(1 - np.square(without).sum(axis=1), np.finfo(float).tiny)
    logs = np.log(left[left > 0])
    if len(logs) < n:  # one subject alone has all the disagreement
        missed = stats.beta.ppf((1 + level) / 2, 2, n - 1)
        return Estimate(float(1 - observed / expected), float(max(-1.0, 1 - missed / expected)), 1.0)
    error = np.sqrt((n - 1) / n * np.square(logs - logs.mean()).sum())
    reach = stats.t.ppf((1 + level) / 2, n - 1) * error
    middle = np.log(observed / expected)
    low, high = 1 - np.exp(middle + reach), 1 - np.exp(middle - reach)
    return Estimate(float(1 - observed / expected), float(max(-1.0, low)), float(high))
