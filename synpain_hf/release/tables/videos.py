"""The videos: one row a clip, with its file as it is and the groups of the person; a file holds clips of one fold."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.configurations import ALL_FOLDS, CONFIGURATIONS
from synpain_hf.errors import BadInputError, PictureError, Problem
from synpain_hf.release.filming import Film
from synpain_hf.release.layout import FileRecord, record_of
from synpain_hf.release.tables.table import Aspect, Bumps, Contents, Table
from synpain_hf.release.versions import Bump
from synpain_hf.sources.files import OpenArchives
from synpain_hf.vocabulary import CLASSES, GROUPS, IDENTITY

if TYPE_CHECKING:
    from datasets import Features

NAME = "videos"

BYTES_IN_FILE = 200 * 2**20
"""Most bytes of the clips in a file that has several."""

BYTES_IN_GROUP = 64 * 2**20
"""Most bytes of the clips in a Parquet row group that has several."""

_PLACE = re.compile(rf"{NAME}/fold-([0-{ALL_FOLDS[-1]}])/([0-9]{{5}})\.parquet", re.ASCII)


@cache
def features() -> Features:
    """All columns, in their order, as `datasets` types."""
    from datasets import ClassLabel, Features, Value, Video

    return Features(
        {
            "clip": Value("string"),
            IDENTITY: Value("string"),
            "video": Video(),
            "label": ClassLabel(names=list(CLASSES["label"])),
            "source_label": Value("string"),
            **{column: ClassLabel(names=list(CLASSES[column])) for column in GROUPS},
            "age": Value("float64"),
            "fold": Value("int8"),
            "frames": Value("int32"),
            "duration": Value("float64"),
            "peak_frame": Value("int32"),
            "peak_time": Value("float64"),
            "provenance": {name: Value("string") for name in ("file", "sha256", "generator")},
        }
    )


_MEANINGS = {
    "clip": "The clip; pairs of its frames name it in their column `clip`.",
    IDENTITY: "Who is shown; never on two sides of a split, nor on another side than in the pairs.",
    "video": "The video, as it is in the source.",
    "label": "What the person comes to show, as the source says; `no_pain` is anything else than pain.",
    "source_label": "The label in the words of the source, where these differ.",
    "age_group": "The age group of the identity, as the source says.",
    "gender": "The gender of the identity, as the source says.",
    "ethnicity": "The ethnicity of the identity, as the source says.",
    "age": "The age of the identity in years.",
    "fold": "The fold of the cross-validation.",
    "frames": "How many frames there are.",
    "duration": "How long it is, in seconds.",
    "peak_frame": (
        "The frame, from 0, that has changed most from the first, apart from what light and motion explain: where an "
        "expression peaks."
    ),
    "peak_time": "The time of that frame, in seconds from the first.",
    "provenance": "Where the video comes from.",
    "provenance.file": "The source's file.",
    "provenance.sha256": "The SHA-256 of that file.",
    "provenance.generator": "What made it; null where unknown.",
}


@dataclass(frozen=True)
class OfFolds:
    """The files of some folds."""

    folds: tuple[int, ...]

    def chosen(self, files: Iterable[str]) -> list[str]:
        """The files of the folds, sorted."""
        return sorted(file for file in files if _fold_of(file) in self.folds)

    def patterns(self, files: Iterable[str]) -> list[str]:
        """A glob pattern for each fold that has files."""
        found = {_fold_of(file) for file in files}
        return [f"{NAME}/fold-{fold}/*.parquet" for fold in sorted(self.folds) if fold in found]


def _fold_of(file: str) -> int | None:
    """The fold of the clips in a file; None if no file of the table is called so."""
    match = _PLACE.fullmatch(file)
    return int(match[1]) if match else None


def _is_place(file: str) -> bool:
    return _fold_of(file) is not None


def _told_by_place(file: str) -> Mapping[str, object]:
    return {"fold": _fold_of(file)}


def write_videos(release: Path, contents: Contents) -> dict[str, FileRecord]:
    """Write the clips of a build, a few at a time.

    Args:
        release: The release directory.
        contents: What it holds.

    Returns:
        The record of each file; none where there are no clips.

    Raises:
        BadInputError: If a clip is not what it was when it was decoded.
    """
    records = {}
    films = sorted(contents.films, key=lambda film: (film.fold, film.clip.name))
    for fold, of_fold in groupby(films, key=lambda film: film.fold):
        for number, in_file in enumerate(_parted(of_fold, BYTES_IN_FILE)):
            name = f"{NAME}/fold-{fold}/{number:05d}.parquet"
            (release / name).parent.mkdir(parents=True, exist_ok=True)
            _write_file(release / name, in_file)
            records[name] = FileRecord(**record_of(release / name), rows=len(in_file))
    return records


def _parted(films: Iterable[Film], most: int) -> Iterator[list[Film]]:
    """Clips in their order, in parts of at most so many bytes; a larger one is a part of its own."""
    part: list[Film] = []
    held = 0
    for film in films:
        if part and held + film.seen.bytes > most:
            yield part
            part, held = [], 0
        part.append(film)
        held += film.seen.bytes
    if part:
        yield part


def _write_file(path: Path, films: Sequence[Film]) -> None:
    schema = features().arrow_schema
    plain = [name for name in schema.names if name != "video"]
    with (
        OpenArchives() as archives,
        pq.ParquetWriter(
            path,
            schema,
            compression="none",
            use_dictionary=plain,
            write_statistics=[name for name in plain if name != "provenance"],
            write_page_index=True,
            use_content_defined_chunking=True,
        ) as writer,
    ):
        for group in _parted(films, BYTES_IN_GROUP):
            writer.write_table(pa.Table.from_pylist([_row(film, archives) for film in group], schema))


def _row(film: Film, archives: OpenArchives) -> dict[str, Any]:
    clip, seen = film.clip, film.seen
    try:
        content = clip.video.read(archives)
    except PictureError as error:
        raise BadInputError([Problem(clip.listed_at, str(error))]) from error
    if hashlib.sha256(content).hexdigest() != seen.sha256:
        raise BadInputError([Problem(clip.listed_at, "was changed while the release was built; build it again")])
    known = {name: getattr(clip, name) for name in (IDENTITY, "source_label", "age")}
    classes = {name: getattr(clip, name) for name in CLASSES}
    return {
        "clip": clip.name,
        **known,
        "video": {"bytes": content, "path": f"{clip.name}{PurePosixPath(clip.video.name).suffix.lower()}"},
        **{name: None if word is None else CLASSES[name].index(word) for name, word in classes.items()},
        "fold": film.fold,
        "frames": seen.frames,
        "duration": seen.duration,
        "peak_frame": seen.peak[0],
        "peak_time": seen.peak[1],
        "provenance": {"file": clip.video.name, "sha256": seen.sha256, "generator": clip.generator},
    }


VIDEOS = Table(
    name=NAME,
    folder=NAME,
    key=("clip",),
    features=features,
    meanings=_MEANINGS,
    configurations={
        NAME: {"train": OfFolds(ALL_FOLDS)},
        f"{NAME}_default": {split: OfFolds(selection.folds) for split, selection in CONFIGURATIONS["default"].items()},
    },
    nullable=GROUPS,
    bumps=Bumps.of_data(),
    aspects=(Aspect("provenance", ("provenance",), "with another provenance", Bump.PATCH),),
    is_place=_is_place,
    told_by_place=_told_by_place,
    joins=False,
    write=write_videos,
)
