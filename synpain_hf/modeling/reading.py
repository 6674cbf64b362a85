"""Reading pictures that are given as files, as bytes, or as text that stands for bytes."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from synpain_hf.errors import PictureError, UsageError
from synpain_hf.imaging.decoding import decode
from synpain_hf.imaging.limits import MAX_BYTES
from synpain_hf.text.values import shown

_DATA_URL = "data:"
_BASE64_BEGINS = ("iVBORw0KGgo", "/9j/", "UklGR")
"""How a PNG, a JPEG and a WebP begin in base64."""

_BYTES = (bytes, bytearray, memoryview)
_UNNAMED = "a picture given as bytes"


def read_picture(picture: Any) -> Any:
    """A picture, decoded where it is still encoded; anything else as it is.

    Args:
        picture: A path, bytes, a file opened in binary mode, base64 (also as a data URL), or a mapping with `bytes` or
            `path`, as `datasets` gives a picture that it does not decode.

    Raises:
        PictureError: If it cannot be read.
        UsageError: If it is an address, a file opened as text, or a mapping with neither.
    """
    if isinstance(picture, Mapping):
        return _of_mapping(picture)
    if isinstance(picture, _BYTES):
        return _decoded(bytes(picture), _UNNAMED)
    if hasattr(picture, "read"):
        return _of_file(picture)
    if isinstance(picture, (str, os.PathLike)):
        encoded = _of_base64(str(picture))
        return _of_path(str(picture)) if encoded is None else _decoded(encoded, "a picture given as base64")
    return picture


def _of_mapping(picture: Mapping[str, Any]) -> Image.Image:
    data, path = picture.get("bytes"), picture.get("path")
    if isinstance(data, _BYTES):
        return _decoded(bytes(data), shown(str(path or _UNNAMED)))
    if data is not None or not isinstance(path, (str, os.PathLike)):
        raise UsageError(
            f"a picture is a mapping of {shown(', '.join(map(str, picture)))}; give bytes, or a path, in it"
        )
    return _of_path(str(path))


def _of_file(file: Any) -> Image.Image:
    data = file.read(MAX_BYTES + 1)
    if not isinstance(data, bytes):
        raise UsageError("a picture is a file opened as text; open it with 'rb'")
    return _decoded(data, shown(str(getattr(file, "name", "a picture given as a file"))))


def _of_base64(text: str) -> bytes | None:
    """What base64 stands for; None where the text is not base64 of a picture."""
    if text.startswith(_DATA_URL):
        text = text.partition(",")[2]
    elif not text.startswith(_BASE64_BEGINS):
        return None
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _of_path(text: str) -> Image.Image:
    name = shown(text)
    if text.startswith(("http://", "https://")):
        raise UsageError(f"{name} is an address; download the picture, and give its path")
    try:
        with Path(text).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # a character that no path may have
        reason = getattr(error, "strerror", None) or str(error)
        raise PictureError(f"{name}: cannot be read ({reason}); check the path") from error
    return _decoded(data, name)


def _decoded(data: bytes, name: str) -> Image.Image:
    try:
        raster = decode(data)
    except PictureError as error:
        raise PictureError(f"{name}: {error}") from error
    return Image.fromarray(raster.pixels(raster.width))
