"""Releases of several names are installed side by side, and none has to do with another."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from datasets import config, load_dataset

import synpain_hf
from synpain_hf.errors import NotInstalledError, UsageError
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.training.data.opening import open_pairs
from tests.hub import Hub, Repository
from tests.loading.elsewhere import environment, ids, run_elsewhere
from tests.loading.making import FACE, Part, installed_in
from tests.terminal import run

ROOT = Path(__file__).parents[2]

LOADS = """
import json, sys
from datasets import load_dataset
print(json.dumps({split: list(rows["pair_id"]) for split, rows in load_dataset(sys.argv[1]).items()}))
"""

INSTALLS = """
import sys, synpain_hf
synpain_hf.install(sys.argv[1])
"""

IS_KILLED = """
import os, signal, sys, synpain_hf
from datasets import load_dataset
loaded = load_dataset("synpain")
def progress(what, done, total):
    if what == "install" and 2 * done > total:
        os.kill(os.getpid(), signal.SIGKILL)
synpain_hf.install(sys.argv[1], progress=progress)
"""


@pytest.fixture(scope="session")
def unbc(part: Part, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Fifteen pairs of a data set that is called `unbc`; read-only by agreement."""
    folder = tmp_path_factory.mktemp("unbc")
    source = part(folder / "download", 15)
    return build(source, folder / "release", version="2.0.0", image_size=FACE, name="unbc")


@pytest.fixture(scope="session")
def newer_unbc(part: Part, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A later version of `unbc`; read-only by agreement."""
    folder = tmp_path_factory.mktemp("newer-unbc")
    source = part(folder / "download", 20)
    return build(source, folder / "release", version="2.1.0", image_size=FACE, name="unbc")


@pytest.fixture(scope="session")
def both_cache(newer: Release, unbc: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache of `datasets` in which `newer` and `unbc` are installed; read-only by agreement."""
    home = tmp_path_factory.mktemp("both-home")
    installed_in(home, newer)
    return installed_in(home, unbc)


@pytest.fixture
def both(both_cache: Path, caches: Path) -> Path:
    """A cache in which `newer` is installed as `synpain`, and `unbc`, for this test; a copy with its times."""
    shutil.copytree(both_cache, caches)
    return caches


def by_path(release: Release, tmp_path: Path) -> dict[str, list[str]]:
    """The pairs of `default`, loaded from the release directory."""
    return ids(load_dataset(str(release.folder), cache_dir=str(tmp_path / "by-path")))


def files_below(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file of a folder, with its inode and the time of its last change."""
    files = {path: path.stat() for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"}
    return {str(path): (status.st_ino, status.st_mtime_ns) for path, status in files.items()}


@pytest.mark.usefixtures("both")
class TestTwoNames:
    @pytest.mark.slow
    def test_give_each_its_own_pairs_here_and_elsewhere(
        self, newer: Release, unbc: Release, caches: Path, tmp_path: Path
    ) -> None:
        for name, release in (("synpain", newer), ("unbc", unbc)):
            expected = by_path(release, tmp_path)
            assert ids(load_dataset(name)) == ids(synpain_hf.load(name=name)) == expected
            assert run_elsewhere(LOADS, name, home=caches.parent, folder=tmp_path) == expected
        assert load_dataset("unbc")["train"].info.dataset_name == "unbc"
        assert synpain_hf.load("cv_3", "test", name="unbc").info.dataset_name == "unbc"
        assert ids(synpain_hf.load("cv_3", name="unbc")) == ids(
            load_dataset(str(unbc.folder), "cv_3", cache_dir=str(tmp_path / "by-path"))
        )

    def test_are_replaced_one_without_the_other(
        self, newer: Release, newer_unbc: Release, both: Path, tmp_path: Path
    ) -> None:
        synpain, _ = synpain_hf.installed()
        before, date = files_below(both / "synpain"), synpain.folder.stat().st_mtime
        synpain_hf.install(newer_unbc.folder)
        assert files_below(both / "synpain") == before
        assert synpain.folder.stat().st_mtime == date > time.time(), "it comes first under its name as before"
        assert ids(load_dataset("unbc")) == by_path(newer_unbc, tmp_path)
        assert ids(load_dataset("synpain")) == by_path(newer, tmp_path)
        assert [path.name for path in (both / "unbc" / "default").iterdir()] == ["2.1.0"]

    def test_are_removed_one_without_the_other(self, newer: Release, both: Path, tmp_path: Path) -> None:
        load_dataset("unbc", split="train").map(lambda row: {"more": row["fold"]})
        assert synpain_hf.uninstall("unbc") == "2.0.0"
        assert not (both / "unbc").exists()
        assert ids(load_dataset("synpain")) == by_path(newer, tmp_path)
        assert synpain_hf.uninstall() == "1.1.0"
        assert not (both / "synpain").exists()

    @pytest.mark.slow
    def test_keep_each_what_map_made_of_it(self, both: Path, newer: Release) -> None:
        load_dataset("unbc", split="train").map(lambda row: {"more": row["fold"]})
        made = set(both.joinpath("unbc").rglob("cache-*.arrow"))
        assert made
        synpain_hf.install(newer.folder)
        assert set(both.joinpath("unbc").rglob("cache-*.arrow")) == made

    def test_are_both_asked_about_where_one_is_to_be_removed(self, both: Path) -> None:
        with pytest.raises(UsageError, match=r"several releases are installed; give one of synpain, unbc$"):
            synpain_hf.uninstall()
        told = run("uninstall")
        assert told.exit_code == 2
        assert told.stderr == "error: NAME is missing, and several releases are installed; give one of synpain, unbc\n"
        assert run("uninstall", "unbc").stdout == "uninstalled unbc: version 2.0.0\n"
        assert both.joinpath("synpain").is_dir()

    @pytest.mark.parametrize("name", ["ubnc", "csv", "../datasets/unbc", "*", ""])
    def test_are_named_where_another_is_asked_for(self, both: Path, name: str) -> None:
        for ask in (lambda: synpain_hf.load(name=name), lambda: synpain_hf.uninstall(name)):
            with pytest.raises(NotInstalledError, match=r"is installed as .*; give one that is .synpain, unbc."):
                ask()
        assert len(list(both.glob("*/default/*/*/release.json"))) == 2

    def test_are_listed(self, both: Path) -> None:
        synpain, unbc = synpain_hf.installed()
        assert (synpain.name, synpain.version, synpain.pairs, synpain.damage) == ("synpain", "1.1.0", 10, "")
        assert (unbc.name, unbc.version, unbc.pairs, unbc.title) == ("unbc", "2.0.0", 15, "SynPAIN pairs")
        assert unbc.folder.parent == both / "unbc" / "default" / "2.0.0"
        told = run("installed").stdout.splitlines()
        assert told == [
            "synpain: SynPAIN pairs, version 1.1.0, 10 pairs, whole", f"  {synpain.folder}",
            "unbc: SynPAIN pairs, version 2.0.0, 15 pairs, whole", f"  {unbc.folder}",
        ]  # fmt: skip
        assert json.loads(run("installed", "--json").stdout)["installed"][1] == {
            "name": "unbc", "version": "2.0.0", "title": "SynPAIN pairs", "pairs": 15, "damage": "",
            "folder": str(unbc.folder),
        }  # fmt: skip

    def test_are_opened_by_training_each_by_its_name(self, unbc: Release, newer: Release) -> None:
        assert open_pairs("unbc").content == unbc.manifest["content"]
        assert open_pairs("synpain").content == newer.manifest["content"]
        with pytest.raises(UsageError, match=r"only a data set on the Hub has revisions"):
            open_pairs("unbc", revision="v2.0.0")
        with pytest.raises(
            UsageError,
            match=r"^unbcc is neither a folder nor an installed data set \(did you mean 'unbc'\?\); give a release's "
            r"folder, NAMESPACE/NAME, or what is installed: synpain, unbc$",
        ):
            open_pairs("unbcc")

    def test_come_after_a_folder_of_that_name(
        self, small: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As they do in `load_dataset`."""
        shutil.copytree(small.folder, tmp_path / "here" / "unbc")
        monkeypatch.chdir(tmp_path / "here")
        assert open_pairs("unbc").content == small.manifest["content"]
        assert synpain_hf.load("all", "train", name="unbc").num_rows == 15

    def test_keep_their_names_where_a_folder_of_that_name_was_loaded(
        self, small: Release, unbc: Release, tmp_path: Path
    ) -> None:
        folder = tmp_path / "elsewhere" / "unbc"
        shutil.copytree(small.folder, folder)
        load_dataset(str(folder), "cv_3")
        load_dataset(str(folder)).map(lambda row: {"more": row["fold"]})
        assert ids(load_dataset("unbc")) == by_path(unbc, tmp_path)
        assert synpain_hf.uninstall("unbc") == "2.0.0"
        assert [release.name for release in synpain_hf.installed()] == ["synpain"]

    @pytest.mark.slow
    def test_are_given_where_the_hub_answers_that_it_knows_no_such_name(
        self, unbc: Release, caches: Path, tmp_path: Path
    ) -> None:
        with Hub() as hub:
            hub.repositories["me/unbc"] = Repository()
            network = {"HF_ENDPOINT": hub.url, "HF_HUB_OFFLINE": "0"}
            found = run_elsewhere(LOADS, "unbc", home=caches.parent, folder=tmp_path, **network)
            assert hub.seen
        assert found == by_path(unbc, tmp_path)


class TestListing:
    def test_leaves_what_is_listed_where_datasets_finds_it(self, both: Path) -> None:
        """Though it notes what the files of a copied cache are."""
        (folder,) = (both / "unbc" / "default").glob("*/*")
        date, noted = folder.stat().st_mtime, (folder / "files.json").read_bytes()
        synpain_hf.installed()
        assert folder.stat().st_mtime == pytest.approx(date, abs=1e-3)
        assert (folder / "files.json").read_bytes() != noted

    def test_tells_that_nothing_is_installed(self, caches: Path) -> None:
        assert synpain_hf.installed() == []
        assert run("installed").stdout == "nothing is installed; run `synpain-hf install RELEASE` first\n"
        assert json.loads(run("installed", "--json").stdout) == {"installed": []}
        assert not caches.exists()

    def test_leaves_out_what_datasets_cached_of_others(self, both: Path, newer: Release, tmp_path: Path) -> None:
        load_dataset(str(shutil.copytree(newer.folder, tmp_path / "other")))
        stranger = both / "me___faces" / "default" / "1.0.0" / "abc"
        stranger.mkdir(parents=True)
        shutil.copyfile(newer.folder / "release.json", stranger / "release.json")
        assert [release.name for release in synpain_hf.installed()] == ["synpain", "unbc"]
        with pytest.raises(UsageError, match=r"give one of synpain, unbc$"):
            synpain_hf.uninstall()

    @pytest.mark.slow
    @pytest.mark.parametrize("file", ["unbc-train*.arrow", "dataset_info.json", "files.json"])
    def test_tells_that_a_file_is_damaged_and_installing_again_repairs_it(
        self, both: Path, unbc: Release, file: str
    ) -> None:
        place = next(both.glob(f"unbc/default/*/*/{file}"))
        place.write_bytes(place.read_bytes()[:-20])
        assert [release.damage for release in synpain_hf.installed()] == ["", "a file is not as it was installed"]
        told = "15 pairs, damaged (a file is not as it was installed; install it again)\n"
        assert told in run("installed").stdout
        synpain_hf.install(unbc.folder)
        assert [release.damage for release in synpain_hf.installed()] == ["", ""]

    def test_tells_that_a_description_is_damaged_and_what_is_known_without_it(self, both: Path) -> None:
        next(both.glob("unbc/default/*/*/release.json")).write_text("{")
        assert (
            "unbc: version 2.0.0, damaged (release.json cannot be read; install it again)\n" in run("installed").stdout
        )
        assert synpain_hf.uninstall("unbc") == "2.0.0"

    def test_tells_that_what_calls_itself_otherwise_is_damaged(self, both: Path) -> None:
        shutil.copytree(both / "unbc", both / "other", symlinks=True)
        found = {release.name: release.damage for release in synpain_hf.installed()}
        assert found == {"other": "a file is not as it was installed", "synpain": "", "unbc": ""}


@pytest.mark.slow
class TestAtTheSameTime:
    def test_one_that_is_killed_while_another_is_loaded_leaves_both_names_as_they_were(
        self, both: Path, newer: Release, unbc: Release, newer_unbc: Release, tmp_path: Path
    ) -> None:
        variables = environment(both.parent, PYTHONPATH=str(ROOT))
        done = subprocess.run([sys.executable, "-c", IS_KILLED, str(newer_unbc.folder)], env=variables, check=False)
        assert done.returncode == -9
        for name, release in (("synpain", newer), ("unbc", unbc)):
            assert run_elsewhere(LOADS, name, home=both.parent, folder=tmp_path) == by_path(release, tmp_path)
        assert [(release.version, release.damage) for release in synpain_hf.installed()] == [
            ("1.1.0", ""),
            ("2.0.0", ""),
        ]
        synpain_hf.install(newer_unbc.folder)
        assert ids(load_dataset("unbc")) == by_path(newer_unbc, tmp_path)
        assert [path.name for path in (both / "synpain-hf").iterdir()] == ["lock"]

    def test_two_of_different_names_are_installed_both(
        self, small: Release, newer_unbc: Release, both: Path, tmp_path: Path
    ) -> None:
        variables = environment(both.parent, PYTHONPATH=str(ROOT))
        programs = [
            subprocess.Popen([sys.executable, "-c", INSTALLS, str(release.folder)], env=variables)
            for release in (small, newer_unbc, small, newer_unbc)
        ]
        assert [program.wait(600) for program in programs] == [0, 0, 0, 0]
        assert ids(load_dataset("synpain")) == by_path(small, tmp_path)
        assert ids(load_dataset("unbc")) == by_path(newer_unbc, tmp_path)


@pytest.mark.slow
def test_a_cache_that_is_elsewhere_has_names_of_its_own(
    unbc: Release, caches: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "else where"
    monkeypatch.setattr(config, "HF_DATASETS_CACHE", elsewhere)
    synpain_hf.install(unbc.folder)
    found = run_elsewhere(LOADS, "unbc", home=caches.parent, folder=tmp_path, HF_DATASETS_CACHE=str(elsewhere))
    assert found == by_path(unbc, tmp_path)
    monkeypatch.setattr(config, "HF_DATASETS_CACHE", caches)
    assert synpain_hf.installed() == []
