"""An experiment that is killed goes on where it was: finished models stay, and the interrupted one continues."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from synpain_hf.experiments.experiment import experiment
from synpain_hf.release.release import Release
from tests.experiments.made import QUICK, tiny

_PROGRAM = """
import sys
from synpain_hf.experiments.experiment import experiment
from tests.experiments.made import QUICK
data, folder, model, jobs = sys.argv[1:]
if __name__ == "__main__":
    experiment(
        "cross-validation", data, out=folder + "/out", runs=folder + "/runs", cache_dir=folder + "/faces", model=model,
        seeds=[1], jobs=int(jobs), **QUICK,
    )
"""


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_killed_experiment_goes_on(jobs: int, sixty: Release, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(_PROGRAM, encoding="utf-8")
    model = tiny(tmp_path)
    command = [sys.executable, str(program), str(sixty.folder), str(tmp_path), model.model, str(jobs)]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(command, cwd=root, env=environment) as running:
        while len(_finished(tmp_path)) < 2:
            assert running.poll() is None, "it ended before it was killed"
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    before = _finished(tmp_path)
    assert not (tmp_path / "out").exists()
    options: dict[str, Any] = {
        "runs": tmp_path / "runs",
        "cache_dir": tmp_path / "faces",
        "model": model,
        "seeds": [1],
        **QUICK,
    }
    found = experiment("cross-validation", sixty.folder, out=tmp_path / "out", **options)
    after = _finished(tmp_path)
    assert len(after) == 5
    assert before.items() <= after.items()  # what was finished was not trained again
    whole = experiment(
        "cross-validation", sixty.folder, out=tmp_path / "other", **{**options, "runs": tmp_path / "new"}
    )
    scores, expected = (one.predictions["score"].to_pylist() for one in (found, whole))
    assert scores == pytest.approx(expected, abs=1e-4)


def _finished(folder: Path) -> dict[str, int]:
    """When each model was finished, by its digest."""
    return {path.parent.name: path.stat().st_mtime_ns for path in folder.glob("runs/trained/*/result.json")}
