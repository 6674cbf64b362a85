"""Releases with several tables, and the tables that they are made of; read-only by agreement."""

from __future__ import annotations

from typing import Any

import pytest

from synpain_hf.release.amend import amend
from synpain_hf.release.release import Release
from tests.release.making import copied
from tests.release.tables.making import MOODS, scores, written


@pytest.fixture
def with_moods(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The tables of a release, and one more."""
    from synpain_hf.release import tables

    monkeypatch.setattr(tables, "TABLES", (*tables.TABLES, MOODS))
    return MOODS


@pytest.fixture(scope="session")
def two_annotators(first: Release, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release with two files of annotations, of which the one with fewer columns sorts first."""
    folder = tmp_path_factory.mktemp("two-annotators")
    copied(first.folder, folder / "release")
    narrow, wide = scores(first, "ann", ["AU4"]), scores(first, "bea", ["AU4", "AU43", "pspi"])
    files = {
        "annotations/a.parquet": written(narrow, folder / "a"),
        "annotations/b.parquet": written(wide, folder / "b"),
    }
    return amend(folder / "release", add=files)
