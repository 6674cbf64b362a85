"""One pass over a release: every pair as its tables say it, and what was measured of both of its faces."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from synpain_hf.errors import PictureError
from synpain_hf.executor import Executor
from synpain_hf.imaging.decoding import decode
from synpain_hf.progress import Progress
from synpain_hf.release.release import Release, undamaged
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.validation.pixels import Measured, measure
from synpain_hf.vocabulary import CLASSES, DERIVED_FROM, FACES, GROUPS, IDENTITY

_INNER = {"neutral": -1, "expressive": 0}
_MEASURED = frozenset(each.name for each in fields(Measured))
_OPTIONAL = (IDENTITY, DERIVED_FROM)


@dataclass(frozen=True)
class Face:
    """One face of a pair.

    Attributes:
        bytes: Size of its file in the release.
        measured: What was measured; None where it does not decode.
        reason: Why it does not.
        digest: A digest of its file, by which pairs that share a picture are known.
    """

    bytes: int
    measured: Measured | None
    reason: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Seen:
    """A pair as it was seen.

    Attributes:
        pair_id: The pair.
        file: Its file in the release.
        identity: Whom it shows.
        derived_from: The identity whose expression was transferred; None where it was not.
        label: The label.
        groups: The group by column; None where it is not known.
        fold: The fold.
        source: The file that the expressive face comes from.
        gutter: Columns left out between the faces; None where they were two pictures.
        faces: Both faces, the neutral one first.
    """

    pair_id: str
    file: str
    identity: str
    derived_from: str | None
    label: str
    groups: Mapping[str, str | None]
    fold: int
    source: str
    gutter: int | None
    faces: tuple[Face, Face]


@dataclass(frozen=True)
class Faces:
    """All pairs of a release, sorted by id.

    Attributes:
        pairs: The pairs.
        annotated: What annotators measured of both faces, by name; shape (pairs, 2), NaN where nothing was.
    """

    pairs: Sequence[Seen]
    annotated: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)

    @cached_property
    def is_pain(self) -> npt.NDArray[np.bool_]:
        """Whether each pair shows pain; shape (pairs,)."""
        return np.array([pair.label == "pain" for pair in self.pairs])

    @cached_property
    def folds(self) -> npt.NDArray[np.int64]:
        """The fold of each pair; shape (pairs,)."""
        return np.array([pair.fold for pair in self.pairs])

    def measures(self, name: str) -> npt.NDArray[np.float64]:
        """A measure of both faces; shape (pairs, 2), NaN where a face does not decode, or was not annotated."""
        if name not in _MEASURED:
            return self.annotated.get(name, np.full((len(self.pairs), 2), np.nan))
        return np.array(
            [
                [np.nan if face.measured is None else getattr(face.measured, name) for face in pair.faces]
                for pair in self.pairs
            ],
            dtype=np.float64,
        ).reshape(-1, 2)


def look(release: Release, executor: Executor, progress: Progress) -> Faces:
    """Read and measure every face of a release; memory does not grow with the size of the pictures.

    Args:
        release: The release.
        executor: What runs the work, a file of pairs at a time.
        progress: Called after every file, with `faces`, how many pairs were seen, and how many there are.

    Raises:
        ReleaseError: If a file cannot be read.
    """
    files = release.files_of(base_table())
    total, done = release.rows_in(files), 0
    seen: list[Seen] = []
    progress("faces", 0, total)
    tasks = [_Task(release.folder, file, _columns(release)) for file in files]
    with closing(executor.run(_look_into, tasks)) as found:
        for pairs in found:
            seen += pairs
            done += len(pairs)
            progress("faces", done, total)
    return Faces(sorted(seen, key=lambda pair: pair.pair_id))


@dataclass(frozen=True)
class _Task:
    folder: Path
    file: str
    columns: tuple[str, ...]


def _columns(release: Release) -> tuple[str, ...]:
    given = [name for name in _OPTIONAL if name in release.given]
    return (PAIR_ID, *given, *FACES, *CLASSES, "fold", "provenance")


def _look_into(task: _Task) -> list[Seen]:
    return list(_seen(task))


def _seen(task: _Task) -> Iterator[Seen]:
    path = task.folder / task.file
    with undamaged(path), pq.ParquetFile(path) as parquet:
        for batch in parquet.iter_batches(1, columns=list(task.columns), use_threads=False):
            for row in batch.to_pylist():
                yield _pair(task.file, row)


def _pair(file: str, row: Mapping[str, Any]) -> Seen:
    provenance = row["provenance"]
    start, stop = provenance["gutter_start"], provenance["gutter_stop"]
    words = {column: None if row[column] is None else CLASSES[column][row[column]] for column in CLASSES}
    neutral, expressive = (_face(row[face]["bytes"], _INNER[face]) for face in FACES)
    return Seen(
        pair_id=row[PAIR_ID],
        file=file,
        identity=row.get(IDENTITY) or row[PAIR_ID],
        derived_from=row.get(DERIVED_FROM),
        label=str(words["label"]),
        groups={column: words[column] for column in GROUPS},
        fold=row["fold"],
        source=provenance["expressive_file"] or "",
        gutter=None if start is None else stop - start,
        faces=(neutral, expressive),
    )


def _face(data: bytes, inner: int) -> Face:
    digest = hashlib.blake2b(data, digest_size=16).hexdigest()
    try:
        raster = decode(data)
        return Face(len(data), measure(raster.pixels(raster.width), inner), digest=digest)
    except PictureError as error:
        return Face(len(data), None, str(error), digest)
