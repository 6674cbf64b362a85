"""Containers of video by how a file begins, the only ones that a decoder is asked to open.

FFmpeg would find the format by itself, and among its formats are play lists, which name other files and addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from synpain_hf.errors import PictureError
from synpain_hf.imaging.formats import format_of, what_it_is

_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")


@dataclass(frozen=True)
class Container:
    """A container of video.

    Attributes:
        name: What FFmpeg calls its format.
        is_of: Whether a file is one, by how it begins.
    """

    name: str
    is_of: Callable[[bytes], bool]


CONTAINERS = (
    Container("mov", lambda data: data[4:8] in _BOXES),
    Container("matroska", lambda data: data.startswith(b"\x1aE\xdf\xa3")),
    Container("avi", lambda data: data.startswith(b"RIFF") and data[8:12] == b"AVI "),
)


def container_of(data: bytes) -> Container:
    """The container that a file is.

    Raises:
        PictureError: If it is none.
    """
    found = None if format_of(data) else next((each for each in CONTAINERS if each.is_of(data)), None)
    if found is None:
        what = "empty" if not data else "a picture" if format_of(data) else what_it_is(data)
        raise PictureError(f"is not a video ({what}); give an MP4, MOV, MKV, WebM or AVI file")
    return found
