"""The example trains, evaluates and reports, and what its page says to type is there."""

from __future__ import annotations

import json
import math
import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from huggingface_hub import ModelCard
from transformers import pipeline

from synpain_hf.modeling import TASK, AutoModelForPairwisePainClassification, PairwisePainForImageClassification
from synpain_hf.release.release import Release
from tests.training.small import configuration

RESNET = {"model_type": "resnet", "num_channels": 1, "embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}
"""Tiny, and with batch norms."""

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPT = EXAMPLES / "train_pairwise.py"


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            sys.executable,
            str(SCRIPT),
            "--output_dir",
            str(folder / "model"),
            "--cache_dir",
            str(folder / "faces"),
            *words,
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.slow
def test_the_example_trains_and_reports(faces: Release, tmp_path: Path) -> None:
    model = ["--model", str(configuration(tmp_path)), "--pspi_head", "--action_units", "AU4", "AU43"]
    training = ["--num_train_epochs", "2", "--per_device_train_batch_size", "6", "--use_cpu", "--rotation", "5"]
    done = run(tmp_path, "--dataset", str(faces.folder), "--config_name", "cv_0", *model, *training)
    assert done.returncode == 0, done.stderr
    assert "AUROC by group" in done.stdout
    assert "epoch 2 of 2: validation loss" in done.stderr
    out = tmp_path / "model"
    assert isinstance(AutoModelForPairwisePainClassification.from_pretrained(out), PairwisePainForImageClassification)
    assert {"predictions.parquet", "predictions_validation.parquet", "report", "README.md"} <= {
        path.name for path in out.iterdir()
    }
    card = ModelCard.load(out / "README.md")
    assert "Demo faces, drawn, not SynPAIN, version 1.0.0, configuration `cv_0`" in card.text
    assert "| `rotation` | 5.0 |" in card.text


@pytest.mark.slow
def test_what_the_page_says_for_demo_faces_gives_a_model_that_is_clearly_better_than_chance(tmp_path: Path) -> None:
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8").replace("\\\n", " ")
    commands = page.partition("### Demo faces, on a CPU")[2].partition("```console\n")[2].partition("```")[0]
    programs = {"synpain-hf": [sys.executable, "-m", "synpain_hf"], "python": [sys.executable]}
    (tmp_path / "examples").symlink_to(EXAMPLES)
    for command in commands.splitlines():
        program, *words = shlex.split(command)
        done = subprocess.run(
            [*programs[program], *words], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=1800
        )
        assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "demo-model" / "report" / "report.json").read_text(encoding="utf-8"))
    assert report["overall"]["interval"]["low"] > 0.6


@pytest.mark.slow
def test_two_processes_run_the_example_unchanged_and_judge_as_the_model_that_is_saved(
    faces: Release, tmp_path: Path
) -> None:
    path = tmp_path / "resnet.json"
    path.write_text(json.dumps(RESNET), encoding="utf-8")
    words = ["--dataset", str(faces.folder), "--model", str(path), "--image_size", "32", "--learning_rate", "0.01"]
    words += ["--output_dir", "model", "--cache_dir", "faces", "--use_cpu", "--per_device_train_batch_size", "3"]
    words += ["--num_train_epochs", "4", "--load_best_model_at_end", "false", "--per_device_eval_batch_size", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(SCRIPT), *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    told = pq.read_table(tmp_path / "model" / "predictions.parquet")
    pairs = load_dataset(str(faces.folder), split="test")
    judge: Any = pipeline(TASK, model=str(tmp_path / "model"), device="cpu")  # type: ignore[call-overload]
    judged = judge(image=list(pairs["expressive"]), reference=list(pairs["neutral"]))
    odds = [math.log(score["pain"] / score["no_pain"]) for score in map(by_label, judged)]
    assert told["pair_id"].to_pylist() == pairs["pair_id"]
    assert told["score"].to_pylist() == pytest.approx(odds, abs=1e-5)


def by_label(scores: list[dict[str, Any]]) -> dict[str, float]:
    return {score["label"]: score["score"] for score in scores}


@pytest.mark.slow
def test_the_example_says_what_is_wrong_in_a_line(tmp_path: Path) -> None:
    done = run(tmp_path, "--dataset", "nowhere")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: nowhere is neither a folder nor an installed data set")


def test_the_example_is_short_and_its_page_names_arguments_that_exist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) < 120
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for script in re.findall(r"examples/(\w+\.py)", page):
        assert (EXAMPLES / script).is_file()
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), "--help"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_path(str(SCRIPT), run_name="__main__")
    shown = capsys.readouterr().out
    commands = [line for line in page.replace("\\\n", " ").splitlines() if "train_pairwise.py" in line]
    named = {word for line in commands for word in re.findall(r"(?<= )--(\w+)", line.partition("train_pairwise.py")[2])}
    assert named
    assert not [word for word in named if f"--{word}" not in shown]
