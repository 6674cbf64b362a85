from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synpain_hf.sources.paths import FolderPaths, places_below

E_ACUTE = unicodedata.normalize("NFC", "é")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures, with secrets beside it and links that lead to them."""
    top = tmp_path_factory.mktemp("top")
    root = top / "data"
    for name in ("c/0.png", "c/8 b.png", "c/%41.png", f"c/{E_ACUTE}.png", "Faces/Anna.PNG", "c/same.png", "c/SAME.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"inside")
    (top / "secret.png").write_bytes(b"outside")
    (top / "outside").mkdir()
    (top / "outside" / "0.png").write_bytes(b"outside")
    (root / "out.png").symlink_to("../secret.png")
    (root / "out").symlink_to("../outside")
    (root / "loop").symlink_to("loop")
    (root / "in.png").symlink_to("c/0.png")
    return root


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("c/0.png", "c/0.png"),
        ("./c//0.png", "c/0.png"),
        (r"c\0.png", "c/0.png"),
        (r".\c\0.png", "c/0.png"),
        ("c/sub/../0.png", "c/0.png"),
        (r"c\..\c\0.png", "c/0.png"),
        ("../data/c/0.png", "c/0.png"),
        ("c/8%20b.png", "c/8 b.png"),
        (r"c\8%20b.png", "c/8 b.png"),
        ("c/%41.png", "c/%41.png"),
        ("file:c/0.png", "c/0.png"),
        ("file:c/8%20b.png", "c/8 b.png"),
        ("FILE:c/0.png", "c/0.png"),
        (unicodedata.normalize("NFD", f"c/{E_ACUTE}.png"), f"c/{E_ACUTE}.png"),
        (f"c/{E_ACUTE.upper()}.PNG", f"c/{E_ACUTE}.png"),
        ("faces/anna.png", "Faces/Anna.PNG"),
        ("c/same.png", "c/same.png"),
        ("c/SAME.png", "c/SAME.png"),
        ("in.png", "in.png"),
    ],
)
def test_a_path_is_found_however_it_is_written(folder: Path, written: str, name: str) -> None:
    found = FolderPaths(folder).find(written)
    assert found.name == name
    assert found.path == (folder / name).resolve()


@pytest.mark.parametrize("beginning", ["", "file:", "file://", "file://localhost"])
def test_an_absolute_path_below_the_folder_is_found(folder: Path, beginning: str) -> None:
    assert FolderPaths(folder).find(f"{beginning}{folder}/c/0.png").name == "c/0.png"


def test_a_folder_may_be_named_by_a_link_to_it(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    for root in (folder, tmp_path / "link"):
        assert FolderPaths(tmp_path / "link").find(f"{root}/c/0.png").name == "c/0.png"


def test_accents_of_a_mac_are_found(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", f"{E_ACUTE}.png")
    (tmp_path / decomposed).touch()
    assert FolderPaths(tmp_path).find(f"{E_ACUTE}.png").name == decomposed


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("c/Same.png", "does not exist; put it there, or correct the name to 'c/"),
        ("c/0.pgn", "does not exist; put it there, or correct the name to 'c/0.png'"),
        ("d/0.png", "does not exist; put it there, or correct the name"),
        ("face/Anna.PNG", "does not exist; put it there, or correct the name to 'Faces/Anna.PNG'"),
        ("elsewhere/c/0.png", "does not exist; put it there, or correct the name to 'c/0.png'"),
        ("c", "does not exist"),
        (".", "does not exist"),
        ("loop", "does not exist"),
        ("c/0.png/more", "does not exist"),
        ("/home/anna/data/c/0.png", r"leaves the manifest's folder; give a path below it \('c/0.png' is there\)"),
        (r"C:\Users\Anna\data\c\0.png", r"leaves the manifest's folder; give a path below it \('c/0.png' is there\)"),
        ("file:///C:/data/nobody.png", "leaves the manifest's folder; give a path below it$"),
        ("https://example.org/c/1.jpg", "leaves the manifest's folder"),
        ("//server/share/c.png", "leaves the manifest's folder"),
        ("../secret.png", "leaves the manifest's folder"),
        (r"..\secret.png", "leaves the manifest's folder|does not exist"),
        ("%2e%2e/secret.png", "does not exist"),
        ("file:%2e%2e/secret.png", "leaves the manifest's folder"),
        ("c/%00.png", "does not exist"),
        ("out.png", "is a symbolic link that leaves the manifest's folder; put the file itself there"),
        ("OUT.png", "is a symbolic link that leaves the manifest's folder"),
        ("out/0.png", "is a symbolic link that leaves the manifest's folder"),
        ("out/../secret.png", "does not exist"),
    ],
)
def test_a_path_that_is_not_found_is_refused_with_what_may_be_meant(folder: Path, written: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        FolderPaths(folder).find(written)


def test_similar_names_are_looked_up_for_the_first_of_many_that_are_missing(folder: Path) -> None:
    paths = FolderPaths(folder)
    reasons = []
    for _ in range(100):
        with pytest.raises(ValueError, match="does not exist") as error:
            paths.find("c/0.pgn")
        reasons.append(str(error.value))
    assert 0 < sum("'c/0.png'" in reason for reason in reasons) < 50


_watched: list[list[str]] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if (
        _watched
        and event in ("open", "os.listdir", "os.scandir")
        and isinstance(arguments[0], (str, bytes, os.PathLike))
    ):
        _watched[-1].append(os.path.realpath(os.fsdecode(arguments[0])))


sys.addaudithook(_note)


@contextmanager
def opened() -> Iterator[list[str]]:
    """The files that are opened and the folders that are listed meanwhile, without symbolic links."""
    _watched.append([])
    try:
        yield _watched[-1]
    finally:
        _watched.pop()


PARTS = st.sampled_from(
    ["c", "0.png", "Faces", "out", "out.png", "OUT", "secret.png", "outside", "data", "..", ".", "", "loop", "in.png"]
) | st.sampled_from(["C:", "%2e%2e", "%2F", "..%5c", "~", "\0", "file:", "http:"])
PATHS = st.builds(
    lambda beginning, parts, between: beginning + between.join(parts),
    st.sampled_from(["", "/", "\\", "//", "file:", "file://", "file:///", "{root}/", "{root}/../", "file://{root}/"]),
    st.lists(PARTS, max_size=6),
    st.sampled_from(["/", "\\", "//", "%2F", "/./", "/../"]),
)


@settings(max_examples=600)
@given(PATHS | st.text(max_size=30))
def test_nothing_outside_the_folder_is_ever_found_or_opened(folder: Path, path: str) -> None:
    with opened() as touched:
        try:
            found = FolderPaths(folder).find(path.replace("{root}", str(folder)))
        except (ValueError, OSError):
            pass
        else:
            assert found.path.read_bytes() == b"inside"
            assert not {"..", "", "."} & set(found.name.split("/"))
    assert all(Path(place).is_relative_to(folder.resolve()) for place in touched), touched


@pytest.mark.parametrize(
    ("repository", "blobs", "is_cache"),
    [
        ("datasets--me--faces", "folder", True),
        ("datasets--me--faces", "link", False),
        ("datasets--me--faces", "nothing", False),
        ("archive", "folder", False),
    ],
)
def test_only_a_cache_of_the_hub_may_link_into_its_blobs(
    tmp_path: Path, repository: str, blobs: str, is_cache: bool
) -> None:
    snapshot, private = tmp_path / repository / "snapshots" / "0" / "SynPain", tmp_path / "private"
    snapshot.mkdir(parents=True)
    private.mkdir()
    store = snapshot.parents[2] / "blobs"
    if blobs == "folder":
        store.mkdir()
    elif blobs == "link":
        store.symlink_to(private)
    allowed = [snapshot.resolve(), store.resolve()] if is_cache else [snapshot.resolve()]
    assert places_below(snapshot) == allowed


def test_snapshots_that_are_a_link_are_no_cache(tmp_path: Path) -> None:
    (tmp_path / "datasets--me--faces" / "blobs").mkdir(parents=True)
    (tmp_path / "elsewhere" / "0").mkdir(parents=True)
    (tmp_path / "datasets--me--faces" / "snapshots").symlink_to(tmp_path / "elsewhere")
    assert places_below(tmp_path / "datasets--me--faces" / "snapshots" / "0") == [tmp_path / "elsewhere" / "0"]
