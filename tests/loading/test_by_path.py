"""A release directory is itself a data set that `load_dataset` understands."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from datasets import load_dataset
from datasets.exceptions import NonMatchingSplitsSizesError

import synpain_hf
from synpain_hf.configurations import CONFIGURATIONS
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.release.tables.pairs import PAIRS
from synpain_hf.vocabulary import IDENTITY
from tests.loading.elsewhere import ids, tables
from tests.loading.making import FACE, ByPath, Part, turned_folds


@pytest.mark.slow
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_a_configuration_has_the_splits_rows_and_columns_that_the_release_tells(
    small: Release, small_by_path: ByPath, configuration: str
) -> None:
    loaded = small_by_path(configuration)
    told = synpain_hf.info(small.folder)["configurations"][configuration]
    assert {split: len(rows) for split, rows in loaded.items()} == told
    assert list(loaded) == list(told)
    for rows in loaded.values():
        assert rows.features == PAIRS.fixed([IDENTITY])
        assert rows.column_names == list(PAIRS.fixed([IDENTITY]))


@pytest.mark.parametrize("test_fold", range(5))
def test_a_fold_of_the_cross_validation_is_tested_on_what_it_is_not_trained_on(
    small_by_path: ByPath, test_fold: int
) -> None:
    loaded = small_by_path(f"cv_{test_fold}")
    folds = {split: set(rows["fold"]) for split, rows in loaded.items()}
    assert folds["test"] == {test_fold}
    assert folds["validation"] == {(test_fold + 1) % 5}
    assert folds["train"] == set(range(5)) - folds["test"] - folds["validation"]


def test_a_group_is_alone_in_its_split_and_left_out_where_it_is_tested(small_by_path: ByPath) -> None:
    groups = small_by_path("by_ethnicity")
    names = PAIRS.features()["ethnicity"].names
    assert {split: {names[value] for value in rows["ethnicity"]} for split, rows in groups.items()} == {
        name: {name} for name in names
    }
    left_out = small_by_path("without_white")
    white = names.index("white")
    assert set(left_out["test"]["ethnicity"]) == {white}
    assert white not in {*left_out["train"]["ethnicity"], *left_out["validation"]["ethnicity"]}


def test_without_a_name_the_default_configuration_is_loaded(small: Release, small_by_path: ByPath) -> None:
    assert ids(load_dataset(str(small.folder))) == ids(small_by_path("default"))


def test_faces_are_decoded_as_pictures(small_by_path: ByPath) -> None:
    row = small_by_path("all")["train"][0]
    assert row["neutral"].size == row["expressive"].size == (FACE, FACE)
    assert row["neutral"].tobytes() != row["expressive"].tobytes()


@pytest.mark.parametrize("configuration", ["default", "without_black"])
def test_streaming_gives_the_same_rows_in_the_same_order(
    small: Release, small_by_path: ByPath, configuration: str
) -> None:
    stream = load_dataset(str(small.folder), configuration, streaming=True)
    loaded = small_by_path(configuration)
    assert {split: [row["pair_id"] for row in rows] for split, rows in stream.items()} == ids(loaded)
    first = next(iter(stream["train"]))
    assert first["neutral"].tobytes() == loaded["train"][0]["neutral"].tobytes()
    assert stream["train"].features == PAIRS.fixed([IDENTITY])


@pytest.mark.slow
def test_two_processes_prepare_the_same_rows_in_the_same_order(small: Release, tmp_path: Path) -> None:
    alone = load_dataset(str(small.folder), "cv_2", cache_dir=str(tmp_path / "alone"))
    together = load_dataset(str(small.folder), "cv_2", cache_dir=str(tmp_path / "together"), num_proc=2)
    assert tables(together) == tables(alone)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["release", "synpain-faces"])
@pytest.mark.parametrize("change", ["folds", "pixels", "encoding", "version"])
def test_a_rebuild_in_the_same_place_gives_its_own_rows(part: Part, tmp_path: Path, name: str, change: str) -> None:
    source, place = part(tmp_path / "download", 5), tmp_path / name
    options: dict[str, Any] = {"version": "1.0.0", "image_size": FACE, "encoding": "png"}
    changes: dict[str, dict[str, Any]] = {
        "folds": {"folds": turned_folds(source, tmp_path / "folds.txt")},
        "pixels": {"image_size": 48},
        "encoding": {"encoding": "webp"},
        "version": {"version": "1.1.0"},
    }
    build(source, place, **options)
    before = {configuration: tables(load_dataset(str(place), configuration)) for configuration in ("default", "cv_3")}
    shutil.rmtree(place)
    build(source, place, **{**options, **changes[change]})
    for configuration, earlier in before.items():
        after = load_dataset(str(place), configuration)
        assert str(after["train"].info.version) == ("1.1.0" if change == "version" else "1.0.0")
        assert (tables(after) == earlier) == (change == "version")
        fresh = load_dataset(str(place), configuration, cache_dir=str(tmp_path / "fresh"))
        assert tables(after) == tables(fresh)


@pytest.mark.slow
def test_a_release_of_few_pairs_leaves_out_the_splits_that_would_be_empty(part: Part, tmp_path: Path) -> None:
    place = build(part(tmp_path / "download", 3), tmp_path / "few", version="1.0.0", image_size=FACE).folder
    told = {name: splits for name, splits in synpain_hf.info(place)["configurations"].items() if splits}
    loaded = {name: load_dataset(str(place), name) for name in told}
    assert {name: {split: len(rows) for split, rows in splits.items()} for name, splits in loaded.items()} == told
    assert "only_old" not in told
    with pytest.raises(ValueError, match="only_old"):
        load_dataset(str(place), "only_old")


def test_a_lost_file_is_an_error_and_not_fewer_rows(release: Release, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(release.folder, copy)
    (copy / release.partitions[-1].path).unlink()
    with pytest.raises(NonMatchingSplitsSizesError):
        load_dataset(str(copy), "all")
