"""Who was tested on what: blocks, readers, and the variance of what they say."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from synpain_hf.experiments.statistics.contrast import Part, contrast
from synpain_hf.experiments.statistics.layout import Layout, layout
from tests.experiments.statistics.making import MadePairs


def laid_out(test: MadePairs, *parts: Part) -> Layout:
    return layout(contrast(parts), test.positive, test.identity)


@pytest.mark.parametrize("strata", [(0, 0), (0, 1)])
def test_variances_of_many_sums_are_the_sums_of_their_covariances(strata: tuple[int, int]) -> None:
    test = MadePairs(40, pairs_each=3)
    models = [[test.model(fold=fold, seed=seed, pairs=test.fold(fold, 2)) for fold, seed in product(range(2), range(2))]
              for _ in strata]  # fmt: skip
    tested = laid_out(
        test,
        *(Part(1, some, stratum, number) for number, (some, stratum) in enumerate(zip(models, strata, strict=True))),
    )
    sums = np.random.default_rng(4).normal(size=(5, tested.adds.shape[-1]))
    expected = [tested.covariance(adds).values.sum() for adds in sums]
    assert tested.variances(sums) == pytest.approx(np.array(expected))


def test_folds_with_identities_of_their_own_are_blocks_and_seeds_are_readers() -> None:
    test = MadePairs()
    tested = laid_out(
        test, Part(1, [test.model(fold=f, seed=s, pairs=test.fold(f, 2)) for f, s in product(range(2), range(3))])
    )
    assert [len(readers) for readers in tested.blocks] == [3, 3]


def test_folds_that_share_an_identity_are_readers_of_one_block() -> None:
    test = MadePairs(40, pairs_each=2)
    halves = [range(41), range(41, 80)]  # the first pair of an identity is in one half, the second in the other
    tested = laid_out(
        test, Part(1, [test.model(fold=f, seed=s, pairs=halves[f]) for f, s in product(range(2), range(3))])
    )
    assert [len(readers) for readers in tested.blocks] == [2]
