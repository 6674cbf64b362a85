"""Tables below lines of notes, as programs that log their work write them."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from itertools import islice

from synpain_hf.tabular.delimited import DELIMITERS, Delimited
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.text_lines import lines

MOST_NOTES = 200
"""Lines in which a header is looked for."""

IsHeader = Callable[[Sequence[str]], bool]
"""Whether these are the names of a table's columns."""


def open_below_notes(file: GivenFile, is_header: IsHeader) -> tuple[Delimited, list[str]] | None:
    """Find the header of a table among the first lines of a file.

    Args:
        file: The file.
        is_header: Whether the cells of a line are the names of the columns.

    Returns:
        The table, and the lines above it; None where no line is a header.

    Raises:
        BadInputError: If it is not text.
        OSError: If it cannot be read.
    """
    notes: list[str] = []
    for number, line in enumerate(islice(lines(file), MOST_NOTES)):
        for delimiter in DELIMITERS:
            names = _names(line, delimiter)
            if is_header(names):
                return Delimited(file, delimiter, names, number), notes
        notes.append(line.strip())
    return None


def _names(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])]
    except csv.Error:
        return []
