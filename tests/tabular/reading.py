"""A table as both views of it: row by row, and by column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from synpain_hf.errors import BadInputError
from synpain_hf.tabular.columns import read_columns
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.rows import Row, read_rows

NAMES = ("id", "word")


def rows_of(path: Path, wanted: Sequence[str] = NAMES) -> list[tuple[int, Row]]:
    """The rows of a file, each with its line."""
    return list(read_rows(GivenFile(path, path.name), wanted, list))


def columns_of(path: Path, wanted: Sequence[str] = NAMES) -> dict[str, list[Any]]:
    """The wanted columns of a file, as Python's values."""
    table = read_columns(path, wanted)
    return {name: table.listed(name, column) for name, column in table.columns.items()}


def refusals(path: Path) -> dict[str, list[str]]:
    """What is said of a file that cannot be read, row by row and by column, with its name alone."""
    found = {}
    views: dict[str, Callable[[Path], object]] = {"rows": rows_of, "columns": columns_of}
    for view, read in views.items():
        with pytest.raises(BadInputError) as raised:
            read(path)
        found[view] = [str(problem).removeprefix(f"{path.parent}/") for problem in raised.value.problems]
    return found
