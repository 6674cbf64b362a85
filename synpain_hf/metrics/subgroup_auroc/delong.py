"""The variance of AUROC after DeLong, in O(n log n), and with rows that depend on each other.

DeLong, DeLong and Clarke-Pearson (Biometrics 1988) give the covariance of AUROCs from placements; Sun and Xu (IEEE
Signal Processing Letters 2014) compute placements by sorting; Obuchowski (Biometrics 1997) sums placements over
clusters, which is DeLong again where every row is a cluster of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .arrays import Booleans, Floats, Integers
from .roc import Placements, divide, total


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


def covariance(
    parts: Deviations, positive: Booleans, codes: Integers, groups: int, clusters: Integers | None
) -> Floats:
    """The covariance of the groups' AUROCs.

    Args:
        parts: What each row adds.
        positive: Shape (rows,).
        codes: Shape (rows,): the groups.
        groups: How many there are.
        clusters: Shape (rows,): which rows depend on each other; None where none do.

    Returns:
        Shape (groups, groups); groups without a common cluster are independent. NaN for a group where fewer than two
        rows (or clusters) of a class leave nothing to estimate it from.
    """
    if clusters is None:
        cells = _Cells(codes, parts.of_positives, parts.of_negatives, positive, ~positive)
        return np.diag(cells.variances(groups))
    span = int(clusters.max()) + 1
    keys, cell = np.unique(codes * span + clusters, return_inverse=True)
    group, cluster = np.divmod(keys, span)
    of_positives, of_negatives, with_positives, with_negatives = (
        total(cell, part, len(keys)) for part in (parts.of_positives, parts.of_negatives, positive, ~positive)
    )
    cells = _Cells(group, of_positives, of_negatives, with_positives > 0, with_negatives > 0)
    both = _unbiased(group, np.ones(len(group), np.bool_), groups) * total(group, of_positives * of_negatives, groups)
    sums = sparse.csr_array((of_positives + of_negatives, (cluster, group)), shape=(span, groups))
    count = len(np.unique(cluster))
    matrix: Floats = (sums.T @ sums).toarray() * (count / max(count - 1, 1))
    np.fill_diagonal(matrix, np.maximum(cells.variances(groups) + 2 * both, 0))
    return matrix


def acceleration(parts: Deviations, codes: Integers, groups: int, clusters: Integers | None) -> Floats:
    """How the standard error of each group's AUROC changes with it: a sixth of the skewness of its deviations.

    That is the constant of the BCa bootstrap (Efron 1987, equation 6.6, over both classes).

    Args:
        parts: What each row adds.
        codes: Shape (rows,): the groups.
        groups: How many there are.
        clusters: Shape (rows,): which rows depend on each other; None where none do.

    Returns:
        Shape (groups,); NaN where nothing deviates.
    """
    sums, group = parts.of_positives + parts.of_negatives, codes
    if clusters is not None:
        span = int(clusters.max()) + 1
        keys, cell = np.unique(codes * span + clusters, return_inverse=True)
        sums, group = total(cell, sums, len(keys)), keys // span
    return divide(total(group, sums**3, groups), 6 * total(group, sums**2, groups) ** 1.5)


@dataclass(frozen=True)
class _Cells:
    """Rows, or the rows of one group in one cluster taken together."""

    group: Integers
    of_positives: Floats
    of_negatives: Floats
    with_positives: Booleans
    with_negatives: Booleans

    def variances(self, groups: int) -> Floats:
        """The variance of every group's AUROC, were the classes independent: shape (groups,)."""
        by_positives = total(self.group, self.of_positives**2, groups)
        by_negatives = total(self.group, self.of_negatives**2, groups)
        return by_positives * _unbiased(self.group, self.with_positives, groups) + by_negatives * _unbiased(
            self.group, self.with_negatives, groups
        )


def _unbiased(group: Integers, chosen: Booleans, groups: int) -> Floats:
    """K / (k - 1) for the k chosen cells of each group; NaN below two."""
    counts = total(group, chosen, groups)
    return np.where(counts > 1, divide(counts, counts - 1), np.nan)
