"""What is remembered of a face to find it again: a checksum of its pixels, and a thumbnail."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import deflate
import numpy as np
from PIL import Image

from synpain_hf.imaging.png import Pixels

SIDE = 16
"""Rows and columns of a thumbnail."""

_ROWS_OF_A_CELL = 8


@dataclass(frozen=True)
class Likeness:
    """What is remembered of a face; equal for equal pixels alone, whatever their files.

    Attributes:
        checksum: CRC-32 of its size and pixels, which only has to tell faces of the same thumbnail apart.
        thumbnail: The bytes of its thumbnail, in base64; nearly the same for copies that were compressed or scaled.
    """

    checksum: int
    thumbnail: str


def likeness_of(pixels: Pixels) -> Likeness:
    """Remember a face.

    Args:
        pixels: Shape (height, width, 3), uint8.
    """
    checksum = deflate.crc32(np.ascontiguousarray(pixels), deflate.crc32(repr(pixels.shape).encode()))
    return Likeness(checksum, base64.b64encode(thumbnail_of(pixels).tobytes()).decode())


def thumbnail_of(pixels: Pixels) -> Pixels:
    """The mean colour of 16 x 16 equal cells, from about eight whole rows of each; shape (16, 16, 3), uint8.

    A mirrored picture has the mirrored thumbnail.
    """
    rows = pixels[:: max(1, pixels.shape[0] // (SIDE * _ROWS_OF_A_CELL))]
    small = Image.fromarray(np.ascontiguousarray(rows)).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small)


def thumbnails_of(likenesses: Sequence[Likeness]) -> Pixels:
    """The thumbnails of some faces; shape (faces, 16, 16, 3), uint8."""
    joined = b"".join(base64.b64decode(likeness.thumbnail) for likeness in likenesses)
    return np.frombuffer(joined, np.uint8).reshape(-1, SIDE, SIDE, 3)
