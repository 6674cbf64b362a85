"""A release whose faces are annotated; tests change copies of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from synpain_hf.errors import Problem
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from tests.annotation.making import IDS
from tests.release.making import manifest_rows, write_manifest


@pytest.fixture(scope="session")
def of_odd_names(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of six small pairs; not to be changed."""
    folder = tmp_path_factory.mktemp("odd-names")
    rows = [{**row, "pair_id": name} for row, name in zip(manifest_rows(len(IDS)), IDS, strict=True)]
    doubtful: list[Problem] = []  # two names that differ in capitals alone
    manifest = write_manifest(folder, rows)
    return build(manifest, folder / "release", version="1.0.0", notice=doubtful.extend).folder


@pytest.fixture
def release(of_odd_names: Path, tmp_path: Path) -> Release:
    """A copy that a test may change."""
    return Release.open(shutil.copytree(of_odd_names, tmp_path / "release"))
