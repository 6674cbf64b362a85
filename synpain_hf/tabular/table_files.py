"""Columns of a table in a file: CSV, JSON Lines or Parquet, told apart by content rather than by the file's name."""

from __future__ import annotations

import csv
import json
import math
from array import array
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.progress import Progress, silent

Coded = tuple[list[str | None], npt.NDArray[np.int64]]
"""Distinct texts, None for a missing value; and for each row an index into them."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_PARQUET_STARTS = b"PAR1"
_JSON_STARTS = (b"{", b"[")
_ENOUGH_TO_TELL = 4096
_DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
_ROWS_AT_A_TIME = 2**16
_METADATA = b"huggingface"
"""Where `datasets` keeps the features of a Parquet file, those of ClassLabel columns with the names of the classes."""


@dataclass(frozen=True)
class TableFile:
    """The columns that were wanted of a file.

    Attributes:
        name: The file, as it was given.
        names: All columns that the file has.
        columns: Those that were wanted and are there: what Arrow read, or what JSON held.
        class_names: Of the columns that `datasets` wrote as ClassLabels.
        lines: In which line of the file each row ends, from 1; None for Parquet, which has no lines.
    """

    name: str
    names: list[str]
    columns: dict[str, pa.ChunkedArray | list[Any]]
    class_names: dict[str, list[str]] = field(default_factory=dict)
    lines: Sequence[int] | None = None

    def __len__(self) -> int:
        """Number of rows, as long as a column was wanted that is there."""
        return len(next(iter(self.columns.values()), ()))

    def problem(self, row: int, cause: str, remedy: str) -> Problem:
        """What is wrong with a row, for someone who looks for it in the file."""
        if self.lines is None:
            return Problem(f"{self.name}:{row}", f"{cause}; {remedy} (row {row}, from 0)")
        return Problem(f"{self.name}:{self.lines[row]}", f"{cause}; {remedy}")

    def values(self, name: str) -> list[Any]:
        """A column as Python's values.

        Raises:
            BadInputError: If it holds what Python cannot, such as text that is not UTF-8.
        """
        values = self.columns[name]
        return values if isinstance(values, list) else self._listed(name, values)

    def coded(self, name: str) -> Coded:
        """A column as texts, without white space around them.

        Missing are null, the number NaN, and a text of white space only (an empty cell); words such as `NA` are values.

        Raises:
            BadInputError: If there are values that are none, such as lists.
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
        index: dict[tuple[type, Any], int] = {}  # True is 1, and prints as something else
        codes = [index.setdefault((type(value), value), len(index)) for value in values]
        return [value for _, value in index], np.asarray(codes, np.int64)

    def _encoded(self, name: str, values: pa.ChunkedArray) -> tuple[list[Any], npt.NDArray[np.int64]]:
        try:
            encoded = values.dictionary_encode().combine_chunks()
        except pa.ArrowNotImplementedError:
            reason = f"the column {name!r} holds {values.type}; name one with a text or a number a row"
            raise BadInputError([Problem(self.name, reason)]) from None
        distinct = self._listed(name, encoded.dictionary)
        codes = encoded.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)
        return [*distinct, None], codes.astype(np.int64)

    def _listed(self, name: str, values: pa.Array | pa.ChunkedArray) -> list[Any]:
        try:
            listed: list[Any] = values.to_pylist()
        except ValueError as error:
            reason = f"the column {name!r} cannot be read ({error}); write the file again"
            raise BadInputError([Problem(self.name, reason)]) from error
        return listed


def read_table(path: Path, wanted: Collection[str], progress: Progress = silent) -> TableFile:
    """Read some columns of a file.

    Args:
        path: A table with a header and commas, tabs, semicolons or bars; JSON Lines; or Parquet.
        wanted: Names of columns; those that are not there are left out.
        progress: Told of rows (Parquet) or bytes, where there are many.

    Raises:
        UsageError: If there is no such file.
        BadInputError: If it cannot be read, or has no rows, or has a wanted column twice.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise UsageError(f"{path} {what}; give a table of predictions (CSV, JSON Lines or Parquet)")
    try:
        with path.open("rb") as file:
            head = file.read(_ENOUGH_TO_TELL)
        if head.startswith(_PARQUET_STARTS):
            table = _read_parquet(path, wanted, progress)
        elif head.removeprefix(_BYTE_ORDER_MARK).lstrip().startswith(_JSON_STARTS):
            table = _read_json_lines(path, wanted, progress)
        else:
            table = _read_delimited(path, wanted, progress)
    except OSError as error:
        raise _unusable(path, f"cannot be read ({error.strerror or error}); check the file") from error
    if table.columns and not len(table):
        raise _unusable(path, "has no rows, only the names of its columns; give one that holds predictions")
    return table


def _read_parquet(path: Path, wanted: Collection[str], progress: Progress) -> TableFile:
    try:
        with pq.ParquetFile(path) as file:
            schema, count = file.schema_arrow, file.metadata.num_rows
            names = _without_repetition(path, schema.names, wanted)
            chosen = [name for name in names if name in wanted]
            batches, done = [], 0
            for batch in file.iter_batches(_ROWS_AT_A_TIME, columns=chosen):
                batches.append(batch.select(chosen))  # `columns` also reads `score.x` for `score`
                done += len(batch)
                if count > _ROWS_AT_A_TIME:
                    progress("rows", done, count)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise _unusable(path, f"is no readable Parquet file ({_one_line(error)}); write it again") from error
    fields = pa.schema([schema.field(name) for name in chosen])
    read = pa.Table.from_batches(batches, None if batches else fields)
    return TableFile(str(path), names, {name: read[name] for name in chosen}, _class_names(schema))


def _class_names(schema: pa.Schema) -> dict[str, list[str]]:
    try:
        features = json.loads((schema.metadata or {}).get(_METADATA, b"{}"))["info"]["features"].items()
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # there are no such metadata, or someone else's
    return {
        name: list(map(str, feature["names"]))
        for name, feature in features
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and _holds_integers(schema, name)
    }


def _holds_integers(schema: pa.Schema, name: str) -> bool:
    return name in schema.names and pa.types.is_integer(schema.field(name).type)


def _read_json_lines(path: Path, wanted: Collection[str], progress: Progress) -> TableFile:
    names: dict[str, None] = {}
    lines = array("q")
    columns: dict[str, list[Any]] = {name: [] for name in wanted}
    for number, line in _lines(path, progress):
        if not line.strip():
            continue
        row = _json_object(path, number, line)
        names.update(dict.fromkeys(row))
        for name, values in columns.items():
            values.append(row.get(name))
        lines.append(number)
    return TableFile(str(path), list(names), {name: columns[name] for name in names if name in columns}, lines=lines)


def _json_object(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _unusable(path, f"is no valid JSON ({error}); write one object a line", number) from error
    if not isinstance(row, dict):
        raise _unusable(path, "is no JSON object; write one, {…}, a line, and no list around them", number)
    return row


def _read_delimited(path: Path, wanted: Collection[str], progress: Progress) -> TableFile:
    delimiter, header = _delimiter(path, wanted)
    if not header:
        raise _unusable(path, "is empty; give one that holds predictions")
    names = _without_repetition(path, header, wanted)
    chosen = {name: position for position, name in enumerate(names) if name in wanted}
    chunks: dict[str, list[pa.Array]] = {name: [] for name in chosen}
    lines, rows = array("q"), list[list[str]]()

    def keep() -> None:
        for name, position in chosen.items():
            cells = map(itemgetter(position), rows)
            chunks[name].append(pa.array((cell.strip() or None for cell in cells), pa.string()))
        rows.clear()

    texts = (line for _, line in _lines(path, progress))
    table = csv.reader(texts, delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        next(filter(None, table))
        for cells in table:
            if not cells:
                continue
            if len(cells) != len(names):
                reason = f"has {len(cells)} cells, not {len(names)} as the header"
                remedy = f"quote cells that hold {_DELIMITERS[delimiter]}"
                raise _unusable(path, f"{reason}; {remedy}", table.line_num)
            rows.append(cells)
            lines.append(table.line_num)
            if len(rows) == _ROWS_AT_A_TIME:
                keep()
    except csv.Error as error:
        raise _unusable(path, f"is no valid CSV ({error}); correct it", table.line_num) from error
    keep()
    return TableFile(str(path), names, {name: pa.chunked_array(chunks[name]) for name in chosen}, lines=lines)


def _delimiter(path: Path, wanted: Collection[str]) -> tuple[str, list[str]]:
    """What stands between the cells, and the names of the columns: the most that are wanted, else the most."""

    def header(delimiter: str) -> list[str]:
        table = csv.reader((line for _, line in _lines(path)), delimiter=delimiter, skipinitialspace=True)
        try:
            return [name.strip() for name in next(filter(None, table), [])]
        except csv.Error:
            return [""]  # whoever reads on is told

    found = {delimiter: header(delimiter) for delimiter in _DELIMITERS}
    best = max(found, key=lambda delimiter: (len(set(wanted) & set(found[delimiter])), len(found[delimiter])))
    return best, found[best]


def _lines(path: Path, progress: Progress = silent) -> Iterator[tuple[int, str]]:
    """The lines of a text, from 1, with their ends; decoded one by one, so that one that is no text can be named."""
    done, size = 0, path.stat().st_size
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield number, line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                reason = f"is not UTF-8 text (byte {error.start}); save the file as UTF-8"
                raise _unusable(path, reason, number) from error
            done += len(line)
            if number % _ROWS_AT_A_TIME == 0 or (number > _ROWS_AT_A_TIME and done == size):
                progress("bytes", done, size)


def _without_repetition(path: Path, names: Sequence[str], wanted: Collection[str]) -> list[str]:
    """The names, if no wanted one is among them twice."""
    counts = Counter(names)
    repeated = [name for name in counts if name in wanted and counts[name] > 1]
    if repeated:
        raise BadInputError(
            Problem(str(path), f"names the column {name!r} {counts[name]} times; keep one") for name in repeated
        )
    return list(names)


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return str(value).strip() or None


def _unusable(path: Path, reason: str, line: int | None = None) -> BadInputError:
    return BadInputError([Problem(str(path) if line is None else f"{path}:{line}", reason)])


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
