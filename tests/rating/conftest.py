"""Small releases whose faces are rated, and sheets of them; not to be changed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from synpain_hf.rating.sheet import Sheets, rate
from synpain_hf.release.release import Release
from tests.validation.making import Pixels, made


@pytest.fixture(scope="session")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Sixteen pairs of eight persons."""
    folder = tmp_path_factory.mktemp("rated") / "set"
    return made(folder, 16, of_rows={"identity": lambda number: f"person-{number // 2}"})


@pytest.fixture(scope="session")
def sheets(rated: Release, tmp_path_factory: pytest.TempPathFactory) -> Sheets:
    """Two sheets of six faces, two of which come twice."""
    return rate(rated.folder, out=tmp_path_factory.mktemp("sheets") / "rating", faces=6, repeats=2)


@pytest.fixture(scope="session")
def methods(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Release]:
    """Three releases of the same twelve identities and drivers, who have other pictures in each."""
    columns = {"identity": lambda number: f"person-{number}", "derived_from": lambda number: f"driver-{number}"}

    def of(name: str, brightness: int) -> Release:
        def brighter(pixels: Pixels, is_pain: bool) -> Pixels:
            return pixels // 2 + brightness

        return made(tmp_path_factory.mktemp(name) / "set", 12, brighter, columns, name)

    return [of(name, brightness) for name, brightness in (("bent", 10), ("drawn", 60), ("true", 110))]


@pytest.fixture(scope="session")
def compared(methods: Sequence[Release], tmp_path_factory: pytest.TempPathFactory) -> Sheets:
    """Five sheets of eight pairs of each release, with repeats and attention checks."""
    out = tmp_path_factory.mktemp("compared") / "rating"
    return rate(*(one.folder for one in methods), out=out, faces=24, repeats=4, checks=3, raters=5)
