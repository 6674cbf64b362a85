"""What OpenJPEG forgives, but a data set should not: JPEG 2000 that is cut short (ISO 15444-1)."""

from __future__ import annotations

import struct
from typing import BinaryIO

from PIL.Jpeg2KImagePlugin import Jpeg2KImageFile

from synpain_hf.imaging.boxes import boxes
from synpain_hf.imaging.limits import MAX_SAMPLES_JPEG_2000, check_size_of_kind

SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
CODES = b"\xff\x4f\xff\x51"
"""How coded data begin, in a box or alone."""

_START_OF_TILE, _END = 0xFF90, 0xFFD9
_CHANNELS = 40  # where the header says how many there are
_OF_A_TILE = ">HHHIBB"  # marker, length, tile, length of the part, number of the part, number of parts


_METADATA = {
    b"JpgTiffExif->JP2": "exif",
    b"\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac": "xmp",
}
"""What boxes of these ids hold, by the names that Pillow gives them."""


def read(file: BinaryIO) -> Jpeg2KImageFile:
    """Open a JPEG 2000, with its EXIF and XMP, which Pillow passes over."""
    data = file.read()
    file.seek(0)
    image = Jpeg2KImageFile(file)
    for box in () if data.startswith(CODES) else boxes(data):
        name = _METADATA.get(data[box.start : box.start + 16]) if box.kind == b"uuid" else None
        if name:
            image.info[name] = data[box.start + 16 : box.stop]
    return image


def check(data: bytes) -> None:
    """Refuse a file that is cut short, or larger than is decoded, by its coded data.

    Raises:
        ValueError: If its parts do not follow each other up to the end.
        PictureError: If it has too many pixels.
    """
    codes = _codes(data)
    (channels,) = struct.unpack_from(">H", codes, _CHANNELS)
    most = MAX_SAMPLES_JPEG_2000 // max(channels, 1)
    check_size_of_kind(*_size(codes), most, f"a JPEG 2000 of {channels:,} channels")
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
