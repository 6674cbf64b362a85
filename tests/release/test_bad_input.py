"""Everything that can be wrong with a source, and what a build says of it.

THE TABLE holds a row a case: what is done to a good source, which file the report names, and a part of the reason. A
new case is a new row.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from synpain_hf.errors import BadInputError
from synpain_hf.release.build import build
from tests.imaging.made import Pixels, chunk, decoded, encoded, halves, header, png, textured
from tests.release.making import (
    OFFICIAL,
    SMALL,
    Row,
    copied,
    faces_of,
    is_untouched,
    manifest_rows,
    official_id,
    official_name,
    picture,
    replace,
    rows_of,
    verify,
    write_manifest,
)  # fmt: skip
from tests.terminal import run

Prepare = Callable[[Path], object]

PAIRS = 4
"""Pairs of a good source, before anything is done to it."""

NEW_ID = "1101300077"
NEW = official_name(NEW_ID)
IMAGE = f"Images/{NEW}"


def official(name: str, data: bytes) -> Prepare:
    """One more composite."""

    def prepare(root: Path) -> None:
        place = root / "SynPain" / "Images" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        replace(place, data)

    return prepare


def folds_file(*lines: str, data: bytes = b"") -> Prepare:
    """A folds file of these lines, after those of the good pairs."""
    return lambda root: (root / "SynPain" / "SynPain_folds.txt").write_bytes(data or "\n".join(lines).encode())


def good_folds(pairs: int = PAIRS) -> list[str]:
    return [f"{official_id(number)},{number}" for number in range(pairs)]


def manifest_line(**fields: Any) -> Prepare:
    """One more line of the manifest; what is not said is good."""

    def prepare(folder: Path) -> None:
        rows = manifest_rows(PAIRS + 1)
        rows[PAIRS].update(fields)
        (folder / "pairs.csv").unlink()
        given = rows[PAIRS]["composite"]
        rows[PAIRS]["composite"] = "faces/04.png"
        write_manifest(folder, rows)
        text = (folder / "pairs.csv").read_text(encoding="utf-8")
        head, _, last = text.rpartition("faces/04.png")
        (folder / "pairs.csv").write_text(head + given + last, encoding="utf-8")

    return prepare


def manifest_picture(data: bytes) -> Prepare:
    """One more line of the manifest, whose composite is this."""

    def prepare(folder: Path) -> None:
        replace(folder / "faces" / "04.png", data)
        manifest_line()(folder)

    return prepare


def manifest_text(text: str | bytes, name: str = "pairs.csv") -> Prepare:
    """Another manifest."""

    def prepare(folder: Path) -> None:
        (folder / "pairs.csv").unlink()
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)

    return prepare


def without_column(column: str) -> Prepare:
    def prepare(folder: Path) -> None:
        rows = [{key: value for key, value in row.items() if key != column} for row in manifest_rows(PAIRS)]
        (folder / "pairs.csv").unlink()
        write_table(folder / "pairs.csv", rows)

    return prepare


def with_column(column: str) -> Prepare:
    def prepare(folder: Path) -> None:
        (folder / "pairs.csv").unlink()
        write_table(folder / "pairs.csv", [{**row, column: "1"} for row in manifest_rows(PAIRS)])

    return prepare


def as_parquet(**fields: Any) -> Prepare:
    """The manifest as Parquet, its last line with these fields."""

    def prepare(folder: Path) -> None:
        rows = manifest_rows(PAIRS + 1)
        rows[PAIRS].update(fields)
        replace(folder / "faces" / "04.png", picture(4))
        (folder / "pairs.csv").unlink()
        pq.write_table(pa.Table.from_pylist(rows), folder / "pairs.parquet")

    return prepare


def as_json_lines(**fields: Any) -> Prepare:
    """The manifest as JSON Lines, its last line with these fields."""

    def prepare(folder: Path) -> None:
        rows = manifest_rows(PAIRS + 1)
        rows[PAIRS].update(fields)
        replace(folder / "faces" / "04.png", picture(4))
        (folder / "pairs.csv").unlink()
        (folder / "pairs.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    return prepare


def write_table(path: Path, rows: list[Row]) -> None:
    lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def link(place: str, target: str) -> Prepare:
    """A symbolic link, relative to the source."""

    def prepare(folder: Path) -> None:
        (folder / "outside.jpg").write_bytes(picture(50, OFFICIAL))
        (folder / place).symlink_to(target.format(folder=folder))

    return prepare


def both(*steps: Prepare) -> Prepare:
    return lambda folder: [step(folder) for step in steps]


def create(path: Path) -> Path:
    path.touch()
    return path


def animated(kind: str) -> bytes:
    frames = [Image.fromarray(halves(seed=seed)) for seed in (60, 61)]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], lossless=True)
    return file.getvalue()


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


A_PNG = picture(40, OFFICIAL)
A_JPEG = encoded(halves(*OFFICIAL, seed=41), "JPEG", quality=85)
HALF = textured(OFFICIAL[0] // 2, OFFICIAL[1])
SECOND = official_name(official_id(1))
COPY = official_name("1101300078")


@dataclass(frozen=True)
class Case:
    """A row of the table.

    Attributes:
        prepare: Spoils a good source.
        file: The file that the report names.
        reason: A part of what it says.
        left: How many pairs are released where the others are skipped; None where no release can be made.
    """

    prepare: Prepare
    file: str
    reason: str
    left: int | None = PAIRS


OFFICIAL_CASES = {
    "truncated PNG": Case(official(NEW, A_PNG[: len(A_PNG) // 2]), IMAGE, "is cut short after"),
    "truncated JPEG": Case(official(NEW, A_JPEG[: len(A_JPEG) // 2]), IMAGE, "is cut short or damaged"),
    "damaged PNG": Case(official(NEW, flipped(A_PNG, 200)), IMAGE, "is a damaged PNG (wrong checksum"),
    "JPEG with a hole": Case(
        official(NEW, A_JPEG[:60_000] + bytes(512) + A_JPEG[60_512:]), IMAGE, "is cut short or damaged"
    ),
    "grey PNG of ten rows": Case(
        official(NEW, png(header(1312, 736, 8, 0, 0, 0, 0), chunk(b"IDAT", zlib.compress(bytes(13_130))))), IMAGE,
        "is a damaged PNG (13,130 bytes of pixels, not 966,368); fetch it again",
    ),
    "the same face on both sides": Case(
        official(NEW, encoded(np.hstack([HALF, HALF]))), IMAGE,
        "has the same face twice; give a neutral face and an expressive one",
    ),
    "empty file": Case(official(NEW, b""), IMAGE, "is empty (0 bytes); fetch it again"),
    "text named .jpg": Case(official(NEW, b"404: Not Found\n"), IMAGE, "is not a picture (text); give a PNG"),
    "web page named .jpg": Case(official(NEW, b"<!DOCTYPE html>"), IMAGE, "is not a picture (a web page)"),
    "Git LFS pointer": Case(
        official(NEW, b"version https://git-lfs.github.com/spec/v1\n"), IMAGE, "run `git lfs pull`"
    ),
    "noise named .jpg": Case(official(NEW, bytes(range(128, 256)) * 9), IMAGE, "is not a picture (of an unknown"),
    "100,000 x 100,000 pixels": Case(
        official(NEW, png(header(100_000, 100_000), chunk(b"IDAT", zlib.compress(bytes(1000))))),
        IMAGE,
        "is 100,000 x 100,000 pixels, more than the 24,000,000 that are decoded from a file of 74 bytes; scale it",
    ),
    "100,000 x 100,000 palette pixels": Case(
        official(
            NEW,
            png(header(100_000, 100_000, 8, 3, 0, 0, 0), chunk(b"PLTE", bytes(6)), chunk(b"IDAT", zlib.compress(b""))),
        ),
        IMAGE,
        "is 100,000 x 100,000 pixels, more than",
    ),
    "animated PNG": Case(official(NEW, animated("PNG")), IMAGE, "is animated (2 frames); give a still"),
    "animated WebP": Case(official(NEW, animated("WEBP")), IMAGE, "is animated (2 frames); give a still"),
    "GIF": Case(official(NEW, animated("GIF")), IMAGE, "is a GIF, which is not read; save the picture as PNG"),
    "300 MB": Case(
        lambda root: os.truncate(create(root / "SynPain" / "Images" / NEW), 300_000_000), IMAGE,
        "has 300,000,000 bytes, more than the 268,435,456 that are read; scale it down",
    ),
    "a named pipe": Case(
        lambda root: os.mkfifo(root / "SynPain" / "Images" / NEW), IMAGE, "is not a regular file, or is a broken"
    ),
    "odd size": Case(
        official(NEW, picture(42, (1310, 736))), IMAGE, "is 1310 x 736 pixels, not 1312 x 736 as an official"
    ),
    "a single face": Case(official(NEW, picture(43, (656, 736))), IMAGE, "is 656 x 736 pixels, not 1312 x 736"),
    "a name of its own": Case(official("portrait.png", A_PNG), "Images/portrait.png", "is not named ID_Pain|NoPain_"),
    "words in another order": Case(
        official("1101300077_Old_Man_Pain.jpg", A_PNG), "Images/1101300077_Old_Man_Pain.jpg", "says Old, but digit 2"
    ),
    "ID of nine digits": Case(
        official(f"110130007_{NEW[11:]}", A_PNG), f"Images/110130007_{NEW[11:]}", "the ID 110130007, which is not 1 and"
    ),
    "ID of eleven digits": Case(official(f"1{NEW}", A_PNG), f"Images/1{NEW}", "which is not 1 and nine more digits"),
    "ID that begins with 2": Case(
        official("2101300077_Pain_Man_Old.jpg", A_PNG), "Images/2101300077_Pain_Man_Old.jpg", "which is not 1 and nine"
    ),
    "unknown ethnicity digit": Case(
        official("1101700077_Pain_Man_Old.jpg", A_PNG), "Images/1101700077_Pain_Man_Old.jpg",
        "has a 7 for ethnicity in its ID (digit 5), where 0 to 4 are known",
    ),
    "unknown gender digit": Case(
        official("1121300077_Pain_Man_Old.jpg", A_PNG), "Images/1121300077_Pain_Man_Old.jpg", "has a 2 for gender"
    ),
    "pain against its digit": Case(
        official("1001300077_Pain_Man_Old.jpg", A_PNG), "Images/1001300077_Pain_Man_Old.jpg",
        "says Pain, but digit 2 of its ID says no_pain; find out which is right and rename it",
    ),
    "gender against its digit": Case(
        official("1101300077_Pain_Woman_Old.jpg", A_PNG), "Images/1101300077_Pain_Woman_Old.jpg",
        "says Woman, but digit 3 of its ID says man",
    ),
    "age against its digit": Case(
        official("1101300077_Pain_Man_Young.jpg", A_PNG), "Images/1101300077_Pain_Man_Young.jpg",
        "says Young, but digit 4 of its ID says old",
    ),
    "the same ID twice": Case(
        official(SECOND.replace("jpg", "png"), A_PNG), f"Images/{SECOND}",
        f"has the same ID as Images/{SECOND.replace('jpg', 'png')}; keep the right one", PAIRS - 1,
    ),
    "the same picture under two IDs": Case(
        official(COPY, picture(1, OFFICIAL)), f"Images/{COPY}",
        f"shows the same picture as Images/{SECOND}; keep the right one, so that no face is on both sides of a split",
        PAIRS - 1,
    ),
    "the same pixels under two IDs": Case(
        official(COPY, encoded(halves(*OFFICIAL, seed=1), compress_level=9)), f"Images/{COPY}",
        f"shows the same picture as Images/{SECOND}", PAIRS - 1,
    ),
    "a link that leaves the folder": Case(
        link(f"SynPain/Images/{NEW}", "{folder}/outside.jpg"), IMAGE,
        "is a symbolic link that leaves the folder; put the file itself there",
    ),
    "a broken link": Case(
        link(f"SynPain/Images/{NEW}", "nowhere.jpg"), IMAGE, "is not a regular file, or is a broken link; remove it"
    ),
    "folds of unknown pairs": Case(
        folds_file(*good_folds(), f"{NEW_ID},4"), "SynPain_folds.txt:5",
        f"names pair {NEW_ID}, which the source does not have; remove the line",
    ),
    "folds of too few pairs": Case(
        folds_file(*good_folds(PAIRS - 1)), f"Images/{official_name(official_id(3))}",
        "has no fold in SynPain_folds.txt; add it there", PAIRS - 1,
    ),
    "folds that name a pair twice": Case(
        folds_file(*good_folds(), f"{official_id(1)},4"), "SynPain_folds.txt:5",
        f"names pair {official_id(1)} again (line 2); leave one of the two",
    ),
    "a fold out of range": Case(
        folds_file(*good_folds(PAIRS - 1), f"{official_id(3)},7"), "SynPain_folds.txt:4",
        f"is not an id and a fold ('{official_id(3)},7'); correct it", PAIRS - 1,
    ),
    "six folds": Case(
        folds_file(*good_folds(PAIRS - 1), f"{official_id(3)},5"), "SynPain_folds.txt",
        "has folds from 0 to 5, one too many; count them from 0 to 4", None,
    ),
    "folds whose count begins nowhere": Case(
        folds_file(*(f"{official_id(number)},2" for number in range(PAIRS))), "SynPain_folds.txt",
        "has neither a fold 0 nor a fold 5", None,
    ),
    "an empty folds file": Case(folds_file(data=b"\n"), "SynPain_folds.txt", "names no pair and fold", None),
    "folds that are no text": Case(folds_file(data=b"\xff\xfe\x00"), "SynPain_folds.txt", "is not text", None),
    "folds of the whole data set, and few of its pictures": Case(
        folds_file(*good_folds(), *(f"11{number:08d},{number % 5}" for number in range(100, 1456))),
        "SynPain_folds.txt",
        "names 1,356 of 1,360 pairs that are not here; finish the download, or build what is here with --on-error skip",
    ),
    "an ID that very many pictures have": Case(
        both(*(official(f"{number:02d}/{NEW}", b"") for number in range(30))),
        f"Images/00/{NEW}", f"Images/20/{NEW} and 9 more; keep the right one",
    ),
    "videos alone": Case(
        both(lambda root: shutil.rmtree(root / "SynPain" / "Images"),
             official("1111317410_Pain_woman_Old.mp4", b"video")),
        "source",
        "holds 1 video (1111317410_Pain_woman_Old.mp4) and no pictures, but pairs are made of pictures; give", None,
    ),
    "no pairs at all": Case(
        lambda root: shutil.rmtree(root / "SynPain" / "Images"), "source",
        "holds no pairs; give the folder, zips or manifest of a data set", None,
    ),
}  # fmt: skip

LINE = "pairs.csv:6"
HEAD = "pair_id,label,age_group,gender,ethnicity,composite"

MANIFEST_CASES = {
    "a composite too small": Case(manifest_picture(picture(4, (60, 40))), LINE, "not two faces side by side"),
    "a composite of one face": Case(manifest_picture(picture(4, (96, 96))), LINE, "is 96 x 96 pixels, not two faces"),
    "a damaged composite": Case(manifest_picture(picture(4)[:99]), LINE, "is cut short"),
    "the same composite twice": Case(
        manifest_line(composite="faces/01.png"), LINE, "shows the same picture as pairs.csv:3; keep the right one",
        PAIRS - 1,
    ),
    "the same ID twice": Case(
        manifest_line(pair_id="pair-01"), LINE, "has the same ID as pairs.csv:3; keep the right one", PAIRS - 1
    ),
    "an ID that is no file name": Case(manifest_line(pair_id="../pair"), LINE, "pair_id '../pair' does not have"),
    "a missing label": Case(manifest_line(label=""), LINE, "label missing; fill in"),
    "NaN for a label": Case(manifest_line(label="NaN"), LINE, "label missing; fill in"),
    "an unknown label": Case(
        manifest_line(label="ouch"), LINE, "label 'ouch' is unknown; use one of no_pain, pain"
    ),
    "an unknown ethnicity": Case(manifest_line(ethnicity="martian"), LINE, "ethnicity 'martian' is unknown"),
    "a word for two groups": Case(
        manifest_line(ethnicity="Asian"), LINE, "ethnicity 'Asian' may be south_asian or east_asian; write which"
    ),
    "neither composite nor faces": Case(manifest_line(composite=""), LINE, "names neither one composite nor both"),
    "a fold out of range": Case(both(manifest_line(fold=5)), LINE, "fold: 5 is greater than the maximum of 4"),
    "a fold for some": Case(manifest_line(fold=4), "pairs.csv:2", "has no fold in the manifest, where other pairs", 1),
    "a path that leaves the folder": Case(
        manifest_line(composite="../pair.png"), LINE, "composite '../pair.png' leaves the manifest's folder"
    ),
    "an absolute path": Case(manifest_line(composite="/etc/passwd"), LINE, "'/etc/passwd' leaves the manifest's"),
    "a URL": Case(manifest_line(composite="https://a.org/b.png"), LINE, "'https://a.org/b.png' leaves the manifest's"),
    "a link that leaves the folder": Case(
        both(lambda folder: (folder.parent / "secret.png").write_bytes(picture(4)),
             link("faces/out.png", "../../secret.png"), manifest_line(composite="faces/out.png")),
        LINE, "composite 'faces/out.png' is a symbolic link that leaves the manifest's folder",
    ),
    "a missing file": Case(
        manifest_line(composite="faces/none.png"), LINE, "'faces/none.png' does not exist; put it there, or correct"
    ),
    "a misspelled file": Case(
        manifest_line(composite="faces/00.pgn"), LINE,
        "'faces/00.pgn' does not exist; put it there, or correct the name to 'faces/00.png'",
    ),
    "a path of another machine": Case(
        manifest_line(composite=r"D:\\data\\faces\\00.png"), LINE,
        "leaves the manifest's folder; give a path below it ('faces/00.png' is there)",
    ),
    "a folder for a picture": Case(manifest_line(composite="faces"), LINE, "composite 'faces' does not exist"),
    "the same picture for both faces": Case(
        as_json_lines(composite=None, neutral="faces/04.png", expressive="faces/04.png"), "pairs.jsonl:5",
        "has the same picture twice; give a neutral face and an expressive one",
    ),
    "one face of two": Case(as_json_lines(composite=None, neutral="faces/04.png"), "pairs.jsonl:5", "names neither"),
    "NaN in Parquet": Case(as_parquet(label=None), "pairs.parquet:5", "label missing; fill in"),
    "a wrong type in JSON": Case(as_json_lines(label=[1]), "pairs.jsonl:5", "label [1] is unknown; use one of"),
    "a number for a prompt": Case(as_json_lines(prompt=3), "pairs.jsonl:5", "prompt: 3 is not of type 'string'"),
    "a seed beyond 64 bits": Case(as_json_lines(seed=2**63), "pairs.jsonl:5", "is greater than the maximum of"),
    "a missing column": Case(without_column("label"), "pairs.csv", "has no column 'label'; add it", None),
    "no column of pictures": Case(
        without_column("composite"), "pairs.csv", "has neither a column 'composite' nor both", None
    ),
    "an unknown column": Case(
        with_column("mood"), "pairs.csv",
        "has an unknown column 'mood'; keep it (--keep mood), leave it out (--drop mood), or rename", None,
    ),
    "a misspelled column": Case(
        with_column("prompts"), "pairs.csv",
        "has an unknown column 'prompts' (did you mean 'prompt'?); keep it (--keep prompts), leave it out", None,
    ),
    "a column twice": Case(manifest_text(f"{HEAD},label\n"), "pairs.csv", "names the column 'label' 2 times", None),
    "broken CSV": Case(manifest_text(f'{HEAD}\n"a,b\n'), "pairs.csv:2", "is not valid CSV", None),
    "too many cells": Case(manifest_text(f"{HEAD}\n1,2,3,4,5,6,7\n"), "pairs.csv:2", "has 7 cells between", None),
    "no UTF-8": Case(manifest_text(f"{HEAD}\n".encode() + b"\xe9"), "pairs.csv:2", "is not UTF-8 text", None),
    "broken JSON": Case(manifest_text("{}\n{", "pairs.jsonl"), "pairs.jsonl:2", "is not valid JSON", None),
    "JSON that is no object": Case(manifest_text("[1]", "pairs.jsonl"), "pairs.jsonl:1", "is not a JSON object", None),
    "broken Parquet": Case(manifest_text(b"PAR1", "pairs.parquet"), "pairs.parquet", "is not a readable Parquet", None),
    "no lines": Case(manifest_text(f"{HEAD}\n"), "source", "holds no pairs", None),
    "an empty manifest": Case(manifest_text(""), "pairs.csv", "has no column 'pair_id'; add it", None),
}  # fmt: skip


@pytest.fixture
def small_manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small-manifest")
    write_manifest(folder, manifest_rows(PAIRS))
    return folder


THE_TABLE = [
    pytest.param(kind, case, id=f"{kind}: {name}")
    for kind, cases in (("official", OFFICIAL_CASES), ("manifest", MANIFEST_CASES))
    for name, case in cases.items()
]


def source_in(folder: Path) -> Path:
    """What to build, of a prepared folder: its manifest, or itself."""
    return next((path for path in folder.iterdir() if path.stem == "pairs"), folder)


@pytest.mark.parametrize(("kind", "case"), THE_TABLE)
def test_it_is_reported_by_file_and_reason_and_nothing_is_written(
    tmp_path: Path, good_download: Path, small_manifest: Path, kind: str, case: Case
) -> None:
    folder = copied(good_download if kind == "official" else small_manifest, tmp_path / "source")
    case.prepare(folder)
    out = tmp_path / "release"
    with pytest.raises(BadInputError) as caught:
        build(source_in(folder), out, version="1.0.0")
    problems = caught.value.problems
    assert [one for one in problems if one.file == case.file and case.reason in one.reason], str(caught.value)
    assert problems == sorted(set(problems))
    assert all("; " in one.reason for one in problems), "a reason is a cause, then a remedy"
    assert str(tmp_path) not in str(caught.value)
    assert is_untouched(out)


@pytest.mark.parametrize(("kind", "case"), THE_TABLE)
def test_it_can_be_skipped_and_is_then_listed_as_rejected(
    tmp_path: Path, good_download: Path, small_manifest: Path, kind: str, case: Case
) -> None:
    folder = copied(good_download if kind == "official" else small_manifest, tmp_path / "source")
    case.prepare(folder)
    out = tmp_path / "release"
    if case.left is None:
        with pytest.raises(BadInputError, match=re.escape(case.reason)):
            build(source_in(folder), out, version="1.0.0", on_error="skip")
        assert is_untouched(out)
        return
    release = build(source_in(folder), out, version="1.0.0", on_error="skip")
    counts = release.manifest["pairs"]
    assert counts["in"] == counts["out"] + counts["rejected"]
    assert counts["out"] == case.left == len(rows_of(release))
    lines = [json.loads(line) for line in (out / "rejected.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one for one in lines if one["file"] == case.file and case.reason in one["reason"]]
    assert not {one["pair_id"] for one in lines} & rows_of(release).keys() or "folds.txt" in case.file
    assert "rejected.jsonl" in release.files
    verify(release)


def test_everything_that_is_wrong_is_in_one_sorted_list(tmp_path: Path, good_download: Path) -> None:
    folder = copied(good_download, tmp_path / "source")
    chosen = {
        "a name of its own": "portrait.png", "ID of nine digits": f"110130007_{NEW[11:]}", "truncated PNG": NEW,
        "pain against its digit": "1001300077_Pain_Man_Old.jpg", "the same pixels under two IDs": COPY,
        "folds of too few pairs": "", "unknown ethnicity digit": "1101700077_Pain_Man_Old.jpg",
    }  # fmt: skip
    for name in chosen:
        OFFICIAL_CASES[name].prepare(folder)
    official("1101300079_Pain_Man_Old.jpg", b"")(folder)
    with pytest.raises(BadInputError) as caught:
        build(folder, tmp_path / "release", version="1.0.0", workers=2)
    problems = caught.value.problems
    for name in chosen:
        case = OFFICIAL_CASES[name]
        assert [one for one in problems if one.file == case.file and case.reason in one.reason], name
    assert [one.reason for one in problems if "1101300079" in one.file] == [
        "has no fold in SynPain_folds.txt; add it there",
        "is empty (0 bytes); fetch it again",
    ]
    assert [one.file for one in problems] == sorted(one.file for one in problems)
    message = str(caught.value).splitlines()
    assert message[0] == f"{len(problems)} problems:"
    assert message[1:] == [f"  {one}" for one in problems]


def test_skipping_writes_the_same_faces_as_a_source_without_the_bad_pairs(tmp_path: Path, good_download: Path) -> None:
    folder = copied(good_download, tmp_path / "source")
    for name in ("truncated PNG", "a name of its own", "the same ID twice"):
        OFFICIAL_CASES[name].prepare(folder)
    skipped = build(folder, tmp_path / "skipped", version="1.0.0", on_error="skip", workers=2)
    good = rows_of(build(good_download, tmp_path / "good", version="1.0.0"))
    found = rows_of(skipped)
    assert found.keys() == good.keys() - {official_id(1)}
    for pair_id, row in found.items():
        assert {**row, "fold": 0} == {**good[pair_id], "fold": 0}


def test_skipping_keeps_the_other_pairs_of_every_file_that_a_bad_pair_was_in(tmp_path: Path) -> None:
    rows = [{**row, "fold": 0, "label": "pain", "age_group": "old", "gender": "man"} for row in manifest_rows(7)]
    for row, ethnicity in zip(rows, ("black", "white", "white", "black", "white", "black", "east_asian"), strict=True):
        row["ethnicity"] = ethnicity
    rows[4]["composite"] = rows[3]["composite"]
    release = build(write_manifest(tmp_path, rows), tmp_path / "release", version="1.0.0", on_error="skip")
    left = {
        partition.ethnicity: release.read(partition.path)["pair_id"].to_pylist() for partition in release.partitions
    }
    assert left == {
        "black": ["pair-00", "pair-05"], "white": ["pair-01", "pair-02"], "east_asian": ["pair-06"],
    }  # fmt: skip
    assert release.manifest["pairs"] == {"in": 7, "out": 5, "rejected": 2}
    verify(release)


def with_missing(folder: Path, suffix: str) -> Path:
    """A manifest of four pairs that are there, and thirty that are not."""
    more = [
        {**row, "pair_id": f"more-{at}", "composite": f"more/{at}{suffix}"} for at, row in enumerate(manifest_rows(30))
    ]
    write_table(folder / "pairs.csv", [*manifest_rows(PAIRS), *more])
    return folder / "pairs.csv"


def test_very_many_pictures_that_are_not_here_are_one_problem(tmp_path: Path, small_manifest: Path) -> None:
    table = with_missing(copied(small_manifest, tmp_path / "source"), ".png")
    with pytest.raises(BadInputError) as caught:
        build(table, tmp_path / "release", version="1.0.0")
    (problem,) = caught.value.problems
    assert str(problem) == (
        "pairs.csv: names 30 of 34 pairs whose pictures are not here ('more/0.png', 'more/1.png', 'more/2.png' and 27 "
        "more); finish the download, or build what is here with --on-error skip"
    )
    release = build(table, tmp_path / "release", version="1.0.0", on_error="skip")
    lines = [json.loads(line) for line in release.text_of("rejected.jsonl").splitlines()]
    assert [line["file"] for line in lines] == [f"pairs.csv:{at}" for at in range(6, 36)]
    assert lines[0].keys() == {"file", "reason", "pair_id"}
    assert "composite 'more/0.png' does not exist; put it there" in lines[0]["reason"]


def test_pictures_that_are_here_under_another_ending_are_named_with_it(tmp_path: Path, small_manifest: Path) -> None:
    folder = copied(small_manifest, tmp_path / "source")
    table = with_missing(folder, ".jpg")
    (folder / "more").mkdir()
    (folder / "more" / "0.png").write_bytes(picture(9))
    with pytest.raises(BadInputError, match=r"\('more/0.jpg' \(did you mean 'more/0.png'\?\), 'more/1.jpg', 'more"):
        build(table, tmp_path / "release", version="1.0.0")


def test_nothing_is_rejected_where_nothing_is_wrong(tmp_path: Path, good_download: Path) -> None:
    release = build(good_download, tmp_path / "release", version="1.0.0", on_error="skip")
    assert release.manifest["pairs"] == {"in": PAIRS, "out": PAIRS, "rejected": 0}
    assert not (release.folder / "rejected.jsonl").exists()


@pytest.mark.parametrize(
    ("name", "status"), [("truncated JPEG", 1), ("a missing column", 1), ("the same picture under two IDs", 1)]
)
def test_the_command_reports_it_and_ends_with_1(
    tmp_path: Path, good_download: Path, small_manifest: Path, name: str, status: int
) -> None:
    case = {**MANIFEST_CASES, **OFFICIAL_CASES}[name]
    folder = copied(good_download if name in OFFICIAL_CASES else small_manifest, tmp_path / "source")
    case.prepare(folder)
    done = run("build", source_in(folder), tmp_path / "release", "--version", "1.0.0")
    assert done.exit_code == status
    assert f"  {case.file}: " in done.stderr
    assert case.reason in done.stderr
    assert "Traceback" not in done.stderr
    assert is_untouched(tmp_path / "release")


def rotated(kind: str) -> bytes:
    """A picture that stands on its side, and says so."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(np.rot90(EXPECTED, 1), kind, exif=exif, **({"quality": 95} if kind == "JPEG" else {}))


def sixteen_bit(pixels: Pixels) -> bytes:
    """A 16-bit PNG of which the upper eight bits are these pixels; one channel is grey."""
    height, width, channels = pixels.shape
    rows = (pixels.astype(np.uint16) * 257).astype(">u2").reshape(height, -1)
    body = b"".join(b"\x00" + row.tobytes() for row in rows)
    return png(header(width, height, 16, 2 if channels == 3 else 0, 0, 0, 0), chunk(b"IDAT", zlib.compress(body)))


def palette(pixels: Pixels) -> bytes:
    return encoded_image(Image.fromarray(pixels).quantize(256), "PNG")


def encoded_image(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


EXPECTED = halves(*SMALL, seed=70)
GREY = np.repeat(EXPECTED[:, :, :1], 3, axis=2)
_CMYK = encoded_image(Image.fromarray(EXPECTED).convert("CMYK"), "JPEG", quality=95)
_PALETTE = palette(EXPECTED)

UNUSUAL = {
    "CMYK": (_CMYK, decoded(_CMYK)),
    "16-bit RGB": (sixteen_bit(EXPECTED), EXPECTED),
    "16-bit grey": (sixteen_bit(EXPECTED[:, :, :1]), GREY),
    "8-bit grey": (encoded(EXPECTED[:, :, 0]), GREY),
    "palette": (_PALETTE, decoded(_PALETTE)),
    "rotated PNG": (rotated("PNG"), EXPECTED),
    "rotated JPEG": (rotated("JPEG"), np.rot90(decoded(rotated("JPEG")), -1)),
    "transparent": (
        encoded(np.dstack([EXPECTED, np.full(SMALL[::-1], 255, np.uint8)])),
        EXPECTED,
    ),
    "lossless WebP": (encoded(EXPECTED, "WEBP", lossless=True), EXPECTED),
    "BMP": (encoded(EXPECTED, "BMP"), EXPECTED),
    "TIFF": (encoded(EXPECTED, "TIFF", compression="tiff_lzw"), EXPECTED),
    "JPEG 2000": (encoded(EXPECTED, "JPEG2000"), EXPECTED),
    "PNG with bytes after its end": (encoded(EXPECTED) + b"more", EXPECTED),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_pictures_of_unusual_kinds_are_released_with_their_pixels(tmp_path: Path, name: str) -> None:
    data, expected = UNUSUAL[name]
    composite, apart = manifest_rows(2)
    write_manifest(tmp_path, [composite])
    replace(tmp_path / composite["composite"], data)
    (tmp_path / "neutral.png").write_bytes(data)
    (tmp_path / "expressive.png").write_bytes(encoded(textured(50, 60)))
    rows = [composite, {**apart, "composite": None, "neutral": "neutral.png", "expressive": "expressive.png"}]
    for at, row in enumerate(rows):
        (tmp_path / "pairs.jsonl").write_text(json.dumps(row), encoding="utf-8")
        release = build(tmp_path / "pairs.jsonl", tmp_path / f"release-{at}", version="1.0.0")
        (found,) = rows_of(release).values()
        neutral, expressive = faces_of(found)
        start, stop = found["provenance"]["gutter_start"], found["provenance"]["gutter_stop"]
        if at == 0:
            assert SMALL[0] * 0.45 <= start < stop <= SMALL[0] * 0.55
            np.testing.assert_array_equal(expressive, expected[:, stop:])
        np.testing.assert_array_equal(neutral, expected[:, :start])


def test_the_header_of_the_huge_picture_is_a_real_one() -> None:
    data = png(header(100_000, 100_000), chunk(b"IDAT", zlib.compress(bytes(1000))))
    assert len(data) < 200
    assert struct.unpack(">II", data[16:24]) == (100_000, 100_000)
