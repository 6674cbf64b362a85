"""The metric against published values, and against plain loops over pairs of rows.

`data/asah.csv`: outcome six months after a subarachnoid haemorrhage of 113 patients, their gender, a clinical grade
(wfns) and two proteins in their blood (s100b, ndka), from Turck et al., Intensive Care Medicine 36 (2010), 107-115,
doi:10.1007/s00134-009-1641-y, as in the data set aSAH of the R package pROC (Robin et al., BMC Bioinformatics 12
(2011), 77). The values printed to ten digits and more are those that pROC's own tests expect (github.com/xrobin/pROC,
tests/testthat: test-var.R, test-cov.R, test-ci.auc.R, test-roc.test.R).

`data/carotid.csv`: what two readers made of 65 carotid arteries of 36 patients, the worked example of Obuchowski,
Biometrics 53 (1997), 567-578, with the components of its variance, as quoted to ten digits in the tests of
github.com/craignied/neuron (tests/clustered/check_clustered.cpp).
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synpain_hf.metrics.subgroup_auroc.arrays import Floats
from synpain_hf.metrics.subgroup_auroc.compute import subgroup_auroc

DATA = Path(__file__).parent / "data"
PRINTED = 5e-5
"""Off by no more than what is lost where four digits are printed."""
QUANTILE = NormalDist().inv_cdf(0.975)

AUROC = {"wfns": 0.823678861788618, "ndka": 0.611957994579946, "s100b": 0.731368563685637}
VARIANCE = {"wfns": 0.00146991470882363, "ndka": 0.0031908105493913, "s100b": 0.00266868245717244}
COVARIANCE = {
    ("wfns", "ndka"): -0.000532967856762438,
    ("ndka", "s100b"): -0.000756164938056579,
    ("wfns", "s100b"): 0.00119615567376754,
}
PAIRED = {
    ("wfns", "s100b"): (2.20898359144091, 0.0271757822291882, 0.0104061769564846, 0.174214419249478),
    ("wfns", "ndka"): (2.79777591868904, 0.00514557970691098, 0.0634011709339876, 0.3600405634833566),
    ("ndka", "s100b"): (-1.39077002573558, 0.164295175223054, -0.2876917446341914, 0.0488706064228094),
}
"""Z, p, and the interval of the difference of two markers in the same patients."""
UNPAIRED = {
    ("wfns", "s100b"): (1.43490640926908, 0.152825378808796),
    ("wfns", "ndka"): (3.10125096778969, 0.00220950791756457),
    ("ndka", "s100b"): (-1.55995743389685, 0.120192832430845),
}
"""D and p of two markers, as if each had patients of its own. Both are from Student's t, whose degrees of freedom pROC
takes from the rows of a group, and the metric from its rows of either class."""
NDKA_INTERVAL = (0.501244999271703, 0.722670989888189)
NDKA_OF_WOMEN = (0.5261398281, 0.6671428571, 0.8081458862)

POSITIVES, NEGATIVES = 29, 36
COMPONENTS = {
    "reader_1": (0.0013151307, 0.0022375873, 0.0051785478),
    "reader_2": (0.0009284122, 0.0022598583, -0.0005015760),
    "both": (0.0008484357, 0.0019241250, (0.0028648340 - 0.0015136931) / 2),
}
"""S10, S01 and S11 of Obuchowski's example; S11 of both readers is printed in either order."""


@pytest.fixture(scope="module")
def patients() -> dict[str, list[Any]]:
    return _columns("asah.csv")


@pytest.fixture(scope="module")
def arteries() -> dict[str, list[Any]]:
    return _columns("carotid.csv")


def _columns(name: str) -> dict[str, list[Any]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {column: [_number(row[column]) for row in rows] for column in rows[0]}


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


@pytest.mark.parametrize("marker", AUROC)
def test_auroc_and_delongs_variance_are_those_of_proc(patients: dict[str, list[Any]], marker: str) -> None:
    found = subgroup_auroc(references=patients["outcome"], scores=patients[marker], positive="Poor")["overall"]
    assert found["auroc"] == _near(AUROC[marker])
    assert found["standard_error"] ** 2 == _near(VARIANCE[marker])


def test_intervals_of_all_and_of_a_group_are_those_of_proc(patients: dict[str, list[Any]]) -> None:
    report = subgroup_auroc(
        references=patients["outcome"], scores=patients["ndka"], groups={"gender": patients["gender"]},
        positive="Poor", interval="delong",
    )  # fmt: skip
    women = report["groups"]["gender"]["Female"]
    assert tuple(report["overall"]["interval"].values()) == _near(NDKA_INTERVAL)
    assert (women["interval"]["low"], women["auroc"], women["interval"]["high"]) == _near(NDKA_OF_WOMEN)


@pytest.mark.parametrize("markers", PAIRED, ids="-".join)
def test_the_paired_test_is_that_of_proc(patients: dict[str, list[Any]], markers: tuple[str, str]) -> None:
    z, p_value, low, high = PAIRED[markers]
    found = subgroup_auroc(
        references=patients["outcome"], scores=patients[markers[0]], baseline_scores=patients[markers[1]],
        positive="Poor",
    )["overall"]["comparison"]  # fmt: skip
    assert found["difference"] == _near(AUROC[markers[0]] - AUROC[markers[1]])
    assert tuple(found["interval"].values()) == _near((low, high))
    assert found["p_value"] == _near(p_value)
    error = (found["interval"]["high"] - found["difference"]) / QUANTILE
    assert found["difference"] / error == _near(z)
    assert error**2 == _near(
        VARIANCE[markers[0]] + VARIANCE[markers[1]] - 2 * COVARIANCE[markers])  # fmt: skip


@pytest.mark.parametrize("markers", UNPAIRED, ids="-".join)
def test_the_test_between_two_groups_is_the_square_of_the_unpaired_one_of_proc(
    patients: dict[str, list[Any]], markers: tuple[str, str]
) -> None:
    count = len(patients["outcome"])
    report = subgroup_auroc(
        references=patients["outcome"] * 2,
        scores=patients[markers[0]] + patients[markers[1]],
        groups={"marker": [markers[0]] * count + [markers[1]] * count},
        positive="Poor",
        interval="delong",
    )
    test = report["gaps"]["marker"]["test"]
    d, p_value = UNPAIRED[markers]
    assert test["statistic"] == _near(d**2)
    assert test["degrees_of_freedom"] == 1
    first, second = (VARIANCE[marker] for marker in markers)
    by_rows = (first + second) ** 2 / ((first**2 + second**2) / (count - 1))
    assert 2 * stats.t.sf(abs(d), by_rows) == _near(p_value)
    assert test["p_value"] == _near(p_value, 2e-3)
    labels = [label == "Poor" for label in patients["outcome"]]
    parts = [
        of_class.var(ddof=1) / len(of_class)
        for marker in markers
        for of_class in _plain_delong(labels, patients[marker])[1:]
    ]
    freedom = sum(parts) ** 2 / sum(
        part**2 / (count - 1) for part, count in zip(parts, 2 * [sum(labels), count - sum(labels)], strict=True)
    )
    assert test["denominator_degrees_of_freedom"] == _near(freedom, 1e-6)
    assert test["p_value"] == _near(2 * stats.t.sf(abs(d), freedom))
    low, high = report["gaps"]["marker"]["difference_interval"].values()
    reach = stats.t.ppf(0.975, freedom) * math.sqrt(first + second)
    assert high - low == _near(2 * reach)


@pytest.mark.parametrize(("reader", "auroc", "error"), [("reader_1", 0.9837, 0.0108), ("reader_2", 0.9852, 0.0097)])
def test_the_clustered_variance_is_that_of_obuchowskis_example(
    arteries: dict[str, list[Any]], reader: str, auroc: float, error: float
) -> None:
    found = _of_arteries(arteries, reader)["overall"]
    assert found["auroc"] == _near(auroc, PRINTED)
    assert found["standard_error"] == _near(error, PRINTED)
    assert found["standard_error"] ** 2 == _near(_variance(*COMPONENTS[reader]), 1e-11)


def test_the_interval_that_would_pass_one_in_obuchowskis_example_stays_below(arteries: dict[str, list[Any]]) -> None:
    found = _of_arteries(arteries, "reader_1", interval="logit")["overall"]
    value, error = found["auroc"], math.sqrt(_variance(*COMPONENTS["reader_1"]))
    assert (value - QUANTILE * error, value + QUANTILE * error) == _near((0.9625, 1.005), 5e-4)
    reach = stats.t.ppf(0.975, _freedom(arteries, "reader_1")) * error / (value * (1 - value))
    for bound, side in (("low", -1), ("high", 1)):
        odds = value / (1 - value) * math.exp(side * reach)
        assert found["interval"][bound] == _near(odds / (1 + odds))


def test_the_clustered_comparison_is_that_of_obuchowskis_example_with_students_t(
    arteries: dict[str, list[Any]],
) -> None:
    found = _of_arteries(arteries, "reader_2", baseline="reader_1")["overall"]["comparison"]
    first, second, both = (_variance(*COMPONENTS[name]) for name in ("reader_1", "reader_2", "both"))
    difference, error = found["difference"], math.sqrt(first + second - 2 * both)
    printed = (difference, difference - QUANTILE * error, difference + QUANTILE * error)
    assert (*printed, math.erfc(difference / error / math.sqrt(2))) == _near((0.0014, -0.0115, 0.0143, 0.8271), PRINTED)
    freedom = _freedom(arteries, "reader_2", "reader_1")
    reach = stats.t.ppf(0.975, freedom) * error
    assert tuple(found["interval"].values()) == _near((difference - reach, difference + reach), 1e-7)
    assert found["p_value"] == _near(2 * stats.t.sf(difference / error, freedom), 1e-7)


def test_taking_the_arteries_of_a_patient_for_independent_gives_another_variance(
    arteries: dict[str, list[Any]],
) -> None:
    alone = subgroup_auroc(references=arteries["positive"], scores=arteries["reader_1"])["overall"]
    assert alone["standard_error"] != _near(0.0108, PRINTED)


def _of_arteries(
    arteries: dict[str, list[Any]], reader: str, baseline: str | None = None, interval: str = "delong"
) -> dict[str, Any]:
    return subgroup_auroc(
        references=arteries["positive"],
        scores=arteries[reader],
        baseline_scores=None if baseline is None else arteries[baseline],
        clusters=arteries["patient"],
        interval=interval,
    )


def _freedom(arteries: dict[str, list[Any]], reader: str, baseline: str | None = None) -> float:
    """Satterthwaite's, over the patients with arteries of one class, of the other, and of both."""
    labels, patients = arteries["positive"], arteries["patient"]
    added = np.zeros(len(labels))
    for scores, sign in ((arteries[reader], 1), (arteries.get(baseline or "", []), -1)):
        if len(scores):
            auroc, *of_class = _plain_delong(labels, scores)
            queues = [iter((values - auroc) / len(values)) for values in of_class]
            added += sign * np.array([next(queues[0 if label else 1]) for label in labels])
    of_kind: dict[frozenset[Any], list[tuple[float, int]]] = {}
    for patient in set(patients):
        inside = [number for number, name in enumerate(patients) if name == patient]
        kind = frozenset(labels[number] for number in inside)
        of_kind.setdefault(kind, []).append((added[inside].sum(), len(inside)))
    total = squares = 0.0
    for sums in of_kind.values():
        effective = sum(size for _, size in sums) ** 2 / sum(size**2 for _, size in sums)
        variance = sum(value**2 for value, _ in sums) * effective / (effective - 1)
        total, squares = total + variance, squares + variance**2 / (effective - 1)
    return total**2 / squares


def _variance(s10: float, s01: float, s11: float) -> float:
    return s10 / POSITIVES + s01 / NEGATIVES + 2 * s11 / (POSITIVES * NEGATIVES)


def _near(expected: Any, apart: float = 1e-9) -> Any:
    return pytest.approx(expected, rel=0, abs=apart)


@st.composite
def made_rows(draw: Callable[..., Any]) -> dict[str, Any]:
    """Rows with many ties, two models, three groups and some clusters; both classes twice in each group."""
    count = draw(st.integers(1, 40))
    labels = [0, 0, 1, 1] * 3 + draw(st.lists(st.integers(0, 1), min_size=count, max_size=count))
    groups = [*"aaaabbbbcccc", *draw(st.lists(st.sampled_from("abc"), min_size=count, max_size=count))]
    size = len(labels)
    scores = st.lists(st.integers(0, draw(st.integers(1, 30))), min_size=size, max_size=size)
    clusters = st.lists(st.integers(0, draw(st.integers(1, 20))), min_size=size, max_size=size)
    return {
        "references": labels,
        "scores": draw(scores),
        "baseline_scores": draw(scores),
        "groups": {"group": groups},
        "clusters": draw(clusters),
        "sample_weight": [weight / 4 for weight in draw(st.lists(st.integers(1, 9), min_size=size, max_size=size))],
    }


@settings(max_examples=60)
@given(made_rows())
def test_delong_agrees_with_loops_over_pairs(rows: dict[str, Any]) -> None:
    report = subgroup_auroc(
        **{name: rows[name] for name in ("references", "scores", "baseline_scores", "groups")}, min_group_size=0
    )
    for group, found in report["groups"]["group"].items():
        inside = [name == group for name in rows["groups"]["group"]]
        models = [
            _plain_delong(*_pick(inside, rows["references"], rows[name])) for name in ("scores", "baseline_scores")
        ]
        (auroc, of_positives, of_negatives), (other, other_positives, other_negatives) = models
        assert found["auroc"] == _near(auroc)
        assert found["comparison"]["baseline_auroc"] == _near(other)
        variance = _plain_variance(of_positives, of_negatives)
        if found["standard_error"] is None:
            assert variance == _near(0)
        else:
            assert found["standard_error"] ** 2 == _near(variance)
        variance = _plain_variance(of_positives - other_positives, of_negatives - other_negatives)
        if found["comparison"]["p_value"] is None:
            assert variance == _near(0)
        else:
            z = (auroc - other) / math.sqrt(variance)
            assert found["comparison"]["p_value"] == _near(math.erfc(abs(z) / math.sqrt(2)))


@settings(max_examples=60)
@given(made_rows())
def test_the_clustered_variance_agrees_with_obuchowskis_formulas_by_loops(rows: dict[str, Any]) -> None:
    report = subgroup_auroc(
        **{name: rows[name] for name in ("references", "scores", "groups", "clusters")}, min_group_size=0
    )
    for group, found in report["groups"]["group"].items():
        inside = [name == group for name in rows["groups"]["group"]]
        variance = _plain_obuchowski(*_pick(inside, rows["references"], rows["scores"], rows["clusters"]))
        if found["standard_error"] is None:
            assert variance is None or variance < 1e-9
        else:
            assert found["standard_error"] ** 2 == _near(variance)


@pytest.mark.parametrize("weighted", [False, True])
@settings(max_examples=40)
@given(rows=made_rows())
def test_borkans_aurocs_agree_with_loops_over_pairs(rows: dict[str, Any], weighted: bool) -> None:
    given_rows = {name: rows[name] for name in ("references", "scores", "groups")}
    weights = rows["sample_weight"] if weighted else [1.0] * len(rows["scores"])
    report = subgroup_auroc(
        **given_rows, sample_weight=weights if weighted else None, min_group_size=0, min_class_size=2
    )
    groups = rows["groups"]["group"]
    every = list(zip(rows["references"], rows["scores"], groups, weights, strict=True))
    of_kind: dict[str, list[float]] = {"subgroup_auroc": [], "bpsn_auroc": [], "bnsp_auroc": []}
    for name, found in report["groups"]["group"].items():
        inside, outside = [row for row in every if row[2] == name], [row for row in every if row[2] != name]
        for kind, of_positives, of_negatives in (
            ("subgroup_auroc", inside, inside), ("bpsn_auroc", outside, inside), ("bnsp_auroc", inside, outside),
        ):  # fmt: skip
            positives = [(score, weight) for label, score, _, weight in of_positives if label == 1]
            negatives = [(score, weight) for label, score, _, weight in of_negatives if label == 0]
            won = sum(v * w * _wins(a, b) for a, v in positives for b, w in negatives)
            value = won / (sum(v for _, v in positives) * sum(w for _, w in negatives))
            assert found["auroc" if kind == "subgroup_auroc" else kind] == _near(value)
            if name not in report["gaps"]["group"]["set_aside"]:
                of_kind[kind].append(value)
    means = report["gaps"]["group"]["generalised_mean"]
    for kind, values in of_kind.items():
        if not values:
            assert means[kind] is None
        else:
            expected = 0 if min(values) == 0 else (sum(value**-5 for value in values) / len(values)) ** (-1 / 5)
            assert means[kind] == _near(expected)


def _pick(inside: Sequence[bool], *columns: Sequence[Any]) -> list[list[Any]]:
    return [[value for value, chosen in zip(column, inside, strict=True) if chosen] for column in columns]


def _wins(positive: float, negative: float) -> float:
    return 1.0 if positive > negative else 0.5 if positive == negative else 0.0


def _plain_delong(labels: Sequence[int], scores: Sequence[float]) -> tuple[float, Floats, Floats]:
    """AUROC, and the components V10 and V01 of DeLong et al. 1988, over all pairs."""
    positives = [score for label, score in zip(labels, scores, strict=True) if label]
    negatives = [score for label, score in zip(labels, scores, strict=True) if not label]
    wins = np.array([[_wins(positive, negative) for negative in negatives] for positive in positives])
    return float(wins.mean()), wins.mean(axis=1), wins.mean(axis=0)


def _plain_variance(of_positives: Floats, of_negatives: Floats) -> float:
    return float(of_positives.var(ddof=1) / len(of_positives) + of_negatives.var(ddof=1) / len(of_negatives))


def _plain_obuchowski(labels: Sequence[int], scores: Sequence[float], clusters: Sequence[int]) -> float | None:
    """The variance of Obuchowski 1997, section 2; None where a class is in one cluster only."""
    auroc, of_positives, of_negatives = _plain_delong(labels, scores)
    positives, negatives, names = len(of_positives), len(of_negatives), sorted(set(clusters))
    sums = {name: [0.0, 0.0] for name in names}
    counts = {name: [0, 0] for name in names}
    placements = [iter(of_negatives), iter(of_positives)]
    for label, cluster in zip(labels, clusters, strict=True):
        sums[cluster][label] += next(placements[label])
        counts[cluster][label] += 1
    with_positives = sum(counts[name][1] > 0 for name in names)
    with_negatives = sum(counts[name][0] > 0 for name in names)
    if with_positives < 2 or with_negatives < 2:
        return None
    apart = {name: [sums[name][label] - counts[name][label] * auroc for label in (0, 1)] for name in names}
    s10 = with_positives / ((with_positives - 1) * positives) * sum(of_one[1] ** 2 for of_one in apart.values())
    s01 = with_negatives / ((with_negatives - 1) * negatives) * sum(of_one[0] ** 2 for of_one in apart.values())
    s11 = len(names) / (len(names) - 1) * sum(of_one[0] * of_one[1] for of_one in apart.values())
    return s10 / positives + s01 / negatives + 2 * s11 / (positives * negatives)
