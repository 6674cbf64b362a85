"""Rows as JSON text: groups have any names and values, and what keeps rows wants to know both beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence, Set
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import GroupColumns, absent_in, as_array, as_list, as_scores, class_names_of, of_length


def pack(references: Any, scores: Any, groups: Any, lists: str | Sequence[str] = ()) -> dict[str, list[Any]]:
    """Turn rows into texts and numbers.

    Args:
        references: The labels, shape (rows,).
        scores: The scores, shape (rows,).
        groups: The group of every row, in any form that `subgroup_auroc` takes.
        lists: Columns of groups that may hold lists.

    Returns:
        For `references` a text a row, the label's value and the name of its class; for `scores` a number a row; for
        `groups` a text a row, the values by attribute and the names of their classes by attribute.

    Raises:
        InputError: If something cannot be used.
    """
    numbers = as_scores(scores, "scores", more_come=True)
    count = len(numbers)
    names = class_names_of(references)
    labels = _known(of_length(as_array(references, "references"), "references", count), names)
    return {
        "references": [f"[{_encoded(label)}, {_encoded(_name(label, names))}]" for label in labels],
        "scores": numbers.tolist(),
        "groups": _rows(GroupColumns(groups, count), count, [lists] if isinstance(lists, str) else lists),
    }


def unpack(references: Iterable[str], groups: Iterable[str], positive: Any) -> dict[str, Any]:
    """Turn what `pack` made into labels and groups again.

    Args:
        references: A text a row.
        groups: A text a row.
        positive: The value of the positive class; if it is a text, labels with a class are that class's name.

    Returns:
        `references`, shape (rows,), and `groups`, columns by name.
    """
    labels, label_of_row = _decoded(references)
    rows, row_of_row = _decoded(groups)
    attributes = dict.fromkeys(attribute for values, _ in rows for attribute in values)
    shown = [value if name is None or not isinstance(positive, str) else name for value, name in labels]
    columns = {
        attribute: _column([(values.get(attribute), names.get(attribute)) for values, names in rows])
        for attribute in attributes
    }
    return {
        "references": list(map(shown.__getitem__, label_of_row)),
        "groups": {attribute: column.taken(row_of_row) for attribute, column in columns.items()},
    }


class _Column(list[Any]):
    """A column; one of class indices knows its classes' names, as that of a loaded data set."""

    def __init__(self, values: Iterable[Any], names: Sequence[str] | None = None):
        super().__init__(values)
        if names is not None:
            self.features = SimpleNamespace(names=names)

    def taken(self, rows: Iterable[int]) -> _Column:
        """The values of some rows, which may come again."""
        features = getattr(self, "features", None)
        return _Column(map(self.__getitem__, rows), features and features.names)


def _rows(table: GroupColumns, count: int, lists: Sequence[str]) -> list[str]:
    """The values by attribute and the names of their classes by attribute, as one text a row."""
    values, names = [], []
    for name in table.names:
        classes = table.class_names(name)
        given = table.column(name, "groups")
        column = as_list(given) if name in lists else _known(as_array(given, f"the group column {name!r}"), classes)
        key = json.dumps(name)
        values.append([f"{key}: {_encoded(value)}" for value in column])
        if classes:
            names.append([f"{key}: {_encoded(_name(value, classes))}" for value in column])
    parts = zip(_joined(values, count), _joined(names, count), strict=True)
    return [f"[{{{of_values}}}, {{{of_names}}}]" for of_values, of_names in parts]


def _joined(columns: Sequence[Sequence[str]], count: int) -> Iterable[str]:
    return map(", ".join, zip(*columns, strict=True)) if columns else [""] * count


def _known(values: npt.NDArray[Any], names: list[str] | None) -> list[Any]:
    """The values of a column; None for what is missing."""
    return [None if gone else value for value, gone in zip(values.tolist(), absent_in(values, names), strict=True)]


def _name(value: Any, names: Sequence[str] | None) -> str | None:
    return None if value is None or names is None else names[value]


def _column(values: Sequence[tuple[Any, str | None]]) -> _Column:
    names = {value: name for value, name in values if name is not None}
    if names and all(name is not None for value, name in values if value is not None):
        return _Column([value for value, _ in values], [names.get(code, "") for code in range(max(names) + 1)])
    return _Column(value if name is None else name for value, name in values)


def _encoded(value: Any) -> str:
    try:
        return _encoded_once(value)
    except TypeError:  # a value without a hash
        return json.dumps(value, default=_plain)


@lru_cache(1 << 14, typed=True)
def _encoded_once(value: Any) -> str:
    """The JSON of a value, which in a column comes again and again."""
    return json.dumps(value, default=_plain)


def _decoded(texts: Iterable[str]) -> tuple[list[Any], list[int]]:
    """What different texts hold, and for every text an index into it."""
    index: dict[str, int] = {}
    codes = [index.setdefault(text, len(index)) for text in texts]
    return [json.loads(text) for text in index], codes


def _plain(value: Any) -> Any:
    if isinstance(value, Set):
        return sorted(map(str, value))
    return value.tolist() if isinstance(value, (np.generic, np.ndarray)) else str(value)
