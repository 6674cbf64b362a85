"""The rotation that a picture's EXIF asks for."""

from __future__ import annotations

import struct

from PIL import Image

UPRIGHT = 1

_TAG = 0x0112
_ENTRY = "HHIH"  # tag, type, count, and the first two bytes of the value, which are all of an orientation
_ENTRY_BYTES = 12
_BYTE_ORDERS = {b"II*\x00": "<", b"MM\x00*": ">"}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation(exif: bytes) -> int:
    """The orientation, 1 to 8, in a block of EXIF; upright where there is none that can be read.

    Pillow's own reader raises or warns, in many ways, on EXIF that is damaged.
    """
    tiff = exif.removeprefix(b"Exif\x00\x00")
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return UPRIGHT
    directory = struct.unpack_from(f"{order}I", tiff, 4)[0]
    if directory + 2 > len(tiff):
        return UPRIGHT
    entries = struct.unpack_from(f"{order}H", tiff, directory)[0]
    first = directory + 2
    for position in range(first, min(first + entries * _ENTRY_BYTES, len(tiff) - _ENTRY_BYTES + 1), _ENTRY_BYTES):
        tag, _, _, value = struct.unpack_from(order + _ENTRY, tiff, position)
        if tag == _TAG and value in _TURNS:
            return int(value)
    return UPRIGHT


def upright(image: Image.Image) -> Image.Image:
    """A picture turned as its EXIF asks."""
    turn = _TURNS.get(orientation(image.info.get("exif", b"")))
    return image if turn is None else image.transpose(turn)
