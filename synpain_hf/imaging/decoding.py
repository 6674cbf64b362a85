"""From the bytes of a picture to its pixels, within limits and without metadata."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import numpy as np
from PIL import Image

from synpain_hf.errors import PictureError
from synpain_hf.imaging import jpeg, png, png_chunks
from synpain_hf.imaging.formats import Format, format_of, refusal_of
from synpain_hf.imaging.limits import MAX_BYTES, MAX_PIXELS, STRIP_PIXELS, check_size
from synpain_hf.imaging.orientation import upright
from synpain_hf.imaging.png import FilteredPng, Pixels

_TRANSPARENT = ("RGBA", "LA", "PA", "RGBa", "La")
_DEEP_GREY = ("I", "I;16", "I;16B")
_READ = frozenset(("1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr", *_TRANSPARENT, *_DEEP_GREY))
_DAMAGED = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    struct.error,
    LookupError,
    TypeError,
    AssertionError,
    RuntimeError,
)
"""What Pillow's readers raise over a damaged file."""


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

    PNG, JPEG, WebP, TIFF, BMP, JPEG 2000, AVIF and, with pillow-heif, HEIC are read. A turn that EXIF or XMP asks for
    is applied. Grey, palette and CMYK pictures become RGB, 16-bit ones keep their
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
    format_ = format_of(data)
    if format_ is None:
        raise PictureError(refusal_of(data))
    return DecodedPicture(_pixels_of(_read(format_, data)))


def declared_pixels(data: bytes) -> int:
    """How many pixels the header of a picture promises; 0 if it cannot be read."""
    format_ = format_of(data)
    try:
        size = format_.size_of(data) if format_ else (0, 0)
        if format_ and not any(size):
            with format_.read(io.BytesIO(data)) as image:
                size = image.size
    except (PictureError, *_DAMAGED):
        return 0
    width, height = size
    return width * height


def has_checksums(data: bytes) -> bool:
    """Whether a picture has checksums of its own, so that damage shows: a PNG has, and no other format."""
    return data.startswith(png_chunks.SIGNATURE)


def _read(format_: Format, data: bytes) -> Image.Image:
    """A picture, upright, once it is known to be within limits and whole."""
    size = format_.size_of(data)
    if any(size):
        check_size(*size, len(data))
    is_jpeg = data.startswith(jpeg.SIGNATURE)
    if is_jpeg:
        jpeg.check_scans(data, *size)
    format_.check(data)
    with format_.read(io.BytesIO(data)) as image:
        check_size(image.width, image.height, len(data))
        if getattr(image, "n_frames", 1) > 1:
            raise PictureError(f"is animated ({image.n_frames} frames); give a still picture")
        if image.mode not in _READ:
            raise PictureError(f"has colours that are not read ({image.mode}); save it as RGB of 8 bits")
        image.load()
        if is_jpeg:
            jpeg.check_codes(data)
        return image if format_.is_turned(data) else upright(image)


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
