"""Every value is that of another implementation, or of the definition spelled out."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from synpain_hf.metrics.subgroup_auroc.bootstrap import draw
from synpain_hf.schemas import violations

ETHNICITIES = ["black", "south_asian", "white"]


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Rows with few or many ties, groups of any size, and perhaps weights, clusters and a baseline."""
    count = draw(st.integers(1, 60))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    grain = draw(st.sampled_from([1, 3, 1000]))
    positive = generator.random(count) < draw(st.sampled_from([0.1, 0.5, 0.9]))
    table: dict[str, Any] = {
        "references": positive.astype(int),
        "scores": np.round((positive + generator.normal(size=count)) * grain) / grain,
        "groups": {"ethnicity": generator.choice(ETHNICITIES, count), "age": generator.choice(["old", "young"], count)},
    }
    optional = {
        "sample_weight": generator.uniform(0.1, 3, count),
        "clusters": generator.integers(0, max(1, count // 2), count),
        "baseline_scores": generator.normal(size=count),
        "threshold": 0.5,
    }
    return table | {name: value for name, value in optional.items() if draw(st.booleans())}


def members(table: dict[str, Any], group: dict[str, str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    inside = np.ones(len(table["scores"]), bool)
    for attribute, value in group.items():
        inside &= table["groups"][attribute] == value
    return inside


def all_entries(report: dict[str, Any]) -> list[dict[str, Any]]:
    by_attribute = {**report["groups"], **report["intersections"]}
    return [report["overall"], *(entry for groups in by_attribute.values() for entry in groups.values())]


@pytest.mark.slow
@settings(max_examples=60)
@given(tables())
def test_auroc_average_precision_and_f1_are_those_of_scikit_learn(table: dict[str, Any]) -> None:
    report = subgroup_auroc(**table, depth=2, min_group_size=0)
    for entry in all_entries(report):
        inside = members(table, entry["group"])
        labels, scores = table["references"][inside], table["scores"][inside]
        weights = table["sample_weight"][inside] if "sample_weight" in table else None
        assert (entry["n"], entry["positives"]) == (inside.sum(), labels.sum())
        if 0 < labels.sum() < len(labels):
            assert entry["auroc"] == pytest.approx(roc_auc_score(labels, scores, sample_weight=weights), abs=1e-9)
            precision = average_precision_score(labels, scores, sample_weight=weights)
            assert entry["average_precision"] == pytest.approx(precision, abs=1e-9)
        else:
            assert entry["auroc"] is None
            assert entry["average_precision"] is None
        if "threshold" in table and labels.any():
            chosen = scores >= table["threshold"]
            assert entry["f1"] == pytest.approx(f1_score(labels, chosen, sample_weight=weights), abs=1e-9)
        else:
            assert entry["f1"] is None


@settings(max_examples=60)
@given(tables(), st.sampled_from(["score", "delong", "logit", "bootstrap", "percentile"]))
def test_a_report_is_json_that_fits_its_schema_and_gives_a_reason_for_each_null(
    table: dict[str, Any], interval: str
) -> None:
    report = subgroup_auroc(**table, depth=2, min_group_size=3, interval=interval, resamples=40)
    assert violations("metric_report", json.loads(json.dumps(report, allow_nan=False))) == []
    for document in [*all_entries(report), *report["gaps"].values()]:
        assert {name for name, value in document.items() if value is None} <= set(document["reasons"])


@pytest.mark.slow
@settings(max_examples=60)
@given(tables())
def test_background_aurocs_are_those_of_the_rows_they_name(table: dict[str, Any]) -> None:
    report = subgroup_auroc(**table, min_group_size=0)
    labels, scores = table["references"] == 1, table["scores"]
    weights = table.get("sample_weight", np.ones(len(scores)))
    for entry in all_entries(report)[1:]:
        inside = members(table, entry["group"])
        for name, positives, negatives in (
            ("bpsn_auroc", labels & ~inside, ~labels & inside),
            ("bnsp_auroc", labels & inside, ~labels & ~inside),
        ):
            if positives.any() and negatives.any():
                rows = positives | negatives
                expected = roc_auc_score(labels[rows], scores[rows], sample_weight=weights[rows])
                assert entry[name] == pytest.approx(expected, abs=1e-9)
            else:
                assert entry[name] is None


@settings(max_examples=60)
@given(tables())
def test_the_variance_is_that_of_delongs_definition(table: dict[str, Any]) -> None:
    table.pop("clusters", None)
    table.pop("sample_weight", None)
    report = subgroup_auroc(**table, min_group_size=0)
    for entry in all_entries(report):
        inside = members(table, entry["group"])
        labels = table["references"][inside] == 1
        if min(labels.sum(), (~labels).sum()) < 2:
            assert entry["standard_error"] is None
            continue
        models = [table["scores"][inside], *([table["baseline_scores"][inside]] if "baseline_scores" in table else [])]
        wins = [
            np.array([[(p > n) + (p == n) / 2 for n in scores[~labels]] for p in scores[labels]]) for scores in models
        ]
        of_positives, of_negatives = ([win.mean(axis=axis) for win in wins] for axis in (1, 0))
        covariance = (
            np.atleast_2d(np.cov(of_positives)) / labels.sum() + np.atleast_2d(np.cov(of_negatives)) / (~labels).sum()
        )
        if covariance[0, 0] > 1e-12:
            assert entry["standard_error"] == pytest.approx(np.sqrt(covariance[0, 0]), abs=1e-9)
        else:
            assert entry["standard_error"] is None
        if len(models) > 1:
            variance = np.array([1, -1]) @ covariance @ np.array([1, -1])
            interval = entry["comparison"]["interval"]
            if variance > 1e-12 and interval["low"] > -1 and interval["high"] < 1:
                width = interval["high"] - interval["low"]
                assert width == pytest.approx(2 * 1.959963984540054 * np.sqrt(variance), abs=1e-9)


def test_rows_repeated_within_clusters_tell_no_more_than_one_of_each() -> None:
    generator = np.random.default_rng(5)
    labels = np.repeat([0, 1], 60)
    scores = labels + generator.normal(size=120)
    once = subgroup_auroc(references=labels, scores=scores)["overall"]
    thrice: dict[str, Any] = {"references": np.tile(labels, 3), "scores": np.tile(scores, 3)}
    for interval in ("delong", "bootstrap"):
        clustered = subgroup_auroc(**thrice, clusters=np.tile(np.arange(120), 3), interval=interval)["overall"]
        assert clustered["standard_error"] == pytest.approx(once["standard_error"], rel=0.05)
        naive = subgroup_auroc(**thrice, interval=interval)["overall"]
        assert naive["standard_error"] < 0.65 * once["standard_error"]


def test_an_interval_of_clusters_is_students_with_one_degree_of_freedom_less_than_clusters() -> None:
    generator = np.random.default_rng(15)
    people, labels = np.repeat(np.arange(8), 4), np.tile([0, 1, 1, 0], 8)
    scores = labels + generator.normal(size=8)[people] + generator.normal(size=32)
    entry = subgroup_auroc(
        references=labels, scores=scores, clusters=people, baseline_scores=-scores, interval="delong"
    )["overall"]
    assert entry["clusters"] == 8
    reach = stats.t.ppf(0.975, 7) * entry["standard_error"]
    assert entry["interval"]["high"] == pytest.approx(entry["auroc"] + reach)
    comparison = entry["comparison"]
    reach = comparison["interval"]["high"] - comparison["difference"]
    error = reach / stats.t.ppf(0.975, 7)
    assert comparison["p_value"] == pytest.approx(2 * stats.t.sf(comparison["difference"] / error, 7))


def test_clusters_of_different_sizes_count_for_fewer() -> None:
    generator = np.random.default_rng(16)
    sizes = np.array([2, 2, 4, 4, 8, 20])
    people = np.repeat(np.arange(6), sizes)
    labels = np.tile([0, 1], 20)
    scores = labels + generator.normal(size=6)[people] + generator.normal(size=40)
    entry = subgroup_auroc(references=labels, scores=scores, clusters=people, interval="logit")["overall"]
    effective = sizes.sum() ** 2 / (sizes**2).sum()
    reach = stats.t.ppf(0.975, effective - 1) * entry["standard_error"] / (entry["auroc"] * (1 - entry["auroc"]))
    low, middle = (np.log(value / (1 - value)) for value in (entry["interval"]["low"], entry["auroc"]))
    assert middle - low == pytest.approx(reach)


@pytest.mark.parametrize("interval", ["score", "delong", "logit", "bootstrap", "percentile"])
def test_what_leaves_no_spread_is_said_as_it_is(interval: str) -> None:
    def reason(scores: list[float], clusters: Any = None) -> str:
        entry = subgroup_auroc(
            references=[1, 0] * 10, scores=scores * 5, clusters=clusters, interval=interval, resamples=50
        )["overall"]
        tied = entry["auroc"] == 0.5
        assert entry["standard_error"] is None
        assert (entry["interval"] is None) == (interval != "score" or tied)
        assert entry["interval"] is not None or entry["reasons"]["interval"] == entry["reasons"]["standard_error"]
        return str(entry["reasons"]["standard_error"])

    behind = ", which leaves no spread to estimate"
    assert reason([1, 0, 1, 0]) == f"every pair of rows is ranked right{behind}"
    assert reason([0, 1, 0, 1]) == f"every pair of rows is ranked wrong{behind}"
    assert reason([1, 1, 1, 1]) == f"every pair of rows is tied{behind}"
    # In each cluster the positive row is as much above its class's mean as the negative one is above its own.
    assert reason([3, 2, 1, 0], np.arange(20) // 2) == f"no cluster raises or lowers it{behind}"


def test_every_entry_has_its_number_of_clusters_where_there_are_clusters() -> None:
    labels, people = np.tile([0, 1], 30), np.repeat(np.arange(20), 3)
    groups = {"age": np.where(people < 5, "old", "young"), "hand": np.tile(["left", "right", "right"], 20)}
    report = subgroup_auroc(references=labels, scores=np.arange(60) % 7, groups=groups, clusters=people, depth=2)
    assert report["overall"]["clusters"] == 20
    for entry in all_entries(report):
        inside = members({"scores": labels, "groups": groups}, entry["group"])
        assert entry["clusters"] == len(set(people[inside]))
    assert "clusters" not in subgroup_auroc(references=labels, scores=np.arange(60) % 7)["overall"]


def test_every_row_its_own_cluster_is_delong() -> None:
    generator = np.random.default_rng(6)
    labels = generator.integers(0, 2, 90)
    scores = np.round(labels + generator.normal(size=90), 1)
    groups = {"age": generator.choice(["old", "young"], 90)}
    plain = subgroup_auroc(references=labels, scores=scores, groups=groups)
    clustered = subgroup_auroc(references=labels, scores=scores, groups=groups, clusters=np.arange(90))
    for ours, theirs in zip(all_entries(clustered), all_entries(plain), strict=True):
        assert ours["standard_error"] == pytest.approx(theirs["standard_error"], rel=1e-12)
    assert clustered["gaps"]["age"]["test"]["statistic"] == pytest.approx(plain["gaps"]["age"]["test"]["statistic"])


@pytest.mark.parametrize("clustered", [False, True])
def test_a_weighted_variance_is_unbiased_where_weights_say_nothing_of_scores(clustered: bool) -> None:
    """Positive rows are right or wrong like coins; over all outcomes, variances average that of the weighted mean."""
    labels, weights = np.repeat([1, 0], [4, 6]), np.r_[0.2, 0.5, 1.0, 4.0, np.ones(6)]
    found = []
    for outcome in product((-1, 1), repeat=4):
        entry = subgroup_auroc(
            references=labels, scores=np.r_[outcome, np.zeros(6)], sample_weight=weights,
            clusters=np.arange(10) if clustered else None,
        )["overall"]  # fmt: skip
        found.append((entry["auroc"], (entry["standard_error"] or 0) ** 2))
    values, variances = np.array(found).T
    assert variances.mean() == pytest.approx(values.var())


def test_equal_weights_are_none_and_their_unit_does_not_matter() -> None:
    generator = np.random.default_rng(19)
    labels, people = generator.integers(0, 2, 60), generator.integers(0, 25, 60)
    scores, weights = labels + generator.normal(size=60), generator.uniform(0.2, 5, 60)
    for clusters in (None, people):
        given: dict[str, Any] = {"references": labels, "scores": scores, "clusters": clusters}
        plain, threes, weighted, hundreds = (
            subgroup_auroc(**given, sample_weight=sample_weight)["overall"]
            for sample_weight in (None, np.full(60, 3.0), weights, 100 * weights)
        )
        for one, other in ((plain, threes), (weighted, hundreds)):
            for name in ("auroc", "standard_error"):
                assert one[name] == pytest.approx(other[name], rel=1e-12)
            assert list(one["interval"].values()) == pytest.approx(list(other["interval"].values()), rel=1e-9)


@pytest.mark.slow
def test_the_bootstrap_is_that_of_rows_drawn_again_and_ranked_anew() -> None:
    generator = np.random.default_rng(7)
    labels = generator.random(80) < 0.4
    scores = np.round(labels + generator.normal(size=80), 1)
    weights = generator.uniform(0.5, 2, 80)
    ages = generator.choice(["old", "young"], 80)
    people = generator.integers(0, 50, 80)
    for clusters, sample_weight in product((None, people), (None, weights)):
        report = subgroup_auroc(
            references=labels, scores=scores, groups={"age": ages}, interval="percentile", resamples=200, seed=3,
            clusters=clusters, sample_weight=sample_weight,
        )  # fmt: skip
        _, ids = np.unique(people, return_inverse=True)
        found = []
        for counts in draw(labels, None if clusters is None else ids, 200, 3):
            rows = np.repeat(np.arange(80), counts)
            rows = rows[ages[rows] == "old"]
            kept = None if sample_weight is None else weights[rows]
            found.append(roc_auc_score(labels[rows], scores[rows], sample_weight=kept))
        interval = report["groups"]["age"]["old"]["interval"]
        assert list(interval.values()) == pytest.approx(list(np.quantile(found, [0.025, 0.975])), abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("clustered", [False, True])
def test_the_bootstrap_is_corrected_for_bias_and_skewness(clustered: bool) -> None:
    generator = np.random.default_rng(17)
    labels = np.repeat([False, True], [30, 12])
    scores = np.round(1.5 * labels + generator.normal(size=42), 1)
    people = np.arange(42) // 2 if clustered else np.arange(42)
    entry = subgroup_auroc(
        references=labels, scores=scores, interval="bootstrap", resamples=400, seed=3,
        clusters=people if clustered else None,
    )["overall"]  # fmt: skip

    drawn = []
    for counts in draw(labels, people if clustered else None, 400, 3):
        rows = np.repeat(np.arange(42), counts)
        drawn.append(roc_auc_score(labels[rows], scores[rows]))
    resampled = np.array(drawn)
    apart = np.subtract.outer(scores[labels], scores[~labels])
    wins = (apart > 0) + (apart == 0) / 2
    parts = np.zeros(42)
    parts[labels] = (wins.mean(axis=1) - wins.mean()) / labels.sum()
    parts[~labels] = (wins.mean(axis=0) - wins.mean()) / (~labels).sum()
    sums = np.bincount(people, parts)
    acceleration = (sums**3).sum() / (6 * (sums**2).sum() ** 1.5)
    bias = stats.norm.ppf((np.mean(resampled < wins.mean() - 1e-9) + np.mean(resampled < wins.mean() + 1e-9)) / 2)
    freedom = np.inf
    if clustered:  # 15 clusters with two negative rows each, 6 with two positive ones
        squares = np.array([(sums[:15] ** 2).sum() * 15 / 14, (sums[15:] ** 2).sum() * 6 / 5])
        freedom = squares.sum() ** 2 / (squares**2 / [14, 5]).sum()
    moved = bias + stats.t.ppf([0.025, 0.975], freedom)
    expected = np.quantile(resampled, stats.norm.cdf(bias + moved / (1 - acceleration * moved)))
    assert list(entry["interval"].values()) == pytest.approx(list(expected), abs=1e-9)
    assert list(expected) != pytest.approx(list(np.quantile(resampled, [0.025, 0.975])), abs=1e-3)


def test_resamples_keep_the_number_of_rows_of_each_class_and_clusters_whole() -> None:
    labels = np.random.default_rng(1).random(50) < 0.3
    for counts in draw(labels, None, 20, 0):
        assert (counts[labels].sum(), counts[~labels].sum()) == (labels.sum(), (~labels).sum())
    people = np.arange(50) // 2
    for counts in draw(labels, people, 20, 0):
        assert (counts[::2] == counts[1::2]).all()
        assert counts.sum() == 50


def test_the_same_seed_gives_the_same_intervals_and_another_seed_others() -> None:
    generator = np.random.default_rng(8)
    labels = generator.integers(0, 2, 100)
    scores = labels + generator.normal(size=100)
    first, again, other = (
        subgroup_auroc(references=labels, scores=scores, interval="bootstrap", resamples=50, seed=seed)
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first["overall"]["interval"] != other["overall"]["interval"]


def test_a_delong_interval_is_cut_off_at_one_as_in_proc() -> None:
    labels = np.repeat([0, 1], 20)
    scores = np.r_[np.arange(20), np.arange(20) + 18.5]
    entry = subgroup_auroc(references=labels, scores=scores, interval="delong")["overall"]
    assert entry["auroc"] + 1.96 * entry["standard_error"] > 1
    assert entry["interval"]["low"] == pytest.approx(entry["auroc"] - 1.959963984540054 * entry["standard_error"])
    assert entry["interval"]["high"] == 1


def test_the_logit_interval_is_on_that_scale_everywhere() -> None:
    generator = np.random.default_rng(12)
    labels = generator.integers(0, 2, 100)
    scores = labels + generator.normal(size=100)
    entry = subgroup_auroc(references=labels, scores=scores, interval="logit")["overall"]
    low, value, high = (
        np.log(p / (1 - p)) for p in (entry["interval"]["low"], entry["auroc"], entry["interval"]["high"])
    )
    assert high - value == pytest.approx(value - low)
    plain = entry["standard_error"] / (entry["auroc"] * (1 - entry["auroc"]))
    assert high - value == pytest.approx(1.959963984540054 * plain)


def test_a_wider_confidence_gives_a_wider_interval() -> None:
    generator = np.random.default_rng(9)
    labels = generator.integers(0, 2, 100)
    scores = labels + generator.normal(size=100)
    for interval in ("delong", "bootstrap"):
        narrow, wide = (
            subgroup_auroc(references=labels, scores=scores, interval=interval, confidence=confidence)["overall"]
            for confidence in (0.8, 0.99)
        )
        assert wide["interval"]["low"] < narrow["interval"]["low"] < narrow["interval"]["high"]
        assert narrow["interval"]["high"] < wide["interval"]["high"]


def test_the_threshold_of_f1_is_the_best_one_of_the_validation_set() -> None:
    generator = np.random.default_rng(10)
    labels, validation_labels = generator.integers(0, 2, 100), generator.integers(0, 2, 70)
    scores = np.round(labels + generator.normal(size=100), 1)
    validation = {
        "references": validation_labels,
        "scores": np.round(validation_labels + generator.normal(size=70), 1),
    }
    report = subgroup_auroc(references=labels, scores=scores, validation=validation)
    threshold = report["options"]["threshold"]
    reached = {
        value: f1_score(validation_labels, validation["scores"] >= value) for value in np.unique(validation["scores"])
    }
    assert reached[threshold] == max(reached.values())
    assert report["options"]["threshold_from"] == "validation"
    assert report["overall"]["f1"] == pytest.approx(f1_score(labels, scores >= threshold))


def test_groups_are_found_whatever_their_order() -> None:
    generator = np.random.default_rng(11)
    labels = generator.integers(0, 2, 200)
    scores = np.round(labels + generator.normal(size=200), 1)
    ages = generator.choice(["old", "young"], 200)
    shuffled = generator.permutation(200)
    plain = subgroup_auroc(references=labels, scores=scores, groups={"age": ages})
    other = subgroup_auroc(references=labels[shuffled], scores=scores[shuffled], groups={"age": ages[shuffled]})
    for ours, theirs in zip(all_entries(other), all_entries(plain), strict=True):
        assert ours["auroc"] == theirs["auroc"]
        assert ours["standard_error"] == pytest.approx(theirs["standard_error"], rel=1e-12)
