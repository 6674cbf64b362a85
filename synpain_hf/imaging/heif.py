"""AVIF and HEIC: pictures of video codecs in boxes, which Pillow reads where it, or a library beside it, can."""

from __future__ import annotations

from typing import BinaryIO

from PIL import features
from PIL.ImageFile import ImageFile

from synpain_hf.errors import PictureError
from synpain_hf.imaging.boxes import boxes, brands
from synpain_hf.imaging.limits import MAX_PIXELS_AVIF, check_size_of_kind

_AVIF = frozenset((b"avif", b"avis"))
_HEIC = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))


def is_avif(data: bytes) -> bool:
    """Whether a file says that it is AVIF."""
    return bool(_AVIF & brands(data))


def is_heic(data: bytes) -> bool:
    """Whether a file says that it is HEIC, and not AVIF."""
    return bool(_HEIC & brands(data)) and not is_avif(data)


def check(data: bytes) -> None:
    """Refuse a file whose boxes do not fill it.

    Raises:
        ValueError: If it is cut short, or has lost or gained bytes.
    """
    if b"meta" not in {box.kind for box in boxes(data)}:
        raise ValueError("it has no description of a picture")


def read_avif(file: BinaryIO) -> ImageFile:
    """Open an AVIF.

    How it is turned is what its boxes say, which Pillow gives as EXIF; what EXIF or XMP say themselves does not count
    (ISO 23008-12).

    Raises:
        PictureError: If Pillow is too old, or it has too many pixels.
    """
    if not features.check("avif"):
        raise PictureError("is an AVIF, which Pillow reads from 11.3 on; update it, or save the picture as PNG")
    from PIL.AvifImagePlugin import AvifImageFile

    image = AvifImageFile(file)
    check_size_of_kind(*image.size, MAX_PIXELS_AVIF, "an AVIF")
    image.info.pop("xmp", None)
    return image


def read_heic(file: BinaryIO) -> ImageFile:
    """Open a HEIC.

    Raises:
        PictureError: If pillow-heif is not installed.
    """
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise PictureError(
            "is a HEIC, which is read with another library; pip install 'synpain-hf[heic]', or save the picture as PNG"
        ) from error
    image: ImageFile = HeifImageFile(file)
    return image
