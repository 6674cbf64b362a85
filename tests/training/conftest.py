"""A small release with annotations, of faces that are quick to decode."""

from __future__ import annotations

from pathlib import Path

import pytest

from synpain_hf.modeling.image_processing_pairwise import PairwisePainImageProcessor
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.sources.demo import DemoSource
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs
from tests.sharing import Once
from tests.training.small import FACE

PAIRS = 20


@pytest.fixture(autouse=True)
def quiet_and_alone(quiet_models: None) -> None:
    """In every test of this folder."""


@pytest.fixture(scope="session")
def faces(once: Once) -> Release:
    """Twenty pairs of demo faces; read-only by agreement."""

    def fill(folder: Path) -> None:
        build(DemoSource(PAIRS, 0, ()), folder / "release", version="1.0.0", image_size=FACE, workers=2)

    return Release.open(once("faces", fill) / "release")


@pytest.fixture(scope="session")
def pairs(faces: Release) -> Pairs:
    """All configurations' pairs, with the splits of `default`."""
    return open_pairs(faces.folder)


@pytest.fixture
def processor() -> PairwisePainImageProcessor:
    """Makes small grey faces."""
    return PairwisePainImageProcessor(size={"height": 16, "width": 20}, num_channels=1)
