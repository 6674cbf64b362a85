"""Picture formats by how a file begins; its name says nothing about its format (official PNG data are named `.jpg`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from synpain_hf.imaging import bmp, heif, jpeg, jpeg2000, png_chunks, tiff, webp
from synpain_hf.imaging.boxes import brands


def _nothing(data: bytes) -> None:
    pass


def _unknown(data: bytes) -> tuple[int, int]:  # noqa: ARG001 - known once it is open
    return 0, 0


def _never(data: bytes) -> bool:  # noqa: ARG001
    return False


@dataclass(frozen=True)
class Format:
    """A picture format.

    Attributes:
        begins: How its files begin, or what tells whether one is of it.
        read: Pillow's reader. `Image.open` would warn of large pictures before it hands them out.
        size_of: Width and height without it; 0 where its reader has to tell.
        check: Refuses what its reader would forgive, before a pixel is decoded: a `ValueError` for what is damaged.
        is_turned: Whether its reader turns a picture upright by itself.
    """

    begins: tuple[bytes, ...] | Callable[[bytes], bool]
    read: Callable[[BinaryIO], ImageFile]
    size_of: Callable[[bytes], tuple[int, int]] = _unknown
    check: Callable[[bytes], None] = _nothing
    is_turned: Callable[[bytes], bool] = _never

    def is_of(self, data: bytes) -> bool:
        """Whether a file is of this format."""
        return self.begins(data) if callable(self.begins) else data.startswith(self.begins)


FORMATS = (
    Format((png_chunks.SIGNATURE,), PngImageFile, png_chunks.size_of),
    Format((jpeg.SIGNATURE,), JpegImageFile, jpeg.size_of),
    Format((webp.SIGNATURE,), WebPImageFile, webp.size_of),
    Format(tiff.SIGNATURES, TiffImageFile, tiff.size_of, tiff.check, tiff.is_turned),
    Format(bmp.is_bmp, BmpImageFile, bmp.size_of, bmp.check),
    Format((jpeg2000.SIGNATURE, jpeg2000.CODES), jpeg2000.read, jpeg2000.size_of, jpeg2000.check),
    Format(heif.is_avif, heif.read_avif, check=heif.check),
    Format(heif.is_heic, heif.read_heic, check=heif.check, is_turned=heif.is_heic),
)

_SAVE, _EXPORT, _DEVELOP = "save the picture as PNG", "export the picture as PNG", "develop it to PNG or JPEG first"
_STILL, _RAW = "take a still picture from it", "a camera's raw file"
_OTHERS = {
    b"GIF87a": ("a GIF", _SAVE),
    b"GIF89a": ("a GIF", _SAVE),
    b"8BPS": ("a Photoshop file", _EXPORT),
    b"gimp xcf": ("a GIMP file", _EXPORT),
    b"%PDF": ("a PDF", _EXPORT),
    b"%!PS": ("PostScript", _EXPORT),
    b"\xff\x0a": ("a JPEG XL", _SAVE),
    b"\x00\x00\x00\x0cJXL ": ("a JPEG XL", _SAVE),
    b"\x00\x00\x01\x00": ("an icon", _SAVE),
    b"\x76\x2f\x31\x01": ("an OpenEXR", _EXPORT),
    b"P5\n": ("a PGM", _SAVE),
    b"P6\n": ("a PPM", _SAVE),
    b"FUJIFILMCCD-RAW": (_RAW, _DEVELOP),
    b"IIRO": (_RAW, _DEVELOP),
    b"IIRS": (_RAW, _DEVELOP),
    b"IIU\x00": (_RAW, _DEVELOP),
    b"\x1aE\xdf\xa3": ("a video", _STILL),
}
_BY_BRAND = {
    b"crx ": (_RAW, _DEVELOP),
    **dict.fromkeys((b"isom", b"iso2", b"mp41", b"mp42", b"qt  "), ("a video", _STILL)),
}
_DICOM = slice(128, 132)
_ENOUGH_TO_TELL = 512


def format_of(data: bytes) -> Format | None:
    """The format of a file; None for any other."""
    return next((format_ for format_ in FORMATS if format_.is_of(data)), None)


def refusal_of(data: bytes) -> str:
    """Why a file of no known format is refused: cause, then remedy."""
    for beginning, (name, remedy) in _OTHERS.items():
        if data.startswith(beginning):
            return f"is {name}, which is not read; {remedy}"
    for brand, (name, remedy) in _BY_BRAND.items():
        if brand in brands(data):
            return f"is {name}, which is not read; {remedy}"
    if b"<svg" in data[:_ENOUGH_TO_TELL]:
        return f"is an SVG, which is not read; {_EXPORT}"
    if data[_DICOM] == b"DICM":
        return f"is a DICOM file, which is not read; {_EXPORT}"
    return f"is not a picture ({what_it_is(data)}); give a PNG, JPEG or WebP file"


def what_it_is(data: bytes) -> str:
    """A hint at what the bytes are, from how they begin."""
    head = data[:_ENOUGH_TO_TELL]
    if head.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer: run `git lfs pull`"
    if head.startswith((b"<!DOCTYPE", b"<html", b"<?xml")):
        return "a web page"
    if all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head):
        return "text"
    return "of an unknown format, or damaged"
