"""Whatever holds the values of rows (lists, arrays, tensors, frames, data sets), brought into arrays and checked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import InputError

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

_ROWS_SHOWN = 10
_MISSING_TYPES = {"NAType", "NaTType"}
"""Of pandas, which need not be installed."""

_SEVERAL = (Mapping, list, tuple, set, np.ndarray)
"""Types that hold several values."""
_NUMBERS = "biufOUST"
"""The kinds of NumPy's types that hold numbers, or objects and texts that may be numbers."""
_PLAIN = {float, bool, np.float16, np.float32, np.float64}
"""Types of which every value is a 64-bit float."""
LAST_WHOLE = 2**53
"""Up to this, every whole number is a 64-bit float."""


class GroupColumns:
    """Columns by name, whatever holds them.

    Args:
        groups: A mapping from names to sequences, a data frame, a table, a data set, one mapping a row, or None.
        count: How many rows there must be.

    Attributes:
        names: The names of the columns, as text.
    """

    def __init__(self, groups: Any, count: int):
        if groups is None:
            groups = {}
        if _is_lazy(groups):
            groups = groups.collect()
        if not any((isinstance(groups, Mapping), hasattr(groups, "columns"), hasattr(groups, "column_names"))):
            groups = _columns_of_records(groups)
        self._groups = groups
        self._count = count
        names = groups if isinstance(groups, Mapping) else getattr(groups, "column_names", None)
        self._keys = {str(key): key for key in (groups.columns if names is None else names)}
        self.names = list(self._keys)

    def column(self, name: str, wanted_by: str) -> Any:
        """The values of a column.

        Args:
            name: The column.
            wanted_by: The argument that names it.

        Raises:
            InputError: If there is no such column, or it does not have one value per row.
        """
        if name not in self._keys:
            known = ", ".join(self.names) or "none"
            raise InputError(f"{wanted_by} names the column {name!r}, which groups does not have; it has {known}")
        what = f"the group column {name!r}"
        return of_length(sized(self._groups[self._keys[name]], what), what, self._count)

    def class_names(self, name: str) -> list[str] | None:
        """The names of a column's classes, where it holds ClassLabels of `datasets`."""
        features = getattr(self._groups, "features", None)
        feature = features.get(name) if isinstance(features, Mapping) else None
        return getattr(feature, "names", None) or class_names_of(self._groups[self._keys[name]])


def sized(given: Any, name: str) -> Any:
    """Values that have a length and become an array at once: lists, arrays, tensors, columns of a data set.

    Raises:
        InputError: If it has no length, as a single number or a lazy frame.
    """
    if hasattr(given, "detach"):  # a tensor: NumPy knows neither other devices nor bfloat16
        given = given.detach().cpu()
        return (given.double() if given.is_floating_point() else given).numpy()
    if hasattr(given, "column_name"):  # a lazy column of a data set
        return given[:]
    if _is_lazy(given):
        given = given.collect()
    if hasattr(given, "__len__"):
        return given
    if not hasattr(given, "__iter__"):
        what = "None" if given is None else f"of type {type(given).__name__}"
        raise InputError(f"{name} is {what}; give a list or an array, one value per row")
    return list(given)


def as_array(given: Any, name: str) -> npt.NDArray[Any]:
    """One value a row, of any kind; a list keeps each value as it is, where an array would bring all to one type."""
    given = sized(given, name)
    values = np.fromiter(given, object, len(given)) if isinstance(given, (list, tuple)) else np.asarray(given)
    if values.ndim != 1:
        raise InputError(f"{name} must have the shape (rows,), not {values.shape}; give one value per row")
    if values.dtype == object:
        several = tuple(kind for kind in set(map(type, values)) if issubclass(kind, _SEVERAL))
        if several:
            row = next(row for row, value in enumerate(values) if isinstance(value, several))
            raise InputError(f"{name} holds a {type(values[row]).__name__} in row {row}; give one value per row")
    return values


def as_list(given: Any) -> list[Any]:
    """One value a row, each as Python has it; a value may be several."""
    for convert in ("to_pylist", "to_list"):
        if hasattr(given, convert):
            return list(getattr(given, convert)())
    return given.tolist() if hasattr(given, "tolist") else list(given)


def as_floats(given: Any, name: str) -> Floats:
    """One finite number a row."""
    given = sized(given, name)
    dtype = getattr(given if isinstance(given, (list, tuple)) else np.asarray(given), "dtype", None)
    if dtype is not None and dtype.kind not in _NUMBERS:
        raise InputError(f"{name} must be numbers, not of type {dtype}; give one number per row")
    try:
        values = np.asarray(given, dtype=np.float64)
    except OverflowError:
        raise InputError(f"{name} holds a number beyond 1.8e308, the largest 64-bit float; give smaller ones") from None
    except (TypeError, ValueError):
        raise InputError(f"{name} must be numbers, one per row{_not_numbers(given)}") from None
    if values.ndim != 1:
        raise InputError(f"{name} must have the shape (rows,), not {values.shape}; give one number per row")
    refuse(~np.isfinite(values), name, "not finite", "correct them, or leave those rows out")
    return values


def as_scores(given: Any, name: str, *, more_come: bool = False) -> Floats:
    """One finite number a row; no two that differ, such as 2**53 and 2**53 + 1, may be the same 64-bit float.

    Args:
        given: The numbers, shape (rows,).
        name: What messages call them.
        more_come: Whether others are added later, so that not even one may be a whole number that no float equals.
    """
    given = sized(given, name)
    values, exact = as_floats(given, name), _with_all_digits(given)
    if exact is not None and more_come:
        large = np.flatnonzero(np.abs(values) >= LAST_WHOLE)
        at_fault = np.zeros(len(values), np.bool_)
        at_fault[large] = [int(values[row]) != int(_whole_where_text(exact[row])) for row in large]
        refuse(at_fault, name, "not exact as a 64-bit float", "subtract the smallest from all, or give ranks")
    if exact is not None:
        refuse(
            differ_beyond_floats(values, exact), name, "different but the same 64-bit float",
            "subtract the smallest from all, or give ranks",
        )  # fmt: skip
    return values


def differ_beyond_floats(values: Floats, exact: npt.NDArray[Any]) -> Booleans:
    """Which values are equal to another one as floats, and differ from it in digits that floats do not have.

    Args:
        values: Shape (rows,).
        exact: Shape (rows,): the same numbers with all their digits; whole numbers also as text.
    """
    if exact.dtype.kind in "OUST":
        exact = np.fromiter(map(_whole_where_text, exact.tolist()), object, len(exact))
    order = np.argsort(values, kind="stable")
    new = np.diff(values[order]) != 0
    tied = np.flatnonzero(~new)
    lost = tied[np.asarray(exact[order[tied]] != exact[order[tied + 1]], np.bool_)]
    block = np.append(0, np.cumsum(new))[: len(values)]
    found = np.zeros(len(values), np.bool_)
    found[order] = np.isin(block, block[lost])
    return found


def class_names_of(given: Any) -> list[str] | None:
    """The names of the classes, where a column of a loaded data set is given."""
    names: list[str] | None = getattr(getattr(given, "features", None), "names", None)
    return names


def is_missing(value: Any) -> bool:
    """Whether a value is None, NaN, what pandas has for them, or blank text."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or type(value).__name__ in _MISSING_TYPES or (isinstance(value, float) and math.isnan(value))


def absent_in(values: npt.NDArray[Any], class_names: list[str] | None = None) -> Booleans:
    """Which values are missing; of classes also those below 0, as `datasets` writes them."""
    if class_names is not None:
        return np.fromiter((is_missing(value) or value < 0 for value in values.tolist()), np.bool_, len(values))
    if values.dtype.kind == "f":
        return np.asarray(np.isnan(values))
    if values.dtype.kind in "mM":
        return np.asarray(np.isnat(values))
    if values.dtype.kind not in "OUT":
        return np.zeros(len(values), np.bool_)
    return np.fromiter(map(is_missing, values.tolist()), np.bool_, len(values))


def of_length(column: Any, name: str, count: int) -> Any:
    """The column, if it has that many values."""
    if len(column) != count:
        raise InputError(f"{name} has {len(column):,} rows, but scores has {count:,}; give one value per row")
    return column


def refuse(at_fault: Booleans, name: str, what: str, remedy: str) -> None:
    """Raise an error that names the rows, if any are at fault."""
    rows = np.flatnonzero(at_fault)
    if len(rows):
        values = f"{len(rows):,} value{'s' * (len(rows) != 1)}"
        verb = "is" if len(rows) == 1 else "are"
        raise InputError(f"{name} has {values} that {verb} {what}: rows {list_rows(rows)} (from 0); {remedy}")


def list_rows(rows: Sequence[int] | Integers) -> str:
    """The numbers of the rows, the first ones by themselves."""
    shown = ", ".join(str(int(row)) for row in rows[:_ROWS_SHOWN])
    return shown if len(rows) <= _ROWS_SHOWN else f"{shown} and {len(rows) - _ROWS_SHOWN:,} more"


def _is_lazy(given: Any) -> bool:
    """Whether it is a lazy frame of polars, which need not be installed."""
    return type(given).__name__ == "LazyFrame" and hasattr(given, "collect")


def _columns_of_records(records: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    if not isinstance(records, Iterable):
        raise InputError(f"groups is of type {type(records).__name__}; give columns by name, or one mapping per row")
    rows = list(records)
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise InputError(
                f"row {number} of groups is of type {type(row).__name__}; give one mapping per row, or columns (a "
                "mapping from names to values, a data frame)"
            )
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


def _with_all_digits(given: Any) -> npt.NDArray[Any] | None:
    """Numbers as they were given, where they may have more digits than a 64-bit float; else None."""
    if isinstance(given, (list, tuple)):
        if set(map(type, given)) <= _PLAIN:
            return None
        values = np.fromiter(given, object, len(given))
    else:
        values = np.asarray(given)
    if values.dtype.kind in "OUST":
        return values
    wide = values.dtype.itemsize > np.dtype(np.float64).itemsize
    long = values.dtype.kind in "iu" and len(values) and max(abs(int(values.min())), int(values.max())) > LAST_WHOLE
    return values if wide or long else None


def _whole_where_text(value: Any) -> Any:
    """A text as a whole number, or else as a float, so that two spellings of a number are equal."""
    if not isinstance(value, (str, bytes)):
        return value
    try:
        return int(value)
    except ValueError:
        return float(value)


def _not_numbers(given: Sequence[Any]) -> str:
    def is_number(value: Any) -> bool:
        try:
            float(value)
        except (TypeError, ValueError, OverflowError):
            return False
        return True

    rows = [row for row, value in enumerate(given) if not is_number(value)]
    return f"; rows {list_rows(rows)} hold something else, first {given[rows[0]]!r}" if rows else ""
