"""What OpenJPEG forgives, but a data set should not: JPEG 2000 that is cut short (ISO 15444-1)."""

from __future__ import annotations

import struct

from synpain_hf.errors import PictureError
from synpain_hf.imaging.boxes import boxes
from synpain_hf.imaging.limits import MAX_PIXELS_JPEG_2000

SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
CODES = b"\xff\x4f\xff\x51"
"""How coded data begin, in a box or alone."""

_START_OF_TILE, _END = 0xFF90, 0xFFD9
_OF_A_TILE = ">HHHIBB"  # marker, length, tile, length of the part, number of the part, number of parts


def check(data: bytes) -> None:
    """Refuse a file that is cut short, or larger than is decoded, by its coded data.

    Raises:
        ValueError: If its parts do not follow each other up to the end.
        PictureError: If it has too many pixels.
    """
    codes = _codes(data)
    width, height = _size(codes)
    if width * height > MAX_PIXELS_JPEG_2000:
        raise PictureError(
            f"is {width:,} x {height:,} pixels, more than the {MAX_PIXELS_JPEG_2000:,} of a JPEG 2000 that are read; "
            "save it as PNG, or scale it down"
        )
    position = 2
    while True:
        (marker,) = struct.unpack_from(">H", codes, position)
        if marker == _END:
            return
        if marker == _START_OF_TILE:
            part = struct.unpack_from(_OF_A_TILE, codes, position)[3]
            step = part or len(codes) - 2 - position  # the last part may not say how long it is
        elif marker >> 8 == 0xFF:
            step = 2 + struct.unpack_from(">H", codes, position + 2)[0]
        else:
            raise ValueError(f"there is no marker at byte {position:,} of its coded data")
        if step < 4:
            raise ValueError(f"the length at byte {position:,} of its coded data is too small")
        position += step


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height, by the header of the coded data; 0 if there is none.

    Raises:
        struct.error: If the header is cut short.
    """
    try:
        return _size(_codes(data))
    except ValueError:
        return 0, 0


def _codes(data: bytes) -> memoryview:
    """The coded data."""
    if data.startswith(CODES):
        return memoryview(data)
    box = next((box for box in boxes(data) if box.kind == b"jp2c"), None)
    if box is None or data[box.start : box.start + len(CODES)] != CODES:
        raise ValueError("it has no coded data")
    return memoryview(data)[box.start : box.stop]


def _size(codes: memoryview) -> tuple[int, int]:
    right, bottom, left, top = struct.unpack_from(">4I", codes, 8)
    return right - left, bottom - top
