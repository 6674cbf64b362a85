"""An experiment trains what is not there yet, and leaves every prediction with what it was made from."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.experiments.definition import read_definition, text_of
from synpain_hf.experiments.experiment import Experiment, experiment
from synpain_hf.experiments.predictions import COLUMNS
from synpain_hf.metrics.subgroup_auroc.thresholds import choose
from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from synpain_hf.schemas import violations
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.options import ModelArguments
from synpain_hf.vocabulary import CLASSES, GROUPS
from tests.experiments.made import QUICK, tiny


def run(name: str | Path, folder: Path, data: Any = None, **options: Any) -> Experiment:
    """An experiment of one seed with a tiny model, in a folder of its own; runs are shared with others there."""
    shared = {"model": tiny(folder), "runs": folder / "runs", "cache_dir": folder / "faces", "seeds": [1]}
    out = folder / f"out-{Path(str(name)).stem}"
    return experiment(name, data, out=out, **{**shared, **QUICK, **options})


def written(folder: Path, **said: Any) -> Path:
    """A file with an experiment of one's own."""
    path = folder / "mine.yaml"
    table = {"kind": "groups", "title": "AUROC"}
    whole = {"name": "mine", "title": "Mine", "question": "What?", "tables": [table], **said}
    path.write_text(yaml.safe_dump(whole), encoding="utf-8")
    return path


def trained(folder: Path) -> dict[str, int]:
    """When each model was finished, in nanoseconds, by its digest."""
    return {path.parent.name: path.stat().st_mtime_ns for path in folder.glob("runs/trained/*/result.json")}


def known(release: Release, column: str) -> dict[str, Any]:
    """What a column of a release says of each pair."""
    table = open_pairs(release.folder, "all").table
    return dict(zip(table["pair_id"].to_pylist(), table[column].to_pylist(), strict=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all experiments of this module keep their runs."""
    return tmp_path_factory.mktemp("experiments")


@pytest.fixture(scope="module")
def validated(folder: Path, sixty: Release) -> Experiment:
    """A cross-validation; read-only by agreement."""
    return run("cross-validation", folder, sixty.folder)


class TestCrossValidation:
    def test_every_pair_is_judged_once_in_its_fold(self, validated: Experiment, sixty: Release) -> None:
        rows = validated.predictions.to_pylist()
        assert len({row["pair_id"] for row in rows}) == len(rows) == 60
        folds = known(sixty, "fold")
        assert all(row["fold"] == folds[row["pair_id"]] for row in rows)
        assert len({row["run"] for row in rows}) == 5

    def test_the_columns_are_those_that_the_report_reads(self, validated: Experiment) -> None:
        schema = validated.predictions.schema
        assert dict(zip(schema.names, schema.types, strict=True)) == COLUMNS

    def test_the_threshold_of_f1_is_chosen_on_validation_pairs(self, validated: Experiment, folder: Path) -> None:
        found = {row["run"]: row["threshold"] for row in validated.predictions.to_pylist()}
        for digest, threshold in found.items():
            judged = pq.read_table(folder / "runs" / "judged" / f"{digest}.parquet").to_pylist()
            chosen_on = [row for row in judged if row["split"] == "validation"]
            assert {row["fold"] for row in chosen_on} != {row["fold"] for row in judged if row["split"] == "test"}
            candidates = {row["score"] for row in chosen_on}
            assert threshold in candidates
            assert _f1(chosen_on, threshold) == max(_f1(chosen_on, one) for one in candidates)

    def test_the_record_fits_its_schema_and_names_no_path(self, validated: Experiment, folder: Path) -> None:
        text = (validated.out / "experiment.json").read_text(encoding="utf-8")
        record = json.loads(text)
        assert violations("experiment_result", record) == []
        assert (record["folds"], record["seeds"], record["runs"]["trained"]) == (5, [1], 5)
        assert str(folder) not in text

    def test_what_is_there_is_not_trained_again(self, validated: Experiment, folder: Path, sixty: Release) -> None:
        before = trained(folder)
        again = run("cross-validation", folder, sixty.folder)
        assert trained(folder) == before
        assert again.predictions.equals(validated.predictions)

    def test_another_experiment_takes_what_is_there(
        self, validated: Experiment, folder: Path, sixty: Release, tmp_path: Path
    ) -> None:
        before = trained(folder)
        conditions = [{"name": "pair"}, {"name": "swapped", "test_faces": {"reference": "other"}}]
        found = run(written(tmp_path, conditions=conditions), folder, sixty.folder)
        assert trained(folder) == before
        by_condition = {name: _scores(found, name) for name in ("pair", "swapped")}
        assert by_condition["pair"] == _scores(validated, "all groups")
        assert by_condition["swapped"] != by_condition["pair"]

    @pytest.mark.slow
    @pytest.mark.parametrize("engine", ["processes", "ray"])
    def test_two_models_at_a_time_say_what_one_after_the_other_says(
        self, engine: str, validated: Experiment, sixty: Release, tmp_path: Path
    ) -> None:
        found = run("cross-validation", tmp_path, sixty.folder, jobs=2, engine=engine)
        assert _scores(found, "all groups") == pytest.approx(_scores(validated, "all groups"), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["pwct", "linear", ModelArguments(model="linear", fusion="none")])
def test_every_model_that_is_trained_can_be_asked(model: Any, sixty: Release, tmp_path: Path) -> None:
    found = run(written(tmp_path, conditions=[{"name": "pair"}]), tmp_path, sixty.folder, model=model, seeds=[1])
    assert len(_scores(found, "pair")) == 60
    assert found.record["model"] == (model if isinstance(model, str) else "linear")


def test_a_finished_model_judges_all_pairs_and_each_fold_by_the_threshold_of_the_others(
    validated: Experiment, folder: Path, sixty: Release, tmp_path: Path
) -> None:
    model = str(folder / "runs" / "trained" / min(trained(folder)))
    for name in ("zero-shot", "cross-validation"):  # also where it would be trained further
        with pytest.raises(UsageError, match=r"^model is '.*', which has learned \d+ of the pairs of a run"):
            run(name, tmp_path, sixty.folder, model=model)
    pairs = open_pairs(sixty.folder, "all")
    names = pa.array([f"elsewhere-{number}" for number in range(60)])
    table = pairs.table.set_column(0, "pair_id", names).drop_columns(["identity"])
    elsewhere = replace(pairs, content="elsewhere", table=table)
    found = run("zero-shot", folder, elsewhere, model=model)
    rows = found.predictions.to_pylist()
    assert [row["identity"] for row in rows] == names.to_pylist()
    assert {row["fold"] for row in rows} == {None}
    assert found.record["folds"] == found.record["runs"]["trained"] == 0
    folds = table["fold"].to_pylist()
    for fold in range(5):
        own = {row["threshold"] for row, at in zip(rows, folds, strict=True) if at == fold}
        assert own == {_best([row for row, at in zip(rows, folds, strict=True) if at != fold])}


@pytest.mark.slow
def test_a_folder_that_is_called_as_a_kind_of_model_is_judged_as_any_other_and_a_kind_is_refused(
    validated: Experiment, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"^model is 'linear', which has learned nothing; give a "):
        run("zero-shot", tmp_path, "nowhere", model="linear")
    scores = []
    for model in sorted(trained(folder))[:2]:  # the second takes the place of the first
        shutil.rmtree("linear", ignore_errors=True)
        shutil.copytree(folder / "runs" / "trained" / model, "linear")
        pairs = open_pairs(demo(tmp_path / model, pairs=20, seed=9).folder, "all")
        scores.append(_scores(run("zero-shot", tmp_path, pairs, model="linear"), "zero-shot"))
    assert scores[0].keys() == scores[1].keys()
    assert scores[0] != scores[1]


def _best(rows: Sequence[Mapping[str, Any]]) -> float:
    positive = np.array([row["label"] == 1 for row in rows])
    return choose("f1", positive, np.array([row["score"] for row in rows]))


@pytest.mark.slow
def test_few_persons_are_held_out_one_at_a_time(folder: Path, sixty: Release, tmp_path: Path) -> None:
    pairs = open_pairs(sixty.folder, "all")
    names = [f"person-{fold}" for fold in pairs.table["fold"].to_pylist()]  # five, each in one fold
    table = pairs.table.set_column(pairs.table.column_names.index("identity"), "identity", pa.array(names))
    found = run(written(tmp_path, turns="persons", conditions=[{"name": "all"}]), tmp_path, replace(pairs, table=table))
    rows = found.predictions.to_pylist()
    assert Counter((row["fold"], row["identity"]) for row in rows) == {
        (number, f"person-{number}"): names.count(f"person-{number}") for number in range(5)
    }


def test_a_leak_stops_an_experiment_before_anything_is_trained(sixty: Release, tmp_path: Path) -> None:
    pairs = open_pairs(sixty.folder, "all")
    names = ["ann" if number < 2 else name for number, name in enumerate(pairs.table["identity"].to_pylist())]
    folds = [0, 1, *pairs.table["fold"].to_pylist()[2:]]
    table = pairs.table.set_column(pairs.table.column_names.index("identity"), "identity", pa.array(names))
    table = table.set_column(table.column_names.index("fold"), "fold", pa.array(folds, pa.int8()))
    with pytest.raises(BadInputError, match=r"identity ann is in .* so the same person would be trained and tested on"):
        run("cross-validation", tmp_path, replace(pairs, table=table))
    assert trained(tmp_path) == {}
    assert not (tmp_path / "out-cross-validation").exists()


class TestEveryExperiment:
    """Each runs on demo faces, small, with a tiny model."""

    @pytest.mark.slow
    def test_stratified_tests_each_model_on_each_group(self, drawn: Release, tmp_path: Path) -> None:
        found = run("stratified", tmp_path, drawn.folder)
        cells = {(row["trained_on"], row["tested_on"]) for row in found.predictions.to_pylist()}
        groups = {word for column in GROUPS for word in CLASSES[column]}
        assert {tested for _, tested in cells} == {"all", *groups}
        assert {trained_on for trained_on, _ in cells} >= {"all", "young", "old", "man", "woman"}
        for row in found.predictions.to_pylist():
            assert row["tested_on"] in ("all", *(row[column] for column in GROUPS))

    @pytest.mark.slow
    def test_leave_one_ethnicity_out_learns_from_the_others(self, drawn: Release, tmp_path: Path) -> None:
        found = run("leave-one-ethnicity-out", tmp_path, drawn.folder)
        rows = found.predictions.to_pylist()
        assert {row["trained_on"] for row in rows} == {"all", *(f"without {word}" for word in CLASSES["ethnicity"])}
        ethnicity = known(drawn, "ethnicity")
        for place in (tmp_path / "runs" / "trained").glob("*/learned.json"):
            learned = {ethnicity[pair_id] for pair_id in json.loads(place.read_text(encoding="utf-8"))["pair_id"]}
            assert len(learned) in (4, 5)

    @pytest.mark.slow
    def test_augmentation_and_scarce_share_their_models(
        self, stand_in: Release, drawn: Release, tmp_path: Path
    ) -> None:
        found = run("augmentation", tmp_path, stand_in.folder, synthetic=drawn.folder)
        counts = Counter(row["condition"] for row in found.predictions.to_pylist())
        assert counts == {"real": 40, "real + synthetic": 40, "real + synthetic old": 40}
        assert any("stand in for real pairs" in note for note in found.record["notes"])
        before = trained(tmp_path)
        assert len(before) == 15
        fewer = written(tmp_path, **{**yaml.safe_load(text_of("scarce")), "amounts": [0.05, 0.5, 1]})
        scarce = run(fewer, tmp_path, stand_in.folder, synthetic=drawn.folder)
        assert {row["amount"] for row in scarce.predictions.to_pylist()} == {0.05, 0.5, 1}
        after = trained(tmp_path)
        assert len(after) == 15 + 20  # all of the pairs, with and without others, were trained on before
        assert before.items() <= after.items()

    @pytest.mark.slow
    def test_factorial_tests_all_models_on_the_same_faces(self, tmp_path: Path) -> None:
        found = run("factorial", tmp_path, pairs=40)
        rows = found.predictions.to_pylist()
        levels = Counter((row["factor_generator"], row["factor_training_set"]) for row in rows)
        assert levels == dict.fromkeys(product(("fair", "biased"), ("balanced", "few old")), 40)
        assert len({row["dataset"] for row in rows}) == 1
        assert len(trained(tmp_path)) == 20

    @pytest.mark.slow
    def test_ablation_sees_other_faces_in_each_condition(self, drawn: Release, tmp_path: Path) -> None:
        found = run("ablation", tmp_path, drawn.folder)
        names = [condition.name for condition in read_definition("ablation").conditions]
        by_condition = {name: _scores(found, name) for name in names}
        assert all(len(scores) == 60 for scores in by_condition.values())
        assert len({tuple(scores.values()) for scores in by_condition.values()}) == len(names)
        assert len(trained(tmp_path)) == 5 * (len(names) - 1)  # one condition only judges


def test_a_set_that_is_missing_or_not_needed_is_told(sixty: Release, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^data is missing, and cross-validation needs it; give a data set"):
        run("cross-validation", tmp_path)
    with pytest.raises(UsageError, match=r"^synthetic is missing, and scarce needs it"):
        run("scarce", tmp_path, sixty.folder)
    with pytest.raises(UsageError, match=r"^synthetic is given, but cross-validation does not use it"):
        run("cross-validation", tmp_path, sixty.folder, synthetic=sixty.folder)
    with pytest.raises(UsageError, match=r"^pairs is given, but cross-validation draws no faces"):
        run("cross-validation", tmp_path, sixty.folder, pairs=10)


def test_one_set_in_both_parts_is_told(sixty: Release, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^synthetic has the same pairs as data; scarce compares two sets"):
        run("scarce", tmp_path, sixty.folder, synthetic=sixty.folder)


def test_what_is_elses_is_not_written_over(sixty: Release, tmp_path: Path) -> None:
    (tmp_path / "out-cross-validation").mkdir()
    (tmp_path / "out-cross-validation" / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="exists; remove it, or give another place"):
        run("cross-validation", tmp_path, sixty.folder)


def test_a_seed_that_is_given_twice_is_refused(sixty: Release, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^seeds are 1, 1; give each once"):
        run("cross-validation", tmp_path, sixty.folder, seeds=[1, 1])


def _f1(rows: list[dict[str, Any]], threshold: float) -> float:
    hits = sum(row["label"] == "pain" and row["score"] >= threshold for row in rows)
    called, positive = sum(row["score"] >= threshold for row in rows), sum(row["label"] == "pain" for row in rows)
    return float(2 * hits / (called + positive))


def _scores(found: Experiment, condition: str) -> dict[str, float]:
    return {row["pair_id"]: row["score"] for row in found.predictions.to_pylist() if row["condition"] == condition}
