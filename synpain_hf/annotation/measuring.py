"""The unit of work of `annotate`: some faces of a file of pairs, decoded once and given to every annotator.

A worker loads a model once, and keeps it for the tasks that follow.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.annotation.annotators import ANNOTATORS
from synpain_hf.annotation.annotators.annotator import Annotator, Measured
from synpain_hf.errors import PictureError
from synpain_hf.imaging.decoding import decode
from synpain_hf.release.release import undamaged
from synpain_hf.release.tables.annotations import features, table_of
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.vocabulary import FACES

if TYPE_CHECKING:
    from datasets import Features

_GROUPS_IN_A_TASK = 4


@dataclass(frozen=True)
class Chosen:
    """An annotator that is to run.

    Attributes:
        name: Its name.
        models: Where its model files are.
        made_with: All that its values depend on beside the faces.
    """

    name: str
    models: tuple[Path, ...]
    made_with: str

    @property
    def annotator(self) -> type[Annotator]:
        """Its class."""
        return ANNOTATORS[self.name]

    def columns(self) -> Features:
        """All columns of its file."""
        from datasets import Features, Value

        fixed = features()
        return Features(
            {
                PAIR_ID: fixed[PAIR_ID],
                "face": fixed["face"],
                **self.annotator.columns(),
                "reason": Value("string"),
                "made_with": Value("string"),
                "annotator": fixed["annotator"],
            }
        )


@dataclass(frozen=True)
class Task:
    """Some faces.

    Attributes:
        folder: The release.
        file: A file of pairs in it.
        sha256: The digest of the file.
        groups: The first of its row groups that are meant, and the first that is not.
        pairs: How many pairs they hold.
        annotators: What measures the faces.
    """

    folder: Path
    file: str
    sha256: str
    groups: tuple[int, int]
    pairs: int
    annotators: tuple[Chosen, ...] = field(default=(), compare=False)

    def key(self, chosen: Chosen) -> str:
        """A digest of all that decides what an annotator says of these faces."""
        decisive = [self.file, self.sha256, *self.groups, chosen.made_with]
        return hashlib.sha256(json.dumps(decisive).encode()).hexdigest()


def tasks_of(folder: Path, file: str, sha256: str) -> Iterator[Task]:
    """All faces of a file of pairs, in the order in which they stand in it.

    Raises:
        ReleaseError: If the file is damaged.
    """
    with undamaged(folder / file):
        about = pq.read_metadata(folder / file)
    for first in range(0, about.num_row_groups, _GROUPS_IN_A_TASK):
        after = min(first + _GROUPS_IN_A_TASK, about.num_row_groups)
        pairs = sum(about.row_group(group).num_rows for group in range(first, after))
        yield Task(folder, file, sha256, (first, after), pairs)


def measure(task: Task) -> dict[str, bytes]:
    """What each annotator says of some faces, by its name: a table of two rows a pair, as an Arrow stream.

    Raises:
        ReleaseError: If the file is damaged.
        UsageError: If a model file is not there any more.
        MissingExtraError: If a library cannot be loaded here.
    """
    annotators = {chosen: _loaded(chosen) for chosen in task.annotators}
    rows: dict[Chosen, list[dict[str, object]]] = {chosen: [] for chosen in annotators}
    known: dict[bytes, Mapping[Chosen, Measured]] = {}
    for pair_id, number, data in _faces(task):
        digest = hashlib.sha256(data).digest()
        if digest not in known:  # pairs may share a neutral face
            known[digest] = _measured(data, annotators)
        for chosen, measured in known[digest].items():
            named = {PAIR_ID: pair_id, "face": number, "annotator": chosen.annotator.title}
            rows[chosen].append({**named, "made_with": chosen.made_with, **measured})
    return {chosen.name: _stream(rows[chosen], chosen.columns()) for chosen in annotators}


def close_loaded() -> None:
    """Let go of the models that this thread has loaded."""
    annotators = _here.__dict__.pop("annotators", {})
    for annotator in annotators.values():
        annotator.close()


_here = threading.local()


def _loaded(chosen: Chosen) -> Annotator:
    """An annotator, loaded once in each thread."""
    annotators: dict[Chosen, Annotator] = _here.__dict__.setdefault("annotators", {})
    if chosen not in annotators:
        annotators[chosen] = chosen.annotator(chosen.models)
    return annotators[chosen]


def _faces(task: Task) -> Iterator[tuple[str, int, bytes]]:
    """The faces, each with its pair and the number of its class."""
    path = task.folder / task.file
    with undamaged(path), pq.ParquetFile(path) as parquet:
        groups = list(range(*task.groups))
        for batch in parquet.iter_batches(1, row_groups=groups, columns=[PAIR_ID, *FACES], use_threads=False):
            for row in batch.to_pylist():
                yield from ((row[PAIR_ID], number, row[face]["bytes"]) for number, face in enumerate(FACES))


def _measured(data: bytes, annotators: Mapping[Chosen, Annotator]) -> Mapping[Chosen, Measured]:
    try:
        raster = decode(data)
        pixels = np.ascontiguousarray(raster.pixels(raster.width))
    except PictureError as error:
        return {chosen: {"reason": f"the picture {error}"} for chosen in annotators}
    return {chosen: annotator.measure(pixels) for chosen, annotator in annotators.items()}


def _stream(rows: Sequence[Mapping[str, object]], columns: Features) -> bytes:
    table = table_of(rows, columns)
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table)
    written: bytes = stream.getvalue().to_pybytes()
    return written
