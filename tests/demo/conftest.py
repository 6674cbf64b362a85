"""Demo faces that the tests of this folder share; read-only by agreement."""

from __future__ import annotations

from pathlib import Path

import pytest

from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from tests.demo.making import PAIRS


@pytest.fixture(scope="session")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten pairs, left as an official-like download; drawn by one process."""
    return demo(tmp_path_factory.mktemp("raw") / "raw", pairs=PAIRS, raw=True)


@pytest.fixture(scope="session")
def direct(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The release that is made of the same pairs at once; written by one thread."""
    return demo(tmp_path_factory.mktemp("direct") / "release", pairs=PAIRS)
