"""Writing one partition: the unit of work of a build, of its parallelism and of its resumption."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import deflate
import PIL
import pyarrow as pa
import pyarrow.parquet as pq

import synpain_hf
from synpain_hf.errors import PictureError, Problem
from synpain_hf.imaging.decoding import declared_pixels, has_checksums
from synpain_hf.imaging.faces import Encoding, Faces, join_pictures, split_composite
from synpain_hf.imaging.likeness import Likeness
from synpain_hf.imaging.limits import MAX_PIXELS, SHARES
from synpain_hf.pair import Pair
from synpain_hf.release.rows import Row, digest_of, row_of
from synpain_hf.sources.files import OpenArchives
from synpain_hf.storage import holding, sha256_of
from synpain_hf.vocabulary import FACES

ROWS_IN_GROUP = 8
"""Most pairs in a Parquet row group: about 11 MB of lossless faces of the official size."""

BYTES_IN_GROUP = 64 * 2**20
"""Most bytes of faces in a Parquet row group of several pairs; the Hub's viewer reads groups up to about 286 MiB."""


@dataclass(frozen=True)
class Task:
    """A partition to write.

    Attributes:
        path: Its place in the release.
        pairs: Its pairs, sorted by id.
        encoding: How to store the faces.
        schema: The Arrow schema.
    """

    path: str
    pairs: tuple[Pair, ...]
    encoding: Encoding
    schema: pa.Schema

    def key(self) -> str:
        """A digest of all that decides the partition's bytes, to recognise it when a build is resumed.

        Pictures are identified by their stamp, such as size and time of change.
        """
        stamps = [picture.stamp() for pair in self.pairs for picture in pair.pictures]
        libraries = (synpain_hf.__version__, pa.__version__, deflate.__version__, PIL.__version__)
        parts = (self.path, self.pairs, self.encoding, str(self.schema), self.schema.metadata, stamps, libraries)
        return hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True)
class WrittenRow:
    """What a build remembers of a row.

    Attributes:
        pair_id: Its pair.
        listed_at: Where the source names it.
        digest: Digest of the whole row.
        pictures: SHA-256 of its source pictures.
        likenesses: What tells its faces from others.
        unverified: Its source pictures in which damage would not show.
    """

    pair_id: str
    listed_at: str
    digest: str
    pictures: tuple[str, ...]
    likenesses: tuple[Likeness, ...]
    unverified: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """A partition that was written.

    Attributes:
        key: The key of its task.
        path: Its place in the release.
        bytes: Its size; 0 where no pair was left, and no file written.
        sha256: Its digest.
        rows: Its rows.
        problems: The pairs that are not in it.
    """

    key: str
    path: str
    bytes: int
    sha256: str
    rows: tuple[WrittenRow, ...]
    problems: tuple[Problem, ...]


def write_partition(task: Task, release: Path) -> Written:
    """Write one Parquet file: complete, or not there.

    Args:
        task: What to write.
        release: The release directory.

    Raises:
        OSError: If it cannot be written.
    """
    key = task.key()  # before the pictures are read: one that changes meanwhile is read again by the next build
    path = release / task.path
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{uuid4().hex}.partial")  # unique: a lost worker may still be writing
    rows: list[WrittenRow] = []
    problems: list[Problem] = []
    with (
        partial.open("wb") as file,
        pq.ParquetWriter(
            file,
            task.schema,
            compression="none",
            use_dictionary=[name for name in task.schema.names if name not in FACES],
            write_statistics=[name for name in task.schema.names if name not in (*FACES, "provenance")],
            write_page_index=True,
            use_content_defined_chunking=True,
        ) as writer,
    ):
        for group in _groups(_rows(task, release.parent, problems)):
            writer.write_table(pa.Table.from_pylist([row for row, _ in group], task.schema))
            rows += [written for _, written in group]
    if not rows:
        partial.unlink()
        return Written(key, task.path, 0, "", (), tuple(problems))
    written_bytes, sha256 = partial.stat().st_size, sha256_of(partial)
    partial.replace(path)
    return Written(key, task.path, written_bytes, sha256, tuple(rows), tuple(problems))


def _groups(rows: Iterable[tuple[Row, WrittenRow]]) -> Iterator[list[tuple[Row, WrittenRow]]]:
    """Rows by row groups."""
    group: list[tuple[Row, WrittenRow]] = []
    held = 0
    for row, written in rows:
        faces_bytes = sum(len(row[face]["bytes"]) for face in FACES)
        if group and (len(group) == ROWS_IN_GROUP or held + faces_bytes > BYTES_IN_GROUP):
            yield group
            group, held = [], 0
        group.append((row, written))
        held += faces_bytes
    if group:
        yield group


def _rows(task: Task, work: Path, problems: list[Problem]) -> Iterator[tuple[Row, WrittenRow]]:
    with OpenArchives() as archives:
        for pair in task.pairs:
            try:
                pictures = [picture.read(archives) for picture in pair.pictures]
                digests = tuple(hashlib.sha256(picture).hexdigest() for picture in pictures)
                if len(set(digests)) < len(digests):
                    raise PictureError("has the same picture twice; give a neutral face and an expressive one")
                with holding(_shares_for(pictures), SHARES, work):
                    faces = _faces(pair, pictures, task.encoding)
            except PictureError as error:
                problems.append(Problem(pair.listed_at, str(error), pair.pair_id))
                continue
            row = row_of(pair, faces, digests, task.encoding)
            unverified = tuple(
                picture.name
                for picture, content in zip(pair.pictures, pictures, strict=True)
                if not picture.is_verified and not has_checksums(content)
            )
            digest = digest_of(row)
            yield row, WrittenRow(pair.pair_id, pair.listed_at, digest, digests, faces.likenesses, unverified)


def _shares_for(pictures: Iterable[bytes]) -> int:
    """How many shares of the pixels in flight pictures need that are decoded one after the other; small ones, none."""
    return max(map(declared_pixels, pictures)) * SHARES // MAX_PIXELS


def _faces(pair: Pair, pictures: list[bytes], encoding: Encoding) -> Faces:
    if len(pictures) == 1:
        return split_composite(pictures[0], encoding, pair.size)
    neutral, expressive = pictures
    return join_pictures(neutral, expressive, encoding)


def without(task: Task, rejected: set[str]) -> Task:
    """The same partition without the pairs that are listed at these places."""
    return replace(task, pairs=tuple(pair for pair in task.pairs if pair.listed_at not in rejected))
