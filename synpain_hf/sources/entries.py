"""The line of a table that becomes a pair, whatever the table is in."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from shlex import quote
from typing import Any

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.pair import KEPT_NAME, Kept, Pair, Picture
from synpain_hf.schemas import properties, violations
from synpain_hf.sources.wording import Wording
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.vocabulary import CLASSES, meanings

PICTURE_COLUMNS = ("composite", "neutral", "expressive")

FindPicture = Callable[[str, Any], Picture]
"""The picture that a column's value means; a `ValueError` says why there is none."""

_INTEGERS = ("fold", "seed", "part", "frame")
_NUMBERS = ("pspi", "age", "time")
_IDS = ("pair_id", "identity", "derived_from")
_MISSING_WORDS = frozenset(("", "nan", "na", "n/a", "null", "none"))
_INTEGER = re.compile(r"([+-]?[0-9]{1,20})(?:\.0*)?")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_LONGEST_SHOWN = 200


class AbsentError(ValueError):
    """A picture that a table names is not there.

    Args:
        reason: Cause, then remedy.
        picture: The picture, and what else may be meant.
    """

    def __init__(self, reason: str, picture: str) -> None:
        super().__init__(reason)
        self.picture = picture


def entry_of(
    where: str, row: Mapping[str, Any], wording: Wording, find: FindPicture, kept: tuple[Kept, ...] = ()
) -> Pair | Problem:
    """The pair of a line, or everything that is wrong with it.

    Args:
        where: The line, for messages.
        row: Its values, by the names of the table's columns.
        wording: How the table is written.
        find: Finds the pictures.
        kept: What is kept of it.
    """
    fields = fields_of(row, wording)
    known, reasons = with_known_words(fields, ", or say what it means in a file (--map)")
    reasons += violations("pair", known)
    reasons += [
        f"{column} holds half a character (a lone surrogate); correct it"
        for column, value in fields.items()
        if isinstance(value, str) and _LONE_SURROGATE.search(value)
    ]
    pictures, absent = [], []
    if not reasons:
        for column in PICTURE_COLUMNS:
            if column in fields:
                try:
                    pictures.append(find(column, fields.pop(column)))
                except ValueError as error:
                    reasons.append(str(error))
                    absent += [error.picture] if isinstance(error, AbsentError) else []
    if reasons:
        missing = absent[0] if len(absent) == len(reasons) else ""
        return Problem(where, "; also: ".join(reasons), str(fields.get("pair_id", "")), missing)
    return Pair(**fields, pictures=tuple(pictures), listed_at=where, kept=kept)


def check_columns(name: str, columns: Sequence[str], wording: Wording) -> None:
    """Refuse a table that can hold no pair, once and not line by line.

    Args:
        name: The table, for messages.
        columns: Its columns.
        wording: How it is written.

    Raises:
        BadInputError: If a column is missing, unknown, or there twice.
    """
    called = wording.columns(columns)
    counts = Counter(called[column] for column in columns if column in called)
    known, required = properties("pair")
    reasons = [f"names the column {column!r} {count} times; keep one" for column, count in counts.items() if count > 1]
    reasons += [f"has no column {column!r}; add it" for column in sorted(required - set(counts))]
    if "composite" not in counts and not {"neutral", "expressive"} <= set(counts):
        reasons.append("has neither a column 'composite' nor both 'neutral' and 'expressive'; add what it has")
    choices = ", ".join(sorted(known))
    reasons += [
        f"has an unknown column {column!r}{did_you_mean(column, sorted(known))}; {_to_keep(column)}"
        f"leave it out (--drop {quote(column)}), or rename it to one of {choices}"
        for column in sorted(set(counts) - known - set(wording.kept))
    ]
    reasons += [
        f"has no column {column!r} that could be kept{did_you_mean(column, columns)}; correct --keep"
        for column in sorted(set(wording.kept) - set(counts))
    ]
    reasons += [
        f"has no column {column!r} that could be left out{did_you_mean(column, columns)}; correct --drop"
        for column in sorted(set(wording.dropped) - set(columns))
    ]
    if reasons:
        raise BadInputError(Problem(name, reason) for reason in reasons)


def _to_keep(column: str) -> str:
    """The remedy for a column that a release may keep, under another name where this one cannot be."""
    if KEPT_NAME.fullmatch(column):
        return f"keep it (--keep {column}), "
    return "keep it under a name of letters, digits, _ and - (columns in --map, and --keep), " if column else ""


def fields_of(row: Mapping[str, Any], wording: Wording) -> dict[str, Any]:
    """A line by our columns, without missing values, its words canonical and its integers numbers."""
    called = {theirs: ours for theirs, ours in wording.columns(row).items() if ours not in wording.kept}
    named = ((ours, wording.meaning(ours, row[theirs])) for theirs, ours in called.items())
    return {column: _meant(column, value) for column, value in named if not _is_missing(value)}


def with_known_words(fields: Mapping[str, Any], otherwise: str = "") -> tuple[dict[str, Any], list[str]]:
    """The fields with some known word for each one that is not, and why those are refused.

    Args:
        fields: The fields.
        otherwise: What else may be done about an unknown word.
    """
    reasons = []
    known = dict(fields)
    for column, names in CLASSES.items():
        if column not in fields or fields[column] in names:
            continue
        known[column] = names[0]
        value = shortened(repr(fields[column]))
        if several := meanings(column, fields[column]):
            reasons.append(f"{column} {value} may be {' or '.join(several)}; write which of them it is")
        else:
            near, known_words = did_you_mean(str(fields[column]), names), ", ".join(names)
            reasons.append(f"{column} {value} is unknown{near}; use one of {known_words}{otherwise}")
    return known, reasons


def _is_missing(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in _MISSING_WORDS
    return value is None or (isinstance(value, float) and math.isnan(value))


def _meant(column: str, value: Any) -> Any:
    if column in _INTEGERS:
        return _integer(value)
    if column in _NUMBERS:
        return _number(value)
    if column in _IDS and type(value) is int:
        return str(value)
    return value.strip() if isinstance(value, str) and column not in CLASSES else value


def _integer(value: Any) -> Any:
    """The integer that a table meant (`3`, `"3"`, `3.0`), or the value as it came, for the JSON Schema to refuse."""
    if isinstance(value, bool):
        return value
    match = _INTEGER.fullmatch(str(value).strip())
    return int(match[1]) if match else value


def _number(value: Any) -> Any:
    """The number that a table meant, or the value as it came, for the JSON Schema to refuse."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return value
    return number if math.isfinite(number) and not isinstance(value, bool) else value


def shortened(text: str) -> str:
    """A value for a message, or its beginning where it is long."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
