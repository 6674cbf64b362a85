"""`Pair` and `Clip`, the records that flow from a source to a release."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

MAX_SEED = 2**63 - 1
"""The greatest seed that a release can hold."""

KEPT_NAME = re.compile(r"\w[\w-]{0,99}")
"""What a column may be called that a release keeps of its source; Croissant knows no blanks in names."""


T = TypeVar("T")


class Archives(Protocol):
    """The files with many pictures, and the clip, that are open while pictures are read."""

    def open(self, path: Path, opener: Callable[[Path], AbstractContextManager[T]]) -> T:
        """A file, opened when it is first asked for.

        Args:
            path: The file.
            opener: What opens and closes it.
        """

    def frame(self, clip: Picture, sha256: str, number: int) -> bytes:
        """A frame of a clip, as a PNG; its next frames follow without decoding it again from its start.

        Args:
            clip: The clip.
            sha256: What it has to be.
            number: The frame, from 0.

        Raises:
            PictureError: If it cannot be read.
        """


class Picture(Protocol):
    """A picture of a source, not read yet."""

    @property
    def name(self) -> str:
        """Its name relative to the source, with `/`."""

    @property
    def is_verified(self) -> bool:
        """Whether reading it tells damage: its bytes are compared with a digest, or are made then."""

    def stamp(self) -> object:
        """What changes when the picture does, so that an interrupted build reads a changed one again."""

    def read(self, archives: Archives) -> bytes:
        """Its file.

        Raises:
            PictureError: If it is too large, or cannot be read.
        """


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is known, or was measured, of the action units of one face.

    Attributes:
        face: `neutral` or `expressive`.
        kind: The kind of expression, such as `pain` or `happy`; None where unknown.
        units: Intensity of each action unit, 0 to 5.
        pspi: The Prkachin and Solomon pain intensity.
        annotator: Who or what says so.
    """

    face: str
    kind: str | None
    units: Mapping[str, float]
    pspi: float
    annotator: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What a column of the source says of a pair, to be kept in the release as it is.

    Attributes:
        column: The column.
        dtype: Its type, the same in every row: `bool`, `int64`, `float64` or `string`.
        value: The value, of that type; None where it is missing.
    """

    column: str
    dtype: str
    value: bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Pair:
    """One identity's neutral and expressive face, with what is known of them; None where something is not.

    Attributes:
        pair_id: Unique in a release.
        label: `no_pain` or `pain`: what the expressive face shows.
        pictures: One composite, or the neutral and the expressive picture.
        listed_at: Where the source names it: a file, or a manifest's line.
        age_group: `young` or `old`.
        gender: `man` or `woman`.
        ethnicity: `black`, `south_asian`, `middle_eastern`, `white` or `east_asian`.
        identity: Who is shown; several pairs may show the same. Where it is not given, the `pair_id`.
        derived_from: The identity whose expression was transferred to this one.
        expression: The kind of expression, such as `pain` or `happy`.
        source_label: How the source words the label, where that differs.
        pspi: The Prkachin and Solomon pain intensity of the expressive face, 0 to 16.
        age: In years.
        part: Of the official download, 1 or 2.
        clip: The video that the expressive face is a frame of.
        frame: Its number there, as the source counts.
        time: Its time there, in seconds.
        size: Width and height that its composite must have; None for any.
        fold: 0 to 4, as its source says.
        generator: What made the faces; None where unknown.
        prompt: The text they were made from.
        seed: The generator's seed.
        annotations: What its source knows of its faces.
        kept: What further columns of its source say; all pairs of a source have the same columns.
        origins: The SHA-256 of the file that each of its pictures is a part of; empty where they are files.
    """

    pair_id: str
    label: str
    pictures: tuple[Picture, ...]
    listed_at: str
    age_group: str | None = None
    gender: str | None = None
    ethnicity: str | None = None
    identity: str = ""
    derived_from: str | None = None
    expression: str | None = None
    source_label: str | None = None
    pspi: float | None = None
    age: float | None = None
    part: int | None = None
    clip: str | None = None
    frame: int | None = None
    time: float | None = None
    size: tuple[int, int] | None = None
    fold: int | None = None
    generator: str | None = None
    prompt: str | None = None
    seed: int | None = None
    annotations: tuple[Annotation, ...] = ()
    kept: tuple[Kept, ...] = ()
    origins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "identity", self.identity or self.pair_id)


@dataclass(frozen=True)
class Clip:
    """A video of one person, not decoded yet, with what is known of it, as of a `Pair`.

    Attributes:
        name: Unique in a release.
        label: `no_pain` or `pain`: what the person comes to show.
        video: Its file.
        listed_at: Where the source names it.
        identity: Who is shown.
        age_group: `young` or `old`.
        gender: `man` or `woman`.
        ethnicity: `black`, `south_asian`, `middle_eastern`, `white` or `east_asian`.
        source_label: How the source words the label, where that differs.
        age: In years.
        part: Of the official download, 1 or 2.
        generator: What made it; None where unknown.
    """

    name: str
    label: str
    video: Picture
    listed_at: str
    identity: str
    age_group: str | None = None
    gender: str | None = None
    ethnicity: str | None = None
    source_label: str | None = None
    age: float | None = None
    part: int | None = None
    generator: str | None = None
