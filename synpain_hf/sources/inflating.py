"""Reading a member of a zip archive, within limits that do not depend on what its headers say."""

from __future__ import annotations

import bz2
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path
from typing import IO, Protocol

from synpain_hf.errors import PictureError

MOST_TIMES = 100
"""How many times as large as in the archive a member may be. Pictures are compressed already."""

_ALWAYS_ALLOWED = 2**16
_PIECE = 2**18
_LZMA_HEADER = struct.Struct("<BBHBI")
_LZMA_PROPERTIES = 5
_LEAST_DICTIONARY = 4096


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def read_member(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Read a member.

    Args:
        archive: The archive.
        name: The member.
        most: Its largest size, in bytes.

    Raises:
        PictureError: If it is larger, or more than `MOST_TIMES` times as large as in the archive.
        zipfile.BadZipFile: If it is damaged; decompressors raise errors of their own.
    """
    member = archive.getinfo(name)
    limit = min(most, MOST_TIMES * min(member.compress_size, _size(archive)) + _ALWAYS_ALLOWED)
    content = bytearray()
    for piece in (_decompressed if member.compress_type in _BY_ITSELF else _read)(archive, member):
        content += piece
        if len(content) > limit:
            raise PictureError(f"holds more than {limit:,} bytes once it is decompressed; remove it from its archive")
    if len(content) != member.file_size or zlib.crc32(content) != member.CRC:
        raise zipfile.BadZipFile("its size or checksum is not what the archive says")
    return bytes(content)


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(member) as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _decompressed(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """What `zipfile` decompresses without a limit: opened as if it were stored, and decompressed here."""
    raw = copy(member)
    raw.compress_type, raw.file_size = zipfile.ZIP_STORED, member.compress_size
    del raw.CRC  # that of the content
    with archive.open(raw) as stream:
        decompressor = _BY_ITSELF[member.compress_type](stream, member)
        while not decompressor.eof:
            data = stream.read(_PIECE) if decompressor.needs_input else b""
            if decompressor.needs_input and not data:
                return  # the end need not be marked
            yield decompressor.decompress(data, _PIECE)


def _bzip2(_: IO[bytes], __: zipfile.ZipInfo) -> _Decompressor:
    return bz2.BZ2Decompressor()


def _lzma(stream: IO[bytes], member: zipfile.ZipInfo) -> _Decompressor:
    """A decompressor by the properties that stand before the data; its dictionary is never larger than the content."""
    _, _, length, packed, dictionary = _LZMA_HEADER.unpack(stream.read(_LZMA_HEADER.size))
    if length != _LZMA_PROPERTIES:
        raise zipfile.BadZipFile("its LZMA properties are not understood")
    rest, literal_context = divmod(packed, 9)
    position, literal_position = divmod(rest, 5)
    return lzma.LZMADecompressor(
        lzma.FORMAT_RAW,
        filters=[
            {
                "id": lzma.FILTER_LZMA1,
                "lc": literal_context,
                "lp": literal_position,
                "pb": position,
                "dict_size": max(min(dictionary, member.file_size), _LEAST_DICTIONARY),
            }
        ],
    )


def _size(archive: zipfile.ZipFile) -> int:
    return Path(archive.filename or "").stat().st_size


_BY_ITSELF: dict[int, Callable[[IO[bytes], zipfile.ZipInfo], _Decompressor]] = {
    zipfile.ZIP_BZIP2: _bzip2,
    zipfile.ZIP_LZMA: _lzma,
}
