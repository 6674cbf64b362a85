"""Whatever writes the partitions, threads, processes or Ray, and whatever befalls it: the same bytes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.executor import Engine
from synpain_hf.pair import Pair
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.sources import open_source
from synpain_hf.sources.files import StoredPicture
from tests.release.making import copied, digests, is_untouched, manifest_rows, replace, write_manifest
from tests.terminal import run

PAIRS = 15
SECONDS = 600


@pytest.mark.slow
@pytest.mark.parametrize(("engine", "workers"), [("threads", 3), ("processes", 1), ("processes", 2)])
def test_the_engine_changes_no_byte_and_no_step_of_the_progress(
    tmp_path: Path, composites: Path, built: Release, engine: Engine, workers: int
) -> None:
    steps: list[tuple[str, int, int]] = []
    release = build(
        composites, tmp_path / "release", version="1.0.0", workers=workers, engine=engine,
        progress=lambda *step: steps.append(step),
    )  # fmt: skip
    assert digests(release.folder) == digests(built.folder)
    assert (steps[0], steps[-1]) == (("pairs", 0, PAIRS), ("pairs", PAIRS, PAIRS))
    assert len(steps) == 1 + len(built.partitions)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["processes", "ray"])
def test_a_worker_that_is_killed_changes_no_byte(
    tmp_path: Path, composites: Path, built: Release, engine: Engine
) -> None:
    mark = tmp_path / "killed"
    done = subprocess.run(
        [sys.executable, "-m", "tests.release.killing", composites, tmp_path / "release", mark, engine],
        capture_output=True, text=True, check=False, timeout=SECONDS,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert mark.exists()
    assert digests(tmp_path / "release") == digests(built.folder)
    assert done.stdout.splitlines()[-1] == f"pairs {PAIRS} {PAIRS}"
    assert len(done.stdout.splitlines()) == 1 + len(built.partitions)


@pytest.mark.slow
def test_processes_report_what_is_wrong_with_the_source_as_threads_do(tmp_path: Path, good_manifest: Path) -> None:
    source = copied(good_manifest, tmp_path / "source")
    for number in (3, 7):
        replace(source / "faces" / f"{number:02d}.png", b"no picture")
    told = []
    engines: tuple[Engine, ...] = ("threads", "processes")
    for engine in engines:
        with pytest.raises(BadInputError) as caught:
            build(source / "pairs.csv", tmp_path / "release", version="1.0.0", workers=2, engine=engine)
        told.append(caught.value.problems)
        assert is_untouched(tmp_path / "release")
    assert len(told[0]) == 2
    assert told[0] == told[1]


@pytest.mark.parametrize("kind", ["folder", "zips", "manifest"])
def test_pictures_are_found_from_any_folder(
    tmp_path: Path, composites: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if kind == "folder":
        copied(composites, tmp_path / "source")
    elif kind == "zips":
        zipped = tmp_path / "source"
        zipped.mkdir()
        subprocess.run([sys.executable, "-m", "zipfile", "-c", zipped / "a.zip", composites / "Images"], check=True)
    else:
        write_manifest(tmp_path, manifest_rows(3), "source.csv")
    pairs = list(open_source(["source.csv" if kind == "manifest" else "source"]))
    pictures = [picture for pair in pairs if isinstance(pair, Pair) for picture in pair.pictures]
    assert len(pictures) == len(pairs)
    assert all(isinstance(picture, StoredPicture) and picture.path.is_absolute() for picture in pictures)


def test_an_unknown_engine_is_refused(tmp_path: Path, good_manifest: Path) -> None:
    with pytest.raises(UsageError, match="unknown engine 'fibers'; choose threads, processes or ray"):
        build(good_manifest / "pairs.csv", tmp_path / "release", version="1.0.0", engine="fibers")  # type: ignore[arg-type]
    assert is_untouched(tmp_path / "release")
    done = run("build", good_manifest / "pairs.csv", tmp_path / "release", "--version", "1.0.0", "--engine", "fibers")
    assert done.exit_code == 2
    assert is_untouched(tmp_path / "release")
