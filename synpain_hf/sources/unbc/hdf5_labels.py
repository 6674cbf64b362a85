"""The labels of UNBC-McMaster as HDF5: a row for each frame.

They are `subject_name`, `index` (of the frame), `label_pspi` and `label_AU_4` …, each a number to a row, or one for
each of several coders, of which the greatest counts. A unit that is missing is 0, as one is that a label file does not
name. Where there are also `sequence_name` and `frame_name`, pairs are called as those of the folder are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from synpain_hf.pair import Picture
from synpain_hf.pspi import PSPI_UNITS, pspi
from synpain_hf.sources.facs import check_pspi, check_units
from synpain_hf.sources.hdf5 import Array, Column, names_in
from synpain_hf.sources.unbc.folder import NAME
from synpain_hf.sources.unbc.frames import Frame

if TYPE_CHECKING:
    import h5py

INDEX = "index"
MOST_FRAMES = 200_000

_SUBJECT, _SEQUENCE, _FRAME, _PSPI = "subject_name", "sequence_name", "frame_name", "label_pspi"
_UNIT = re.compile(r"label_AU_([1-9]\d?)")
_MOST_UNITS, _MOST_CODERS = 64, 32


@dataclass(frozen=True)
class Labels:
    """The labels of all frames.

    Attributes:
        indexes: The frame that each row is about.
        names: Subject, sequence and frame of each row, as far as they are named.
        units: The intensities of each unit.
        scores: The pain scores; None where they follow from the units.
    """

    indexes: Sequence[int]
    names: Mapping[str, Sequence[str]]
    units: Mapping[str, Array]
    scores: Array | None

    @classmethod
    def of(cls, file: h5py.File) -> Labels:
        """Those of a file.

        Raises:
            ValueError: If columns are missing or cannot be read, or differ in length; cause, then remedy.
        """
        subjects = Column(file, _SUBJECT, "S", range(1, 2))
        rows = subjects.rows
        if rows > MOST_FRAMES:
            raise ValueError(f"has {rows:,} rows, more than the {MOST_FRAMES:,} that are read; divide it")
        columns = names_in(file)
        if INDEX not in columns:
            raise ValueError(f"has no column {INDEX!r}, which says of which frame a row is; add it")
        names = [_SUBJECT, *([_SEQUENCE, _FRAME] if {_SEQUENCE, _FRAME} <= {*columns} else [])]
        found = sorted(name for name in columns if _UNIT.fullmatch(name))
        if len(found) > _MOST_UNITS:
            raise ValueError(f"has {len(found)} action units; leave out those that were not coded")
        units = {name.replace("label_AU_", "AU"): _numbers(file, name, rows) for name in found}
        if _PSPI not in columns and not units.keys() >= set(PSPI_UNITS):
            raise ValueError(f"has neither {_PSPI!r} nor the units that it follows from; add it")
        return cls(
            indexes_in(file, rows),
            {name: _texts(file, name, rows) for name in names},
            {unit: np.nan_to_num(values, nan=0.0) for unit, values in units.items()},
            _numbers(file, _PSPI, rows) if _PSPI in columns else None,
        )

    def frame(self, row: int, picture: Picture) -> Frame:
        """A frame with its labels.

        Raises:
            ValueError: If they cannot be right; cause, then remedy.
        """
        subject, *named = (texts[row] for texts in self.names.values())
        sequence, name = named or ("", f"{subject}-{self.indexes[row]:06d}")
        wrong = next((text for text in (subject, *named) if not NAME.fullmatch(text)), None)
        if wrong is not None:
            other = "of other characters than letters, digits, ., - and _"
            raise ValueError(f"has a name {wrong[:40]!r} {other}; correct it")
        units = {unit: float(values[row]) for unit, values in self.units.items()}
        score = pspi(units) if self.scores is None else float(self.scores[row])
        if np.isnan(score):
            raise ValueError(f"has no {_PSPI}; add it, or remove the row")
        check_pspi(score)
        if units.keys() >= set(PSPI_UNITS):
            check_units(units, score)
        return Frame(subject, sequence, name, picture, score, units or None)


def indexes_in(file: h5py.File, rows: int) -> list[int]:
    """The column that numbers frames.

    Raises:
        ValueError: If it holds anything else; cause, then remedy.
    """
    values = _numbers(file, INDEX, rows)
    with np.errstate(invalid="ignore"):
        whole = values.astype(np.int64)
    if not np.array_equal(whole, values) or (whole < 0).any():
        raise ValueError(f"has an {INDEX} that is no whole number from 0 on; correct it")
    numbers: list[int] = whole.tolist()
    return numbers


def _numbers(file: h5py.File, name: str, rows: int) -> Array:
    """A number for each row, of several the greatest that is there."""
    column = Column(file, name, "uif", range(1, 3))
    _check_rows(column, name, rows)
    if column.shape[1:] > (_MOST_CODERS,):
        raise ValueError(f"has a column {name} with {column.shape[1]:,} numbers to a row; keep those of the coders")
    values = column.numbers()
    return np.fmax.reduce(values, axis=1) if values.ndim > 1 else values


def _texts(file: h5py.File, name: str, rows: int) -> list[str]:
    column = Column(file, name, "S", range(1, 2))
    _check_rows(column, name, rows)
    return list(column.texts())


def _check_rows(column: Column, name: str, rows: int) -> None:
    if column.rows != rows:
        raise ValueError(f"has {column.rows:,} rows in {name}, and {rows:,} in the others; write all alike")
