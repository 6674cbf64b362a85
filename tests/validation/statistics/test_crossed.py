"""Shares of raters who are a sample of others: by the analysis of variance, and as other functions give them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from synpain_hf.validation.statistics.clustered import share
from synpain_hf.validation.statistics.crossed import share_of_raters
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
