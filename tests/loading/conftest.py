"""Small releases: loading does not depend on how large a face is."""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

import pytest
from datasets import load_dataset

from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from tests.loading.making import FACE, ByPath, Part, installed_in, linked, turned_folds


@pytest.fixture(scope="session")
def small(download: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The forty pairs of `download`, with small faces; read-only by agreement."""
    return build(download, tmp_path_factory.mktemp("small") / "release", version="1.0.0", image_size=FACE)


@pytest.fixture(scope="session")
def small_by_path(small: Release, tmp_path_factory: pytest.TempPathFactory) -> ByPath:
    """Loads a configuration of `small` by its path, each one once; read-only by agreement."""
    folder = str(tmp_path_factory.mktemp("small-by-path"))
    return cache(lambda configuration: load_dataset(str(small.folder), configuration, cache_dir=folder))


@pytest.fixture(scope="session")
def small_cache(small: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of `datasets` in which `small` is installed; read-only by agreement."""
    return installed_in(tmp_path_factory.mktemp("small-home"), small)


@pytest.fixture
def small_installed(small_cache: Path, caches: Path) -> Path:
    """The folder of `small`, installed for this test; its files are links to those of other tests."""
    return linked(small_cache, caches)


@pytest.fixture(scope="session")
def newer_cache(newer: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of `datasets` in which `newer` is installed; read-only by agreement."""
    return installed_in(tmp_path_factory.mktemp("newer-home"), newer)


@pytest.fixture
def newer_installed(newer_cache: Path, caches: Path) -> Path:
    """The folder of `newer`, installed for this test; its files are links to those of other tests."""
    return linked(newer_cache, caches)


@pytest.fixture(scope="session")
def part(download: Path) -> Part:
    """Makes a download of the first pairs, without a folds file: `build` draws the folds by its seed."""

    def make(folder: Path, pairs: int) -> Path:
        folder.mkdir()
        for picture in sorted((download / "Images").iterdir())[:pairs]:
            os.link(picture, folder / picture.name)
        return folder

    return make


@pytest.fixture(scope="session")
def newer(part: Part, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A later version, of ten pairs of men; read-only by agreement."""
    folder = tmp_path_factory.mktemp("newer")
    return build(part(folder / "download", 10), folder / "release", version="1.1.0", image_size=FACE)


@pytest.fixture(scope="session")
def rebuilt(newer: Release, part: Part, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The pairs of `newer` under the same version, in other folds; read-only by agreement."""
    folder = tmp_path_factory.mktemp("rebuilt")
    source = part(folder / "download", 10)
    folds = turned_folds(source, folder / "folds.txt")
    return build(source, folder / "release", version="1.1.0", image_size=FACE, folds=folds)


@pytest.fixture
def damaged(newer: Release, tmp_path: Path) -> Path:
    """A copy of `newer` with one byte changed in the middle of a partition."""
    folder = tmp_path / "damaged"
    shutil.copytree(newer.folder, folder)
    path = folder / newer.partitions[0].path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return folder
