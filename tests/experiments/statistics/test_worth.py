"""AUROC, AP and F1 of a model by group, and what each pair adds to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from synpain_hf.experiments.statistics.worth import AP, AUROC, F1, MEASURES, Booleans, Floats, worth_by_group

THRESHOLD = 0.3
ROWS = st.lists(st.tuples(st.integers(-4, 4), st.booleans(), st.booleans()), min_size=4, max_size=40)
BY_OTHERS: dict[str, Callable[[Booleans, Floats, Floats | None], Any]] = {
    AUROC: lambda label, score, weight: roc_auc_score(label, score, sample_weight=weight),
    AP: lambda label, score, weight: average_precision_score(label, score, sample_weight=weight),
    F1: lambda label, score, weight: f1_score(label, score >= THRESHOLD, sample_weight=weight),
}


def worth(scores: Floats, positive: Booleans, groups: Booleans) -> dict[str, tuple[Floats, Floats]]:
    codes = np.unique(groups, return_inverse=True)[1].astype(np.int64)
    return dict(worth_by_group(scores, positive, codes, np.full(len(scores), THRESHOLD)))


@pytest.mark.slow
@given(ROWS)
def test_the_worth_of_every_group_is_what_scikit_learn_says(rows: list[tuple[int, bool, bool]]) -> None:
    scores, positive, groups = (
        np.array([row[0] for row in rows], float),
        *(np.array([r[n] for r in rows]) for n in (1, 2)),
    )
    found = worth(scores, positive, groups)
    for number, group in enumerate(np.unique(groups)):
        mine = groups == group
        for measure, other in BY_OTHERS.items():
            value = found[measure][0][number]
            if len(set(positive[mine])) < 2:
                assert np.isnan(value)
            else:
                assert value == pytest.approx(other(positive[mine], scores[mine], None))


@given(ROWS)
def test_what_pairs_add_sums_to_nothing(rows: list[tuple[int, bool, bool]]) -> None:
    scores, positive, groups = (
        np.array([row[0] for row in rows], float),
        *(np.array([r[n] for r in rows]) for n in (1, 2)),
    )
    for values, adds in worth(scores, positive, groups).values():
        for number, group in enumerate(np.unique(groups)):
            if not np.isnan(values[number]):
                assert adds[groups == group].sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("measure", MEASURES)
def test_what_a_pair_adds_is_how_the_measure_changes_with_its_weight(measure: str) -> None:
    rng = np.random.default_rng(1)
    scores, positive = np.round(rng.normal(size=40), 1), rng.random(40) < 0.4
    groups = np.arange(40) % 2 == 0
    adds = worth(scores, positive, groups)[measure][1]
    step = 1e-6
    for row in range(40):
        mine = groups == groups[row]
        weight = 1 + step * (np.arange(40) == row)
        at = [BY_OTHERS[measure](positive[mine], scores[mine], each[mine]) for each in (weight, np.ones(40))]
        assert adds[row] == pytest.approx((at[0] - at[1]) / step, abs=1e-5)


def test_a_group_without_a_threshold_has_no_f1_and_another_one_has() -> None:
    scores, positive = np.array([0.1, 0.9, 0.2, 0.8]), np.array([False, True, False, True])
    found = worth_by_group(scores, positive, np.array([0, 0, 1, 1]), np.array([0.5, 0.5, np.nan, np.nan]))
    assert found[F1][0].tolist() == pytest.approx([1, np.nan], nan_ok=True)
    assert found[AUROC][0].tolist() == [1, 1]


def test_each_pair_is_held_against_its_own_threshold() -> None:
    scores, positive = np.array([0.5, 0.5, 0.5, 0.5]), np.array([True, True, False, False])
    found = worth_by_group(scores, positive, np.zeros(4, np.int64), np.array([0.5, 0.6, 0.5, 0.6]))
    assert found[F1][0][0] == pytest.approx(0.5)  # one of two found, one false alarm
