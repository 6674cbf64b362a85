"""Weights: only their ratios matter, and none gives a report that is not true or not JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.metrics.subgroup_auroc import InputError, subgroup_auroc
from synpain_hf.schemas import violations

ROWS = 60
GENERATOR = np.random.default_rng(5)
LABELS = GENERATOR.integers(0, 2, ROWS)
SCORES = LABELS + GENERATOR.normal(size=ROWS)
GROUPS = {"age": GENERATOR.choice(["old", "young"], ROWS)}
WEIGHTS = GENERATOR.uniform(0.5, 2, ROWS)


def of_weights(weights: Any, **options: Any) -> dict[str, Any]:
    return subgroup_auroc(references=LABELS, scores=SCORES, groups=GROUPS, sample_weight=weights, **options)


@pytest.mark.parametrize("power", [-1000, -300, 0, 300, 1000])
@pytest.mark.parametrize("interval", ["score", "delong", "bootstrap"])
def test_the_unit_of_weights_does_not_matter(power: int, interval: str) -> None:
    options: dict[str, Any] = {"interval": interval, "resamples": 40, "clusters": np.arange(ROWS) // 2}
    assert of_weights(np.ldexp(WEIGHTS, power), **options) == of_weights(WEIGHTS, **options)


@given(
    weights=st.lists(
        st.floats(0, exclude_min=True, allow_infinity=False) | st.sampled_from([1e-12, 1.0, 1e12]),
        min_size=ROWS,
        max_size=ROWS,
    ),
    clustered=st.booleans(),
)
def test_any_weights_give_a_report_of_finite_numbers_or_are_refused(weights: list[float], clustered: bool) -> None:
    clusters = np.arange(ROWS) // 3 if clustered else None
    if min(weights) < max(weights) / 1e15:
        with pytest.raises(InputError, match="lost in any sum"):
            of_weights(weights, clusters=clusters)
        return
    report = of_weights(weights, clusters=clusters, threshold=0.5, min_group_size=0)
    json.dumps(report, allow_nan=False)
    assert violations("metric_report", report) == []


def test_weights_of_different_worlds_are_refused() -> None:
    message = "sample_weight ranges from 1 to 1e[+]300, so that rows with the smallest are lost in any sum; check the"
    with pytest.raises(InputError, match=message):
        of_weights([1e300, *[1.0] * (ROWS - 1)])


@pytest.mark.parametrize(("clusters", "what"), [(None, "row"), (np.arange(ROWS), "cluster")], ids=["rows", "clusters"])
def test_where_one_row_has_all_the_weight_the_reason_says_so(clusters: Any, what: str) -> None:
    weights = np.ones(ROWS)
    weights[0] = 1e12
    reason = of_weights(weights, clusters=clusters)["overall"]["reasons"]["interval"]
    assert reason == f"one {what} has nearly all the weight of its class, which leaves no variance to estimate"


def test_a_group_that_weighs_nothing_beside_another_has_no_auroc_and_a_reason() -> None:
    weights = np.where(GROUPS["age"] == "old", 1e-12, 1.0)
    young, old = (of_weights(weights)["groups"]["age"][name] for name in ("young", "old"))
    assert young["auroc"] is not None
    for metric in ("auroc", "interval", "bpsn_auroc", "bnsp_auroc"):
        assert old[metric] is None
        assert old["reasons"][metric] == "the rows weigh so little beside the others that rounding would decide"
    assert young["bpsn_auroc"] is None, "nothing is left of the rows outside"
