"""Two samples compared: against scikit-learn and by definition, and whether intervals hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from synpain_hf.validation.statistics.comparisons import cohens_d, holm, mann_whitney

SAMPLES = st.lists(st.integers(0, 6), min_size=2, max_size=20)


@given(SAMPLES, SAMPLES)
def test_superiority_is_the_auroc_ties_and_all(first: list[int], second: list[int]) -> None:
    test = mann_whitney(first, second)
    labels = [1] * len(first) + [0] * len(second)
    assert test.superiority.value == pytest.approx(roc_auc_score(labels, first + second), abs=1e-12)
    assert test.u == pytest.approx(sum((x > y) + (x == y) / 2 for x in first for y in second))
    assert 0 <= test.p <= 1


def test_samples_that_are_far_apart_differ_and_samples_alike_do_not() -> None:
    rng = np.random.default_rng(0)
    low, high = rng.normal(0, 1, 60), rng.normal(2, 1, 60)
    assert mann_whitney(high, low).p < 1e-10
    assert mann_whitney(low[::2], low[1::2]).p > 0.05


def test_d_is_the_difference_of_means_in_pooled_deviations() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(1, 2, 30), rng.normal(0, 3, 50)
    pooled = np.sqrt((29 * first.var(ddof=1) + 49 * second.var(ddof=1)) / 78)
    assert cohens_d(first, second).value == pytest.approx((first.mean() - second.mean()) / pooled)


@pytest.mark.parametrize(("n", "m", "truth"), [(10, 10, 0.0), (20, 80, 0.5), (200, 40, 2.5)])
def test_the_interval_of_d_holds(n: int, m: int, truth: float) -> None:
    rng = np.random.default_rng(2)
    found = [cohens_d(rng.normal(truth, 1, n), rng.normal(0, 1, m)) for _ in range(1000)]
    assert 0.93 <= np.mean([d.low <= truth <= d.high for d in found]) <= 0.97


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holms_correction_is_that_of_its_definition(p_values: list[float]) -> None:
    corrected = holm(p_values)
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    highest = 0.0
    for rank, at in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[at]))
        assert corrected[at] == pytest.approx(highest)


@pytest.mark.parametrize("sample", [[], [1.0, np.nan], [np.inf, 2.0]])
def test_samples_without_values_or_with_failures_are_refused(sample: list[float]) -> None:
    with pytest.raises(ValueError, match="values"):
        mann_whitney(sample, [1, 2])
    with pytest.raises(ValueError, match="values"):
        cohens_d([1, 2], sample)


def test_values_that_do_not_vary_have_no_d() -> None:
    with pytest.raises(ValueError, match="all equal"):
        cohens_d([1, 1, 1], [2, 2])
