"""A table row by row, in any form, each row with its place in the file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from synpain_hf.tabular import parquet
from synpain_hf.tabular.delimited import open_delimited
from synpain_hf.tabular.forms import Form, form_of
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.json_lines import objects

Row = dict[str, Any]
"""The values of a row by the names of their columns: texts, or what JSON or Parquet holds."""

Accept = Callable[[Sequence[str]], object]
"""Checks the names of a table's columns, and raises if they cannot be used."""


def read_rows(file: GivenFile, wanted: Collection[str], accept: Accept) -> Iterator[tuple[int, Row]]:
    """Read all columns of a table.

    Args:
        file: A table with a header and commas, tabs, semicolons or bars; JSON Lines; or Parquet.
        wanted: Names of columns that it may have, to recognise the delimiter.
        accept: Called with the names of the columns before the first row; for JSON Lines, where they are not known
            earlier, after the last row, if there are rows.

    Yields:
        The line in which each row ends (Parquet: the number of the row), from 1; and the row.

    Raises:
        BadInputError: If it cannot be read, is too large, names a wanted column twice, or has a value in a column
            without a name.
    """
    with file.being_read():
        yield from _readers[form_of(file)](file, wanted, accept)


def _delimited(file: GivenFile, wanted: Collection[str], accept: Accept) -> Iterator[tuple[int, Row]]:
    table = open_delimited(file, wanted)
    names = table.names[: table.named]
    accept(names)
    file.refuse_repeated(names, wanted)
    for line, cells in table.rows():
        stray = "".join(cells[table.named :]).strip()
        if stray:
            raise file.refusal(f"has {stray[:60]!r} in a column without a name; name the column, or remove it", line)
        yield line, dict(zip(names, cells, strict=False))


def _json_lines(file: GivenFile, _: Collection[str], accept: Accept) -> Iterator[tuple[int, Row]]:
    names: dict[str, None] = {}
    line = 0
    for line, row in objects(file):
        names.update(dict.fromkeys(row))
        yield line, row
    if line:
        accept(list(names))


def _parquet(file: GivenFile, wanted: Collection[str], accept: Accept) -> Iterator[tuple[int, Row]]:
    with parquet.opened(file) as table:
        names = table.schema_arrow.names
    accept(names)
    file.refuse_repeated(names, wanted)
    yield from parquet.rows(file, names)


_readers: dict[Form, Callable[[GivenFile, Collection[str], Accept], Iterator[tuple[int, Row]]]] = {
    "delimited": _delimited,
    "json_lines": _json_lines,
    "parquet": _parquet,
}
