"""The same input, version and options give the same bytes."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest

from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from tests.release.making import digests, manifest_rows, ran, write_manifest


def test_the_number_of_workers_changes_no_byte(tmp_path: Path, built: Release, composites: Path) -> None:
    release = build(composites, tmp_path / "release", version="1.0.0", workers=3)
    assert digests(release.folder) == digests(built.folder)


@pytest.mark.slow
def test_the_order_place_and_time_of_files_change_no_byte(tmp_path: Path, built: Release, composites: Path) -> None:
    copy = tmp_path / "elsewhere" / "SynPain"
    for path in sorted(composites.rglob("*.*"), reverse=True):
        target = copy / path.relative_to(composites)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        os.utime(target, (1, 1))
    for number, source in enumerate((copy, copy.parent, copy / "Images")):
        release = build(source, tmp_path / f"release-{number}", version="1.0.0")
        assert digests(release.folder) == digests(built.folder), source


@pytest.mark.slow
def test_the_seed_of_python_hashes_changes_no_byte(tmp_path: Path, good_manifest: Path, first: Release) -> None:
    for seed in ("1", "2"):
        out = tmp_path / f"release-{seed}"
        done = ran(
            "build", good_manifest / "pairs.csv", out, "--version", "1.0.0", "--workers", "2", PYTHONHASHSEED=seed
        )
        assert done.returncode == 0, done.stderr
        assert digests(out) == digests(first.folder)


def test_the_order_of_lines_changes_no_byte(tmp_path: Path, first: Release) -> None:
    manifest = write_manifest(tmp_path, reversed(manifest_rows(12)))
    assert digests(build(manifest, tmp_path / "release", version="1.0.0").folder) == digests(first.folder)


def test_zips_and_folders_of_the_same_names_give_the_same_bytes(tmp_path: Path, good_download: Path) -> None:
    parts: dict[str, list[Path]] = {"SynPain_Part1": [], "SynPain_Part2": []}
    for at, path in enumerate(sorted((good_download / "SynPain" / "Images").iterdir())):
        parts[sorted(parts)[at % 2]].append(path)
    folder, zips = tmp_path / "folder", tmp_path / "zips"
    zips.mkdir()
    for part, paths in parts.items():
        inner = f"{part}/Images_{part[-5:]}"
        (folder / inner).mkdir(parents=True)
        with zipfile.ZipFile(zips / f"{part}.zip", "w") as archive:
            for path in reversed(paths):
                archive.write(path, f"{inner}/{path.name}")
                shutil.copyfile(path, folder / inner / path.name)
    sources: list[Path | list[Path]] = [folder, zips, sorted(zips.iterdir(), reverse=True)]
    found = [
        digests(build(source, tmp_path / f"release-{at}", version="1.0.0").folder) for at, source in enumerate(sources)
    ]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("options", [{"encoding": "webp"}, {"image_size": 64}, {"version": "1.0.1"}], ids=str)
def test_another_option_gives_another_release(
    tmp_path: Path, good_manifest: Path, first: Release, options: dict[str, Any]
) -> None:
    release = build(good_manifest / "pairs.csv", tmp_path / "release", **{"version": "1.0.0", **options})
    assert digests(release.folder) != digests(first.folder)
    assert (release.manifest["content"] == first.manifest["content"]) == ("version" in options)
