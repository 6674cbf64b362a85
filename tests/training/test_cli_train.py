"""`synpain-hf train`: what it passes on, what it prints, and its exit status."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from synpain_hf.cli import app
from synpain_hf.release.release import Release
from synpain_hf.sources.demo_download import ANNOTATOR
from synpain_hf.training.layout import RECORD
from synpain_hf.training.run.result import TrainingResult
from tests.terminal import COLUMNS, run_on_terminal
from tests.training.small import configuration

SHORT = ("--epochs", "1", "--batch-size", "5", "--set", "use_cpu=true")


def run(*arguments: str | Path, rank: int = 0) -> Result:
    """The command, in this process; whatever it raised but its exit status is raised here."""
    environment = {"COLUMNS": str(COLUMNS), "RANK": str(rank)}
    result = CliRunner(env=environment).invoke(app, ["train", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def record_of(out: Path) -> Any:
    """What a training says it was."""
    return json.loads((out / RECORD).read_text(encoding="utf-8"))


def test_it_prints_the_table_by_group_and_how_good_the_model_is(faces: Release, tmp_path: Path) -> None:
    out = tmp_path / "model"
    done = run(faces.folder, out, "--model", configuration(tmp_path), *SHORT)
    assert done.exit_code == 0, done.output
    result = TrainingResult.read(out)
    assert result.report is not None
    assert done.stdout == f"{result.report.to_text(COLUMNS)}\n\n{out}: {result.summary()}\n"
    assert "epoch 1 of 1: validation loss" in done.stderr


@pytest.mark.slow
def test_what_is_finished_is_told_again_and_another_training_refused(faces: Release, tmp_path: Path) -> None:
    words = [str(faces.folder), str(tmp_path / "model"), "--model", str(configuration(tmp_path)), *SHORT]
    first = run(*words)
    assert run(*words).stdout == first.stdout
    other = run(*words, "--seed", "1")
    assert other.exit_code == 2
    assert "holds another training (recipe.seed was 42, and is 1)" in other.stderr


@pytest.mark.slow
def test_json_is_the_result_and_nothing_else(faces: Release, tmp_path: Path) -> None:
    out = tmp_path / "model"
    done = run(faces.folder, out, "--model", configuration(tmp_path), *SHORT, "--json")
    assert json.loads(done.stdout) == TrainingResult.read(out).to_dict()


@pytest.mark.slow
def test_every_option_reaches_the_training(faces: Release, tmp_path: Path) -> None:
    out, cache = tmp_path / "model", tmp_path / "faces"
    options = {
        "--model": configuration(tmp_path, image_size=32),
        "--config-name": "cv_1",
        "--fusion": "subtraction",
        "--image-size": 32,
        "--action-units": "AU4,AU43",
        "--annotator": ANNOTATOR,
        "--class-weights": "none",
        "--epochs": 1,
        "--batch-size": 7,
        "--learning-rate": 0.001,
        "--seed": 3,
        "--cache-dir": cache,
    }
    words = [str(word) for option in options.items() for word in option]
    flags = ["--lora", "--pspi-head", "--no-augmentation", "--crop-box", "0.1", "0.2", "0.9", "0.8"]
    settings = ["--set", "weight_decay=0.5", "--set", "warmup_steps=2", "--set", "use_cpu=true"]
    done = run(faces.folder, out, *words, *flags, *settings)
    assert done.exit_code == 0, done.output
    found = record_of(out)
    assert found["data"]["config_name"] == "cv_1"
    assert found["annotator"] == ANNOTATOR
    assert found["augmentation"] is None
    assert found["processor"]["size"] == {"height": 32, "width": 32}
    assert found["processor"]["crop_box"] == [0.1, 0.2, 0.9, 0.8]
    model = found["model"]
    assert (model["fusion"], model["lora"], model["pspi_head"]) == ("subtraction", {}, True)
    assert model["action_units"] == ["AU4", "AU43"]
    assert model["class_weights"] is None
    recipe = found["recipe"]
    assert (recipe["num_train_epochs"], recipe["per_device_train_batch_size"], recipe["seed"]) == (1.0, 7, 3)
    assert (recipe["learning_rate"], recipe["weight_decay"], recipe["warmup_steps"]) == (0.001, 0.5, 2)
    assert [path.name for path in cache.iterdir() if path.is_dir()]


@pytest.mark.slow
def test_all_five_folds_are_one_command(faces: Release, tmp_path: Path) -> None:
    out = tmp_path / "model"
    done = run(faces.folder, out, "--config-name", "cv", "--model", configuration(tmp_path), *SHORT)
    assert done.exit_code == 0, done.output
    assert sorted(path.name for path in out.iterdir()) == [
        "README.md", *(f"fold-{fold}" for fold in range(5)), "predictions.parquet", "report", "summary.json",
    ]  # fmt: skip
    assert done.stdout.startswith("All folds together; their scores come from five models.")
    assert (
        run(faces.folder, out, "--config-name", "cv", "--model", configuration(tmp_path), *SHORT).stdout == done.stdout
    )
    last = done.stdout.splitlines()[-1]
    assert last.startswith(f"{out}: test AUROC ")
    assert "all 20 pairs together" in last
    assert "fold 4: train: 3 of 3" in done.stderr


@pytest.mark.slow
def test_of_several_processes_only_the_first_tells(faces: Release, tmp_path: Path) -> None:
    done = run(faces.folder, tmp_path / "model", "--model", configuration(tmp_path), *SHORT, rank=1)
    assert done.stdout == ""


@pytest.mark.slow
def test_on_a_terminal_every_line_fits(faces: Release, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "synpain_hf", "train", str(faces.folder), "model"]
    status, written = run_on_terminal([*command, "--model", str(configuration(tmp_path)), *SHORT], tmp_path)
    assert status == 0, written
    lines = written.splitlines()
    assert any(line.startswith("model: test AUROC") for line in lines)
    assert max(len(line.rpartition("\r")[2]) for line in lines if "\x1b" not in line) <= COLUMNS


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--config-name", "cv_7"], "has no pairs in a configuration 'cv_7'; choose one of"),
        (["--model", "no/model"], "--model is 'no/model', which cannot be loaded"),
        (["--action-units", "AU4,AU99"], "has no annotations of AU99 (did you mean 'AU9'?); there are AU1,"),
        (["--annotator", "nobody", "--pspi-head"], "has no annotations by 'nobody', only by 'truth of demo"),
        (["--model", "PWCT"], "--model is 'PWCT', neither a folder nor an id on the Hub (NAMESPACE/NAME); give one of"),
        (["--fusion", "subtraction"], "error: --fusion is 'subtraction', but pwct always subtracts; leave it out"),
        (["--learning-rate", "0"], "error: --learning-rate is 0.0; give more than 0, such as 5e-4"),
        (["--epochs", "0"], "error: --epochs is 0, so that nothing is learned"),
        (["--jobs", "2"], "error: --jobs is for cv and loso, which train several models; leave it out"),
        (["--lora"], "error: --lora is for vision models, which pwct is not; leave it out"),
        (["--model", "linear", "--lora"], "error: --lora is for vision models, which linear is not; leave it out"),
        (["--model", "linear", "--fusion", "concatenation"], "but linear always subtracts; leave it out, or give none"),
        (["--image-size", "64"], "error: --image-size must be 160: this model does not take faces of 64 x 64"),
        (["--crop-box", "0.5", "0", "0.4", "1"], "error: --crop-box is [0.5, 0.0, 0.4, 1.0]; give left, top, right"),
        (["--set", "learning_rate=0"], "error: --set learning_rate is 0.0; give more than 0"),
        (["--set", "gradient_accumulation_steps=0"], "error: --set gradient_accumulation_steps is 0; give 1 or more"),
        (["--set", "nonsense"], "nonsense is not a setting of a training; give NAME=VALUE"),
        (["--set", "warmup_stepz=4"], "warmup_stepz=4 is not a setting of a training"),
        (["--set", "max_steps=many"], "--set max_steps is 'many'; give a whole number"),
        (["--set", "eval_strategy=steps", "--set", "save_strategy=epoch"], "training arguments do not fit together"),
        (["--revision", "v1.0.0"], "--revision is 'v1.0.0', but only a data set on the Hub has revisions"),
    ],
)  # fmt: skip
def test_bad_input_is_told_in_a_line_and_writes_nothing(
    faces: Release, tmp_path: Path, options: Sequence[str], told: str
) -> None:
    done = run(faces.folder, tmp_path / "model", "--set", "use_cpu=true", *options)
    assert done.exit_code == 2, done.output
    (line,) = [line for line in done.stderr.splitlines() if not re.fullmatch(r".+: [\d,]+ of [\d,]+", line)]
    assert line.startswith("error: ")
    assert told in line
    assert done.stdout == ""
    assert {path.name for path in tmp_path.iterdir()} <= {"hf-home"}  # with what is known of the release's files


SLIPS: list[list[str]] = [
    ["nowhere", "model"],
    ["{release}", "no/where"],
    ["{release}", "model", "--config-name", "cv_7"],
    ["{release}", "model", "--crop-box", "0.5", "0", "0.4", "1"],
    ["{release}", "model", "--learning-rate", "0"],
    ["{release}", "model", "--lora"],
    ["{release}", "model", "--image-size", "64"],
    ["{release}", "model", "--fusion", "subtraction"],
    ["{release}", "model", "--model", "PWCT"],
    ["{release}", "model", "--model", "none.json"],
    ["{release}", "model", "--action-units", "AU99"],
    ["{release}", "model", "--annotator", "nobody", "--pspi-head"],
    ["{release}", "model", "--epochs", "0"],
    ["{release}", "model", "--set", "learning_rat=1"],
    ["{release}", "model", "--set", "max_steps=many"],
    ["{release}", "model", "--set", "eval_strategy=epoh"],
    ["{release}", "model", "--set", "hub_token=hf_secret"],
    ["{release}", "model", "--set", "gradient_accumulation_steps=0"],
    ["{release}", "model", "--set", "metric_for_best_model=f1"],
]

SAID_AT_ONCE = """
import sys
from typer.testing import CliRunner
from synpain_hf.cli import app
for line in sys.stdin:
    done = CliRunner().invoke(app, ["train", *line.split()])
    print(done.exit_code, done.stderr.strip() or repr(done.exception))
    assert not {"torch", "transformers"} & sys.modules.keys(), line
"""


@pytest.mark.slow
def test_a_slip_is_told_before_torch_is_imported(faces: Release, tmp_path: Path) -> None:
    lines = "\n".join(" ".join(slip).format(release=faces.folder) for slip in SLIPS)
    command = [sys.executable, "-c", SAID_AT_ONCE]
    told = subprocess.run(command, cwd=tmp_path, input=lines, capture_output=True, text=True, check=True).stdout
    assert len(told.splitlines()) == len(SLIPS)
    for line in told.splitlines():
        assert line.startswith("2 error: ")
        assert "torch" not in line


def test_a_choice_that_is_none_needs_no_torch_either(tmp_path: Path) -> None:
    done = run("release", tmp_path / "model", "--fusion", "sum")
    assert done.exit_code == 2
    assert "'sum' is not one of subtraction, concatenation, cross_attention" in done.stderr


def test_an_argument_is_named_as_it_is_typed(faces: Release, tmp_path: Path) -> None:
    (tmp_path / "pwct.json").write_text('{"model_type": "pairwise_pain"}', encoding="utf-8")
    done = run(faces.folder, tmp_path / "model", "--model", tmp_path / "pwct.json", "--lora")
    assert done.stderr.splitlines()[-1].startswith(
        "error: --lora is for vision models, which pwct is not; leave it out"
    )
    (tmp_path / "wrong.json").write_text('{"model_type": "pairwise_pain", "lora": {}}', encoding="utf-8")
    done = run(faces.folder, tmp_path / "model", "--model", tmp_path / "wrong.json")
    assert done.stderr.splitlines()[-1].startswith(
        f"error: --model is '{tmp_path / 'wrong.json'}', whose content does not fit together"
    )
    done = run(faces.folder, tmp_path / "model", "--config-name", "all")
    assert "or train without choosing a model (--set eval_strategy=no)" in done.stderr


def test_a_crop_that_leaves_too_little_is_told_of_every_pair(faces: Release, tmp_path: Path) -> None:
    done = run(faces.folder, tmp_path / "model", "--crop-box", "0.5", "0.5", "0.6", "0.6", "--set", "use_cpu=true")
    assert done.exit_code == 1
    lines = [line for line in done.stderr.splitlines() if not re.match(r"\w+: [0-9,]+ of [0-9,]+", line)]
    assert lines.pop(0) == "error: 20 problems, and nothing was written:"
    assert len(lines) == 20
    assert all("a side under 16; widen the crop" in line for line in lines)
    assert not (tmp_path / "model").exists()


def test_what_is_wrong_is_json_where_json_is_asked_for(tmp_path: Path) -> None:
    done = run("nowhere", tmp_path / "model", "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout) == {
        "error": "nowhere is neither a folder nor an installed data set; give a release's folder or NAMESPACE/NAME",
        "problems": [],
    }
