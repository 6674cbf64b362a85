"""Means, shares and tests of values that belong together: as usual where they are alone, and levels that hold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from synpain_hf.validation.statistics.clustered import mean, rank_test, same_means, share
from synpain_hf.validation.statistics.comparisons import mann_whitney
from synpain_hf.validation.statistics.crossed import share_of_raters
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


def test_intervals_of_shares_hold_where_a_few_drive_many() -> None:
    rng = np.random.default_rng(1)
    crossed, by_identity, of_raters = [], [], []
    for _ in range(400):
        driver = rng.integers(0, 20, 80)
        drivers, identities = [f"d{at}" for at in driver], [f"i{at}" for at in range(80)]
        logits = rng.normal(0, 1.5, 20)[driver]
        has = [logits + rng.normal(0, 0.5, 80) > 0 for _ in range(3)]
        found = share(has[0], identities, others=drivers)
        crossed.append(found.low <= 0.5 <= found.high)
        alone = share(has[0], identities)
        by_identity.append(alone.low <= 0.5 <= alone.high)
        together = share_of_raters(
            np.concatenate(has), [*"a" * 80, *"b" * 80, *"c" * 80], identities * 3, others=drivers * 3
        )
        of_raters.append(together.low <= 0.5 <= together.high)
    assert 0.90 <= np.mean(crossed) <= 0.98
    assert 0.90 <= np.mean(of_raters) <= 0.98
    assert np.mean(by_identity) < 0.75


def test_who_drives_themselves_counts_once() -> None:
    rng = np.random.default_rng(2)
    has, raters, persons = rng.random(120) < 0.7, list("ab" * 60), [f"p{at // 4}" for at in range(120)]
    assert share(has, persons, others=persons) == pytest.approx(share(has, persons))
    assert share_of_raters(has, raters, persons, others=persons) == pytest.approx(share_of_raters(has, raters, persons))


@pytest.mark.parametrize("flag", [False, True])
def test_what_nobody_or_everybody_has_counts_persons_and_not_faces(flag: bool) -> None:
    assert share([flag] * 30, ["a", "b", "c"] * 10) == wilson(3 * flag, 3)


def test_one_person_alone_tells_nothing_of_others() -> None:
    assert np.isnan([mean([1, 2], ["a", "a"]).low, share([True, False], ["a", "a"]).high]).all()


def frames(
    rng: np.random.Generator, people: int, most: int
) -> tuple[list[str], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Values of persons with one to some frames each: whose they are, as names and as numbers, and the values."""
    sizes = rng.integers(1, most, people)
    who = np.repeat(np.arange(people), sizes)
    values = rng.normal(0, 1, people)[who] + rng.normal(0, 0.5, len(who))
    return who.astype(str).tolist(), who, values


@pytest.mark.slow
@pytest.mark.parametrize("most", [3, 40])
@pytest.mark.parametrize("within", [False, True])
def test_the_rank_test_keeps_its_level_where_a_person_has_many_values(within: bool, most: int) -> None:
    rng = np.random.default_rng(2)
    clustered, as_if_alone = [], []
    for _ in range(250):
        names, who, values = frames(rng, 25, most)
        first = rng.random(len(who)) < 0.5 if within else (rng.permutation(25) < 10)[who]
        clustered.append(rank_test(values, first, names).p < 0.05)
        as_if_alone.append(mann_whitney(values[first], values[~first]).p < 0.05)
    assert np.mean(clustered) <= 0.085
    if not within and most > 3:
        assert np.mean(as_if_alone) > 0.5


def test_ranks_of_values_alone_are_tested_as_usual() -> None:
    values, first = np.arange(12.0) % 7, np.arange(12) < 5
    alone = [str(at) for at in range(12)]
    assert rank_test(values, first, alone) == mann_whitney(values[first], values[~first])


def test_a_difference_within_persons_is_found_though_persons_differ_more() -> None:
    rng = np.random.default_rng(3)
    own = rng.normal(0, 10, 40)
    values = np.concatenate([own, own + 2 + rng.normal(0, 0.5, 40)])
    names = [str(at) for at in range(40)] * 2
    found = rank_test(values, np.arange(80) >= 40, names)
    assert found.p < 1e-4 < mann_whitney(values[40:], values[:40]).p
    assert found.superiority.low > 0.5


def test_values_that_are_all_equal_do_not_differ() -> None:
    assert rank_test([1, 1, 1, 1], [True, False, True, False], ["a", "a", "b", "b"]).p == 1
    assert same_means([1, 1, 1, 1], ["x", "x", "y", "y"], ["a", "a", "b", "b"]).p == 1


@pytest.mark.slow
@pytest.mark.parametrize(("people", "groups", "most"), [(24, 2, 30), (40, 5, 30), (2400, 3, 3)])
def test_the_test_of_means_keeps_its_level(people: int, groups: int, most: int) -> None:
    rng = np.random.default_rng(4)
    wrong = []
    for _ in range(150):
        names, who, values = frames(rng, people, most)
        group = (rng.permutation(people) % groups)[who].astype(str)
        wrong.append(same_means(values, group.tolist(), names).p < 0.05)
    assert np.mean(wrong) <= 0.1


@pytest.mark.slow
def test_the_test_of_shares_keeps_its_level_where_failures_are_rare_and_a_person_has_many() -> None:
    rng = np.random.default_rng(5)
    wrong = []
    for _ in range(150):
        names, who, _ = frames(rng, 120, 20)
        failed = rng.random(len(who)) < rng.beta(0.1, 3, 120)[who]
        wrong.append(same_means(failed, (who % 5).astype(str).tolist(), names).p < 0.05)
    assert np.mean(wrong) <= 0.08


def test_groups_that_differ_are_found_within_persons_and_between_them() -> None:
    rng = np.random.default_rng(6)
    names, who, values = frames(rng, 60, 6)
    assert same_means(values + 2 * (who % 2), (who % 2).astype(str).tolist(), names).p < 0.01
    half = np.arange(len(who)) % 2
    assert same_means(values + half, half.astype(str).tolist(), names).p < 0.01


def test_one_group_is_compared_with_none() -> None:
    with pytest.raises(ValueError, match="two or more"):
        same_means([1, 2], ["x", "x"], ["a", "b"])


def test_shuffled_groups_give_the_statistic_of_the_groups_as_they_are() -> None:
    """Among all shuffles of four persons, as many are as far apart as can be counted by hand: 2 of 6."""
    found = same_means([0, 0, 5, 5], ["x", "x", "y", "y"], ["a", "b", "c", "d"])
    assert found.is_exact
    assert found.p == pytest.approx(1 / 3, abs=0.02)
