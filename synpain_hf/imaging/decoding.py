"""From the bytes of a picture to its pixels, within limits and without metadata."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from synpain_hf.errors import PictureError
from synpain_hf.imaging import jpeg, png, png_chunks, webp
from synpain_hf.imaging.limits import MAX_BYTES, MAX_PIXELS, STRIP_PIXELS, check_size
from synpain_hf.imaging.orientation import upright
from synpain_hf.imaging.png import FilteredPng, Pixels


@dataclass(frozen=True)
class _Format:
    """A picture format: Pillow's reader, and what reads width and height without it."""

    read: Callable[[BinaryIO], ImageFile]
    size_of: Callable[[bytes], tuple[int, int]]


_FORMATS = {
    png_chunks.SIGNATURE: _Format(PngImageFile, png_chunks.size_of),
    jpeg.SIGNATURE: _Format(JpegImageFile, jpeg.size_of),
    webp.SIGNATURE: _Format(WebPImageFile, webp.size_of),
}
"""Formats by how a file begins; its name says nothing about its format (official PNG data are named `.jpg`).

`Image.open` would warn of large pictures, whose size is checked here, before it hands them out.
"""

_TRANSPARENT = ("RGBA", "LA", "PA", "RGBa", "La")
_DAMAGED = (OSError, SyntaxError, ValueError, EOFError, struct.error)
_DEEP_GREY = ("I", "I;16")


@dataclass(frozen=True)
class DecodedPicture:
    """A decoded picture; the same members as `FilteredPng`.

    Attributes:
        array: Shape (height, width, 3), uint8, RGB.
    """

    array: Pixels

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.array.shape[1])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.array.shape[0])

    def pixels(self, stop: int) -> Pixels:
        """The columns left of `stop`; shape (height, stop, 3)."""
        return self.array[:, :stop]

    def crop_png(self, start: int, stop: int, first_column: Pixels) -> bytes:  # noqa: ARG002 - known already
        """The columns from `start` up to `stop` as a PNG, without any metadata."""
        return png.encode(self.array[:, start:stop])


Raster = FilteredPng | DecodedPicture


def decode(data: bytes) -> Raster:
    """Read a picture of any kind as 8-bit RGB.

    A turn that EXIF or XMP asks for is applied. Grey, palette and CMYK pictures become RGB, 16-bit ones keep their
    upper eight bits, and what is transparent is laid on white.

    Args:
        data: The file.

    Raises:
        PictureError: If the data are not a picture, or are damaged, animated, too large or too small.
    """
    if not data:
        raise PictureError("is empty (0 bytes); fetch it again")
    if len(data) > MAX_BYTES:
        raise PictureError(f"has {len(data):,} bytes, more than the {MAX_BYTES:,} that are read; scale it down")
    try:
        return _decode(data)
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError(f"has more than the {MAX_PIXELS:,} pixels that are decoded; scale it down") from error
    except _DAMAGED as error:
        raise PictureError(f"is cut short or damaged ({error}); fetch it again") from error


def _decode(data: bytes) -> Raster:
    if data.startswith(png_chunks.SIGNATURE):
        filtered = FilteredPng.parse(data)
        if filtered is not None:
            return filtered
    format_ = _format_of(data)
    if format_ is None:
        raise PictureError(f"is not a picture ({_what(data)}); give a PNG, JPEG or WebP file")
    return DecodedPicture(_pixels_of(_read(format_, data)))


def declared_pixels(data: bytes) -> int:
    """How many pixels the header of a picture promises; 0 if it cannot be read."""
    format_ = _format_of(data)
    try:
        width, height = format_.size_of(data) if format_ else (0, 0)
    except struct.error:
        return 0
    return width * height


def has_checksums(data: bytes) -> bool:
    """Whether a picture has checksums of its own, so that damage shows: a PNG has, and no other format."""
    return data.startswith(png_chunks.SIGNATURE)


def _format_of(data: bytes) -> _Format | None:
    return next((format_ for beginning, format_ in _FORMATS.items() if data.startswith(beginning)), None)


def _read(format_: _Format, data: bytes) -> Image.Image:
    """A picture, upright, once it is known to be within limits and whole."""
    size = format_.size_of(data)
    if any(size):
        check_size(*size)
    is_jpeg = data.startswith(jpeg.SIGNATURE)
    if is_jpeg:
        jpeg.check_scans(data, *size)
    with format_.read(io.BytesIO(data)) as image:
        check_size(*image.size)
        if getattr(image, "n_frames", 1) > 1:
            raise PictureError(f"is animated ({image.n_frames} frames); give a still picture")
        image.load()
        if is_jpeg:
            jpeg.check_codes(data)
        return upright(image)


def _pixels_of(image: Image.Image) -> Pixels:
    """The pixels of a picture in RGB, converted strip by strip; shape (height, width, 3)."""
    width, height = image.size
    rows = max(1, STRIP_PIXELS // width)
    if height <= rows:
        return np.asarray(as_rgb(image))
    pixels = np.empty((height, width, 3), np.uint8)
    for start in range(0, height, rows):
        stop = min(start + rows, height)
        pixels[start:stop] = np.asarray(as_rgb(image.crop((0, start, width, stop))))
    return pixels


def as_rgb(image: Image.Image) -> Image.Image:
    """A picture in RGB: grey of 16 bits scaled to 8, what is transparent on white."""
    if image.mode in _DEEP_GREY:
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8)).convert("RGB")
    if image.mode in _TRANSPARENT or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def _what(data: bytes) -> str:
    """A hint at what the bytes are, from how they begin."""
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
