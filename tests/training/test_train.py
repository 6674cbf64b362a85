"""`train` leaves a whole model's folder; goes on where it was; gives the same for the same seed; refuses bad input."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch
from datasets import load_dataset
from filelock import FileLock
from huggingface_hub import ModelCard
from PIL import Image
from transformers import AutoConfig, TrainingArguments, pipeline, set_seed

from synpain_hf.errors import InputWarning, MissingExtraError, OutputError, SynpainError, UsageError
from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from synpain_hf.modeling import TASK, PairwisePainForImageClassification
from synpain_hf.release.release import Release
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.layout import LOCK, RECORD, RESULT, check_place
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.folder import check_finished
from synpain_hf.training.run.models import build_model
from synpain_hf.training.run.result import TrainingResult
from synpain_hf.training.run.train import train as train_anew
from synpain_hf.vocabulary import DEFAULT_FUSION, Fusion
from tests.disks import small_disk
from tests.hub import Hub, Repository
from tests.loading.elsewhere import run_elsewhere
from tests.terminal import run
from tests.training.small import ARGUMENTS, SIDE, configuration, same, stopping_at, tiny, trained, weights

ACCELERATE = ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]

FILES = {
    *("config.json", "model.safetensors", "preprocessor_config.json", "README.md"),
    *("predictions.parquet", "predictions_validation.parquet", "report"),
    *("training.json", "trainer_state.json", "learned.json", "result.json"),
}


CHECKPOINTING = (
    "activation_checkpointing" if hasattr(TrainingArguments, "activation_checkpointing") else "gradient_checkpointing"
)
"""Its name, and its name before transformers 5.23."""


@pytest.fixture(scope="module")
def result(faces: Release, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    """A finished training, with a head for PSPI and for two action units; read-only by agreement."""
    folder = tmp_path_factory.mktemp("training")
    return trained(faces, folder, model=tiny(folder, pspi_head=True, action_units=["AU4", "AU43"]))


def test_a_folder_is_whole_and_nothing_else_is_left(result: TrainingResult) -> None:
    assert {path.name for path in result.out.iterdir()} == FILES
    assert (result.config_name, dict(result.splits)) == ("default", {"train": 12, "validation": 4, "test": 4})
    assert result.epochs == 2
    assert result.device == "cpu"
    assert result.report is not None
    assert result.auroc == result.report["overall"]["auroc"]
    assert TrainingResult.read(result.out) == result
    assert json.dumps(result.to_dict())


def test_a_result_is_told_in_a_line(result: TrainingResult) -> None:
    known = replace(result, auroc=0.75, interval={"low": 0.6, "high": 0.9}, best_epoch=3.0, epochs=8.0, seconds=71.6)
    assert known.summary() == (
        "test AUROC 0.750 [0.600, 0.900]; the model is that of epoch 3, the best of 8, 72 s on cpu"
    )
    assert replace(known, interval=None).summary().startswith("test AUROC 0.750; the model")
    untested = replace(known, auroc=None, best_epoch=None).summary()
    assert untested == "without a test AUROC; the model is that of the last of 8, 72 s on cpu"


def test_no_file_names_a_path_of_this_machine_or_pickles(result: TrainingResult) -> None:
    for path in result.out.rglob("*"):
        if path.suffix in (".json", ".md", ".tex", ".csv"):
            assert str(result.out.parent) not in path.read_text(encoding="utf-8"), path
        assert path.suffix not in (".bin", ".pt", ".pth", ".pkl")


def test_the_pipeline_says_of_a_stored_face_what_was_predicted(faces: Release, result: TrainingResult) -> None:
    judge: Any = pipeline(TASK, model=str(result.out))  # type: ignore[call-overload]
    predicted = {row["pair_id"]: row for row in pq.read_table(result.out / "predictions.parquet").to_pylist()}
    rows = {row["pair_id"]: row for part in faces.partitions for row in faces.read(part.path).to_pylist()}
    for pair_id, row in predicted.items():
        image, reference = (Image.open(io.BytesIO(rows[pair_id][face]["bytes"])) for face in ("expressive", "neutral"))
        found = judge(image=image, reference=reference)
        (score,) = (entry["score"] for entry in found if entry["label"] == "pain")
        assert score == pytest.approx(torch.sigmoid(torch.tensor(row["score"])).item(), abs=1e-5)
        assert found[0]["pspi"] == pytest.approx(row["pspi"], abs=1e-4)
        assert found[0]["action_units"]["AU43"] == pytest.approx(row["AU43"], abs=1e-4)
        assert found[0]["label"] == row["prediction"]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_weights_and_another_seed_others(faces: Release, tmp_path: Path) -> None:
    one, again, other = (trained(faces, tmp_path, name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert same(weights(one.out), weights(again.out))
    assert not same(weights(one.out), weights(other.out))


@pytest.mark.parametrize("fusion", [DEFAULT_FUSION, "none"])
@pytest.mark.parametrize("model", ["pwct", "linear", "tiny"])
@pytest.mark.slow
def test_training_moves_every_parameter(faces: Release, tmp_path: Path, model: str, fusion: Fusion) -> None:
    chosen = tiny(tmp_path, fusion=fusion) if model == "tiny" else ModelArguments(model=model, fusion=fusion)
    options: dict[str, Any] = {"model": chosen, "max_steps": 2, "eval_strategy": "no", "save_strategy": "no"}
    result = trained(faces, tmp_path, warmup_steps=0, **options)
    set_seed(42)
    fresh, _ = build_model(chosen, open_pairs(faces.folder))
    after = PairwisePainForImageClassification.from_pretrained(result.out).state_dict()
    assert not [name for name, before in fresh.named_parameters() if torch.equal(after[name], before)]


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        pytest.param({}, id="at an epoch's end"),
        pytest.param(
            {"gradient_accumulation_steps": 2, "per_device_train_batch_size": 2}
            | {f"{what}_strategy": "steps" for what in ("save", "eval", "logging")}
            | {f"{what}_steps": 2 for what in ("save", "eval", "logging")},
            id="within an epoch",
        ),
    ],
)
def test_an_interrupted_training_goes_on_to_the_same_weights(
    faces: Release, tmp_path: Path, options: dict[str, Any]
) -> None:
    whole = trained(faces, tmp_path, "whole", num_train_epochs=3, **options)
    with pytest.raises(KeyboardInterrupt):
        trained(faces, tmp_path, "parts", num_train_epochs=3, progress=stopping_at(5), **options)
    out = tmp_path / "parts"
    assert list(out.glob("checkpoint-*"))
    assert not (out / RESULT).exists()
    steps: list[int] = []
    parts = trained(
        faces,
        tmp_path,
        "parts",
        num_train_epochs=3,
        progress=lambda what, done, _: steps.append(done) if what == "train" else None,
        **options,
    )
    assert steps[0] > 2
    assert same(weights(whole.out), weights(parts.out))
    assert pq.read_table(whole.out / "predictions.parquet").equals(pq.read_table(out / "predictions.parquet"))
    assert {path.name for path in out.iterdir()} == FILES


def halve(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


@pytest.fixture(scope="module")
def interrupted(faces: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training that was interrupted after two of its three epochs; read-only by agreement."""
    folder = tmp_path_factory.mktemp("interrupted")
    with pytest.raises(KeyboardInterrupt):
        trained(faces, folder, num_train_epochs=3, progress=stopping_at(7), save_total_limit=3)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("damage", "file"),
    [
        (Path.unlink, "trainer_state.json"),
        (halve, "trainer_state.json"),
        (halve, "optimizer.pt"),
        (halve, "model.safetensors"),
        (halve, "rng_state.pth"),
    ],
)
def test_a_checkpoint_that_is_not_whole_is_passed_over(
    faces: Release, interrupted: Path, tmp_path: Path, file: str, damage: Callable[[Path], object]
) -> None:
    shutil.copytree(interrupted, tmp_path, dirs_exist_ok=True)
    last = max((tmp_path / "model").glob("checkpoint-*"), key=lambda path: int(path.name[11:]))
    assert last.name == "checkpoint-6"
    damage(last / file)
    steps: list[int] = []

    def note(what: str, done: int, total: int) -> None:
        if what == "train":
            steps.append(done)

    warned: list[str] = []
    trained(faces, tmp_path, num_train_epochs=3, progress=note, save_total_limit=3, warn=warned.append)
    assert steps[0] == 4
    out = tmp_path / "model"
    assert warned == [
        f"checkpoint-6 (its {file}) in {out} is damaged and passed over; training goes on from checkpoint-3"
    ]


@pytest.mark.slow
def test_what_is_passed_over_is_a_warning_of_python(faces: Release, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained(faces, tmp_path, progress=stopping_at(4))
    (checkpoint,) = (tmp_path / "model").glob("checkpoint-*")
    halve(checkpoint / "model.safetensors")
    with pytest.warns(InputWarning, match=r"checkpoint-3 \(its model\.safetensors\) .*; training begins anew"):
        trained(faces, tmp_path)


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        ("model.safetensors", halve),
        ("model.safetensors", Path.unlink),
        ("result.json", halve),
        ("predictions.parquet", halve),
        ("report/report.json", halve),
    ],
)
def test_a_finished_training_that_is_damaged_is_said(
    result: TrainingResult, tmp_path: Path, file: str, damage: Callable[[Path], object]
) -> None:
    out = Path(shutil.copytree(result.out, tmp_path / "model"))
    record = json.loads((out / RECORD).read_text(encoding="utf-8"))
    check_finished(out, record)
    damage(out / file)
    name = Path(file).name
    with pytest.raises(UsageError, match=f"finished training, but {name} in it is missing or damaged; remove the"):
        check_finished(out, record)


@pytest.mark.slow
def test_a_trained_model_that_was_damaged_before_its_report_is_trained_again(faces: Release, tmp_path: Path) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if what == "figures":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(faces, tmp_path, progress=stop)
    whole = {name: weight.clone() for name, weight in weights(tmp_path / "model").items()}  # not mapped from the file
    halve(tmp_path / "model" / "model.safetensors")
    warned: list[str] = []
    result = trained(faces, tmp_path, warn=warned.append)
    assert warned == [f"model.safetensors in {tmp_path / 'model'} is damaged; it is trained again"]
    assert same(weights(result.out), whole)


@pytest.mark.slow
def test_what_was_interrupted_after_training_is_not_trained_again(faces: Release, tmp_path: Path) -> None:
    def stop(what: str, done: int, total: int) -> None:
        if what == "figures":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(faces, tmp_path, progress=stop)
    told: list[str] = []
    result = trained(faces, tmp_path, progress=lambda what, *_: told.append(what))
    assert "train" not in told
    assert result.seconds > 0
    assert {path.name for path in result.out.iterdir()} == FILES


@pytest.mark.slow
def test_early_stopping_keeps_the_best_model(faces: Release, tmp_path: Path) -> None:
    result = trained(faces, tmp_path, num_train_epochs=30, early_stopping_patience=2, learning_rate=1e-7)
    assert result.epochs < 30
    assert result.best_epoch == result.epochs - 2
    state = json.loads((result.out / "trainer_state.json").read_text(encoding="utf-8"))
    assert result.validation_auroc == max(entry.get("eval_auroc", 0) for entry in state["log_history"])


@pytest.mark.slow
def test_the_best_model_of_a_backbone_is_loaded_whole(faces: Release, tmp_path: Path) -> None:
    """Its weights are saved under other names than they have in memory, unless the trainer sees to it."""
    result = trained(
        faces, tmp_path, num_train_epochs=4, learning_rate=5e-3, early_stopping_patience=None, eval_strategy="epoch"
    )
    validation = pq.read_table(result.out / "predictions_validation.parquet").to_pylist()
    report = subgroup_auroc(
        references=[row["label"] for row in validation], scores=[row["score"] for row in validation], positive="pain"
    )
    assert report["overall"]["auroc"] == pytest.approx(result.validation_auroc)


def test_a_model_can_be_trained_on_further(faces: Release, result: TrainingResult, tmp_path: Path) -> None:
    chosen = ModelArguments(model=str(result.out), pspi_head=True, action_units=["AU4", "AU43"])
    further = trained(faces, tmp_path, model=chosen, learning_rate=1e-30, warmup_steps=0)
    assert same(weights(result.out), weights(further.out))
    with pytest.raises(UsageError, match="was trained with PSPI and on AU4, AU43; ask for the same"):
        trained(faces, tmp_path, "other", model=ModelArguments(model=str(result.out)))


@pytest.mark.slow
def test_without_validation_the_last_model_is_taken(faces: Release, tmp_path: Path) -> None:
    result = trained(faces, tmp_path, config_name="all", eval_strategy="no")
    assert (result.auroc, result.validation_auroc, result.best_epoch) == (None, None, None)
    assert result.report is None
    assert not list(result.out.glob("*.parquet"))
    assert "no test split" in (result.out / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"config_name": "by_gender"}, r"has no split train and validation in 'by_gender', only man, woman; choose"),
        ({"config_name": "all"}, r"no split validation in 'all', only train; .* \(eval_strategy=no\)"),
        ({"config_name": "cv_9"}, "has no pairs in a configuration 'cv_9'"),
        ({"epochs": 3}, "unknown arguments of a training: epochs;"),
        ({"eval_strategy": "steps", "save_strategy": "epoch"}, "the training arguments do not fit together"),
        ({"early_stopping_patience": 0}, "early_stopping_patience is 0; give 1 or more"),
        ({"model": ModelArguments(action_units=["AU99"])}, "has no annotations of AU99"),
        ({"model": ModelArguments(pspi_head=True), "annotator": "me"}, "has no annotations by 'me'"),
        ({"model": "no/where"}, r"^model is 'no/where', which cannot be loaded \(.*\); give pwct"),
        ({"model": "nowhere.json"}, r"^model is 'nowhere.json', not a configuration of a vision model"),
        ({"resume_from_checkpoint": "nowhere/checkpoint-3"}, "nowhere has no training.json"),
    ],
)
def test_bad_input_is_one_clear_error_and_writes_nothing(
    faces: Release, tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SynpainError, match=message):
        train_anew(faces.folder, out=tmp_path / "model", cache_dir=tmp_path / "faces", **{"use_cpu": True, **options})
    assert {path.name for path in tmp_path.iterdir()} <= {"hf-home"}  # with what is known of the release's files


@pytest.mark.parametrize("name", ["val", "dev"])
def test_a_validation_split_of_another_name_is_to_be_renamed(faces: Release, tmp_path: Path, name: str) -> None:
    splits = load_dataset(str(faces.folder), cache_dir=str(tmp_path / "cache"))
    splits[name] = splits.pop("validation")
    with pytest.raises(UsageError, match=f"has no split validation .*; rename {name} to validation$"):
        train_anew(splits, out=tmp_path / "model", cache_dir=tmp_path / "faces", model=tiny(tmp_path), **ARGUMENTS)


def test_a_size_that_the_backbone_does_not_take_is_told(faces: Release, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"the size that the model was made for: .* faces of {2 * SIDE} x {2 * SIDE}"):
        trained(faces, tmp_path, model=tiny(tmp_path, image_size=2 * SIDE))


@pytest.mark.slow
def test_pairs_that_are_open_are_trained_on_and_told_from_others(faces: Release, tmp_path: Path) -> None:
    pairs = open_pairs(faces.folder)
    options = {**ARGUMENTS, "model": tiny(tmp_path), "cache_dir": tmp_path / "faces", "num_train_epochs": 1}
    opened = train_anew(pairs, out=tmp_path / "opened", **options)
    named = train_anew(faces.folder, out=tmp_path / "named", **options)
    assert same(weights(opened.out), weights(named.out))
    other = {"validation": pairs.positions("test"), "test": pairs.positions("validation")}
    swapped = replace(pairs, splits={**pairs.splits, **other})
    with pytest.raises(UsageError, match=r"holds another training \(data\.digest was"):
        train_anew(swapped, out=opened.out, keep_finished=True, **options)


@pytest.mark.parametrize(
    ("split", "message"),
    [("train", "the data set has no pain pair in train; both"), ("validation", "validation has only no_pain pairs")],
)
def test_pairs_of_one_class_are_refused(faces: Release, tmp_path: Path, split: str, message: str) -> None:
    splits = load_dataset(str(faces.folder), cache_dir=str(tmp_path / "cache"))
    splits[split] = splits[split].select([row for row, label in enumerate(splits[split]["label"]) if label == 0])
    with pytest.raises(UsageError, match=message):
        train_anew(splits, out=tmp_path / "model", cache_dir=tmp_path / "faces", model=tiny(tmp_path), **ARGUMENTS)


@pytest.mark.slow
def test_a_folder_in_use_is_left_as_it_is(faces: Release, tmp_path: Path, result: TrainingResult) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="taken exists; remove it, or give another place"):
        trained(faces, tmp_path, "taken")
    assert [path.name for path in taken.iterdir()] == ["thesis.txt"]
    with pytest.raises(UsageError, match="holds a trained model; remove it"):
        trained(faces, result.out.parent, result.out.name)
    with pytest.raises(UsageError, match="is not a folder; create it first"):
        trained(faces, tmp_path, "no/where")
    with pytest.raises(UsageError, match="exists; remove it"):
        trained(faces, tmp_path, "tiny.json")
    with pytest.raises(OutputError, match=r"could not be written .*; make room, and give the same command again"):
        trained(faces, tmp_path, 300 * "x")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.* is damaged and passed over")  # the one that the full disk cut
@pytest.mark.parametrize("size", ["4k", "24k", "40k", "136k", "200k"])
def test_a_full_disk_is_told_and_training_goes_on_once_there_is_room(faces: Release, tmp_path: Path, size: str) -> None:
    options: dict[str, Any] = {"model": tiny(tmp_path), "cache_dir": tmp_path / "faces", **ARGUMENTS}
    with small_disk(tmp_path / "disk", size) as disk:
        with pytest.raises(OutputError, match=r"could not be written.*\); make room, and give the same command again"):
            train_anew(faces.folder, out=disk / "model", **options)
        assert not (disk / "model" / RESULT).exists()
        subprocess.run(["mount", "-o", "remount,size=2m", disk], check=True)
        assert train_anew(faces.folder, out=disk / "model", **options).epochs == 2
        assert {path.name for path in (disk / "model").iterdir()} == FILES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("changed", "kind", "message"),
    [
        ({"report_to": "wandb"}, UsageError, "Trainer does not take these arguments: WandbCallback requires wandb"),
        ({"optim": "adamw_bnb_8bit"}, MissingExtraError, "needs a library that cannot be loaded .*bitsandbytes"),
        ({"model": "pwct", CHECKPOINTING: True}, UsageError, "checkpointing"),
    ],
)
def test_what_trainer_does_not_take_is_told_and_nothing_is_left(
    faces: Release, tmp_path: Path, changed: dict[str, Any], kind: type[SynpainError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        trained(faces, tmp_path, **changed)
    assert not (tmp_path / "model").exists()


def test_a_batch_that_is_too_large_for_the_device_is_told(faces: Release, tmp_path: Path) -> None:
    def full(what: str, done: int, total: int) -> None:
        if what == "train":
            raise torch.OutOfMemoryError("CUDA out of memory.")

    with pytest.raises(
        UsageError, match=r"per_device_train_batch_size is too large for the device's memory; give less"
    ):
        trained(faces, tmp_path, progress=full)


@pytest.mark.slow
def test_what_a_kill_left_before_anything_was_written_is_no_obstacle(tmp_path: Path) -> None:
    out = tmp_path / "model"
    out.mkdir()
    for name in (LOCK, f".{RECORD}.partial"):
        (out / name).touch()
    check_place(out, RECORD)
    (out / "notes.txt").touch()
    with pytest.raises(UsageError, match=r"exists; remove it, or give another place"):
        check_place(out, RECORD)


def test_nothing_is_trained_into_a_release(faces: Release) -> None:
    for out in (faces.folder / "model", faces.folder / "data" / "model"):
        refused = run("train", faces.folder, out)
        assert refused.exit_code == 2
        assert "is in the release" in " ".join(refused.stderr.split())
        assert not out.exists()


@pytest.mark.slow
def test_a_folder_that_another_training_writes_is_refused(faces: Release, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained(faces, tmp_path, progress=stopping_at(1))
    with FileLock(tmp_path / "model" / ".lock"), pytest.raises(OutputError, match="written by another training; wait"):
        trained(faces, tmp_path)
    assert trained(faces, tmp_path).epochs == 2


@pytest.mark.slow
def test_another_training_does_not_go_on_in_the_folder_of_one(faces: Release, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained(faces, tmp_path, progress=stopping_at(4))
    for options, message in (
        ({"learning_rate": 1.0}, r"another training \(recipe.learning_rate was 0.0005, and is 1.0\); give the same"),
        ({"config_name": "cv_1"}, "data.config_name was default, and is cv_1"),
        ({"augmentation": None}, "augmentation.probability was 0.8, and is None.*, and 15 more"),
        ({"model": "pwct"}, "model.architecture was backbone, and is pwct"),
    ):
        with pytest.raises(UsageError, match=message):
            trained(faces, tmp_path, **options)
    (checkpoint,) = (tmp_path / "model").glob("checkpoint-*")
    with pytest.raises(UsageError, match="seed was 42, and is 3"):
        trained(faces, tmp_path, "elsewhere", resume_from_checkpoint=str(checkpoint), seed=3)
    (tmp_path / "model" / RECORD).write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"has no training\.json that says what was trained"):
        trained(faces, tmp_path)


@pytest.mark.slow
def test_a_training_that_began_with_other_weights_is_another(faces: Release, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 2)):
        trained(faces, tmp_path, name, seed=seed)
    further: dict[str, Any] = {"name": "further", "keep_finished": True}
    trained(faces, tmp_path, model=ModelArguments(model=str(tmp_path / "a")), **further)
    before = weights(tmp_path / "further")
    assert trained(faces, tmp_path, model=ModelArguments(model=str(tmp_path / "a")), **further).epochs == 2
    with pytest.raises(UsageError, match=r"another training \(initial_weights was \w{64}, and is"):
        trained(faces, tmp_path, model=ModelArguments(model=str(tmp_path / "b")), **further)
    assert same(before, weights(tmp_path / "further"))


@pytest.mark.slow
def test_a_model_that_has_learned_what_would_judge_it_is_refused(faces: Release, tmp_path: Path) -> None:
    earlier = trained(faces, tmp_path, "earlier", config_name="cv_1").out
    on = {"model": ModelArguments(model=str(earlier))}
    with pytest.raises(UsageError, match=r"has learned pairs that would now judge it \(4 of test\); continue with"):
        trained(faces, tmp_path, "leaking", config_name="cv_0", **on)
    later = trained(faces, tmp_path, "later", config_name="cv_1", **on).out
    assert "Training continued from a pairwise model" in (later / "README.md").read_text("utf-8")
    learned = [json.loads((out / "learned.json").read_text("utf-8"))["pair_id"] for out in (earlier, later)]
    assert learned[0] == learned[1]
    pairs = open_pairs(faces.folder, "cv_1")
    assert learned[0] == sorted(pairs.table["pair_id"].take(pairs.positions("train")).to_pylist())


@pytest.mark.slow
def test_pairs_without_groups_are_judged_as_a_whole(faces: Release, tmp_path: Path) -> None:
    loaded = load_dataset(str(faces.folder)).select_columns(["pair_id", "neutral", "expressive", "label"])
    options: dict[str, Any] = {"model": tiny(tmp_path), "cache_dir": tmp_path / "faces", **ARGUMENTS}
    result = train_anew(loaded, out=tmp_path / "model", **options)
    assert result.report is not None
    assert result.report["groups"] == {}
    assert result.auroc == result.report["overall"]["auroc"]


@pytest.mark.slow
def test_what_is_told_of_a_model_is_of_the_one_that_was_kept(faces: Release, tmp_path: Path) -> None:
    found = {}
    for name, changed in (
        ("best", {}),
        ("by loss", {"metric_for_best_model": "loss"}),
        ("last", {"load_best_model_at_end": False}),
    ):
        result = trained(faces, tmp_path, name, **{"num_train_epochs": 4, "learning_rate": 0.05, **changed})
        card = (result.out / "README.md").read_text(encoding="utf-8")
        table = pq.read_table(result.out / "predictions_validation.parquet")
        judged = subgroup_auroc(
            references=[label == "pain" for label in table["label"].to_pylist()], scores=table["score"].to_pylist()
        )
        assert result.validation_auroc == pytest.approx(judged["overall"]["auroc"])
        found[name] = (result.best_epoch, re.search(r"The model is that of .*", card)[0])  # type: ignore[index]
    assert "chosen by its validation AUROC, " in found["best"][1]
    assert "chosen by its validation loss; its validation AUROC was " in found["by loss"][1]
    assert found["last"] == (None, "The model is that of the last epoch, 4.")


@pytest.mark.slow
def test_the_time_of_a_training_counts_what_came_before_an_interruption(faces: Release, tmp_path: Path) -> None:
    def slow(what: str, done: int, total: int) -> None:
        if what == "train" and done <= 3:
            time.sleep(0.5)
        stopping_at(4)(what, done, total)

    with pytest.raises(KeyboardInterrupt):
        trained(faces, tmp_path, progress=slow)
    result = trained(faces, tmp_path)
    assert result.seconds > 1.5
    assert result.pairs_per_second == pytest.approx(result.epochs * result.splits["train"] / result.seconds)


@pytest.mark.slow
def test_a_checkpoint_elsewhere_can_be_gone_on_from(faces: Release, tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        trained(faces, tmp_path, "first", progress=stopping_at(4))
    (checkpoint,) = (tmp_path / "first").glob("checkpoint-*")
    second = trained(faces, tmp_path, "second", resume_from_checkpoint=str(checkpoint))
    assert same(weights(second.out), weights(trained(faces, tmp_path, "whole").out))


@pytest.mark.slow
def test_a_data_set_on_the_hub_is_named_in_the_record_and_the_card(faces: Release, tmp_path: Path) -> None:
    files = {
        path.relative_to(faces.folder).as_posix(): path.read_bytes()
        for path in faces.folder.rglob("*")
        if path.is_file()
    }
    configuration(tmp_path)
    code = (
        "from synpain_hf.training.run.train import train\n"
        "train('lab/faces', revision='v1.0.0', out='model', cache_dir='faces', model='tiny.json', "
        f"**{ARGUMENTS!r})\nprint('null')"
    )
    with Hub() as hub:
        hub.repositories["lab/faces"] = Repository()
        hub.repositories["lab/faces"].commit(files, "main", "v1.0.0")
        run_elsewhere(code, home=tmp_path / "home", folder=tmp_path, HF_ENDPOINT=hub.url, HF_HUB_OFFLINE="0")
    record = json.loads((tmp_path / "model" / RECORD).read_text(encoding="utf-8"))
    assert (record["data"]["repo_id"], record["data"]["revision"]) == ("lab/faces", "v1.0.0")
    card: Any = ModelCard.load(tmp_path / "model" / "README.md")
    assert card.data.datasets == ["lab/faces"]
    assert {result.dataset_revision for result in card.data.eval_results} == {"v1.0.0"}


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["torchrun", "accelerate"])
def test_two_processes_train_together_and_judge_every_pair_once(faces: Release, tmp_path: Path, launcher: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        f"from synpain_hf.training.run.train import train\n"
        f"train({str(faces.folder)!r}, out={str(tmp_path / 'model')!r}, cache_dir={str(tmp_path / 'faces')!r},\n"
        f"      model={str(configuration(tmp_path))!r}, **{ARGUMENTS!r})\n",
        encoding="utf-8",
    )
    start = {
        "torchrun": ["torch.distributed.run", "--standalone", "--nproc-per-node", "2"],
        "accelerate": ["accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", *ACCELERATE],
    }[launcher]
    run = subprocess.run(
        [sys.executable, "-m", *start, str(script)], capture_output=True, text=True, check=False, timeout=600
    )
    assert run.returncode == 0, run.stderr
    out = tmp_path / "model"
    assert {path.name for path in out.iterdir()} == FILES
    assert len(list((tmp_path / "faces").glob("*/faces.npy"))) == 1
    assert run.stderr.count("prepare: 20 of 20") <= 1
    for split, name in (("test", "predictions.parquet"), ("validation", "predictions_validation.parquet")):
        pairs = open_pairs(faces.folder)
        ids = pairs.table["pair_id"].take(pairs.positions(split)).to_pylist()
        assert pq.read_table(out / name)["pair_id"].to_pylist() == ids
    result = TrainingResult.read(out)
    assert result.device == "2 x cpu"
    predicted = pq.read_table(out / "predictions_validation.parquet")
    assert len(set(predicted["score"].to_pylist())) == len(predicted)
    state = json.loads((out / "trainer_state.json").read_text(encoding="utf-8"))
    assert state["global_step"] == 4
    assert AutoConfig.from_pretrained(out).model_type == "pairwise_pain"
