"""Containers of video by how a file begins, the only ones that a decoder is asked to open.

FFmpeg would find the format by itself, and among its formats are play lists, which name other files and addresses. It
also plays what is left of a file that was cut short, and says nothing: so what a file says of its length is checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from synpain_hf.errors import PictureError
from synpain_hf.imaging.boxes import boxes
from synpain_hf.imaging.formats import format_of, what_it_is

_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
_EBML, _SEGMENT = b"\x1aE\xdf\xa3", b"\x18S\x80g"


@dataclass(frozen=True)
class Container:
    """A container of video.

    Attributes:
        name: What FFmpeg calls its format.
        is_of: Whether a file is one, by how it begins.
        length_of: How long a file says that it is, at least.
    """

    name: str
    is_of: Callable[[bytes], bool]
    length_of: Callable[[bytes], int]


def _length_of_mp4(data: bytes) -> int:
    """The end of the last box, or what the first one lacks that is longer than the file."""
    try:
        return max((box.stop for box in boxes(data)), default=0)
    except ValueError:
        return len(data) + 1


def _length_of_matroska(data: bytes) -> int:
    """The end of the segment, which holds all frames; 0 where it was not known when it was begun."""
    head, start = _size_at(data, len(_EBML))
    segment = start + head
    if data[segment : segment + len(_SEGMENT)] != _SEGMENT:
        return 0
    size, start = _size_at(data, segment + len(_SEGMENT))
    return start + size if size else 0


def _size_at(data: bytes, position: int) -> tuple[int, int]:
    """The size of an element of Matroska (RFC 8794, section 4), 0 where it is unknown, and where its content begins."""
    first = data[position : position + 1]
    octets = 9 - first[0].bit_length() if first and first[0] else 1
    bits = 7 * octets
    size = int.from_bytes(data[position : position + octets], "big") & ((1 << bits) - 1)
    return (0 if size == (1 << bits) - 1 else size), position + octets


def _length_of_avi(data: bytes) -> int:
    """The end of the last of its lists, of which a long file has several; a size of 0 was never filled in."""
    position = 0
    while data[position : position + 4] == b"RIFF":
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        if not size:
            break
        position += 8 + size + size % 2
    return position


CONTAINERS = (
    Container("mov", lambda data: data[4:8] in _BOXES and format_of(data) is None, _length_of_mp4),
    Container("matroska", lambda data: data.startswith(_EBML), _length_of_matroska),
    Container("avi", lambda data: data.startswith(b"RIFF") and data[8:12] == b"AVI ", _length_of_avi),
)


def is_clip(data: bytes) -> bool:
    """Whether a file is a clip, by how it begins."""
    return any(container.is_of(data) for container in CONTAINERS)


def container_of(data: bytes) -> Container:
    """The container that a file is.

    Raises:
        PictureError: If it is none, or is cut short.
    """
    found = next((each for each in CONTAINERS if each.is_of(data)), None)
    if found is None:
        what = "empty" if not data else "a picture" if format_of(data) else what_it_is(data)
        raise PictureError(f"is not a video ({what}); give an MP4, MOV, MKV, WebM or AVI file")
    if found.length_of(data) > len(data):
        raise PictureError(f"is cut short after {len(data):,} bytes; fetch it again")
    return found
