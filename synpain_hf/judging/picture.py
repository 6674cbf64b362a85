"""The picture of a report: identities in rows, drivers in columns, and every method in each cell."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

from synpain_hf.judging.lent import Lent, LentPair, Origins
from synpain_hf.judging.pixels import decoded, pixels_of
from synpain_hf.transferring.drawing import bytes_of

IDENTITIES: Final = 4
DRIVERS: Final = 4
"""How many are shown at most."""

_SIDE: Final = 160
_GAP: Final = 6
_APART: Final = 18
_MARGIN: Final = 110
_HEAD: Final = 30
_POINTS: Final = 17
_INK: Final = (26, 26, 24)
_EMPTY: Final = (238, 238, 232)
_QUALITY: Final = 90


@dataclass(frozen=True)
class Matrix:
    """Which identities and drivers are shown.

    Attributes:
        identities: In rows.
        drivers: In columns: the pairs of the drivers' release, or the drivers' names where that is not known.
        cells: The id of the pair of an identity with a driver.
    """

    identities: Sequence[str]
    drivers: Sequence[str]
    cells: dict[tuple[str, str], str]


@dataclass(frozen=True)
class Picture:
    """The picture.

    Attributes:
        jpeg: Its file.
        matrix: What it shows.
    """

    jpeg: bytes
    matrix: Matrix

    @property
    def alternative(self) -> str:
        """What it shows, for those who cannot see it."""
        shown = self.matrix
        return f"Faces of {len(shown.identities)} identities in rows, with the expressions of drivers in columns"


def matrix_of(judged: Sequence[Lent], origins: Origins | None) -> Matrix:
    """A few identities and drivers that have many pairs with each other.

    Args:
        judged: The releases.
        origins: What their pairs were made of; None where it is not known.
    """
    pairs = {pair.pair_id: pair for one in judged for pair in one.pairs.values()}
    of = {pair_id: (pair.identity, _driver(pair, origins)) for pair_id, pair in pairs.items()}
    drivers = [name for name, _ in Counter(sorted(driver for _, driver in of.values())).most_common(1)]
    identities: list[str] = []
    while True:  # whoever has most pairs with those that are shown already
        size = len(identities), len(drivers)
        identities = _most([(who, what) for who, what in of.values() if what in drivers], identities, IDENTITIES)
        drivers = _most([(what, who) for who, what in of.values() if who in identities], drivers, DRIVERS)
        if (len(identities), len(drivers)) == size:
            break
    if len(identities) < IDENTITIES:  # none is linked to them: others, each with a driver
        identities = _most(sorted(of.values()), identities, IDENTITIES, at_a_time=IDENTITIES)
        linked = [(what, who) for who, what in of.values() if who in identities]
        drivers = _most(sorted(linked), drivers, DRIVERS, at_a_time=DRIVERS)
    cells = {key: pair_id for pair_id, key in of.items() if key[0] in identities and key[1] in drivers}
    return Matrix(identities, drivers, cells)


def _most(links: Sequence[tuple[str, str]], chosen: Sequence[str], most: int, at_a_time: int = 1) -> list[str]:
    """Those chosen, and those with most links beside."""
    counted = Counter(name for name, _ in sorted(links) if name not in chosen)
    return [*chosen, *(name for name, _ in counted.most_common(min(at_a_time, most - len(chosen))))]


def _driver(pair: LentPair, origins: Origins | None) -> str:
    couple = None if origins is None else origins.couples.get(pair.pair_id)
    return pair.driver if couple is None else couple.driver.pair_id


def picture_of(judged: Sequence[Lent], origins: Origins | None) -> Picture:
    """Draw it.

    Args:
        judged: The releases.
        origins: What their pairs were made of; None where it is not known, and drivers are not shown then.

    Raises:
        ReleaseError: If a release is damaged.
        PictureError: If a picture is.
    """
    matrix = matrix_of(judged, origins)
    block = len(judged) * (_SIDE + _GAP) + _APART
    above = 2 * (_SIDE + _GAP) + _APART if origins else 0
    width = _MARGIN + (len(matrix.drivers) + 1) * (_SIDE + _GAP) + _APART
    canvas = Image.new("RGB", (width, _HEAD + above + len(matrix.identities) * block), "white")
    draw, font = ImageDraw.Draw(canvas), ImageFont.load_default(_POINTS)

    def column(number: int) -> int:
        return _MARGIN + (number + 1) * (_SIDE + _GAP) + _APART

    def write(x: int, y: int, text: str) -> None:
        draw.text((x, y), text, fill=_INK, font=font, anchor="lm")

    drivers = {} if origins is None else {couple.driver.pair_id: couple.driver for couple in origins.couples.values()}
    for number, name in enumerate(matrix.drivers):
        write(column(number), _HEAD // 2, f"driver {number + 1}")
        member = drivers.get(name)
        if origins is None or member is None:
            continue
        for row, face in enumerate(("neutral", "expressive")):
            data = bytes_of(origins.drivers.folder / member.file, (member.pair_id, face))
            _paste(canvas, Image.fromarray(decoded(data)), column(number), _HEAD + row * (_SIDE + _GAP))
    if origins is not None:
        for row, text in enumerate(("at rest", "shows")):
            write(_MARGIN, _HEAD + row * (_SIDE + _GAP) + _SIDE // 2, f"driver {text}")
    for row, who in enumerate(matrix.identities):
        top = _HEAD + above + row * block
        first = next(
            (one, pair) for one in judged for pair in one.pairs.values() if pair.identity == who
        )
        _paste(canvas, Image.fromarray(pixels_of(*first, "neutral")), _MARGIN, top)
        write(_MARGIN, top + _SIDE + _HEAD // 2, f"identity {ascii_uppercase[row]}")
        for line, one in enumerate(judged):
            y = top + line * (_SIDE + _GAP)
            write(0, y + _SIDE // 2, one.notes["method"][:12])
            for number, name in enumerate(matrix.drivers):
                pair = one.pairs.get(matrix.cells.get((who, name), ""))
                if pair is None:
                    left = column(number)
                    draw.rectangle((left, y, left + _SIDE - 1, y + _SIDE - 1), fill=_EMPTY)
                else:
                    _paste(canvas, Image.fromarray(pixels_of(one, pair, "expressive")), column(number), y)
    file = io.BytesIO()
    canvas.save(file, "JPEG", quality=_QUALITY)
    return Picture(file.getvalue(), matrix)


def _paste(canvas: Image.Image, face: Image.Image, left: int, top: int) -> None:
    canvas.paste(ImageOps.pad(face, (_SIDE, _SIDE), Image.Resampling.LANCZOS, color=_EMPTY), (left, top))
