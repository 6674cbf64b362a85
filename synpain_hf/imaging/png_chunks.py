"""The chunks of a PNG, and whether they hold all that its header promises (PNG specification, third edition)."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

import deflate

from synpain_hf.errors import PictureError
from synpain_hf.imaging.orientation import TEXTS_IN_PNG

SIGNATURE = b"\x89PNG\r\n\x1a\n"

Chunk = tuple[bytes, bytes]
"""A chunk's kind and its body."""

_CHUNK_BYTES = 12  # a length, a kind and a checksum, beside the body
_HEADER = struct.Struct(">IIBBBBB")
_PALETTE = 3
_CHANNELS = {0: 1, 2: 3, _PALETTE: 1, 4: 2, 6: 4}
_TRANSPARENCY = b"tRNS"
_ORDERS = tuple([*palette, *clear, b"IDAT", b"IEND"] for palette in ([], [b"PLTE"]) for clear in ([], [_TRANSPARENCY]))
"""The parts after the header that make the pixels, in their order; the pixels themselves may be in several."""

_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_WHOLE = ((0, 0, 1, 1),)  # first column, first row, columns and rows from one pixel to the next
_BLOCK = 2**20
_MAX_TEXT = 2**20  # as in Pillow


class Header(NamedTuple):
    """What a PNG's IHDR chunk says."""

    width: int
    height: int
    depth: int
    colour: int
    compression: int
    filtering: int
    interlacing: int


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height by the header.

    Raises:
        struct.error: If it is cut short.
    """
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def read_chunks(data: bytes) -> tuple[Header, list[Chunk]]:
    """The header, and the chunks after it; every checksum counts, also those that Pillow would pass over.

    Raises:
        PictureError: If the file is cut short or damaged.
    """
    (_, header), *chunks = _chunks(data)
    of_pixels = [kind for kind, _ in chunks if kind[:1].isupper() or kind == _TRANSPARENCY]
    is_repeated = any(of_pixels.count(kind) > 1 for kind in (b"PLTE", _TRANSPARENCY))
    if is_repeated or [kind for kind, _ in groupby(of_pixels)] not in _ORDERS:
        raise PictureError("is a damaged PNG (a part is missing, unknown, or not in its place); fetch it again")
    return Header(*_HEADER.unpack(header)), chunks


def bytes_with(chunks: Iterable[Chunk]) -> int:
    """How long a PNG is that has these chunks after its header, and nothing after them."""
    return len(SIGNATURE) + sum(_CHUNK_BYTES + size for size in (_HEADER.size, *(len(body) for _, body in chunks)))


def pixels_in(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    """The compressed pixels, in parts."""
    return (body for kind, body in chunks if kind == b"IDAT")


def metadata_in(chunks: Iterable[Chunk]) -> dict[str, bytes | str]:
    """The metadata that may say how to turn a picture, by the names that Pillow gives them."""
    found: dict[str, bytes | str] = {}
    texts = {}
    for kind, body in chunks:
        if kind == b"eXIf":
            found["exif"] = body
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            texts[body.partition(b"\0")[0].decode("latin-1")] = kind, body
    return found | {name: _text(*texts[name]).decode("latin-1") for name in TEXTS_IN_PNG if name in texts}


def check_complete(header: Header, chunks: Iterable[Chunk]) -> None:
    """Refuse a PNG whose rows or palette are missing: Pillow draws what is not there in black.

    Raises:
        PictureError: If it is not complete.
    """
    chunks = list(chunks)
    if header.colour not in _CHANNELS:
        raise PictureError(f"is a damaged PNG (an unknown colour type, {header.colour}); fetch it again")
    if header.colour == _PALETTE and not any(body for kind, body in chunks if kind == b"PLTE"):
        raise PictureError("is a damaged PNG (its palette is missing); fetch it again")
    sizes = {kind: len(body) for kind, body in chunks}
    if header.colour == _PALETTE and 3 * sizes.get(_TRANSPARENCY, 0) > sizes[b"PLTE"]:
        raise PictureError("is a damaged PNG (more colours are transparent than there are); fetch it again")
    promised = sum(_pass_bytes(header, *steps) for steps in (_ADAM7 if header.interlacing else _WHOLE))
    try:
        found = _count_inflated(pixels_in(chunks), promised)
    except zlib.error as error:
        raise PictureError("is a damaged PNG (its pixels cannot be inflated); fetch it again") from error
    if found < promised:
        raise PictureError(f"is a damaged PNG ({found:,} bytes of pixels, not {promised:,}); fetch it again")


def chunk(kind: bytes, body: bytes | bytearray) -> tuple[bytes | bytearray, ...]:
    """The parts of a chunk; joined once, because a body may have megabytes."""
    return struct.pack(">I", len(body)), kind, body, struct.pack(">I", deflate.crc32(body, deflate.crc32(kind)))


def _chunks(data: bytes) -> Iterator[Chunk]:
    if not data.startswith(SIGNATURE + b"\x00\x00\x00\x0dIHDR"):
        raise PictureError("is a damaged PNG (it has no header); fetch it again")
    position, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if position + _CHUNK_BYTES > len(data):
            raise PictureError(f"is cut short after {len(data):,} bytes; fetch it again")
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + _CHUNK_BYTES + length
        if end > len(data):
            raise PictureError(f"is cut short after {len(data):,} bytes; fetch it again")
        if deflate.crc32(memoryview(data)[position + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise PictureError(f"is a damaged PNG (wrong checksum at byte {position:,}); fetch it again")
        yield kind, data[position + 8 : end - 4]
        position = end


def _text(kind: bytes, body: bytes) -> bytes:
    """The text of a tEXt, zTXt or iTXt chunk; empty where it is damaged."""
    _, _, text = body.partition(b"\0")
    if kind == b"tEXt":
        return text
    method, text = text[:1], text[1:]
    if kind == b"iTXt":  # a flag, the method, a language, the keyword in it
        *_, text = text[1:].split(b"\0", 2)
        if method == b"\0":
            return text
    try:
        return zlib.decompressobj().decompress(text, _MAX_TEXT)
    except zlib.error:
        return b""


def _pass_bytes(header: Header, x: int, y: int, across: int, down: int) -> int:
    """Bytes of the rows of a pass, each with its filter type."""
    columns, rows = -(-(header.width - x) // across), -(-(header.height - y) // down)
    if columns <= 0 or rows <= 0:
        return 0
    return rows * (1 + -(-columns * _CHANNELS[header.colour] * header.depth // 8))


def _count_inflated(parts: Iterable[bytes], most: int) -> int:
    """How many bytes a zlib stream holds, counted up to `most` without keeping them."""
    inflater = zlib.decompressobj()
    count = 0
    for part in (*parts, b""):
        inflated = inflater.decompress(part, _BLOCK)
        while inflated and count < most:
            count += len(inflated)
            inflated = inflater.decompress(inflater.unconsumed_tail, _BLOCK)
    return count
