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
    """

    weight: float
    models: Sequence[Worth]
    stratum: int = 0


@dataclass(frozen=True)
class Contrast:
    """A weighted sum of parts, for each fold and seed that all of them have.

    Attributes:
        keys: Fold and seed of each model.
        values: Shape (models,).
        pairs: The numbers of the pairs that each model was tested on; shape (pairs,) each.
        strata: Shape (pairs,) each.
        deviations: What each pair adds to a model's value; shape (pairs,) each.
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
        return sorted({fold for fold, _ in self.keys}, key=lambda fold: -1 if fold is None else fold)

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
    keys = sorted(set.intersection(*known), key=lambda key: (-1 if key[0] is None else key[0], key[1]))
    summed = [_summed(parts, [models[key] for models in found]) for key in keys]
    return Contrast(
        keys=keys,
        values=np.array([sum(part.weight * models[key].value for part, models in zip(parts, found, strict=True))
                         for key in keys], np.float64),
        pairs=[one[0] for one in summed],
        strata=[one[1] for one in summed],
        deviations=[one[2] for one in summed],
        left_out=len(set().union(*found)) - len(keys),
    )  # fmt: skip


def _summed(parts: Sequence[Part], models: Sequence[Worth]) -> tuple[Integers, Integers, Floats]:
    """Pairs, strata and deviations of one model; a pair is there once in a stratum."""
    pairs = np.concatenate([one.pairs for one in models])
    strata = np.repeat([part.stratum for part in parts], [len(one.pairs) for one in models])
    adds = np.concatenate([part.weight * one.deviations for part, one in zip(parts, models, strict=True)])
    places = np.stack([strata, pairs])
    distinct, which = np.unique(places, axis=1, return_inverse=True)
    return distinct[1], distinct[0], np.bincount(which.ravel(), adds, distinct.shape[1]).astype(np.float64)
