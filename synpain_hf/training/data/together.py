"""Several data sets as one to learn from, and how often the pairs of each are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch.utils.data import Dataset, Sampler

from synpain_hf.training.data.collation import Batch, PairDataset


class TogetherDataset(Dataset[Batch]):
    """The pairs of several data sets, one after the other; their faces stay where they are.

    Args:
        parts: The data sets, all with the same targets.
        weights: How often the pairs of each are drawn in an epoch.

    Attributes:
        rows: `pair_id` and `label`, in the order of the items.
        weights: How often each pair is drawn in an epoch, on average; shape (pairs,).
    """

    def __init__(self, parts: Sequence[PairDataset], weights: Sequence[float]) -> None:
        self._parts = list(parts)
        sizes = list(map(len, parts))
        self._starts = np.cumsum([0, *sizes])
        self.rows: pa.Table = pa.concat_tables(part.rows.select(["pair_id", "label"]) for part in parts)
        self.weights = np.repeat(np.asarray(weights, np.float64), sizes)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, index: int) -> Batch:
        return {name: values[0] for name, values in self.__getitems__([index]).items()}

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """A whole batch, ready, as that of `PairDataset`."""
        wanted = np.asarray(indices)
        owner = np.searchsorted(self._starts, wanted, side="right") - 1
        order = np.argsort(owner, kind="stable")
        found = [
            self._parts[number].__getitems__((wanted[owner == number] - self._starts[number]).tolist())
            for number in np.unique(owner).tolist()
        ]
        back = torch.from_numpy(np.argsort(order, kind="stable"))
        return {name: torch.cat([batch[name] for batch in found])[back] for name in found[0]}


class WeightedSampler(Sampler[int]):
    """Draws each item as often in an epoch as its weight says, in an order that seed and epoch alone give.

    An item of weight 2.5 is drawn twice, and in half of the epochs once more: of n items of one weight, weight x n are
    drawn in all, rounded, those that are drawn once more anew in each epoch.

    Args:
        weights: How often each item is drawn in an epoch, on average.
        seed: Draws the order.

    Example:
        >>> sorted(WeightedSampler([2.0, 1.0, 1.0], seed=0))
        [0, 0, 1, 2]
    """

    def __init__(self, weights: npt.ArrayLike, seed: int) -> None:
        found, members = np.unique(np.asarray(weights, np.float64), return_inverse=True)
        self._groups = [(weight, np.flatnonzero(members == at)) for at, weight in enumerate(found.tolist())]
        self._seed, self._epoch = seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch is drawn next; `Trainer` does, also where it goes on with one."""
        self._epoch = epoch

    def __len__(self) -> int:
        return sum(_drawn(weight, len(items)) for weight, items in self._groups)

    def __iter__(self) -> Iterator[int]:
        rng = np.random.default_rng((self._seed, self._epoch))
        drawn = []
        for weight, items in self._groups:
            whole, more = divmod(_drawn(weight, len(items)), len(items))
            drawn += [items] * whole + [rng.permutation(items)[:more]]
        yield from rng.permutation(np.concatenate(drawn)).tolist()


def _drawn(weight: float, items: int) -> int:
    return round(weight * items)
