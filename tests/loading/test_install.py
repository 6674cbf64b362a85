"""An installed release answers to `load_dataset("synpain")`, whatever happens around it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from datasets import DatasetDict, concatenate_datasets, config, load_dataset

import synpain_hf
from synpain_hf.configurations import CONFIGURATIONS
from synpain_hf.errors import NotInstalledError, OutputError, ReleaseError, UsageError
from synpain_hf.release.release import Release
from synpain_hf.release.tables.pairs import PAIRS
from synpain_hf.vocabulary import IDENTITY
from tests.loading.elsewhere import Rows, environment, ids, run_elsewhere, tables
from tests.loading.making import ByPath, installed_in

LOADS_EVERY_WAY = """
import json, sys
from datasets import load_dataset
pairs = load_dataset("synpain")
stream = load_dataset("synpain", streaming=True)
both = load_dataset("synpain", split="train+test")
face = load_dataset("synpain", split="train[:1]")[0]["neutral"]
print(json.dumps({
    "whole": {split: list(rows["pair_id"]) for split, rows in pairs.items()},
    "by name": {split: list(rows["pair_id"]) for split, rows in load_dataset("synpain", "default").items()},
    "train": list(load_dataset("synpain", split="train")["pair_id"]),
    "train+test": list(both["pair_id"]),
    "stream": {split: [row["pair_id"] for row in rows] for split, rows in stream.items()},
    "streamed face": next(iter(stream["train"]))["neutral"].tobytes().hex(),
    "face": face.tobytes().hex(),
    "columns": pairs["train"].column_names,
    "version": str(pairs["train"].info.version),
    "imported": "synpain_hf" in sys.modules,
}))
"""

MAPS = """
import json
from datasets import load_dataset
def older(row):
    return {"is_old": row["age_group"] == 1}
before = load_dataset("synpain", split="train")
mapped = before.map(older)
print(json.dumps({
    "columns": before.column_names,
    "old": mapped["is_old"] == [age == 1 for age in before["age_group"]],
    "cache": [file["filename"] for file in mapped.cache_files],
    "rows": {split: list(rows["pair_id"]) for split, rows in load_dataset("synpain").items()},
}))
"""

IS_KILLED = """
import os, signal, sys, synpain_hf
def progress(what, done, total):
    if what == "install" and 2 * done > total:
        os.kill(os.getpid(), signal.SIGKILL)
synpain_hf.install(sys.argv[1], progress=progress)
"""

HAS_A_FULL_DISK = """
import resource, sys
sys.dont_write_bytecode = True  # nor may that be cut short
import synpain_hf
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
synpain_hf.install(sys.argv[1])
"""


LOADS_ONCE = """
import json
from datasets import load_dataset
print(json.dumps({split: list(rows["pair_id"]) for split, rows in load_dataset("synpain").items()}))
"""


def one_more(row: dict[str, Any]) -> dict[str, Any]:
    """A column for `map` to add."""
    return {"next_fold": row["fold"] + 1}


@pytest.fixture(scope="module")
def home(small: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An HF_HOME in which `small` is installed; read-only by agreement."""
    return installed_in(tmp_path_factory.mktemp("home"), small).parent


@pytest.fixture(scope="module")
def elsewhere(home: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What another project loads by the bare name."""
    loaded: dict[str, Any] = run_elsewhere(LOADS_EVERY_WAY, home=home, folder=tmp_path_factory.mktemp("elsewhere"))
    return loaded


@pytest.fixture
def default_of_small(small: Release, tmp_path: Path) -> Rows:
    """The pairs of `default` of the release `small`, by split."""
    return by_path(small, tmp_path)


def by_path(release: Release, tmp_path: Path) -> Rows:
    """The pairs of `default`, loaded from the release directory."""
    return ids(load_dataset(str(release.folder), cache_dir=str(tmp_path / "by-path")))


def installed_files(caches: Path) -> dict[str, tuple[int, int]]:
    """Every file of what is installed, with its inode and the time of its last change."""
    files = [path for path in caches.rglob("*") if path.is_file() and path.suffix != ".lock" and path.name != "lock"]
    return {
        str(path.relative_to(caches)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in files
        if path.is_relative_to(caches / "synpain") or path.is_relative_to(caches / "synpain-hf")
    }


def on_disk(folder: Path) -> int:
    """Bytes that the files of a folder take, each inode once."""
    inodes = {path.stat().st_ino: path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()}
    return sum(inodes.values())


class TestTheBareName:
    def test_gives_default_in_any_directory_without_this_package(
        self, elsewhere: dict[str, Any], default_of_small: Rows
    ) -> None:
        assert elsewhere["whole"] == elsewhere["by name"] == default_of_small
        assert elsewhere["columns"] == list(PAIRS.fixed([IDENTITY]))
        assert elsewhere["version"] == "1.0.0"
        assert not elsewhere["imported"]

    def test_gives_one_split_or_several(self, elsewhere: dict[str, Any], default_of_small: Rows) -> None:
        assert elsewhere["train"] == default_of_small["train"]
        assert elsewhere["train+test"] == default_of_small["train"] + default_of_small["test"]

    def test_streams_the_same_rows(self, elsewhere: dict[str, Any], default_of_small: Rows) -> None:
        assert elsewhere["stream"] == default_of_small
        assert elsewhere["streamed face"] == elsewhere["face"]

    @pytest.mark.slow
    def test_gives_the_same_after_map_whose_result_is_reused(
        self, home: Path, tmp_path: Path, default_of_small: Rows
    ) -> None:
        first = run_elsewhere(MAPS, home=home, folder=tmp_path)
        kept = {path: path.stat().st_mtime_ns for path in (home / "datasets").rglob("cache-*.arrow")}
        second = run_elsewhere(MAPS, home=home, folder=tmp_path)
        assert kept
        assert {path: path.stat().st_mtime_ns for path in (home / "datasets").rglob("cache-*.arrow")} == kept
        assert first == second
        assert first["old"]
        assert first["columns"] == list(PAIRS.fixed([IDENTITY]))
        assert first["rows"] == default_of_small
        assert set(map(Path, first["cache"])) == set(kept)

    @pytest.mark.slow
    def test_gives_the_same_where_the_hub_cannot_be_reached(
        self, home: Path, tmp_path: Path, default_of_small: Rows
    ) -> None:
        closed = "http://127.0.0.1:9"
        loaded = run_elsewhere(LOADS_ONCE, home=home, folder=tmp_path, HF_HUB_OFFLINE="0", HF_ENDPOINT=closed)
        assert loaded == default_of_small

    @pytest.mark.slow
    def test_is_not_taken_over_by_a_local_folder_of_that_name(
        self, small: Release, newer: Release, tmp_path: Path
    ) -> None:
        folder = tmp_path / "synpain"
        shutil.copytree(newer.folder, folder)
        load_dataset(str(folder), "cv_1")
        synpain_hf.install(small.folder)
        assert ids(load_dataset("synpain")) == by_path(small, tmp_path)
        load_dataset(str(folder), "cv_2")
        load_dataset(str(folder), "default").map(one_more)
        assert ids(load_dataset("synpain")) == by_path(small, tmp_path)
        assert ids(synpain_hf.load()) == by_path(small, tmp_path)


class TestLoad:
    @pytest.mark.slow
    @pytest.mark.parametrize("configuration", CONFIGURATIONS)
    @pytest.mark.usefixtures("small_installed")
    def test_equals_loading_by_path_row_for_row(self, small_by_path: ByPath, configuration: str) -> None:
        loaded = synpain_hf.load(configuration)
        expected = small_by_path(configuration)
        assert isinstance(loaded, DatasetDict)
        assert tables(loaded) == tables(expected)
        for split, rows in loaded.items():
            assert rows.features == expected[split].features
            assert rows.split == split
            assert str(rows.info.version) == "1.0.0"
            assert rows.info.config_name == configuration
            assert tables({split: synpain_hf.load(configuration, split=str(split))}) == tables({split: rows})

    @pytest.mark.usefixtures("small_installed")
    def test_equals_the_bare_name_for_default(self) -> None:
        assert tables(synpain_hf.load()) == tables(load_dataset("synpain"))

    def test_maps_into_memory_the_files_that_the_bare_name_has(self, small_installed: Path) -> None:
        everything = concatenate_datasets(list(load_dataset("synpain").values()))
        installed = {file["filename"] for file in everything.cache_files}
        loaded = synpain_hf.load("all", split="train")
        assert {file["filename"] for file in loaded.cache_files} == installed
        assert {Path(name).parent for name in installed} == {small_installed}

    @pytest.mark.slow
    def test_copies_no_face_into_memory(self, release: Release) -> None:
        synpain_hf.install(release.folder)
        synpain_hf.load("cv_3")
        before = pa.total_allocated_bytes()
        loaded = synpain_hf.load("all", split="train")
        assert loaded.num_rows == 40
        assert pa.total_allocated_bytes() - before < on_disk(release.folder) / 100

    @pytest.mark.usefixtures("small_installed")
    def test_reuses_what_map_made(self) -> None:
        made = [synpain_hf.load("cv_3", split="test").map(one_more) for _ in range(2)]
        assert made[0].cache_files
        assert made[0].cache_files == made[1].cache_files

    @pytest.mark.slow
    @pytest.mark.usefixtures("small_installed")
    def test_names_the_configurations_and_splits_that_there_are(self, newer: Release) -> None:
        with pytest.raises(UsageError, match="choose one of default, cv_0"):
            synpain_hf.load("cv_9")
        with pytest.raises(
            UsageError, match=r"only_old of release 1\.0\.0 has no split 'test'; it has train, validation"
        ):
            synpain_hf.load("only_old", split="test")
        synpain_hf.install(newer.folder)
        with pytest.raises(UsageError, match=r"release 1\.1\.0 has no pairs in only_woman"):
            synpain_hf.load("only_woman")

    def test_without_an_installed_release_tells_how_to_install_one(self) -> None:
        with pytest.raises(NotInstalledError, match="synpain-hf install"):
            synpain_hf.load()


@pytest.mark.slow
def test_the_faces_stand_on_the_disk_once(release: Release, caches: Path) -> None:
    synpain_hf.install(release.folder)
    installed = on_disk(caches)
    assert installed == pytest.approx(on_disk(release.folder), rel=0.02)
    load_dataset("synpain")
    for configuration in ("cv_3", "by_gender", "all"):
        synpain_hf.load(configuration)
    assert on_disk(caches) < 1.01 * installed


class TestInstallingAgain:
    @pytest.mark.slow
    def test_verifies_and_copies_nothing(self, small: Release, small_installed: Path, caches: Path) -> None:
        files = installed_files(caches)
        told = []
        assert synpain_hf.install(small.folder, progress=lambda *work: told.append(work)) == small_installed
        assert {what for what, _, _ in told} <= {"verify"}, "nothing but the release is read"
        assert installed_files(caches) == files

    @pytest.mark.slow
    @pytest.mark.usefixtures("small_installed")
    def test_with_a_newer_release_replaces_the_older(self, newer: Release, caches: Path, tmp_path: Path) -> None:
        load_dataset("synpain", split="train").map(one_more)
        older = set(installed_files(caches))
        synpain_hf.install(newer.folder)
        assert not older & set(installed_files(caches))
        assert ids(load_dataset("synpain")) == ids(synpain_hf.load()) == by_path(newer, tmp_path)

    @pytest.mark.slow
    @pytest.mark.usefixtures("newer_installed")
    def test_with_an_older_release_goes_back_to_it(self, small: Release, tmp_path: Path) -> None:
        synpain_hf.install(small.folder)
        assert ids(load_dataset("synpain")) == ids(synpain_hf.load()) == by_path(small, tmp_path)

    @pytest.mark.slow
    @pytest.mark.usefixtures("newer_installed")
    def test_with_other_content_of_the_same_version_replaces_the_earlier(
        self, newer: Release, rebuilt: Release, caches: Path, tmp_path: Path
    ) -> None:
        assert newer.version == rebuilt.version
        older = set(installed_files(caches))
        synpain_hf.install(rebuilt.folder)
        assert not older & set(installed_files(caches))
        assert by_path(rebuilt, tmp_path) != by_path(newer, tmp_path)
        assert ids(load_dataset("synpain")) == ids(synpain_hf.load()) == by_path(rebuilt, tmp_path)

    @pytest.mark.slow
    @pytest.mark.parametrize("harm", ["cut short", "removed"])
    def test_mends_an_installed_release_that_was_damaged(self, newer: Release, tmp_path: Path, harm: str) -> None:
        folder = synpain_hf.install(newer.folder)
        shard = next(iter(sorted(folder.glob("synpain-train*.arrow"))))
        if harm == "removed":
            shard.unlink()
        else:
            shard.write_bytes(shard.read_bytes()[:1000])
        assert synpain_hf.install(newer.folder) == folder
        assert ids(load_dataset("synpain")) == by_path(newer, tmp_path)

    @pytest.mark.slow
    @pytest.mark.usefixtures("small_installed")
    def test_leaves_rows_that_are_loaded_already(self, newer: Release) -> None:
        loaded = load_dataset("synpain")
        expected = tables(synpain_hf.load())
        synpain_hf.install(newer.folder)
        assert tables(loaded) == expected


class TestAnInstallThatFails:
    @pytest.mark.usefixtures("small_installed")
    def test_because_the_release_is_damaged_leaves_the_earlier_one(
        self, small: Release, damaged: Path, caches: Path
    ) -> None:
        before = installed_files(caches)
        with pytest.raises(ReleaseError, match="changed after it was built"):
            synpain_hf.install(damaged)
        assert installed_files(caches) == before
        assert ids(load_dataset("synpain")) == ids(load_dataset(str(small.folder)))

    @pytest.mark.slow
    @pytest.mark.usefixtures("small_installed")
    def test_because_the_disk_is_full_leaves_the_earlier_one_and_no_rest(self, release: Release, caches: Path) -> None:
        before = installed_files(caches)
        done = subprocess.run(
            [sys.executable, "-c", HAS_A_FULL_DISK, str(release.folder)],
            env=environment(caches.parent),
            capture_output=True,
            text=True,
            check=False,
        )
        assert "OutputError" in done.stderr
        assert "make room or set HF_HOME" in done.stderr
        assert installed_files(caches) == before

    @pytest.mark.slow
    @pytest.mark.usefixtures("small_installed")
    def test_because_it_was_killed_leaves_the_earlier_one_and_can_be_repeated(
        self, small: Release, release: Release, caches: Path
    ) -> None:
        done = subprocess.run(
            [sys.executable, "-c", IS_KILLED, str(release.folder)], env=environment(caches.parent), check=False
        )
        assert done.returncode == -9
        assert on_disk(caches) > 1e7
        assert tables(load_dataset("synpain")) == tables(synpain_hf.load()) == tables(load_dataset(str(small.folder)))
        synpain_hf.install(small.folder)
        assert on_disk(caches / "synpain-hf") == 0
        synpain_hf.install(release.folder)
        assert tables(load_dataset("synpain")) == tables(synpain_hf.load()) == tables(load_dataset(str(release.folder)))

    @pytest.mark.slow
    def test_between_the_new_release_and_the_removal_of_the_old_one_gives_the_new_one(
        self, small_installed: Path, newer: Release, tmp_path: Path
    ) -> None:
        older = small_installed
        kept = tmp_path / "kept"
        shutil.copytree(older, kept)  # with its times
        newest = synpain_hf.install(newer.folder)
        older.parent.mkdir(parents=True)
        kept.rename(older)
        assert ids(load_dataset("synpain")) == ids(synpain_hf.load()) == by_path(newer, tmp_path)
        assert synpain_hf.install(newer.folder) == newest
        assert not older.exists()

    def test_because_the_cache_cannot_be_written_tells_what_to_do(
        self, small: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "file").write_text("in the way")
        monkeypatch.setattr(config, "HF_DATASETS_CACHE", tmp_path / "file" / "datasets")
        with pytest.raises(OutputError, match="set HF_HOME"):
            synpain_hf.install(small.folder)

    @pytest.mark.usefixtures("small_installed")
    def test_because_the_place_is_no_release_leaves_the_earlier_one(self, tmp_path: Path) -> None:
        with pytest.raises(ReleaseError, match=r"release\.json"):
            synpain_hf.install(tmp_path)
        assert synpain_hf.load("all", split="train").num_rows == 40


@pytest.mark.slow
def test_a_second_install_waits_for_the_first(small: Release, newer: Release, tmp_path: Path) -> None:
    writing, go_on, order = threading.Event(), threading.Event(), []

    def first(what: str, done: int, total: int) -> None:
        if what == "install" and done < total:
            writing.set()
            assert go_on.wait(600)
        order.append("first")

    def second(what: str, done: int, total: int) -> None:
        order.append("second")

    installers = [
        threading.Thread(target=synpain_hf.install, args=[release.folder], kwargs={"progress": progress})
        for release, progress in ((small, first), (newer, second))
    ]
    installers[0].start()
    assert writing.wait(600)
    installers[1].start()
    installers[1].join(0.5)
    assert "second" not in order
    go_on.set()
    for installer in installers:
        installer.join(600)
    assert order == sorted(order)
    assert ids(load_dataset("synpain")) == by_path(newer, tmp_path)


class TestUninstall:
    @pytest.mark.usefixtures("newer_installed")
    def test_removes_everything_and_tells_the_version(self, caches: Path) -> None:
        load_dataset("synpain", split="train").map(one_more)
        synpain_hf.load("cv_2", split="train").map(one_more)
        assert synpain_hf.uninstall() == "1.1.0"
        assert not (caches / "synpain").exists()
        assert on_disk(caches) == 0
        with pytest.raises(NotInstalledError):
            synpain_hf.load()
        with pytest.raises(NotInstalledError):
            synpain_hf.uninstall()
        with pytest.raises(ConnectionError):
            load_dataset("synpain")

    @pytest.mark.slow
    def test_leaves_what_datasets_cached_of_a_local_folder(self, small: Release, tmp_path: Path) -> None:
        folder = tmp_path / "synpain"
        shutil.copytree(small.folder, folder)
        loaded = load_dataset(str(folder), "cv_1")
        synpain_hf.install(small.folder)
        synpain_hf.uninstall()
        assert ids(load_dataset(str(folder), "cv_1")) == ids(loaded)
