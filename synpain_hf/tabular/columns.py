"""A table column by column, in any form: the columns that are wanted, as Arrow arrays or Python lists."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.progress import Progress, silent
from synpain_hf.tabular import parquet
from synpain_hf.tabular.delimited import MISSING, open_delimited
from synpain_hf.tabular.forms import Form, form_of
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.json_lines import objects

Column: TypeAlias = pa.ChunkedArray | list[Any]
"""What Arrow read, or what JSON held."""

Coded = tuple[list[str | None], npt.NDArray[np.int64]]
"""Distinct texts, None for a missing value; and for each row an index into them."""

_ROWS_AT_A_TIME = 2**16
_MISSING = pa.array(MISSING)
_DECIMAL_COMMA = r"^([+-]?[0-9]*),([0-9]+(?:[eE][+-]?[0-9]+)?)$"


@dataclass(frozen=True)
class TableFile:
    """The wanted columns of a file.

    Attributes:
        file: The file.
        names: All columns that it has.
        columns: The wanted ones that are there.
        class_names: Of the columns that `datasets` wrote as ClassLabels.
        lines: In which line of the file each row ends, from 1; None for Parquet, which has no lines.
        has_decimal_commas: Whether a number may be written with a comma as its decimal sign.
    """

    file: GivenFile
    names: list[str]
    columns: dict[str, Column]
    class_names: dict[str, list[str]] = field(default_factory=dict)
    lines: Sequence[int] | None = None
    has_decimal_commas: bool = False

    def __len__(self) -> int:
        """Number of rows, if at least one wanted column is there."""
        return len(next(iter(self.columns.values()), ()))

    @property
    def name(self) -> str:
        """The file, as it was given."""
        return self.file.name

    def problem(self, row: int, cause: str, remedy: str) -> Problem:
        """What is wrong with a row, and where to find it in the file."""
        if self.lines is None:
            return Problem(f"{self.name}:{row}", f"{cause}; {remedy} (row {row}, from 0)")
        return Problem(f"{self.name}:{self.lines[row]}", f"{cause}; {remedy}")

    def listed(self, name: str, values: Column) -> list[Any]:
        """A column as Python's values.

        Args:
            name: What it is called.
            values: The column, or some of its values.

        Raises:
            BadInputError: If it holds what Python cannot represent, such as text that is not UTF-8.
        """
        return values if isinstance(values, list) else parquet.listed(self.file, name, values)

    def numerals(self, name: str) -> Column:
        """A column whose values are to be read as numbers: with decimal points, where all decimals have commas."""
        values = self.columns[name]
        if not self.has_decimal_commas or pc.any(pc.match_substring(values, ".")).as_py():
            return values
        return pc.replace_substring_regex(values, _DECIMAL_COMMA, r"\1.\2")

    def coded(self, name: str) -> Coded:
        """A column as texts, without white space around them.

        Missing are null, the number NaN, and text of white space only; in tables with delimiters also R's `NA`.

        Raises:
            BadInputError: If a cell holds several values, such as a list.
        """
        values = self.columns[name]
        distinct, codes = self._distinct(name, values) if isinstance(values, list) else self._encoded(name, values)
        return [_text(value) for value in distinct], codes

    def _distinct(self, name: str, values: list[Any]) -> tuple[list[Any], npt.NDArray[np.int64]]:
        nested = [row for row, value in enumerate(values) if isinstance(value, (dict, list))]
        if nested:
            raise BadInputError(
                self.problem(row, f"{name} holds several values", "give one, such as a text or a number")
                for row in nested
            )
        index: dict[tuple[type, Any], int] = {}  # True equals 1, but prints differently
        codes = [index.setdefault((type(value), value), len(index)) for value in values]
        return [value for _, value in index], np.asarray(codes, np.int64)

    def _encoded(self, name: str, values: pa.ChunkedArray) -> tuple[list[Any], npt.NDArray[np.int64]]:
        try:
            encoded = values.dictionary_encode().combine_chunks()
        except pa.ArrowNotImplementedError:
            reason = f"the column {name!r} holds {values.type}; name one with a text or a number in each row"
            raise self.file.refusal(reason) from None
        distinct = self.listed(name, encoded.dictionary)
        codes = encoded.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)
        return [*distinct, None], codes.astype(np.int64)


def read_columns(path: Path, wanted: Collection[str], progress: Progress = silent) -> TableFile:
    """Read some columns of a file.

    Args:
        path: A table with a header and commas, tabs, semicolons or bars; JSON Lines; or Parquet.
        wanted: Names of columns; those that are not there are left out.
        progress: Called with the rows (Parquet) or bytes read, if there are many.

    Raises:
        UsageError: If there is no such file.
        BadInputError: If it cannot be read, or has no rows, or has a wanted column twice.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise UsageError(f"{path} {what}; give a table (CSV, JSON Lines or Parquet)")
    file = GivenFile(path, str(path))
    with file.being_read():
        table = _readers[form_of(file)](file, wanted, progress)
    if table.columns and not len(table):
        raise file.refusal("has no rows, only the names of its columns; give one that has rows")
    return table


def _parquet(file: GivenFile, wanted: Collection[str], progress: Progress) -> TableFile:
    with parquet.opened(file) as table:
        schema, count = table.schema_arrow, table.metadata.num_rows
        names = schema.names
        chosen = _chosen(file, names, wanted)
        batches, done = [], 0
        for batch in table.iter_batches(_ROWS_AT_A_TIME, columns=chosen):
            batches.append(batch.select(chosen))  # `columns` also reads `score.x` for `score`
            done += len(batch)
            if count > _ROWS_AT_A_TIME:
                progress("rows", done, count)
    fields = pa.schema([schema.field(name) for name in chosen])
    read = pa.Table.from_batches(batches, None if batches else fields)
    return TableFile(file, names, {name: read[name] for name in chosen}, parquet.class_names(schema))


def _json_lines(file: GivenFile, wanted: Collection[str], progress: Progress) -> TableFile:
    names: dict[str, None] = {}
    lines = array("q")
    columns: dict[str, list[Any]] = {name: [] for name in wanted}
    for line, row in objects(file, progress):
        names.update(dict.fromkeys(row))
        for name, values in columns.items():
            values.append(row.get(name))
        lines.append(line)
    return TableFile(file, list(names), {name: columns[name] for name in names if name in columns}, lines=lines)


def _delimited(file: GivenFile, wanted: Collection[str], progress: Progress) -> TableFile:
    table = open_delimited(file, wanted)
    if not table.names:
        raise file.refusal("is empty; give one that has rows")
    chosen = _chosen(file, table.names, wanted)
    cells_of = {name: list[str]() for name in chosen}
    kept = [(cells_of[name], table.names.index(name)) for name in chosen]
    chunks: dict[str, list[pa.Array]] = {name: [] for name in chosen}
    lines = array("q")

    def pack() -> None:
        for name, cells in cells_of.items():
            chunks[name].append(_packed(cells))
            cells.clear()

    for line, row in table.rows(progress):
        lines.append(line)
        for cells, position in kept:
            cells.append(row[position])
        if len(lines) % _ROWS_AT_A_TIME == 0:
            pack()
    pack()
    columns: dict[str, Column] = {name: pa.chunked_array(arrays, pa.string()) for name, arrays in chunks.items()}
    return TableFile(file, table.names, columns, lines=lines, has_decimal_commas=table.has_decimal_commas)


def _packed(texts: list[str]) -> pa.Array:
    """Cells without white space around them; null where they are empty."""
    cells = pc.utf8_trim_whitespace(pa.array(texts, pa.string()))
    return pc.if_else(pc.is_in(cells, _MISSING), None, cells)


_readers: dict[Form, Callable[[GivenFile, Collection[str], Progress], TableFile]] = {
    "delimited": _delimited,
    "json_lines": _json_lines,
    "parquet": _parquet,
}


def _chosen(file: GivenFile, names: Sequence[str], wanted: Collection[str]) -> list[str]:
    """The wanted names among those of a file, none of which may be there twice."""
    file.refuse_repeated(names, wanted)
    return [name for name in names if name in wanted]


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value).strip() or None
