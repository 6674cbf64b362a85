"""The unit of work of `transfer`: some pictures, drawn and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from synpain_hf.annotation.faces import Face
from synpain_hf.errors import PictureError, Problem
from synpain_hf.generation.transfer.methods import METHODS
from synpain_hf.generation.transfer.methods.method import Choices, Drawing, Method, Request
from synpain_hf.generation.transfer.note import noted
from synpain_hf.generation.transfer.shot import Shot
from synpain_hf.imaging import png
from synpain_hf.imaging.decoding import decode
from synpain_hf.release.release import undamaged
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.sources.paths import stamp_of
from synpain_hf.storage import write_atomically
from synpain_hf.vocabulary import FACES

_GROUPS_KEPT = 4
"""Row groups of faces that are kept in memory, about 12 MiB each."""

_FILES_KEPT = 128
"""Files whose pairs are kept in memory: those of one release."""

_PICTURES_KEPT = 8
_METHODS_KEPT = 2

Stamp = tuple[int, int] | None
"""What changes when a file does, so that one that took the place of another is read."""


@dataclass(frozen=True)
class Place:
    """Where a face is, and its landmarks.

    Attributes:
        file: The file that holds it.
        face: Its pair, and which of its two.
        landmarks: Shape (478, 3).
    """

    file: Path
    face: Face
    landmarks: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Picture:
    """A picture that is to be drawn.

    Attributes:
        pair_id: Of the pair that it will be in.
        place: Where it is written.
        identity: The neutral face that is to show the expression.
        neutral: The neutral face of the driver.
        expression: Its expression.
        units: The action units of the expression, 0 to 5, as far as they are known.
        label: What the expression shows.
        drawing: How the identity's face was drawn, where it is a demo face.
        groups: The groups of the identity, by column; None where unknown.
        text: What is noted in it of how it was made.
    """

    pair_id: str
    place: Path
    identity: Place
    neutral: Place
    expression: Place
    units: Mapping[str, float]
    label: str
    drawing: Drawing | None
    groups: Mapping[str, str | None]
    text: str


@dataclass(frozen=True)
class Task:
    """Some pictures that one method draws.

    Attributes:
        method: Its name.
        choices: How it is to draw.
        weights: What it draws by, by name and digest.
        pictures: The pictures.
    """

    method: str
    choices: Choices
    weights: str
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Drawn:
    """What became of a task.

    Attributes:
        pictures: How many pictures it had.
        problems: Those that could not be drawn.
    """

    pictures: int
    problems: tuple[Problem, ...]


def draw(task: Task) -> Drawn:
    """Draw and write the pictures of a task.

    Raises:
        ReleaseError: If a release is damaged.
        MissingExtraError: If a library of the method cannot be loaded.
        OSError: If a picture cannot be written.
    """
    method = _method(task.method, task.choices, task.weights)
    problems = []
    for start in range(0, len(task.pictures), method.batch):
        some = task.pictures[start : start + method.batch]
        for picture, drawn in zip(some, _drawn(method, some), strict=True):
            if isinstance(drawn, PictureError):
                problems.append(Problem(f"pairs/{picture.pair_id}", str(drawn), picture.pair_id))
            else:
                write_atomically(picture.place, noted(png.encode(drawn), method.source_type, picture.text))
    return Drawn(len(task.pictures), tuple(problems))


@lru_cache(_METHODS_KEPT)
def _method(name: str, choices: Choices, weights: str) -> Method:  # noqa: ARG001 - other weights, another method
    """A method, which may hold a network."""
    return METHODS[name](choices)


def _drawn(method: Method, pictures: Sequence[Picture]) -> list[png.Pixels | PictureError]:
    """Each picture, or why it cannot be drawn."""
    asked = [_request(picture) for picture in pictures]
    drawn = iter(method.draw_all([each for each in asked if isinstance(each, Request)]))
    return [next(drawn) if isinstance(each, Request) else each for each in asked]


def _request(picture: Picture) -> Request | PictureError:
    try:
        identity, neutral, expression = map(shot_of, (picture.identity, picture.neutral, picture.expression))
    except PictureError as error:
        return error
    return Request(
        identity, neutral, expression, picture.units, picture.label, picture.drawing, picture.pair_id, picture.groups
    )


def bytes_of(file: Path, face: Face) -> bytes:
    """The file of a face, as the release has it.

    Raises:
        ReleaseError: If the release is damaged.
    """
    stamp = stamp_of(file)
    group, row = _places(file, stamp)[face[0]]
    data: bytes = _group(file, group, stamp)[face[1]][row]["bytes"]
    return data


def shot_of(place: Place) -> Shot:
    """A face with its landmarks.

    Raises:
        PictureError: If its picture is damaged.
        ReleaseError: If the release is damaged.
    """
    return Shot(decoded(bytes_of(place.file, place.face)), place.landmarks)


@lru_cache(_PICTURES_KEPT)
def decoded(data: bytes) -> png.Pixels:
    """The pixels of a face; shape (height, width, 3), not to be changed.

    Args:
        data: Its file.

    Raises:
        PictureError: If it is damaged.
    """
    raster = decode(data)
    pixels = np.ascontiguousarray(raster.pixels(raster.width))
    pixels.flags.writeable = False
    return pixels


@lru_cache(_FILES_KEPT)
def _places(file: Path, stamp: Stamp) -> Mapping[str, tuple[int, int]]:  # noqa: ARG001 - another file, another stamp
    """The row group of each pair of a file, and its row there."""
    with undamaged(file), pq.ParquetFile(file) as table:
        return {
            pair_id: (group, row)
            for group in range(table.num_row_groups)
            for row, pair_id in enumerate(table.read_row_group(group, columns=[PAIR_ID])[PAIR_ID].to_pylist())
        }


@lru_cache(_GROUPS_KEPT)
def _group(file: Path, group: int, stamp: Stamp) -> Mapping[str, list[dict[str, bytes]]]:  # noqa: ARG001 - likewise
    with undamaged(file), pq.ParquetFile(file) as table:
        return {face: table.read_row_group(group, columns=[face])[face].to_pylist() for face in FACES}
