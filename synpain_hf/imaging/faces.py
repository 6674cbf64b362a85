"""From one composite, or two pictures, to the two encoded faces of a pair."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from synpain_hf.errors import PictureError, UsageError
from synpain_hf.imaging import png
from synpain_hf.imaging.decoding import DecodedPicture, Raster, decode
from synpain_hf.imaging.gutter import Gutter, check_two_faces, find_gutter, searched_columns
from synpain_hf.imaging.limits import MIN_SIDE
from synpain_hf.imaging.png import Pixels

ENCODINGS: dict[str, dict[str, Any]] = {
    "png": {},
    "webp": {"lossless": True, "method": 4},
    "jpeg": {"quality": 95, "subsampling": 0},
}
"""Encodings of a release's faces, with Pillow's options; PNG (by our own writer) and WebP lose nothing."""

MAX_SIZE = 4096
"""Largest fixed size, in pixels."""


@dataclass(frozen=True)
class Encoding:
    """How the faces of a release are stored.

    Attributes:
        format: A key of `ENCODINGS`.
        size: Side in pixels of the square that each face is scaled to (Lanczos) and cropped to from its middle;
            None keeps the pixels as they are.
    """

    format: str = "png"
    size: int | None = None

    def __post_init__(self) -> None:
        if self.format not in ENCODINGS:
            raise UsageError(f"unknown encoding {self.format!r}; choose one of {', '.join(ENCODINGS)}")
        if self.size is not None and not MIN_SIDE <= self.size <= MAX_SIZE:
            raise UsageError(f"image size {self.size} is out of range; choose {MIN_SIDE} to {MAX_SIZE} pixels")


@dataclass(frozen=True)
class Faces:
    """The two faces of a pair, encoded.

    Attributes:
        neutral: The neutral face's file.
        expressive: The expressive face's file.
        gutter: The columns left out between them; None where they came as two pictures.
        neutral_pixels: SHA-256 of the neutral face's size and pixels as they came, to find a face that is used twice.
    """

    neutral: bytes
    expressive: bytes
    gutter: Gutter | None
    neutral_pixels: str


def split_composite(data: bytes, encoding: Encoding, size: tuple[int, int] | None = None) -> Faces:
    """Cut a composite into its neutral (left) and expressive (right) face.

    Args:
        data: The composite's file.
        encoding: How to store the faces.
        size: The width and height that the composite must have; None for any that holds two faces.

    Raises:
        PictureError: If the composite cannot be used.
    """
    raster = decode(data)
    if size is not None and (raster.width, raster.height) != size:
        raise PictureError(
            f"is {raster.width} x {raster.height} pixels, not {size[0]} x {size[1]} as an official composite is; "
            "fetch it again, or give composites of other sizes in a manifest"
        )
    check_two_faces(raster.width, raster.height)
    left = raster.pixels(searched_columns(raster.width))
    gutter = find_gutter(left, raster.width)
    return Faces(
        neutral=_encode(raster, 0, gutter.start, left, encoding),
        expressive=_encode(raster, gutter.stop, raster.width, left, encoding),
        gutter=gutter,
        neutral_pixels=_digest(left[:, : gutter.start]),
    )


def join_pictures(neutral: bytes, expressive: bytes, encoding: Encoding) -> Faces:
    """Take a neutral and an expressive face, each from its own picture.

    Raises:
        PictureError: If one of them cannot be used; the message begins with which.
    """
    first, second = (_whole(name, data) for name, data in (("neutral", neutral), ("expressive", expressive)))
    return Faces(
        neutral=_encode(first, 0, first.width, first.array, encoding),
        expressive=_encode(second, 0, second.width, second.array, encoding),
        gutter=None,
        neutral_pixels=_digest(first.array),
    )


def _whole(name: str, data: bytes) -> DecodedPicture:
    try:
        raster = decode(data)
        return DecodedPicture(raster.pixels(raster.width))
    except PictureError as error:
        raise PictureError(f"the {name} picture {error}") from error


def _encode(raster: Raster, start: int, stop: int, left: Pixels, encoding: Encoding) -> bytes:
    if encoding == Encoding():
        return raster.crop_png(start, stop, left[:, start])
    image = Image.fromarray(np.ascontiguousarray(raster.pixels(stop)[:, start:]))
    if encoding.size is not None:
        image = ImageOps.fit(image, (encoding.size, encoding.size), Image.Resampling.LANCZOS)
    if encoding.format == "png":
        return png.encode(np.asarray(image))
    file = io.BytesIO()
    image.save(file, encoding.format, **ENCODINGS[encoding.format])
    return file.getvalue()


def _digest(pixels: Pixels) -> str:
    digest = hashlib.sha256(repr(pixels.shape).encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()
