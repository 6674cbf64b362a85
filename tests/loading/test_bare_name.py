"""`load_dataset("synpain")` gives the installed release, though `datasets` writes into the same cache."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, Image, config, load_dataset

import synpain_hf
from synpain_hf.errors import OutputError
from synpain_hf.release.installed.bare_name import check_name
from synpain_hf.release.release import Release
from tests.loading.elsewhere import Rows, ids, run_elsewhere

pytestmark = pytest.mark.filterwarnings("ignore:Specifying null_placement:FutureWarning")  # `sort` of datasets 5.2

WRITES: dict[str, Callable[[Dataset], Any]] = {
    "map": lambda rows: rows.map(lambda row: {"next_fold": row["fold"] + 1}),
    "filter": lambda rows: rows.filter(lambda row: row["fold"] > 0),
    "sort": lambda rows: rows.sort("pair_id"),
    "shuffle": lambda rows: rows.shuffle(seed=1),
    "train_test_split": lambda rows: rows.train_test_split(0.5, seed=1),
    "cast_column": lambda rows: rows.cast_column("neutral", Image(decode=False)).map(
        lambda row: {"old": row["age_group"]}
    ),
    "flatten_indices": lambda rows: rows.select([1, 0]).flatten_indices(),
}

MAPS = """
import json
from datasets import load_dataset
rows = load_dataset("synpain", split="train").map(lambda row: {"next_fold": row["fold"] + 1})
print(json.dumps(len(rows)))
"""

LOADS = """
import json, sys
from datasets import load_dataset
print(json.dumps({split: list(rows["pair_id"]) for split, rows in load_dataset(sys.argv[1]).items()}))
"""

writes_into_it = pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)


@pytest.fixture
def namesake(newer: Release, tmp_path: Path) -> Path:
    """A folder that happens to be called `synpain`."""
    folder = tmp_path / "elsewhere" / "synpain"
    shutil.copytree(newer.folder, folder)
    return folder


@pytest.fixture(scope="module")
def expected(small: Release, tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """The pairs of `default` of the release `small`, by split."""
    return ids(load_dataset(str(small.folder), cache_dir=str(tmp_path_factory.mktemp("by-path"))))


@pytest.mark.slow
@writes_into_it
def test_installing_again_or_loading_with_this_package_gives_the_name_back(
    small: Release, small_installed: Path, namesake: Path, expected: Rows, write: Callable[[Dataset], Any]
) -> None:
    write(load_dataset("synpain", split="train"))
    load_dataset(str(namesake))
    assert ids(synpain_hf.load()) == expected
    assert ids(load_dataset("synpain")) == expected
    write(load_dataset("synpain", split="test"))
    load_dataset(str(namesake), "cv_1")
    assert synpain_hf.install(small.folder) == small_installed
    assert ids(load_dataset("synpain")) == expected


@pytest.mark.slow
@writes_into_it
def test_a_namesake_that_was_there_before_stays_behind(
    small: Release, namesake: Path, expected: Rows, write: Callable[[Dataset], Any]
) -> None:
    loaded = load_dataset(str(namesake))
    synpain_hf.install(small.folder)
    write(load_dataset("synpain", split="train"))
    assert ids(load_dataset("synpain")) == expected
    assert ids(load_dataset(str(namesake))) == ids(loaded)


@pytest.mark.usefixtures("small_installed")
def test_a_namesake_that_comes_later_stays_behind(namesake: Path, expected: Rows) -> None:
    load_dataset(str(namesake), "cv_3")
    load_dataset(str(namesake)).map(lambda row: {"old": row["age_group"]})
    assert ids(load_dataset("synpain")) == expected


@pytest.mark.slow
@pytest.mark.usefixtures("small_installed")
def test_other_projects_have_the_name_back_too(
    small: Release, namesake: Path, expected: Rows, caches: Path, tmp_path: Path
) -> None:
    run_elsewhere(MAPS, home=caches.parent, folder=tmp_path)
    assert run_elsewhere(LOADS, "synpain", home=caches.parent, folder=namesake.parent) != expected
    synpain_hf.install(small.folder)
    assert run_elsewhere(LOADS, "synpain", home=caches.parent, folder=tmp_path) == expected


@pytest.mark.slow
def test_in_a_copied_cache_installing_again_copies_nothing_and_gives_the_name_back(
    small: Release, small_cache: Path, namesake: Path, expected: Rows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", small_cache, copy], check=True)
    monkeypatch.setattr(config, "HF_DATASETS_CACHE", copy)
    load_dataset(str(namesake))
    before = {path: path.stat().st_ino for path in copy.rglob("synpain-*.arrow") if "1.0.0" in path.parts}
    told: list[tuple[str, int, int]] = []
    folder = synpain_hf.install(small.folder, progress=lambda *work: told.append(work))
    assert folder.is_relative_to(copy)
    assert {path: path.stat().st_ino for path in before} == before
    assert "install" not in {what for what, _, _ in told}
    assert ids(load_dataset("synpain")) == expected


@pytest.mark.slow
def test_install_says_what_keeps_datasets_from_loading_it(small: Release, caches: Path) -> None:
    left = caches / "synpain" / "cv_1" / "1.0.0" / "0123456789abcdef.incomplete"
    left.mkdir(parents=True)  # by a program that was killed while it loaded a folder called `synpain`
    with pytest.raises(OutputError) as told:
        synpain_hf.install(small.folder)
    assert str(left) in str(told.value)
    assert "remove whatever else is in" in str(told.value)
    shutil.rmtree(left)
    synpain_hf.install(small.folder)


@pytest.mark.slow
def test_the_check_names_what_the_name_gives_instead(small_installed: Path, caches: Path) -> None:
    with pytest.raises(OutputError, match="loads what is in") as told:
        check_name(caches, small_installed.with_name("other"), {})
    assert f"{small_installed};" in str(told.value)
