"""`predict`: a trained model on any data set, but on nobody whom it has learned."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from datasets import DatasetDict, load_dataset

import synpain_hf
from synpain_hf.errors import BadInputError, OutputError, UsageError
from synpain_hf.release.release import Release
from synpain_hf.training.report.evaluation import PREDICTIONS
from synpain_hf.training.run.judging import predict
from tests.sharing import Once
from tests.terminal import run
from tests.training.small import configuration, trained


@pytest.fixture(scope="module")
def model(once: Once, faces: Release) -> Path:
    """A tiny model that was trained on the faces."""

    def fill(folder: Path) -> None:
        trained(faces, folder, num_train_epochs=1)

    return once("judging-model", fill) / "model"


def test_a_model_says_again_what_it_said_when_it_was_trained(model: Path, faces: Release, tmp_path: Path) -> None:
    found = predict(model, faces.folder, out=tmp_path / "found.parquet")
    then = pq.read_table(model / PREDICTIONS)
    assert found.drop_columns("score") == then.drop_columns("score")
    assert found["score"].to_pylist() == pytest.approx(then["score"].to_pylist(), abs=1e-5)
    assert pq.read_table(tmp_path / "found.parquet") == found


def test_what_is_loaded_is_judged_alike(model: Path, faces: Release) -> None:
    loaded = load_dataset(str(faces.folder), "default")
    assert isinstance(loaded, DatasetDict)
    found, expected = predict(model, loaded), predict(model, faces.folder)
    assert found["score"].to_pylist() == pytest.approx(expected["score"].to_pylist(), abs=1e-6)


def test_a_folder_may_be_called_as_a_kind_of_model_is(
    model: Path, faces: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(model, tmp_path / "linear")
    monkeypatch.chdir(tmp_path)
    assert predict("linear", faces.folder) == predict(model, faces.folder)


def test_pairs_that_it_has_learned_are_refused_unless_asked_for(model: Path, faces: Release) -> None:
    with pytest.raises(UsageError, match=r"has learned 12 of the 12 pairs of train, or others of their persons"):
        predict(model, faces.folder, split="train")
    with pytest.raises(UsageError, match=r"has learned 12 of the 20 pairs"):
        predict(model, faces.folder, config_name="all")
    assert predict(model, faces.folder, config_name="all", even_learned=True).num_rows == 20


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("pwct", "has learned nothing"),
        ("nowhere", "nowhere"),
        ("tiny", "not a pairwise model"),
        ("empty", "cannot be loaded"),
    ],
)
def test_what_is_no_trained_model_is_refused(faces: Release, tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "tiny").mkdir()
    configuration(tmp_path / "tiny").rename(tmp_path / "tiny" / "config.json")
    word = name if name == "pwct" else str(tmp_path / name)
    with pytest.raises(UsageError, match=told):
        predict(word, faces.folder)


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_what_is_no_trained_model_is_told_by_its_argument_with_what_to_give(
    faces: Release, tmp_path: Path, name: str
) -> None:
    (tmp_path / "empty").mkdir()
    refused = run("predict", tmp_path / name, faces.folder)
    told = " ".join(refused.stderr.split())
    assert "error: MODEL is" in told
    assert "give a trained model's folder or id, or the .pt file of a published PwCT" in told


def test_nothing_is_written_into_a_release(faces: Release) -> None:
    place = faces.folder / "data" / "found.parquet"
    with pytest.raises(UsageError, match="is in the release"):
        predict("nowhere", faces.folder, out=place)
    assert not place.exists()


def test_a_file_that_holds_no_state_dict_is_refused(faces: Release, tmp_path: Path) -> None:
    (tmp_path / "pwct.pt").write_bytes(b"PK no zip")
    with pytest.raises(BadInputError, match="holds something other than tensors, or is damaged"):
        predict(tmp_path / "pwct.pt", faces.folder)


def test_a_split_must_be_there(model: Path, faces: Release) -> None:
    with pytest.raises(UsageError, match=r"has no split 'tset' here \(did you mean 'test'\?\)"):
        predict(model, faces.folder, split="tset")
    with pytest.raises(UsageError, match=r"has no split test; give one of"):
        predict(model, faces.folder, config_name="by_gender")


def test_a_file_that_is_there_is_not_replaced(model: Path, faces: Release, tmp_path: Path) -> None:
    (tmp_path / "found.parquet").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="already exists; give another name, or remove it"):
        predict(model, faces.folder, out=tmp_path / "found.parquet")
    assert (tmp_path / "found.parquet").read_text(encoding="utf-8") == "mine"


def test_the_command_writes_predictions_and_prints_what_they_are_worth(
    model: Path, faces: Release, tmp_path: Path
) -> None:
    out = tmp_path / "found.parquet"
    done = run("predict", model, faces.folder, "--out", out)
    assert done.exit_code == 0, done.output
    assert "AUROC by group" in done.stdout
    assert f"{out}: 4 pairs" in " ".join(done.stderr.split())
    refused = run("predict", model, faces.folder, "--split", "train", "--out", tmp_path / "no.parquet")
    assert refused.exit_code == 2
    assert "--even-learned" in refused.stderr
    again = run("predict", model, faces.folder, "--out", tmp_path / "as.parquet", "--json")
    assert json.loads(again.stdout)["overall"]["n"] == 4
    assert synpain_hf.compare(out, tmp_path / "as.parquet", min_group_size=1)["overall"]["comparison"] is not None
