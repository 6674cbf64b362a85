"""The variance of AUROC after DeLong, in O(n log n), and with rows that depend on each other.

DeLong, DeLong and Clarke-Pearson (Biometrics 1988) give the covariance of AUROCs from placements; Sun and Xu (IEEE
Signal Processing Letters 2014) compute placements by sorting; Obuchowski (Biometrics 1997) sums placements over
clusters, which is DeLong again where every row is a cluster of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Booleans, Floats, Integers
from .roc import Placements, divide, total
from .units import Units


@dataclass(frozen=True)
class Deviations:
    """What each row adds to the deviation of its group's AUROC.

    Attributes:
        of_positives: Shape (rows,): weight x (placement - AUROC) / weight of the positives; 0 for a negative row.
        of_negatives: Shape (rows,): the same for the negative rows.
    """

    of_positives: Floats
    of_negatives: Floats

    def __sub__(self, other: Deviations) -> Deviations:
        """The deviations of the difference of two models' AUROCs on the same rows (paired DeLong)."""
        return Deviations(self.of_positives - other.of_positives, self.of_negatives - other.of_negatives)


def deviations(placements: Placements, positive: Booleans, codes: Integers, weights: Floats | None) -> Deviations:
    """What each row adds to the deviation of its group's AUROC.

    Args:
        placements: Where the rows stand in their groups.
        positive: Shape (rows,).
        codes: Shape (rows,): the groups.
        weights: Shape (rows,); None for 1 each.
    """
    given = np.ones(len(positive)) if weights is None else weights
    of_class = []
    for chosen, own, other in (
        (positive, placements.positives, placements.negatives),
        (~positive, placements.negatives, placements.positives),
    ):
        group = codes[chosen]
        part = np.zeros(len(positive))
        placement = divide(placements.outranked[chosen], other[group])
        part[chosen] = given[chosen] * (placement - placements.auroc[group]) / own[group]
        of_class.append(part)
    return Deviations(*of_class)


def covariance(parts: Deviations, units: Units) -> Floats:
    """The covariance of the groups' AUROCs.

    Args:
        parts: What each row adds.
        units: The groups' rows or clusters.

    Returns:
        Shape (groups, groups); groups without a common cluster are independent. NaN for a group where fewer than two
        rows (or clusters) of a class leave nothing to estimate it from.
    """
    of_positives, of_negatives = units.summed(parts.of_positives), units.summed(parts.of_negatives)
    squares = (of_positives**2, of_negatives**2, 2 * of_positives * of_negatives)
    sums = [total(units.group, part, units.groups) for part in squares]
    variances = (units.unbiased * sums).sum(axis=0)
    if units.cluster is None:
        return np.diag(variances)
    count = len(np.unique(units.cluster))
    matrix = units.products(of_positives + of_negatives) * (count / max(count - 1, 1))
    np.fill_diagonal(matrix, np.maximum(variances, 0))
    return matrix


def degrees_of_freedom(parts: Deviations, units: Units) -> Floats:
    """Those of the variances of the groups' AUROCs, after Satterthwaite (Biometrics Bulletin 1946).

    A variance is a sum over kinds of units, each estimated from its own number of them: where rows are independent,
    over the positive and the negative ones. For clusters of one size that have rows of both classes it is one less than
    there are clusters; of unequal ones the effective number counts.

    Args:
        parts: What each row adds.
        units: The groups' rows or clusters.

    Returns:
        Shape (groups,), at least 1; NaN where nothing deviates.
    """
    squares = units.by_kind(units.summed(parts.of_positives + parts.of_negatives) ** 2)
    freedom = np.maximum(units.effective - 1, 1)
    variances = squares * units.effective / freedom
    return divide(variances.sum(axis=1) ** 2, (variances**2 / freedom).sum(axis=1))


def acceleration(parts: Deviations, units: Units) -> Floats:
    """How the standard error of each group's AUROC changes with it: a sixth of the skewness of its deviations.

    That is the constant of the BCa bootstrap (Efron 1987, equation 6.6, over both classes).

    Args:
        parts: What each row adds.
        units: The groups' rows or clusters.

    Returns:
        Shape (groups,); NaN where nothing deviates.
    """
    sums = units.summed(parts.of_positives + parts.of_negatives)
    cubes, squares = (total(units.group, sums**power, units.groups) for power in (3, 2))
    return divide(cubes, 6 * squares**1.5)
