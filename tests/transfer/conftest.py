"""Drawn faces with landmarks, once for all tests; not to be changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from synpain_hf.annotation.annotate import annotate
from synpain_hf.generation.transfer.shot import Shot
from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from synpain_hf.transferring.cast import Member, members_of
from synpain_hf.transferring.seen import Seen
from tests.sharing import Once
from tests.transfer.making import shots_of


def _fill(folder: Path) -> None:
    demo(folder / "faces", pairs=16, seed=5)
    annotate(folder / "faces", "mediapipe")


@pytest.fixture(scope="session")
def drawn(once: Once) -> Release:
    """A release of sixteen drawn pairs, annotated by MediaPipe."""
    return Release.open(once("drawn-to-transfer", _fill) / "faces")


@pytest.fixture(scope="session")
def members(drawn: Release) -> list[Member]:
    """Its pairs."""
    return members_of(drawn)


@pytest.fixture(scope="session")
def seen(drawn: Release) -> Seen:
    """Its landmarks."""
    return Seen.of(drawn.read("annotations/mediapipe.parquet"), "drawn")


@pytest.fixture(scope="session")
def shots(drawn: Release, members: list[Member], seen: Seen) -> dict[tuple[str, str], Shot]:
    """Every face with its landmarks."""
    return shots_of(drawn, members, seen)


@pytest.fixture(scope="session")
def face(shots: dict[tuple[str, str], Shot]) -> np.ndarray:
    """The landmarks of a neutral face, shape (478, 3)."""
    return np.asarray(next(iter(shots.values())).landmarks, np.float64)
