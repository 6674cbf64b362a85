"""A table that no command knows of goes through all of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from datasets import Dataset, load_dataset

import synpain_hf
from synpain_hf.cards import check
from synpain_hf.release.amend import amend
from synpain_hf.release.compare import diff
from synpain_hf.release.info import info
from synpain_hf.release.release import Release
from synpain_hf.release.versions import Bump
from tests.cards.making import write_facts
from tests.release.making import copied
from tests.release.tables.making import moods, written

PAIRS = 12


@pytest.fixture
def moody(with_moods: object, first: Release, tmp_path: Path) -> Release:
    """A release with a third table."""
    file = written(moods(first), tmp_path / "moods.parquet")
    return amend(copied(first.folder, tmp_path / "moody"), add={"moods/all.parquet": file})


def test_it_raises_the_version_as_it_says(moody: Release, first: Release) -> None:
    assert (first.version, moody.version) == ("1.0.0", "1.1.0")
    changes = diff(first.folder, moody.folder)
    assert changes.bump is Bump.MINOR
    assert changes.summary() == f"1 file of moods (moods/all.parquet): {PAIRS} rows added"
    assert changes.summary() in (moody.folder / "CHANGELOG.md").read_text(encoding="utf-8")


def test_it_is_a_configuration_of_its_own(moody: Release) -> None:
    assert info(moody.folder)["configurations"]["moods"] == {"train": PAIRS}
    assert set(load_dataset(str(moody.folder), "moods", split="train")["mood"]) == {"calm"}
    assert len(load_dataset(str(moody.folder), "all", split="train")) == PAIRS


@pytest.mark.slow
def test_it_is_installed(moody: Release) -> None:
    synpain_hf.install(moody.folder)
    rows = synpain_hf.load("moods", "train")
    assert isinstance(rows, Dataset)
    assert rows.features == moody.features_in("moods/all.parquet")
    assert len(rows) == PAIRS
    assert list(load_dataset("synpain")) == ["train", "validation", "test"]


def test_another_value_in_it_is_a_change(moody: Release, first: Release, tmp_path: Path) -> None:
    other = copied(moody.folder, tmp_path / "other")
    amend(other, add={"moods/all.parquet": written(moods(first, "sad"), tmp_path / "sad.parquet")})
    changes = diff(moody.folder, other)
    assert changes.summary() == f"1 file of moods (moods/all.parquet): {PAIRS} rows with another mood"


@pytest.mark.slow
def test_the_card_and_croissant_tell_of_it(moody: Release, tmp_path: Path) -> None:
    carded = synpain_hf.card(moody.folder, facts=write_facts(tmp_path / "facts"))
    text = (carded.folder / "README.md").read_text(encoding="utf-8")
    assert "How the person feels." in text
    document = json.loads((carded.folder / "croissant.json").read_text(encoding="utf-8"))
    assert "moods" in {each["@id"] for each in document["recordSet"]}
    assert check(carded) == []
