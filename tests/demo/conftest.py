"""Demo faces that the tests of this folder share; read-only by agreement."""

from __future__ import annotations

from pathlib import Path

import pytest

from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from tests.demo.making import PAIRS
from tests.sharing import Once


@pytest.fixture(scope="session")
def raw(once: Once) -> Path:
    """Ten pairs, left as an official-like download; drawn by one process."""
    return once("raw", lambda folder: demo(folder / "raw", pairs=PAIRS, raw=True)) / "raw"


@pytest.fixture(scope="session")
def direct(once: Once) -> Release:
    """The release that is made of the same pairs at once; written by one thread."""
    return Release.open(once("direct", lambda folder: demo(folder / "release", pairs=PAIRS)) / "release")
