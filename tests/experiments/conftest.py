"""Data sets and runs that several tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.sources.demo import DemoSource
from tests.release.making import manifest_rows, write_manifest
from tests.sharing import Once
from tests.training.small import FACE


@pytest.fixture(autouse=True)
def quiet_and_alone(quiet_models: None) -> None:
    """In every test of this folder."""


@pytest.fixture(scope="session")
def sixty(once: Once) -> Release:
    """Sixty plain pairs, of both classes in every fold; read-only by agreement."""

    def fill(folder: Path) -> None:
        build(write_manifest(folder, manifest_rows(60)), folder / "release", version="1.0.0", image_size=32)

    return Release.open(once("sixty", fill) / "release")


@pytest.fixture(scope="session")
def drawn(once: Once) -> Release:
    """Sixty pairs of demo faces; read-only by agreement."""

    def fill(folder: Path) -> None:
        build(DemoSource(60, 3), folder / "release", version="1.0.0", image_size=FACE, workers=2)

    return Release.open(once("drawn-60", fill) / "release")


@pytest.fixture(scope="session")
def stand_in(once: Once) -> Release:
    """Forty pairs of demo faces in another style, in the place of real ones; read-only by agreement."""

    def fill(folder: Path) -> None:
        build(
            DemoSource(40, 4, style="sketch"), folder / "release", version="1.0.0", name="stand_in",
            image_size=FACE, workers=2,
        )  # fmt: skip

    return Release.open(once("stand-in", fill) / "release")
