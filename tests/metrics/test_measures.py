"""What is measured beside the AUROC is what other implementations give, or the definitions spelled out."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.collections import LineCollection
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_score, roc_auc_score, roc_curve

from synpain_hf.metrics.subgroup_auroc import InputError, Report, plot_reliability, subgroup_auroc
from synpain_hf.schemas import violations

SITES = ["a", "b", "c"]
ALL: dict[str, Any] = {"threshold": 0.5, "calibration": True, "max_fpr": 0.2, "specificity": 0.8, "control": "age"}


def brier(labels: Any, scores: Any, weights: Any) -> float:
    return float(np.average((labels - scores) ** 2, weights=weights))


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Probabilities with few or many ties, groups of any size, and perhaps weights or clusters."""
    count = draw(st.integers(1, 60))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    positive = generator.random(count) < draw(st.sampled_from([0.1, 0.5, 0.9]))
    logits = 2 * positive - 1 + generator.normal(size=count)
    optional = {"sample_weight": generator.uniform(0.1, 3, count), "clusters": generator.integers(0, 20, count)}
    return {
        "references": positive.astype(int),
        "scores": np.round(1 / (1 + np.exp(-logits)), draw(st.sampled_from([1, 6]))),
        "groups": {"site": generator.choice(SITES, count), "age": generator.choice(["old", "young"], count)},
        **{name: value for name, value in optional.items() if draw(st.booleans())},
    }


def made(sizes: dict[str, int], seed: int = 0, share: float = 0.4) -> dict[str, Any]:
    """Calibrated probabilities of groups of these sizes."""
    generator = np.random.default_rng(seed)
    site = np.repeat(list(sizes), list(sizes.values()))
    chance = 1 / (1 + np.exp(-(1.5 * generator.normal(size=len(site)) + np.log(share / (1 - share)))))
    age = generator.choice(["old", "young"], len(site))
    return {
        "references": (generator.random(len(site)) < chance).astype(int),
        "scores": chance,
        "groups": {"site": site, "age": age},
    }


def entries(report: Report) -> list[dict[str, Any]]:
    return [report["overall"], *(entry for groups in report["groups"].values() for entry in groups.values())]


def inside(table: dict[str, Any], entry: dict[str, Any]) -> Any:
    chosen = np.ones(len(table["scores"]), bool)
    for attribute, value in entry["group"].items():
        chosen &= table["groups"][attribute] == value
    return chosen


def value(entry: dict[str, Any], name: str) -> Any:
    return entry["measures"][name]["value"]


@pytest.mark.slow
@settings(max_examples=60)
@given(tables())
def test_rates_are_those_of_scikit_learn_and_fairlearn(table: dict[str, Any]) -> None:
    report = subgroup_auroc(**table, threshold=0.5, min_group_size=0)
    weights = table.get("sample_weight", np.ones(len(table["scores"])))
    taken, labels = table["scores"] >= 0.5, table["references"]
    for entry in entries(report):
        rows = inside(table, entry)
        given: dict[str, Any] = {"sample_weight": weights[rows]}
        assert value(entry, "selection_rate") == pytest.approx(selection_rate(labels[rows], taken[rows], **given))
        if labels[rows].any():
            expected = true_positive_rate(labels[rows], taken[rows], pos_label=1, **given)
            assert value(entry, "true_positive_rate") == pytest.approx(expected)
        if not labels[rows].all():
            expected = false_positive_rate(labels[rows], taken[rows], pos_label=1, **given)
            assert value(entry, "false_positive_rate") == pytest.approx(expected)
        if taken[rows].any():
            expected = precision_score(labels[rows], taken[rows], **given)
            assert value(entry, "positive_predictive_value") == pytest.approx(expected)
        else:
            reason = entry["measures"]["positive_predictive_value"]["reason"]
            assert reason.endswith("rows at or above the threshold")


def test_the_gap_of_a_rate_is_fairlearns_difference() -> None:
    table = made({"a": 300, "b": 200, "c": 100})
    report = subgroup_auroc(**table, threshold=0.5)
    frame = MetricFrame(
        metrics=selection_rate, y_true=table["references"], y_pred=table["scores"] >= 0.5,
        sensitive_features=table["groups"]["site"],
    )  # fmt: skip
    assert report["gaps"]["site"]["measures"]["selection_rate"]["difference"] == pytest.approx(frame.difference())


@pytest.mark.parametrize(("count", "of"), [(3, 20), (0, 20), (20, 20), (40, 90)])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_a_rate_has_the_interval_of_wilson(count: int, of: int, confidence: float) -> None:
    scores = np.repeat([1.0, 0.0], [count, of - count])
    report = subgroup_auroc(
        references=[0, *[1] * of], scores=[0, *scores], threshold=0.5, confidence=confidence, min_group_size=0
    )
    expected = stats.binomtest(count, of).proportion_ci(confidence, method="wilson")
    interval = report["overall"]["measures"]["true_positive_rate"]["interval"]
    assert list(interval.values()) == pytest.approx([expected.low, expected.high])


def test_the_difference_of_two_rates_has_the_interval_of_newcombe() -> None:
    """Newcombe 1998, method 10, of 56/70 and 48/80: Table II, (a)."""
    labels = np.ones(151, int)
    labels[-1] = 0
    scores = np.r_[np.repeat([1.0, 0.0], [56, 14]), np.repeat([1.0, 0.0], [48, 32]), 0.0]
    site = np.r_[np.repeat("a", 70), np.repeat("b", 81)]
    gap = subgroup_auroc(references=labels, scores=scores, groups={"site": site}, threshold=0.5)["gaps"]["site"]
    interval = gap["measures"]["true_positive_rate"]["difference_interval"]
    assert list(interval.values()) == pytest.approx([0.0524, 0.3339], abs=5e-5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_the_test_of_a_gap_and_its_interval_agree(seed: int) -> None:
    table = made({"a": 80, "b": 60, "c": 50}, seed)
    options: dict[str, Any] = {"threshold": 0.5, "max_fpr": 0.5, "resamples": 50}
    for name in ("selection_rate", "partial_auroc"):
        p_value = subgroup_auroc(**table, **options)["gaps"]["site"]["measures"][name]["p_value"]
        for nearly in (0.98, 1.02):
            if 0.001 < p_value * nearly < 0.9:
                report = subgroup_auroc(**table, **options, confidence=1 - p_value * nearly)
                gap = report["gaps"]["site"]["measures"][name]
                if name == "selection_rate":
                    assert (gap["difference_interval"]["low"] > 0) == (nearly > 1)
        gap = subgroup_auroc(**table, **options)["gaps"]["site"]["measures"][name]
        assert (gap["difference_interval"]["low"] > 0) == (gap["p_value"] < 0.05)


def test_of_two_groups_each_against_the_other_is_the_gap() -> None:
    table = made({"a": 150, "b": 60})
    gap = subgroup_auroc(**table, threshold=0.5)["gaps"]["site"]["measures"]["selection_rate"]
    compared = gap["compared"][gap["highest"]["name"]]
    assert compared["difference"] == pytest.approx(gap["difference"])
    assert compared["interval"] == pytest.approx(gap["difference_interval"])
    assert compared["p_adjusted"] == pytest.approx(gap["p_value"])


def test_a_group_is_compared_with_the_mean_of_the_others_or_with_a_reference() -> None:
    table = made({"a": 200, "b": 100, "c": 60})
    report = subgroup_auroc(**table, threshold=0.5)
    rate = {name: value(entry, "selection_rate") for name, entry in report["groups"]["site"].items()}
    compared = report["gaps"]["site"]["measures"]["selection_rate"]["compared"]
    assert compared["c"]["difference"] == pytest.approx(rate["c"] - (200 * rate["a"] + 100 * rate["b"]) / 300)
    named = subgroup_auroc(**table, threshold=0.5, reference={"site": "a"})
    against = named["gaps"]["site"]["measures"]["selection_rate"]["compared"]
    assert {name: each["difference"] for name, each in against.items()} == pytest.approx(
        {name: rate[name] - rate["a"] for name in ("b", "c")}
    )


@pytest.mark.slow
@settings(max_examples=60)
@given(tables(), st.sampled_from([0.05, 0.3, 0.999]))
def test_parts_of_the_curve_are_those_of_scikit_learn(table: dict[str, Any], share: float) -> None:
    report = subgroup_auroc(**table, max_fpr=share, specificity=1 - share, resamples=2, min_group_size=0)
    for entry in entries(report):
        rows = inside(table, entry)
        labels, scores = table["references"][rows], table["scores"][rows]
        if not 0 < labels.sum() < len(labels):
            assert value(entry, "partial_auroc") is None
            assert entry["measures"]["partial_auroc"]["reason"].startswith("only ")
            continue
        given = {"sample_weight": table["sample_weight"][rows] if "sample_weight" in table else None}
        expected = roc_auc_score(labels, scores, max_fpr=share, **given)
        assert value(entry, "partial_auroc") == pytest.approx(expected)
        alarms, hits, _ = roc_curve(labels, scores, drop_intermediate=False, **given)
        at = np.searchsorted(alarms, share, side="right")
        between = np.interp(share, alarms[at - 1 : at + 1], hits[at - 1 : at + 1])
        assert value(entry, "sensitivity_at_specificity") == pytest.approx(between, abs=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_calibration_slope_and_intercept_are_those_of_a_logistic_model(weighted: bool) -> None:
    table = made({"a": 300, "b": 200})
    if weighted:
        table["sample_weight"] = np.random.default_rng(1).uniform(0.2, 3, 500)
    report = subgroup_auroc(**table, calibration=True)
    for entry in entries(report):
        rows = inside(table, entry)
        labels, logits = table["references"][rows], np.log(table["scores"][rows] / (1 - table["scores"][rows]))
        weights = table["sample_weight"][rows] if weighted else np.ones(rows.sum())
        model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(logits[:, None], labels, weights)
        assert value(entry, "calibration_slope") == pytest.approx(model.coef_[0, 0], rel=1e-4)
        moved = 1 / (1 + np.exp(-logits - value(entry, "calibration_intercept")))
        assert weights @ moved == pytest.approx(weights @ labels)  # where the likelihood is highest


def test_the_slope_is_as_uncertain_as_the_jackknife_has_it() -> None:
    table = made({"a": 40}, seed=3)
    labels, logits = table["references"], np.log(table["scores"] / (1 - table["scores"]))[:, None]
    slopes = [
        LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(logits[kept], labels[kept]).coef_[0, 0]
        for kept in (np.arange(40) != row for row in range(40))
    ]
    wide = 2 * stats.t.ppf(0.975, min(labels.sum(), 40 - labels.sum()) - 1) * np.sqrt(39 * np.var(slopes))
    found = subgroup_auroc(**table, calibration=True)["overall"]["measures"]["calibration_slope"]["interval"]
    assert found["high"] - found["low"] == pytest.approx(wide, rel=0.05)


def test_rows_that_repeat_within_their_clusters_make_calibration_no_surer() -> None:
    table = made({"a": 40, "b": 30}, seed=3)
    again: dict[str, Any] = {name: np.repeat(values, 3) for name, values in table.items() if name != "groups"}
    again["groups"] = {name: np.repeat(values, 3) for name, values in table["groups"].items()}
    once = subgroup_auroc(**table, calibration=True)
    clustered = subgroup_auroc(**again, clusters=np.repeat(np.arange(70), 3), calibration=True)
    for entry, expected in zip(entries(clustered), entries(once), strict=True):
        for name in ("calibration_intercept", "calibration_slope"):
            found, wanted = (each["measures"][name]["interval"] for each in (entry, expected))
            assert [found["low"], found["high"]] == pytest.approx([wanted["low"], wanted["high"]])


def test_groups_of_the_same_persons_that_are_alike_differ_by_nothing_in_calibration() -> None:
    table = made({"a": 40}, seed=3)
    twice: dict[str, Any] = {name: np.tile(table[name], 2) for name in ("references", "scores")}
    groups = {"visit": np.repeat(["first", "second"], 40)}
    report = subgroup_auroc(**twice, groups=groups, clusters=np.tile(np.arange(40), 2), calibration=True)
    for name in ("calibration_intercept", "calibration_slope"):
        interval = report["gaps"]["visit"]["measures"][name]["difference_interval"]
        assert interval["high"] == pytest.approx(0, abs=1e-6)


@pytest.mark.slow
@settings(max_examples=40)
@given(tables(), st.integers(2, 15))
def test_the_calibration_error_is_that_of_its_definition(table: dict[str, Any], bins: int) -> None:
    report = subgroup_auroc(**table, calibration=True, bins=bins, min_group_size=0)
    for entry in entries(report):
        rows = inside(table, entry)
        labels, scores = table["references"][rows], table["scores"][rows]
        weights = table["sample_weight"][rows] if "sample_weight" in table else np.ones(len(labels))
        which = np.minimum(np.floor(scores * bins), bins - 1)
        expected = sum(
            weights[which == each].sum() / weights.sum()
            * abs(np.average((labels - scores)[which == each], weights=weights[which == each]))
            for each in np.unique(which)
        )  # fmt: skip
        assert value(entry, "expected_calibration_error") == pytest.approx(expected, abs=1e-12)
        interval = entry["measures"]["expected_calibration_error"]["interval"]
        assert interval is None or 0 <= interval["low"] <= interval["high"] <= 1


def test_a_calibrated_model_may_have_no_calibration_error_and_one_that_is_not_has_some() -> None:
    table = made({"a": 400}, seed=1)
    good = subgroup_auroc(**table, calibration=True)["overall"]["measures"]
    assert good["expected_calibration_error"]["value"] > 0
    assert good["expected_calibration_error"]["interval"]["low"] == 0
    bad = subgroup_auroc(**{**table, "scores": table["scores"] ** 3}, calibration=True)["overall"]
    assert bad["measures"]["expected_calibration_error"]["interval"]["low"] > 0.1
    assert bad["measures"]["calibration_slope"]["interval"]["high"] < 1
    assert bad["measures"]["calibration_intercept"]["interval"]["low"] > 0


def test_scores_that_keep_the_classes_apart_have_no_slope_and_say_why() -> None:
    labels = np.repeat([0, 1], 20)
    report = subgroup_auroc(references=labels, scores=0.1 + 0.8 * labels, calibration=True)
    found = report["overall"]["measures"]["calibration_slope"]
    assert found["value"] is None
    assert found["reason"].startswith("scores separate the classes")


def test_the_auroc_within_strata_is_their_mean_by_positive_rows() -> None:
    table = made({"a": 300, "b": 200})
    report = subgroup_auroc(**table, control="age")
    assert list(report["groups"]) == ["site"], "a control column is no attribute"
    assert report["options"]["control"] == ["age"]
    labels, ages = table["references"], table["groups"]["age"]
    shares = {age: labels[ages == age].sum() / labels.sum() for age in ("old", "young")}
    for entry in entries(report):
        rows = table["groups"]["site"] == entry["group"]["site"] if entry["group"] else np.ones(500, bool)
        expected = sum(
            share * roc_auc_score(labels[rows & (ages == age)], table["scores"][rows & (ages == age)])
            for age, share in shares.items()
        )
        assert value(entry, "controlled_auroc") == pytest.approx(expected)


def test_a_group_that_lacks_a_stratum_is_warned_of() -> None:
    table = made({"a": 300, "b": 60})
    table["groups"]["age"][table["groups"]["site"] == "b"] = "old"
    report = subgroup_auroc(**table, control="age")
    (warning,) = [each for each in report["warnings"] if each["about"] == "controlled_auroc"]
    assert (warning["attribute"], warning["group"]) == ("site", "b")
    assert warning["text"] == "it is from 1 of 2 strata; the others have too few rows of a class"
    assert warning["text"] in " ".join(report.to_text(200).split())


def test_of_one_stratum_the_auroc_within_is_the_auroc_and_has_its_interval() -> None:
    table = made({"a": 300, "b": 60})
    table["groups"]["age"] = np.repeat("old", 360)
    for entry in entries(subgroup_auroc(**table, control="age")):
        assert value(entry, "controlled_auroc") == pytest.approx(entry["auroc"])
        assert entry["measures"]["controlled_auroc"]["interval"] == pytest.approx(entry["interval"])


def test_any_metric_is_measured_by_group_and_gets_labels_scores_and_weights() -> None:
    table = made({"a": 300, "b": 100})
    report = subgroup_auroc(**table, metrics={"brier": brier}, resamples=200)
    for entry in entries(report):
        rows = inside(table, entry)
        found = entry["measures"]["brier"]
        assert found["value"] == pytest.approx(((table["references"] - table["scores"])[rows] ** 2).mean())
        assert found["interval"]["low"] < found["value"] < found["interval"]["high"]
    assert "brier" in report.to_markdown()
    weights = np.random.default_rng(0).uniform(1, 2, 400)
    weighted = subgroup_auroc(**table, metrics={"brier": brier}, sample_weight=weights, resamples=2)
    squares = (table["references"] - table["scores"]) ** 2
    assert value(weighted["overall"], "brier") == pytest.approx(np.average(squares, weights=weights))


def test_the_bootstrap_of_any_metric_agrees_with_a_standard_error_that_is_known() -> None:
    table = made({"a": 900, "b": 300})
    squares = (table["references"] - table["scores"]) ** 2
    clustered: dict[str, Any] = {name: np.tile(table[name], 3) for name in ("references", "scores")}
    once = subgroup_auroc(**table, metrics={"brier": brier}, resamples=400)
    thrice = subgroup_auroc(**clustered, clusters=np.tile(np.arange(1200), 3), metrics={"brier": brier}, resamples=400)
    for report in (once, thrice):
        interval = report["overall"]["measures"]["brier"]["interval"]
        width = interval["high"] - interval["low"]
        assert width == pytest.approx(2 * 1.96 * squares.std() / np.sqrt(1200), rel=0.15)


def test_a_metric_that_fails_or_gives_no_number_is_told() -> None:
    table = made({"a": 40, "b": 40})
    with pytest.raises(InputError, match=r"the metric 'odd' raised ZeroDivisionError: .*; correct it"):
        subgroup_auroc(**table, metrics={"odd": lambda *_: 1 / 0}, resamples=2)
    unknown = subgroup_auroc(**table, metrics={"none": lambda *_: None}, resamples=2)["overall"]["measures"]["none"]
    assert (unknown["value"], unknown["reason"]) == (None, "the metric returns no number")


def test_a_metric_that_changes_what_it_gets_changes_nothing_for_itself_or_others() -> None:
    def accuracy(labels: Any, scores: Any, weights: Any) -> float:
        return float(np.average((scores >= 0.5) == labels, weights=weights))

    def in_place(labels: Any, scores: Any, weights: Any) -> float:
        result = accuracy(labels, scores, weights)
        labels[:], scores[:], weights[:] = 0, 0, 1
        return result

    table: dict[str, Any] = {**made({"a": 40, "b": 40}), "sample_weight": np.linspace(1, 2, 80), "resamples": 20}
    careless = subgroup_auroc(**table, metrics={"accuracy": in_place, "brier": brier})
    assert careless == subgroup_auroc(**table, metrics={"accuracy": accuracy, "brier": brier})


def test_a_depth_beyond_the_attributes_is_all_of_them() -> None:
    report = subgroup_auroc(**made({"a": 40, "b": 40}), depth=10**12)
    assert report["intersections"] == subgroup_auroc(**made({"a": 40, "b": 40}), depth=2)["intersections"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"metrics": {"auroc": brier}}, "a metric is called 'auroc'; name it in letters"),
        ({"metrics": [brier]}, "metrics is .*; give a mapping from names to functions"),
        ({"control": 3}, "control is 3; give names of columns of groups"),
        ({"overlapping": True}, "overlapping is True; give names of columns of groups"),
        ({"metrics": {"a|b": brier}}, "a metric is called 'a|b'"),
        ({"metrics": {"brier": 3}}, "the metric 'brier' is not a function"),
        ({"max_fpr": 1.0}, "max_fpr is 1.0; give a number between 0 and 1"),
        ({"threshold_rule": "sensitivity=2"}, "threshold_rule is 'sensitivity=2'; give f1, youden, sensitivity=SHARE"),
        ({"threshold_rule": "youden"}, "threshold_rule is 'youden', but there is no validation set"),
        ({"control": "hand"}, "control names the column 'hand', which groups does not have; it has site, age"),
        ({"calibration": True, "scores": np.linspace(-1, 2, 80)}, "scores has .* values that are outside 0 to 1"),
        ({"metrics": {"brier": brier}, "resamples": 10**7}, "10,000,000 resamples of 80 rows"),
    ],
)
def test_what_cannot_be_measured_is_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message.replace("|", r"\|")):
        subgroup_auroc(**{**made({"a": 40, "b": 40}), **wrong})


def test_a_group_with_too_few_rows_for_a_measure_is_shown_and_not_compared() -> None:
    table = made({"a": 200, "b": 200, "c": 12})
    table["references"][-12:] = [1] * 3 + [0] * 9
    report = subgroup_auroc(**table, threshold=0.5)
    gap = report["gaps"]["site"]["measures"]
    assert gap["true_positive_rate"]["set_aside"] == {"c": "3 positive rows, fewer than min_class_size, 5"}
    assert gap["selection_rate"]["set_aside"] == {}
    assert set(gap["true_positive_rate"]["compared"]) == {"a", "b"}
    about = {warning["about"] for warning in report["warnings"] if warning["group"] == "c"}
    assert {"true_positive_rate", "false_positive_rate"} <= about
    assert "not compared: 3 positive rows" in " ".join(report.to_text(300).split())


def test_persons_count_and_not_rows_where_rows_depend_on_each_other() -> None:
    table = made({"a": 200, "b": 200})
    once = subgroup_auroc(**table, threshold=0.5)
    repeated: dict[str, Any] = {
        "references": np.tile(table["references"], 4),
        "scores": np.tile(table["scores"], 4),
        "groups": {name: np.tile(column, 4) for name, column in table["groups"].items()},
    }
    people = np.tile(np.arange(400), 4)
    report = subgroup_auroc(**repeated, threshold=0.5, clusters=people)
    for ours, theirs in zip(entries(report), entries(once), strict=True):
        one, other = (entry["measures"]["selection_rate"]["interval"] for entry in (ours, theirs))
        assert list(one.values()) == pytest.approx(list(other.values()), abs=0.01)


@pytest.mark.parametrize(("persons", "told"), [(1, r"1 cluster with"), (4, r"[\d.]+ clusters with")])
def test_a_caution_agrees_with_its_number(persons: int, told: str) -> None:
    report = subgroup_auroc(**made({"a": 60, "b": 60}), clusters=np.arange(120) % persons, threshold=0.5)
    texts = [str(each["text"]) for each in report["warnings"] if each["about"] == "true_positive_rate"]
    assert texts
    assert all(re.match(f"the interval is rough: it is from {told} positive rows", text) for text in texts)


def test_groups_that_share_persons_are_compared_by_what_differs_between_them() -> None:
    """Every person is seen on both sides and selected on both alike but for a few."""
    generator = np.random.default_rng(0)
    first = generator.random(200) < 0.5
    second = first ^ (generator.random(200) < 0.03)
    table: dict[str, Any] = {
        "references": np.tile([0, 1], 200),
        "scores": np.r_[first, second].astype(float),
        "groups": {"side": np.repeat(["left", "right"], 200)},
    }
    paired = subgroup_auroc(**table, threshold=0.5, clusters=np.tile(np.arange(200), 2))
    apart = subgroup_auroc(**table, threshold=0.5)
    width = [
        np.ptp(list(report["gaps"]["side"]["measures"]["selection_rate"]["difference_interval"].values()))
        for report in (paired, apart)
    ]
    assert width[0] < 0.5 * width[1]


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(tables())
def test_a_report_with_everything_is_json_that_fits_its_schema(table: dict[str, Any]) -> None:
    report = subgroup_auroc(**table, **ALL, metrics={"brier": brier}, min_group_size=3, resamples=10, depth=2)
    assert violations("metric_report", json.loads(json.dumps(report, allow_nan=False))) == []
    for entry in entries(report):
        for found in entry["measures"].values():
            assert (found["reason"] is not None) == (found["value"] is None or found["interval"] is None)
    for text in (report.to_text(), report.to_markdown(), report.to_latex()):
        assert text
    assert len(report.measures_frame()) == len(report["options"]["measures"]) * len(entries(report))
    assert len(report.measure_gaps_frame()) == len(report["options"]["measures"]) * len(report["gaps"])


RULES: dict[str, Callable[..., float]] = {
    "f1": lambda hits, alarms, positives, _: 2 * hits / (hits + alarms + positives),
    "youden": lambda hits, alarms, positives, negatives: hits / positives - alarms / negatives,
}


@settings(max_examples=60)
@given(tables(), st.sampled_from(["f1", "youden", "sensitivity=0.8", "specificity=0.8"]))
def test_a_threshold_is_the_one_that_the_rule_chooses_on_the_validation_set(table: dict[str, Any], rule: str) -> None:
    labels, scores = np.r_[table["references"], 0, 1], np.r_[table["scores"], 0.2, 0.6]
    given: dict[str, Any] = {"references": [0, 1] * 5, "scores": np.arange(10) / 10}
    report = subgroup_auroc(
        **given, validation={"references": labels, "scores": scores}, threshold_rule=rule, resamples=2
    )
    threshold = report["options"]["threshold"]
    assert report["options"]["threshold_rule"] == rule
    positives, negatives = labels.sum(), (1 - labels).sum()

    def counts(at: float) -> tuple[int, int]:
        return int(labels[scores >= at].sum()), int((1 - labels)[scores >= at].sum())

    candidates = np.unique(scores)
    if rule in RULES:
        values = [RULES[rule](*counts(at), positives, negatives) for at in candidates]
        assert RULES[rule](*counts(threshold), positives, negatives) == pytest.approx(max(values))
    elif rule.startswith("sensitivity"):
        assert threshold == max(at for at in candidates if counts(at)[0] / positives >= 0.8)
    else:
        reached = [at for at in candidates if 1 - counts(at)[1] / negatives >= 0.8]
        assert threshold == min(reached) if reached else threshold > scores.max()


def test_what_is_not_asked_for_is_not_measured() -> None:
    report = subgroup_auroc(**made({"a": 50, "b": 50}))
    assert report["options"]["measures"] == []
    assert "measures" not in report["overall"]
    assert "measures" not in report["gaps"]["site"]
    assert report["options"]["measure_resamples"] is None


def test_a_reliability_plot_has_the_share_and_interval_of_every_bin() -> None:
    table = made({"a": 300, "b": 100, "c": 5})
    panels = plot_reliability(**table, attribute="site", bins=5).figure.axes
    assert [ax.get_title() for ax in panels] == ["a (n = 300)", "b (n = 100)"]
    for ax, name in zip(panels, "ab", strict=True):
        rows = table["groups"]["site"] == name
        labels, scores = table["references"][rows], table["scores"][rows]
        which = np.minimum((scores * 5).astype(int), 4)
        *_, line = ax.get_lines()
        expected = [(scores[which == each].mean(), labels[which == each].mean()) for each in np.unique(which)]
        assert np.asarray(line.get_xydata()) == pytest.approx(np.array(expected))
        (bars,) = (found for found in ax.collections if isinstance(found, LineCollection))
        for bar, each in zip(bars.get_segments(), np.unique(which), strict=True):
            inside_bin = labels[which == each]
            wilson = stats.binomtest(int(inside_bin.sum()), len(inside_bin)).proportion_ci(method="wilson")
            assert np.asarray(bar)[:, 1].tolist() == pytest.approx([wilson.low, wilson.high])


def test_a_reliability_plot_says_what_it_cannot_draw() -> None:
    table = made({"a": 5, "b": 4})
    with pytest.raises(InputError, match="'site' has 0 groups of 10 rows or more"):
        plot_reliability(**table, attribute="site")
    with pytest.raises(InputError, match="calibration needs probabilities"):
        plot_reliability(**{**table, "scores": np.arange(9)}, attribute="site")
