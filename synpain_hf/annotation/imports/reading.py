"""A tool's table, row by row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synpain_hf.annotation.imports.cells import value_of
from synpain_hf.annotation.imports.columns import Columns, columns_of
from synpain_hf.annotation.imports.tool import CONFIDENCE, ScaleName, Tool
from synpain_hf.errors import Problem
from synpain_hf.progress import Progress, silent
from synpain_hf.tabular.forms import form_of
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.notes import MOST_NOTES, open_below_notes

NO_FACE = "no face found"
NO_VALUES = "no values in the table"


@dataclass(frozen=True)
class Measured:
    """What a row says.

    Attributes:
        line: Where it ends in the file, from 1.
        picture: The name of the picture, or the `pair_id`, as it stands there.
        face: The face, where the row names it.
        values: What was measured, by the column of the release; None where it is missing.
        scale: The tool's scale of the units; None where there is none.
        reason: Why nothing was measured; empty where something was.
    """

    line: int
    picture: str
    face: str | None
    values: Mapping[str, float | None]
    scale: ScaleName | None
    reason: str

    @property
    def rank(self) -> tuple[bool, float]:
        """Of several rows for a face the greatest counts: a face found before none, then the most confident."""
        return not self.reason, self.values.get(CONFIDENCE) or 0.0


@dataclass(frozen=True)
class ToolTable:
    """A table that was recognised.

    Attributes:
        file: The file.
        tool: Whose table it is.
        columns: What is taken over.
        rows: Its rows, each with the line in which it ends.
        picture: The picture of all rows, where no column names one.
        decimal_commas: Whether a number may have a comma as its decimal sign.
    """

    file: GivenFile
    tool: Tool
    columns: Columns
    rows: Iterator[tuple[int, Sequence[str]]]
    picture: str
    decimal_commas: bool

    def measured(self) -> Iterator[Measured | Problem]:
        """What each row says, or what is wrong with it.

        Raises:
            BadInputError: If the file cannot be read on.
        """
        with self.file.being_read():
            for line, cells in self.rows:
                yield self._measured(line, cells)

    def _measured(self, line: int, cells: Sequence[str]) -> Measured | Problem:
        tool, columns = self.tool, self.columns
        picture = self.picture if columns.picture is None else cells[columns.picture]
        face = None if columns.face is None else cells[columns.face].strip().lower()
        reason = self._failure(cells)
        values: dict[str, float | None] = {}
        scales: set[ScaleName | None] = set()
        for taken in columns.taken:
            cell = "" if cells[taken.at].strip().lower() in tool.failures else cells[taken.at]
            try:
                value, scale = value_of(cell, taken.measure, decimal_commas=self.decimal_commas)
            except ValueError as error:
                return Problem(f"{self.file.name}:{line}", f"{taken.name} {error}")
            values[taken.column] = None if reason and taken.column != CONFIDENCE else value
            scales.add(scale)
        known = scales - {None}
        if len(known) > 1:
            cause = f"has units on the scales {' and '.join(sorted(map(str, known)))}"
            return Problem(f"{self.file.name}:{line}", f"{cause}; export the table again with one of them")
        if not reason and all(value is None for name, value in values.items() if name != CONFIDENCE):
            reason = NO_FACE if tool.found else NO_VALUES
        return Measured(line, picture, face, values, None if reason else next(iter(known), None), reason)

    def _failure(self, cells: Sequence[str]) -> str:
        """Why nothing was measured; empty if a face was found."""
        words = (cells[taken.at].strip().lower() for taken in self.columns.taken)
        said = next((self.tool.failures[word] for word in words if word in self.tool.failures), "")
        return said or (NO_FACE if any(_is_zero(cells[at]) for at in self.columns.found) else "")


def open_table(file: GivenFile, tools: Collection[Tool], progress: Progress = silent) -> ToolTable:
    """Recognise the tool of a table by the names of its columns.

    Args:
        file: The file.
        tools: The tools that it may be of; the first that fits is taken.
        progress: Called with the bytes read, if there are many.

    Raises:
        BadInputError: If it cannot be read, is of no such tool, or has columns that cannot be used.
    """
    with file.being_read():
        form = form_of(file)
        if form != "delimited":
            raise file.refusal(f"is {form.replace('_', ' ')}, not text with commas or tabs; save the table as CSV")
        opened = open_below_notes(file, lambda names: any(tool.is_header(names) for tool in tools))
    if opened is None:
        titles = ", ".join(dict.fromkeys(tool.title for tool in tools))
        raise file.refusal(
            f"has no columns of a known tool ({titles}) in its first {MOST_NOTES} lines; export it with its header, or "
            "give a CSV with pair_id, face and numbers"
        )
    table, notes = opened
    tool = next(tool for tool in tools if tool.is_header(table.names))
    columns = columns_of(tool, table.names, file)
    picture = _noted(notes, tool) or file.path.name
    return ToolTable(file, tool, columns, table.rows(progress), picture, table.has_decimal_commas)


def _noted(notes: Sequence[str], tool: Tool) -> str:
    """The picture that a line above the table names; empty if none does."""
    lines = (note.partition(":") for note in notes if tool.note)
    return next((value.strip(' \t",;') for name, _, value in lines if name.strip(' "').lower() == tool.note), "")


def _is_zero(cell: Any) -> bool:
    text = cell.strip().replace(",", ".")
    try:
        return not text or float(text) == 0.0 or text.lower() == "nan"
    except ValueError:
        return False
