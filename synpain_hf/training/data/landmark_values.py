"""What a row of a table of landmarks says: 68 points, in cells of their own or in a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from synpain_hf.imaging.alignment.landmarks import AMONG_DENSE, COUNT, DENSE, SHAPES
from synpain_hf.tabular.columns import Column, TableFile
from synpain_hf.text.plurals import first_few
from synpain_hf.text.values import shown

Points = npt.NDArray[np.float32]

PAIR_ID, FACE = "pair_id", "face"
_LIST = "landmarks"
_PLAIN = [f"{axis}_{number}" for axis in "xy" for number in range(COUNT)]

COLUMNS = (PAIR_ID, FACE, _LIST, *_PLAIN)
"""Those that are read."""

_SHAPE_OF = {count * axes: (count, axes) for count, axes in SHAPES}
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_FARTHEST = 1e6

_FINITE = "give a number, or leave all cells of a face without landmarks empty"
_POINTS = f"give {COUNT} points, or the {DENSE} of MediaPipe, each with x and y"


class RefusedValueError(ValueError):
    """A face whose landmarks cannot be used.

    Args:
        cause: What is wrong.
        remedy: What to do.
    """

    def __init__(self, cause: str, remedy: str) -> None:
        self.cause, self.remedy = cause, remedy
        super().__init__(f"{cause}; {remedy}")


def reader_of(table: TableFile) -> Callable[[int], Points | None]:
    """What gives the landmarks in a row, shape (68, 2); None where it has none.

    Raises:
        BadInputError: If columns are missing, or hold something else.
    """
    has = table.columns
    missing = [name for name in (PAIR_ID, FACE) if name not in has]
    plain = [name for name in _PLAIN if name in has]
    if missing:
        raise table.file.refusal(f"has no column {' and '.join(missing)}; add what says whose landmarks they are")
    if _LIST in has and plain:
        raise table.file.refusal(f"has a column {_LIST} and columns such as {plain[0]}; keep one of the two")
    if _LIST in has:
        return _of_lists(table)
    if not plain:
        raise table.file.refusal(
            f"has neither columns {_PLAIN[0]} to {_PLAIN[COUNT - 1]} and {_PLAIN[COUNT]} to {_PLAIN[-1]}, nor a "
            f"column {_LIST}; give one of the two"
        )
    lacking = [name for name in _PLAIN if name not in has]
    if lacking:
        raise table.file.refusal(f"has no column {first_few(lacking)}; give x and y of all {COUNT} points")
    return _of_cells(table)


def _of_cells(table: TableFile) -> Callable[[int], Points | None]:
    """Of the columns `x_0` to `y_67`."""
    columns = {name: _arrow(table, name, table.numerals(name)) for name in _PLAIN}
    numbers = np.stack([_numbers(table, name, column) for name, column in columns.items()], axis=1)
    is_empty = np.stack([column.is_null().to_numpy() for column in columns.values()], axis=1)

    def value_of(row: int) -> Points | None:
        if is_empty[row].any():
            return None
        unreadable = np.flatnonzero(np.isnan(numbers[row]))
        if len(unreadable):
            name = _PLAIN[unreadable[0]]
            cell = columns[name][row].as_py()
            raise RefusedValueError(f"{name} is {shown(str(cell))!r}, not a finite number", _FINITE)
        return _usual(numbers[row].reshape(2, COUNT).T)

    return value_of


def _numbers(table: TableFile, name: str, column: pa.ChunkedArray) -> npt.NDArray[np.float64]:
    """A column as numbers; NaN where a cell is empty, or is none."""
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        is_number = pc.match_substring_regex(column, _NUMBER)
        column = pc.if_else(is_number, column, None).cast(pa.float64())
    elif not (_is_number(column.type) or pa.types.is_null(column.type)):
        raise table.file.refusal(f"has a column {name} of {column.type}; give one of numbers")
    found: npt.NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy()
    return found


def _of_lists(table: TableFile) -> Callable[[int], Points | None]:
    """Of the column `landmarks`."""
    column = _arrow(table, _LIST, table.columns[_LIST])
    if isinstance(column.type, pa.BaseExtensionType):
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    inner = column.type
    depth = 0
    while _is_list(inner):
        inner, depth = inner.value_type, depth + 1
    if not depth or depth > 2 or not (_is_number(inner) or pa.types.is_null(inner)):
        raise table.file.refusal(
            f"has a column {_LIST} of {column.type}; give lists of numbers in a Parquet file, or columns {_PLAIN[0]} "
            f"to {_PLAIN[-1]}"
        )
    return lambda row: _of_list(column[row])


def _of_list(value: Any) -> Points | None:
    """The landmarks in a list, of points or of numbers."""
    if not value.is_valid or not len(value.values):
        return None
    items = value.values
    widths = pc.list_value_length(items).to_pylist() if _is_list(items.type) else []
    numbers = pc.list_flatten(items) if widths else items
    if numbers.null_count or None in widths:
        return None
    if len(set(widths)) > 1:
        raise RefusedValueError("has points with different numbers of coordinates", _POINTS)
    shape: tuple[int, ...] = (len(items), widths[0]) if widths else _SHAPE_OF.get(len(items), (len(items),))
    if shape not in SHAPES:
        what = f"{shape[0]:,} points of {shape[1]} coordinates" if widths else f"{len(items):,} numbers"
        raise RefusedValueError(f"has {what}", _POINTS)
    return _usual(numbers.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False).reshape(shape))


def _usual(points: npt.NDArray[np.float64]) -> Points:
    """The usual 68 points, shape (68, 2).

    Raises:
        RefusedValueError: If they are in no picture.
    """
    points = points[list(AMONG_DENSE) if len(points) == DENSE else slice(None), :2]
    if not np.isfinite(points).all():
        raise RefusedValueError("has landmarks that are not finite", _FINITE)
    if np.abs(points).max() > _FARTHEST:
        raise RefusedValueError(
            f"has landmarks more than {_FARTHEST:,.0f} pixels away", "give them in pixels of the release's faces"
        )
    return points.astype(np.float32)


def _arrow(table: TableFile, name: str, column: Column) -> pa.ChunkedArray:
    """A column as Arrow has it; JSON may hold values of several kinds, which it has not."""
    if isinstance(column, pa.ChunkedArray):
        return column
    try:
        return pa.chunked_array([pa.array(column)])
    except (pa.ArrowException, OverflowError) as error:
        cause = " ".join(str(error).split())
        reason = f"has a column {name} of several kinds of values ({cause}); give one of numbers"
        raise table.file.refusal(reason) from error


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))
