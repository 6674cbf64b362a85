"""Sources and releases that the tests of this folder share; read-only by agreement."""

from __future__ import annotations

from pathlib import Path

import pytest

from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from tests.release.making import manifest_rows, write_manifest, write_official
from tests.sharing import SomeComposites


@pytest.fixture(scope="session")
def composites(some_composites: SomeComposites, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder `SynPain` of fifteen composites, of each kind that the official ones are, with published folds."""
    return some_composites(tmp_path_factory.mktemp("composites"), 15)


@pytest.fixture(scope="session")
def built(composites: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of `composites`."""
    return build(composites, tmp_path_factory.mktemp("built") / "release", version="1.0.0")


@pytest.fixture(scope="session")
def good_download(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `SynPain/Images` of four plain pairs, and no folds file."""
    root = tmp_path_factory.mktemp("good-download")
    write_official(root, 4)
    return root


@pytest.fixture(scope="session")
def good_manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `pairs.csv` of twelve small pairs, and their composites."""
    folder = tmp_path_factory.mktemp("good-manifest")
    write_manifest(folder, manifest_rows(12))
    return folder


@pytest.fixture(scope="session")
def first(good_manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Version 1.0.0, of `good_manifest`."""
    return build(good_manifest / "pairs.csv", tmp_path_factory.mktemp("first") / "release", version="1.0.0")
