"""From the bytes of a picture to its pixels, within limits and without metadata."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from synpain_hf.errors import PictureError
from synpain_hf.imaging import png
from synpain_hf.imaging.limits import MAX_BYTES, check_size
from synpain_hf.imaging.png import Bytes, FilteredPng

FORMATS = ("PNG", "JPEG", "WEBP")
"""Formats read; a file's name says nothing of its format (official PNG data are named `.jpg`)."""

_MANY_FRAMES = ("PNG", "WEBP")
_TRANSPARENT = ("RGBA", "LA", "PA", "RGBa", "La")
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)
_DEEP_GREY = ("I", "I;16", "I;16B", "I;16L", "F")


@dataclass(frozen=True)
class Pixels:
    """A decoded picture; the same members as `FilteredPng`.

    Attributes:
        array: Shape (height, width, 3), uint8, RGB.
    """

    array: Bytes

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.array.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.array.shape[0])

    def pixels(self, stop: int) -> Bytes:
        """The columns left of `stop`; shape (height, stop, 3)."""
        return self.array[:, :stop]

    def crop_png(self, start: int, stop: int, first_column: Bytes) -> bytes:  # noqa: ARG002 - known already
        """The columns from `start` up to `stop` as a PNG, without any metadata."""
        return png.encode(self.array[:, start:stop])


Raster = FilteredPng | Pixels


def decode(data: bytes) -> Raster:
    """Read a picture of any kind as 8-bit RGB.

    An EXIF rotation is applied. Grey, palette and CMYK pictures become RGB, 16-bit ones keep their upper eight bits,
    and what is transparent is laid on white.

    Args:
        data: The file.

    Raises:
        PictureError: If the data are no picture, damaged, animated, too large or too small.
    """
    if not data:
        raise PictureError("is empty (0 bytes); fetch it again")
    if len(data) > MAX_BYTES:
        raise PictureError(f"has {len(data):,} bytes, more than the {MAX_BYTES:,} that are read; scale it down")
    if data.startswith(png.SIGNATURE):
        filtered = FilteredPng.parse(data)
        if filtered is not None:
            return filtered
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            check_size(*image.size)
            if image.format in _MANY_FRAMES and getattr(image, "n_frames", 1) > 1:
                raise PictureError(f"is animated ({image.n_frames} frames); give a still picture")
            image.load()
            return Pixels(np.asarray(_as_rgb(ImageOps.exif_transpose(image))))
    except UnidentifiedImageError as error:
        raise PictureError(f"is no picture ({_what(data)}); give a PNG, JPEG or WebP file") from error
    except PictureError:
        raise
    except _DAMAGED as error:
        raise PictureError(f"is cut short or damaged ({error}); fetch it again") from error


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode in _DEEP_GREY:
        grey = np.clip(np.asarray(image, np.float64) / 257, 0, 255).round().astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    if image.mode in _TRANSPARENT or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _what(data: bytes) -> str:
    """A hint at what the bytes are, from their beginning."""
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "a GIF"
    if data.startswith((b"II*\x00", b"MM\x00*")):
        return "a TIFF"
    if data.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer: run `git lfs pull`"
    if data.startswith((b"<!DOCTYPE", b"<html", b"<?xml")):
        return "a web page"
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in data[:512]):
        return "text"
    return "of an unknown format, or damaged"
