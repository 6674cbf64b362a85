"""What a TIFF says of itself before it is decoded: one picture, whole, of a kind that is read rightly (TIFF 6.0)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from math import prod
from typing import NamedTuple

from synpain_hf.errors import PictureError

SIGNATURES = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")

_KIND, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _COLOURS = 254, 256, 257, 258, 259, 262
_TURN = 274
_DESCRIBED_ELSEWHERE = (34665, 34853)  # EXIF and GPS, which Pillow reads too
_OFFSETS, _SAMPLES, _ROWS, _LENGTHS, _FORMAT = 273, 277, 278, 279, 339
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_LENGTHS, _DNG = 322, 323, 324, 325, 50706
_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q"}
_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_SINGLE = frozenset((_KIND, _WIDTH, _HEIGHT, _COMPRESSION, _COLOURS, _SAMPLES, _ROWS, _TURN, _TILE_WIDTH, _TILE_HEIGHT))
_READ = _SINGLE | {_BITS, _OFFSETS, _LENGTHS, _FORMAT, _TILE_OFFSETS, _TILE_LENGTHS, _DNG, *_DESCRIBED_ELSEWHERE}
_MOST_ENTRIES, _MOST_VALUES = 1000, 100_000

_NOT_COMPRESSED, _JPEG, _DEFLATE = 1, 7, (8, 32946)
_COMPRESSIONS = {_NOT_COMPRESSED: "none", 5: "LZW", _JPEG: "JPEG", 8: "deflate", 32773: "PackBits", 32946: "deflate"}
_WHITE_IS_ZERO, _YCBCR = 0, 6
_READ_COLOURS = (_WHITE_IS_ZERO, 1, 2, 3, 5, _YCBCR)  # grey, RGB, palette, CMYK
_REDUCED = 1
_UNSIGNED = 1
_MOST_BYTES_A_PIXEL, _INFLATED_AT_A_TIME = 12, 2**20
_SPARE = 1024  # pixels by which a tile, or the rows of a strip, may exceed the picture


class _Directory(NamedTuple):
    """The description of a picture.

    Attributes:
        values: The numbers of each tag.
        has_next: Whether another one follows.
    """

    values: Mapping[int, Sequence[int]]
    has_next: bool

    def one(self, tag: int, default: int = 0) -> int:
        return next(iter(self.values.get(tag, ())), default)

    @property
    def places(self) -> tuple[Sequence[int], Sequence[int]]:
        """Where the parts of the pixels begin, and how long each is."""
        tags = (_TILE_OFFSETS, _TILE_LENGTHS) if _TILE_OFFSETS in self.values else (_OFFSETS, _LENGTHS)
        offsets, lengths = (self.values.get(tag, ()) for tag in tags)
        return offsets, lengths


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height of the first picture; 0 where they cannot be read."""
    try:
        directory = _directory(data)
    except (ValueError, struct.error):
        return 0, 0
    return directory.one(_WIDTH), directory.one(_HEIGHT)


def is_turned(data: bytes) -> bool:
    """Whether Pillow turns the picture, because a tag of its own asks for it."""
    return _TURN in _directory(data).values


def check(data: bytes) -> None:
    """Refuse a TIFF that Pillow would read in part, or wrongly.

    Raises:
        PictureError: If it has several pages, or pixels of a kind that is not read, or is a camera's raw file, of which
            the first picture is a small preview.
        ValueError: If it is cut short or damaged.
        struct.error: If it ends within its description.
    """
    directory = _directory(data)
    for tag in _DESCRIBED_ELSEWHERE:
        if tag in directory.values:
            _directory(data, directory.one(tag))
    for is_so, what, remedy in _refusals(directory, data):
        if is_so:
            raise PictureError(f"{what}; {remedy}")
    _check_places(directory, len(data))
    if directory.one(_COMPRESSION, 1) in _DEFLATE:
        _check_deflated(directory, memoryview(data))


def _refusals(directory: _Directory, data: bytes) -> Sequence[tuple[bool, str, str]]:
    bits, compression = directory.values.get(_BITS, (1,)), directory.one(_COMPRESSION, 1)
    colours, numbers = directory.one(_COLOURS), set(directory.values.get(_FORMAT, (_UNSIGNED,)))
    is_raw = _DNG in directory.values or data[8:10] == b"CR" or bool(directory.one(_KIND) & _REDUCED)
    as_rgb = "save it as RGB of 8 bits"
    return (
        (directory.has_next, "is a TIFF of several pages", "give each page as a file of its own"),
        (is_raw, "is a camera's raw file, or a preview", "develop it to PNG or JPEG first"),
        (
            compression not in _COMPRESSIONS,
            f"is a TIFF of a compression that is not read ({compression})",
            "save it with LZW, deflate or none",
        ),
        (
            colours not in _READ_COLOURS or (colours == _YCBCR and compression != _JPEG),
            f"is a TIFF of colours that are not read ({colours})",
            as_rgb,
        ),
        (not set(bits) <= {1, 2, 4, 8, 16}, f"is a TIFF of {max(bits)} bits, which are not read", as_rgb),
        (numbers != {_UNSIGNED}, "is a TIFF of signed or real numbers", as_rgb),
        (colours == _WHITE_IS_ZERO and max(bits) > 8, "is a TIFF of 16 bits in which white is 0", as_rgb),
    )


def _check_places(directory: _Directory, length: int) -> None:
    """Refuse pixels that are not all in the file, or in parts far larger than the picture."""
    offsets, lengths = directory.places
    if not offsets or len(offsets) != len(lengths):
        raise ValueError("it does not say where its pixels are")
    if any(offset + size > length for offset, size in zip(offsets, lengths, strict=True)):
        raise ValueError("its pixels end beyond the file")
    width, height = directory.one(_WIDTH), directory.one(_HEIGHT)
    tile = directory.one(_TILE_WIDTH), directory.one(_TILE_HEIGHT)
    if _TILE_OFFSETS in directory.values and not 0 < prod(tile) <= (width + _SPARE) * (height + _SPARE):
        raise ValueError("its tiles are far larger than the picture")
    bits = directory.values.get(_BITS, (1,))
    in_a_row = -(-width * (sum(bits) if len(bits) > 1 else bits[0] * directory.one(_SAMPLES, 1)) // 8)
    if directory.one(_COMPRESSION, 1) == _NOT_COMPRESSED and sum(lengths) < in_a_row * height:
        raise ValueError(f"{sum(lengths):,} bytes of pixels, not {in_a_row * height:,}")


def _check_deflated(directory: _Directory, data: memoryview) -> None:
    """Refuse pixels that do not fit their checksum, at which libtiff does not look."""
    most = (directory.one(_WIDTH) + _SPARE) * (directory.one(_HEIGHT) + _SPARE) * _MOST_BYTES_A_PIXEL
    for offset, length in zip(*directory.places, strict=True):
        inflating = zlib.decompressobj()
        part, held = data[offset : offset + length], 0
        try:
            while part and not inflating.eof and held <= most:
                held += len(inflating.decompress(part, _INFLATED_AT_A_TIME))
                part = memoryview(inflating.unconsumed_tail)
        except zlib.error as error:
            raise ValueError(f"its pixels cannot be inflated: {error}") from error
        if not inflating.eof:
            raise ValueError("its pixels cannot be inflated: they have no end")


def _directory(data: bytes, start: int | None = None) -> _Directory:
    """A description in a file: the first, or the one that begins at a byte.

    Raises:
        ValueError: If it is damaged.
        struct.error: If it is cut short.
    """
    order = "<" if data[:2] == b"II" else ">"
    is_big = data[2:4] in (b"+\x00", b"\x00+")
    number, count_form, entry = ("Q", "Q", "HHQ8s") if is_big else ("I", "H", "HHI4s")
    if start is None:
        (start,) = struct.unpack_from(order + number, data, 8 if is_big else 4)
    if start > len(data):
        raise ValueError("its description is beyond the file")
    (entries,) = struct.unpack_from(order + count_form, data, start)
    if entries > _MOST_ENTRIES:
        raise ValueError(f"it has a description of {entries:,} entries")
    start += struct.calcsize(order + count_form)
    size = struct.calcsize(order + entry)
    values = {}
    for position in range(start, start + entries * size, size):
        tag, kind, count, inline = struct.unpack_from(order + entry, data, position)
        values[tag] = _values(data, order, number, tag, kind, count, inline)
    (following,) = struct.unpack_from(order + number, data, start + entries * size)
    return _Directory(values, bool(following))


def _values(data: bytes, order: str, number: str, tag: int, kind: int, count: int, inline: bytes) -> Sequence[int]:
    """The numbers of an entry; none of one that holds something else, which must be in the file, too."""
    length = count * _BYTES.get(kind, 1)
    (offset,) = struct.unpack(order + number, inline)
    if length > len(inline) and offset + length > len(data):
        raise ValueError(f"its entry {tag} ends beyond the file")
    if kind not in _NUMBERS or tag not in _READ:
        return ()
    if count > _MOST_VALUES or (tag in _SINGLE and count != 1):
        raise ValueError(f"its entry {tag} has {count:,} values")
    form = f"{order}{count}{_NUMBERS[kind]}"
    return struct.unpack_from(form, inline if length <= len(inline) else data, 0 if length <= len(inline) else offset)
