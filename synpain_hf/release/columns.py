"""The columns that a file of a table may have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from synpain_hf.release.tables.table import Table
from synpain_hf.tabular.parquet import MOST_TIMES, compresses_too_much

if TYPE_CHECKING:
    from datasets import Features

_PLAIN = ("bool", "int", "uint", "float", "double", "string", "large_string")


def wrong_columns(table: Table, file: pq.ParquetFile, columns: Features, wanted: Features | None) -> Iterator[str]:
    """What is wrong with the columns of a file.

    Args:
        table: The table that it is of.
        file: The file.
        columns: Its columns, as `datasets` types.
        wanted: Those that it should have; None for any that this program, or another version of it, can read.
    """
    from datasets import Image, Video

    leaves = [file.schema.column(place).path for place in range(len(file.schema))]
    for names in (file.schema_arrow.names, leaves):
        if len(set(names)) < len(names):
            yield "has two columns of one name"
            return
    yield from _unreadable(table, columns) if wanted is None else _misfits(table, columns, wanted)
    pictures = [name for name, feature in columns.items() if isinstance(feature, (Image, Video))]
    if compresses_too_much(file.metadata, pictures):
        yield f"compresses its pictures more than {MOST_TIMES} times"


def _misfits(table: Table, columns: Features, wanted: Features) -> Iterator[str]:
    if table.columns_may_differ:
        yield from table.misfits(columns)
        for name, feature in columns.items():
            if name not in wanted and not (_is_value(feature) or is_list(feature)):
                kinds = "numbers, words, truth values or lists of these"
                yield f"has the column {_word(name)} as {feature}, and not as {kinds}"
        return
    for name in wanted:
        if name not in columns:
            yield f"has no column {name}"
        elif columns[name] != wanted[name]:
            yield f"has the column {name} as {columns[name]}, not as {wanted[name]}"
    for name in columns:
        if name not in wanted:
            yield f"has the column {_word(name)}, which {table.name} do not have"


def _unreadable(table: Table, columns: Features) -> Iterator[str]:
    """Columns whose rows cannot be told apart, or have no digest where the table's content is one of its rows."""
    from datasets import Image, Video

    if table.key[0] not in columns:
        yield f"has no column {table.key[0]}"
    fixed = table.features()
    for name, feature in columns.items():
        if isinstance(fixed.get(name), (Image, Video)):
            fits = type(feature) is type(fixed[name])
            wanted = "videos" if isinstance(fixed[name], Video) else "pictures"
        elif name in table.key:
            fits, wanted = _is_value(feature), "numbers or words"
        else:
            fits, wanted = not table.content_field or _is_plain(feature), "numbers, words or truth values"
        if not fits:
            yield f"has the column {_word(name)} as {feature}, and not as {wanted}"


def is_list(feature: Any) -> bool:
    """Whether a column holds lists of values, such as landmarks or an embedding."""
    return hasattr(feature, "feature") and _is_value(feature.feature)


def _is_plain(feature: Any) -> bool:
    """Whether a column holds values, or lists or records of them."""
    if isinstance(feature, dict):
        return all(map(_is_plain, feature.values()))
    if hasattr(feature, "feature"):
        return _is_plain(feature.feature)
    return _is_value(feature) or getattr(feature, "dtype", None) == "null"


def _is_value(feature: Any) -> bool:
    """Whether a column holds numbers, words, truth values or classes, which JSON has, too."""
    from datasets import Value

    return hasattr(feature, "names") or (isinstance(feature, Value) and str(feature.dtype).startswith(_PLAIN))


def _word(name: str) -> str:
    """The name of a column in a sentence, where it may be none."""
    return name or "''"
