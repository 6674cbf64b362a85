"""Tables with a delimiter between cells: commas, tabs, semicolons or bars, as Python, R and spreadsheets write them."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from synpain_hf.errors import BadInputError
from synpain_hf.progress import Progress, silent
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.text_lines import lines

if TYPE_CHECKING:
    from _csv import Reader as CsvReader  # it has no public name before Python 3.13

DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}

MISSING = ("", "NA")
"""Cells without a value: empty ones, and those of R."""

_BESIDE_DECIMAL_COMMAS = ("\t", ";")
_SAID_BY_EXCEL = re.compile(r"\"? *sep *= *([,;|\t])\1*\"?\s*", re.IGNORECASE)
"""Excel itself adds delimiters to it, as to every row that has fewer cells than others."""


@dataclass(frozen=True)
class Delimited:
    """How a file is written.

    Attributes:
        file: The file.
        delimiter: What stands between its cells.
        names: The names of its columns, the last of which may be empty; none in an empty file.
        lines_before: Lines before the table: the `sep=` of a spreadsheet.
    """

    file: GivenFile
    delimiter: str
    names: list[str]
    lines_before: int

    @property
    def named(self) -> int:
        """The number of columns up to the last one with a name."""
        return max((number for number, name in enumerate(self.names, 1) if name), default=0)

    @property
    def has_decimal_commas(self) -> bool:
        """Whether a comma within a number is the decimal sign; beside commas or bars it may be anything."""
        return self.delimiter in _BESIDE_DECIMAL_COMMAS

    def rows(self, progress: Progress = silent) -> Iterator[tuple[int, list[str]]]:
        """The line in which each row ends, from 1, and its cells, as many as `names`; empty rows are left out.

        Args:
            progress: Called with the bytes read, if there are many.

        Raises:
            BadInputError: If a row has a different number of cells, or the file is not text or not such a table.
            OSError: If it cannot be read.
        """
        before, width = self.lines_before, len(self.names)
        table = _reader(self.file, self.delimiter, before, progress)
        rows = filter(any, table)
        try:
            next(rows, None)
            for cells in rows:
                line = before + table.line_num
                yield line, cells if len(cells) == width else self._fitted(cells, line)
        except csv.Error as error:
            raise _invalid(self.file, error, before + table.line_num) from error

    def _fitted(self, cells: list[str], line: int) -> list[str]:
        """A row longer or shorter than the header: extra cells must be empty, missing ones must have no name."""
        count, width = len(cells), len(self.names)
        if count >= self.named and not any(cells[width:]):
            return cells[:width] + [""] * (width - count)
        between = DELIMITERS[self.delimiter]
        reason = f"has {count} cell{'s' * (count != 1)} between {between}, not {self.named} as the header"
        remedy = f"quote cells that hold {between}" if count > width else "write those that are missing, empty or not"
        raise self.file.refusal(f"{reason}; {remedy}", line)


def open_delimited(file: GivenFile, wanted: Collection[str]) -> Delimited:
    """Find out how a file is written.

    The delimiter is the one that the file itself names, in a first line such as `sep=;`; else the one that gives the
    most wanted columns, then the most columns.

    Args:
        file: The file.
        wanted: Names of columns that it may have.

    Raises:
        BadInputError: If it is not text.
        OSError: If it cannot be read.
    """
    blank, first = next(((count, line) for count, line in enumerate(lines(file)) if line.strip()), (0, ""))
    said = _SAID_BY_EXCEL.fullmatch(first)
    before = blank + 1 if said else 0
    delimiter = said[1] if said else _likeliest_delimiter(file, wanted)
    table = _reader(file, delimiter, before)
    try:
        names = _names(table)
    except csv.Error as error:
        raise _invalid(file, error, before + table.line_num) from error
    return Delimited(file, delimiter, names, before)


def _likeliest_delimiter(file: GivenFile, wanted: Collection[str]) -> str:
    def columns(delimiter: str) -> tuple[int, int]:
        try:
            names = _names(_reader(file, delimiter, strict=False))
        except csv.Error:
            return 0, 0
        return len(set(wanted) & set(names)), len(names)

    return max(DELIMITERS, key=columns)


def _reader(
    file: GivenFile, delimiter: str, lines_before: int = 0, progress: Progress = silent, *, strict: bool = True
) -> CsvReader:
    text = islice(lines(file, progress), lines_before, None)
    return csv.reader(text, delimiter=delimiter, skipinitialspace=True, strict=strict)


def _names(table: CsvReader) -> list[str]:
    """The names of the columns, in the first row that is not empty."""
    return [name.strip() for name in next(filter(any, table), [])]


def _invalid(file: GivenFile, error: csv.Error, line: int) -> BadInputError:
    if str(error).startswith("field larger than"):
        longest = csv.field_size_limit()
        reason = f"has a cell of more than {longest:,} characters; shorten it, or close the quotes that it opens"
        return file.refusal(reason, line)
    return file.refusal(f"is not valid CSV ({error}); correct it", line)
