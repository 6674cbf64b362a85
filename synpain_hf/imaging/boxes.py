"""Files of boxes, each with its length and its kind: AVIF, HEIC, MP4 and JPEG 2000 (ISO 14496-12, 15444-1)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

_LONG = b"\0\0\0\1"
"""Stands for a length that follows in eight bytes."""


class Box(NamedTuple):
    """A box.

    Attributes:
        kind: Its four letters.
        start: Where its content begins.
        stop: Where it ends.
    """

    kind: bytes
    start: int
    stop: int


def boxes(data: bytes) -> Iterator[Box]:
    """The boxes of a file, from its beginning to its end.

    Raises:
        ValueError: If one does not end where another begins, or the file ends.
    """
    position = 0
    while position < len(data):
        head = 16 if data[position : position + 4] == _LONG else 8
        if position + head > len(data):
            raise ValueError("it ends within a box")
        length, kind = struct.unpack_from(">I4s", data, position)
        if head > 8:
            (length,) = struct.unpack_from(">Q", data, position + 8)
        start = position + head
        stop = position + length if length else len(data)
        if not start <= stop <= len(data):
            raise ValueError(f"its box {kind.decode('latin-1')!r} ends beyond the file")
        yield Box(kind, start, stop)
        position = stop


def brands(data: bytes) -> frozenset[bytes]:
    """What a file says that it is, in four letters each; nothing where it does not begin with a list of these."""
    if data[4:8] != b"ftyp":
        return frozenset()
    stop = min(int.from_bytes(data[:4], "big"), len(data), 256)
    return frozenset(data[at : at + 4] for at in (8, *range(16, stop, 4)))
