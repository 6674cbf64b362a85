"""The benchmark of `controlnet` runs where there is no GPU, by the smallest network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.steering import main


@pytest.mark.slow
def test_training_and_drawing_are_timed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "found.md"
    asked = ["--tiny", "--size", "64", "--batch", "2", "--steps", "2", "--pictures", "2", "--denoising", "4"]
    main([*asked, "--markdown", str(file)])
    text = file.read_text(encoding="utf-8")
    assert capsys.readouterr().out == text
    rows = [line.split("|") for line in text.splitlines() if line.startswith(("| training", "| drawing"))]
    assert len(rows) == 3
    assert all(float(row[2]) > 0 for row in rows)
