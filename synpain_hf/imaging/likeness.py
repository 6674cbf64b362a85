"""What is remembered of a face to find it again: the digest of its pixels, and a thumbnail."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from PIL import Image

from synpain_hf.imaging.png import Pixels

SIDE = 16
"""Rows and columns of a thumbnail."""

_ROWS_OF_A_CELL = 8


@dataclass(frozen=True)
class Likeness:
    """What is remembered of a face.

    Attributes:
        pixels: SHA-256 of its size and pixels, whatever its file.
        thumbnail: 16 x 16 bytes of luma, in hexadecimal; alike for copies that were compressed or scaled.
    """

    pixels: str
    thumbnail: str


def likeness_of(pixels: Pixels) -> Likeness:
    """Remember a face.

    Args:
        pixels: Shape (height, width, 3), uint8.
    """
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return Likeness(digest.hexdigest(), thumbnail_of(pixels).tobytes().hex())


def thumbnail_of(pixels: Pixels) -> Pixels:
    """The mean luma of 16 x 16 equal cells, from about eight whole rows of each; shape (16, 16), uint8.

    A mirrored picture has the mirrored thumbnail.
    """
    rows = pixels[:: max(1, pixels.shape[0] // (SIDE * _ROWS_OF_A_CELL))]
    small = Image.fromarray(np.ascontiguousarray(rows)).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small.convert("L"))
