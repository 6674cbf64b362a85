"""Cutting a PNG by columns without filtering it again.

A PNG row is stored as a filter type and bytes that predict each pixel from the one on its left and the row above
(PNG specification, third edition, section 9). Columns 0 to n of a picture can therefore be cut out as they are
stored. Columns n to the end need a new prediction for their first pixel alone, which has lost its left neighbour.
Both halves of a composite then cost one inflate and two deflates, and no pixel can change.

libdeflate (through the package `deflate`) compresses: it is fast, and gives the same bytes on every processor.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import deflate
import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.errors import PictureError
from synpain_hf.imaging.limits import check_size
from synpain_hf.imaging.orientation import UPRIGHT, orientation

Pixels = npt.NDArray[np.uint8]

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = 3
_DEPTH = 8
_TRUECOLOUR_8_BIT = (_DEPTH, 2, 0, 0, 0)
_COLOUR_KEYED = (0, 2)  # the colour types (grey, RGB) whose tRNS is a colour; Pillow reads it rightly at 8 bits alone
_NONE, _SUB, _UP, _AVERAGE, _PAETH = range(5)
_STORED, _FAST = 0, 1
_RENDERING_CHUNKS = frozenset((b"tRNS", b"acTL"))


@dataclass(frozen=True)
class FilteredPng:
    """An 8-bit RGB PNG, inflated but not decoded.

    Attributes:
        rows: Shape (height, 1 + 3 * width), uint8: each row's filter type, then its filtered bytes.
    """

    rows: Pixels

    @classmethod
    def parse(cls, data: bytes) -> FilteredPng | None:
        """Inflate a PNG.

        Args:
            data: The file.

        Returns:
            None for a valid PNG of a kind that this class does not handle (another colour type or depth,
            interlaced, transparent, animated, rotated by EXIF).

        Raises:
            PictureError: If the file is damaged (whatever its kind), too large or too small.
        """
        (_, header), *chunks = _chunks(data)  # every checksum counts, also those that Pillow would pass over
        width, height, depth, colour, *methods = struct.unpack(">IIBBBBB", header)
        check_size(width, height)
        kinds = {kind for kind, _ in chunks}
        if depth != _DEPTH and colour in _COLOUR_KEYED and b"tRNS" in kinds:
            raise PictureError(f"has a transparent colour at {depth} bits, which is not read; save it with 8 bits")
        exif = next((body for kind, body in chunks if kind == b"eXIf"), b"")
        if (depth, colour, *methods) != _TRUECOLOUR_8_BIT or kinds & _RENDERING_CHUNKS or orientation(exif) != UPRIGHT:
            return None
        compressed = b"".join(body for kind, body in chunks if kind == b"IDAT")
        size = height * (1 + CHANNELS * width)
        try:
            inflated = deflate.zlib_decompress(compressed, size)
        except (deflate.DeflateError, ValueError) as error:
            raise PictureError("is a damaged PNG (its pixels cannot be inflated); fetch it again") from error
        if len(inflated) != size:
            raise PictureError(f"is a damaged PNG ({len(inflated):,} bytes of pixels, not {size:,}); fetch it again")
        rows = np.frombuffer(inflated, np.uint8).reshape(height, -1)
        if rows[:, 0].max() > _PAETH:
            raise PictureError("is a damaged PNG (an unknown row filter); fetch it again")
        return cls(rows)

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.rows.shape[1] - 1) // CHANNELS

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.rows.shape[0])

    def pixels(self, stop: int) -> Pixels:
        """Decode the columns left of `stop`.

        Returns:
            Shape (height, stop, 3), uint8.
        """
        with Image.open(io.BytesIO(_assemble(self.rows[:, : 1 + CHANNELS * stop], _STORED)), formats=("PNG",)) as image:
            return np.asarray(image)

    def crop_png(self, start: int, stop: int, first_column: Pixels) -> bytes:
        """The columns from `start` up to `stop` as a PNG of their own, without any metadata.

        Args:
            start: First column.
            stop: Column after the last.
            first_column: The decoded pixels of column `start`, shape (height, 3), uint8; not used for column 0.
        """
        rows = np.empty((self.height, 1 + CHANNELS * (stop - start)), np.uint8)
        rows[:, 0] = self.rows[:, 0]
        rows[:, 1:] = self.rows[:, 1 + CHANNELS * start : 1 + CHANNELS * stop]
        if start > 0:
            rows[:, 1 : 1 + CHANNELS] = _filter_without_left(rows[:, 0], first_column)
        return _assemble(rows, _FAST)


def encode(pixels: Pixels) -> bytes:
    """A PNG of decoded pixels, every row filtered by Paeth's predictor.

    Args:
        pixels: Shape (height, width, 3), uint8.
    """
    height, width, _ = pixels.shape
    padded = np.zeros((height + 1, width + 1, CHANNELS), np.int16)
    padded[1:, 1:] = pixels
    left, above, corner = padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]
    to_left, to_above = np.abs(above - corner), np.abs(left - corner)
    to_corner = np.abs(left + above - 2 * corner)
    predicted = np.where(
        (to_left <= to_above) & (to_left <= to_corner), left, np.where(to_above <= to_corner, above, corner)
    )
    rows = np.empty((height, 1 + CHANNELS * width), np.uint8)
    rows[:, 0] = _PAETH
    rows[:, 1:] = (pixels - predicted).astype(np.uint8).reshape(height, -1)
    return _assemble(rows, _FAST)


def _filter_without_left(filters: Pixels, column: Pixels) -> Pixels:
    """Filter a first column of pixels, whose left neighbours count as zero; shape (height, 3)."""
    above = np.zeros_like(column)
    above[1:] = column[:-1]
    # With zeros on the left, Paeth's predictor is the pixel above, Sub's is zero, Average's half the pixel above.
    predictions = {_NONE: above * 0, _SUB: above * 0, _UP: above, _AVERAGE: above // 2, _PAETH: above}
    predicted: Pixels = np.choose(filters[:, None], [predictions[kind] for kind in sorted(predictions)])
    return column - predicted


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(SIGNATURE + b"\x00\x00\x00\x0dIHDR"):
        raise PictureError("is a damaged PNG (it has no header); fetch it again")
    position, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if position + 12 > len(data):
            raise PictureError(f"is cut short after {len(data):,} bytes; fetch it again")
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + 12 + length
        if end > len(data):
            raise PictureError(f"is cut short after {len(data):,} bytes; fetch it again")
        if deflate.crc32(memoryview(data)[position + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise PictureError(f"is a damaged PNG (wrong checksum at byte {position:,}); fetch it again")
        yield kind, data[position + 8 : end - 4]
        position = end


def _assemble(rows: Pixels, level: int) -> bytes:
    height, row_bytes = rows.shape
    header = struct.pack(">IIBBBBB", (row_bytes - 1) // CHANNELS, height, *_TRUECOLOUR_8_BIT)
    pixels = deflate.zlib_compress(np.ascontiguousarray(rows), level)
    return b"".join([SIGNATURE, *_chunk(b"IHDR", header), *_chunk(b"IDAT", pixels), *_chunk(b"IEND", b"")])


def _chunk(kind: bytes, body: bytes | bytearray) -> tuple[bytes | bytearray, ...]:
    """The parts of a chunk; joined once, because a body may have megabytes."""
    return struct.pack(">I", len(body)), kind, body, struct.pack(">I", deflate.crc32(body, deflate.crc32(kind)))
