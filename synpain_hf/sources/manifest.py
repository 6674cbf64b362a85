"""A manifest of one's own: a table with one line a pair, and the pictures beside it."""

from __future__ import annotations

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.pair import Pair, Picture
from synpain_hf.schemas import properties, violations
from synpain_hf.sources.files import StoredPicture, places_below, real
from synpain_hf.vocabulary import CLASSES, canonical

MANIFEST_SUFFIXES = frozenset((".csv", ".tsv", ".jsonl", ".parquet"))

_INTEGERS = ("fold", "seed")
_PICTURE_COLUMNS = ("composite", "neutral", "expressive")
_MISSING_WORDS = frozenset(("", "nan", "na", "n/a", "null", "none"))

_INTEGER = re.compile(r"([+-]?[0-9]{1,20})(?:\.0*)?")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

Row = dict[str, Any]


class ManifestSource:
    """Pairs listed in a CSV, TSV, JSON Lines or Parquet file.

    The columns are the properties of `schemas/pair.schema.json`; labels may be spelled in any way that the vocabulary
    knows. Picture paths are relative to the manifest's folder and stay inside it.

    Args:
        path: The manifest.

    Raises:
        BadInputError: If it cannot be read as a table, or lacks a column, or has an unknown one.
    """

    folds_file = None

    def __init__(self, path: Path) -> None:
        self._path = path
        self._root = path.parent.resolve()
        self._allowed = places_below(path.parent)
        try:
            rows = list(_readers[path.suffix.lower()](path))
        except OSError as error:
            reason = f"cannot be read ({error.strerror or error}); check the file"
            raise BadInputError([Problem(path.name, reason)]) from error
        self._entries = [self._entry(number, row) for number, row in rows]

    def __len__(self) -> int:
        """Number of lines."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Pair | Problem]:
        """A `Pair` for each line, or why it is none."""
        return iter(self._entries)

    def describe(self) -> dict[str, object]:
        """The `source` of a `release.json`."""
        return {"kind": "manifest"}

    def _entry(self, number: int, row: Row) -> Pair | Problem:
        where = f"{self._path.name}:{number}"
        fields = _cleaned(row)
        reasons = violations("pair", fields)
        reasons += [
            f"{column} holds half a character (a lone surrogate); correct it"
            for column, value in fields.items()
            if isinstance(value, str) and _LONE_SURROGATE.search(value)
        ]
        pictures = []
        if not reasons:
            for column in _PICTURE_COLUMNS:
                if column in fields:
                    try:
                        pictures.append(self._picture(column, fields.pop(column)))
                    except ValueError as error:
                        reasons.append(str(error))
        if reasons:
            return Problem(where, "; also: ".join(reasons), str(fields.get("pair_id", "")))
        return Pair(**fields, pictures=tuple(pictures), listed_at=where)

    def _picture(self, column: str, name: str) -> Picture:
        given = PurePosixPath(name)
        if "://" in name or "\0" in name or given.is_absolute() or ".." in given.parts:
            raise ValueError(f"{column} {name!r} leaves the manifest's folder; give a path below it")
        path = self._root / given
        if not any(real(path).is_relative_to(place) for place in self._allowed):
            raise ValueError(
                f"{column} {name!r} is a symbolic link that leaves the manifest's folder; put the file itself there"
            )
        try:
            if path.is_file():
                return StoredPicture(given.as_posix(), path, "", path.stat().st_size)
        except OSError as error:
            raise ValueError(f"{column} {name!r} cannot be read ({error.strerror}); correct the name") from error
        raise ValueError(f"{column} {name!r} does not exist; put it there, or correct the name")


def _cleaned(row: Row) -> Row:
    """A row without missing values, its words canonical and its integers numbers."""
    return {column: _meant(column, value) for column, value in row.items() if not _is_missing(value)}


def _is_missing(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in _MISSING_WORDS
    return value is None or (isinstance(value, float) and math.isnan(value))


def _meant(column: str, value: Any) -> Any:
    if column in CLASSES:
        return canonical(column, value)
    if column in _INTEGERS:
        return _integer(value)
    if column == "pair_id" and type(value) is int:
        return str(value)
    return value.strip() if isinstance(value, str) else value


def _integer(value: Any) -> Any:
    """The integer that a table meant (`3`, `"3"`, `3.0`), or the value as it came, for the JSON Schema to refuse."""
    if isinstance(value, bool):
        return value
    match = _INTEGER.fullmatch(str(value).strip())
    return int(match[1]) if match else value


def _check_columns(path: Path, columns: Collection[str]) -> None:
    """Refuse a table that can hold no pair, once and not line by line."""
    present = set(columns)
    known, required = properties("pair")
    reasons = [
        f"names the column {name!r} {count} times; keep one" for name, count in Counter(columns).items() if count > 1
    ]
    reasons += [f"has no column {name!r}; add it" for name in sorted(required - present)]
    if "composite" not in present and not {"neutral", "expressive"} <= present:
        reasons.append("has neither a column 'composite' nor both 'neutral' and 'expressive'; add what it has")
    choices = ", ".join(sorted(known))
    reasons += [
        f"has an unknown column {name!r}; remove it, or rename it to one of {choices}"
        for name in sorted(map(str, present - known))
    ]
    if reasons:
        raise BadInputError(Problem(path.name, reason) for reason in reasons)


def _read_delimited(path: Path) -> Iterator[tuple[int, Row]]:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.reader(file, delimiter=delimiter, strict=True)
            columns = [name.strip() for name in next(table, [])]
            _check_columns(path, columns)
            for cells in table:
                if not cells:
                    continue
                if len(cells) != len(columns):
                    reason = f"has {len(cells)} cells, not {len(columns)} as the header; quote cells with commas"
                    raise BadInputError([Problem(f"{path.name}:{table.line_num}", reason)])
                yield table.line_num, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        raise BadInputError(
            [Problem(f"{path.name}:{table.line_num}", f"is no valid CSV ({error}); correct it")]
        ) from error
    except UnicodeDecodeError as error:
        raise BadInputError([_not_utf8(path, error)]) from error


def _read_json_lines(path: Path) -> Iterator[tuple[int, Row]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")  # U+2028, a line to splitlines, may stand in JSON text
    except UnicodeDecodeError as error:
        raise BadInputError([_not_utf8(path, error)]) from error
    rows = [(number, _json_object(path, number, line)) for number, line in enumerate(lines, 1) if line.strip()]
    if rows:
        _check_columns(path, {column for _, row in rows for column in row})
    yield from rows


def _json_object(path: Path, number: int, line: str) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadInputError([Problem(f"{path.name}:{number}", f"is no valid JSON ({error}); correct it")]) from error
    if not isinstance(row, dict):
        raise BadInputError([Problem(f"{path.name}:{number}", "is no JSON object; write {...} a line")])
    return row


def _read_parquet(path: Path) -> Iterator[tuple[int, Row]]:
    try:
        with pq.ParquetFile(path) as table:
            _check_columns(path, table.schema_arrow.names)
            number = 0
            for batch in table.iter_batches():
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise BadInputError([Problem(path.name, f"is no readable Parquet file ({error}); write it again")]) from error


def _not_utf8(path: Path, error: UnicodeDecodeError) -> Problem:
    return Problem(path.name, f"is not UTF-8 text (byte {error.start:,}); save it as UTF-8")


_readers = {
    ".csv": _read_delimited,
    ".tsv": _read_delimited,
    ".jsonl": _read_json_lines,
    ".parquet": _read_parquet,
}
