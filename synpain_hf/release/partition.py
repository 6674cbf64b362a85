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
from synpain_hf.imaging.faces import Encoding, Faces, WholeFace, join_faces, split_composite, whole_face
from synpain_hf.imaging.limits import MAX_PIXELS, SHARES
from synpain_hf.pair import Pair, Picture
from synpain_hf.release.rows import Row, digest_of, row_of
from synpain_hf.release.thumbnails import ThumbnailWriter, place_of
from synpain_hf.sources.files import OpenArchives
from synpain_hf.storage import holding, sha256_of
from synpain_hf.vocabulary import FACES

_NEUTRAL = f"{FACES[0]}.bytes"
"""The column whose dictionary holds a neutral face once in a row group, however many rows show it."""

BYTES_IN_GROUP = 12 * 2**20
"""Most bytes of faces in a Parquet row group of several pairs: eight of the official size, or fifty of small frames.

The Hub's viewer reads groups up to about 286 MiB; a worker holds one twice.
"""


@dataclass(frozen=True)
class Task:
    """A partition to write.

    Attributes:
        path: Its place in the release.
        fold: The fold of its pairs.
        pairs: Its pairs, those with the same neutral picture next to each other.
        encoding: How to store the faces.
        schema: The Arrow schema.
    """

    path: str
    fold: int
    pairs: tuple[Pair, ...]
    encoding: Encoding
    schema: pa.Schema

    @property
    def repeats_an_identity(self) -> bool:
        """Whether several pairs show the same identity, and may have the same neutral face."""
        return len({pair.identity for pair in self.pairs}) < len(self.pairs)

    def key(self) -> str:
        """A digest of all that decides the partition's bytes, to recognise it when a build is resumed.

        Pictures are identified by their stamp, such as size and time of change.
        """
        stamps = [picture.stamp() for pair in self.pairs for picture in pair.pictures]
        libraries = (synpain_hf.__version__, pa.__version__, deflate.__version__, PIL.__version__)
        parts = (self.path, self.pairs, self.encoding, str(self.schema), self.schema.metadata, stamps, libraries)
        return hashlib.sha256(repr(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class WrittenRow:
    """What a build remembers of a row.

    Attributes:
        pair_id: Its pair.
        identity: Whom it shows.
        listed_at: Where the source names it.
        digest: Digest of the whole row.
        pictures: SHA-256 of its source pictures.
        faces: The key of the likeness of each of its faces.
        unverified: Its source pictures in which damage would not show.
    """

    pair_id: str
    identity: str
    listed_at: str
    digest: str
    pictures: tuple[str, ...]
    faces: tuple[int, ...]
    unverified: tuple[str, ...]


@dataclass(frozen=True)
class Written:
    """A partition that was written.

    Attributes:
        key: The key of its task.
        path: Its place in the release.
        bytes: Its size; 0 where no pair was left, and no file written.
        sha256: Its digest.
        thumbnails: The digest of the file of its thumbnails.
        rows: Its rows.
        problems: The pairs that are not in it.
    """

    key: str
    path: str
    bytes: int
    sha256: str
    thumbnails: str
    rows: tuple[WrittenRow, ...]
    problems: tuple[Problem, ...]

    def faces(self) -> list[int]:
        """Its faces, each once, as their thumbnails are in their file."""
        return list(dict.fromkeys(face for row in self.rows for face in row.faces))


def write_partition(task: Task, release: Path) -> Written:
    """Write one Parquet file, and the thumbnails of its faces: complete, or not there.

    Args:
        task: What to write.
        release: The release directory, in the work folder.

    Raises:
        OSError: If it cannot be written.
    """
    key = task.key()  # before the pictures are read: one that changes meanwhile is read again by the next build
    work = release.parent
    path, beside = release / task.path, place_of(work, task.path)
    partial, partial_beside = map(_partial, (path, beside))
    rows: list[WrittenRow] = []
    problems: list[Problem] = []
    plain = [name for name in task.schema.names if name not in FACES]
    with (
        partial.open("wb") as file,
        partial_beside.open("wb") as thumbnails,
        pq.ParquetWriter(
            file,
            task.schema,
            compression="none",
            use_dictionary=[*plain, *([_NEUTRAL] if task.repeats_an_identity else [])],
            dictionary_pagesize_limit=BYTES_IN_GROUP,
            write_statistics=[name for name in task.schema.names if name not in (*FACES, "provenance")],
            write_page_index=True,
            use_content_defined_chunking=True,
        ) as writer,
    ):
        for group in _groups(_rows(task, work, ThumbnailWriter(thumbnails), problems)):
            writer.write_table(pa.Table.from_pylist([row for row, _ in group], task.schema))
            rows += [written for _, written in group]
    if not rows:
        partial.unlink()
        partial_beside.unlink()
        return Written(key, task.path, 0, "", "", (), tuple(problems))
    written_bytes, sha256, of_thumbnails = partial.stat().st_size, sha256_of(partial), sha256_of(partial_beside)
    partial.replace(path)
    partial_beside.replace(beside)
    return Written(key, task.path, written_bytes, sha256, of_thumbnails, tuple(rows), tuple(problems))


def _partial(path: Path) -> Path:
    """Where a file is written: a place of its own, as a lost worker may still be writing the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f"{path.name}.{uuid4().hex}.partial")


def _groups(rows: Iterable[tuple[Row, WrittenRow]]) -> Iterator[list[tuple[Row, WrittenRow]]]:
    """Rows by row groups."""
    group: list[tuple[Row, WrittenRow]] = []
    held = 0
    for row, written in rows:
        faces_bytes = sum(len(row[face]["bytes"]) for face in FACES)
        if group and held + faces_bytes > BYTES_IN_GROUP:
            yield group
            group, held = [], 0
        group.append((row, written))
        held += faces_bytes
    if group:
        yield group


def _rows(
    task: Task, work: Path, thumbnails: ThumbnailWriter, problems: list[Problem]
) -> Iterator[tuple[Row, WrittenRow]]:
    with OpenArchives() as archives:
        reader = _Reader(archives, task.encoding, work)
        for pair in task.pairs:
            try:
                pictures = reader.read(pair)
                faces = reader.faces(pair, pictures)
            except PictureError as error:
                problems.append(Problem(pair.listed_at, str(error), pair.pair_id))
                continue
            digests = tuple(picture.digest for picture in pictures)
            row = row_of(pair, task.fold, faces, pair.origins or digests, task.encoding, task.schema.names)
            thumbnails.add(faces.likenesses)
            unverified = tuple(
                picture.name
                for picture, read in zip(pair.pictures, pictures, strict=True)
                if not picture.is_verified and (pair.origins or not has_checksums(read.content))
            )
            written = WrittenRow(
                pair.pair_id,
                pair.identity,
                pair.listed_at,
                digest_of(row, faces.digests),
                digests,
                tuple(likeness.key for likeness in faces.likenesses),
                unverified,
            )
            yield row, written


@dataclass(frozen=True)
class _Read:
    """A picture that was read.

    Attributes:
        picture: The picture.
        content: Its file.
        digest: The SHA-256 of that.
    """

    picture: Picture
    content: bytes
    digest: str


class _Reader:
    """Reads and decodes the pictures of pairs; a neutral picture that the last pair had too is not decoded again.

    Args:
        archives: The archives that are open.
        encoding: How to store the faces.
        work: A folder on the disk whose processes share the memory for pixels.
    """

    def __init__(self, archives: OpenArchives, encoding: Encoding, work: Path) -> None:
        self._archives, self._encoding, self._work = archives, encoding, work
        self._last: _Read | None = None
        self._face: tuple[str, WholeFace] | None = None

    def read(self, pair: Pair) -> tuple[_Read, ...]:
        """The pictures of a pair.

        Raises:
            PictureError: If one cannot be read, or both are the same.
        """
        first, *others = pair.pictures
        if self._last is None or self._last.picture != first:
            self._last = self._one(first)
        pictures = (self._last, *map(self._one, others))
        if len({picture.digest for picture in pictures}) < len(pictures):
            raise PictureError("has the same picture twice; give a neutral face and an expressive one")
        return pictures

    def faces(self, pair: Pair, pictures: tuple[_Read, ...]) -> Faces:
        """The faces of a pair.

        Raises:
            PictureError: If a picture cannot be used.
        """
        decoded = [picture.content for picture in pictures if not self._is_known(picture)]
        with holding(_shares_for(decoded), SHARES, self._work):
            if len(pictures) == 1:
                return split_composite(pictures[0].content, self._encoding, pair.size)
            neutral, expressive = pictures
            if self._face is None or not self._is_known(neutral):
                self._face = neutral.digest, self._face_of("neutral", neutral)
            return join_faces(self._face[1], self._face_of("expressive", expressive))

    def _face_of(self, name: str, picture: _Read) -> WholeFace:
        return whole_face(name, picture.content, self._encoding, picture.digest)

    def _one(self, picture: Picture) -> _Read:
        content = picture.read(self._archives)
        return _Read(picture, content, hashlib.sha256(content).hexdigest())

    def _is_known(self, picture: _Read) -> bool:
        return self._face is not None and self._face[0] == picture.digest


def _shares_for(pictures: Iterable[bytes]) -> int:
    """How many shares of the pixels in flight pictures need that are decoded one after the other; small ones, none."""
    return max(map(declared_pixels, pictures)) * SHARES // MAX_PIXELS


def without(task: Task, rejected: set[str]) -> Task:
    """The same partition without the pairs that are listed at these places."""
    return replace(task, pairs=tuple(pair for pair in task.pairs if pair.listed_at not in rejected))
