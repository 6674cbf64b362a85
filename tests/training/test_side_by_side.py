"""Folds that are trained at a time are those that are trained one after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import torch

from synpain_hf.errors import UsageError
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.training.run.cross_validation import cross_validate
from synpain_hf.training.run.side_by_side import at_a_time, train_side_by_side, visible_devices
from tests.release.making import manifest_rows, write_manifest
from tests.training.small import ARGUMENTS, tiny


@pytest.mark.slow
def test_two_at_a_time_give_what_one_after_the_other_gives(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    release = build(write_manifest(tmp_path, manifest_rows(60)), tmp_path / "release", version="1.0.0", image_size=32)
    options = {**ARGUMENTS, "num_train_epochs": 1, "model": tiny(tmp_path), "cache_dir": tmp_path / "faces"}
    one = cross_validate(release.folder, out=tmp_path / "one", **options)
    capfd.readouterr()
    two = cross_validate(release.folder, out=tmp_path / "two", jobs=2, warn=lambda _: None, **options)
    told = capfd.readouterr().err
    assert [fold.out.name for fold in two.folds] == [f"fold-{number}" for number in range(5)]
    assert all(f"fold-{number}: epoch 1 of 1: " in told for number in range(5))
    of_one, of_two = (pq.read_table(out.out / "predictions.parquet").to_pylist() for out in (one, two))
    assert [row["pair_id"] for row in of_two] == [row["pair_id"] for row in of_one]
    assert [row["score"] for row in of_two] == pytest.approx([row["score"] for row in of_one], abs=1e-4)
    with pytest.raises(UsageError, match=r"^learning_rate is -1; give more than 0"):
        cross_validate(release.folder, out=tmp_path / "three", jobs=2, **{**options, "learning_rate": -1})


@pytest.mark.parametrize(
    ("asked", "gpus", "processes", "found"),
    [(None, 0, None, 1), (None, 4, None, 4), (3, 0, None, 3), (3, 4, None, 3), (None, 4, "4", 1), (1, 4, "4", 1)],
)
def test_so_many_are_trained_at_a_time(
    asked: int | None, gpus: int, processes: str | None, found: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if processes:
        monkeypatch.setenv("WORLD_SIZE", processes)
    assert at_a_time(asked, [str(gpu) for gpu in range(gpus)]) == found


@pytest.mark.parametrize(
    ("asked", "message"),
    [(0, "^jobs is 0; give 1 or more"), (2, "^jobs is 2, but 4 processes train each model together")],
)
def test_what_cannot_be_is_told(asked: int, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    with pytest.raises(UsageError, match=message):
        at_a_time(asked, [])


@pytest.mark.slow
def test_a_process_asks_for_gpus_only_once_it_trains() -> None:
    program = (
        "import torch\n"
        "def refuse(*_): raise SystemExit('asked')\n"
        "torch.cuda.is_available = torch.cuda.device_count = torch.cuda.init = refuse\n"
        "import synpain_hf.training.run.side_by_side\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr


@pytest.mark.slow
def test_what_each_training_tells_begins_with_its_name(
    faces: Release, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = {**ARGUMENTS, "num_train_epochs": 1, "model": tiny(tmp_path), "cache_dir": tmp_path / "faces"}
    trainings = [(name, {"dataset": faces.folder, "out": tmp_path / name, **options}) for name in ("one", "two")]
    threads = torch.get_num_threads()
    try:
        found = train_side_by_side(trainings, 1, [])
    finally:
        torch.set_num_threads(threads)
    assert [result.out.name for result in found] == ["one", "two"]
    told = [line for line in capsys.readouterr().err.splitlines() if "validation loss" in line]
    assert [line.partition(" epoch 1 of 1: ")[0] for line in told] == ["one:", "two:"]


@pytest.mark.parametrize(
    ("visible", "count", "found"), [(None, 0, []), (None, 2, ["0", "1"]), ("2,5", 2, ["2", "5"]), ("", 0, [])]
)
def test_gpus_are_named_as_this_process_may_use_them(
    visible: str | None, count: int, found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert visible_devices(count) == found
