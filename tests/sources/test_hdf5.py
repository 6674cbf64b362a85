"""UNBC-McMaster as HDF5, in files that anybody may have written: what is read of them, and what is refused."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from examples.made_archives import write_unbc, write_unbc_hdf5
from synpain_hf.errors import BadInputError, MissingExtraError, PictureError, Problem, UsageError
from synpain_hf.pair import Pair, Picture
from synpain_hf.release.build import build
from synpain_hf.release.compare import diff
from synpain_hf.sources import open_source
from synpain_hf.sources.choices import Choices
from synpain_hf.sources.files import OpenArchives
from synpain_hf.sources.hdf5 import SIGNATURE
from tests.imaging.made import decoded
from tests.release.making import manifest_rows, write_manifest
from tests.sources.hdf5_files import (
    EACH,
    FOLDS,
    FRAMES,
    LABELS,
    PIXELS,
    ROWS,
    SIDE,
    STORED,
    Change,
    put,
    without,
    write,
)


def entries_in(folder: Path, **choices: Any) -> list[Any]:
    return list(open_source([folder], choices=Choices(**choices)))


def pairs_in(folder: Path, **choices: Any) -> list[Pair]:
    return [entry for entry in entries_in(folder, **choices) if isinstance(entry, Pair)]


def problems_in(folder: Path) -> list[str]:
    """What is wrong with an archive, whether it is the whole or a part."""
    try:
        source = open_source([folder])
    except BadInputError as error:
        return [str(problem) for problem in error.problems]
    of_folds = source.folds_file.problems if source.folds_file else ()
    return [str(entry) for entry in (*source, *of_folds) if isinstance(entry, Problem)]


class TestReading:
    @pytest.mark.parametrize("libver", ["earliest", "latest"])
    @pytest.mark.parametrize("stored", STORED)
    def test_frames_have_their_pixels_however_they_are_stored(self, tmp_path: Path, stored: str, libver: str) -> None:
        write(tmp_path, STORED[stored], libver=libver, texts="O" if libver == "latest" else "S")
        shown: dict[str, Any] = {}
        with OpenArchives() as archives:
            for pair in pairs_in(tmp_path):
                shown |= {picture.name: decoded(picture.read(archives)) for picture in pair.pictures}
                assert {picture.is_verified for picture in pair.pictures} == {stored not in STORED_WITHOUT_CHECKSUMS}
        assert not problems_in(tmp_path)
        assert len(shown) == ROWS
        for row in range(ROWS):
            assert np.array_equal(shown[f"{FRAMES}/image/{row}"], PIXELS[row])

    @pytest.mark.parametrize(
        "pixels", [PIXELS[..., 0], PIXELS[..., :1], PIXELS.astype(np.float32), PIXELS.astype(">i4")]
    )
    def test_grey_frames_and_whole_numbers_of_other_types_are_read(self, tmp_path: Path, pixels: Any) -> None:
        (pair, *_) = pairs_in(write(tmp_path, pixels=pixels))
        with OpenArchives() as archives:
            found = decoded(pair.pictures[1].read(archives))
        expected = PIXELS[1] if pixels.shape[3:] == (3,) else PIXELS[1][..., [0, 0, 0]]
        assert np.array_equal(found, expected)

    def test_a_person_s_frames_are_compared_with_the_first_that_shows_no_pain(self, tmp_path: Path) -> None:
        pairs = pairs_in(write(tmp_path))
        ids = [f"042-ll042-00000{row}" for row in (1, 2, 3)] + [f"043-mm043-00000{row}" for row in (5, 6, 7)]
        assert [pair.pair_id for pair in pairs] == ids
        pair = pairs[4]
        assert [picture.name for picture in pair.pictures] == [f"{FRAMES}/image/4", f"{FRAMES}/image/6"]
        assert (pair.identity, pair.clip, pair.frame, pair.pspi, pair.label) == ("043-mm043", None, 6, 2.0, "pain")
        assert pair.annotations[0].units == {"AU4": 2, "AU6": 0, "AU7": 0, "AU9": 0, "AU10": 0, "AU43": 0}
        assert [one.label for one in pairs_in(tmp_path, pain_from=2)] == ["no_pain", "pain", "pain"] * 2

    def test_of_several_coders_the_greatest_intensity_counts(self, tmp_path: Path) -> None:
        score = np.arange(ROWS) % EACH
        coders = np.stack([score.astype(float), np.full(ROWS, np.nan), score * 0.0], axis=1)
        assert [pair.pspi for pair in pairs_in(write(tmp_path, labels=put("label_AU_4", coders)))] == [1, 2, 3] * 2

    def test_scores_follow_from_the_units_where_they_are_not_given(self, tmp_path: Path) -> None:
        assert [pair.pspi for pair in pairs_in(write(tmp_path, labels=without("label_pspi")))] == [1, 2, 3] * 2

    def test_rows_are_those_of_the_frames_that_they_name(self, tmp_path: Path) -> None:
        write(tmp_path, frames=put("index", np.arange(ROWS)[::-1] + 100), labels=put("index", np.arange(ROWS) + 100))
        (pair, *_) = pairs_in(tmp_path)
        assert [picture.name for picture in pair.pictures] == [f"{FRAMES}/image/7", f"{FRAMES}/image/6"]

    def test_all_may_be_in_one_file(self, tmp_path: Path) -> None:
        write(tmp_path)
        with h5py.File(tmp_path / FRAMES, "a") as file, h5py.File(tmp_path / LABELS) as labels:
            for name in labels:
                if name != "index":
                    labels.copy(name, file)
        (tmp_path / LABELS).unlink()
        (tmp_path / FRAMES).rename(tmp_path / "all.h5")
        (tmp_path / FOLDS).unlink()
        assert len(pairs_in(tmp_path)) == ROWS - 2

    def test_folds_are_those_of_the_file_of_folds(self, tmp_path: Path) -> None:
        folds = open_source([write(tmp_path)]).folds_file
        assert folds is not None
        assert folds.folds == {"042-ll042": 0, "043-mm043": 1}
        assert folds.understood == f"{FOLDS}: 2 persons, validation_subjects of fold-0 to fold-4"
        assert not folds.problems

    def test_a_file_alone_is_no_source(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="give the folder that holds the frames and their labels"):
            open_source([write(tmp_path) / FRAMES])

    def test_without_h5py_it_is_said_what_to_install(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path)
        monkeypatch.setitem(sys.modules, "h5py", None)
        with pytest.raises(MissingExtraError, match=r"is HDF5, .*; run `pip install 'synpain-hf\[hdf5\]'`"):
            open_source([tmp_path])

    def test_a_folder_with_another_hdf5_file_is_a_manifest_s_all_the_same(self, tmp_path: Path) -> None:
        write_manifest(tmp_path, manifest_rows(2))
        with h5py.File(tmp_path / "weights.h5", "w") as file:
            file["layer"] = np.zeros(3)
        (tmp_path / "damaged.h5").write_bytes(SIGNATURE + b"\xff" * 100)
        assert len(pairs_in(tmp_path)) == 2


STORED_WITHOUT_CHECKSUMS = ("contiguous", "a chunk a frame")


def linked(kind: str) -> Change:
    """The frames are somewhere else."""

    def change(file: h5py.File) -> None:
        rows = file["image"][()]
        elsewhere = Path(file.filename).parent.parent / "private.h5"
        with h5py.File(elsewhere, "w") as other:
            other["image"] = rows
        file.move("image", "moved")
        if kind == "soft":
            file["image"] = h5py.SoftLink("/moved")
        elif kind == "external":
            file["image"] = h5py.ExternalLink(str(elsewhere), "/image")
        elif kind == "virtual":
            layout = h5py.VirtualLayout(rows.shape, rows.dtype)
            layout[:] = h5py.VirtualSource(str(elsewhere), "image", rows.shape)
            file.create_virtual_dataset("image", layout)
        elif kind == "group":
            file.create_group("image")
        else:
            place = elsewhere.with_name("private.raw")
            place.write_bytes(rows.tobytes())
            file.create_dataset("image", rows.shape, rows.dtype, external=[(str(place), 0, rows.nbytes)])

    return change


def elsewhere(name: str) -> Change:
    """A group is in another file."""

    def change(file: h5py.File) -> None:
        place = Path(file.filename).parent.parent / f"{name}.h5"
        with h5py.File(place, "w") as other:
            file.copy(name, other)
        del file[name]
        file[name] = h5py.ExternalLink(str(place), name)

    return change


def bomb(file: h5py.File) -> None:
    """A chunk that inflates to ten thousand times its size."""
    put("image", PIXELS, **STORED["gzip"])(file)
    file["image"].id.write_direct_chunk((0, 0, 0, 0), zlib.compress(bytes(2**25), 9))


def cut_chunk(file: h5py.File) -> None:
    put("image", PIXELS, **STORED["fletcher32"])(file)
    _, data = file["image"].id.read_direct_chunk((2, 0, 0, 0))
    file["image"].id.write_direct_chunk((2, 0, 0, 0), b"\1" + data[1:])


def unallocated(file: h5py.File) -> None:
    del file["image"]
    file.create_dataset("image", (ROWS, SIDE, SIDE, 3), np.uint8, chunks=(1, SIDE, SIDE, 3))


def unstored(file: h5py.File) -> None:
    del file["image"]
    file.create_dataset("image", (ROWS, SIDE, SIDE, 3), np.uint8)


REFERENCES = np.array([None] * ROWS, dtype=object)
KINDS = np.zeros(ROWS, [("a", "u1"), ("b", "f4")])
AGAIN = "write the file again"

FAULTS: dict[str, tuple[str, Change, str, str]] = {
    "soft link": ("frames", linked("soft"), FRAMES, "has a column image that is a link, which is not followed"),
    "external link": ("frames", linked("external"), FRAMES, "has a column image that is a link, which is not followed"),
    "virtual": ("frames", linked("virtual"), FRAMES, "that is kept in other files, which are not read"),
    "external storage": ("frames", linked("raw"), FRAMES, "that is kept in other files, which are not read"),
    "group": ("frames", linked("group"), FRAMES, "has a column image that is a group"),
    "lzf": ("frames", put("image", PIXELS, compression="lzf"), FRAMES, "is compressed otherwise than with gzip"),
    "scale and offset": ("frames", put("image", PIXELS, scaleoffset=0), FRAMES, "is compressed otherwise than with"),
    "references": (
        "frames",
        put("image", REFERENCES, dtype=h5py.ref_dtype),
        FRAMES,
        "has a column image that holds object instead of numbers",
    ),
    "records": ("frames", put("image", KINDS), FRAMES, "instead of numbers"),
    "ragged": (
        "frames",
        put("image", None, shape=(ROWS,), dtype=h5py.vlen_dtype(np.uint8)),
        FRAMES,
        "has a column image that holds object instead of numbers",
    ),
    "names of values": (
        "frames",
        put("image", PIXELS, dtype=h5py.enum_dtype({"a": 1}, "u1")),
        FRAMES,
        "holds numbers that are not stored as uint8",
    ),
    "texts for pixels": ("frames", put("image", np.array([b"a"] * ROWS)), FRAMES, "instead of numbers"),
    "one dimension": ("frames", put("image", np.zeros(ROWS, "u1")), FRAMES, "has the shape (8,)"),
    "four channels": (
        "frames",
        put("image", np.zeros((ROWS, 40, 40, 4), "u1")),
        FRAMES,
        "write them as height x width",
    ),
    "small": ("frames", put("image", PIXELS[:, :20]), FRAMES, "each of which is 32 x 20 pixels, a side under 32"),
    "empty": ("frames", put("image", np.zeros((ROWS, 0, 40, 3), "u1")), FRAMES, "has empty rows"),
    "huge": (
        "frames",
        put("image", None, shape=(ROWS, 2**16, 2**15, 3), dtype="u1", chunks=(1, 1, 1, 3)),
        FRAMES,
        "is stored in chunks of 1 row, more than the 268,435,456 bytes that are read at a time",
    ),
    "chunks of many frames": (
        "frames",
        put("image", None, shape=(10**6, 64, 64, 3), dtype="u1", chunks=(10**5, 1, 1, 1)),
        FRAMES,
        "is stored in chunks of 100,000 rows, more than",
    ),
    "too many": (
        "frames",
        put("image", None, shape=(2 * 10**6, 64, 64, 3), dtype="u1", chunks=(1, 64, 64, 3)),
        FRAMES,
        "has 2,000,000 frames, more than the 200,000 that are read",
    ),
    "very small chunks": (
        "frames",
        put("image", None, shape=(ROWS, 200, 200, 3), dtype="u1", chunks=(ROWS, 1, 1, 3)),
        FRAMES,
        "is stored in 40,000 chunks a row; write it with chunks of one row",
    ),
    "long texts": (
        "labels",
        put("subject_name", np.array([b"a" * 2000] * ROWS)),
        LABELS,
        "has texts of 2,000 bytes; write shorter ones",
    ),
    "a long text": (
        "labels",
        put("subject_name", np.array([b"a" * 2000] * ROWS, object), dtype=h5py.string_dtype()),
        LABELS,
        "a text has 2,000 bytes",
    ),
    "many columns": (
        "labels",
        lambda file: [file.create_group(f"g{number}") for number in range(1001)],
        LABELS,
        "has more than 1,000 columns",
    ),
    "many units": (
        "labels",
        lambda file: [put(f"label_AU_{number}", np.zeros(ROWS))(file) for number in range(1, 70)],
        LABELS,
        "has 69 action units; leave out those that were not coded",
    ),
    "not stored": ("frames", unstored, FRAMES, "has a column image that is not stored whole"),
    "other numbers of rows": (
        "labels",
        put("label_AU_9", np.zeros(5)),
        LABELS,
        "has 5 rows in label_AU_9, and 8 in the",
    ),
    "frames and index": ("frames", put("index", np.arange(5)), FRAMES, "has 5 rows in index, and 8 in the others"),
    "an index twice": (
        "frames",
        put("index", [0, 1, 2, 3, 4, 5, 6, 6]),
        FRAMES,
        "has an index that names a frame twice",
    ),
    "an index below 0": ("labels", put("index", np.arange(ROWS) - 1), LABELS, "has an index that is no whole number"),
    "a broken index": ("labels", put("index", np.arange(ROWS) / 3), LABELS, "has an index that is no whole number"),
    "no index": (
        "labels",
        without("index"),
        LABELS,
        "has no column 'index', which says of which frame a row is; add it",
    ),
    "no scores": (
        "labels",
        lambda file: [file.pop(name) for name in ("label_pspi", "label_AU_4")],
        LABELS,
        "has neither 'label_pspi' nor the units that it follows from; add it",
    ),
    "many coders": ("labels", put("label_AU_4", np.zeros((ROWS, 99))), LABELS, "with 99 numbers to a row"),
    "no subjects": ("labels", without("subject_name"), "", "has no HDF5 file with 'subject_name'; add it"),
    "numbers for subjects": ("labels", put("subject_name", np.arange(ROWS)), LABELS, "instead of texts"),
    "no UTF-8": ("labels", put("subject_name", np.array([b"\xff\xfe"] * ROWS)), LABELS, "that cannot be read"),
    "two files of frames": (
        "labels",
        put("image", PIXELS),
        FRAMES,
        "has 'image', as annotations_unbc.hdf5 has; keep one",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_is_not_read_is_one_line_of_the_report(tmp_path: Path, fault: str) -> None:
    file, change, place, reason = FAULTS[fault]
    folder = write(tmp_path / "given", **{file: change})  # type: ignore[arg-type]
    (problem,) = problems_in(folder)
    assert problem.startswith(place or "given")
    assert reason in problem
    assert "; " in problem


ROWS_AMISS: dict[str, tuple[Change, str, int]] = {
    "no score": (put("label_pspi", [0, 1, 2, np.nan, 0, 1, 2, 3.0]), "has no label_pspi; add it, or remove the row", 5),
    "a score above all": (put("label_pspi", [0, 1, 2, 17, 0, 1, 2, 3.0]), "has PSPI 17, which is not from 0 to 16", 5),
    "a score without its units": (put("label_pspi", [0, 1, 2, 8, 0, 1, 2, 3.0]), "has PSPI 8, and its units give 3", 5),
    "no such frame": (put("index", [0, 1, 2, 99, 4, 5, 6, 7]), f"names a frame that {FRAMES} does not have", 5),
    "a frame twice": (put("index", [0, 1, 2, 2, 4, 5, 6, 7]), "names 042-ll042-000002 of 042-ll042 again", 5),
    "a subject that is a path": (
        put("subject_name", np.array([b"042-ll042"] * 3 + [b"../x"] + [b"043-mm043"] * 4)),
        "has a name '../x' of other characters than letters, digits, ., - and _",
        5,
    ),
}


@pytest.mark.parametrize("fault", ROWS_AMISS)
def test_a_row_that_cannot_be_right_is_a_line_and_the_others_are_used(tmp_path: Path, fault: str) -> None:
    change, reason, left = ROWS_AMISS[fault]
    problems = problems_in(write(tmp_path, labels=change))
    assert problems[0].startswith(f"{LABELS}:3: ")
    assert reason in problems[0]
    assert len(pairs_in(tmp_path)) == left


def test_many_rows_of_one_fault_are_one_line(tmp_path: Path) -> None:
    labels = [put("subject_name", np.array([b"042-ll042"] * 50)), put("index", np.arange(50))]
    labels += [put(f"label_AU_{unit}", np.zeros(50)) for unit in (4, 6, 7, 9, 10, 43)]
    labels += [put("label_pspi", np.zeros(50))]
    write(tmp_path, labels=lambda file: [change(file) for change in labels], folds=without("fold-1"))
    problems = problems_in(tmp_path)
    named = ", ".join(f"{LABELS}:{row}" for row in (8, 9, 10))
    told = f"each of which names a frame that {FRAMES} does not have ({named} and 39 more); remove the row"
    assert problems[0] == f"{LABELS}: has 42 rows, {told}"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (bomb, "a chunk cannot be inflated"),
        (cut_chunk, "a chunk has a wrong checksum"),
        (unallocated, "a chunk is missing"),
        (put("image", PIXELS * 0.5), "has pixels that are no whole numbers from 0 to 255; write them as uint8"),
        (put("image", np.where(PIXELS > 99, np.nan, 0.0)), "has pixels that are no whole numbers"),
    ],
)
def test_frames_that_are_damaged_are_told_when_they_are_read(tmp_path: Path, change: Change, reason: str) -> None:
    pictures = {picture for pair in pairs_in(write(tmp_path, frames=change)) for picture in pair.pictures}
    with OpenArchives() as archives:
        reasons = [reason for reason in (refusal(picture, archives) for picture in pictures) if reason]
    assert reasons
    assert all(reason in one for one in reasons)


def refusal(picture: Picture, archives: OpenArchives) -> str:
    """Why a picture cannot be read; nothing if it can."""
    try:
        picture.read(archives)
    except PictureError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            put("fold-1/validation_subjects", [42, 43]),
            f"{FOLDS}: puts subject 42 into fold-0 and fold-1; leave it",
        ),
        (
            put("fold-0/train_subjects", [42, 43]),
            f"{FOLDS}/fold-0: trains on subject 42 and validates on it; leave",
        ),
        (put("fold-4/validation_subjects", [99]), f"{FOLDS}/fold-4: names subject 99, who is not among the frames"),
        (put("fold-4/validation_subjects", np.array([b"me"])), "that begin with no number; correct them"),
        (put("fold-5/validation_subjects", [42]), f"{FOLDS}: has a fold-5, and there are 5, from fold-0 on; remove it"),
        (elsewhere("fold-3"), "has a column fold-3/validation_subjects that is a link, which is not followed"),
        (without("fold-3"), f"{FOLDS}: has no fold-3; add it"),
        (without("fold-3/validation_subjects"), "has a column fold-3/validation_subjects that is not there; add it"),
    ],
)
def test_folds_that_cannot_be_right_are_reported(tmp_path: Path, change: Change, reason: str) -> None:
    folder = write(tmp_path / "given", folds=change)
    assert any(reason in problem for problem in problems_in(folder))
    with pytest.raises(BadInputError):
        build(folder, tmp_path / "release", version="1.0.0")


def test_a_file_that_is_cut_short_is_reported(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / FRAMES).write_bytes((tmp_path / FRAMES).read_bytes()[:3000])
    assert any(problem.startswith(f"{FRAMES}: cannot be read (") for problem in problems_in(tmp_path))


def test_a_file_that_is_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "given")
    (folder / LABELS).rename(tmp_path / LABELS)
    (folder / LABELS).symlink_to(tmp_path / LABELS)
    assert any("is a symbolic link that leaves the folder" in problem for problem in problems_in(folder))


def test_a_release_is_the_same_however_the_frames_are_stored(tmp_path: Path) -> None:
    contents = set()
    for number, stored in enumerate(STORED.values()):
        folder = write(tmp_path / str(number), stored)
        release = build(folder, tmp_path / f"release-{number}", version="1.0.0", workers=2)
        contents.add(release.manifest["content"])
        assert release.manifest["folds"]["origin"] == "published"
    assert len(contents) == 1


@pytest.mark.slow
def test_the_made_archive_has_the_same_persons_frames_and_ids_as_the_folder(tmp_path: Path) -> None:
    folder, named, plain = (tmp_path / name for name in ("folder", "named", "plain"))
    write_unbc(folder, persons=5)
    write_unbc_hdf5(named, persons=5, named=True)
    write_unbc_hdf5(plain, persons=5)
    known = [(pair.pair_id, pair.identity, pair.clip, pair.frame, pair.label, pair.pspi) for pair in pairs_in(folder)]
    assert known == [
        (pair.pair_id, pair.identity, pair.clip, pair.frame, pair.label, pair.pspi) for pair in pairs_in(named)
    ]
    assert [pair.annotations for pair in pairs_in(named)] == [pair.annotations for pair in pairs_in(folder)]
    assert [(identity, pspi) for _, identity, *_, pspi in known] == [
        (pair.identity, pair.pspi) for pair in pairs_in(plain)
    ]
    releases = [
        build(one, tmp_path / f"{one.name}-1", version="1.0.0", notice=lambda _: None) for one in (folder, named)
    ]
    changed = diff(*(release.folder for release in releases)).tables[0].values
    assert set(changed) == {"folds", "provenance"}
