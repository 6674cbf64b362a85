"""How far groups lie apart: what is compared, tested and corrected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from synpain_hf.metrics.subgroup_auroc.borkan import generalised_mean
from synpain_hf.metrics.subgroup_auroc.inference import CORRECTIONS, equality


def planted(count: int = 3000, seed: int = 0) -> dict[str, Any]:
    """Labels and scores that are worse for the group b, and do not depend on the hand."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 2, count)
    letters = generator.choice(list("abc"), count)
    noise = np.where(letters == "b", 2.5, 1.0)
    return {
        "references": labels,
        "scores": labels + noise * generator.normal(size=count),
        "groups": {"letter": letters, "hand": generator.choice(["left", "right"], count)},
    }


@pytest.mark.parametrize("interval", ["delong", "bootstrap"])
def test_a_planted_gap_is_found_and_none_where_there_is_none(interval: str) -> None:
    report = subgroup_auroc(**planted(), interval=interval, resamples=300)
    letter, hand = report["gaps"]["letter"], report["gaps"]["hand"]
    assert letter["worst"]["name"] == "b"
    assert letter["test"]["p_adjusted"] < 1e-6
    assert letter["difference_interval"]["low"] > 0
    assert hand["test"]["p_adjusted"] > 0.05
    assert hand["difference_interval"]["low"] < 0 < hand["difference_interval"]["high"]


def test_difference_and_ratio_are_of_best_and_worst() -> None:
    report = subgroup_auroc(**planted())
    values = {name: entry["auroc"] for name, entry in report["groups"]["letter"].items()}
    gap = report["gaps"]["letter"]
    assert gap["best"] == {"name": max(values, key=values.__getitem__), "auroc": max(values.values())}
    assert gap["worst"] == {"name": "b", "auroc": min(values.values())}
    assert gap["difference"] == max(values.values()) - min(values.values())
    assert gap["ratio"] == min(values.values()) / max(values.values())


def test_the_test_of_two_groups_is_delongs_z_squared() -> None:
    report = subgroup_auroc(**planted())
    left, right = report["groups"]["hand"].values()
    z = (left["auroc"] - right["auroc"]) / np.hypot(left["standard_error"], right["standard_error"])
    test = report["gaps"]["hand"]["test"]
    assert test["statistic"] == pytest.approx(z**2)
    assert test["p_value"] == pytest.approx(2 * stats.norm.sf(abs(z)))


def test_the_test_of_independent_groups_is_cochrans_q() -> None:
    report = subgroup_auroc(**planted())
    entries = report["groups"]["letter"].values()
    values, weights = np.array([(entry["auroc"], entry["standard_error"] ** -2) for entry in entries]).T
    q = (weights * (values - np.average(values, weights=weights)) ** 2).sum()
    test = report["gaps"]["letter"]["test"]
    assert test["statistic"] == pytest.approx(q)
    assert test["p_value"] == pytest.approx(stats.chi2.sf(q, 2))


def test_the_interval_of_the_difference_counts_the_pairs_it_was_chosen_from() -> None:
    report = subgroup_auroc(**planted())
    gap, entries = report["gaps"]["letter"], report["groups"]["letter"]
    error = np.hypot(*(entries[gap[which]["name"]]["standard_error"] for which in ("best", "worst")))
    reach = stats.norm.ppf(1 - 0.05 / 2 / 3) * error
    assert gap["difference_interval"]["low"] == pytest.approx(gap["difference"] - reach)
    assert gap["difference_interval"]["high"] == pytest.approx(gap["difference"] + reach)


def test_equal_groups_differ_by_nothing_and_still_have_an_interval() -> None:
    labels = np.tile([0, 0, 1, 0, 1, 1], 4)
    groups = {"half": np.repeat(["first", "second"], 12)}
    gap = subgroup_auroc(references=labels, scores=np.tile(np.arange(6), 4), groups=groups)["gaps"]["half"]
    assert gap["best"]["name"] != gap["worst"]["name"]
    assert gap["difference"] == 0
    assert gap["difference_interval"]["low"] < 0 < gap["difference_interval"]["high"]


def test_people_in_both_groups_make_the_groups_depend_on_each_other() -> None:
    generator = np.random.default_rng(2)
    people = np.repeat(np.arange(200), 2)
    labels = np.repeat(generator.integers(0, 2, 200), 2)
    scores = labels + np.repeat(generator.normal(size=200), 2) + 0.1 * generator.normal(size=400)
    groups = {"visit": np.tile(["first", "second"], 200)}
    for interval in ("delong", "bootstrap"):
        free, bound = (
            subgroup_auroc(references=labels, scores=scores, groups=groups, clusters=clusters, interval=interval)
            for clusters in (None, people)
        )
        width = [
            report["gaps"]["visit"]["difference_interval"]["high"] - report["gaps"]["visit"]["difference"]
            for report in (free, bound)
        ]
        assert width[1] < 0.4 * width[0]


def test_a_group_without_spread_leaves_the_test_to_the_others() -> None:
    table = planted(300)
    perfect: dict[str, Any] = {
        "references": np.repeat([0, 1], 10),
        "scores": np.repeat([-9.0, 9.0], 10),
        "groups": {"letter": ["z"] * 20, "hand": ["left"] * 20},
    }
    joined = {
        "references": np.r_[table["references"], perfect["references"]],
        "scores": np.r_[table["scores"], perfect["scores"]],
        "groups": {name: np.r_[table["groups"][name], perfect["groups"][name]] for name in ("letter", "hand")},
    }
    report = subgroup_auroc(**joined)
    entry, gap = report["groups"]["letter"]["z"], report["gaps"]["letter"]
    assert (entry["auroc"], entry["interval"]) == (1.0, None)
    assert "ranked right" in entry["reasons"]["interval"]
    assert gap["best"]["name"] == "z"
    assert gap["reasons"] == {
        "difference_interval": "no interval for z",
        "test": "tested without z, which has no interval",
    }
    assert "tested without z, which has no interval" in report.to_text()
    assert gap["test"]["groups"] == ["a", "b", "c"]


def test_small_and_one_sided_groups_are_null_with_reasons_and_spoil_nothing() -> None:
    table = planted(300)
    letters = table["groups"]["letter"].astype(object)
    letters[:3] = "small"
    one_sided = np.flatnonzero(table["references"] == 1)[10:40]
    letters[one_sided] = "one-sided"
    groups = {"letter": letters}
    report = subgroup_auroc(references=table["references"], scores=table["scores"], groups=groups)
    found = report["groups"]["letter"]
    assert found["small"]["n"] == 3
    assert found["small"]["auroc"] is None
    assert "min_group_size, 10" in found["small"]["reasons"]["auroc"]
    assert found["one-sided"]["auroc"] is None
    assert found["one-sided"]["reasons"]["auroc"] == "only positive rows"
    assert report["gaps"]["letter"]["test"]["groups"] == ["a", "b", "c"]
    assert report["gaps"]["letter"]["generalised_mean"]["subgroup_auroc"] is not None


def test_a_baseline_is_compared_pairwise_in_every_group_and_corrected_for() -> None:
    table = planted()
    weaker = table["scores"] + np.random.default_rng(4).normal(size=3000)
    report = subgroup_auroc(**table, baseline_scores=weaker)
    entries = [report["overall"], *report["groups"]["letter"].values(), *report["groups"]["hand"].values()]
    for entry in entries:
        compared = entry["comparison"]
        assert compared["difference"] == pytest.approx(entry["auroc"] - compared["baseline_auroc"])
    p_values = np.array([entry["comparison"]["p_value"] for entry in entries])
    adjusted = [entry["comparison"]["p_adjusted"] for entry in entries]
    assert adjusted == pytest.approx(CORRECTIONS["holm"](p_values))
    assert report["overall"]["comparison"]["interval"]["low"] > 0


def test_a_model_compared_with_itself_differs_by_nothing_and_says_why_there_is_no_interval() -> None:
    table = planted(300)
    entry = subgroup_auroc(**table, baseline_scores=table["scores"])["overall"]
    assert entry["comparison"]["difference"] == 0
    assert entry["comparison"]["p_value"] is None
    assert "no spread" in entry["reasons"]["comparison"]


@pytest.mark.parametrize("name", ["bonferroni", "holm", "benjamini_hochberg", "none"])
def test_corrections_are_those_of_their_definitions(name: str) -> None:
    p_values = np.array([0.04, 0.01, 0.03, 0.005, 0.5])
    expected = {
        "bonferroni": [0.2, 0.05, 0.15, 0.025, 1.0],
        "holm": [0.09, 0.04, 0.09, 0.025, 0.5],
        "benjamini_hochberg": list(stats.false_discovery_control(p_values, method="bh")),
        "none": list(p_values),
    }
    assert list(CORRECTIONS[name](p_values)) == pytest.approx(expected[name])


def test_the_correction_that_was_used_is_said_and_changes_p() -> None:
    reports = {name: subgroup_auroc(**planted(), correction=name) for name in ("none", "bonferroni")}
    plain, corrected = (report["gaps"]["hand"]["test"] for report in reports.values())
    assert plain["p_adjusted"] == plain["p_value"]
    assert corrected["p_adjusted"] == pytest.approx(min(1.0, 2 * corrected["p_value"]))
    assert (
        reports["bonferroni"]["options"] | {"correction": "bonferroni", "comparisons": 2}
        == (reports["bonferroni"]["options"])
    )


def test_the_generalised_mean_is_near_the_worst_and_zero_with_a_zero() -> None:
    assert generalised_mean([0.5, 0.9]) == pytest.approx(((0.5**-5 + 0.9**-5) / 2) ** (-1 / 5))
    assert generalised_mean([0.0, 0.9]) == 0


def test_a_singular_covariance_gives_no_test() -> None:
    assert equality(np.array([0.6, 0.7]), np.array([[0.01, 0.01], [0.01, 0.01]])) is None


def test_intersections_have_entries_and_gaps_of_their_own() -> None:
    report = subgroup_auroc(**planted(), depth=2)
    crossed = report["intersections"]["letter & hand"]
    assert set(crossed) == {f"{letter} & {hand}" for letter in "abc" for hand in ("left", "right")}
    assert crossed["b & left"]["group"] == {"letter": "b", "hand": "left"}
    assert sum(entry["n"] for entry in crossed.values()) == 3000
    assert report["gaps"]["letter & hand"]["worst"]["name"].startswith("b & ")
    assert subgroup_auroc(**planted())["intersections"] == {}
