"""The tables that annotators wrote of a release, each row with what the release says of its face."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from synpain_hf.cards.statistics import GROUP_NAMES
from synpain_hf.release.identities import units_of
from synpain_hf.release.release import Release
from synpain_hf.release.tables.annotations import ANNOTATIONS
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.validation.evidence.section import Group
from synpain_hf.validation.faces import Faces, Seen
from synpain_hf.vocabulary import CLASSES, FACES, GROUPS

Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

CONDITIONS: tuple[Group, ...] = (("neutral",), *((label,) for label in CLASSES["label"]))
"""What a face shows: the neutral faces, and the expressive faces of each label."""

OVERALL: tuple[Group, ...] = (("all",), ("neutral",), ("expressive",), *CONDITIONS[1:])
"""What a measure is reported of in the whole release."""

DEMOGRAPHIC: tuple[Group, ...] = tuple((name,) for name in GROUP_NAMES)
"""Every demographic group."""


@dataclass(frozen=True)
class Annotated:
    """What one annotator says in one file: one row a face, a picture that several pairs share once.

    Attributes:
        file: The file's place in the release.
        annotator: Who says so; empty where the file does not tell.
        table: Its rows.
        pairs: The pair of each row.
        units: Who belongs together: the unit of each identity.
    """

    file: str
    annotator: str
    table: pa.Table
    pairs: Sequence[Seen]
    units: Mapping[str, str]

    def has(self, column: str) -> bool:
        """Whether a column of numbers is there, with a value in some row."""
        if column not in self.table.column_names:
            return False
        kind = self.table.schema.field(column).type
        is_number = pa.types.is_floating(kind) or pa.types.is_integer(kind)
        return is_number and bool(np.isfinite(self.values(column)).any())

    def values(self, column: str) -> Floats:
        """The numbers of a column; shape (rows,), NaN where there is none."""
        numbers: Floats = self.table[column].cast(pa.float64()).to_numpy(zero_copy_only=False).astype(np.float64)
        return np.where(np.isfinite(numbers), numbers, np.nan)

    @cached_property
    def is_neutral(self) -> Booleans:
        """Which rows are of neutral faces; a row that is of a pair is of its expressive face."""
        if "face" not in self.table.column_names:
            return np.zeros(self.table.num_rows, bool)
        return np.array([face == FACES.index("neutral") for face in self.table["face"].to_pylist()], bool)

    @cached_property
    def clusters(self) -> npt.NDArray[np.str_]:
        """Which rows belong together; shape (rows,)."""
        return np.array([self.units[pair.identity] for pair in self.pairs], np.str_)

    @cached_property
    def identities(self) -> npt.NDArray[np.str_]:
        """Whom each row shows; shape (rows,)."""
        return np.array([pair.identity for pair in self.pairs], np.str_)

    def members(self, group: Group) -> Booleans:
        """Which rows are of a group; shape (rows,)."""
        chosen = np.ones(len(self.pairs), bool)
        for part in group:
            chosen &= self._having[part]
        return chosen

    @cached_property
    def _having(self) -> dict[str, Booleans]:
        having = {"all": np.ones(len(self.pairs), bool), "neutral": self.is_neutral, "expressive": ~self.is_neutral}
        for label in CLASSES["label"]:
            having[label] = ~self.is_neutral & np.array([pair.label == label for pair in self.pairs], bool)
        for column in GROUPS:
            for name in CLASSES[column]:
                having[name] = np.array([pair.groups[column] == name for pair in self.pairs], bool)
        return having

    def group_of(self, column: str) -> npt.NDArray[np.str_]:
        """The group of each row in a demographic column; empty where it is not known."""
        return np.array([pair.groups[column] or "" for pair in self.pairs], np.str_)


def annotated(release: Release, faces: Faces) -> Iterator[Annotated]:
    """What each annotator says, file by file.

    Args:
        release: The release.
        faces: Its pairs, as they were seen.

    Raises:
        ReleaseError: If a file is damaged.
    """
    by_id = {pair.pair_id: pair for pair in faces.pairs}
    units = units_of((pair.identity, pair.derived_from) for pair in faces.pairs)
    for file in release.files_of(ANNOTATIONS):
        names = release.features_in(file)
        table = release.read(file, [name for name in names if name != "landmarks"])
        for annotator in sorted({name or "" for name in table["annotator"].to_pylist()}):
            mine = table.filter(pc.equal(pc.fill_null(table["annotator"], ""), annotator))
            kept = list(_first_of_each(mine, by_id))
            chosen = mine.take(pa.array(kept, pa.int64()))
            pairs = [by_id[pair_id] for pair_id in chosen[PAIR_ID].to_pylist()]
            yield Annotated(file, annotator, chosen, pairs, units)


def _first_of_each(table: pa.Table, by_id: Mapping[str, Seen]) -> Iterator[int]:
    """The rows, without further rows of a picture that several pairs of an identity share."""
    faces = table["face"].to_pylist() if "face" in table.column_names else [FACES.index("expressive")] * len(table)
    found = set()
    for at, (pair_id, face) in enumerate(zip(table[PAIR_ID].to_pylist(), faces, strict=True)):
        pair = by_id[pair_id]
        picture = (pair.identity, pair.faces[face].digest)
        if picture not in found:
            found.add(picture)
            yield at
