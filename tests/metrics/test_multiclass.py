"""Each class against the rest: what the metric says of that class alone, and scikit-learn of all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas
import pytest
from sklearn.metrics import roc_auc_score

from synpain_hf.errors import UsageError
from synpain_hf.metrics.predictions import evaluate
from synpain_hf.metrics.subgroup_auroc import InputError, one_against_the_rest, subgroup_auroc

NAMES = ["cat", "cow", "dog"]
GENERATOR = np.random.default_rng(0)
CODES = GENERATOR.integers(0, 3, 240)
LABELS = np.array(NAMES)[CODES]
SCORES = np.exp(GENERATOR.normal(size=(240, 3)) + 1.2 * np.eye(3)[CODES])
SCORES /= SCORES.sum(axis=1, keepdims=True)
GROUPS = {"site": GENERATOR.choice(["a", "b"], 240)}

FORMS: dict[str, dict[str, Any]] = {
    "an array in the order of the labels": {"references": LABELS, "scores": SCORES},
    "an array with its classes": {"references": LABELS, "scores": SCORES[:, ::-1], "classes": NAMES[::-1]},
    "a mapping": {"references": LABELS.tolist(), "scores": dict(zip(NAMES, SCORES.T.tolist(), strict=True))},
    "a ClassLabel": {
        "references": datasets.Dataset.from_dict(
            {"label": CODES}, datasets.Features(label=datasets.ClassLabel(names=NAMES))
        )["label"],
        "scores": SCORES,
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_a_class_against_the_rest_is_a_report_of_that_class(form: str) -> None:
    reports = one_against_the_rest(**FORMS[form], groups=GROUPS, threshold=0.4)
    assert set(reports) == set(NAMES)
    for index, name in enumerate(NAMES):
        alone = subgroup_auroc(
            references=name == LABELS, scores=SCORES[:, index], positive=True, groups=GROUPS, threshold=0.4
        )
        assert reports[name]["options"]["positive"] == name
        for part in ("overall", "groups", "gaps"):
            assert reports[name][part] == alone[part]
        assert f"Positive class: {name}." in reports.to_markdown()
    assert set(reports.to_frame()["positive"]) == set(NAMES)


def test_the_macro_auroc_is_that_of_scikit_learn() -> None:
    reports = one_against_the_rest(references=LABELS, scores=SCORES)
    assert reports.macro_auroc == pytest.approx(roc_auc_score(LABELS, SCORES, multi_class="ovr", average="macro"))


def test_a_threshold_is_chosen_for_each_class_on_a_validation_set() -> None:
    held_out = {"references": LABELS[:100], "scores": SCORES[:100]}
    reports = one_against_the_rest(
        references=LABELS[100:], scores=SCORES[100:], validation=held_out, threshold_rule="youden"
    )
    assert len({report["options"]["threshold"] for report in reports.values()}) == 3


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"positive": "cat"}, "positive is given, but each class is positive"),
        ({"scores": SCORES[:, :2]}, r"scores have the shape \(240, 2\), and there are 3 classes"),
        ({"classes": ["cat", "cow", "cat"]}, "the class 'cat' is there twice; give each class once"),
        ({"scores": {1: SCORES[:, 0], "1": SCORES[:, 1]}}, "the class '1' is there twice"),
        ({"references": [1, "1", 2] * 80}, "the class '1' is there twice"),
        ({"scores": {"cat": SCORES[:, 0]}}, "the class 'cow' has no scores, only cat; give"),
        ({"references": [None, *LABELS[1:]]}, "references has 1 value that is missing"),
        ({"scores": dict.fromkeys(NAMES, SCORES[:5, 0])}, "the scores of 'cat' has 5 rows, but scores has 240"),
    ],
)
def test_what_cannot_be_used_is_named(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        one_against_the_rest(**{"references": LABELS, "scores": SCORES, **wrong})


def test_a_file_of_several_classes_is_reported_on_class_by_class(tmp_path: Path) -> None:
    table = pandas.DataFrame(SCORES, columns=NAMES).assign(label=LABELS, site=GROUPS["site"])
    table.to_parquet(tmp_path / "p.parquet")
    report = evaluate(tmp_path / "p.parquet", score="dog", positive="dog", against_rest=True, groups="site")
    expected = one_against_the_rest(references=LABELS, scores=SCORES, groups=GROUPS)["dog"]
    assert report == expected
    with pytest.raises(UsageError, match="name the label to compare with the rest"):
        evaluate(tmp_path / "p.parquet", score="dog", against_rest=True, groups="site")
