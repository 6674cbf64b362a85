"""Parts of the ROC curve: the partial AUROC, and the sensitivity at a specificity."""

from __future__ import annotations

import numpy as np

from .arrays import Floats, Integers
from .resampled import Statistic


def partial_auroc(max_fpr: float) -> Statistic:
    """The area under the ROC curve up to a false positive rate, standardised so that chance is 0.5 (McClish 1989)."""

    def function(labels: Integers, scores: Floats, weights: Floats | None) -> float:
        alarms, hits = curve(labels, scores, weights)
        at = int(np.searchsorted(alarms, max_fpr, side="right"))
        x = np.append(alarms[:at], max_fpr)
        y = np.append(hits[:at], _between(alarms, hits, at, max_fpr))
        area = float((np.diff(x) * (y[1:] + y[:-1])).sum() / 2)
        least = max_fpr**2 / 2
        return (1 + (area - least) / (max_fpr - least)) / 2

    return Statistic("partial_auroc", function, (0, 1), of_curve=True)


def sensitivity_at(specificity: float) -> Statistic:
    """The sensitivity at a specificity, on straight lines between the points of the ROC curve."""

    def function(labels: Integers, scores: Floats, weights: Floats | None) -> float:
        alarms, hits = curve(labels, scores, weights)
        at = int(np.searchsorted(alarms, 1 - specificity, side="right"))
        return _between(alarms, hits, at, 1 - specificity)

    return Statistic("sensitivity_at_specificity", function, (0, 1), of_curve=True)


def curve(labels: Integers, scores: Floats, weights: Floats | None) -> tuple[Floats, Floats]:
    """False and true positive rates from (0, 0) to (1, 1), shape (points,) each.

    Args:
        labels: Shape (rows,): 0 and 1, both of them.
        scores: Shape (rows,), sorted.
        weights: Shape (rows,); None for 1 each.
    """
    given = np.ones(len(labels)) if weights is None else weights
    is_last = np.append(scores[1:] != scores[:-1], True)[::-1]
    is_last = np.append(is_last[1:], True)  # downwards: the last row of each block of ties
    rates = []
    for of_class in (0, 1):
        sums = np.cumsum((given * (labels == of_class))[::-1])[is_last]
        rates.append(np.append(0.0, sums / sums[-1]))
    return rates[0], rates[1]


def _between(alarms: Floats, hits: Floats, at: int, rate: float) -> float:
    """The curve's height at a false positive rate, which lies between the points before `at` and at it."""
    if at >= len(alarms):
        return float(hits[-1])
    share = (rate - alarms[at - 1]) / (alarms[at] - alarms[at - 1])
    return float(hits[at - 1] + share * (hits[at] - hits[at - 1]))
