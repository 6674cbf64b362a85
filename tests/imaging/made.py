"""Composites whose gutter is known, and PNG files of any kind."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.imaging.png_chunks import SIGNATURE

Pixels = npt.NDArray[np.uint8]

TURNS: dict[int, Callable[[Pixels], Pixels]] = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright, -1),
    7: lambda upright: np.rot90(upright, 2).swapaxes(0, 1),
    8: np.rot90,
}
"""How an upright picture is stored, by the number that EXIF gives to the turn which makes it upright again."""
Colour = tuple[int, int, int]

WHITE: Colour = (255, 255, 255)
_OVERSHOOT = 0.08


@dataclass(frozen=True)
class Sketch:
    """What a made composite looks like.

    Attributes:
        size: Width and height.
        gutter: Columns of the gutter's pure colour; 0 for a hard edge.
        blended: Columns on each side of it, or on the edge, that are a mixture.
        shift: Columns by which it is right of the middle.
        colour: The gutter's colour.
        walls: The left and the right background.
        shoulders: Colours of the left and right shoulders, which reach the inner edge; None where nobody's do.
        shoulder_rows: How many of the lowest rows they take.
        overshoot: Whether the columns next to the blended ones are too dark, as a sharpening resampler makes them.
        noise: Standard deviation of the grain of the faces.
        jpeg: Quality of the JPEG that it went through; None for none.
        seed: Draws the grain.
    """

    size: tuple[int, int] = (1312, 736)
    gutter: int = 8
    blended: int = 1
    shift: int = 0
    colour: Colour = WHITE
    walls: tuple[Colour, Colour] = ((170, 160, 150), (140, 140, 150))
    shoulders: tuple[Colour, Colour] | None = None
    shoulder_rows: int = 120
    overshoot: bool = False
    noise: float = 2.0
    jpeg: int | None = None
    seed: int = 0

    @property
    def foreign(self) -> tuple[int, int]:
        """First and last (exclusive) column that no face may hold: the gutter's and the blended ones."""
        columns = self.gutter + (2 if self.gutter else 1) * self.blended
        start = (self.size[0] - columns) // 2 + self.shift
        return start, start + columns

    def draw(self) -> Pixels:
        """The composite; shape (height, width, 3)."""
        width, height = self.size
        start, stop = self.foreign
        rng = np.random.default_rng(self.seed)
        whole = np.zeros((height, width, 3), np.float32)
        whole[:, :start], whole[:, stop:] = self.walls
        if self.shoulders:
            whole[-self.shoulder_rows :, :start], whole[-self.shoulder_rows :, stop:] = self.shoulders
        for middle in (start // 2, (stop + width) // 2):
            _draw_head(whole, middle, start // 3)
        whole += rng.standard_normal(whole.shape, np.float32) * self.noise
        whole[:, start:stop] = self.colour
        left, right = whole[:, start - 1 : start].copy(), whole[:, stop : stop + 1].copy()
        if self.gutter:
            for step in range(self.blended):
                share = (step + 1) / (self.blended + 1)
                whole[:, start + step] = (left + share * (self.colour - left))[:, 0]
                whole[:, stop - 1 - step] = (right + share * (self.colour - right))[:, 0]
        else:
            shares = (np.arange(self.blended, dtype=np.float32) + 1) / (self.blended + 1)
            whole[:, start:stop] = left + shares[:, None] * (right - left)
        if self.overshoot:
            beside = (self.colour, self.colour) if self.gutter else (right[:, 0], left[:, 0])
            whole[:, start - 1] -= _OVERSHOOT * (beside[0] - left[:, 0])
            whole[:, stop] -= _OVERSHOOT * (beside[1] - right[:, 0])
        pixels = np.clip(whole.round(), 0, 255).astype(np.uint8)
        return pixels if self.jpeg is None else decoded(encoded(pixels, "JPEG", quality=self.jpeg))


def _draw_head(whole: npt.NDArray[np.float32], middle: int, radius: int) -> None:
    rows, columns = np.ogrid[: whole.shape[0], : whole.shape[1]]
    distance = (columns - middle) ** 2 + (rows - whole.shape[0] // 2) ** 2
    whole[distance < radius**2] = (190, 140, 110)
    whole[distance < (radius // 4) ** 2] = (120, 60, 50)


def textured(width: int, height: int, seed: int = 0, channels: int = 3) -> Pixels:
    """A picture in which every pixel differs from its neighbours, yet smooth enough for JPEG and WebP."""
    rows, columns = np.ogrid[:height, :width]
    shifts = [40 * plane + seed * (17 + 6 * plane) for plane in range(channels)]
    planes = [(columns * (3 + plane) + rows * (5 - plane) + shift) % 256 for plane, shift in enumerate(shifts)]
    return np.stack(planes, axis=2).astype(np.uint8)


def halves(width: int = 160, height: int = 96, seed: int = 0) -> Pixels:
    """A small composite: two textured faces and a white gutter of 4 columns in the middle."""
    pixels = textured(width, height, seed) // 2
    pixels[:, width // 2 - 2 : width // 2 + 2] = 255
    return pixels


def encoded(pixels: Pixels, format_: str = "PNG", **options: Any) -> bytes:
    """A picture file, written by Pillow."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format_, **options)
    return file.getvalue()


def decoded(data: bytes) -> Pixels:
    """The pixels of a picture file, read by Pillow."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def chunk(kind: bytes, body: bytes) -> bytes:
    """A PNG chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def header(width: int, height: int, *kind_of_png: int) -> bytes:
    """An IHDR chunk; by default of an 8-bit RGB PNG."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, *(kind_of_png or (8, 2, 0, 0, 0))))


def png(*chunks: bytes) -> bytes:
    """A PNG of these chunks, and the end."""
    return SIGNATURE + b"".join(chunks) + chunk(b"IEND", b"")


def filtered_png(pixels: Pixels, filters: Sequence[int], extra: Iterable[bytes] = (), idats: int = 1) -> bytes:
    """An 8-bit RGB PNG with a chosen filter type in each row; written from the specification, not by the package.

    Args:
        pixels: Shape (height, width, 3).
        filters: The filter type of each row.
        extra: Chunks between the header and the pixels.
        idats: Into how many chunks the pixels are cut.
    """
    height, width, channels = pixels.shape
    body = zlib.compress(b"".join(filtered_rows(pixels, filters)))
    size = -(-len(body) // idats)
    parts = [chunk(b"IDAT", body[at : at + size]) for at in range(0, len(body), size)]
    assert channels == 3
    return png(header(width, height), *extra, *parts)


def filtered_rows(pixels: Pixels, filters: Sequence[int]) -> Iterable[bytes]:
    """The rows of a PNG's pixels: filter type, then filtered bytes (PNG specification, section 9.2)."""
    height, width, channels = pixels.shape
    previous = np.zeros(channels * width, np.int32)
    for y, kind in zip(range(height), filters, strict=True):
        row = pixels[y].reshape(-1).astype(np.int32)
        left = np.concatenate([np.zeros(channels, np.int32), row[:-channels]])
        corner = np.concatenate([np.zeros(channels, np.int32), previous[:-channels]])
        predicted = (0 * row, left, previous, (left + previous) // 2, _paeth(left, previous, corner))[kind]
        yield bytes([kind]) + ((row - predicted) % 256).astype(np.uint8).tobytes()
        previous = row


def _paeth(left: npt.NDArray[np.int32], above: npt.NDArray[np.int32], corner: npt.NDArray[np.int32]) -> Any:
    guess = left + above - corner
    to_left, to_above, to_corner = (abs(guess - value) for value in (left, above, corner))
    return np.where(
        (to_left <= to_above) & (to_left <= to_corner), left, np.where(to_above <= to_corner, above, corner)
    )
