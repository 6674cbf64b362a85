"""The interval of an AUROC where a class has few rows: its definition, spelled out, and how often it holds."""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

from synpain_hf.metrics.subgroup_auroc import subgroup_auroc


def made(positives: int, negatives: int, auroc: float, seed: int = 0) -> dict[str, Any]:
    """Normal scores of either class."""
    generator = np.random.default_rng(seed)
    labels = np.repeat([1, 0], [positives, negatives])
    shift = np.sqrt(2) * NormalDist().inv_cdf(auroc)
    return {"references": labels, "scores": shift * labels + generator.normal(size=len(labels))}


def ends(table: dict[str, Any], **options: Any) -> tuple[float, float]:
    interval = subgroup_auroc(**table, **options)["overall"]["interval"]
    return interval["low"], interval["high"]


def falling(auroc: float) -> float:
    return float((auroc * (1 - auroc)) ** 1.5)


def test_the_score_interval_is_that_of_its_definition() -> None:
    m, n = 7, 40
    table = made(m, n, 0.8)
    entry = subgroup_auroc(**table)["overall"]
    auroc = entry["auroc"]
    variance = entry["standard_error"] ** 2 + 0.5 * (auroc - 0.5) ** 2 * (1 / m**2 + 1 / n**2)
    size = m * n / (m + n)
    scaled = variance / falling(0.5 + (auroc - 0.5) * size / (size + 0.5))
    freedom = (1 / m + 1 / n) ** 2 / (1 / m**3 + 1 / n**3)
    reach = stats.t.ppf(0.975, freedom)
    for end, side in zip(ends(table), (1e-9, 1 - 1e-9), strict=True):
        expected = optimize.brentq(
            lambda true: (auroc - true) ** 2 - reach**2 * scaled * falling(true), *sorted((auroc, side))
        )
        assert end == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("positives", "auroc"), [(5, 0.75), (10, 0.9), (10, 0.97), (50, 0.97)])
@pytest.mark.parametrize("swapped", [False, True])
def test_the_default_interval_holds_the_truth_where_a_class_is_rare(
    positives: int, auroc: float, swapped: bool
) -> None:
    held = []
    for seed in range(250):
        table = made(positives, 300, auroc, seed)
        if swapped:
            table = {"references": 1 - table["references"], "scores": -table["scores"]}
        low, high = ends(table)
        held.append(low <= auroc <= high)
    assert np.mean(held) > 0.91  # delong: 0.77 to 0.87; 95 less three Monte-Carlo standard errors


def test_scores_that_separate_the_classes_have_an_interval_and_the_more_rows_the_narrower() -> None:
    widths = []
    for count in (5, 20, 100):
        low, high = ends({"references": np.repeat([0, 1], count), "scores": np.arange(2 * count)})
        assert high == 1
        widths.append(1 - low)
    assert widths == sorted(widths, reverse=True)
    assert 0.2 < widths[0] < 0.8


@pytest.mark.parametrize("interval", ["score", "delong", "logit"])
def test_the_interval_moves_smoothly_with_the_scores(interval: str) -> None:
    table = made(8, 600, 0.9)
    scores, moved = table["scores"].copy(), []
    for step in np.linspace(0, 3, 400):
        scores[0] = table["scores"].min() + step
        moved.append(ends({**table, "scores": scores}, interval=interval))
    assert np.abs(np.diff(moved, axis=0)).max() < 0.02


def test_reversed_scores_give_the_interval_reversed() -> None:
    table = made(9, 30, 0.7)
    low, high = ends(table)
    assert ends({**table, "scores": -table["scores"]}) == pytest.approx((1 - high, 1 - low))


def test_rows_in_clusters_of_one_are_rows() -> None:
    table = made(9, 30, 0.7)
    assert ends({**table, "clusters": np.arange(39)}) == pytest.approx(ends(table))


def test_few_persons_with_many_rows_are_no_surer_than_as_many_rows() -> None:
    table = made(9, 30, 0.9)
    repeated: dict[str, Any] = {name: np.repeat(values, 20) for name, values in table.items()}
    assert ends({**repeated, "clusters": np.arange(780) // 20}) == pytest.approx(ends(table))


def test_weights_that_leave_few_rows_that_count_widen_the_interval() -> None:
    table = made(40, 200, 0.8)
    weights = np.where(np.arange(240) % 10 == 0, 100.0, 1.0)
    entry = subgroup_auroc(**table, sample_weight=weights)["overall"]
    assert entry["effective"]["positives"] == pytest.approx(weights[:40].sum() ** 2 / (weights[:40] ** 2).sum())
    assert entry["interval"]["high"] - entry["interval"]["low"] > 2 * np.ptp(ends(table))
