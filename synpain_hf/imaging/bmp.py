"""The size of a BMP, from its header."""

from __future__ import annotations

import struct

_OLD, _HEADERS = 12, frozenset((12, 16, 40, 52, 56, 64, 108, 124))


def is_bmp(data: bytes) -> bool:
    """Whether a file begins as a BMP; two letters alone would be the beginning of many a text."""
    return data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _HEADERS


def check(data: bytes) -> None:
    """Refuse a BMP that is shorter than it says.

    Raises:
        ValueError: If it is cut short.
    """
    said = int.from_bytes(data[2:6], "little")
    if said > len(data):
        raise ValueError(f"{len(data):,} of {said:,} bytes")


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height; rows may be in either order.

    Raises:
        struct.error: If the header is cut short.
    """
    form = "<HH" if int.from_bytes(data[14:18], "little") == _OLD else "<ii"
    width, height = struct.unpack_from(form, data, 18)
    return width, abs(height)
