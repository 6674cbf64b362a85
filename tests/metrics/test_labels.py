"""Which class is positive is never guessed in silence, and the report says which was taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas
import pytest

from synpain_hf.errors import UsageError
from synpain_hf.metrics.predictions import evaluate
from synpain_hf.metrics.subgroup_auroc import InputError, Report, subgroup_auroc

ROWS = 40
IS_POSITIVE = np.arange(ROWS) % 2 == 1
SCORES = IS_POSITIVE + np.random.default_rng(0).normal(size=ROWS)


def report_on(labels: Any, **options: Any) -> Report:
    return subgroup_auroc(references=labels, scores=SCORES, **options)


def labelled(negative: Any, positive: Any) -> list[Any]:
    return [positive if is_positive else negative for is_positive in IS_POSITIVE]


def classes(names: list[str]) -> Any:
    features = datasets.Features(label=datasets.ClassLabel(names=names))
    return datasets.Dataset.from_dict({"label": IS_POSITIVE.astype(int).tolist()}, features)["label"]


KNOWN = [(0, 1), (False, True), (-1, 1), (0.0, 1.0), ("0", "1"), ("-1", "1"), ("No_Pain", "Pain"), ("calm", "pain")]


@pytest.mark.parametrize(("negative", "positive"), KNOWN, ids=str)
def test_a_known_positive_class_need_not_be_named_and_stands_in_the_report(negative: Any, positive: Any) -> None:
    report = report_on(labelled(negative, positive))
    assert report["options"]["positive"] == str(positive).removesuffix(".0")
    assert report["overall"]["auroc"] > 0.5
    assert report["warnings"] == []


@pytest.mark.parametrize("labels", [(1, 2), (1.0, 2.0), ("1", "2"), ("sick", "well"), ("no", "yes"), (2, 3), (1, 7)])
@pytest.mark.parametrize("holder", [list, np.array, pandas.Series], ids=lambda kind: kind.__name__)
def test_labels_of_which_either_could_be_positive_are_refused_with_both_remedies(holder: Any, labels: Any) -> None:
    first, second = labels
    with pytest.raises(InputError) as refused:
        report_on(holder(labelled(first, second)))
    for value in labels:
        assert f"positive={value!r}" in str(refused.value)
        assert report_on(holder(labelled(first, second)), positive=value)["options"]["positive"] == (
            str(value).removesuffix(".0")
        )


def test_the_command_refuses_to_guess_too(tmp_path: Path) -> None:
    table = pandas.DataFrame({"label": labelled(1, 2), "score": SCORES})
    table.to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(UsageError, match="has the values '1', '2', and it is not clear which is positive"):
        evaluate(tmp_path / "p.csv", groups=())
    assert evaluate(tmp_path / "p.csv", groups=(), positive=2) == report_on(labelled(1, 2), positive=2)


@pytest.mark.parametrize("names", [["no_pain", "pain"], ["0", "1"], ["False", "True"]], ids=str)
def test_of_classes_the_second_is_positive_without_a_word_where_its_name_says_so(names: list[str]) -> None:
    report = report_on(classes(names))
    assert (report["options"]["positive"], report["warnings"]) == (names[1], [])


@pytest.mark.parametrize("names", [["pain", "no_pain"], ["sick", "well"]], ids=str)
def test_a_class_that_was_taken_for_its_place_is_warned_of_until_it_is_named(names: list[str]) -> None:
    report = report_on(classes(names))
    assert report["options"]["positive"] == names[1]
    (warning,) = report["warnings"]
    assert warning["about"] == "positive"
    assert f"{names[1]!r}, the second of the label's classes; if it should be {names[0]!r}" in warning["text"]
    for text in (report.to_markdown(), report.to_text(200)):
        assert "second of the label" in text
    named = report_on(classes(names), positive=names[0])
    assert named["options"]["positive"] == names[0]
    assert report_on(classes(names), positive=1)["warnings"] == []


def test_every_rendering_says_which_class_is_positive_whatever_its_name() -> None:
    name = "[x](y)_%"
    report = report_on(labelled("calm", name), positive=name)
    assert "Positive class: [x](y)\\_%." not in report.to_markdown()
    assert f"Positive class: {name}." in " ".join(report.to_text(200).split())
    assert "Positive class: &#91;x&#93;(y)&#95;%." in report.to_markdown()
    assert r"Positive class: [x](y)\_\%." in report.to_latex()
    assert report.to_frame()["positive"].tolist() == [name]


@pytest.mark.parametrize("other", ["calm", "pain"])
def test_an_interval_below_chance_is_warned_of_with_a_remedy(other: str) -> None:
    labels = labelled("calm", "pain")
    wrong = subgroup_auroc(references=labels, scores=-SCORES, positive=other)
    right = subgroup_auroc(references=labels, scores=SCORES, positive=other)
    lower, higher = (wrong, right) if other == "pain" else (right, wrong)
    (warning,) = lower["warnings"]
    assert (warning["attribute"], warning["group"], warning["about"]) == (None, None, "positive")
    assert "reverse the sign of the scores, or name" in warning["text"]
    assert warning["text"] in " ".join(lower.to_text().split())
    assert higher["warnings"] == []


def test_an_auroc_that_may_be_chance_is_not_warned_of() -> None:
    noise = np.random.default_rng(1).normal(size=ROWS)
    report = subgroup_auroc(references=IS_POSITIVE, scores=noise - 0.2 * IS_POSITIVE)
    assert report["overall"]["auroc"] < 0.5 < report["overall"]["interval"]["high"]
    assert report["warnings"] == []
