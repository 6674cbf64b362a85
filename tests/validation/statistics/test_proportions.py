"""Shares, differences of shares and odds ratios: against published values, and whether tests keep their level."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from synpain_hf.validation.statistics.proportions import difference, odds_ratio, same_shares, wilson

LOOK_ALIKES = [
    ("black", 3.5, 0.8, 4.50),
    ("white", 2.0, 0.3, 6.78),
    ("middle_eastern", 4.7, 0.3, 16.43),
    ("south_asian", 3.8, 0.4, 9.82),
    ("east_asian", 5.7, 1.9, 3.12),
]
"""Percentage of pairs of women and of men that look alike, and their odds ratio, as the paper gives them."""


@pytest.mark.parametrize(("group", "women", "men", "ratio"), LOOK_ALIKES)
def test_the_papers_odds_ratios_follow_from_its_percentages(group: str, women: float, men: float, ratio: float) -> None:
    found = odds_ratio((round(women * 1000), 100_000), (round(men * 1000), 100_000))
    assert found.value == pytest.approx(ratio, rel=0.003), group
    assert found.low < found.value < found.high


def test_an_odds_ratio_without_cases_is_finite() -> None:
    found = odds_ratio((0, 50), (10, 50))
    assert 0 < found.low < found.value < 0.2 < found.high < 1


@pytest.mark.parametrize(("n", "m", "p", "q"), [(100, 100, 0.3, 0.1), (400, 50, 0.5, 0.5), (1000, 1000, 0.02, 0.05)])
def test_the_interval_of_an_odds_ratio_holds(n: int, m: int, p: float, q: float) -> None:
    rng = np.random.default_rng(0)
    truth = p / (1 - p) / (q / (1 - q))
    found = [odds_ratio((rng.binomial(n, p), n), (rng.binomial(m, q), m)) for _ in range(1000)]
    assert 0.93 <= np.mean([ratio.low <= truth <= ratio.high for ratio in found]) <= 0.985


def test_wilsons_interval_is_where_the_score_test_would_just_not_refuse() -> None:
    share = wilson(7, 40)
    for edge in (share.low, share.high):
        z = (share.value - edge) / np.sqrt(edge * (1 - edge) / 40)
        assert abs(z) == pytest.approx(stats.norm.ppf(0.975))


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_the_interval_of_a_difference_is_as_newcombe_published_it(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = difference(wilson(*first), wilson(*second))
    assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(("count", "of"), [(-1, 10), (11, 10), (0, 0)])
def test_counts_that_are_no_shares_are_refused(count: int, of: int) -> None:
    with pytest.raises(ValueError, match="not a share"):
        wilson(count, of)
    with pytest.raises(ValueError, match="not a share"):
        odds_ratio((1, 2), (count, of))


def test_large_groups_take_the_chi_squared_distribution() -> None:
    found = same_shares([30, 50, 45], [100, 110, 120])
    table = np.array([[30, 50, 45], [70, 60, 75]])
    wanted = stats.chi2_contingency(table, correction=False)
    assert not found.is_exact
    assert (found.statistic, found.p) == pytest.approx((wanted.statistic, wanted.pvalue))


def test_small_counts_take_tables_with_the_same_margins() -> None:
    found = same_shares([0, 4], [8, 5])
    assert found.is_exact
    assert found.p == pytest.approx(stats.fisher_exact(np.array([[0, 4], [8, 1]])).pvalue, abs=0.003)
    assert found == same_shares([0, 4], [8, 5])


@pytest.mark.parametrize(("sizes", "p"), [([20, 20, 20], 0.05), ([400, 12, 12], 0.03), ([200, 200], 0.3)])
def test_the_test_of_shares_keeps_its_level(sizes: list[int], p: float) -> None:
    rng = np.random.default_rng(3)
    drawn = rng.binomial(sizes, p, (400, len(sizes)))
    assert np.mean([same_shares(counts.tolist(), sizes).p < 0.05 for counts in drawn]) <= 0.075


@pytest.mark.parametrize("counts", [[0, 0], [5, 7]])
def test_where_nobody_or_everybody_has_it_groups_are_alike(counts: list[int]) -> None:
    assert same_shares(counts, [5, 7]).p == 1


@pytest.mark.parametrize(
    ("counts", "of"), [([1], [2]), ([1, 2], [2]), ([3, 1], [2, 2]), ([-1, 1], [2, 2]), ([0, 1], [0, 2])]
)
def test_counts_that_describe_no_groups_are_refused(counts: list[int], of: list[int]) -> None:
    with pytest.raises(ValueError, match=r"groups|members"):
        same_shares(counts, of)
