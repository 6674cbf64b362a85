"""A small release whose faces are rated, and sheets of it; not to be changed."""

from __future__ import annotations

import pytest

from synpain_hf.rating.sheet import Sheets, rate
from synpain_hf.release.release import Release
from tests.validation.making import made


@pytest.fixture(scope="session")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Sixteen pairs of eight persons."""
    folder = tmp_path_factory.mktemp("rated") / "set"
    return made(folder, 16, of_rows={"identity": lambda number: f"person-{number // 2}"})


@pytest.fixture(scope="session")
def sheets(rated: Release, tmp_path_factory: pytest.TempPathFactory) -> Sheets:
    """Two sheets of six faces, two of which come twice."""
    return rate(rated.folder, tmp_path_factory.mktemp("sheets") / "rating", faces=6, repeats=2)
