"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence


def in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """A line for each row of a table, its header first; a column is as wide as its widest cell.

    Example:
        >>> in_columns([("question", "faces"), ("age", "12")])
        ['question  faces', 'age       12']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
