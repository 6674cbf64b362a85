"""Parquet files: rows batch by batch, values as Python objects."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.tabular.given import GivenFile
from synpain_hf.text.documents import parsed_json

MOST_BYTES, MOST_ROWS = 2**30, 2**25
"""Limits of a file that is read into Python objects as a whole: bytes once decompressed, and rows."""

MOST_TIMES = 100
"""How many times as large as in its file a column of pictures may be. Pictures are compressed already."""

_FREE_ROWS = 2**16
"""Rows that a file may have beside one for each of its bytes."""

_METADATA = b"huggingface"
"""Where `datasets` keeps the features of a Parquet file, those of ClassLabel columns with the names of the classes."""


@contextmanager
def opened(file: GivenFile, unrepeated: Sequence[str] = ()) -> Iterator[pq.ParquetFile]:
    """A Parquet file; what Arrow cannot read of it is reported.

    Args:
        file: The file.
        unrepeated: Paths of columns that are read as distinct values and indices into them.

    Raises:
        BadInputError: If it cannot be read.
    """
    try:
        with pq.ParquetFile(file.path, read_dictionary=unrepeated) as table:
            yield table
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = f"is not a readable Parquet file ({' '.join(str(error).split())}); write it again"
        raise file.refusal(reason) from error


def compresses_too_much(metadata: pq.FileMetaData, pictures: Collection[str]) -> bool:
    """Whether columns of pictures would take more than `MOST_TIMES` the memory that they take in the file.

    Args:
        metadata: Of the file.
        pictures: The names of the columns.
    """
    groups = map(metadata.row_group, range(metadata.num_row_groups))
    return any(
        leaf.path_in_schema.partition(".")[0] in pictures
        and leaf.total_uncompressed_size > MOST_TIMES * leaf.total_compressed_size
        for group in groups
        for leaf in map(group.column, range(group.num_columns))
    )


def rows(file: GivenFile, names: Sequence[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The number of each row, from 1, and its values by column.

    Args:
        file: The file.
        names: All of its columns, each once.

    Raises:
        BadInputError: If it cannot be read, or holds more than `MOST_BYTES` or `MOST_ROWS`.
    """
    with opened(file) as table:
        _check_size(file, table)
        leaves = [table.schema.column(number) for number in range(len(table.schema))]
    texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    numbers = count(1)
    with opened(file, texts) as table:  # a text that is in a million rows is in memory once
        for batch in table.iter_batches():
            columns = [listed(file, name, batch[name]) for name in names]
            for values, number in zip(zip(*columns, strict=True), numbers, strict=False):
                yield number, dict(zip(names, values, strict=True))


def _check_size(file: GivenFile, table: pq.ParquetFile) -> None:
    groups = (table.metadata.row_group(number) for number in range(table.num_row_groups))
    if sum(group.total_byte_size for group in groups) > MOST_BYTES:
        raise file.refusal(f"has more than {MOST_BYTES:,} bytes once decompressed; write it in parts")
    if table.metadata.num_rows > _FREE_ROWS + file.path.stat().st_size:
        raise file.refusal("has more rows than bytes, so that they are nearly all the same; write each once")
    if table.metadata.num_rows > MOST_ROWS:
        raise file.refusal(f"has more than {MOST_ROWS:,} rows; write it in parts")


def listed(file: GivenFile, name: str, values: pa.Array | pa.ChunkedArray) -> list[Any]:
    """A column as Python's values.

    Args:
        file: Where it comes from.
        name: The column.
        values: What Arrow read.

    Raises:
        BadInputError: If it holds what Python cannot, such as text that is not UTF-8, or a date beyond the year 9999.
    """
    try:
        if isinstance(values, pa.DictionaryArray):
            distinct = values.dictionary.to_pylist()
            return [None if code is None else distinct[code] for code in values.indices.to_pylist()]
        found: list[Any] = values.to_pylist()
    except (ValueError, OverflowError) as error:
        cause = "a date or time out of range" if isinstance(error, OverflowError) else error
        reason = f"the column {name!r} cannot be read ({cause}); correct it, and write the file again"
        raise file.refusal(reason) from error
    return found


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """The names of the classes of each column that `datasets` wrote as a ClassLabel.

    Args:
        schema: Of the file.
    """
    try:
        features = parsed_json((schema.metadata or {}).get(_METADATA, b"{}"))["info"]["features"].items()
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # there are no such metadata, or another program's
    return {
        name: list(map(str, feature["names"]))
        for name, feature in features
        if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" and _holds_integers(schema, name)
    }


def _holds_integers(schema: pa.Schema, name: str) -> bool:
    return name in schema.names and pa.types.is_integer(schema.field(name).type)
