"""A release is built only where `load_dataset` will load it from."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from datasets import load_dataset

from synpain_hf.errors import UsageError
from synpain_hf.release.build import build
from synpain_hf.release.release import Release

UNLOADABLE = ["release [v1]", "[lab]/release", "release]", "release*", "what?", "team**/release", "a::b", "a::b/c"]
FORMATS = ["parquet", "csv", "imagefolder"]
LOADABLE = ["release {1}, #2 at 50%", "Ünïcode", "a:b", "release-1.0.0", "synpain/release", "synpain-1.0.0", "my.data"]


@pytest.mark.parametrize("name", UNLOADABLE)
def test_a_path_that_datasets_reads_as_a_pattern_is_refused(download: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    out.parent.mkdir(exist_ok=True)
    with pytest.raises(UsageError, match=r"load_dataset cannot load from .*; give another place"):
        build(download, out, version="1.0.0")
    assert not out.exists()


@pytest.mark.parametrize("name", ["release [v1]", "team**x/release", "a::b"])
def test_datasets_indeed_cannot_load_from_there(release: Release, tmp_path: Path, name: str) -> None:
    shutil.copytree(release.folder, tmp_path / name)
    with pytest.raises((FileNotFoundError, ValueError)):
        load_dataset(str(tmp_path / name), "all")


@pytest.mark.parametrize("name", ["synpain", "Synpain", "SYNPAIN"])
def test_the_name_of_the_installed_release_is_refused(download: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"taken for the installed release; call it synpain-X\.Y\.Z"):
        build(download, tmp_path / name, version="1.0.0")


@pytest.mark.parametrize("name", FORMATS)
def test_the_name_of_a_format_is_refused_as_datasets_would_not_look_there(
    download: Path, release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=f"would take {name} for a format"):
        build(download, name, version="1.0.0")
    shutil.copytree(release.folder, name)
    with pytest.raises(Exception, match=r".") as told:
        load_dataset(name, "all")
    assert told.type.__module__.partition(".")[0] in {"builtins", "datasets", "pyarrow", "pandas"}


def test_the_name_of_a_script_is_refused(download: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"would take data\.py for a script"):
        build(download, tmp_path / "data.py", version="1.0.0")


@pytest.mark.slow
@pytest.mark.parametrize("name", LOADABLE)
def test_any_other_name_is_taken_and_loads(download: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    out.parent.mkdir(exist_ok=True)
    build(download, out, version="1.0.0", image_size=32)
    assert load_dataset(str(out), "all", split="train").num_rows == 40
