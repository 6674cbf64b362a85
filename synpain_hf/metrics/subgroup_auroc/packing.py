"""Rows as JSON text: groups have any names and values, and what keeps rows wants to know both beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import GroupColumns, absent_in, as_array, as_floats, class_names_of, of_length


def pack(references: Any, scores: Any, groups: Any) -> dict[str, list[Any]]:
    """Turn rows into texts and numbers.

    Args:
        references: The labels, shape (rows,).
        scores: The scores, shape (rows,).
        groups: The group of every row, in any form that `subgroup_auroc` takes.

    Returns:
        For `references` a text a row, the label's value and the name of its class; for `scores` a number a row; for
        `groups` a text a row, the values by attribute and the names of their classes by attribute.

    Raises:
        InputError: If something cannot be used.
    """
    numbers = as_floats(scores, "scores")
    count = len(numbers)
    names = class_names_of(references)
    labels = _known(of_length(as_array(references, "references"), "references", count), names)
    return {
        "references": [_text((label, _name(label, names))) for label in labels],
        "scores": numbers.tolist(),
        "groups": [_text(row) for row in _rows(GroupColumns(groups, count), count)],
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
    labels = [json.loads(text) for text in references]
    rows = [json.loads(text) for text in groups]
    attributes = dict.fromkeys(attribute for values, _ in rows for attribute in values)
    return {
        "references": _labels([(value, name) for value, name in labels], by_name=isinstance(positive, str)),
        "groups": {
            attribute: _column([(values.get(attribute), names.get(attribute)) for values, names in rows])
            for attribute in attributes
        },
    }


def _labels(labels: Sequence[tuple[Any, str | None]], *, by_name: bool) -> list[Any]:
    """Labels whose classes keep their names; where only some have one, names or numbers, as the positive class is."""
    if all(name is not None for _, name in labels):
        return _column(labels)
    return [name if by_name and name is not None else value for value, name in labels]


class _Classes(list[Any]):
    """A column of class indices that knows its classes' names, as that of a loaded data set."""

    def __init__(self, values: Iterable[Any], names: Sequence[str]):
        super().__init__(values)
        self.features = SimpleNamespace(names=names)


def _rows(table: GroupColumns, count: int) -> Iterator[tuple[dict[str, Any], dict[str, str | None]]]:
    classes = {name: names for name in table.names if (names := table.class_names(name))}
    columns = {
        name: _known(as_array(table.column(name, "groups"), f"the group column {name!r}"), classes.get(name))
        for name in table.names
    }
    for row in range(count):
        values = {name: column[row] for name, column in columns.items()}
        yield values, {name: _name(values[name], names) for name, names in classes.items()}


def _known(values: npt.NDArray[Any], names: list[str] | None) -> list[Any]:
    """The values of a column; None for what is missing."""
    return [None if gone else value for value, gone in zip(values.tolist(), absent_in(values, names), strict=True)]


def _name(value: Any, names: Sequence[str] | None) -> str | None:
    return None if value is None or names is None else names[value]


def _column(values: Sequence[tuple[Any, str | None]]) -> list[Any]:
    names = {value: name for value, name in values if name is not None}
    if names and all(name is not None for value, name in values if value is not None):
        return _Classes([value for value, _ in values], [names.get(code, "") for code in range(max(names) + 1)])
    return [value if name is None else name for value, name in values]


def _text(row: Any) -> str:
    return json.dumps(row, default=_plain)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)
