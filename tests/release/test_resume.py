"""A build that was killed goes on where it was; two builds do not write the same release."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from synpain_hf.errors import OutputError
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from tests.imaging.made import decoded
from tests.release.making import OFFICIAL, copied, digests, picture, replace, rows_of, shows, started, verify

PARTITIONS = 15
SECONDS = 600


def journal_of(out: Path) -> list[dict[str, Any]]:
    """The partitions that a build has finished, as it noted them."""
    journal = out.parent / f".{out.name}.partial" / "journal.jsonl"
    lines = journal.read_text(encoding="utf-8").splitlines() if journal.exists() else []
    return [json.loads(line) for line in lines if line.startswith('{"key"') and line.endswith("}")]


def at_work(source: Path, out: Path, partitions: int = 2, options: Sequence[str] = ()) -> subprocess.Popen[str]:
    """A build that has finished some partitions."""
    process = started("build", source, out, "--version", "1.0.0", *options)
    deadline = time.monotonic() + SECONDS
    while len(journal_of(out)) < partitions:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.001)
    return process


def stopped(process: subprocess.Popen[str], *, kill: bool) -> tuple[int, str]:
    """How a build ended that was killed, or interrupted as by Ctrl-C."""
    if kill:
        process.kill()
    else:
        process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=SECONDS)
    return process.returncode, told


def marks(folder: Path, names: list[str]) -> dict[str, tuple[int, int]]:
    """What a file loses when it is written again."""
    stats = {name: os.stat(folder / name) for name in names}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "ctrl-c"])
@pytest.mark.parametrize(
    "engine", ["threads", *(pytest.param(one, marks=pytest.mark.slow) for one in ("processes", "ray"))]
)
def test_an_interrupted_build_goes_on_where_it_was(
    tmp_path: Path, composites: Path, built: Release, kill: bool, engine: str
) -> None:
    out = tmp_path / "release"
    workers = "1" if engine == "threads" else "2"
    status, told = stopped(at_work(composites, out, options=["--engine", engine, "--workers", workers]), kill=kill)
    assert not out.exists()
    finished = [partition["path"] for partition in journal_of(out)]
    assert 2 <= len(finished) < PARTITIONS
    if not kill:
        assert status == 130
        assert told.splitlines()[-1] == "interrupted: give the same command again to go on"
        assert "Traceback" not in told
    before = marks(tmp_path / ".release.partial" / "release", finished)

    release = build(composites, out, version="1.0.0")

    assert digests(out) == digests(built.folder)
    assert marks(out, finished) == before
    assert not (tmp_path / ".release.partial").exists()
    verify(release)


@pytest.mark.slow
def test_a_journal_line_cut_short_costs_its_own_partition_only(
    tmp_path: Path, composites: Path, built: Release
) -> None:
    out = tmp_path / "release"
    stopped(at_work(composites, out), kill=True)
    journal = tmp_path / ".release.partial" / "journal.jsonl"
    finished = len(journal_of(out))
    with journal.open("a", encoding="utf-8") as file:
        file.write('\n{"said": "by another version"}\n{"key": "cut sho')
    stopped(at_work(composites, out, finished + 1), kill=True)
    later = [partition["path"] for partition in journal_of(out)]
    assert len(later) > finished
    before = marks(tmp_path / ".release.partial" / "release", later)
    build(composites, out, version="1.0.0")
    assert digests(out) == digests(built.folder)
    assert marks(out, later) == before


@pytest.mark.slow
def test_a_picture_that_changed_meanwhile_is_taken_anew(tmp_path: Path, composites: Path, built: Release) -> None:
    source = copied(composites, tmp_path / "SynPain")
    out = tmp_path / "release"
    stopped(at_work(source, out), kill=True)
    changed = journal_of(out)[0]["rows"][0]["pair_id"]
    (path,) = (source / "Images").glob(f"{changed}_*")
    other = picture(200, OFFICIAL).ljust(path.stat().st_size, b"\0")
    assert len(other) == path.stat().st_size, "only the time tells them apart"
    replace(path, other)

    rows = rows_of(build(source, out, version="1.0.0"))

    assert shows(rows[changed], decoded(other))
    unchanged = rows_of(built)
    assert {key for key in rows if rows[key] != unchanged[key]} == {changed}


@pytest.mark.slow
def test_what_is_damaged_in_the_staging_folder_is_written_again(
    tmp_path: Path, composites: Path, built: Release
) -> None:
    out = tmp_path / "release"
    stopped(at_work(composites, out, partitions=5), kill=True)
    staging = tmp_path / ".release.partial" / "release"
    finished = [partition["path"] for partition in journal_of(out)[:5]]
    before = marks(staging, finished)
    thumbnails = [staging.parent / "thumbnails" / f"{path}.rgb" for path in finished]
    for damaged in (staging / finished[0], thumbnails[1]):
        damaged.write_bytes(damaged.read_bytes()[:-1] + b"-")
    for lost in (staging / finished[2], thumbnails[3]):
        lost.unlink()
    (staging / "data" / "left-over.parquet").write_bytes(b"of a build with other pairs")
    build(composites, out, version="1.0.0")
    assert digests(out) == digests(built.folder)
    after = marks(out, finished)
    assert [path for path in finished if before[path] == after[path]] == finished[4:]


@pytest.mark.slow
def test_a_release_resumed_with_other_options_holds_nothing_of_the_first(
    tmp_path: Path, composites: Path, built: Release
) -> None:
    out = tmp_path / "release"
    stopped(at_work(composites, out), kill=True)
    build(composites, out, version="1.0.0", image_size=64)
    build(composites, tmp_path / "afresh", version="1.0.0", image_size=64)
    assert digests(out) == digests(tmp_path / "afresh") != digests(built.folder)


@pytest.mark.slow
def test_a_second_build_to_the_same_place_is_refused_and_the_first_one_ends_well(
    tmp_path: Path, composites: Path, built: Release
) -> None:
    out = tmp_path / "release"
    process = at_work(composites, out)
    with pytest.raises(OutputError, match="is being written by another program; wait for it, or give another place"):
        build(composites, out, version="1.0.0")
    while process.poll() is None:
        if out.exists():
            assert digests(out) == digests(built.folder), "a release was there before it was complete"
        time.sleep(0.001)
    assert process.communicate()[1].count("Traceback") == process.returncode == 0
    assert digests(out) == digests(built.folder)
