"""Other intervals of one AUROC, which the metric does not offer, to compare its own with.

Each takes which pairs are ranked right, shape (positive rows, negative rows), with 1, 1/2 for a tie, or 0, and gives
the bounds of a 95% interval; NaN where it has none.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import optimize, special, stats

Floats = npt.NDArray[np.float64]
Interval = Callable[[Floats, np.random.Generator], tuple[float, float]]

CONFIDENCE = 0.95
RESAMPLES = 500
NONE = (float("nan"), float("nan"))


def newcombe(ranked: Floats, _: np.random.Generator) -> tuple[float, float]:
    """Method 5 of Newcombe (Statistics in Medicine 2006): a score interval with Hanley and McNeil's variance."""
    positives, negatives = ranked.shape
    found, size = float(ranked.mean()), (positives + negatives) / 2 - 1
    quantile = float(stats.norm.ppf((1 + CONFIDENCE) / 2))

    def apart(auroc: float) -> float:
        inflated = 1 + size * ((1 - auroc) / (2 - auroc) + auroc / (1 + auroc))
        return float((found - auroc) ** 2 - quantile**2 * auroc * (1 - auroc) * inflated / (positives * negatives))

    low = optimize.brentq(apart, 0, found) if found > 0 else 0.0
    high = optimize.brentq(apart, found, 1) if found < 1 else 1.0
    return low, high


def logit_t(ranked: Floats, _: np.random.Generator) -> tuple[float, float]:
    """DeLong's variance on the logit scale, with Student's quantile for the rare class."""
    found, error = _delong(ranked, *(np.ones((1, size)) for size in ranked.shape))
    if not 0 < found[0] < 1:
        return NONE
    wide = float(stats.t.ppf((1 + CONFIDENCE) / 2, min(ranked.shape) - 1)) * error[0]
    return tuple(special.expit(special.logit(found[0]) + np.array([-wide, wide])))


def bootstrap_t(ranked: Floats, generator: np.random.Generator) -> tuple[float, float]:
    """The studentised bootstrap within each class, on the logit scale."""
    found, error = _delong(ranked, *(np.ones((1, size)) for size in ranked.shape))
    if not 0 < found[0] < 1:
        return NONE
    positives, negatives = (
        generator.multinomial(size, np.full(size, 1 / size), RESAMPLES).astype(float) for size in ranked.shape
    )
    drawn, errors = _delong(ranked, positives, negatives)
    usable = (drawn > 0) & (drawn < 1) & (errors > 0)
    if usable.sum() < RESAMPLES / 2:
        return NONE
    studentised = (special.logit(drawn[usable]) - special.logit(found[0])) / errors[usable]
    most, least = np.quantile(studentised, [(1 + CONFIDENCE) / 2, (1 - CONFIDENCE) / 2])
    low, high = special.expit(special.logit(found[0]) - np.array([most, least]) * error[0])
    return float(low), float(high)


def _delong(ranked: Floats, of_positives: Floats, of_negatives: Floats) -> tuple[Floats, Floats]:
    """Of each resample, a row of weights, the AUROC, and the standard error of its logit."""
    positives, negatives = ranked.shape
    by_positive, by_negative = of_negatives @ ranked.T / negatives, of_positives @ ranked / positives
    auroc = (of_positives * by_positive).sum(axis=1) / positives
    variance = sum(
        (weights * (placed - auroc[:, None]) ** 2).sum(axis=1) / (size - 1) / size
        for weights, placed, size in (
            (of_positives, by_positive, positives),
            (of_negatives, by_negative, negatives),
        )
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        return auroc, np.sqrt(variance) / (auroc * (1 - auroc))


ALTERNATIVES: dict[str, Interval] = {
    "Newcombe's method 5": newcombe,
    "logit with Student's t": logit_t,
    "studentised bootstrap": bootstrap_t,
}
