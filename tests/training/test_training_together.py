"""`train` on several data sets: what is written down, drawn and judged, and that an interruption changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from huggingface_hub import ModelCard
from typer.testing import CliRunner

from synpain_hf.cli import app
from synpain_hf.errors import InputWarning, UsageError
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.sources.demo import DemoSource
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.several import TrainingSet
from synpain_hf.training.request import open_also
from synpain_hf.training.run.cross_validation import CrossValidation, cross_validate
from synpain_hf.training.run.models import build_model, class_weights
from synpain_hf.training.run.result import TrainingResult
from tests.hub import Hub, Repository
from tests.loading.elsewhere import run_elsewhere
from tests.release.persons import person, written
from tests.sharing import Once
from tests.training.small import ARGUMENTS, configuration, same, stopping_at, tiny, trained, weights


@pytest.fixture(scope="session")
def others(once: Once) -> Release:
    """Persons without annotations, some with PSPI, one derived from nobody here; read-only by agreement."""

    def fill(folder: Path) -> None:
        rows = [row for at in range(10) for row in person(f"q{at}", 4, pspi="" if at % 2 else 2.5)]
        build(written(folder, rows), folder / "release", version="1.1.0")

    return Release.open(once("others", fill) / "release")


@pytest.fixture(scope="module")
def result(faces: Release, others: Release, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """A finished training on both, with heads that only one has the annotations for."""
    folder = tmp_path_factory.mktemp("together")
    return trained(
        faces,
        folder,
        model=tiny(folder, pspi_head=True, action_units=["AU4"]),
        also=[TrainingSet(others.folder, weight=1.5)],
    )


def test_all_sets_are_named_with_what_was_used(result: TrainingResult, others: Release) -> None:
    (also,) = result.also
    assert also["title"] == "Face pairs, version 1.1.0"
    assert also["content"] == others.manifest["content"]
    assert (also["weight"], also["config_name"]) == (1.5, "default")
    assert also["splits"] == {"train": 24, "test": 8}
    assert (also["left_out"], also["twice"]) == ({"train": 0, "test": 0}, 0)
    assert dict(result.splits) == {"train": 12, "validation": 4, "test": 4}
    assert TrainingResult.read(result.out).also == [also]
    card = (result.out / "README.md").read_text("utf-8")
    assert "Face pairs, version 1.1.0" in card
    assert others.manifest["content"] in card
    assert "Demo faces, drawn, not SynPAIN, version 1.0.0, configuration `default`" in card
    record = json.loads((result.out / "training.json").read_text("utf-8"))
    assert record["also"][0]["weight"] == 1.5
    assert str(others.folder) not in json.dumps(record)


def test_the_first_set_is_judged_and_the_others_apart(result: TrainingResult, faces: Release, others: Release) -> None:
    first, second = open_pairs(faces.folder), open_pairs(others.folder)
    for folder, pairs in ((result.out, first), (result.out / "also-1", second)):
        said = pq.read_table(folder / "predictions.parquet")["pair_id"].to_pylist()
        assert said == pairs.table["pair_id"].take(pairs.positions("test")).to_pylist()
        assert (folder / "report" / "report.json").is_file()
    assert result.also[0]["auroc"] is not None


def test_an_epoch_draws_each_set_as_often_as_it_weighs(result: TrainingResult) -> None:
    state = json.loads((result.out / "trainer_state.json").read_text("utf-8"))
    steps = -(-(12 + 36) // ARGUMENTS["per_device_train_batch_size"])
    assert state["global_step"] == steps * ARGUMENTS["num_train_epochs"]
    assert result.pairs_per_second == pytest.approx(result.epochs * 48 / result.seconds)


def test_what_it_has_learned_is_of_both_sets(result: TrainingResult, faces: Release, others: Release) -> None:
    learned = json.loads((result.out / "learned.json").read_text("utf-8"))
    first, second = open_pairs(faces.folder), open_pairs(others.folder)
    trained_on = [pairs.table["pair_id"].take(pairs.positions("train")).to_pylist() for pairs in (first, second)]
    assert learned["pair_id"] == sorted([*trained_on[0], *trained_on[1]])
    assert [(one["content"], one["pairs"]) for one in learned["sets"]] == [(first.content, 12), (second.content, 24)]


def test_class_weights_count_pairs_as_often_as_they_are_drawn(faces: Release, others: Release) -> None:
    first = open_pairs(faces.folder)
    (whole,) = open_also(first, [TrainingSet(others.folder, weight=3)])
    used = whole.pairs.positions("train")
    all_pain = used[whole.pairs.table["label"].to_numpy()[used] == 1]
    joined = replace(whole, pairs=replace(whole.pairs, splits={"train": all_pain}))
    labels = [
        *first.table["label"].take(first.positions("train")).to_pylist(),
        *joined.pairs.table["label"].take(joined.pairs.positions("train")).to_pylist() * 3,
    ]
    expected = [len(labels) / (2 * labels.count(label)) for label in (0, 1)]
    assert class_weights(first, [joined]) == pytest.approx(expected)


def test_heads_need_annotations_in_one_of_the_sets(faces: Release, others: Release, tmp_path: Path) -> None:
    first = open_pairs(others.folder)
    also = open_also(first, [TrainingSet(faces.folder)])
    model, _ = build_model(tiny(tmp_path, pspi_head=True, action_units=["AU4"]), first, also=also)
    assert (model.config.pspi_head, model.config.action_units) == (True, ["AU4"])
    with pytest.raises(UsageError, match="has no annotations"):
        build_model(tiny(tmp_path, action_units=["AU99"]), first, also=also)


@pytest.mark.slow
def test_an_interrupted_training_comes_to_the_same_weights(faces: Release, others: Release, tmp_path: Path) -> None:
    how: dict[str, Any] = {"also": [TrainingSet(others.folder, weight=0.5)], "num_train_epochs": 3}
    whole = trained(faces, tmp_path, "whole", **how)
    with pytest.raises(KeyboardInterrupt):
        trained(faces, tmp_path, "cut", **how, progress=stopping_at(7))
    assert not (tmp_path / "cut" / "result.json").exists()
    cut = trained(faces, tmp_path, "cut", **how)
    assert same(weights(whole.out), weights(cut.out))


@pytest.mark.slow
def test_other_weights_or_sets_are_another_training(faces: Release, others: Release, tmp_path: Path) -> None:
    how: dict[str, Any] = {"also": [TrainingSet(others.folder)]}
    with pytest.raises(KeyboardInterrupt):
        trained(faces, tmp_path, **how, progress=stopping_at(12))
    for changed in ([], [TrainingSet(others.folder, weight=2)], [TrainingSet(others.folder, "cv_1")]):
        with pytest.raises(UsageError, match="holds another training"):
            trained(faces, tmp_path, also=changed)


@pytest.mark.slow
def test_the_faces_of_each_set_are_prepared_once(faces: Release, others: Release, tmp_path: Path) -> None:
    how: dict[str, Any] = {"num_train_epochs": 1}
    trained(faces, tmp_path, "one", **how)
    trained(others, tmp_path, "two", **how)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "faces").rglob("*.npy")}
    trained(faces, tmp_path, "both", also=[others.folder], **how)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "faces").rglob("*.npy")} == before
    assert len(before) == 2


class TestLeaks:
    def derived(self, folder: Path, faces: Release) -> Path:
        """A set with one person for every demo face, derived from it."""
        ids = open_pairs(faces.folder).table["pair_id"].to_pylist()
        rows = [row for at, name in enumerate(ids) for row in person(f"t{at}", 2, derived_from=name)]
        build(written(folder, rows), folder / "derived", version="1.0.0")
        return folder / "derived"

    @pytest.mark.slow
    def test_a_planted_leak_is_left_out_told_and_written_down(self, faces: Release, tmp_path: Path) -> None:
        leak = self.derived(tmp_path, faces)
        with pytest.warns(InputWarning, match="16 of train show persons that choose or test the model"):
            result = trained(faces, tmp_path, also=[TrainingSet(leak, "all")], num_train_epochs=1)
        assert result.also[0]["splits"] == {"train": 24}
        assert result.also[0]["left_out"] == {"train": 16, "test": 0}
        learned = set(json.loads((result.out / "learned.json").read_text("utf-8"))["identity"])
        said = pq.read_table(result.out / "predictions.parquet")["pair_id"].to_pylist()
        assert learned.isdisjoint(said)

    @pytest.mark.slow
    def test_every_fold_leaves_out_whom_it_judges(self, faces: Release, tmp_path: Path) -> None:
        leak = self.derived(tmp_path, faces)
        told: list[str] = []
        result = cross_validate(
            faces.folder, out=tmp_path / "cv", also=[TrainingSet(leak, "all")], model=tiny(tmp_path), warn=told.append,
            cache_dir=tmp_path / "faces", **{**ARGUMENTS, "num_train_epochs": 1},
        )  # fmt: skip
        assert len(told) == 5
        for fold in result.folds:
            judged = {
                pair_id
                for name in ("predictions", "predictions_validation")
                for pair_id in pq.read_table(fold.out / f"{name}.parquet")["pair_id"].to_pylist()
            }
            learned = set(json.loads((fold.out / "learned.json").read_text("utf-8"))["identity"])
            assert learned.isdisjoint(judged)
            assert fold.also[0]["left_out"]["train"] == 2 * len(judged)
        card = (tmp_path / "cv" / "README.md").read_text("utf-8")
        assert "Each fold was also trained on Face pairs, version 1.0.0" in card
        assert CrossValidation.read(tmp_path / "cv").folds == result.folds

    @pytest.mark.slow
    def test_what_was_learned_before_does_not_judge_later(self, faces: Release, tmp_path: Path) -> None:
        before = trained(faces, tmp_path, "before", num_train_epochs=1)
        leak = self.derived(tmp_path, faces)
        with pytest.raises(UsageError, match="has learned pairs that would now judge it"):
            trained(Release.open(leak), tmp_path, "after", model=str(before.out), num_train_epochs=1)


@pytest.mark.slow
def test_a_model_that_goes_on_names_what_it_learned_where(faces: Release, others: Release, tmp_path: Path) -> None:
    before = trained(faces, tmp_path, "before", num_train_epochs=1)
    after = trained(others, tmp_path, "after", model=str(before.out), num_train_epochs=1)
    learned = json.loads((after.out / "learned.json").read_text("utf-8"))
    assert [one["content"] for one in learned["sets"]] == [faces.manifest["content"], others.manifest["content"]]
    assert set(json.loads((before.out / "learned.json").read_text("utf-8"))["pair_id"]) < set(learned["pair_id"])
    card = (after.out / "README.md").read_text("utf-8")
    assert "Before, it had learned:" in card
    assert faces.manifest["content"] in card
    assert "Trained on drawn demo faces." not in card


@pytest.mark.slow
def test_sets_on_the_hub_are_named_in_the_card(faces: Release, others: Release, tmp_path: Path) -> None:
    configuration(tmp_path)
    code = (
        "from synpain_hf.training.data.several import TrainingSet\n"
        "from synpain_hf.training.run.train import train\n"
        "train('lab/faces', also=[TrainingSet('lab/persons', revision='v1.1.0')], out='model', cache_dir='faces', "
        f"model='tiny.json', **{ARGUMENTS!r})\nprint('null')"
    )
    with Hub() as hub:
        for name, release, tag in (("lab/faces", faces, "v1.0.0"), ("lab/persons", others, "v1.1.0")):
            files = {
                path.relative_to(release.folder).as_posix(): path.read_bytes()
                for path in release.folder.rglob("*")
                if path.is_file()
            }
            hub.repositories[name] = Repository()
            hub.repositories[name].commit(files, "main", tag)
        run_elsewhere(code, home=tmp_path / "home", folder=tmp_path, HF_ENDPOINT=hub.url, HF_HUB_OFFLINE="0")
    card: Any = ModelCard.load(tmp_path / "model" / "README.md")
    assert card.data.datasets == ["lab/faces", "lab/persons"]
    assert "Face pairs, version 1.1.0, from lab/persons on the Hub at v1.1.0" in card.content
    record = json.loads((tmp_path / "model" / "training.json").read_text("utf-8"))
    assert (record["also"][0]["repo_id"], record["also"][0]["revision"]) == ("lab/persons", "v1.1.0")


@pytest.mark.slow
def test_the_command_takes_data_sets_and_lists(faces: Release, others: Release, tmp_path: Path) -> None:
    build(DemoSource(12, 4, ()), tmp_path / "third", version="1.0.0", image_size=48)
    listed = tmp_path / "sets.yaml"
    listed.write_text(f"sets:\n  - dataset: {others.folder}\n    weight: 0.5\n", encoding="utf-8")
    words = ["train", faces.folder, tmp_path / "model", "--and", tmp_path / "third", "--and", listed]
    short = ["--model", configuration(tmp_path), "--epochs", "1", "--set", "use_cpu=true", "--json"]
    done = CliRunner().invoke(app, list(map(str, [*words, *short])))
    assert done.exit_code == 0, done.output
    assert [(one["title"][:4], one["weight"]) for one in json.loads(done.stdout)["also"]] == [
        (open_pairs(tmp_path / "third").title[:4], 1.0),
        ("Face", 0.5),
    ]


def test_the_command_tells_a_set_that_is_given_twice_before_anything_is_trained(faces: Release, tmp_path: Path) -> None:
    words = ["train", faces.folder, tmp_path / "model", "--and", faces.folder]
    done = CliRunner().invoke(app, list(map(str, words)))
    assert (done.exit_code, (tmp_path / "model").exists()) == (2, False)
    assert "give each data set once" in done.stderr
