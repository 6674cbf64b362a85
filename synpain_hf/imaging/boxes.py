"""Files that consist of boxes, each with its length and its kind: AVIF, HEIC and JPEG 2000 (ISO 14496-12, 15444-1)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple


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
        if position + 16 > len(data):
            raise ValueError("it ends within a box")
        length, kind, long = struct.unpack_from(">I4sQ", data, position)
        start = position + (16 if length == 1 else 8)
        stop = position + (long if length == 1 else length) if length else len(data)
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
