"""What is remembered of a face to find it again: a digest of its pixels, and a thumbnail."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import deflate
import numpy as np
from PIL import Image

from synpain_hf.imaging.png import Pixels

SIDE = 16
"""Rows and columns of a thumbnail."""

SHAPE = (SIDE, SIDE, 3)
"""Of a thumbnail: rows, columns, colours."""

_ROWS_OF_A_CELL = 8

_DIGEST_BYTES = 16
"""Of a digest of a thumbnail and of the CRC-32 of all pixels, which only has to tell faces of one thumbnail apart."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """What is remembered of a face.

    Attributes:
        key: A number that is equal for equal pixels alone, whatever their files.
        thumbnail: The bytes of its thumbnail; nearly the same for copies that were compressed or scaled.
    """

    key: int
    thumbnail: bytes


def likeness_of(pixels: Pixels) -> Likeness:
    """Remember a face.

    Args:
        pixels: Shape (height, width, 3), uint8.
    """
    thumbnail = thumbnail_of(pixels).tobytes()
    checksum = deflate.crc32(np.ascontiguousarray(pixels), deflate.crc32(repr(pixels.shape).encode()))
    digest = hashlib.blake2b(thumbnail, digest_size=_DIGEST_BYTES, salt=checksum.to_bytes(4, "big")).digest()
    return Likeness(int.from_bytes(digest, "big"), thumbnail)


def thumbnail_of(pixels: Pixels) -> Pixels:
    """The mean colour of 16 x 16 equal cells, from about eight whole rows of each; shape (16, 16, 3), uint8.

    A mirrored picture has the mirrored thumbnail.
    """
    rows = pixels[:: max(1, pixels.shape[0] // (SIDE * _ROWS_OF_A_CELL))]
    small = Image.fromarray(np.ascontiguousarray(rows)).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small)


def thumbnails_of(likenesses: Iterable[Likeness]) -> Pixels:
    """The thumbnails of some faces; shape (faces, 16, 16, 3), uint8."""
    return np.frombuffer(b"".join(likeness.thumbnail for likeness in likenesses), np.uint8).reshape(-1, *SHAPE)
