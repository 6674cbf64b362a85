"""Releases of earlier versions, which know no identities, are used as they were."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from datasets import load_dataset

from synpain_hf.errors import VersionError
from synpain_hf.release.amend import amend
from synpain_hf.release.build import build
from synpain_hf.release.compare import diff
from synpain_hf.release.info import info
from synpain_hf.release.install import install, load
from synpain_hf.release.release import Release
from synpain_hf.release.tables.pairs import PAIRS
from tests.release.before import COLUMNS, as_before
from tests.release.making import manifest_rows, rows_of, write_manifest
from tests.sharing import Once


@pytest.fixture(scope="module")
def folder(once: Once) -> Path:
    """A manifest, and releases of it by this version and an earlier one; read-only by agreement."""

    def fill(folder: Path) -> None:
        build(write_manifest(folder, manifest_rows(12)), folder / "new", version="1.0.0", image_size=32)
        shutil.copytree(folder / "new", folder / "old")
        as_before(folder / "old")

    return once("before", fill)


@pytest.fixture(scope="module")
def old(folder: Path) -> Release:
    return Release.open(folder / "old")


def test_it_is_found_to_be_right(old: Release) -> None:
    told = info(old.folder, verify=True)
    assert (told["identities"], "columns" in told) == (12, False)
    assert list(old.columns_of(PAIRS)) == list(COLUMNS)


@pytest.mark.slow
def test_it_loads_by_path_and_by_name(old: Release, folder: Path) -> None:
    loaded = load_dataset(str(old.folder))
    new = load_dataset(str(folder / "new"))
    for split, rows in loaded.items():
        assert rows.column_names == list(COLUMNS)
        assert rows["pair_id"][:] == new[split]["pair_id"][:] == new[split]["identity"][:]
    install(old.folder)
    assert load("all", "train").column_names == list(COLUMNS)


def test_it_is_compared_with_a_new_one(old: Release, folder: Path) -> None:
    changes = diff(old.folder, folder / "new")
    assert (changes.summary(), changes.bump.name) == ("1 column added (identity)", "MINOR")
    assert diff(folder / "new", old.folder).bump.name == "MAJOR"


def test_the_next_version_keeps_its_folds(old: Release, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(VersionError, match=r"1 column added \(identity\); give at least 1\.1\.0"):
        build(folder / "pairs.csv", tmp_path / "b", version="1.0.1", image_size=32, previous=old.folder)
    after = build(folder / "pairs.csv", tmp_path / "b", version="1.1.0", image_size=32, seed=9, previous=old.folder)
    folds = {key: row["fold"] for key, row in rows_of(old).items()}
    assert {key: row["fold"] for key, row in rows_of(after).items()} == folds


def test_it_is_amended_as_it_is(old: Release, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(old.folder, tmp_path / "copy"))
    gone = old.partitions[-1].path
    fewer = amend(copy, remove=[gone])
    assert (fewer.version, list(fewer.given), list(fewer.columns_of(PAIRS))) == ("2.0.0", [], list(COLUMNS))
    assert info(copy, verify=True)["identities"] == 12 - old.files[gone]["rows"]
