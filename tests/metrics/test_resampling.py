"""How far the bootstrap has come is told to whoever asks, and to nobody else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from tests.terminal import run, run_on_terminal

ROWS = 400
LABELS = np.arange(ROWS) % 2 == 0
SCORES = np.random.default_rng(0).normal(LABELS, 1)
BOOTSTRAP: dict[str, Any] = {"references": LABELS, "scores": SCORES, "interval": "bootstrap", "resamples": 300}


@pytest.fixture(scope="module")
def predictions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("predictions") / "predictions.csv"
    rows = "".join(f"{label:d},{score:.3f},man\n" for label, score in zip(LABELS, SCORES, strict=True))
    path.write_text(f"label,score,gender\n{rows}", encoding="utf-8")
    return path


def test_it_is_told_block_by_block_up_to_the_end() -> None:
    told: list[tuple[str, int, int]] = []
    subgroup_auroc(**BOOTSTRAP, progress=lambda *step: told.append(step))
    done = [step[1] for step in told]
    assert done == sorted(set(done))
    assert len(done) > 1
    assert told[-1] == ("resample", 300, 300)


def test_the_report_is_the_same_and_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert subgroup_auroc(**BOOTSTRAP, progress=lambda *_: None) == subgroup_auroc(**BOOTSTRAP)
    assert capsys.readouterr() == ("", "")


def test_intervals_that_draw_nothing_tell_nothing() -> None:
    told: list[tuple[str, int, int]] = []
    subgroup_auroc(**{**BOOTSTRAP, "interval": "delong"}, progress=lambda *step: told.append(step))
    assert told == []


@pytest.mark.slow
def test_the_command_shows_lines_and_on_a_terminal_a_bar(predictions: Path) -> None:
    options = ["evaluate", predictions.name, "--interval", "bootstrap", "--resamples", "300"]
    lines = run("evaluate", predictions, *options[2:])
    assert lines.stderr.splitlines()[-1] == "resample: 300 of 300"
    status, written = run_on_terminal([sys.executable, "-m", "synpain_hf", *options], predictions.parent)
    assert status == 0
    assert "━" in written
    assert "300/300" in written
    assert written.endswith(lines.stdout)
