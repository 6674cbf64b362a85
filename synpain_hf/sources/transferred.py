"""What stands beside a manifest of faces that were given the expressions of others.

`transfer.json` says how they were made (`schemas/transfer.schema.json`), and `transfer_units.csv` what is known of the
action units: of the neutral face those that it shows, of the other those that its driver showed, which are what it was
to show.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.pair import Annotation
from synpain_hf.schemas import strict_json, violations
from synpain_hf.sources.paths import FolderPaths
from synpain_hf.vocabulary import FACES

NOTES_FILE = "transfer.json"
UNITS_FILE = "transfer_units.csv"

_MOST_NOTES, _MOST_UNITS = 2**20, 2**28
"""Bytes that are read of each."""

_BEFORE_UNITS = ("pair_id", "face", "kind", "annotator")
_AFTER_UNITS = ("pspi",)
_UNIT = re.compile(r"AU\d{1,2}", re.ASCII)
_STRONGEST, _MOST_PAIN = 5.0, 20.0
_REMEDY = "run `synpain-hf transfer` again"


@dataclass(frozen=True)
class Transferred:
    """What is known of faces with the expressions of others.

    Attributes:
        notes: How they were made.
        annotations: What is known of each pair's faces, by pair id.
    """

    notes: Mapping[str, Any]
    annotations: Mapping[str, tuple[Annotation, ...]]

    @classmethod
    def beside(cls, manifest: Path) -> Transferred | None:
        """What stands beside a manifest; None if it is not one of such faces.

        Raises:
            BadInputError: If a file is missing or damaged.
        """
        if not os.path.lexists(manifest.with_name(NOTES_FILE)):
            return None
        paths = FolderPaths(manifest.parent)
        with _undamaged(NOTES_FILE):
            said = strict_json(_read(paths, NOTES_FILE, _MOST_NOTES))
            wrong = violations("transfer", said) if isinstance(said, dict) else ["it is not a JSON object"]
            if wrong:
                raise ValueError("; ".join(wrong))
        with _undamaged(UNITS_FILE):
            return cls(said, _annotations(_read(paths, UNITS_FILE, _MOST_UNITS)))


def write_transferred(
    folder: Path, notes: Mapping[str, Any], annotations: Mapping[str, Sequence[Annotation]]
) -> list[str]:
    """Write both files.

    Args:
        folder: Where the manifest is.
        notes: How the faces were made, as `schemas/transfer.schema.json` says.
        annotations: What is known of each pair's faces, by pair id.

    Returns:
        Their names.
    """
    (folder / NOTES_FILE).write_text(json.dumps(notes, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    units = list(dict.fromkeys(unit for known in annotations.values() for one in known for unit in one.units))
    with (folder / UNITS_FILE).open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow([*_BEFORE_UNITS, *units, *_AFTER_UNITS])
        for pair_id, known in annotations.items():
            for one in known:
                values = [repr(one.units[unit]) if unit in one.units else "" for unit in units]
                table.writerow([pair_id, one.face, one.kind or "", one.annotator, *values, repr(one.pspi)])
    return [NOTES_FILE, UNITS_FILE]


@contextmanager
def _undamaged(name: str) -> Iterator[None]:
    """Report a file that does not hold what it should."""
    try:
        yield
    except OSError as error:
        raise BadInputError([Problem(name, f"cannot be read ({error.strerror}); {_REMEDY}")]) from error
    except (ValueError, csv.Error) as error:
        raise BadInputError([Problem(name, f"cannot be used ({error}); {_REMEDY}")]) from error


def _read(paths: FolderPaths, name: str, most: int) -> str:
    with paths.find(name).path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise ValueError(f"it has more than {most:,} bytes")
    return data.decode("utf-8")


def _annotations(text: str) -> dict[str, tuple[Annotation, ...]]:
    found: dict[str, list[Annotation]] = defaultdict(list)
    for line, one in _rows(text):
        if any(one[1].face == known.face for known in found[one[0]]):
            raise ValueError(f"line {line} gives a face again")
        found[one[0]].append(one[1])
    return {pair_id: tuple(known) for pair_id, known in found.items()}


def _rows(text: str) -> Iterator[tuple[int, tuple[str, Annotation]]]:
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(table, [])
    units = header[len(_BEFORE_UNITS) : -len(_AFTER_UNITS)]
    is_right = header == [*_BEFORE_UNITS, *units, *_AFTER_UNITS] and all(map(_UNIT.fullmatch, units))
    if not is_right or len(set(units)) < len(units):
        raise ValueError(f"its columns are not {', '.join(_BEFORE_UNITS)}, action units and {_AFTER_UNITS[0]}")
    for row in table:
        if len(row) != len(header):
            raise ValueError(f"line {table.line_num} has {len(row)} values for {len(header)} columns")
        pair_id, face, kind, annotator, *values, score = row
        known = {unit: float(value) for unit, value in zip(units, values, strict=True) if value}
        if face not in FACES:
            raise ValueError(f"line {table.line_num} has another face than {' or '.join(FACES)}")
        if not all(0 <= value <= _STRONGEST for value in known.values()) or not 0 <= float(score) <= _MOST_PAIN:
            raise ValueError(f"line {table.line_num} has a unit beyond 0 to 5, or a pain score beyond 0 to 20")
        yield table.line_num, (pair_id, Annotation(face, kind or None, known, float(score), annotator))
