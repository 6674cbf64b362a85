"""Pictures, judged by Skia: other code than this package's and Pillow's, for PNG, JPEG, WebP and BMP.

Of TIFF, AVIF and JPEG 2000, which Skia does not read, the cost and the errors are judged alone.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import skia
from PIL import Image

from synpain_hf.imaging import jpeg
from synpain_hf.imaging.boxes import boxes
from synpain_hf.imaging.decoding import decode
from synpain_hf.imaging.png_chunks import SIGNATURE
from tests.fuzz.damage import BYTES, Damage
from tests.fuzz.running import Files, WrongError
from tests.imaging.made import Pixels, chunk, encoded, textured

_NAME = "picture"
_JUDGED = (SIGNATURE, jpeg.SIGNATURE, b"RIFF", b"BM")
_WITH_BOXES = (b"meta", b"iprp", b"ipco", b"jp2h")
_NEAREST = 1
"""Levels of a colour by which two decoders may round differently."""

_OVERFLOWING = 0.9
"""Share of a JPEG's pixels that may differ: where a damaged table makes numbers too large, decoders have their own."""


def make() -> Iterator[Files]:
    """A small picture of every kind."""
    pixels = textured(70, 50, channels=4)
    colours = np.ascontiguousarray(pixels[..., :3])
    pictures = [
        encoded(colours),
        encoded(pixels),
        encoded(pixels[..., 0]),
        _saved(Image.fromarray(np.ascontiguousarray(pixels[..., 0]).astype(np.uint16) * 257), "PNG"),
        _saved(Image.fromarray(colours).quantize(16), "PNG", transparency=3),
        _saved(Image.fromarray(pixels[..., 0] > 90), "PNG"),
        encoded(colours, "JPEG", quality=90, subsampling=0),
        encoded(colours, "JPEG", quality=70),
        encoded(colours, "JPEG", progressive=True),
        encoded(pixels[..., 0], "JPEG", restart_marker_rows=1),
        _saved(Image.fromarray(colours).convert("CMYK"), "JPEG"),
        encoded(colours, "WEBP"),
        encoded(colours, "WEBP", lossless=True),
        encoded(pixels, "WEBP"),
        encoded(colours, "BMP"),
        encoded(pixels[..., 0], "BMP"),
        *(encoded(colours, "TIFF", compression=name) for name in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits")),
        encoded(pixels, "TIFF", compression="jpeg"),
        encoded(colours, "TIFF", big_tiff=True),
        *(encoded(colours, "AVIF", speed=10, exif=_sideways(), quality=quality) for quality in (50, 100)),
        encoded(pixels, "AVIF", speed=10),
        encoded(colours, "JPEG2000"),
        encoded(pixels, "JPEG2000", irreversible=True),
        encoded(colours, "JPEG2000", no_jp2=True, tile_size=(32, 32)),
    ]
    return ({_NAME: picture} for picture in pictures)


def use(given: Path, _: Path) -> str:
    """Decode it, and have the judge decode it."""
    data = (given / _NAME).read_bytes()
    raster = decode(data)
    found = raster.pixels(raster.width)
    if not data.startswith(_JUDGED):
        return "accepted, not judged"
    judged, kind = judge(data), data[:4].decode("latin-1")
    if judged is None:
        raise WrongError(f"{kind!r} is accepted, which the judge refuses")
    if found.shape != judged.shape or not _are_alike(data, found, judged):
        raise WrongError(f"{kind!r} is accepted with other pixels than the judge sees")
    return "accepted"


def _are_alike(data: bytes, found: Pixels, judged: Pixels) -> bool:
    differ = np.abs(found.astype(np.int16) - judged).max(axis=2) > _NEAREST
    return bool(differ.mean() <= (_OVERFLOWING if data.startswith(jpeg.SIGNATURE) else 0))


def judge(data: bytes) -> Pixels | None:
    """The pixels of a picture as Skia sees them, on white; None if it refuses it."""
    held = skia.Data.MakeWithCopy(data)  # for as long as the codec reads it
    try:
        codec = skia.Codec.MakeFromData(held)
    except RuntimeError:
        return None
    size = codec.dimensions()
    pixels = np.zeros((size.height(), size.width(), 4), np.uint8)
    plain = skia.ImageInfo.Make(size, skia.kRGBA_8888_ColorType, skia.kUnpremul_AlphaType, None)
    if codec.getPixels(plain, pixels, pixels.strides[0]) != skia.Codec.kSuccess:
        return None
    wide = pixels.astype(np.uint16)
    opacity = wide[..., 3:]
    on_white: Pixels = ((wide[..., :3] * opacity + 255 * (255 - opacity) + 127) // 255).astype(np.uint8)
    return on_white


def in_chunks(data: bytes, random: Random) -> bytes:
    """A chunk of a PNG or WebP, or a box, is damaged, missing, elsewhere or there twice; the checksums are right."""
    if not data.startswith(SIGNATURE):
        return _in_riff(data, random) if data.startswith(b"RIFF") else _in_boxes(data, random)
    bodies, position = [], len(SIGNATURE)
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        bodies.append((kind, data[position + 8 : position + 8 + length]))
        position += 12 + length
    return SIGNATURE + b"".join(chunk(kind, body) for kind, body in _rearranged(bodies, random))


def _in_riff(data: bytes, random: Random) -> bytes:
    bodies, position = [], 12
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        bodies.append((kind, data[position + 8 : position + 8 + length]))
        position += 8 + length + length % 2
    packed = b"".join(
        kind + struct.pack("<I", len(body)) + body + bytes(len(body) % 2) for kind, body in _rearranged(bodies, random)
    )
    return b"RIFF" + struct.pack("<I", len(packed) + 4) + b"WEBP" + packed


def _in_boxes(data: bytes, random: Random) -> bytes:
    """A box, or one in the description of an AVIF."""
    try:
        found = [(box.kind, data[box.start : box.stop]) for box in boxes(data)]
    except (ValueError, struct.error):
        return random.choice(BYTES)(data, random)
    described = [place for place, (kind, _) in enumerate(found) if kind in _WITH_BOXES]
    if described and random.random() < 0.7:
        kind, body = found[described[0]]
        start = 4 * (kind == b"meta")  # a number before the boxes
        found[described[0]] = kind, body[:start] + _in_boxes(body[start:], random)
    else:
        found = _rearranged(found, random)
    return b"".join(struct.pack(">I4s", 8 + len(body), kind) + body for kind, body in found)


def _rearranged(bodies: list[tuple[bytes, bytes]], random: Random) -> list[tuple[bytes, bytes]]:
    if not bodies:
        return bodies
    place = random.randrange(len(bodies))
    how = random.randrange(5)
    kind, body = bodies[place]
    if how == 0:
        del bodies[place]
    elif how == 1:
        bodies.insert(random.randrange(len(bodies) + 1), bodies.pop(place))
    elif how == 2:
        bodies.insert(place, bodies[place])
    else:
        bodies[place] = (kind, random.choice(BYTES)(body, random))
    return bodies


def _sideways() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif.tobytes()


def _saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format_, **options)
    return file.getvalue()


DAMAGES: dict[str, tuple[Damage, ...]] = {"*": (*BYTES, in_chunks, in_chunks, in_chunks)}
