"""A manifest of your own: a table with one line per pair, and the pictures beside it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.pair import Pair, Picture
from synpain_hf.schemas import properties, violations
from synpain_hf.sources.files import StoredPicture, places_below, real
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.rows import Row, read_rows
from synpain_hf.vocabulary import CLASSES, canonical

MANIFEST_SUFFIXES = frozenset((".csv", ".tsv", ".jsonl", ".parquet"))

_INTEGERS = ("fold", "seed")
_PICTURE_COLUMNS = ("composite", "neutral", "expressive")
_MISSING_WORDS = frozenset(("", "nan", "na", "n/a", "null", "none"))

_INTEGER = re.compile(r"([+-]?[0-9]{1,20})(?:\.0*)?")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


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
        rows = read_rows(GivenFile(path, path.name), properties("pair")[0], partial(_check_columns, path.name))
        self._entries = [self._entry(number, row) for number, row in list(rows)]

    def __len__(self) -> int:
        """Number of lines."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Pair | Problem]:
        """A `Pair` for each line, or why it is not one."""
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


def _check_columns(name: str, columns: Sequence[str]) -> None:
    """Refuse a table that can hold no pair, once and not line by line."""
    present = set(columns)
    known, required = properties("pair")
    reasons = [
        f"names the column {column!r} {count} times; keep one"
        for column, count in Counter(columns).items()
        if count > 1
    ]
    reasons += [f"has no column {column!r}; add it" for column in sorted(required - present)]
    if "composite" not in present and not {"neutral", "expressive"} <= present:
        reasons.append("has neither a column 'composite' nor both 'neutral' and 'expressive'; add what it has")
    choices = ", ".join(sorted(known))
    reasons += [
        f"has an unknown column {column!r}; remove it, or rename it to one of {choices}"
        for column in sorted(present - known)
    ]
    if reasons:
        raise BadInputError(Problem(name, reason) for reason in reasons)
