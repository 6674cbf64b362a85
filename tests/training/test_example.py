"""The example trains, evaluates and reports, and what its page says to type is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import ModelCard
from transformers import AutoModelForImageClassification

from synpain_hf.modeling import PairwisePainForImageClassification
from synpain_hf.release.manifest import Release
from tests.training.small import configuration

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
    assert isinstance(AutoModelForImageClassification.from_pretrained(out), PairwisePainForImageClassification)
    assert {"predictions.parquet", "predictions_validation.parquet", "report", "README.md"} <= {
        path.name for path in out.iterdir()
    }
    card = ModelCard.load(out / "README.md")
    assert "Demo faces, drawn, not SynPAIN, version 1.0.0, configuration `cv_0`" in card.text
    assert "| `rotation` | 5.0 |" in card.text


@pytest.mark.slow
def test_the_example_says_what_is_wrong_in_a_line(tmp_path: Path) -> None:
    done = run(tmp_path, "--dataset", "nowhere")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: nowhere is no folder and no data set")


def test_the_example_is_short_and_its_page_names_arguments_that_exist() -> None:
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) < 120
    page = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    for script in re.findall(r"examples/(\w+\.py)", page):
        assert (EXAMPLES / script).is_file()
    shown = subprocess.run([sys.executable, str(SCRIPT), "--help"], capture_output=True, text=True, check=True).stdout
    commands = [line for line in page.replace("\\\n", " ").splitlines() if "train_pairwise.py" in line]
    named = {word for line in commands for word in re.findall(r"(?<= )--(\w+)", line.partition("train_pairwise.py")[2])}
    assert named
    assert not [word for word in named if f"--{word}" not in shown]
