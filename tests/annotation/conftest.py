"""Releases whose faces are annotated; tests change copies of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from synpain_hf.annotation.annotators import ANNOTATORS
from synpain_hf.annotation.annotators.annotator import Annotator
from synpain_hf.errors import Problem
from synpain_hf.imaging.png import Pixels
from synpain_hf.release.build import build
from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from tests.annotation.making import IDS, opened, pixels_of
from tests.release.making import copied, manifest_rows, write_manifest
from tests.sharing import Once


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


@pytest.fixture(scope="session")
def drawn(once: Once) -> Release:
    """A release of six drawn pairs; not to be changed."""
    return Release.open(once("drawn-to-annotate", lambda folder: demo(folder / "release", pairs=6)) / "release")


@pytest.fixture
def with_faces(drawn: Release, tmp_path: Path) -> Release:
    """A copy that a test may change, whose files are links."""
    return Release.open(copied(drawn.folder, tmp_path / "with-faces"))


@pytest.fixture(scope="session")
def face(drawn: Release) -> Pixels:
    """A drawn face."""
    return next(iter(pixels_of(drawn).values()))


@pytest.fixture(scope="session")
def annotators() -> Iterator[Mapping[str, Annotator]]:
    """Every annotator with its models loaded, by its name."""
    loaded = {name: opened(name) for name in ANNOTATORS}
    yield loaded
    for each in loaded.values():
        each.close()
