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
from dataclasses import dataclass

import deflate
import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.errors import PictureError
from synpain_hf.imaging.limits import STRIP_PIXELS, check_size
from synpain_hf.imaging.orientation import UPRIGHT, orientation
from synpain_hf.imaging.png_chunks import (
    SIGNATURE,
    bytes_with,
    check_complete,
    chunk,
    metadata_in,
    pixels_in,
    read_chunks,
)

Pixels = npt.NDArray[np.uint8]

CHANNELS = 3
_DEPTH = 8
_TRUECOLOUR_8_BIT = (_DEPTH, 2, 0, 0, 0)
_COLOUR_KEYED = (0, 2)  # the colour types (grey, RGB) whose tRNS is a colour; Pillow reads it rightly at 8 bits alone
_NONE, _SUB, _UP, _AVERAGE, _PAETH = range(5)
_STORED, _FAST = 0, 1
_PIXELS_ALONE = {b"IDAT", b"IEND"}
_RENDERING_CHUNKS = frozenset((b"tRNS", b"acTL"))
_CHECKSUM = struct.Struct(">I")  # Adler-32 of what was compressed, with which it ends (RFC 1950)
_HARDLY_COMPRESSED = 0.95
_BLOCK_PIXELS = 2**16  # filtered at a time, so that what is computed stays in the processor's cache


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
            interlaced, transparent, animated, turned by its metadata).

        Raises:
            PictureError: If the file is damaged (whatever its kind), too large or too small.
        """
        header, chunks = read_chunks(data)
        check_size(header.width, header.height, len(data))
        kinds = {kind for kind, _ in chunks}
        if header.depth != _DEPTH and header.colour in _COLOUR_KEYED and b"tRNS" in kinds:
            raise PictureError(
                f"has a transparent colour at {header.depth} bits, which is not read; save it with 8 bits"
            )
        turned = orientation(metadata_in(chunks)) != UPRIGHT
        if header[2:] != _TRUECOLOUR_8_BIT or kinds & _RENDERING_CHUNKS or turned:
            check_complete(header, chunks)
            return None
        compressed = b"".join(pixels_in(chunks))
        size = header.height * (1 + CHANNELS * header.width)
        try:
            inflated = deflate.zlib_decompress(compressed, size)
        except (deflate.DeflateError, ValueError) as error:
            raise PictureError("is a damaged PNG (its pixels cannot be inflated); fetch it again") from error
        if len(inflated) != size:
            raise PictureError(f"is a damaged PNG ({len(inflated):,} bytes of pixels, not {size:,}); fetch it again")
        rows = np.frombuffer(inflated, np.uint8).reshape(header.height, -1)
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
        rows = self.rows[:, : 1 + CHANNELS * stop]
        strip = max(1, STRIP_PIXELS // stop)
        if self.height <= strip:
            return _unfiltered(rows)
        pixels = np.empty((self.height, stop, CHANNELS), np.uint8)
        pixels[:strip] = _unfiltered(rows[:strip])
        for start in range(strip, self.height, strip):
            pixels[start : start + strip] = _unfiltered(rows[start : start + strip], pixels[start - 1])
        return pixels

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

    def without_metadata(self, data: bytes) -> bytes | None:
        """The whole picture as a PNG without any metadata, its pixels compressed as they are in its file.

        Args:
            data: The file that it was parsed from.

        Returns:
            The file itself, where it holds nothing else; None where it hardly compresses the pixels, or has something
            behind them.
        """
        _, chunks = read_chunks(data)
        compressed = b"".join(pixels_in(chunks))
        has_more = not compressed.endswith(_CHECKSUM.pack(deflate.adler32(self.rows)))
        if has_more or len(compressed) > _HARDLY_COMPRESSED * self.rows.nbytes:
            return None
        is_all = {kind for kind, _ in chunks} == _PIXELS_ALONE and len(data) == bytes_with(chunks)
        return data if is_all else _wrapped(self.width, self.height, compressed)


def encode(pixels: Pixels, *, compressed: bool = True) -> bytes:
    """A PNG of decoded pixels, every row filtered by Paeth's predictor.

    Args:
        pixels: Shape (height, width, 3), uint8.
        compressed: Whether to compress it; not needed where it is decoded again at once.
    """
    height, width, _ = pixels.shape
    rows = np.empty((height, 1 + CHANNELS * width), np.uint8)
    rows[:, 0] = _PAETH
    block = max(1, _BLOCK_PIXELS // width)
    above = np.zeros((1, width, CHANNELS), np.uint8)
    for start in range(0, height, block):
        part = pixels[start : start + block]
        rows[start : start + block, 1:] = _paeth_filtered(part, above).reshape(len(part), -1)
        above = part[-1:]
    return _assemble(rows, _FAST if compressed else _STORED)


def _paeth_filtered(pixels: Pixels, above: Pixels) -> Pixels:
    """Rows of pixels less what Paeth's predictor expects, given the row above them; shape (rows, width, 3)."""
    rows, width, _ = pixels.shape
    padded = np.zeros((rows + 1, width + 1, CHANNELS), np.int16)
    padded[0, 1:] = above
    padded[1:, 1:] = pixels
    left, upper, corner = padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]
    to_left, to_upper = np.abs(upper - corner), np.abs(left - corner)
    to_corner = np.abs(left + upper - 2 * corner)
    predicted = np.where(
        (to_left <= to_upper) & (to_left <= to_corner), left, np.where(to_upper <= to_corner, upper, corner)
    )
    filtered: Pixels = (pixels - predicted).astype(np.uint8)
    return filtered


def _unfiltered(rows: Pixels, above: Pixels | None = None) -> Pixels:
    """Decode filtered rows.

    Args:
        rows: Shape (height, 1 + 3 * width), uint8.
        above: The decoded row above them, shape (width, 3); None if there is none.

    Returns:
        Shape (height, width, 3), uint8.
    """
    if above is not None:
        rows = np.vstack([np.concatenate([[np.uint8(_NONE)], above.ravel()]), rows])
    with Image.open(io.BytesIO(_assemble(rows, _STORED)), formats=("PNG",)) as image:
        pixels = np.asarray(image)
    return pixels if above is None else pixels[1:]


def _filter_without_left(filters: Pixels, column: Pixels) -> Pixels:
    """Filter a first column of pixels, whose left neighbours count as zero; shape (height, 3)."""
    above = np.zeros_like(column)
    above[1:] = column[:-1]
    # With zeros on the left, Paeth's predictor is the pixel above, Sub's is zero, Average's half the pixel above.
    predictions = {_NONE: above * 0, _SUB: above * 0, _UP: above, _AVERAGE: above // 2, _PAETH: above}
    predicted: Pixels = np.choose(filters[:, None], [predictions[kind] for kind in sorted(predictions)])
    return column - predicted


def _assemble(rows: Pixels, level: int) -> bytes:
    height, row_bytes = rows.shape
    return _wrapped((row_bytes - 1) // CHANNELS, height, deflate.zlib_compress(np.ascontiguousarray(rows), level))


def _wrapped(width: int, height: int, compressed: bytes | bytearray) -> bytes:
    """A PNG of compressed rows."""
    header = struct.pack(">IIBBBBB", width, height, *_TRUECOLOUR_8_BIT)
    return b"".join([SIGNATURE, *chunk(b"IHDR", header), *chunk(b"IDAT", compressed), *chunk(b"IEND", b"")])
