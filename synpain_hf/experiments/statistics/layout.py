"""Who was tested on what: models within folds, and what each pair adds to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from synpain_hf.experiments.statistics.contrast import Contrast
from synpain_hf.experiments.statistics.worth import Booleans, Floats, Integers
from synpain_hf.metrics.subgroup_auroc.delong import Deviations, covariance, degrees_of_freedom
from synpain_hf.metrics.subgroup_auroc.inference import Covariance
from synpain_hf.metrics.subgroup_auroc.units import Units, gather


@dataclass(frozen=True)
class Layout:
    """Models that judge the same identities, within blocks that have no identity in common.

    A block is a fold with identities of its own; where there are no folds, or all folds are tested on the same
    identities, there is one block. What varies within a block are its readers: models of several seeds, or, in a
    single block of several folds, the folds.

    Attributes:
        blocks: The readers of each block, by number.
        values: Shape (trained, readers): what each is worth; of a difference, what either side adds to it.
        adds: Shape (trained, readers, pairs): what each pair adds to that.
        positive: Shape (pairs,).
        units: The identities within blocks and strata.
    """

    blocks: Sequence[Sequence[int]]
    values: Floats
    adds: Floats
    positive: Booleans
    units: Units

    @property
    def means(self) -> Floats:
        """Of the readers of each block, shape (blocks,)."""
        return np.array([self.values[:, list(readers)].mean(axis=1).sum() for readers in self.blocks])

    def adds_to_means(self) -> Floats:
        """What each pair adds to the mean of its block, shape (pairs,)."""
        return np.asarray(np.sum([self.adds[:, list(readers)].mean(axis=1) for readers in self.blocks], axis=(0, 1)))

    def covariance(self, adds: Floats) -> Covariance:
        """Of the cells (strata within blocks), from what pairs add, shape (pairs,)."""
        parts = Deviations(np.where(self.positive, adds, 0.0), np.where(self.positive, 0.0, adds))
        return Covariance(covariance(parts, self.units), degrees_of_freedom(parts, self.units), self.units.in_common)

    def variances(self, adds: Floats) -> Floats:
        """Of the sum of the cells, as the sum of `covariance` is, for many sums at once.

        Args:
            adds: What pairs add to each; shape (sums, pairs).

        Returns:
            Shape (sums,); NaN where a cell has too few identities of a class.
        """
        units, of_row = self.units, np.asarray(self.units.of_row)
        gathered = sparse.csr_array((np.ones(len(of_row)), (of_row, np.arange(len(of_row)))))
        of_positives, of_negatives = (
            gathered @ np.where(mine, adds, 0.0).T for mine in (self.positive, ~self.positive)
        )
        both = of_positives + of_negatives
        squares = np.stack([of_positives**2, of_negatives**2, 2 * of_positives * of_negatives])
        of_cells = np.add.reduceat(squares, np.flatnonzero(np.diff(units.group, prepend=-1)), axis=1)
        variances = np.maximum((units.unbiased[:, :, None] * of_cells).sum(axis=0), 0)
        _, cluster = np.unique(np.asarray(units.cluster), return_inverse=True)
        count = int(cluster.max()) + 1
        clustered = sparse.csr_array((np.ones(len(cluster)), (cluster, np.arange(len(cluster))))) @ both
        between = (np.square(clustered).sum(axis=0) - np.square(both).sum(axis=0)) * (count / max(count - 1, 1))
        return np.asarray(variances.sum(axis=0) + between)


def layout(of: Contrast, positive: Booleans, identities: Integers) -> Layout:
    """How the models of a contrast were tested.

    Args:
        of: The contrast, of one model or more.
        positive: Shape (pairs,), of the whole experiment.
        identities: Shape (pairs,), likewise.
    """
    model = np.repeat(np.arange(len(of.keys)), [len(one) for one in of.pairs])
    pairs, strata = np.concatenate(of.pairs), np.concatenate(of.strata)
    fold = np.array([of.folds.index(key[0]) for key in of.keys])
    has_folds = len(of.folds) > 1
    apart = has_folds and _have_nobody_in_common(fold[model], identities[pairs])
    block = fold if apart else np.zeros_like(fold)
    reader = fold if has_folds and not apart else np.arange(len(of.keys))
    span = int(pairs.max()) + 1
    cells, cell = np.unique(block[model] * (int(strata.max()) + 1) + strata, return_inverse=True)
    places, where = np.unique(cell * span + pairs, return_inverse=True)
    cell, pair = np.divmod(places, span)
    readers = int(reader.max()) + 1
    number = np.bincount(reader)
    adds = np.zeros((len(of.values), readers, len(places)))
    for of_one, deviations in zip(adds, np.concatenate(of.deviations, axis=1), strict=True):
        np.add.at(of_one, (reader[model], where), deviations)
    of_block: Mapping[int, Sequence[int]] = {
        each: np.unique(reader[block == each]).tolist() for each in np.unique(block).tolist()
    }
    return Layout(
        blocks=list(of_block.values()),
        values=np.stack([np.bincount(reader, values, readers) / number for values in of.values]),
        adds=adds / number[:, None],
        positive=positive[pair],
        units=gather(positive[pair], cell, len(cells), identities[pair], None),
    )


def _have_nobody_in_common(folds: Integers, identities: Integers) -> bool:
    span = int(identities.max()) + 1
    return len(np.unique(folds * span + identities)) == len(np.unique(identities))
