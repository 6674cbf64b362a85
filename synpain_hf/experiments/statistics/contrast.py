"""Weighted sums of what models are worth: of two conditions, of two groups, of the cells of a factorial design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synpain_hf.experiments.statistics.worth import Floats, Integers, Worth

Key = tuple[int | None, int]
"""Fold and seed of a model."""


@dataclass(frozen=True)
class Part:
    """A part of a contrast.

    Attributes:
        weight: What the worth of its models is multiplied by.
        models: What the models of a condition are worth on a group; those without a value count for nothing.
        stratum: Parts about the same pairs have the same number, so that these pairs are compared with themselves.
        trained: Parts about the same models have the same number; other models were trained by themselves.
    """

    weight: float
    models: Sequence[Worth]
    stratum: int = 0
    trained: int = 0


@dataclass(frozen=True)
class Contrast:
    """A weighted sum of parts, for each fold and seed that all of them have.

    Attributes:
        keys: Each fold and seed.
        values: Shape (trained, keys): what models that were trained by themselves add to the sum.
        pairs: The numbers of the pairs that were tested, for each key; shape (pairs,) each.
        strata: Shape (pairs,) each.
        deviations: What each pair adds to the values of a key; shape (trained, pairs) each.
        left_out: Folds and seeds that not all parts have, or in which one has no value.
    """

    keys: Sequence[Key]
    values: Floats
    pairs: Sequence[Integers]
    strata: Sequence[Integers]
    deviations: Sequence[Floats]
    left_out: int

    @property
    def folds(self) -> list[int | None]:
        """The folds, in order."""
        return sorted({fold for fold, _ in self.keys}, key=_before_all)

    @property
    def seeds(self) -> list[int]:
        """The seeds, in order."""
        return sorted({seed for _, seed in self.keys})


def contrast(parts: Sequence[Part]) -> Contrast:
    """The weighted sum of parts; a single part is what the models of a condition are worth.

    Args:
        parts: One or more.
    """
    found = [{(one.fold, one.seed): one for one in part.models} for part in parts]
    known = [{key for key, one in models.items() if not np.isnan(one.value)} for models in found]
    keys = sorted(set.intersection(*known), key=lambda key: (_before_all(key[0]), key[1]))
    trained = np.unique([part.trained for part in parts], return_inverse=True)[1]
    weights = np.zeros((int(trained.max()) + 1, len(parts)))
    weights[trained, np.arange(len(parts))] = [part.weight for part in parts]
    summed = [_summed(parts, [models[key] for models in found], weights) for key in keys]
    values = np.array([[models[key].value for key in keys] for models in found], np.float64)
    return Contrast(
        keys=keys,
        values=weights @ values.reshape(len(parts), len(keys)),
        pairs=[one[0] for one in summed],
        strata=[one[1] for one in summed],
        deviations=[one[2] for one in summed],
        left_out=len(set().union(*found)) - len(keys),
    )


def _summed(parts: Sequence[Part], models: Sequence[Worth], weights: Floats) -> tuple[Integers, Integers, Floats]:
    """Pairs, strata and deviations for one fold and seed; a pair is there once in a stratum."""
    sizes = [len(one.pairs) for one in models]
    part = np.repeat(np.arange(len(parts)), sizes)
    pairs, strata = np.concatenate([one.pairs for one in models]), np.repeat([part.stratum for part in parts], sizes)
    span = int(pairs.max(initial=0)) + 1
    distinct, which = np.unique(strata * span + pairs, return_inverse=True)
    strata, pairs = np.divmod(distinct, span)
    adds = np.concatenate([one.deviations for one in models])
    found = [np.bincount(which, weight[part] * adds, len(distinct)) for weight in weights]
    return pairs, strata, np.stack(found).astype(np.float64)


def _before_all(fold: int | None) -> int:
    return -1 if fold is None else fold
