"""The turn that a picture's metadata ask for.

It is in EXIF, in XMP, or, in a PNG that ImageMagick wrote, in either as hexadecimal text. EXIF comes first where
they differ, as in Pillow and `datasets`.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any

from PIL import Image

UPRIGHT = 1

XMP_IN_PNG = "XML:com.adobe.xmp"
"""The keyword of a PNG's XMP."""

_RAW_PROFILE = "Raw profile type "
"""How the keywords begin under which ImageMagick keeps EXIF and XMP in a PNG."""

TEXTS_IN_PNG = (XMP_IN_PNG, *(f"{_RAW_PROFILE}{kind}" for kind in ("exif", "APP1", "xmp")))
"""The keywords of the texts of a PNG that may say how to turn it."""

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
_OF_XMP = re.compile(rb"""tiff:Orientation\s*(?:=\s*["']|>)\s*([0-9]+)""")


def orientation(info: Mapping[Any, Any]) -> int:
    """The orientation, 1 to 8, that a picture's metadata ask for; upright if none can be read.

    Pillow's own reader raises or warns, in many ways, on EXIF that is damaged.

    Args:
        info: The metadata by the names that Pillow gives them in `Image.info`.
    """
    exifs = (info.get("exif"), _raw_profile(info, "exif"), _raw_profile(info, "APP1"))
    xmps = (info.get("xmp"), info.get(XMP_IN_PNG), _raw_profile(info, "xmp"), _raw_profile(info, "APP1"))
    found = [*(_in_exif(exif) for exif in exifs if exif), *(_in_xmp(xmp) for xmp in xmps if xmp)]
    asked = next((value for value in found if value is not None), UPRIGHT)
    return asked if asked in _TURNS else UPRIGHT


def upright(image: Image.Image) -> Image.Image:
    """A picture turned as its metadata ask."""
    image.load()  # metadata may come after the pixels
    turn = _TURNS.get(orientation(image.info))
    return image if turn is None else image.transpose(turn)


def _in_exif(exif: bytes) -> int | None:
    """The value of the orientation's tag in a block of EXIF; None if it has no such tag."""
    tiff = exif.removeprefix(b"Exif\x00\x00")
    order = _BYTE_ORDERS.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return None
    directory = struct.unpack_from(f"{order}I", tiff, 4)[0]
    if directory + 2 > len(tiff):
        return None
    entries = struct.unpack_from(f"{order}H", tiff, directory)[0]
    first = directory + 2
    for position in range(first, min(first + entries * _ENTRY_BYTES, len(tiff) - _ENTRY_BYTES + 1), _ENTRY_BYTES):
        tag, _, _, value = struct.unpack_from(order + _ENTRY, tiff, position)
        if tag == _TAG:
            return int(value)
    return None


def _in_xmp(xmp: bytes | str) -> int | None:
    """The value of `tiff:Orientation`, an attribute or an element; None if there is none."""
    found = _OF_XMP.search(xmp.encode("utf-8", "replace") if isinstance(xmp, str) else xmp)
    return int(found[1]) if found else None


def _raw_profile(info: Mapping[Any, Any], kind: str) -> bytes:
    """What ImageMagick wrote as text: an empty line, the kind, the length, and lines of hexadecimal digits."""
    try:
        return bytes.fromhex("".join(str(info.get(f"{_RAW_PROFILE}{kind}", "")).split("\n")[3:]))
    except ValueError:
        return b""
