"""Two samples compared: rank test, effect sizes, and the correction for several comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from synpain_hf.validation.statistics.estimate import LEVEL, Estimate, Floats, finite


@dataclass(frozen=True)
class RankTest:
    """Mann and Whitney's test of two samples.

    Attributes:
        u: How many pairs, one value of each sample, have the greater value in the first; ties count half.
        p: Two-sided, with the normal distribution and the correction for ties; exact for small samples without ties.
        superiority: The share of such pairs: the probability that a value of the first sample is the greater one.
    """

    u: float
    p: float
    superiority: Estimate


def mann_whitney(first: npt.ArrayLike, second: npt.ArrayLike, level: float = LEVEL) -> RankTest:
    """Whether one sample tends to greater values than another (Mann and Whitney, Ann. Math. Stat. 18, 1947).

    The effect size is the probability of superiority, which is the AUROC; its interval is that of the metric.

    Args:
        first: The first sample, of any shape.
        second: The second sample.
        level: The confidence level.

    Raises:
        ValueError: If a sample is empty, or a value is not finite.

    Example:
        >>> test = mann_whitney([4, 5, 6, 7], [1, 2, 3, 4])
        >>> test.u, round(test.superiority.value, 3)
        (15.5, 0.969)
    """
    one, other = finite(first, "the first sample"), finite(second, "the second sample")
    found = stats.mannwhitneyu(one, other, alternative="two-sided")
    labels = np.repeat([1, 0], [one.size, other.size])
    overall = subgroup_auroc(references=labels, scores=np.concatenate([one, other]), confidence=level)["overall"]
    interval = overall["interval"] or {"low": np.nan, "high": np.nan}
    superiority = Estimate(float(found.statistic) / (one.size * other.size), interval["low"], interval["high"])
    return RankTest(float(found.statistic), float(found.pvalue), superiority)


def cohens_d(first: npt.ArrayLike, second: npt.ArrayLike, level: float = LEVEL) -> Estimate:
    """The difference of two means in pooled standard deviations (Cohen 1988).

    Its standard error is that of Hedges and Olkin (1985), `sqrt((n + m) / (n m) + d^2 / (2 (n + m)))`.

    Args:
        first: The first sample, of any shape.
        second: The second sample.
        level: The confidence level.

    Raises:
        ValueError: If a sample is empty, a value is not finite, or all values of each sample are equal.

    Example:
        >>> round(cohens_d([2, 4, 6], [1, 3, 5]).value, 3)
        0.5
    """
    one, other = finite(first, "the first sample"), finite(second, "the second sample")
    return d_of_moments(_moments(one), _moments(other), level)


Moments = tuple[float, float, int]
"""Mean, mean squared deviation from it, and number of values."""


def _moments(sample: Floats) -> Moments:
    return float(sample.mean()), float(sample.var()), sample.size


def d_of_moments(first: Moments, second: Moments, level: float = LEVEL) -> Estimate:
    """`cohens_d` of two samples of which the moments are known."""
    (mean, spread, n), (other_mean, other_spread, m) = first, second
    if n + m < 3 or spread * n + other_spread * m <= 0:
        raise ValueError(
            "the values of each sample are all equal, so that they have no standard deviation; give others"
        )
    pooled = np.sqrt((spread * n + other_spread * m) / (n + m - 2))
    d = (mean - other_mean) / pooled
    error = np.sqrt((n + m) / (n * m) + d**2 / (2 * (n + m)))
    reach = stats.norm.ppf((1 + level) / 2) * error
    return Estimate(float(d), float(d - reach), float(d + reach))


def holm(p_values: Sequence[float]) -> list[float]:
    """P values corrected for their number by Holm's method (Scand. J. Statist. 6, 1979), in the order given.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    given = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    raised = np.maximum.accumulate(given[order] * np.arange(given.size, 0, -1))
    corrected = np.empty_like(given)
    corrected[order] = np.minimum(raised, 1)
    return [float(p) for p in corrected]
