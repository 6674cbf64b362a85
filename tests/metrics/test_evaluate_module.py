"""The metric as a module of `evaluate`: loaded by path, given rows in every way, and the same as the plain function."""

from __future__ import annotations

import doctest
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import datasets
import evaluate
import numpy as np
import pandas
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import synpain_hf
from synpain_hf.metrics.subgroup_auroc import InputError, Report, subgroup_auroc
from synpain_hf.metrics.subgroup_auroc.packing import pack, unpack
from tests.loading.elsewhere import environment, run_elsewhere

FOLDER = Path(synpain_hf.__file__).parent / "metrics" / "subgroup_auroc"
SCRIPT = FOLDER / "subgroup_auroc.py"
ROWS = 120

FEATURES = datasets.Features(
    {
        "label": datasets.ClassLabel(names=["no_pain", "pain"]),
        "score": datasets.Value("float64"),
        "other": datasets.Value("float64"),
        "age_group": datasets.ClassLabel(names=["young", "old"]),
        "gender": datasets.Value("string"),
        "site": datasets.Value("int64"),
        "person": datasets.Value("int64"),
        "weight": datasets.Value("float64"),
    }
)
ATTRIBUTES = ["age_group", "gender", "site"]
GROUPS = [*ATTRIBUTES, "person", "weight", "other"]
OPTIONS: dict[str, Any] = {
    "clusters": "person",
    "sample_weight": "weight",
    "baseline_scores": "other",
    "depth": 2,
    "threshold": 0.5,
}

ANOTHER_METRIC = """
import datasets
import evaluate


class Share(evaluate.Metric):
    def _info(self):
        features = {"predictions": datasets.Value("int64"), "references": datasets.Value("int64")}
        return evaluate.MetricInfo(description="", citation="", features=datasets.Features(features))

    def _compute(self, predictions, references):
        return {"share": sum(map(int.__eq__, predictions, references)) / len(references)}
"""

LOADS_ALONE = """
import json, sys
sys.modules["synpain_hf"] = None  # what imports it fails
sys.modules["transformers"] = None  # which `evaluate` would import, and takes seconds
import evaluate
metric = evaluate.load(sys.argv[1])
report = metric.compute(references=[0, 1, 0, 1], scores=[0.1, 0.7, 0.8, 0.9], groups={"hand": ["left"] * 4})
report.to_markdown(), report.to_latex(), report.to_text(), report.to_frame(), report.gaps_frame(), report.plot_gaps()
print(json.dumps({"report": report, "module": type(metric).__module__}))
"""

IS_ONE_OF_TWO = """
import json, sys
import evaluate
script, number, rows = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
metric = evaluate.load(script, num_process=2, process_id=number, experiment_id="both", timeout=600)
metric.add_batch(**rows)
print(json.dumps(metric.compute(depth=2, min_group_size=0)))
"""


@pytest.fixture
def metric() -> Any:
    return evaluate.load(str(SCRIPT))


@pytest.fixture(scope="module")
def loaded() -> datasets.Dataset:
    """A loaded data set whose groups are classes, texts and numbers, with missing ones among them."""
    draw = np.random.default_rng(7)
    label = draw.integers(0, 2, ROWS)
    columns = {
        "label": label,
        "score": draw.normal(label, 1.5).round(1),
        "other": draw.normal(label, 3.0),
        "age_group": [None if draw.random() < 0.05 else int(draw.integers(2)) for _ in range(ROWS)],
        "gender": [None if draw.random() < 0.05 else ["man", "woman"][draw.integers(2)] for _ in range(ROWS)],
        "site": draw.choice([9, 10, 100], ROWS),
        "person": draw.integers(0, 40, ROWS),
        "weight": draw.uniform(0.1, 2, ROWS),
    }
    return datasets.Dataset.from_dict(columns, features=FEATURES)


def given_as(rows: datasets.Dataset, **more: Any) -> dict[str, Any]:
    return {"references": rows["label"], "scores": rows["score"], "groups": rows.select_columns(GROUPS), **more}


def plainly(rows: datasets.Dataset, **more: Any) -> Report:
    return subgroup_auroc(**given_as(rows), attributes=ATTRIBUTES, **{**OPTIONS, **more})


# Loading


@pytest.mark.slow
@pytest.mark.parametrize("path", [FOLDER, SCRIPT], ids=["the folder", "the script"])
def test_it_loads_alone_from_a_copy_where_nothing_of_the_package_is(path: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(FOLDER, tmp_path / FOLDER.name, ignore=shutil.ignore_patterns("__pycache__"))
    place = copy if path.is_dir() else copy / path.name
    told = run_elsewhere(LOADS_ALONE, place, home=tmp_path / "home", folder=tmp_path, MPLBACKEND="agg")
    assert told["module"].startswith("evaluate_modules.metrics.subgroup_auroc.")
    assert told["report"]["overall"]["auroc"] == 0.75


def test_every_module_of_the_folder_comes_along(metric: Any) -> None:
    copied = Path(sys.modules[type(metric).__module__].__file__ or "").parent
    here = {path.name for path in FOLDER.glob("*.py")} - {"app.py"}
    assert {path.name for path in copied.glob("*.py")} == here


def test_a_script_that_forgets_a_module_does_not_load(tmp_path: Path) -> None:
    copy = shutil.copytree(FOLDER, tmp_path / FOLDER.name, ignore=shutil.ignore_patterns("__pycache__"))
    script = copy / SCRIPT.name
    script.write_text(script.read_text().replace("from .borkan import generalised_mean\n", ""))
    with pytest.raises(ModuleNotFoundError, match="borkan"):
        evaluate.load(str(script))


def test_it_says_what_it_is(metric: Any) -> None:
    assert metric.name == "subgroup_auroc"
    assert metric.module_type == "metric"
    assert "every group" in metric.description
    assert len(re.findall(r"^@\w+\{", metric.citation, re.MULTILINE)) == 7
    assert metric.features["scores"].dtype == "float64", "float32 would make ties"
    for method in (metric.compute, metric.add, metric.add_batch):
        assert "predictions" in (method.__doc__ or ""), "evaluate adds the description of the inputs"


def test_the_example_in_its_description_is_true(metric: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER.parent)
    example = doctest.DocTestParser().get_doctest(metric.inputs_description, {}, "inputs", None, None)
    assert len(example.examples) >= 4
    assert doctest.DocTestRunner().run(example).failed == 0


# The same as the plain function


@pytest.mark.parametrize("interval", ["delong", "bootstrap"])
@pytest.mark.parametrize("positive", [1, "pain"])
def test_compute_equals_the_plain_function(
    metric: Any, loaded: datasets.Dataset, interval: str, positive: object
) -> None:
    more = {**OPTIONS, "attributes": ATTRIBUTES, "interval": interval, "resamples": 50, "positive": positive}
    report = metric.compute(**given_as(loaded, **more))
    assert report == plainly(loaded, interval=interval, resamples=50, positive=positive)
    assert list(report["groups"]["age_group"]) == ["young", "old", "(missing)"]
    assert report.to_markdown() == plainly(loaded, interval=interval, resamples=50, positive=positive).to_markdown()


@pytest.mark.slow
@pytest.mark.parametrize("interval", ["delong", "bootstrap"])
@pytest.mark.parametrize("positive", [1, "pain"])
@pytest.mark.parametrize("keep_in_memory", [False, True])
def test_rows_in_batches_equal_the_plain_function(
    loaded: datasets.Dataset, interval: str, positive: object, keep_in_memory: bool
) -> None:
    metric = evaluate.load(str(SCRIPT), keep_in_memory=keep_in_memory)
    for start in range(0, ROWS, 50):
        metric.add_batch(**given_as(loaded.select(range(start, min(start + 50, ROWS)))))
    assert len(metric) == ROWS
    report = metric.compute(**OPTIONS, attributes=ATTRIBUTES, interval=interval, resamples=50, positive=positive)
    expected = plainly(loaded, interval=interval, resamples=50, positive=positive)
    assert report == expected
    assert list(report["groups"]["site"]) == ["9", "10", "100"]
    assert json.dumps(report) == json.dumps(expected), "also in the same order"


def test_rows_one_by_one_equal_the_plain_function(metric: Any, loaded: datasets.Dataset) -> None:
    for row in loaded:
        metric.add(reference=row["label"], scores=row["score"], groups={"site": row["site"], "who": row["gender"]})
    expected = subgroup_auroc(
        references=list(loaded["label"]),  # a row's label has no name
        scores=loaded["score"],
        groups={"site": loaded["site"], "who": loaded["gender"]},
    )
    assert metric.compute() == expected


@pytest.mark.parametrize(
    "container",
    [dict, pandas.DataFrame, datasets.Dataset.from_dict, lambda columns: pandas.DataFrame(columns).to_dict("records")],
    ids=["mapping", "data frame", "data set", "records"],
)
def test_a_batch_takes_groups_in_any_container(metric: Any, container: Any) -> None:
    columns = {"hand": ["left", "right"] * 10, "site": [9, 10] * 10, "when": ["a", None] * 10}
    labels, scores = [0, 0, 1, 1] * 5, np.linspace(0, 1, 20)
    metric.add_batch(references=labels, scores=scores, groups=container(columns))
    assert metric.compute() == subgroup_auroc(references=labels, scores=scores, groups=columns)


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.dates()


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_names_and_values_of_groups_come_through(metric: Any, data: st.DataObject) -> None:
    count = data.draw(st.integers(4, 12))
    column = st.lists(SCALARS, min_size=count, max_size=count)
    groups = data.draw(st.dictionaries(st.text(max_size=5), column, max_size=3))
    scores = data.draw(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=count, max_size=count))
    labels = [row % 2 for row in range(count)]
    half = {name: values[:3] for name, values in groups.items()}, {name: values[3:] for name, values in groups.items()}
    metric.add_batch(references=labels[:3], scores=scores[:3], groups=half[0])
    metric.add_batch(references=labels[3:], scores=scores[3:], groups=half[1])
    expected = subgroup_auroc(references=labels, scores=scores, groups=groups, min_group_size=0)
    assert json.dumps(metric.compute(min_group_size=0)) == json.dumps(expected)


@pytest.mark.parametrize(
    ("negative", "positive"),
    [(0, 1), (False, True), ("no", "yes"), (2, 1), (np.int8(0), np.int8(1)), (0.0, 1.0), ("no_pain", "pain")],
)
def test_labels_are_any_two_values(metric: Any, negative: Any, positive: Any) -> None:
    labels, scores = [negative, positive, negative, positive], [0.1, 0.7, 0.8, 0.9]
    metric.add_batch(references=labels, scores=scores)
    report = metric.compute(positive=positive)
    assert report == subgroup_auroc(references=labels, scores=scores, positive=positive)
    assert report["overall"]["auroc"] == 0.75


def test_scores_that_differ_in_the_last_digit_stay_apart(metric: Any) -> None:
    scores = [0.5, np.nextafter(0.5, 1), 0.25, 0.75]
    metric.add_batch(references=[0, 1, 0, 1], scores=scores)
    assert metric.compute()["overall"]["auroc"] == 1.0


def test_classes_that_only_some_batches_name_are_shown_by_name_where_there_is_one(
    metric: Any, loaded: datasets.Dataset
) -> None:
    known = loaded.filter(lambda row: row["age_group"] is not None)
    metric.add_batch(references=known["label"], scores=known["score"], groups={"age": known["age_group"]})
    metric.add_batch(references=[0, 1], scores=[0.0, 1.0], groups={"age": ["old", "very old"]})
    ages = metric.compute(min_group_size=0)["groups"]["age"]
    assert set(ages) == {"old", "very old", "young"}
    assert ages["old"]["n"] == known["age_group"][:].count(1) + 1


def test_predictions_are_scores_where_there_are_no_others(metric: Any) -> None:
    labels, scores = [0, 1, 0, 1], [0.1, 0.7, 0.8, 0.9]
    expected = subgroup_auroc(references=labels, scores=scores)
    assert metric.compute(predictions=scores, references=labels) == expected
    assert metric.compute(predictions=[0, 1, 1, 1], references=labels, scores=scores) == expected
    metric.add_batch(predictions=scores, references=labels)
    assert metric.compute() == expected
    for label, score in zip(labels, scores, strict=True):
        metric.add(prediction=score, reference=label)
    assert metric.compute() == expected


def test_options_given_to_load_hold_until_compute_says_otherwise() -> None:
    metric = evaluate.load(str(SCRIPT), positive="yes", min_group_size=0)
    rows: dict[str, Any] = {"references": ["no", "yes"], "scores": [0.1, 0.2], "groups": {"hand": ["left", "left"]}}
    assert metric.compute(**rows)["groups"]["hand"]["left"]["auroc"] == 1.0
    metric.add_batch(**rows)
    assert metric.compute(positive="no")["groups"]["hand"]["left"]["auroc"] == 0.0


def test_it_plots_with_the_options_it_was_loaded_with(loaded: datasets.Dataset) -> None:
    metric = evaluate.load(str(SCRIPT), positive="pain", attributes=["gender"], resamples=40, min_group_size=0)
    roc = metric.plot_roc(**given_as(loaded), attribute="gender")
    report = metric.compute(**given_as(loaded))
    curves = [text.get_text() for text in roc.get_legend().get_texts()]
    assert [curve.partition(":")[0] for curve in curves] == ["(all rows)", *report["groups"]["gender"]]
    assert f"{report['overall']['auroc']:.3f}" in curves[0]
    forest = metric.plot_gaps(report)
    assert {"man", "woman"} <= {label.get_text() for label in forest.get_yticklabels()}


# Rounds, processes, combinations


def test_a_second_round_knows_nothing_of_the_first(metric: Any) -> None:
    metric.add_batch(references=[0, 1, 0, 1], scores=[0.1, 0.2, 0.3, 0.4])
    metric.compute()
    assert len(metric) == 0
    metric.add_batch(references=[0, 1], scores=[0.9, 0.1])
    metric.add(reference=1, scores=0.2)
    report = metric.compute(references=[0], scores=[0.15])
    assert report == subgroup_auroc(references=[0, 1, 1, 0], scores=[0.9, 0.1, 0.2, 0.15])


@pytest.mark.slow
def test_two_processes_share_the_rows(tmp_path: Path) -> None:
    rows: dict[str, Any] = {
        "references": [0, 1] * 10,
        "scores": np.linspace(0, 1, 20).round(2).tolist(),
        "groups": [{"hand": hand, "site": site} for hand in ("left", "right") for site in range(10)],
    }
    parts = [{name: values[:12] for name, values in rows.items()}, {name: values[12:] for name, values in rows.items()}]
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", IS_ONE_OF_TWO, str(SCRIPT), str(number), json.dumps(part)],
            cwd=tmp_path,
            env=environment(tmp_path / "home"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number, part in enumerate(parts)
    ]
    (first, wrong), (second, too) = (program.communicate(timeout=600) for program in programs)
    assert not any(program.returncode for program in programs), wrong + too
    assert json.loads(first) == subgroup_auroc(**rows, depth=2, min_group_size=0)
    assert json.loads(second) is None


def test_it_combines_with_another_metric(tmp_path: Path) -> None:
    script = tmp_path / "share.py"
    script.write_text(ANOTHER_METRIC)
    labels, scores = [0, 1, 0, 1], [0.1, 0.7, 0.8, 0.9]
    groups = {"hand": ["left", "left", "right", "right"]}
    metrics = evaluate.combine([evaluate.load(str(SCRIPT), min_group_size=0), evaluate.load(str(script))])
    expected = subgroup_auroc(references=labels, scores=scores, groups=groups, min_group_size=0) | {"share": 0.75}
    metrics.add_batch(predictions=[0, 1, 1, 1], references=labels, scores=scores, groups=groups)
    assert metrics.compute() == expected
    for row, (label, score) in enumerate(zip(labels, scores, strict=True)):
        one = {"hand": groups["hand"][row]}
        metrics.add(prediction=int(score > 0.5), reference=label, scores=score, groups=one)
    assert metrics.compute() == expected


def test_two_of_it_combine(loaded: datasets.Dataset) -> None:
    by = {name: evaluate.load(str(SCRIPT), attributes=[name]) for name in ("gender", "site")}
    report = evaluate.combine(by).compute(**given_as(loaded))
    for name in by:
        expected = subgroup_auroc(**given_as(loaded), attributes=[name])
        assert {part: report[f"{name}_{part}"] for part in expected} == expected


# What cannot be used


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "labels and scores of different lengths": ({"references": [0, 1], "scores": [0.1]}, "references has 2 rows, but"),
    "groups of another length": (
        {"references": [0, 1], "scores": [0.1, 0.2], "groups": {"hand": ["left"]}},
        "'hand' has 1 rows",
    ),
    "a score that is not finite": (
        {"references": [0, 1], "scores": [0.1, float("nan")]},
        "not finite: rows 1 .from 0.",
    ),
    "scores that are no numbers": ({"references": [0, 1], "scores": ["low", 0.2]}, "rows 0 hold something else"),
    "a group that is no value": (
        {"references": [0, 1], "scores": [0.1, 0.2], "groups": [{"hand": ["left"]}, {"hand": "left"}]},
        "'hand' holds a list in row 0",
    ),
    "no labels": ({"scores": [0.1, 0.2]}, "references are not given"),
    "no scores": ({"references": [0, 1]}, "scores are not given"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_are_told_of_when_they_are_given_and_spoil_nothing(metric: Any, case: str) -> None:
    rows, message = BAD[case]
    metric.add_batch(references=[0, 1], scores=[0.1, 0.2])
    for method in (metric.add_batch, metric.compute):
        with pytest.raises(ValueError, match=message):
            method(**rows)
        assert len(metric) == 2
    assert metric.compute()["overall"]["n"] == 2


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_that_are_computed_at_once_are_told_of_in_the_same_words(metric: Any, case: str) -> None:
    rows, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        metric.compute(**rows)


def test_a_third_label_is_told_of_by_its_row_among_all(metric: Any) -> None:
    rows: dict[str, Any] = {"references": [0, 1, 0, 7], "scores": [0.1, 0.2, 0.3, 0.4]}
    metric.add_batch(**{name: values[:2] for name, values in rows.items()})
    metric.add_batch(**{name: values[2:] for name, values in rows.items()})
    with pytest.raises(InputError) as plain:
        subgroup_auroc(**rows)
    with pytest.raises(ValueError, match="rows 3;") as error:
        metric.compute()
    assert str(error.value) == str(plain.value)


@pytest.mark.parametrize("keep_in_memory", [False, True])
def test_a_wrong_option_does_not_cost_the_rows_that_were_added(keep_in_memory: bool) -> None:
    metric = evaluate.load(str(SCRIPT), keep_in_memory=keep_in_memory)
    metric.add_batch(references=["no", "yes"], scores=[0.1, 0.2])
    for wrong in ({"positive": "yess"}, {"interval": "guess"}, {"depht": 2}):
        with pytest.raises(ValueError, match="|".join(wrong)):
            metric.compute(**wrong)
    assert metric.compute(positive="yes") == subgroup_auroc(references=["no", "yes"], scores=[0.1, 0.2], positive="yes")
    with pytest.raises(ValueError, match="no rows"):
        metric.compute(positive="yes")


def test_rows_that_could_not_be_computed_do_not_mix_with_later_ones(metric: Any) -> None:
    metric.add_batch(references=["no", "yes"], scores=[0.1, 0.2])
    with pytest.raises(ValueError, match="positive="):
        metric.compute()
    metric.add_batch(references=[0, 1, 1], scores=[0.1, 0.2, 0.3])
    assert metric.compute()["overall"]["n"] == 3
    with pytest.raises(ValueError, match="no rows"):
        metric.compute()


@pytest.mark.parametrize("keep_in_memory", [False, True])
def test_nothing_to_compute_is_told_of(keep_in_memory: bool) -> None:
    metric = evaluate.load(str(SCRIPT), keep_in_memory=keep_in_memory)
    with pytest.raises(ValueError, match="no rows: give references and scores, or add them first"):
        metric.compute()
    metric.add_batch(references=[], scores=[])
    with pytest.raises(ValueError, match="no rows"):
        metric.compute()


def test_an_option_that_is_not_there_is_told_of_at_once() -> None:
    with pytest.raises(ValueError, match=r"no option 'positve'; there are attributes, positive, depth"):
        evaluate.load(str(SCRIPT), positve="pain")


def test_no_file_is_left_behind(metric: Any) -> None:
    metric.add_batch(references=[0, 1], scores=[0.1, 0.2])
    with pytest.raises(ValueError, match="interval"):
        metric.compute(interval="guess")
    metric.compute()
    assert not list(Path(metric.data_dir).rglob("*.arrow"))


def test_a_score_that_no_float_equals_is_not_added_as_another_may_follow() -> None:
    for score in (2**53 + 1, str(2**53 + 1), np.int64(2**60 + 1)):
        with pytest.raises(InputError, match="scores has 1 value that is not exact as a 64-bit float: rows 1"):
            pack(references=[0, 1], scores=[2**53, score], groups=None)
    assert pack(references=[0, 1], scores=[2**53, "1e300"], groups=None)["scores"] == [2.0**53, 1e300]


def test_values_that_are_equal_and_of_different_types_stay_apart_when_rows_are_kept() -> None:
    kinds = [True, 1, 1.0, "1", False, 0, 0.0, "0"] * 2
    packed = pack(references=[1, 0] * 8, scores=range(16), groups={"kind": kinds, "other": [None, {1: 2}.get] * 8})
    assert [json.loads(text)[0]["kind"] for text in packed["groups"]] == kinds
    assert [type(json.loads(text)[0]["kind"]) for text in packed["groups"]] == list(map(type, kinds))
    groups = unpack(packed["references"], packed["groups"], 1)["groups"]
    assert list(map(str, groups["kind"])) == list(map(str, kinds))
    labels = pack(references=[1, True, 1.0, 0, False], scores=range(5), groups=None)["references"]
    assert labels == ["[1, null]", "[true, null]", "[1.0, null]", "[0, null]", "[false, null]"]
