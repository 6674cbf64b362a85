"""A download is whole or refused, and what is in the cache is not asked for again."""

from __future__ import annotations

from pathlib import Path

import huggingface_hub
import pytest

from synpain_hf.errors import DownloadError, UnreachableError, UsageError
from synpain_hf.hubclient.downloads import download_file, download_files
from tests.hub import Fault, Hub

INFO = "^/api/datasets/lab/faces/revision/"


def names_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_files_of_some_patterns_are_downloaded_once(hub: Hub) -> None:
    folder = download_files("lab/faces", ["release.json", "data/*"])
    assert names_in(folder) == ["data/a.parquet", "data/b.parquet", "release.json"]
    assert folder.name == hub.repositories["lab/faces"].refs["main"]
    hub.files_asked_for()
    assert download_files("lab/faces", ["release.json", "data/*"], "v1") == folder
    assert hub.files_asked_for() == []


def test_where_no_file_fits_there_is_no_folder(hub: Hub) -> None:
    assert not download_files("lab/faces", ["pictures/*"]).exists()


def test_without_an_answer_a_whole_download_is_taken_from_the_cache(hub: Hub) -> None:
    folder = download_files("lab/faces", ["data/*"])
    hub.faults = [Fault("", status=500)]
    assert download_files("lab/faces", ["data/*"]) == folder


def test_without_an_answer_a_part_of_a_download_is_never_taken_for_the_whole(hub: Hub) -> None:
    (download_files("lab/faces", ["data/*"]) / "data" / "a.parquet").unlink()
    hub.faults = [Fault(INFO, status=500)]
    with pytest.raises(
        DownloadError, match="downloading lab/faces failed: the Hub answered 500; after a while, try again"
    ):
        download_files("lab/faces", ["data/*"])


def test_without_an_answer_files_that_came_one_by_one_are_never_taken_for_the_whole(hub: Hub) -> None:
    download_file("lab/faces", "data/a.parquet")
    hub.faults = [Fault(INFO, status=500)]
    told = "downloading lab/faces failed: the cache may hold only a part of it, and the Hub could not be reached; go"
    with pytest.raises(DownloadError, match=told):
        download_files("lab/faces", ["data/*"])


def test_one_file_is_downloaded_and_one_that_is_not_there_is_none(hub: Hub) -> None:
    path = download_file("lab/faces", "release.json", "v1")
    assert path is not None
    assert path.read_bytes() == b"{}"
    assert download_file("lab/faces", "croissant.json") is None


def test_without_an_answer_a_file_comes_from_the_cache_or_the_hub_is_unreachable(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = download_file("lab/faces", "release.json")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert download_file("lab/faces", "release.json") == path
    told = "downloading lab/faces failed: the Hub is needed, but HF_HUB_OFFLINE is set; unset it"
    with pytest.raises(UnreachableError, match=told):
        download_file("lab/faces", "croissant.json")


def test_a_refusal_is_not_taken_for_a_hub_that_is_unreachable(hub: Hub) -> None:
    with pytest.raises(DownloadError, match="the Hub has no such repository for you") as caught:
        download_file("lab/nothing", "release.json")
    assert not isinstance(caught.value, UnreachableError)


def test_a_name_that_cannot_be_one_is_not_asked_for(hub: Hub) -> None:
    for download in (download_file, download_files):
        with pytest.raises(UsageError, match="write NAMESPACE/NAME"):
            download("lab--x/faces", "release.json")
    assert hub.seen == []
