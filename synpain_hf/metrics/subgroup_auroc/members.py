"""Which rows belong to groups that overlap: lists of names, or a column of true and false for each group."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Booleans, Floats, GroupColumns, as_list, is_missing
from .errors import InputError

MOST_OVERLAPPING = 300
"""More than this are probably ids of rows."""

_MEMBER = 0.5
"""From this share of annotators on, a row belongs to a group."""


@dataclass(frozen=True)
class Members:
    """A group that may overlap with others.

    Attributes:
        name: What it is called.
        member: Shape (rows,): whether a row belongs to it.
    """

    name: str
    member: Booleans


def read_members(table: GroupColumns, names: Sequence[str]) -> list[Members]:
    """The groups that some columns say.

    Args:
        table: The columns.
        names: Which. One holds for every row the names of its groups, as a list; or whether the row belongs to the
            group that the column is called after: true and false, or the share of annotators who say so, of which half
            is enough. A row without a value belongs to none.

    Raises:
        InputError: If a column holds something else.
    """
    found: dict[str, Booleans] = {}
    for name in names:
        for group, member in _members(name, table.column(name, "overlapping")).items():
            if group in found:
                raise InputError(f"overlapping has the group {group!r} twice; give each a name of its own")
            found[group] = member
    if len(found) > MOST_OVERLAPPING:
        raise InputError(
            f"overlapping has {len(found):,} groups, more than {MOST_OVERLAPPING}; leave out columns that are ids"
        )
    return [Members(name, member) for name, member in found.items()]


def _members(name: str, given: Any) -> dict[str, Booleans]:
    values = np.asarray(given) if hasattr(given, "dtype") else np.empty(0, object)
    if values.dtype.kind in "biuf":
        return {name: _by_share(name, np.asarray(values, np.float64))}
    listed = as_list(given)
    if any(map(_is_list, listed)):
        return _by_list(name, listed)
    for row, value in enumerate(listed):
        if isinstance(value, str) or not (is_missing(value) or hasattr(value, "__float__")):
            raise InputError(
                f"overlapping names the column {name!r}, which holds {value!r} in row {row}; give lists of names, true "
                "and false, or shares from 0 to 1"
            )
    return {name: _by_share(name, np.array([np.nan if is_missing(value) else float(value) for value in listed]))}


def _by_share(name: str, shares: Floats) -> Booleans:
    outside = np.flatnonzero((shares < 0) | (shares > 1))
    if len(outside):
        raise InputError(
            f"overlapping names the column {name!r}, which holds {shares[outside[0]]:g} in row {outside[0]}; give true "
            "and false, or shares from 0 to 1"
        )
    return np.asarray(shares >= _MEMBER)  # of no value, as NaN, this is false


def _by_list(name: str, listed: Sequence[Any]) -> dict[str, Booleans]:
    found: dict[str, list[int]] = {}
    for row, value in enumerate(listed):
        if not _is_list(value) and not is_missing(value):
            raise InputError(
                f"overlapping names the column {name!r}, which holds lists, and {value!r} in row {row}; give lists only"
            )
        for group in value if _is_list(value) else ():
            if not is_missing(group):
                found.setdefault(str(group), []).append(row)
    members = {}
    for group in sorted(found):
        members[group] = np.zeros(len(listed), np.bool_)
        members[group][found[group]] = True
    return members


def _is_list(value: Any) -> bool:
    """Whether a value is several: a list, a tuple, a set, an array, or what a data frame has for them."""
    return isinstance(value, (list, tuple, Set)) or (hasattr(value, "__len__") and hasattr(value, "tolist"))
