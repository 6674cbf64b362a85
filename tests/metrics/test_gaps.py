"""How far groups lie apart: what is compared, tested and corrected."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from synpain_hf.metrics.subgroup_auroc.borkan import generalised_mean
from synpain_hf.metrics.subgroup_auroc.inference import CORRECTIONS


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


def parts(table: dict[str, Any], attribute: str, group: str) -> tuple[float, list[float], list[int]]:
    """AUROC, and for either class what it adds to the variance and how many rows it has."""
    inside = table["groups"][attribute] == group
    labels, scores = table["references"][inside] == 1, table["scores"][inside]
    wins = np.greater.outer(scores[labels], scores[~labels])
    found = [wins.mean(axis=axis) for axis in (1, 0)]
    return float(wins.mean()), [part.var(ddof=1) / len(part) for part in found], [len(part) for part in found]


def test_the_test_of_two_groups_is_delongs_with_welchs_degrees_of_freedom() -> None:
    table = planted(60)
    (left, own, counts), (right, others, other_counts) = (parts(table, "hand", hand) for hand in ("left", "right"))
    variances = [*own, *others]
    t = (left - right) / np.sqrt(sum(variances))
    freedom = sum(variances) ** 2 / sum(
        variance**2 / (count - 1) for variance, count in zip(variances, [*counts, *other_counts], strict=True)
    )
    gap = subgroup_auroc(**table, interval="delong")["gaps"]["hand"]
    assert gap["test"]["statistic"] == pytest.approx(t**2)
    assert gap["test"]["degrees_of_freedom"] == 1
    assert gap["test"]["denominator_degrees_of_freedom"] == pytest.approx(freedom)
    assert gap["test"]["p_value"] == pytest.approx(2 * stats.t.sf(abs(t), freedom))
    low, high = gap["difference_interval"].values()
    reach = stats.t.ppf(0.975, freedom) * np.sqrt(sum(variances))
    assert (low, high) == pytest.approx((gap["difference"] - reach, gap["difference"] + reach))


def test_the_test_of_independent_groups_is_brown_and_forsythes_as_mehrotra_mended_it() -> None:
    """Mehrotra, Communications in Statistics - Simulation and Computation 26 (1997), with sizes for numbers of rows."""
    table = planted(150)
    found = [parts(table, "letter", letter) for letter in "abc"]
    values = np.array([auroc for auroc, *_ in found])
    variances, counts = (np.array([group[place] for group in found]) for place in (1, 2))
    sizes = counts.prod(axis=1) / counts.sum(axis=1)
    share = sizes / sizes.sum()
    spread = sizes * variances.sum(axis=1)
    expected = ((1 - share) * spread).sum()
    above = expected**2 / ((spread**2).sum() + (share * spread).sum() ** 2 - 2 * (share * spread**2).sum())
    of_classes = ((sizes[:, None] * variances) ** 2 / (counts - 1)).sum(axis=1)
    below = expected**2 / ((1 - share) ** 2 * of_classes).sum()
    statistic = (sizes * (values - np.average(values, weights=sizes)) ** 2).sum() / expected
    test = subgroup_auroc(**table, interval="delong")["gaps"]["letter"]["test"]
    assert test["name"] == "ANOVA-type"
    assert test["statistic"] == pytest.approx(statistic)
    assert test["degrees_of_freedom"] == pytest.approx(above)
    assert test["denominator_degrees_of_freedom"] == pytest.approx(below)
    assert test["p_value"] == pytest.approx(stats.f.sf(statistic, above, below))


@pytest.mark.slow
def test_small_equal_groups_fail_the_test_no_more_often_than_they_should() -> None:
    generator = np.random.default_rng(0)
    labels, groups = np.tile([0, 1], 80), {"group": np.repeat(np.arange(8), 20)}
    p_values = []
    for _ in range(300):
        report = subgroup_auroc(references=labels, scores=labels + generator.normal(size=160), groups=groups)
        p_values.append(report["gaps"]["group"]["test"]["p_value"])
    assert np.mean(np.array(p_values) < 0.05) < 0.06  # Wald's test against chi-square: 0.13


@pytest.mark.parametrize("interval", ["score", "delong", "bootstrap"])
def test_the_test_and_the_interval_of_two_groups_agree(interval: str) -> None:
    table = planted(60)
    p_value = subgroup_auroc(**table, interval=interval)["gaps"]["hand"]["test"]["p_value"]
    gap = subgroup_auroc(**table, interval=interval, confidence=1 - p_value)["gaps"]["hand"]
    assert gap["difference_interval"]["low"] == pytest.approx(0, abs=1e-9)


def test_the_interval_of_the_difference_counts_the_pairs_it_was_chosen_from() -> None:
    table = planted()
    gap, entries = (subgroup_auroc(**table, interval="delong")[part]["letter"] for part in ("gaps", "groups"))
    error = np.hypot(*(entries[gap[which]["name"]]["standard_error"] for which in ("best", "worst")))
    found = [parts(table, "letter", gap[which]["name"]) for which in ("best", "worst")]
    variances, counts = (np.array([group[place] for group in found]) for place in (1, 2))
    freedom = variances.sum() ** 2 / (variances**2 / (counts - 1)).sum()
    reach = stats.t.ppf(1 - 0.05 / 2 / 3, freedom) * error
    assert gap["difference_interval"]["low"] >= gap["difference"] - reach
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
    report = subgroup_auroc(**joined, interval="delong")
    entry, gap = report["groups"]["letter"]["z"], report["gaps"]["letter"]
    assert (entry["auroc"], entry["interval"]) == (1.0, None)
    assert "ranked right" in entry["reasons"]["interval"]
    assert gap["best"]["name"] in "abc"
    reason = "it has no interval: every pair of rows is ranked right, which leaves no spread to estimate"
    assert gap["set_aside"] == {"z": reason}
    assert f"not compared: {reason}" in " ".join(report.to_text(120).split())
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


def paired(people: int, groups: int = 2, seed: int = 2) -> dict[str, Any]:
    """Every person has a row of either class in every group."""
    generator = np.random.default_rng(seed)
    labels = np.tile([0, 1], people * groups)
    persons = np.repeat(np.arange(people), 2 * groups)
    return {
        "references": labels,
        "scores": labels + generator.normal(size=people)[persons] + generator.normal(size=len(labels)),
        "groups": {"visit": np.tile(np.repeat(np.arange(groups), 2), people)},
        "clusters": persons,
    }


def test_people_count_once_for_the_test_whatever_rows_they_have() -> None:
    two = subgroup_auroc(**paired(30), interval="delong")["gaps"]["visit"]["test"]
    assert (two["degrees_of_freedom"], two["denominator_degrees_of_freedom"]) == pytest.approx((1, 29))
    four = subgroup_auroc(**paired(30, groups=4), interval="delong")["gaps"]["visit"]["test"]
    assert 1 <= four["degrees_of_freedom"] <= 3
    assert four["denominator_degrees_of_freedom"] == pytest.approx(29 * four["degrees_of_freedom"])


def test_people_of_one_group_each_count_as_in_welchs_test() -> None:
    labels, people = np.tile([0, 1, 1, 0], 50), np.repeat(np.arange(50), 4)
    report = subgroup_auroc(
        references=labels,
        scores=labels + np.random.default_rng(5).normal(size=50)[people] + np.random.default_rng(6).normal(size=200),
        groups={"site": np.where(people < 15, "a", "b")},
        clusters=people,
        interval="delong",
    )
    variances = [entry["standard_error"] ** 2 for entry in report["groups"]["site"].values()]
    freedom = sum(variances) ** 2 / (variances[0] ** 2 / 14 + variances[1] ** 2 / 34)
    assert report["gaps"]["site"]["test"]["denominator_degrees_of_freedom"] == pytest.approx(freedom)


def test_groups_that_differ_in_nothing_but_their_level_get_no_test_and_no_interval() -> None:
    table = paired(20)
    table["scores"] = np.repeat(table["scores"].reshape(20, 2, 2)[:, :1], 2, axis=1).ravel()
    report = subgroup_auroc(**table, interval="delong")
    gap = report["gaps"]["visit"]
    assert (gap["difference"], gap["difference_interval"], gap["test"]) == (0, None, None)
    assert gap["reasons"]["difference_interval"] == "the difference of best and worst has no spread to estimate"
    assert "differences have no spread" in gap["reasons"]["test"]
    assert "–¹" in report.to_markdown()


def test_intersections_have_entries_and_gaps_of_their_own() -> None:
    report = subgroup_auroc(**planted(), depth=2)
    crossed = report["intersections"]["letter & hand"]
    assert set(crossed) == {f"{letter} & {hand}" for letter in "abc" for hand in ("left", "right")}
    assert crossed["b & left"]["group"] == {"letter": "b", "hand": "left"}
    assert sum(entry["n"] for entry in crossed.values()) == 3000
    assert report["gaps"]["letter & hand"]["worst"]["name"].startswith("b & ")
    assert subgroup_auroc(**planted())["intersections"] == {}
