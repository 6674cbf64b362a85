"""The size of a WebP, from its header: Pillow's reader makes room for the pixels as soon as it opens one."""

from __future__ import annotations

import struct

SIGNATURE = b"RIFF"

_SIDE = 0x3FFF  # the bits of a side


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height by the first chunk (RFC 9649); 0 where it is none that holds a picture.

    Raises:
        struct.error: If the header is cut short.
    """
    kind = data[12:16]
    if kind == b"VP8X":
        low, middle, high, below, between, above = struct.unpack_from("6B", data, 24)
        return 1 + low + (middle << 8) + (high << 16), 1 + below + (between << 8) + (above << 16)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & _SIDE), 1 + (bits >> 14 & _SIDE)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & _SIDE, height & _SIDE
    return 0, 0
