"""Which groups are compared, with what, and what the comparisons of rare classes are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from synpain_hf.metrics.subgroup_auroc import InputError, comparisons, subgroup_auroc
from synpain_hf.metrics.subgroup_auroc.differences import Differences
from synpain_hf.metrics.subgroup_auroc.inference import Covariance, equality
from synpain_hf.metrics.subgroup_auroc.score import falling

Sizes = Sequence[tuple[str, int, int, float]]
"""By group its name, positive and negative rows, and true AUROC."""


def made(groups: Sizes, seed: int = 0) -> dict[str, Any]:
    generator = np.random.default_rng(seed)
    labels, names, scores = [], [], []
    for name, positives, negatives, auroc in groups:
        of_group = np.repeat([1, 0], [positives, negatives])
        labels.append(of_group)
        names += [name] * len(of_group)
        scores.append(np.sqrt(2) * NormalDist().inv_cdf(auroc) * of_group + generator.normal(size=len(of_group)))
    return {"references": np.concatenate(labels), "scores": np.concatenate(scores), "groups": {"site": names}}


def gap_of(table: dict[str, Any], **options: Any) -> dict[str, Any]:
    gap: dict[str, Any] = subgroup_auroc(**table, **options)["gaps"]["site"]
    return gap


BIG: Sizes = [("a", 500, 500, 0.8), ("b", 500, 500, 0.75)]


def test_a_group_with_too_few_rows_of_a_class_is_shown_and_not_compared() -> None:
    report, without = subgroup_auroc(**made([*BIG, ("c", 1, 30, 0.3)])), gap_of(made(BIG))
    gap = report["gaps"]["site"]
    assert "not compared: 1 positive row" in report.to_markdown()
    assert report["groups"]["site"]["c"]["auroc"] is not None
    assert gap.pop("set_aside") == {"c": "1 positive row, fewer than min_class_size, 5"}
    assert without.pop("set_aside") == {}
    for mean in (gap.pop("generalised_mean"), without.pop("generalised_mean")):
        assert mean["subgroup_auroc"] > 0.7
    assert gap == without


def test_rows_without_a_value_are_shown_and_not_compared() -> None:
    table = made([*BIG, ("c", 100, 100, 0.4)])
    table["groups"]["site"] = [None if name == "c" else name for name in table["groups"]["site"]]
    gap = gap_of(table)
    assert gap["set_aside"] == {"(missing)": "its rows have no value"}
    assert gap["worst"]["name"] == "b"
    assert set(gap["compared"]) == {"a", "b"}


def test_persons_count_and_not_rows_where_rows_depend_on_each_other() -> None:
    table = made([*BIG, ("c", 40, 40, 0.9)])
    clusters = np.arange(2080)
    clusters[2000:2040] = 2000 + np.arange(40) // 20
    assert gap_of(table)["set_aside"] == {}
    aside = gap_of(table, clusters=clusters)["set_aside"]
    assert aside == {"c": "2 clusters with positive rows, fewer than min_class_size, 5"}


def test_weights_can_leave_a_group_with_effectively_too_few_rows() -> None:
    table = made([*BIG, ("c", 40, 40, 0.9)])
    weights = np.ones(2080)
    weights[2000] = 1000
    aside = gap_of(table, sample_weight=weights)["set_aside"]
    assert aside == {"c": "effectively 1.1 positive rows, fewer than min_class_size, 5"}


def test_of_two_groups_each_against_the_other_is_the_test() -> None:
    gap = gap_of(made([("a", 30, 90, 0.9), ("b", 12, 200, 0.7)]))
    low, high = gap["difference_interval"].values()
    for name, sign in ((gap["best"]["name"], 1), (gap["worst"]["name"], -1)):
        compared = gap["compared"][name]
        assert compared["difference"] == pytest.approx(sign * gap["difference"])
        assert compared["p_adjusted"] == pytest.approx(gap["test"]["p_value"])
        assert sorted(sign * end for end in compared["interval"].values()) == pytest.approx([low, high])


def test_every_group_is_compared_with_the_mean_of_the_others_weighted_by_size() -> None:
    table = made([("a", 300, 300, 0.8), ("b", 100, 400, 0.8), ("c", 100, 100, 0.6)])
    report = subgroup_auroc(**table)
    auroc = {name: entry["auroc"] for name, entry in report["groups"]["site"].items()}
    compared = report["gaps"]["site"]["compared"]
    mean = (150 * auroc["a"] + 80 * auroc["b"]) / 230
    assert compared["c"]["difference"] == pytest.approx(auroc["c"] - mean)
    assert compared["c"]["p_adjusted"] < 0.01
    assert [compared[name]["reference"] for name in "abc"] == [None] * 3


def test_a_reference_is_what_the_others_are_compared_with() -> None:
    table = made([("a", 300, 300, 0.8), ("b", 100, 400, 0.8), ("c", 100, 100, 0.6)])
    report = subgroup_auroc(**table, reference={"site": "b"})
    compared, entries = report["gaps"]["site"]["compared"], report["groups"]["site"]
    assert set(compared) == {"a", "c"}
    for name, comparison in compared.items():
        assert comparison["reference"] == "b"
        assert comparison["difference"] == pytest.approx(entries[name]["auroc"] - entries["b"]["auroc"])
    assert report["options"]["reference"] == {"site": "b"}


@pytest.mark.parametrize("reference", [{"place": "a"}, {"site": "z"}])
def test_a_reference_that_there_is_not_is_refused(reference: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"reference names the .*(site|a, b)"):
        subgroup_auroc(**made(BIG), reference=reference)


def test_a_reference_that_takes_no_part_is_said() -> None:
    gap = gap_of(made([*BIG, ("c", 2, 30, 0.3)]), reference={"site": "c"})
    assert gap["compared"] == {}
    assert gap["reasons"]["compared"].startswith("the reference, c, takes no part: 2 positive rows")


@pytest.mark.parametrize("seed", range(12))
def test_the_test_and_the_interval_agree_whatever_the_number_of_groups(seed: int) -> None:
    sizes = [(str(index), 15 * (1 + index % 4), 60, 0.8 - 0.02 * index * (seed % 3)) for index in range(2 + seed % 5)]
    gap = gap_of(made(sizes, seed))
    for confidence in (0.5, 0.8, 0.95, 1 - gap["test"]["p_value"] * 1.001, 1 - gap["test"]["p_value"] * 0.999):
        low = gap_of(made(sizes, seed), confidence=confidence)["difference_interval"]["low"]
        assert (low > 0) == (gap["test"]["p_value"] < 1 - confidence)


@pytest.mark.slow
@pytest.mark.parametrize(
    "sizes",
    [
        [("a", 200, 600, 0.9), ("b", 10, 90, 0.9)],
        [("a", 300, 300, 0.9), ("b", 5, 55, 0.9)],
        [("a", 200, 600, 0.97), ("b", 20, 280, 0.97), ("c", 10, 90, 0.97)],
    ],
)
def test_where_a_class_is_rare_no_gap_is_found_that_is_not_there(sizes: Sizes) -> None:
    p_values = [gap_of(made(sizes, seed))["test"]["p_value"] for seed in range(100)]
    assert np.mean(np.array(p_values) < 0.05) < 0.09  # DeLong's test: 0.13 to 0.22


@pytest.mark.slow
def test_one_low_group_of_eight_small_ones_is_found_half_the_time() -> None:
    sizes = [("0", 20, 20, 0.7), *((str(index), 20, 20, 0.9) for index in range(1, 8))]
    p_values = [gap_of(made(sizes, seed))["test"]["p_value"] for seed in range(100)]
    assert np.mean(np.array(p_values) < 0.05) >= 0.5  # with the variances of the groups' own AUROCs: 0.4


def test_groups_are_equivalent_where_they_are_large_and_alike_and_not_where_they_are_small() -> None:
    large = gap_of(made([("a", 3000, 3000, 0.8), ("b", 3000, 3000, 0.8), ("c", 3000, 3000, 0.8)]))["equivalence"]
    small = gap_of(made([("a", 30, 30, 0.8), ("b", 30, 30, 0.8)]))["equivalence"]
    assert (large["margin"], large["equivalent"]) == (0.05, True)
    assert large["p_value"] < 0.01
    assert not small["equivalent"]
    apart = made([("a", 3000, 3000, 0.8), ("b", 3000, 3000, 0.72)])
    assert not gap_of(apart)["equivalence"]["equivalent"]
    assert gap_of(apart, margin=0.15)["equivalence"]["equivalent"]


def test_groups_are_equivalent_where_the_interval_of_twice_the_error_lies_within_the_margin() -> None:
    table = made([("a", 400, 900, 0.85), ("b", 300, 300, 0.83)])
    p_value = gap_of(table)["equivalence"]["p_value"]
    high = gap_of(table, confidence=1 - 2 * p_value)["difference_interval"]["high"]
    assert high == pytest.approx(0.05, abs=1e-9)


@pytest.mark.slow
def test_the_smallest_gap_that_could_be_found_is_found_about_eight_times_in_ten() -> None:
    alike = [("a", 400, 400, 0.8), ("b", 60, 120, 0.8)]
    detectable = np.median([gap_of(made(alike, seed))["compared"]["b"]["detectable"] for seed in range(20)])
    apart = [alike[0], ("b", 60, 120, 0.8 - float(detectable))]
    found = [gap_of(made(apart, seed))["test"]["p_value"] < 0.05 for seed in range(100)]
    assert 0.68 < np.mean(found) < 0.92


def test_the_gap_that_would_be_found_in_any_group_is_the_largest_of_the_groups() -> None:
    gap = gap_of(made([("a", 300, 300, 0.8), ("b", 100, 400, 0.8), ("c", 30, 30, 0.8)]))
    found = {name: compared["detectable"] for name, compared in gap["compared"].items()}
    assert gap["detectable"] == max(found.values()) == found["c"]


@given(
    st.lists(st.tuples(st.floats(0.01, 0.99), st.floats(1e-6, 1), st.floats(1, 1000)), min_size=1, max_size=30),
    st.floats(0.01, 0.5),
)
def test_the_highest_p_of_equivalence_is_that_of_all_pairs(
    groups: list[tuple[float, float, float]], margin: float
) -> None:
    auroc, variance, freedom = np.array(groups).T
    best, none = np.full(len(auroc), auroc.max()), np.zeros(len(auroc))
    some = Differences(
        np.stack([best, auroc]), np.stack([variance, variance[::-1]]), none, np.ones((2, len(auroc))), freedom, falling
    )
    each = special.stdtr(freedom, (some.found - margin) / np.sqrt(some.variance(margin)))
    assert some.highest_p_within(margin) == each.max()


def test_pairs_that_are_looked_at_in_parts_say_what_all_say_together(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(2)
    labels, group = generator.integers(0, 2, 4000), generator.integers(0, 60, 4000)
    rows: dict[str, Any] = {
        "references": labels,
        "scores": labels + generator.normal(size=4000),
        "groups": {"g": group},
    }
    together = subgroup_auroc(**rows)
    monkeypatch.setattr(comparisons, "_AT_A_TIME", 100)
    assert subgroup_auroc(**rows) == together


def test_groups_without_common_clusters_are_compared_as_the_general_formula_has_it() -> None:
    generator = np.random.default_rng(4)
    sizes, variances = generator.uniform(1, 9, 6), generator.uniform(0.1, 1, 6)
    apart = Covariance(np.diag(variances), generator.uniform(2, 90, 6), np.diag(generator.uniform(9, 99, 6)))
    touching = apart.in_common + 1e-200  # no two groups share anything, yet all formulas are gone through
    values = generator.uniform(0.6, 0.9, 6)
    found = equality(values, apart, sizes)
    general = equality(values, Covariance(apart.values, apart.freedom, touching), sizes)
    assert found is not None
    assert general is not None
    assert asdict(found) == pytest.approx(asdict(general), rel=1e-12)
