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
from synpain_hf.imaging.gutter import MARGIN, Gutter, check_two_faces, find_gutter, searched_columns
from synpain_hf.imaging.likeness import Likeness, likeness_of
from synpain_hf.imaging.limits import MIN_SIDE
from synpain_hf.imaging.png import FilteredPng, Pixels
from synpain_hf.text.suggestions import did_you_mean

ENCODINGS: dict[str, dict[str, Any]] = {
    "png": {},
    "webp": {"lossless": True, "method": 4},
    "jpeg": {"quality": 95, "subsampling": 0},
}
"""Encodings of a release's faces, with Pillow's options; PNG (by our own writer) and WebP lose nothing."""

_SAME_FACE = "has the same face twice; give a neutral face and an expressive one"

_CUT_OFF = range(9)  # columns that may be cut off on either side of a gutter

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
            near = did_you_mean(self.format, ENCODINGS)
            raise UsageError(f"unknown encoding {self.format!r}{near}; choose one of {', '.join(ENCODINGS)}")
        if self.size is not None and not MIN_SIDE <= self.size <= MAX_SIZE:
            raise UsageError(f"image size {self.size} is out of range; choose {MIN_SIDE} to {MAX_SIZE} pixels")


@dataclass(frozen=True)
class Faces:
    """The two faces of a pair, encoded.

    Attributes:
        neutral: The neutral face's file.
        expressive: The expressive face's file.
        digests: The SHA-256 of both files.
        gutter: The columns left out between them; None where they came as two pictures.
        likenesses: What tells the neutral and the expressive face, as they came, from others; of a composite, then both
            as they are where it is cut beside the gutter.
    """

    neutral: bytes
    expressive: bytes
    digests: tuple[str, str]
    gutter: Gutter | None
    likenesses: tuple[Likeness, ...]


@dataclass(frozen=True)
class WholeFace:
    """A face that fills a picture.

    Attributes:
        encoded: Its file.
        digest: The SHA-256 of that.
        likeness: What distinguishes it, as it came, from others.
    """

    encoded: bytes
    digest: str
    likeness: Likeness


def split_composite(data: bytes, encoding: Encoding, size: tuple[int, int] | None = None) -> Faces:
    """Cut a composite into its neutral (left) and expressive (right) face.

    Args:
        data: The composite's file.
        encoding: How to store the faces.
        size: The width and height that the composite must have; None for any that holds two faces.

    Raises:
        PictureError: If the composite cannot be used, or shows the same face twice.
    """
    raster = decode(data)
    if size is not None and (raster.width, raster.height) != size:
        raise PictureError(
            f"is {raster.width} x {raster.height} pixels, not {size[0]} x {size[1]} as an official composite is; "
            "fetch it again, or give composites of other sizes in a manifest"
        )
    check_two_faces(raster.width, raster.height)
    pixels = raster.pixels(raster.width)
    gutter = find_gutter(pixels[:, : searched_columns(raster.width)], raster.width)
    neutral, expressive = pixels[:, : gutter.start], pixels[:, gutter.stop :]
    beside = pixels[:, : gutter.start + MARGIN], pixels[:, gutter.stop - MARGIN :]
    if any(_shows_again(neutral, expressive, columns) for columns in _CUT_OFF):
        raise PictureError(_SAME_FACE)
    files = (
        _encode(raster, 0, gutter.start, pixels, encoding),
        _encode(raster, gutter.stop, raster.width, pixels, encoding),
    )
    return Faces(
        *files,
        digests=(_digest(files[0]), _digest(files[1])),
        gutter=gutter,
        likenesses=tuple(map(likeness_of, (neutral, expressive, *beside))),
    )


def join_pictures(neutral: bytes, expressive: bytes, encoding: Encoding) -> Faces:
    """Take a neutral and an expressive face, each from its own picture.

    Raises:
        PictureError: If one of them cannot be used (the message begins with which), or both are the same face.
    """
    return join_faces(whole_face("neutral", neutral, encoding), whole_face("expressive", expressive, encoding))


def join_faces(neutral: WholeFace, expressive: WholeFace) -> Faces:
    """Take a neutral and an expressive face that are encoded already.

    Raises:
        PictureError: If both are the same face.
    """
    if neutral.likeness == expressive.likeness:
        raise PictureError(_SAME_FACE)
    digests, likenesses = (neutral.digest, expressive.digest), (neutral.likeness, expressive.likeness)
    return Faces(neutral.encoded, expressive.encoded, digests, None, likenesses)


def _shows_again(neutral: Pixels, expressive: Pixels, columns: int) -> bool:
    """Whether the expressive half is the neutral one, from a column on; the inner edge of either may be cut off."""
    width = min(neutral.shape[1] - columns, expressive.shape[1])
    first, second = neutral[:, columns : columns + width], expressive[:, :width]
    middle = len(first) // 2
    return np.array_equal(first[middle], second[middle]) and np.array_equal(first, second)


def whole_face(name: str, data: bytes, encoding: Encoding, digest: str = "") -> WholeFace:
    """Take a face from a picture of its own. A PNG of 8-bit RGB keeps its compressed pixels, without any metadata.

    Args:
        name: `neutral` or `expressive`, for messages.
        data: The picture's file.
        encoding: How to store the face.
        digest: The SHA-256 of the file, where it is known.

    Raises:
        PictureError: If it cannot be used; the message begins with which it is.
    """
    try:
        raster = decode(data)
        encoded = None
        if isinstance(raster, FilteredPng) and encoding == Encoding():
            encoded = raster.without_metadata(data)
        pixels = raster.pixels(raster.width)
    except PictureError as error:
        raise PictureError(f"the {name} picture {error}") from error
    del raster  # the pixels are held once
    if encoded is None:
        encoded = _encode(DecodedPicture(pixels), 0, pixels.shape[1], pixels, encoding)
    return WholeFace(encoded, digest if digest and encoded is data else _digest(encoded), likeness_of(pixels))


def _digest(file: bytes) -> str:
    return hashlib.sha256(file).hexdigest()


def _encode(raster: Raster, start: int, stop: int, pixels: Pixels, encoding: Encoding) -> bytes:
    if encoding == Encoding():
        return raster.crop_png(start, stop, pixels[:, start])
    image = Image.fromarray(np.ascontiguousarray(pixels[:, start:stop]))
    if encoding.size is not None:
        image = ImageOps.fit(image, (encoding.size, encoding.size), Image.Resampling.LANCZOS)
    if encoding.format == "png":
        return png.encode(np.asarray(image))
    file = io.BytesIO()
    image.save(file, encoding.format, **ENCODINGS[encoding.format])
    return file.getvalue()
