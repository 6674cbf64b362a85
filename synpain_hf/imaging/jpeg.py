"""What libjpeg forgives, but a data set should not: damaged codes, and endless scans."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

import simplejpeg

from synpain_hf.errors import PictureError
from synpain_hf.imaging.limits import MAX_SCANNED

SIGNATURE = b"\xff\xd8\xff"

_START_OF_SCAN, _END, _START, _TEMPORARY = 0xDA, 0xD9, 0xD8, 0x01
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # without tables and an extension
_ALONE = (_START, _TEMPORARY)  # markers without a length
_MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])")  # any that ends coded data: no stuffed byte, fill or restart


def check_scans(data: bytes, width: int, height: int) -> None:
    """Refuse a JPEG whose scans take long to decode: a scan over a whole picture may have 13 bytes.

    Raises:
        PictureError: If its scans pass over more than `MAX_SCANNED` pixels.
    """
    scans = sum(marker == _START_OF_SCAN for marker, _ in _markers(data))
    if scans * width * height > MAX_SCANNED:
        raise PictureError(
            f"is a JPEG of {scans:,} scans over {width:,} x {height:,} pixels, more than are decoded; save it again"
        )


def check_codes(data: bytes) -> None:
    """Refuse a JPEG whose coded data libjpeg warns of; Pillow passes over its warnings.

    It is decoded at an eighth of its size, for which all codes are read. If its colours are sampled in a way that
    simplejpeg does not know, it is not checked.

    Raises:
        ValueError: If codes are wrong, missing or left over.
    """
    try:
        _, _, colours, _ = simplejpeg.decode_jpeg_header(data)
    except (ValueError, KeyError):
        return
    space = "CMYK" if colours in ("CMYK", "YCCK") else "GRAY"
    simplejpeg.decode_jpeg(data, space, min_height=1, min_width=1, strict=True)


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height by the header of the frame; 0 if there is none."""
    for marker, position in _markers(data):
        if marker in _FRAMES and position + 7 <= len(data):
            height, width = struct.unpack_from(">HH", data, position + 3)
            return width, height
    return 0, 0


def _markers(data: bytes) -> Iterator[tuple[int, int]]:
    """Each marker up to the end, and where what it marks begins; coded data are passed over."""
    position = 0
    while found := _MARKER.search(data, position):
        marker, position = found[1][0], found.end()
        if marker == _END:
            return
        if marker not in _ALONE:
            yield marker, position
            position += int.from_bytes(data[position : position + 2], "big")
