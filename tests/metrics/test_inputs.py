"""What the metric takes, and what it says about what it cannot take."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import datasets
import numpy as np
import pandas
import polars
import pyarrow
import pytest

from synpain_hf.metrics.subgroup_auroc import InputError, subgroup_auroc
from synpain_hf.schemas import violations

LABELS = [0, 1, 0, 1, 1, 0, 0, 1]
SCORES = [0.1, 0.7, 0.4, 0.35, 0.8, 0.2, 0.6, 0.9]
AGES = ["old", "old", "old", "old", "young", "young", "young", "young"]
HANDS = ["left", "right"] * 4
CODES = [1 if age == "old" else 0 for age in AGES]

FEATURES = datasets.Features(
    {
        "age": datasets.ClassLabel(names=["young", "old"]),
        "hand": datasets.Value("string"),
        "label": datasets.Value("int8"),
    }
)


def loaded() -> datasets.Dataset:
    return datasets.Dataset.from_dict({"age": CODES, "hand": HANDS, "label": LABELS}, features=FEATURES)


CONTAINERS: dict[str, Any] = {
    "a mapping of lists": lambda: {"age": AGES, "hand": HANDS},
    "a mapping of arrays": lambda: {"age": np.array(AGES), "hand": np.array(HANDS)},
    "a pandas frame": lambda: pandas.DataFrame({"age": AGES, "hand": HANDS}),
    "a polars frame": lambda: polars.DataFrame({"age": AGES, "hand": HANDS}),
    "a lazy polars frame": lambda: polars.LazyFrame({"age": AGES, "hand": HANDS}),
    "a pyarrow table": lambda: pyarrow.table({"age": AGES, "hand": HANDS}),
    "records": lambda: [{"age": age, "hand": hand} for age, hand in zip(AGES, HANDS, strict=True)],
    "a generator of records": lambda: ({"age": age, "hand": hand} for age, hand in zip(AGES, HANDS, strict=True)),
    "a loaded data set": lambda: loaded().select_columns(["age", "hand"]),
    "columns of a loaded data set": lambda: {"age": loaded()["age"], "hand": loaded()["hand"]},
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_groups_come_in_any_container(container: str) -> None:
    report = subgroup_auroc(references=LABELS, scores=SCORES, groups=CONTAINERS[container](), min_group_size=0)
    expected = subgroup_auroc(references=LABELS, scores=SCORES, groups={"age": AGES, "hand": HANDS}, min_group_size=0)
    assert report["groups"]["age"]["old"] == expected["groups"]["age"]["old"]
    assert report["groups"]["hand"] == expected["groups"]["hand"]
    assert set(report["groups"]["age"]) == {"old", "young"}


def test_labels_and_scores_come_as_columns_of_a_loaded_data_set() -> None:
    report = subgroup_auroc(references=loaded()["label"], scores=SCORES, groups=loaded(), attributes=["age"])
    assert report["overall"]["auroc"] == 0.875
    assert list(report["groups"]["age"]) == ["young", "old"], "in the order of the classes"


def test_a_class_label_is_positive_by_its_name() -> None:
    features = datasets.Features({"label": datasets.ClassLabel(names=["no_pain", "pain"])})
    column = datasets.Dataset.from_dict({"label": LABELS}, features=features)["label"]
    report = subgroup_auroc(references=column, scores=SCORES, positive="pain")
    assert report["overall"]["positives"] == 4


@pytest.mark.parametrize(
    ("references", "positive"),
    [
        (LABELS, 1),
        ([bool(label) for label in LABELS], True),
        ([float(label) for label in LABELS], 1),
        (["pain" if label else "none" for label in LABELS], "pain"),
        ([7 if label else -3 for label in LABELS], 7),
        (np.array(LABELS, np.int8), 1),
        (pandas.Series(LABELS, dtype="Int64"), 1),
        (tuple(LABELS), 1),
    ],
    ids=str,
)
def test_labels_are_any_two_values(references: Any, positive: Any) -> None:
    report = subgroup_auroc(references=references, scores=SCORES, positive=positive)
    assert report["overall"]["auroc"] == 0.875


@pytest.mark.parametrize(
    "words",
    [("no_pain", "pain"), ("No Pain", "Pain"), ("False", "TRUE"), ("0", "1"), ("0.0", "1.0"), ("none", " pain ")],
    ids=str,
)
@pytest.mark.parametrize("holder", [list, np.array, pandas.Series, pandas.Categorical], ids=lambda kind: kind.__name__)
def test_words_for_pain_and_true_are_positive_by_default(holder: Any, words: tuple[str, str]) -> None:
    report = subgroup_auroc(references=holder([words[label] for label in LABELS]), scores=SCORES)
    assert (report["overall"]["positives"], report["overall"]["auroc"]) == (4, 0.875)
    with pytest.raises(InputError, match="also has"):
        subgroup_auroc(references=holder([words[label] for label in LABELS]), scores=SCORES, positive=7)


def test_a_word_for_no_pain_may_stand_alone_and_another_may_not() -> None:
    assert subgroup_auroc(references=["no_pain"] * 8, scores=SCORES)["overall"]["positives"] == 0
    with pytest.raises(InputError, match="has the value calm only, and never 1; name the positive value"):
        subgroup_auroc(references=["calm"] * 8, scores=SCORES)


def test_group_values_are_shown_as_text_numbers_in_their_order() -> None:
    groups = {"year": [10, 9, 10, 9, 10, 9, 10, 9], "mixed": ["b", 2, "b", 10, "b", 2, "b", 10]}
    report = subgroup_auroc(references=LABELS, scores=SCORES, groups=groups)
    assert list(report["groups"]["year"]) == ["9", "10"]
    assert list(report["groups"]["mixed"]) == ["2", "10", "b"]


@pytest.mark.parametrize("missing", [None, float("nan"), pandas.NA, pandas.NaT, np.nan, "", " \n"], ids=repr)
def test_missing_values_are_a_group_of_their_own_or_an_error(missing: Any) -> None:
    groups = {"age": [missing, *AGES[1:4], missing, *AGES[5:]]}
    report = subgroup_auroc(references=LABELS, scores=SCORES, groups=groups)
    assert {name: entry["n"] for name, entry in report["groups"]["age"].items()} == {
        "old": 3, "young": 3, "(missing)": 2,
    }  # fmt: skip
    with pytest.raises(InputError, match="'age' has 2 values that are missing: rows 0, 4"):
        subgroup_auroc(references=LABELS, scores=SCORES, groups=groups, missing="error")


def test_a_class_label_without_a_class_is_missing() -> None:
    table = datasets.Dataset.from_dict(
        {"age": [None, -1, *CODES[2:]]}, features=datasets.Features({"age": FEATURES["age"]})
    )
    groups = subgroup_auroc(references=LABELS, scores=SCORES, groups=table)["groups"]["age"]
    assert {name: entry["n"] for name, entry in groups.items()} == {"young": 4, "old": 2, "(missing)": 2}


def test_a_group_that_is_called_like_the_missing_ones_is_not_one_of_them() -> None:
    groups = {"age": ["(missing)", None, *AGES[2:]]}
    found = subgroup_auroc(references=LABELS, scores=SCORES, groups=groups)["groups"]["age"]
    assert {name: entry["n"] for name, entry in found.items()} == {
        '"(missing)"': 1, "old": 2, "young": 4, "(missing)": 1,
    }  # fmt: skip


def test_missing_numbers_and_dates_are_missing() -> None:
    groups = {
        "size": [1.5, np.nan] * 4,
        "day": np.array(["2020-01-01", "NaT"] * 4, "datetime64[D]"),
    }
    found = subgroup_auroc(references=LABELS, scores=SCORES, groups=groups)["groups"]
    assert list(found["size"]) == ["1.5", "(missing)"]
    assert list(found["day"]) == ["2020-01-01", "(missing)"]


def test_one_attribute_may_be_named_by_itself() -> None:
    report = subgroup_auroc(references=LABELS, scores=SCORES, groups={"age": AGES, "hand": HANDS}, attributes="age")
    assert list(report["groups"]) == ["age"]


def test_names_of_columns_may_be_numbers() -> None:
    report = subgroup_auroc(references=LABELS, scores=SCORES, groups=pandas.DataFrame({0: AGES, 1: HANDS}), depth=2)
    assert list(report["groups"]) == ["0", "1"]
    assert list(report["intersections"]) == ["0 & 1"]


def test_records_may_leave_an_attribute_out() -> None:
    records = [{"age": age} if row % 2 else {} for row, age in enumerate(AGES)]
    found = subgroup_auroc(references=LABELS, scores=SCORES, groups=records)["groups"]["age"]
    assert {name: entry["n"] for name, entry in found.items()} == {"old": 2, "young": 2, "(missing)": 4}


def test_a_column_can_serve_as_clusters_weights_or_baseline_and_is_then_no_attribute() -> None:
    table = {"age": AGES, "person": [1, 1, 2, 2, 3, 3, 4, 4], "w": [1.0, 2.0] * 4, "old_model": SCORES[::-1]}
    named = subgroup_auroc(
        references=LABELS,
        scores=SCORES,
        groups=table,
        clusters="person",
        sample_weight="w",
        baseline_scores="old_model",
    )
    given = subgroup_auroc(
        references=LABELS, scores=SCORES, groups={"age": AGES}, clusters=table["person"], sample_weight=table["w"],
        baseline_scores=table["old_model"],
    )  # fmt: skip
    assert named == given
    assert list(named["groups"]) == ["age"]


def test_names_of_groups_that_look_like_intersections_are_quoted() -> None:
    groups = {"x": ["a & b", "a", "a & b", "a"] * 2, "y": ["c", "b & c", "c", "b & c"] * 2}
    crossed = subgroup_auroc(references=LABELS, scores=SCORES, groups=groups, depth=2)["intersections"]["x & y"]
    assert set(crossed) == {'"a & b" & c', 'a & "b & c"'}


def test_tensors_are_taken_also_in_reduced_precision() -> None:
    torch = pytest.importorskip("torch", reason="torch, of the extra `train`, is not installed")
    report = subgroup_auroc(
        references=torch.tensor(LABELS), scores=torch.tensor(SCORES, dtype=torch.bfloat16, requires_grad=True)
    )
    assert report["overall"]["auroc"] == 0.875


@pytest.mark.parametrize(
    "positive", [[1, 0], [1], (1,), {1}, {}, np.array([1]), np.nan, pandas.NA, pandas.Series([1])], ids=repr
)
@pytest.mark.parametrize("references", [LABELS, ["pain" if label else "no_pain" for label in LABELS]], ids=str)
def test_positive_is_one_value(positive: Any, references: Any) -> None:
    with pytest.raises(InputError, match=r"positive is .*; give one value, such as 1 or 'pain'"):
        subgroup_auroc(references=references, scores=SCORES, positive=positive)
    assert subgroup_auroc(references=LABELS, scores=SCORES, positive=np.array(1))["overall"]["positives"] == 4


@pytest.mark.parametrize(
    "scores",
    [
        np.array([2**53 + label for label in LABELS], np.int64),
        np.array([2**63 + label for label in LABELS], np.uint64),
        np.array([1 + label * np.finfo(np.longdouble).eps for label in LABELS], np.longdouble),
        [2**53 + label for label in LABELS],
        [0.5, *(2**53 + label for label in LABELS[1:])],
        [Fraction(2**53) + Fraction(label, 3) for label in LABELS],
        [Decimal(2**53) + label for label in LABELS],
        [str(2**53 + label) for label in LABELS],
        pandas.Series([2**53 + label for label in LABELS], dtype="Int64"),
    ],
    ids=lambda scores: f"{type(scores).__name__} of {type(scores[0]).__name__}",
)
@pytest.mark.parametrize("used", ["scores", "baseline_scores"])
def test_scores_that_floats_cannot_tell_apart_are_named(scores: Any, used: str) -> None:
    with pytest.raises(InputError, match=f"{used} has [78] values that are different but the same 64-bit float: rows "):
        subgroup_auroc(**{"references": LABELS, "scores": SCORES, used: scores})


@pytest.mark.parametrize(
    "scores",
    [
        [2**53 + 2 * row for row in range(8)],
        [2**60 + label * 2**20 for label in LABELS],
        ["0.1", "0.10", "1e-1", "0.1000000000000000055", "1", "2", "3", "4"],
        [Fraction(row, 3) for row in range(8)],
        [True, False] * 4,
    ],
    ids=str,
)
def test_scores_that_floats_can_tell_apart_are_taken(scores: Any) -> None:
    found = subgroup_auroc(references=LABELS, scores=scores)["overall"]
    assert (
        found["auroc"] == subgroup_auroc(references=LABELS, scores=[float(each) for each in scores])["overall"]["auroc"]
    )


def test_an_intersection_of_too_many_groups_is_left_out_and_the_rest_is_there() -> None:
    count = 2002
    groups = {"a": np.arange(count) // 2, "b": np.arange(count) % 2, "c": np.arange(count) % 3}
    report = subgroup_auroc(references=[0, 1] * 1001, scores=np.arange(count), groups=groups, depth=2)
    assert (list(report["groups"]), list(report["intersections"])) == (["a", "b", "c"], ["b & c"])
    told = [each for each in report["warnings"] if each["about"] == "intersection"]
    assert [each["attribute"] for each in told] == ["a & b", "a & c"]
    assert told[0]["text"] == "it has 2,002 groups, more than 2,000, and is left out"
    assert "Left out: 2 intersections of more than 2,000 groups." in report.to_markdown()
    assert violations("metric_report", report) == []


@pytest.mark.parametrize("decimals", [0, 1, 3, 15])
def test_a_validation_set_of_its_own_is_taken_however_coarse_its_scores(decimals: int) -> None:
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 2, 4000)
    scores = np.round(labels + generator.normal(size=4000), decimals)
    rows: dict[str, Any] = {"references": labels[:2000], "scores": scores[:2000]}
    held_out = {"references": labels[2000:], "scores": scores[2000:]}
    assert subgroup_auroc(**rows, validation=held_out)["options"]["threshold_from"] == "validation"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no rows": ({"references": [], "scores": []}, "there are no rows"),
    "too few labels": ({"references": LABELS[:-1]}, "references has 7 rows, but scores has 8"),
    "too few groups": ({"groups": {"age": AGES[:-1]}}, "'age' has 7 rows, but scores has 8"),
    "too few weights": ({"sample_weight": [1.0]}, "sample_weight has 1 rows"),
    "nan and infinite scores": (
        {"scores": [np.nan, 0.7, np.inf, 0.3, 0.8, 0.2, 0.6, -np.inf]},
        "scores has 3 values that are not finite: rows 0, 2, 7",
    ),
    "a missing score": ({"scores": [None, *SCORES[1:]]}, "scores has 1 value that is not finite: rows 0"),
    "scores that are text": ({"scores": ["a", *SCORES[1:]]}, "rows 0 hold something else, first 'a'"),
    "scores by class": ({"scores": [[0.1, 0.9]] * 8}, r"must have the shape \(rows,\), not \(8, 2\)"),
    "ragged scores": ({"scores": [[0.1], 0.2, *SCORES[2:]]}, "scores must be numbers"),
    "three labels": ({"references": [0, 1, 2, 0, 1, 0, 2, 1]}, "also has 0, 2: rows 2, 6"),
    "labels without the positive one": (
        {"references": ["yes", "no"] * 4},
        "has the values 'no' and 'yes', and it is not clear which is positive",
    ),
    "one unknown label": ({"references": ["yes"] * 8}, "has the value yes only, and never 1"),
    "a missing label": ({"references": [None, *LABELS[1:]]}, "references has 1 value that is missing: rows 0"),
    "a nan label": ({"references": [np.nan, *LABELS[1:]]}, "references has 1 value that is missing: rows 0"),
    "labels one-hot": ({"references": [[0, 1]] * 8}, "references holds a list in row 0"),
    "records that are none": ({"groups": AGES}, "row 0 of groups is of type str"),
    "lists as groups": ({"groups": {"age": [["old"], *AGES[1:]]}}, "'age' holds a list in row 0"),
    "dicts as groups": ({"groups": {"age": [{"a": 1}, *AGES[1:]]}}, "'age' holds a dict in row 0"),
    "an unknown attribute": (
        {"groups": {"age": AGES}, "attributes": ["sex"]},
        "attributes names the column 'sex', which groups does not have; it has age",
    ),
    "an unknown column": ({"clusters": "person"}, "clusters names the column 'person'.* it has none"),
    "an attribute twice": ({"groups": {"age": AGES}, "attributes": ["age", "age"]}, "'age' is named twice"),
    "an id as an attribute": (
        {"references": [0, 1] * 1001, "scores": [0.5] * 2002, "groups": {"id": np.arange(2002)}},
        "'id' has 2,002 groups, more than 2,000; if it is an id, name it as clusters",
    ),
    "an attribute named like two": ({"groups": {"age & sex": AGES}}, "like an intersection"),
    "a weight of nothing": (
        {"sample_weight": [0.0, *[1.0] * 7]},
        "sample_weight has 1 value that is not greater than 0",
    ),
    "a missing cluster": ({"clusters": [None, *AGES[1:]]}, "clusters has 1 value that is missing: rows 0"),
    "a baseline not finite": ({"baseline_scores": [np.nan] * 8}, "baseline_scores has 8 values that are not finite"),
    "an unknown interval": (
        {"interval": "wald"},
        "interval is 'wald'; give one of score, delong, logit, bootstrap, p",
    ),
    "an unknown correction": ({"correction": "tukey"}, "correction is 'tukey'; give one of holm"),
    "an unknown way with missing": ({"missing": "drop"}, "missing is 'drop'; give one of group, error"),
    "no depth": ({"depth": 0}, "depth is 0"),
    "too much confidence": ({"confidence": 95}, "confidence is 95"),
    "resamples without end": (
        {"resamples": 10**7, "interval": "bootstrap"},
        "10,000,000 resamples of .* are too many; give at most",
    ),
    "intersections without end": (
        {"groups": {str(number): AGES for number in range(12)}, "depth": 12},
        "12 attributes have 4,083 intersections at depth 12, more than the 300 that are reported on; give a smaller",
    ),
    "two resamples": (
        {"resamples": 2, "interval": "percentile"},
        "resamples is 2, too few for a confidence of 0.95; give 39 or more",
    ),
    "resamples too few for so much confidence": (
        {"resamples": 1000, "interval": "bootstrap", "confidence": 0.999},
        "resamples is 1,000, too few for a confidence of 0.999; give 1,999 or more",
    ),
    "a number of groups": ({"groups": 3}, "groups is of type int; give columns by name"),
    "a number as labels": ({"references": 3}, "references is of type int; give a list or an array"),
    "no scores": ({"scores": None}, "scores is None; give a list or an array"),
    "a number as weights": ({"sample_weight": 1.5}, "sample_weight is of type float; give a list"),
    "a number as clusters": ({"clusters": 3}, "clusters is of type int; give a list"),
    "a number as attributes": ({"attributes": 3}, "attributes is 3; give names of columns"),
    "a list as reference": ({"reference": ["old"]}, "reference is .*; give a mapping"),
    "a lazy frame as labels": (
        {"references": polars.LazyFrame({"y": LABELS})},
        r"not \(8, 1\); give one value per row",
    ),
    "complex scores": ({"scores": np.array(SCORES) + 1j}, "scores must be numbers, not of type complex128"),
    "complex scores in a list": ({"scores": [1j, *SCORES[1:]]}, "scores must be numbers, one per row; rows 0 hold"),
    "days as scores": ({"scores": np.array(["2020-01-01"] * 8, "datetime64[D]")}, "not of type datetime64"),
    "scores out of range": ({"scores": [10**400, *SCORES[1:]]}, "holds a number beyond 1.8e308"),
    "one resample": ({"resamples": 1}, "resamples is 1"),
    "half a depth": ({"depth": 1.5}, "depth is 1.5; give a whole number"),
    "a negative seed": ({"seed": -1}, "seed is -1; give a whole number, 0 or more"),
    "confidence in words": ({"confidence": "0.9"}, "confidence is '0.9'; give a number between 0 and 1"),
    "a threshold in words": ({"threshold": "0.5"}, "threshold is '0.5'; give a finite number"),
    "a negative size": ({"min_group_size": -1}, "min_group_size is -1"),
    "no threshold": ({"threshold": np.nan}, "threshold is nan"),
    "two thresholds": ({"threshold": 0.5, "validation": {"references": [1], "scores": [1]}}, "both threshold and"),
    "a validation set of another form": ({"validation": [1, 2]}, "validation must be a mapping"),
    "a validation set without positives": (
        {"validation": {"references": [0, 0], "scores": [1, 2]}},
        "the validation set has no positive row",
    ),
    "the reported rows as validation set": (
        {"validation": {"references": LABELS, "scores": SCORES}},
        "the validation set is the set that is reported on",
    ),
    "a validation set with some of the reported rows": (
        {"validation": {"references": [*LABELS[:5], 0, 1], "scores": [*SCORES[:5], 0.15, 0.45]}},
        "shares rows with the set that is reported on, .*: 5 pairs of rows have the same label and score",
    ),
    "a validation score not finite": (
        {"validation": {"references": [0, 1], "scores": [1, np.nan]}},
        "validation scores has 1 value that is not finite: rows 1",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_used_is_named(case: str) -> None:
    arguments, message = WRONG[case]
    with pytest.raises(InputError, match=message):
        subgroup_auroc(**{"references": LABELS, "scores": SCORES, **arguments})


def test_many_rows_at_fault_are_named_in_part() -> None:
    with pytest.raises(InputError, match=r"rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 990 more \(from 0\)"):
        subgroup_auroc(references=[0] * 1000, scores=[np.nan] * 1000)


def test_one_class_overall_is_a_report_of_nulls() -> None:
    for labels, kind in (([0] * 8, "negative"), ([1] * 8, "positive")):
        entry = subgroup_auroc(references=labels, scores=SCORES)["overall"]
        assert entry["auroc"] is None
        assert entry["reasons"]["auroc"] == f"only {kind} rows"
