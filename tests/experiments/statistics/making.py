"""Models with a known AUROC that were tested on made pairs."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist

import numpy as np

from synpain_hf.experiments.statistics.contrast import Part, contrast
from synpain_hf.experiments.statistics.trainings import Mean, Scale, mean
from synpain_hf.experiments.statistics.worth import AUROC, Floats, Integers, Worth, worth_by_group


class MadePairs:
    """Pairs of identities, about half of which show pain.

    Args:
        identities: How many.
        pairs_each: Pairs of an identity.
    """

    def __init__(self, identities: int = 100, pairs_each: int = 1) -> None:
        self.rng = np.random.default_rng(3)
        self.identity: Integers = np.repeat(np.arange(identities), pairs_each)
        self.positive = self.rng.random(len(self.identity)) < 0.5
        self.common: Floats = self.rng.normal(size=len(self.identity))

    def model(
        self,
        auroc: float = 0.8,
        fold: int | None = None,
        seed: int = 0,
        pairs: Sequence[int] | None = None,
        own: float = 0.3,
        measure: str = AUROC,
    ) -> Worth:
        """A model with that AUROC; `own` is the share of the variance that no other model has."""
        mine = np.arange(len(self.identity)) if pairs is None else np.asarray(pairs)
        noise = sqrt(1 - own) * self.common[mine] + sqrt(own) * self.rng.normal(size=len(mine))
        scores = noise + sqrt(2) * NormalDist().inv_cdf(auroc) * self.positive[mine]
        found = worth_by_group(scores, self.positive[mine], np.zeros(len(mine), np.int64), np.full(len(mine), 0.5))
        values, adds = found[measure]
        return Worth(fold, seed, float(values[0]), mine, adds)

    def fold(self, number: int, of: int) -> list[int]:
        """The pairs of the identities of a fold."""
        return [int(pair) for pair in np.flatnonzero(self.identity % of == number)]

    def mean(self, *parts: Part, scale: Scale = "auroc") -> Mean:
        return mean(contrast(parts), self.positive, self.identity, scale)
