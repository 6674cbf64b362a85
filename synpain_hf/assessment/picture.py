"""The picture of a report: identities in rows, drivers in columns, and every method in each cell."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from synpain_hf.assessment.landmarks import Found, landmarks_in
from synpain_hf.assessment.lent import Lent, Origins
from synpain_hf.assessment.matrix import Matrix, matrix_of
from synpain_hf.assessment.pixels import pixels_of
from synpain_hf.imaging.png import Pixels
from synpain_hf.transferring.drawing import bytes_of, decoded
from synpain_hf.vocabulary import FACES

_SIDE: Final = 192
_GAP: Final = 6
_APART: Final = 22
_WORDS: Final = 104
_HEAD: Final = 38
_POINTS: Final = 25
_LONGEST: Final = 8
"""Letters of a method."""

_AROUND: Final = 0.3
"""Of the face, that is seen beside it."""

_INK: Final = (26, 26, 24)
_EMPTY: Final = (238, 238, 232)
_QUALITY: Final = 90


@dataclass(frozen=True)
class Picture:
    """The picture.

    Attributes:
        jpeg: Its file.
        matrix: What it shows.
    """

    jpeg: bytes
    matrix: Matrix


def picture_of(judged: Sequence[Lent], origins: Origins | None) -> Picture:
    """Draw it; faces are cut to their landmarks where these are known.

    Args:
        judged: The releases.
        origins: What their pairs were made of; None where it is not known, and drivers are not shown then.

    Raises:
        ReleaseError: If a release is damaged.
        PictureError: If a picture is.
    """
    matrix = matrix_of(judged, origins)
    sheet = _Sheet(len(matrix.drivers), len(matrix.identities), len(judged), with_drivers=origins is not None)
    for number in range(len(matrix.drivers)):
        sheet.write(sheet.column(number), _HEAD // 2, f"driver {number + 1}")
    if origins is not None:
        _show_drivers(sheet, matrix, origins)
    found = {one.label: landmarks_in(one.release) for one in judged}
    for row, who in enumerate(matrix.identities):
        one, pair = next((one, pair) for one in judged for pair in one.pairs.values() if pair.identity == who)
        face = pair.pair_id, "neutral"
        sheet.paste(_cut(pixels_of(one, pair, "neutral"), found[one.label], face), 0, sheet.row(row, 0))
        sheet.write(0, sheet.row(row, 0) - _HEAD // 2, f"identity {ascii_uppercase[row]}")
        for line, one in enumerate(judged):
            y = sheet.row(row, line)
            sheet.write(_SIDE + _GAP, y + _SIDE // 2, one.notes["method"][:_LONGEST])
            for number, name in enumerate(matrix.drivers):
                pair_id = matrix.cells.get((who, name), "")
                shown = one.pairs.get(pair_id)
                if shown is None:
                    sheet.leave_empty(sheet.column(number), y)
                else:  # cut as the neutral face is, so that they can be compared
                    cut = _cut(pixels_of(one, shown, "expressive"), found[one.label], (pair_id, "neutral"))
                    sheet.paste(cut, sheet.column(number), y)
    return Picture(sheet.as_jpeg(), matrix)


def _show_drivers(sheet: _Sheet, matrix: Matrix, origins: Origins) -> None:
    members = {couple.driver.pair_id: couple.driver for couple in origins.couples.values()}
    found = landmarks_in(origins.drivers)
    for line, (face, text) in enumerate(zip(FACES, ("at rest", "shows"), strict=True)):
        y = _HEAD + line * (_SIDE + _GAP)
        sheet.write(_SIDE + _GAP, y + _SIDE // 2, text)
        for number, name in enumerate(matrix.drivers):
            if name in members:
                key = name, face
                pixels = decoded(bytes_of(origins.drivers.folder / members[name].file, key))
                sheet.paste(_cut(pixels, found, key), sheet.column(number), y)


def _cut(pixels: Pixels, found: Found, face: tuple[str, str]) -> Image.Image:
    """A square around a face; the whole picture where the face is not known."""
    whole = Image.fromarray(pixels)
    if face in found:
        points = np.asarray(found[face][:, :2], np.float64)
        middle = (points.min(axis=0) + points.max(axis=0)) / 2
        reach = float(np.ptp(points, axis=0).max()) * (0.5 + _AROUND)
        (left, top), (right, bottom) = middle - reach, middle + reach
        whole = whole.crop((round(left), round(top), round(right), round(bottom)))
    return ImageOps.pad(whole, (_SIDE, _SIDE), Image.Resampling.LANCZOS, color=_EMPTY)


class _Sheet:
    """A canvas with the places of faces on it.

    Args:
        columns: How many drivers there are.
        rows: How many identities.
        lines: How many methods.
        with_drivers: Whether the drivers are above.
    """

    def __init__(self, columns: int, rows: int, lines: int, *, with_drivers: bool) -> None:
        self._block = lines * (_SIDE + _GAP) + _HEAD
        self._above = _HEAD + (2 * (_SIDE + _GAP) if with_drivers else 0) + _HEAD
        size = self.column(columns) - _GAP, self._above + rows * self._block - _HEAD
        self._canvas = Image.new("RGB", size, "white")
        self._draw, self._font = ImageDraw.Draw(self._canvas), ImageFont.load_default(_POINTS)

    def column(self, number: int) -> int:
        """The left of a driver's column."""
        return _SIDE + _WORDS + _APART + number * (_SIDE + _GAP)

    def row(self, number: int, line: int) -> int:
        """The top of a method's line in an identity's row."""
        return self._above + number * self._block + line * (_SIDE + _GAP)

    def write(self, x: int, y: int, text: str) -> None:
        """Write a line of text, its left middle at a point."""
        self._draw.text((x, y), text, fill=_INK, font=self._font, anchor="lm")

    def paste(self, face: Image.Image, left: int, top: int) -> None:
        """Put a face there."""
        self._canvas.paste(face, (left, top))

    def leave_empty(self, left: int, top: int) -> None:
        """Mark the place of a face that was not made."""
        self._draw.rectangle((left, top, left + _SIDE - 1, top + _SIDE - 1), fill=_EMPTY)

    def as_jpeg(self) -> bytes:
        """Its file."""
        file = io.BytesIO()
        self._canvas.save(file, "JPEG", quality=_QUALITY)
        return file.getvalue()
