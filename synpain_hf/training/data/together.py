"""Several data sets as one to learn from, and how often the pairs of each are drawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import torch
from torch.utils.data import Dataset, Sampler

from synpain_hf.training.data.collation import Batch, Drawn, PairDataset
from synpain_hf.training.options import References

_MANY = 2**32
"""So many more than a person has neutral faces that each of these is drawn alike often."""


class TogetherDataset(Dataset[Batch]):
    """The pairs of several data sets, one after the other; their faces stay where they are.

    Args:
        parts: The data sets, all with the same targets.
        weights: How often the pairs of each are drawn in an epoch.

    Attributes:
        rows: `pair_id` and `label`, in the order of the items.
        weights: How often each pair is drawn in an epoch, on average; shape (pairs,).
        references: Those of the data sets.
    """

    def __init__(self, parts: Sequence[PairDataset], weights: Sequence[float]) -> None:
        self._parts = list(parts)
        self.references = parts[0].references
        sizes = list(map(len, parts))
        self._starts = np.cumsum([0, *sizes])
        self.rows: pa.Table = pa.concat_tables(part.rows.select(["pair_id", "label"]) for part in parts)
        self.weights = np.repeat(np.asarray(weights, np.float64), sizes)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, index: int | Drawn) -> Batch:
        return {name: values[0] for name, values in self.__getitems__([index]).items()}

    def __getitems__(self, indices: Sequence[int | Drawn]) -> Batch:
        """A whole batch, ready, as that of `PairDataset`."""
        wanted = [index.item if isinstance(index, Drawn) else index for index in indices]
        owner = np.searchsorted(self._starts, wanted, side="right") - 1
        asked: dict[int, list[int | Drawn]] = {number: [] for number in sorted(set(owner.tolist()))}
        for index, item, number in zip(indices, wanted, owner.tolist(), strict=True):
            own = item - int(self._starts[number])
            asked[number].append(index._replace(item=own) if isinstance(index, Drawn) else own)
        found = [self._parts[number].__getitems__(own) for number, own in asked.items()]
        back = torch.from_numpy(np.argsort(np.argsort(owner, kind="stable"), kind="stable"))
        return {name: torch.cat([batch[name] for batch in found])[back] for name in found[0]}


class WeightedSampler(Sampler[int | Drawn]):
    """Draws each item as often in an epoch as its weight says, in an order that seed and epoch alone give.

    An item of weight 2.5 is drawn twice, and in half of the epochs once more: of n items of one weight, weight x n are
    drawn in all, rounded, those that are drawn once more anew in each epoch.

    Args:
        weights: How often each item is drawn in an epoch, on average.
        seed: Draws the order.
        references: `any` to draw a neutral face for each item, too.

    Example:
        >>> sorted(WeightedSampler([2.0, 1.0, 1.0], seed=0))
        [0, 0, 1, 2]
    """

    def __init__(self, weights: npt.ArrayLike, seed: int, references: References = "own") -> None:
        found, members = np.unique(np.asarray(weights, np.float64), return_inverse=True)
        self._groups = [(weight, np.flatnonzero(members == at)) for at, weight in enumerate(found.tolist())]
        self._seed, self._epoch, self._references = seed, 0, references

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch is drawn next; `Trainer` does, also where it goes on with one."""
        self._epoch = epoch

    def __len__(self) -> int:
        return sum(_drawn(weight, len(items)) for weight, items in self._groups)

    def __iter__(self) -> Iterator[int | Drawn]:
        rng = np.random.default_rng((self._seed, self._epoch))
        drawn = []
        for weight, items in self._groups:
            whole, more = divmod(_drawn(weight, len(items)), len(items))
            drawn += [items] * whole + [rng.permutation(items)[:more]]
        order = rng.permutation(np.concatenate(drawn)).tolist()
        if self._references == "own":
            yield from order
            return
        for item, reference in zip(order, rng.integers(0, _MANY, len(order)).tolist(), strict=True):
            yield Drawn(item, reference)


def _drawn(weight: float, items: int) -> int:
    return round(weight * items)
