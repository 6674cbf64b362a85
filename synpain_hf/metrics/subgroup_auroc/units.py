"""What is independent within a group, rows or the rows of one cluster together, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from .arrays import Booleans, Floats, Integers
from .roc import divide, total

_KINDS = 4
"""Of units: with positive rows, with negative ones, with both are 1, 2 and 3."""
_CLASSES = ([1, 3], [2, 3], [1, 2, 3])
"""The kinds that have positive rows, negative ones, any."""
_LEAST_LEFT = 1e-8
"""Of a variance, once one unit has nearly all the weight: less is rounding."""


@dataclass(frozen=True)
class Units:
    """The units of an attribute's groups.

    Attributes:
        group: Shape (units,).
        kind: Shape (units,): the group and which classes the rows have, as one number.
        cluster: Shape (units,); None where every row is a unit.
        of_row: Shape (rows,): the unit of each row; None where every row is one.
        unbiased: Shape (3, groups): what turns sums of squares over the units with positive rows, over those with
            negative rows, and over all into variances; NaN for a single unit, or where one has nearly all the weight.
        effective: Shape (groups, 4): the effective number of units of each kind.
        in_common: Shape (groups, groups): how many units two groups have in common; on the diagonal, how many a group
            has.
        of_class: Shape (2, groups): the effective number of units with positive rows, and with negative ones.
    """

    group: Integers
    kind: Integers
    cluster: Integers | None
    of_row: Integers | None
    unbiased: Floats
    effective: Floats
    in_common: Floats
    of_class: Floats

    @property
    def groups(self) -> int:
        """How many groups there are."""
        return int(self.of_class.shape[1])

    @property
    def sizes(self) -> Floats:
        """What the precision of a group's AUROC grows with, whatever the scores: m n / (m + n); shape (groups,)."""
        positives, negatives = self.of_class
        return divide(positives * negatives, positives + negatives)

    @property
    def counts(self) -> Integers:
        """How many units have positive rows, and how many have negative ones; shape (2, groups)."""
        of_kinds = np.bincount(self.kind, minlength=self.effective.size).reshape(self.effective.shape)
        return np.stack([of_kinds[:, chosen].sum(axis=1) for chosen in _CLASSES[:2]])

    def summed(self, values: Floats) -> Floats:
        """Values of rows, summed over each unit: shape (units,)."""
        return _summed(values, self.of_row, len(self.group))

    def by_kind(self, values: Floats) -> Floats:
        """Values of units, summed over each kind in each group: shape (groups, 4)."""
        return total(self.kind, values, self.effective.size).reshape(self.effective.shape)

    def products(self, values: Floats) -> Floats:
        """Products of the values that two groups have for the same cluster, summed: shape (groups, groups)."""
        return _products(self.group, self.cluster, values, self.groups)


def gather(
    positive: Booleans, codes: Integers, groups: int, clusters: Integers | None, weights: Floats | None
) -> Units:
    """The units of an attribute's groups.

    Args:
        positive: Shape (rows,).
        codes: Shape (rows,): the groups.
        groups: How many there are.
        clusters: Shape (rows,): which rows depend on each other; None where none do.
        weights: Shape (rows,); None for 1 each.
    """
    group, cluster, of_row = codes, None, None
    if clusters is not None:
        span = int(clusters.max()) + 1
        keys, of_row = np.unique(codes * span + clusters, return_inverse=True)
        group, cluster = np.divmod(keys, span)
    classes = (positive, ~positive)
    rows = [_summed(chosen, of_row, len(group)) for chosen in classes]
    sizes = rows if weights is None else [_summed(weights * chosen, of_row, len(group)) for chosen in classes]
    kind = group * _KINDS + (rows[0] > 0) + 2 * (rows[1] > 0)
    of_kinds = np.bincount(kind, minlength=groups * _KINDS).reshape(groups, _KINDS)
    counts = np.stack([of_kinds[:, chosen].sum(axis=1) for chosen in _CLASSES])
    if weights is None:
        unbiased = divide(counts, counts - 1)
    else:
        # A unit weighs as its mean row does: Obuchowski's factor does not ask how many rows a unit has.
        pairs = [*zip(sizes, rows, strict=True), (sizes[0] + sizes[1], rows[0] + rows[1])]
        means = [divide(size, count) for size, count in pairs]
        unbiased = np.stack([_unbiased(group, np.nan_to_num(mean), groups) for mean in means])
    return Units(
        group=group,
        kind=kind,
        cluster=cluster,
        of_row=of_row,
        unbiased=np.where(counts > 1, unbiased, np.nan),
        effective=_effective(kind, sizes[0] + sizes[1], groups * _KINDS).reshape(groups, _KINDS),
        in_common=_products(group, cluster, np.ones(len(group)), groups),
        of_class=np.stack([_effective(group, size, groups) for size in sizes]),
    )


def _unbiased(group: Integers, weights: Floats, groups: int) -> Floats:
    """What makes a sum of squared weighted deviations an unbiased variance, for each group.

    That is 1 / (1 - 2 sum(p^3) / sum(p^2) + sum(p^2)) for units with the shares p of the weight, if these have nothing
    to do with what deviates; k / (k - 1) for k units of equal weight.
    """
    shares = divide(weights, total(group, weights, groups)[group])
    square, cube = (total(group, shares**power, groups) for power in (2, 3))
    left = 1 - 2 * divide(cube, square) + square
    return divide(np.ones(groups), np.where(left > _LEAST_LEFT, left, 0))


def _effective(group: Integers, sizes: Floats, groups: int) -> Floats:
    """How many units of one size each group's are worth (Kish, Survey Sampling, 1965); 0 for none."""
    return np.nan_to_num(divide(total(group, sizes, groups) ** 2, total(group, sizes**2, groups)))


def _summed(values: Floats | Booleans, of_row: Integers | None, units: int) -> Floats:
    return np.asarray(values, np.float64) if of_row is None else total(of_row, values, units)


def _products(group: Integers, cluster: Integers | None, values: Floats, groups: int) -> Floats:
    if cluster is None:
        return np.diag(total(group, values**2, groups))
    table = sparse.csr_array((values, (cluster, group)), shape=(int(cluster.max()) + 1, groups))
    products: Floats = (table.T @ table).toarray()
    return products
