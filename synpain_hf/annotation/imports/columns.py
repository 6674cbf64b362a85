"""Which columns of a table are taken over, and what the release calls them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synpain_hf.annotation.imports.tool import Measure, Tool
from synpain_hf.errors import BadInputError, Problem
from synpain_hf.tabular.given import GivenFile

_OURS = ("annotator", "scale", "pspi", "kind", "reason", "row_id")
"""Columns that the import writes itself, or that are no numbers."""


@dataclass(frozen=True)
class TakenColumn:
    """A column that is taken over.

    Attributes:
        at: Its place in the table, from 0.
        name: What the table calls it.
        column: What the release calls it.
        measure: What its values are.
    """

    at: int
    name: str
    column: str
    measure: Measure


@dataclass(frozen=True)
class Columns:
    """The columns of a table.

    Attributes:
        taken: Those that are taken over.
        picture: Where the name of the picture, or the `pair_id`, stands; None where no column has it.
        face: Where the name of the face stands; None where no column has it.
        found: Where it stands whether a face was found.
    """

    taken: Sequence[TakenColumn]
    picture: int | None
    face: int | None
    found: Sequence[int]


def columns_of(tool: Tool, names: Sequence[str], file: GivenFile) -> Columns:
    """Find the columns of a tool in the header of a table.

    Raises:
        BadInputError: If two columns mean the same, or one of the user's own cannot be taken over; lists all of them.
    """
    lower = [name.lower() for name in names]
    picture = next((lower.index(name) for name in tool.pictures if name in lower), None)
    face = lower.index("face") if tool.by_face else None
    taken = [
        column for at, name in enumerate(names) if at not in (picture, face) and (column := _taken(tool, at, name))
    ]
    problems = [Problem(file.name, reason) for reason in _wrong(tool, taken, names, {picture, face})]
    if problems:
        raise BadInputError(problems)
    return Columns(taken, picture, face, [lower.index(name) for name in tool.found if name in lower])


def _taken(tool: Tool, at: int, name: str) -> TakenColumn | None:
    for measure in tool.measures:
        column = measure.column_of(name)
        if column is not None:
            return TakenColumn(at, name, column or name, measure)
    return None


def _wrong(tool: Tool, taken: Sequence[TakenColumn], names: Sequence[str], keys: set[int | None]) -> Iterator[str]:
    for column, often in Counter(column.column.lower() for column in taken).items():
        if often > 1:
            same = [each.name for each in taken if each.column.lower() == column]
            yield f"has {' and '.join(same)}, which mean the same; keep one of them"
    if tool.name == "plain":
        for name in (column.name for column in taken if column.column.lower() in _OURS):
            yield f"has a column {name}, which the import writes itself or cannot take over; rename it, or leave it out"
        known = {column.at for column in taken} | keys
        for name in (name for at, name in enumerate(names) if name and at not in known):
            yield f"has a column {name!r}; call it with letters a-z, digits and _, or leave it out"
    if not taken:
        yield "has no column of numbers beside those that name the face; add what was measured"
