"""What `make bench-gpu` runs also runs small, without a GPU."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.gpu import main
from tests.training.small import configuration


@pytest.mark.slow
def test_both_heads_are_cross_validated_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "--out",
        str(tmp_path / "bench"),
        "--pairs",
        "40",
        "--epochs",
        "1",
        "--batch",
        "16",
        "--workers",
        "2",
        "--steps",
        "2",
    ]
    words += ["--backbone", str(configuration(tmp_path)), "--markdown", str(tmp_path / "found.md")]
    main(words)
    text = capsys.readouterr().out
    assert text == (tmp_path / "found.md").read_text(encoding="utf-8")
    assert "python -m tests.benchmarks.gpu --out" in text
    assert "Trained on cpu, torch" in text
    for row in (
        "| pwct | 1,539,162 |",
        "| backbone | ",
        "| age_group | old |",
        "| ethnicity | white |",
        "| pwct: Trainer on random",
        "| pwct: Trainer on prepared pairs that lie on the device",
        "| pwct, float32: none of these |",
        "| pwct, float32: channels_last |",
    ):
        assert row in text
    main(words)  # finished already: told again, not trained
    assert "| pwct | 1,539,162 |" in capsys.readouterr().out
