"""`faces`: the faces of a release as pictures for other tools, so named that their tables find them again."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq

from synpain_hf.errors import Problem, ReleaseError, UsageError
from synpain_hf.progress import Progress, silent
from synpain_hf.release.checking import check
from synpain_hf.release.place import check_place
from synpain_hf.release.release import Release, undamaged
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.storage import staged
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.vocabulary import CLASSES, FACES, UNKNOWN

Layout = Literal["flat", "imagefolder"]
Shown = Literal["both", "neutral", "expressive"]

_SHOWN: dict[str, tuple[str, ...]] = {"both": FACES, "neutral": ("neutral",), "expressive": ("expressive",)}
_LAYOUTS = ("flat", "imagefolder")
_KINDS = {b"\x89PNG": "png", b"\xff\xd8": "jpg", b"RIFF": "webp"}
_ESCAPED = re.compile(r"[^a-z0-9_-]|^-")
_LONGEST = 150
"""Characters of an escaped `pair_id`; with the rest of the name, well below the 255 bytes of most file systems."""
_KEPT_OF_LONG = 80
_ROWS_AT_A_TIME = 64
_METADATA = "train/metadata.csv"

Face = tuple[str, str]
"""A `pair_id`, and `neutral` or `expressive`."""


def picture_stem(pair_id: str, face: str) -> str:
    """The name of a face's picture, without the ending; no two faces share one, even where case makes no difference.

    Lower-case letters, digits, `_` and `-` stay. Any other character is `=` and two hexadecimal digits for each of its
    bytes in UTF-8. A long name is cut and has a digest of the whole.

    Args:
        pair_id: The pair.
        face: `neutral` or `expressive`.

    Example:
        >>> picture_stem("Pair 7", "neutral")
        '=50air=207-neutral'
    """
    stem = _ESCAPED.sub(lambda found: "".join(f"={byte:02x}" for byte in found[0].encode()), pair_id)
    if len(stem) > _LONGEST:
        stem = f"{stem[:_KEPT_OF_LONG]}=={hashlib.sha256(pair_id.encode()).hexdigest()[:32]}"
    return f"{stem}-{face}"


def picture_kind(data: bytes) -> str | None:
    """How the name of a face's picture ends: `png`, `jpg` or `webp`; None for what no release holds.

    Args:
        data: The file of the picture.
    """
    return next((kind for start, kind in _KINDS.items() if data.startswith(start)), None)


def faces_by_stem(release: Release) -> dict[str, Face]:
    """Every face of a release by the name of its picture.

    Raises:
        ReleaseError: If a file is damaged.
    """
    return {
        picture_stem(pair_id, face): (pair_id, face)
        for file in release.files_of(base_table())
        for pair_id in release.read(file, [PAIR_ID])[PAIR_ID].to_pylist()
        for face in FACES
    }


def faces(
    release: str | Path, out: str | Path, *, layout: Layout = "flat", face: Shown = "both", progress: Progress = silent
) -> Path:
    """Write the faces of a release as pictures, with the bytes that the release has.

    Args:
        release: The release directory.
        out: The folder to write; it must not exist. After an error nothing is left of it.
        layout: `flat`: all pictures in one folder. `imagefolder`: as `load_dataset("imagefolder", data_dir=out)` opens
            them, in `train/neutral`, `train/pain` and `train/no_pain` by what a face shows, with `metadata.csv`.
        face: Which faces of each pair.
        progress: Called with the pictures written.

    Returns:
        The folder.

    Raises:
        UsageError: If there is something at `out`, or an argument cannot be right.
        ReleaseError: If it is not a complete release, or a file is not what it should be.
        OutputError: If the folder cannot be written, or the disk is full.
    """
    for name, given, known in (("layout", layout, _LAYOUTS), ("face", face, tuple(_SHOWN))):
        if given not in known:
            raise UsageError(f"is {given!r}{did_you_mean(given, known)}; give one of {', '.join(known)}", name)
    place = Path(out).expanduser()
    place = place.parent.resolve() / place.name
    if layout == "imagefolder":
        check_place(place)
    opened = Release.open(release)
    check(opened, of=[base_table()], progress=progress)
    total = opened.rows_in(opened.files_of(base_table())) * len(_SHOWN[face])
    with staged(place) as staging:
        described: dict[str, Mapping[str, object]] = {}
        for done, picture in enumerate(_pictures(opened, _SHOWN[face]), 1):
            name = picture.place_in(layout)
            path = staging.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(picture.data)
            described[name] = picture.about
            progress("faces", done, total)
        files = list(described)
        if layout == "imagefolder":
            (staging.folder / _METADATA).write_text(_metadata(described), encoding="utf-8", newline="")
            files.append(_METADATA)
        staging.complete(files)
    return place


@dataclass(frozen=True)
class _FacePicture:
    """A face that is to be written.

    Attributes:
        stem: The name of its file, without the ending.
        shows: `neutral`, `pain` or `no_pain`.
        data: The bytes that the release has.
        about: What the release says of it.
    """

    stem: str
    shows: str
    data: bytes
    about: Mapping[str, object]

    def place_in(self, layout: str) -> str:
        kind = picture_kind(self.data)
        return f"{self.stem}.{kind}" if layout == "flat" else f"train/{self.shows}/{self.stem}.{kind}"


def _pictures(release: Release, shown: Sequence[str]) -> Iterator[_FacePicture]:
    columns = [PAIR_ID, *shown, *CLASSES, "fold"]
    for file in release.files_of(base_table()):
        with undamaged(release.folder / file), pq.ParquetFile(release.folder / file) as table:
            for batch in table.iter_batches(_ROWS_AT_A_TIME, columns=columns):
                for row in batch.to_pylist():
                    yield from _of_row(row, shown, file)


def _of_row(row: Mapping[str, Any], shown: Sequence[str], file: str) -> Iterator[_FacePicture]:
    groups = {name: UNKNOWN if row[name] is None else words[row[name]] for name, words in CLASSES.items()}
    for face in shown:
        data = row[face]["bytes"]
        if picture_kind(data) is None:
            reason = f"the {face} face of {row[PAIR_ID]} is not a PNG, JPEG or WebP picture"
            raise ReleaseError(
                "the release has a picture that cannot be written; build it again", [Problem(file, reason)]
            )
        shows = face if face == "neutral" else groups["label"]
        about = {PAIR_ID: row[PAIR_ID], "face": face, "shows": shows, **groups, "fold": row["fold"]}
        yield _FacePicture(picture_stem(row[PAIR_ID], face), shows, data, about)


def _metadata(described: Mapping[str, Mapping[str, object]]) -> str:
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["file_name", *next(iter(described.values()), {})])
    for name, about in described.items():
        table.writerow([name.removeprefix("train/"), *about.values()])
    return text.getvalue()
