"""Predictions that cannot be used are refused, with everything that is wrong in one list."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synpain_hf.errors import BadInputError
from synpain_hf.experiments.report.predictions import Predictions
from synpain_hf.experiments.report.result import Result
from synpain_hf.experiments.report.write import write_report
from tests.experiments.report.making import Condition, document_of, rows_of, written

Rows = list[dict[str, Any]]


def changed(rows: Rows, number: int, **values: Any) -> Rows:
    return [*rows[:number], {**rows[number], **values}, *rows[number + 1 :]]


FAULTS: dict[str, tuple[Callable[[Rows], Rows], str]] = {
    "no rows": (lambda _: [], "lacks the columns condition"),
    "no column": (
        lambda rows: [{name: value for name, value in row.items() if name != "score"} for row in rows],
        "lacks the column score; run the experiment again",
    ),
    "another type": (lambda rows: [{**row, "seed": "first"} for row in rows], "seed is string, which cannot be read"),
    "no identity": (lambda rows: changed(rows, 3, identity=None), "identity is missing in 1 row; fill it in"),
    "another label": (lambda rows: changed(rows, 3, label=2), "label is neither 0 nor 1 in 1 row; correct it"),
    "no number": (lambda rows: changed(rows, 3, score=float("nan")), "score is not finite in 1 row; train"),
    "two labels": (lambda rows: changed(rows, 3, label=1 - rows[3]["label"]), "label of 1 pair is not the same"),
    "two groups": (lambda rows: changed(rows, 3, gender="other"), "gender of 1 pair is not the same in all rows"),
    "twice": (lambda rows: [*rows, rows[0]], "has a pair twice for one model"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_is_said(name: str, tmp_path: Path) -> None:
    spoil, said = FAULTS[name]
    folder = written(tmp_path / "out", spoil(rows_of(identities=20)))
    with pytest.raises(BadInputError, match=said):
        write_report(folder)
    assert {path.name for path in folder.iterdir()} == {"predictions.parquet", "experiment.json"}


def test_all_faults_are_in_one_list(tmp_path: Path) -> None:
    rows = changed(changed(rows_of(identities=20), 0, identity=None), 1, label=7)
    with pytest.raises(BadInputError) as caught:
        write_report(written(tmp_path / "out", rows))
    assert len(caught.value.problems) == 2


def test_a_file_that_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    folder = written(tmp_path / "out", rows_of(identities=20))
    (folder / "predictions.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(BadInputError, match=r"predictions\.parquet: cannot be read as Parquet"):
        write_report(folder)
    (folder / "predictions.parquet").unlink()
    with pytest.raises(BadInputError, match=r"predictions\.parquet: is missing; give the folder of an experiment"):
        write_report(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1]", "is not an object"),
        ("{", "cannot be read"),
        ('{"name": NaN}', "cannot be read"),
        (json.dumps(document_of(tables=[{"kind": "curve", "title": "x"}])), "did you mean 'curves'"),
        (json.dumps(document_of(reported="synpane")), "did you mean 'synpain'"),
    ],
)
def test_a_document_that_cannot_be_used_is_refused(text: str, said: str, tmp_path: Path) -> None:
    folder = written(tmp_path / "out", rows_of(identities=20))
    (folder / "experiment.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=said):
        write_report(folder)


def test_without_the_document_there_is_no_report(tmp_path: Path) -> None:
    folder = written(tmp_path / "out", rows_of(identities=20))
    (folder / "experiment.json").unlink()
    with pytest.raises(BadInputError, match=r"experiment\.json: is missing"):
        Result.read(folder)


def test_arms_come_in_the_order_of_the_file_with_their_models_by_fold_and_seed(tmp_path: Path) -> None:
    conditions = [Condition("z", factors={"light": "on"}), Condition("a", amount=0.5, factors={"light": "off"})]
    rows = rows_of(conditions, identities=20, folds=2, seeds=(3, 1))
    found = Predictions.read(written(tmp_path / "out", rows))
    assert [(arm.condition, arm.amount, arm.factors) for arm in found.arms] == [
        ("z", None, (("light", "on"),)),
        ("a", 0.5, (("light", "off"),)),
    ]
    assert [(model.fold, model.seed, len(model.rows)) for model in found.arms[0].models] == [
        (0, 1, 10), (0, 3, 10), (1, 1, 10), (1, 3, 10),
    ]  # fmt: skip
    assert len(found.positive) == 20


def test_pairs_of_two_sets_with_the_same_name_are_two_pairs(tmp_path: Path) -> None:
    rows = [*rows_of(identities=20), *rows_of(identities=20, dataset="others")]
    found = Predictions.read(written(tmp_path / "out", rows))
    assert len(found.positive) == 40
    assert len(set(found.identity.tolist())) == 40
