"""Predictions hold every pair once with its groups in words; the report is what `evaluate` makes of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

import synpain_hf
from synpain_hf.training.data.collation import PairDataset
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.data.preparation import prepare
from synpain_hf.training.report.evaluation import figures, judge_heads, write_report
from synpain_hf.training.run.models import build_model
from synpain_hf.training.run.prediction import judge
from synpain_hf.training.run.trainer import PairwiseTrainer
from synpain_hf.vocabulary import CLASSES, GROUPS
from tests.training.small import arguments, made_predictions, tiny


def judged(pairs: Pairs, folder: Path, split: str = "test", **options: Any) -> pa.Table:
    """Predictions of a new model."""
    model, processor = build_model(tiny(folder, **options), pairs)
    prepared = prepare(pairs, processor, cache_dir=folder / "faces")
    config = model.config
    dataset = PairDataset(prepared, split, pspi=config.pspi_head, action_units=config.action_units)
    trainer = PairwiseTrainer(model, arguments(folder, eval_strategy="no"), processing_class=processor)
    return judge(trainer, dataset, split)


@pytest.mark.parametrize("split", ["validation", "test"])
def test_every_pair_of_a_split_is_there_once_with_what_is_known_of_it(pairs: Pairs, tmp_path: Path, split: str) -> None:
    found = judged(pairs, tmp_path, split)
    rows = pairs.table.take(pairs.positions(split)).to_pylist()
    assert found.column_names == ["pair_id", "identity", "fold", "split", "label", *GROUPS, "score", "prediction"]
    assert found["split"].to_pylist() == [split] * len(rows)
    for predicted, row in zip(found.to_pylist(), rows, strict=True):
        assert (predicted["pair_id"], predicted["fold"]) == (row["pair_id"], row["fold"])
        assert all(predicted[name] == CLASSES[name][row[name]] for name in ("label", *GROUPS))
        assert (predicted["prediction"] == "pain") == (predicted["score"] > 0)


def test_what_is_not_known_is_left_out_or_null(pairs: Pairs, tmp_path: Path) -> None:
    table = pairs.table.drop_columns(["identity", "fold", "gender", "ethnicity"])
    ages = pa.array([None, *table["age_group"].to_pylist()[1:]], table["age_group"].type)
    table = table.set_column(table.column_names.index("age_group"), "age_group", ages)
    found = judged(replace(pairs, table=table, splits={"train": np.arange(4, 16), "test": np.arange(4)}), tmp_path)
    assert found.column_names == ["pair_id", "split", "label", "age_group", "score", "prediction"]
    assert found["age_group"].null_count == 1


def test_heads_are_predicted_too(pairs: Pairs, tmp_path: Path) -> None:
    found = judged(pairs, tmp_path, pspi_head=True, action_units=["AU43", "AU4"])
    assert found.column_names[-6:] == ["pspi", "pspi_annotated", "AU43", "AU43_annotated", "AU4", "AU4_annotated"]
    assert min(found["pspi"].to_pylist()) >= 0
    assert judged(pairs, tmp_path, action_units=["AU43"]).column_names[-2:] == ["AU43", "AU43_annotated"]


@pytest.mark.slow
def test_the_report_is_that_of_evaluate(tmp_path: Path) -> None:
    test, validation = made_predictions(400), made_predictions(300, seed=1)
    for _ in range(2):  # the second replaces the first
        report = write_report(tmp_path, test, validation)
    assert pq.read_table(tmp_path / "predictions.parquet").equals(test)
    assert pq.read_table(tmp_path / "predictions_validation.parquet").equals(validation)
    again = synpain_hf.evaluate(
        tmp_path / "predictions.parquet", validation=tmp_path / "predictions_validation.parquet"
    )
    assert report == again == json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["overall"]["auroc"] > 0.65
    assert report["options"]["threshold_from"] == "validation"
    assert set(report["groups"]) == set(GROUPS)
    drawn = list(figures(tmp_path))
    assert drawn == ["report/gaps.png", *(f"report/roc_{name}.png" for name in sorted(GROUPS))]
    for place in drawn:
        with Image.open(tmp_path / place) as picture:
            assert min(picture.size) > 300


@pytest.mark.slow
def test_without_validation_there_is_no_threshold(tmp_path: Path) -> None:
    assert write_report(tmp_path, made_predictions(200))["options"]["threshold"] is None
    assert not (tmp_path / "predictions_validation.parquet").exists()


def test_heads_are_judged_against_what_is_annotated(pairs: Pairs, tmp_path: Path) -> None:
    found = judged(pairs, tmp_path, pspi_head=True, action_units=["AU43", "AU4"])
    heads = {head["name"]: head for head in judge_heads(found)}
    assert list(heads) == ["pspi", "AU43", "AU4"]
    truth = pairs.targets(pspi=True, action_units=["AU4"])
    positions = pairs.positions("test")
    for name, true in (("pspi", truth["pspi"][positions]), ("AU4", truth["action_units"][positions, 0])):
        said = found[name].to_numpy()
        assert found[f"{name}_annotated"].to_pylist() == pytest.approx(true.tolist())
        assert heads[name]["n"] == len(positions)
        assert heads[name]["mean_absolute_error"] == pytest.approx(np.abs(said - true).mean(), rel=1e-5)
        assert heads[name]["error_of_the_mean"] == pytest.approx(np.abs(true - true.mean()).mean(), rel=1e-5)


def test_what_is_not_annotated_judges_no_head() -> None:
    table = pa.table({"pspi": [1.0, 2.0, 4.0], "pspi_annotated": [None, 2.0, 2.0], "AU4": [0.0, 1.0, 2.0]})
    (head,) = judge_heads(table)
    assert head == {
        "name": "pspi", "n": 2, "mean_absolute_error": 1.0, "error_of_the_mean": 0.0, "correlation": None,
    }  # fmt: skip
    assert judge_heads(table.set_column(1, "pspi_annotated", pa.array([None] * 3, pa.float32()))) == []


def test_the_readme_audits_what_a_training_leaves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my-model").mkdir()
    pq.write_table(made_predictions(200), tmp_path / "my-model" / "predictions.parquet")
    readme = (Path(synpain_hf.__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    (snippet,) = re.findall(r"```python\n([^`]*import subgroup_auroc\n[^`]*)```", readme)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(snippet, names)
    assert names["report"]["overall"]["n"] == 200
