"""What a BMP says of itself before it is decoded: its size, and where its pixels are."""

from __future__ import annotations

import struct
from typing import NamedTuple

from synpain_hf.imaging.limits import MAX_PIXELS_OF_RUNS, check_size_of_kind

_OLD, _HEADERS = 12, frozenset((12, 16, 40, 52, 56, 64, 108, 124))
_FILE_HEADER, _COLOUR, _MOST_OF_A_PALETTE = 14, 4, 8
_NOT_COMPRESSED, _BY_MASKS = 0, 3


class _Header(NamedTuple):
    """What stands before the pixels.

    Attributes:
        start: Where they begin.
        length: Of the header that describes them; a palette follows.
        width: Their columns.
        height: Their rows.
        bits: Of each.
        compression: How they are stored.
        palette: Bytes of the palette that the header speaks of.
    """

    start: int
    length: int
    width: int
    height: int
    bits: int
    compression: int
    palette: int


def is_bmp(data: bytes) -> bool:
    """Whether a file begins as a BMP; two letters alone would be the beginning of many a text."""
    return data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _HEADERS


def check(data: bytes) -> None:
    """Refuse a BMP that is shorter than it says, or whose pixels cannot be where it says.

    Raises:
        PictureError: If it has too many pixels for how they are stored.
        ValueError: If it is cut short or damaged.
        struct.error: If its header is cut short.
    """
    said = int.from_bytes(data[2:6], "little")
    if said > len(data):
        raise ValueError(f"{len(data):,} of {said:,} bytes")
    header = _read(data)
    described, earliest = _FILE_HEADER + header.length, _FILE_HEADER + header.length + header.palette
    start = earliest if header.start == described else header.start  # some programs forget the palette, as Pillow knows
    is_plain = header.compression in (_NOT_COMPRESSED, _BY_MASKS)
    if not is_plain:
        check_size_of_kind(header.width, header.height, MAX_PIXELS_OF_RUNS, "a BMP of runs")
    held = (header.width * header.bits + 31) // 32 * 4 * header.height if is_plain else 1
    if not earliest <= start <= len(data) - held:
        raise ValueError(f"its pixels cannot begin at byte {header.start:,}")


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height; rows may be in either order.

    Raises:
        struct.error: If the header is cut short.
    """
    header = _read(data)
    return header.width, header.height


def _read(data: bytes) -> _Header:
    start, length = struct.unpack_from("<II", data, 10)
    if length == _OLD:
        width, height, _, bits = struct.unpack_from("<4H", data, 18)
        return _Header(start, length, width, height, bits, _NOT_COMPRESSED, 0)
    width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
    (colours,) = struct.unpack_from("<I", data, 46)
    palette = _COLOUR * (colours or 1 << bits) if bits <= _MOST_OF_A_PALETTE else 0
    return _Header(start, length, width, abs(height), bits, compression, palette)
