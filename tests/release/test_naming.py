"""A data set has a name, under which `load_dataset` finds it and nothing else."""

from __future__ import annotations

import json
import re
import shutil
from functools import partial
from pathlib import Path

import pytest
from datasets import load_dataset
from datasets.naming import camelcase_to_snakecase
from datasets.packaged_modules import _PACKAGED_DATASETS_MODULES
from hypothesis import given
from hypothesis import strategies as st

import synpain_hf
from synpain_hf.errors import ReleaseError, UsageError, VersionError
from synpain_hf.release.build import build
from synpain_hf.release.naming import FORMATS, check_name, name_by, wrong_with
from synpain_hf.release.release import Release
from synpain_hf.sources.demo import DemoSource
from tests.release.making import manifest_rows, write_manifest
from tests.terminal import run

UNUSABLE = {
    "csv": "which load_dataset would take for a format",
    "webdataset": "which load_dataset would take for a format",
    "downloads": "which datasets uses for a folder of its own",
    "con": "which is the name of a device on Windows",
    "lpt1": "which is the name of a device on Windows",
    "me___faces": "where ___ would mean the / between a namespace and a name on the Hub",
    "a" * 61: "and may have 60 characters at most",
    "": "with a letter first",
    "Faces": "with a letter first",
    "1face": "with a letter first",
    "my-faces": "with a letter first",
    "../faces": "with a letter first",
    "me/faces": "with a letter first",
    "fäces": "with a letter first",
    "faces\n": "with a letter first",
}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of twelve pairs that is called `my_faces`; read-only by agreement."""
    folder = tmp_path_factory.mktemp("first")
    return build(write_manifest(folder, manifest_rows(12)), folder / "release", version="1.0.0", name="my_faces")


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_name_that_load_dataset_would_not_find_is_refused_with_a_remedy(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"give another, such as my_faces$") as told:
        build(tmp_path, tmp_path / "out", version="1.0.0", name=name)
    assert str(told.value).startswith(f"name is {name!r}, ")
    assert UNUSABLE[name] in str(told.value)
    assert not (tmp_path / "out").exists()


def test_every_format_of_the_installed_datasets_is_known() -> None:
    assert set(_PACKAGED_DATASETS_MODULES) <= FORMATS


@given(st.from_regex(r"[a-z][a-z0-9_]{0,70}", fullmatch=True))
def test_a_name_that_is_taken_is_the_same_to_datasets_and_short_enough_for_files(name: str) -> None:
    if not wrong_with(name):
        assert camelcase_to_snakecase(name) == name
        assert len(f"{name}-validation-00000-of-00060.arrow") < 100


@given(st.text(max_size=70))
def test_any_text_is_either_a_name_of_that_form_or_refused(text: str) -> None:
    if re.fullmatch(r"[a-z][a-z0-9_]*", text) is None:
        with pytest.raises(UsageError, match=r"\Aname is "):
            check_name(text)


class TestBuild:
    def test_keeps_the_name_that_it_is_given(self, first: Release) -> None:
        assert Release.open(first.folder).name == "my_faces"
        assert synpain_hf.info(first.folder)["name"] == "my_faces"

    def test_calls_what_it_is_given_no_name_for_synpain(self, release: Release, tmp_path: Path) -> None:
        own = build(write_manifest(tmp_path, manifest_rows(2)), tmp_path / "out", version="1.0.0")
        assert release.name == own.name == "synpain"

    @pytest.mark.parametrize(
        ("kind", "name"), [("official", "synpain"), ("demo", "synpain"), ("unbc", "unbc"), ("3dpain", "pain3d")]
    )
    def test_calls_an_archive_by_its_own_name(self, kind: str, name: str) -> None:
        assert name_by(kind) == name
        check_name(name)

    def test_keeps_the_name_of_the_previous_release(self, first: Release, tmp_path: Path) -> None:
        source = write_manifest(tmp_path, manifest_rows(13))
        later = build(source, tmp_path / "release", version="1.1.0", previous=first.folder)
        assert later.name == "my_faces"

    def test_takes_another_name_than_the_previous_for_a_major_change_before_it_reads_anything(
        self, first: Release, tmp_path: Path
    ) -> None:
        source = write_manifest(tmp_path, manifest_rows(12))
        renamed = partial(build, previous=first.folder, name="their_faces")
        with pytest.raises(
            VersionError, match=r"is called their_faces, and was called my_faces; give at least 2\.0\.0"
        ):
            renamed("nowhere", tmp_path / "release", version="1.9.0")
        later = renamed(source, tmp_path / "release", version="2.0.0")
        assert later.name == "their_faces"
        sentence = "the data set is called their_faces, and was called my_faces"
        assert f"### Changed\n\n- {sentence}.\n" in later.text_of("CHANGELOG.md")
        shown = run("diff", first.folder, later.folder).stdout
        assert shown == f"1.0.0 -> 2.0.0: a major change\n  {sentence}\n"
        told = json.loads(run("diff", first.folder, later.folder, "--json").stdout)
        assert (told["old_name"], told["new_name"], told["bump"]) == ("my_faces", "their_faces", "major")

    @pytest.mark.parametrize("folder", ["my_faces", "MyFaces", "My_Faces"])
    def test_refuses_a_folder_that_is_called_like_the_data_set(self, tmp_path: Path, folder: str) -> None:
        source = write_manifest(tmp_path, manifest_rows(2))
        with pytest.raises(UsageError, match=r"taken for the installed release; call it my_faces-X\.Y\.Z"):
            build(source, tmp_path / folder, version="1.0.0", name="my_faces")
        assert not (tmp_path / folder).exists()

    def test_takes_a_name_on_the_command_line(self, tmp_path: Path) -> None:
        source = write_manifest(tmp_path, manifest_rows(2))
        done = run("build", source, tmp_path / "out", "--version", "1.0.0", "--name", "my_faces", "--json")
        assert json.loads(done.stdout)["name"] == "my_faces"
        wrong = run("build", source, tmp_path / "other", "--version", "1.0.0", "--name", "csv")
        assert wrong.exit_code == 2
        assert wrong.stderr.startswith("error: --name is 'csv', which load_dataset would take for a format; give ")


class TestDemo:
    def test_faces_have_a_name_too(self, tmp_path: Path) -> None:
        assert synpain_hf.demo(tmp_path / "out", pairs=2, name="drawn").name == "drawn"
        assert build(DemoSource(2), tmp_path / "other", version="1.0.0").name == "synpain"

    def test_a_raw_download_has_none(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="name is 'drawn', but a raw download has no name; leave it out"):
            synpain_hf.demo(tmp_path / "out", pairs=2, name="drawn", raw=True)


def test_the_card_says_how_to_load_it_by_its_name(first: Release, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(first.folder, tmp_path / "release"))
    synpain_hf.card(folder, facts="demo")
    text = (folder / "README.md").read_text()
    assert '`load_dataset("my_faces")` gives `default`' in text
    assert 'load_dataset("synpain")' not in text


def test_facts_begin_with_the_name(first: Release, tmp_path: Path) -> None:
    run("card", first.folder, "--init", tmp_path / "facts.yaml")
    assert "\nname: my_faces\n" in (tmp_path / "facts.yaml").read_text()


@pytest.mark.parametrize("name", ["csv", "con", "a" * 1000])
def test_a_release_from_elsewhere_with_an_unusable_name_is_not_installed(
    first: Release, tmp_path: Path, caches: Path, name: str
) -> None:
    folder = Path(shutil.copytree(first.folder, tmp_path / "release"))
    manifest = json.loads((folder / "release.json").read_text())
    (folder / "release.json").write_text(json.dumps({**manifest, "name": name}))
    with pytest.raises(
        ReleaseError, match=r"release\.json calls the data set .*; build it again with another --name"
    ) as told:
        synpain_hf.install(folder)
    assert len(str(told.value)) < 400
    assert not caches.exists()


def test_the_short_card_counts_what_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    rows = manifest_rows(12)
    for row in rows[:3]:
        row["gender"] = ""
    rows[0]["ethnicity"] = ""
    release = build(write_manifest(tmp_path / "source", rows), tmp_path / "release", version="1.0.0")
    assert "configuration\nof that group: 3 pairs without `gender`, 1 pair without `ethnicity`.\n" in release.text_of(
        "README.md"
    )
    assert load_dataset(str(release.folder), "by_gender", cache_dir=str(tmp_path / "cache")).num_rows.keys() == {
        "man",
        "woman",
    }
    assert synpain_hf.info(release.folder)["groups"]["gender"]["unknown"] == 3


def test_the_short_card_counts_nothing_where_all_is_known(first: Release) -> None:
    assert "not known" not in first.text_of("README.md")


def test_an_empty_source_shows_no_progress(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(b"")
    told = run("build", tmp_path, tmp_path / "out", "--version", "1.0.0").stderr
    assert told.startswith("error: 1 problem, and nothing was written:\n")
