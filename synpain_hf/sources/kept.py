"""Columns of a table that a release keeps: one type for all values of each, which are never changed to fit."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.pair import Kept
from synpain_hf.sources.wording import Wording
from synpain_hf.tabular.delimited import MISSING
from synpain_hf.text.plurals import first_few
from synpain_hf.text.values import shown

_MOST_NAMED = 20
_GREATEST, _DIGITS = 2**63, 30
_GREATEST_IN_A_FLOAT = 2**53
_TRUTHS = {"true": True, "false": False}
_INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]*)", re.ASCII)
_NUMBER = re.compile(r"[+-]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=e))(e[+-]?[0-9]+)?", re.ASCII | re.IGNORECASE)
_CODE = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+", re.ASCII)
_COMMA = "a number with a decimal comma, not a point"
_HALF = "text with half a character (a lone surrogate)"
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

_FITTING: Sequence[tuple[str, frozenset[str]]] = (
    ("bool", frozenset(("a truth value",))),
    ("int64", frozenset(("an integer",))),
    ("float64", frozenset(("an integer", "a number"))),
    ("string", frozenset(("an integer", "a code of digits"))),
    ("string", frozenset(("text", "a code of digits"))),
)
"""The kinds of values that a column of each type may have, the narrowest first."""

_IN_WORDS = {"bool": "truth values", "int64": "integers", "float64": "numbers", "string": "text"}


@dataclass(frozen=True)
class _Cell:
    """A value of a column.

    Attributes:
        where: The line that it is in.
        kind: What it is, in words.
        value: The value.
        text: How it is written; None for what has no text, such as a list.
    """

    where: str
    kind: str
    value: Any
    text: str | None

    @property
    def shown(self) -> str:
        """The value for a message: texts and codes in quotes."""
        return shown(repr(self.value) if self.text is None or self.text == self.value else self.text)

    def fits(self, dtype: str) -> bool:
        """Whether it can be of a type without a loss."""
        if dtype == "string":
            return self.text is not None
        if dtype == "bool":
            return isinstance(self.value, bool)
        if dtype == "int64":
            return type(self.value) is int and -_GREATEST <= self.value < _GREATEST
        return type(self.value) is float or (type(self.value) is int and abs(self.value) <= _GREATEST_IN_A_FLOAT)

    def as_type(self, dtype: str) -> bool | int | float | str | None:
        """The value as one of a type that it fits."""
        if dtype == "string":
            return self.text
        value: bool | int | float = self.value
        return float(value) if dtype == "float64" else value


def kept_of(
    name: str, rows: Sequence[tuple[str, Mapping[str, Any]]], wording: Wording, *, as_texts: bool = False
) -> list[tuple[Kept, ...]]:
    """What is kept of each row.

    A column has the narrowest type that all of its values have. In a table of texts, digits with a leading zero, or
    too many for an integer, are text, so that nothing of them is lost. Missing are null and NaN, and in a table of
    texts empty cells and `NA`.

    Args:
        name: The table, for messages.
        rows: Each row's place, for messages, and its values by the names of the table's columns.
        wording: Which columns are kept.
        as_texts: Whether the values are texts that stand for others, as in CSV.

    Raises:
        BadInputError: If the values of a column are not of one type.
    """
    if not rows or not wording.kept:
        return [()] * len(rows)
    read = _of_text if as_texts else _of_value
    theirs = {ours: theirs for _, row in rows for theirs, ours in wording.columns(row).items() if ours in wording.kept}
    columns, problems = [], list[Problem]()
    for column, asked in sorted(wording.kept.items()):
        cells = [read(where, row.get(theirs[column])) for where, row in rows]
        given = [cell for cell in cells if cell]
        dtype, misfits = _typed(given, asked)
        if not given:
            remedy = f"omit --keep {column}, and leave it out (--drop {theirs[column]})"
            problems.append(Problem(name, f"has no values in the column {theirs[column]!r}; {remedy}"))
        elif misfits:
            problems += _reported(name, column, dtype, misfits, len(given))
        else:
            columns.append([Kept(column, dtype, cell.as_type(dtype) if cell else None) for cell in cells])
    if problems:
        raise BadInputError(problems)
    return list(zip(*columns, strict=True))


def _typed(cells: Sequence[_Cell], asked: str | None) -> tuple[str, list[_Cell]]:
    """The type of a column, and the values that are not of it.

    It is the narrowest that all values have. Where they have several, most values decide; a type that is asked for
    comes first.
    """
    kinds = Counter(cell.kind for cell in cells)
    narrowest = next((dtype for dtype, fitting in _FITTING if fitting >= kinds.keys()), None)
    dtype = asked or narrowest
    if dtype:
        return dtype, [cell for cell in cells if not cell.fits(dtype)]
    kinds["a number"] += kinds[_COMMA]
    dtype, fitting = max(_FITTING, key=lambda option: sum(kinds[kind] for kind in option[1]))
    return dtype, [cell for cell in cells if cell.kind not in fitting]


def _of_text(where: str, text: str | None) -> _Cell | None:
    """What a cell of a table of texts holds; None if it is missing."""
    text = (text or "").strip()
    lower = text.lower()
    if text in MISSING or lower == "nan":
        return None
    if lower in _TRUTHS:
        return _Cell(where, "a truth value", _TRUTHS[lower], text)
    if _CODE.fullmatch(text):
        whole = int(text) if len(text) < _DIGITS else _GREATEST
        fits = _INTEGER.fullmatch(text) and -_GREATEST <= whole < _GREATEST
        return _Cell(where, "an integer" if fits else "a code of digits", whole, text)
    if _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return _Cell(where, "a number", number, text)
    return _Cell(where, _COMMA if _DECIMAL_COMMA.fullmatch(text) else "text", text, text)


def _of_value(where: str, value: Any) -> _Cell | None:
    """What a column of a typed table holds; None if it is missing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return _Cell(where, "a truth value", value, str(value).lower())
    if isinstance(value, int):
        fits = -_GREATEST <= value < _GREATEST
        return _Cell(where, "an integer" if fits else "an integer of more than 64 bits", value, str(value))
    if isinstance(value, float):
        return _Cell(where, "a number", value, str(value))
    if isinstance(value, str):
        is_whole = not _LONE_SURROGATE.search(value)
        return _Cell(where, "text" if is_whole else _HALF, value, value if is_whole else None)
    is_plain = isinstance(value, (date, datetime, time, Decimal))
    return _Cell(where, f"a {type(value).__name__}", value, str(value) if is_plain else None)


def _reported(name: str, column: str, dtype: str, misfits: Sequence[_Cell], values: int) -> list[Problem]:
    """The lines whose value is not of a column's type: each, or one report of all where they are very many."""
    is_many = len(misfits) > _MOST_NAMED
    can_be_text = all(cell.fits("string") for cell in misfits)
    instead = f"keep the column as text (--keep {column}=string)" if can_be_text else "leave the column out"
    remedy = f"correct {'them' if is_many else 'it'}, or {instead}"
    wanted = _IN_WORDS[dtype]
    if is_many:
        told = first_few([f"{cell.where} has {cell.shown}" for cell in misfits])
        what = f"has {len(misfits):,} of {values:,} values of {column} that are not {wanted} ({told})"
        return [Problem(name, f"{what}; {remedy}")]
    return [
        Problem(cell.where, f"{column} {cell.shown} is {cell.kind}, and {column} holds {wanted}; {remedy}")
        for cell in misfits
    ]
