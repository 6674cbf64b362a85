"""Faces are written as pictures whose names bring them back."""

from __future__ import annotations

import gc
import resource
import signal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.annotation.faces import faces, faces_by_stem, picture_stem
from synpain_hf.errors import OutputError, ReleaseError, UsageError
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.vocabulary import FACES
from tests.annotation.making import IDS
from tests.terminal import run

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=120)


@given(st.sets(TEXTS, min_size=2, max_size=6))
def test_no_two_faces_share_a_name_even_where_case_makes_no_difference(pair_ids: set[str]) -> None:
    names = [picture_stem(pair_id, face) for pair_id in pair_ids for face in FACES]
    assert len({name.casefold() for name in names}) == len(names)


@given(TEXTS)
def test_a_name_is_plain_ascii_of_bounded_length_and_no_option(pair_id: str) -> None:
    name = picture_stem(pair_id, "expressive")
    assert name.isascii()
    assert len(name) < 200
    assert not set(name) & set('/\\:*?"<>|. \n')
    assert not name.startswith("-")


def test_long_names_that_begin_alike_stay_apart() -> None:
    first, second = (picture_stem("É" * 99 + end, "neutral") for end in "ab")
    assert first != second


def test_pictures_are_the_bytes_of_the_release(of_odd_names: Path, tmp_path: Path) -> None:
    release = Release.open(of_odd_names)
    out = faces(of_odd_names, tmp_path / "out")
    stored = {
        picture_stem(row["pair_id"], face): row[face]["bytes"]
        for file in release.files_of(base_table())
        for row in pq.read_table(release.folder / file).to_pylist()
        for face in FACES
    }
    assert {path.stem: path.read_bytes() for path in out.iterdir()} == stored
    assert stored.keys() == faces_by_stem(release).keys()
    assert {pair_id for pair_id, _ in faces_by_stem(release).values()} == set(IDS)


def test_one_face_of_each_pair_where_one_is_asked_for(of_odd_names: Path, tmp_path: Path) -> None:
    out = faces(of_odd_names, tmp_path / "out", face="neutral")
    assert len(list(out.iterdir())) == len(IDS)
    assert all(path.stem.endswith("-neutral") for path in out.iterdir())


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # datasets leaves metadata.csv to Python
def test_an_imagefolder_opens_with_what_each_face_shows(of_odd_names: Path, tmp_path: Path) -> None:
    out = faces(of_odd_names, tmp_path / "out", layout="imagefolder")
    loaded = load_dataset("imagefolder", data_dir=str(out), split="train")
    assert {(row["pair_id"], row["face"]) for row in loaded} == {(name, face) for name in IDS for face in FACES}
    assert all((row["shows"] == "neutral") == (row["face"] == "neutral") for row in loaded)
    gc.collect()
    assert {path.parent.name for path in out.rglob("*.png")} == {"neutral", "pain", "no_pain"}


@pytest.mark.parametrize(("name", "given"), [("layout", "falt"), ("face", "all")])
def test_a_word_that_is_unknown_is_refused(of_odd_names: Path, tmp_path: Path, name: str, given: str) -> None:
    with pytest.raises(UsageError, match=f"^{name} is '{given}'"):
        faces(of_odd_names, tmp_path / "out", **{name: given})  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_a_place_that_is_taken_is_refused_even_by_a_link(of_odd_names: Path, tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="exists; remove it"):
        faces(of_odd_names, tmp_path / "out")


def test_a_damaged_release_is_refused(release: Release, tmp_path: Path) -> None:
    path = release.folder / release.files_of(base_table())[0]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ReleaseError):
        faces(release.folder, tmp_path / "out")


def test_after_an_error_nothing_is_left(of_odd_names: Path, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OutputError):
            faces(of_odd_names, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert not [name for name in tmp_path.iterdir() if "out" in name.name]


def test_the_command_writes_them(of_odd_names: Path, tmp_path: Path) -> None:
    done = run("faces", of_odd_names, tmp_path / "out", "--json")
    assert done.exit_code == 0, done.stderr
    assert len(list((tmp_path / "out").iterdir())) == 2 * len(IDS)
