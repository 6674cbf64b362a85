"""Values that depend on two things: by the analysis of variance, by simulation, and as other functions give them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from synpain_hf.validation.statistics.clustered import mean, share
from synpain_hf.validation.statistics.crossed import (
    correlation_of_crossed,
    mean_of_crossed,
    mean_of_raters,
    share_of_raters,
)
from synpain_hf.validation.statistics.proportions import wilson


def flat(table: list[list[int]]) -> tuple[list[int], list[str], list[str]]:
    rows = [(has, f"r{rater}", f"c{case}") for rater, row in enumerate(table) for case, has in enumerate(row)]
    has, raters, cases = zip(*rows, strict=True)
    return list(has), list(raters), list(cases)


def test_the_variance_is_that_of_a_two_way_layout() -> None:
    table = [[1, 1, 1, 1, 0, 1], [0, 1, 0, 1, 0, 1], [1, 1, 0, 0, 0, 0]]
    found = share_of_raters(*flat(table))
    values = np.array(table, dtype=float)
    r, c = values.shape
    of_raters = c * values.mean(axis=1).var(ddof=1)
    of_cases = r * values.mean(axis=0).var(ddof=1)
    rest = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
    of_rest = np.square(rest).sum() / ((r - 1) * (c - 1))
    together = of_raters + of_cases - of_rest
    assert together > max(of_raters, of_cases)
    degrees = together**2 / (of_raters**2 / (r - 1) + of_cases**2 / (c - 1) + of_rest**2 / ((r - 1) * (c - 1)))
    share = values.mean()
    effective = share * (1 - share) / (together / (r * c))
    expected = wilson(share * effective, effective, degrees=degrees)
    assert (found.value, found.low, found.high) == pytest.approx((share, expected.low, expected.high))


def test_raters_who_differ_say_less_of_others_than_of_themselves() -> None:
    unlike = flat([[1] * 40, [1] * 20 + [0] * 20, [0] * 40])
    alike = flat([[1] * 20 + [0] * 20] * 3)
    own, others = share(unlike[0], unlike[2]), share_of_raters(*unlike)
    assert others.high - others.low > 3 * (own.high - own.low)
    found = share_of_raters(*alike)
    assert found.high - found.low < 0.35


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), min_size=2, max_size=5))
def test_an_interval_has_its_value_within_it_and_is_a_share(rows: list[list[bool]]) -> None:
    found = share_of_raters(*flat([[int(has) for has in row] for row in rows]))
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.value == pytest.approx(np.mean(rows))
    assert found.high - found.low > 0.05


def test_one_rater_or_one_case_says_nothing_of_others() -> None:
    assert np.isnan(share_of_raters([1, 0, 1], ["a"] * 3, ["x", "y", "z"]).low)
    assert np.isnan(share_of_raters([1, 0, 1], ["a", "b", "c"], ["x"] * 3).low)


def test_judgements_that_are_all_alike_tell_as_much_as_there_are_cases() -> None:
    assert share_of_raters(*flat([[1] * 9] * 3)) == wilson(9, 9)


def test_few_degrees_of_freedom_widen_the_interval_of_wilson() -> None:
    wide, usual = wilson(8, 20, degrees=3), wilson(8, 20)
    assert wide.low < usual.low < usual.high < wide.high
    assert wilson(8, 20, degrees=1e9).low == pytest.approx(usual.low)
    t2 = stats.t.ppf(0.975, 3) ** 2
    assert (wide.low + wide.high) / 2 == pytest.approx((8 + t2 / 2) / (20 + t2))


def crossed(
    rng: np.random.Generator, first: int, second: int, each: int, spreads: tuple[float, float, float]
) -> tuple[npt.NDArray[np.float64], list[str], list[str]]:
    """Values of a first thing, each with some of a second; both add something of their own."""
    rows = np.repeat(np.arange(first), each)
    columns = np.concatenate([rng.permutation(second)[:each] for _ in range(first)])
    of_first, of_second = (rng.normal(0, spread, size) for spread, size in zip(spreads, (first, second), strict=False))
    values = of_first[rows] + of_second[columns] + rng.normal(0, spreads[2], len(rows))
    return values, [f"f{row}" for row in rows], [f"s{column}" for column in columns]


class TestMeanOfRaters:
    def test_the_variance_is_that_of_a_two_way_layout(self) -> None:
        values = np.array([[3, 4, 5, 3, 2, 4], [2, 4, 3, 3, 1, 4], [4, 5, 4, 5, 2, 5]], dtype=float)
        flat_values, raters, cases = flat(values.tolist())
        found = mean_of_raters(flat_values, raters, cases, cases)
        r, c = values.shape
        of_raters = c * values.mean(axis=1).var(ddof=1)
        of_cases = r * values.mean(axis=0).var(ddof=1)
        rest = values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean()
        of_rest = np.square(rest).sum() / ((r - 1) * (c - 1))
        together = of_raters + of_cases - of_rest
        assert together > max(of_raters, of_cases)
        degrees = together**2 / (of_raters**2 / (r - 1) + of_cases**2 / (c - 1) + of_rest**2 / ((r - 1) * (c - 1)))
        error = np.sqrt(together / (r * c))
        usual = stats.t(degrees, values.mean(), error)
        assert (found.estimate.low, found.estimate.high) == pytest.approx(usual.interval(0.95))
        assert found.p == pytest.approx(2 * stats.t.sf(values.mean() / error, degrees))

    def test_drivers_that_faces_share_count(self) -> None:
        rng = np.random.default_rng(0)
        driver = np.tile(np.arange(4), 10)
        values = [*(5 * driver + rng.normal(size=40)), *(5 * driver + rng.normal(size=40))]
        raters, faces = ["a"] * 40 + ["b"] * 40, [f"i{number}" for number in range(40)] * 2
        alone = mean_of_raters(values, raters, faces, faces).estimate
        shared = mean_of_raters(values, raters, faces, [f"d{number}" for number in driver] * 2).estimate
        assert shared.value == alone.value
        assert shared.high - shared.low > 3 * (alone.high - alone.low)

    def test_where_raters_judged_unequally_many_one_is_left_out_at_a_time(self) -> None:
        sizes, levels = np.array([40, 40, 40, 5, 5]), np.array([1.0, 2.0, 4.0, 3.0, 7.0])
        raters = np.repeat(np.arange(5), sizes)
        values = levels[raters] + np.random.default_rng(0).normal(scale=0.01, size=len(raters))
        cases = [f"c{number}" for size in sizes for number in range(size)]
        found = mean_of_raters(values, raters.astype(str).tolist(), cases, cases).estimate
        without = [values[raters != one].mean() for one in range(5)]
        error = np.sqrt(4 / 5 * np.square(np.array(without) - values.mean()).sum())
        degrees = len(raters) ** 2 / np.square(sizes).sum() - 1
        assert (found.high - found.low) / 2 == pytest.approx(stats.t.ppf(0.975, degrees) * error, rel=0.1)

    def test_one_rater_and_answers_that_never_vary_have_no_interval(self) -> None:
        for values, raters in (([1, 2, 3, 4], list("aaaa")), ([2, 2, 2, 2], list("aabb"))):
            found = mean_of_raters(values, raters, list("xyxy"), list("xyxy"))
            assert np.isnan([found.estimate.low, found.estimate.high, found.p]).all()


def test_values_that_are_each_of_their_own_have_the_usual_interval_of_a_mean() -> None:
    values = np.random.default_rng(0).normal(5, 2, 30)
    names = [str(number) for number in range(30)]
    found, usual = mean_of_crossed(values, names, names), mean(values, names)
    assert (found.value, found.low, found.high) == pytest.approx((usual.value, usual.low, usual.high))


@pytest.mark.parametrize("spreads", [(1, 0, 1), (0, 1, 1), (1, 1, 0.5), (0, 0, 1)])
def test_intervals_of_means_hold_for_other_things_of_both_kinds(spreads: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(7)
    found = [mean_of_crossed(*crossed(rng, 25, 20, 4, spreads)) for _ in range(400)]
    assert 0.92 <= np.mean([each.low <= 0 <= each.high for each in found]) <= 0.99


@pytest.mark.parametrize("rho", [0.0, 0.6, 0.9])
def test_intervals_of_correlations_hold_for_other_things_of_both_kinds(rho: float) -> None:
    rng = np.random.default_rng(3)
    holds = []
    for _ in range(400):
        one, first, second = crossed(rng, 30, 25, 3, (1, 1, 1))
        rows, columns = (np.unique(names, return_inverse=True)[1] for names in (first, second))
        parts = (rng.normal(0, 1, 30)[rows], rng.normal(0, 1, 25)[columns], rng.normal(0, 1, len(rows)))
        other = rho * one + np.sqrt(1 - rho**2) * sum(parts)
        found = correlation_of_crossed(one, other, first, second)
        assert found.value == pytest.approx(np.corrcoef(one, other)[0, 1])
        holds.append(found.low <= rho <= found.high)
    assert 0.90 <= np.mean(holds) <= 0.99


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=4, max_size=12))
def test_a_correlation_is_within_its_interval_and_both_within_one(pairs: list[tuple[float, float]]) -> None:
    x, y = (np.round(each, 3) for each in zip(*pairs, strict=True))
    found = correlation_of_crossed(x, y, [f"{n % 3}" for n in range(len(x))], [f"{n // 2}" for n in range(len(x))])
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        assert np.isnan(found.value)
    else:
        assert -1 <= found.value <= 1
        assert np.isnan(found.low) or -1 <= found.low <= found.value <= found.high <= 1


def test_one_thing_of_a_kind_says_nothing_of_others() -> None:
    assert np.isnan(mean_of_crossed([1, 2, 3], ["a"] * 3, ["x", "y", "z"]).low)
    assert np.isnan(correlation_of_crossed([1, 2, 3], [1, 3, 2], ["a", "b", "c"], ["x"] * 3).high)


def test_a_correlation_of_one_is_told_without_an_interval() -> None:
    found = correlation_of_crossed([1, 2, 4], [2, 4, 8], ["a", "b", "c"], ["x", "y", "z"])
    assert found.value == pytest.approx(1)
    assert np.isnan(found.low)


def test_samples_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="3 values cannot be compared with 2; give as many"):
        correlation_of_crossed([1, 2, 3], [1, 2], ["a", "b", "c"], ["x", "y", "z"])
