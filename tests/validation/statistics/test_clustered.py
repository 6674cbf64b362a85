"""Means and shares of values that belong together: as usual where they are alone, and intervals that hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from synpain_hf.validation.statistics.clustered import mean, share
from synpain_hf.validation.statistics.proportions import wilson


def test_values_alone_have_the_usual_intervals() -> None:
    values = np.random.default_rng(0).normal(3, 2, 40)
    alone = [str(at) for at in range(40)]
    found = mean(values, alone)
    low, high = stats.t.interval(0.95, 39, values.mean(), stats.sem(values))
    assert (found.value, found.low, found.high) == pytest.approx((values.mean(), low, high))
    flags = values > 4
    assert share(flags, alone) == pytest.approx(wilson(int(flags.sum()), 40))


@pytest.mark.parametrize("people", [12, 60])
def test_intervals_hold_where_a_person_has_many_values(people: int) -> None:
    rng = np.random.default_rng(1)
    means, shares, as_if_alone = [], [], []
    for _ in range(500):
        own = rng.normal(0, 1, people)
        sizes = rng.integers(1, 12, people)
        clusters = np.repeat(np.arange(people), sizes).astype(str)
        values = np.repeat(own, sizes) + rng.normal(0, 0.5, sizes.sum())
        found = mean(values, clusters.tolist())
        means.append(found.low <= 0 <= found.high)
        having = share(values > 0, clusters.tolist())
        shares.append(having.low <= 0.5 <= having.high)
        plain = wilson(int((values > 0).sum()), len(values))
        as_if_alone.append(plain.low <= 0.5 <= plain.high)
    assert 0.90 <= np.mean(means) <= 0.98
    assert 0.90 <= np.mean(shares) <= 0.98
    assert np.mean(as_if_alone) < 0.75


@pytest.mark.parametrize("flag", [False, True])
def test_what_nobody_or_everybody_has_counts_persons_and_not_faces(flag: bool) -> None:
    assert share([flag] * 30, ["a", "b", "c"] * 10) == wilson(3 * flag, 3)


def test_one_person_alone_tells_nothing_of_others() -> None:
    assert np.isnan([mean([1, 2], ["a", "a"]).low, share([True, False], ["a", "a"]).high]).all()
