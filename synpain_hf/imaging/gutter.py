"""Finding the gutter between the two faces of a composite.

Method. Rows are averaged in bands of 16, so that noise and JPEG artefacts shrink while vertical structure stays;
colours are luma and, at a quarter of its weight because JPEG smears it, chroma. Only the columns from 45% to 55% of
the width are searched, so that each face keeps at least 45%.

1. *A gutter* is one colour from top to bottom. White is tried first, then the colours found beside strong steps, of
   which the most even between the clearest ends is taken. A column's distance from that colour is that of its second
   farthest band, so that a shoulder in the lowest rows counts. From the nearest column the run grows to both sides, up
   to the column whose distance passes a fifth of the contrast with the picture beyond.
2. *A white background* runs into the gutter: on that side there is no contrast. The edge of the other side is then
   mirrored at the middle of the composite, for both faces have the same width.
3. *No gutter*: the cut is at the hard edge, the greatest step between neighbouring columns over all bands, where a
   step counts at most 30 levels in a band, so that a strong line in a few bands does not pass for an edge in all.
4. *No edge at all*: the cut is in the middle, and no column is left out.

Beside a gutter or an edge stand one or two blended columns on each side, and often one of resampling overshoot. Three
columns are therefore left out on each side of what was found.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synpain_hf.errors import PictureError
from synpain_hf.imaging.limits import MIN_SIDE

Bands = npt.NDArray[np.float32]
Run = tuple[int | None, int | None]

LEAST_FACE = 0.45
"""The part of the width that each face keeps; the gutter is looked for in between."""

MAX_GUTTER = 17
"""Widest run of one colour that is taken for a gutter, in columns."""

MARGIN = 3
"""Columns left out on each side of what is found."""

TWO_FACES = (1.2, 4.0)
"""Least and greatest width of a composite, in heights."""

_BAND_ROWS = 16
_FARTHEST = 2  # the band that counts is the second farthest from the colour
_BEYOND = 26
_PICTURE_BEYOND = (17, 26)
_NEAR = 24.0
_LEAST_CONTRAST = 3.0
_EDGE_OF_CONTRAST = 0.2
_GREATEST_STEP = 30.0
_LEAST_STEP = 2.0
_STRONGEST_STEPS = 12
_TO_LUMA_AND_CHROMA = np.array(
    [[0.299, -0.169 / 4, 0.5 / 4], [0.587, -0.331 / 4, -0.419 / 4], [0.114, 0.5 / 4, -0.081 / 4]], np.float32
)
_WHITE = np.array([255, 0, 0], np.float32)


@dataclass(frozen=True)
class Gutter:
    """The columns that belong to neither face: the neutral one ends at `start`, the expressive begins at `stop`.

    Attributes:
        start: First column left out.
        stop: First column after those left out; equal to `start` if none is left out.
    """

    start: int
    stop: int


def check_two_faces(width: int, height: int) -> None:
    """Refuse a picture that cannot hold two faces side by side.

    Raises:
        PictureError: If its width is not between 1.2 and 4 heights, or a half is under 32 columns wide.
    """
    low, high = TWO_FACES
    if not low * height <= width <= high * height or LEAST_FACE * width < MIN_SIDE:
        raise PictureError(
            f"is {width} x {height} pixels, not two faces side by side (a width of {low:g} to {high:g} heights); "
            "give the whole composite"
        )


def searched_columns(width: int) -> int:
    """Columns that `find_gutter` must see, counted from the left."""
    return min(width, _searched(width)[1] + _BEYOND)


def find_gutter(pixels: npt.NDArray[np.uint8], width: int) -> Gutter:
    """Find the columns between two faces.

    Args:
        pixels: The composite's left columns, at least `searched_columns(width)` of them; shape (height, columns, 3),
            uint8.
        width: Width of the whole composite.
    """
    low, high = _searched(width)
    first = max(low - _BEYOND, 0)
    bands = _bands(pixels[:, first : searched_columns(width)])
    inside = range(low - first, high - first)
    middle = width / 2 - first
    white = _find_white(bands, inside, middle)
    found = _closed(white) or _find_coloured(bands, inside) or _mirrored(white, middle) or _find_edge(bands, inside)
    if found is None:
        return Gutter(width // 2, width // 2)
    start, stop = found
    return Gutter(max(first + start - MARGIN, low), min(first + stop + MARGIN, high))


def _searched(width: int) -> tuple[int, int]:
    least = math.ceil(LEAST_FACE * width)
    return least, width - least


def _bands(pixels: npt.NDArray[np.uint8]) -> Bands:
    """Mean luma and quartered chroma of every 16 whole rows of every column; shape (bands, columns, 3)."""
    height, columns, channels = pixels.shape
    bands = height // _BAND_ROWS
    rows = pixels[: bands * _BAND_ROWS].reshape(bands, _BAND_ROWS, columns, channels)
    means: Bands = rows.sum(axis=1, dtype=np.uint16).astype(np.float32) @ (_TO_LUMA_AND_CHROMA / _BAND_ROWS)
    return means


def _steps(bands: Bands, columns: int) -> Bands:
    """Change from every column to the one so many columns on, over all bands; shape (all columns - columns,)."""
    by_band = np.abs(bands[:, columns:] - bands[:, :-columns]).max(axis=2)
    changes: Bands = np.minimum(by_band, _GREATEST_STEP).mean(axis=0)
    return changes


def _distance(bands: Bands, colour: Bands) -> Bands:
    """Distance of every column from a colour, in its second farthest band; shape (columns,)."""
    by_band = np.abs(bands - colour).max(axis=2)
    rank = max(by_band.shape[0] - _FARTHEST, 0)
    farthest: Bands = np.partition(by_band, rank, axis=0)[rank]
    return farthest


def _find_white(bands: Bands, inside: range, middle: float) -> Run:
    """The white columns; a side is None where nothing ends them, both are None if there are none."""
    distance = _distance(bands, _WHITE)
    least = distance[inside.start : inside.stop].min()
    if least > _NEAR:
        return None, None
    return _grow(distance, min((x for x in inside if distance[x] <= least + 1), key=lambda x: abs(x + 0.5 - middle)))


def _closed(run: Run) -> tuple[int, int] | None:
    """A run that ends on both sides and is narrow enough for a gutter."""
    start, stop = run
    if start is None or stop is None or stop - start > MAX_GUTTER:
        return None
    return start, stop


def _mirrored(run: Run, middle: float) -> tuple[int, int] | None:
    """A run that ends on one side, with that end mirrored at the middle of the composite for the other."""
    start, stop = run
    if start is None and stop is not None:
        start = min(round(2 * middle) - stop, stop)
    elif stop is None and start is not None:
        stop = max(round(2 * middle) - start, start)
    return _closed((start, stop))


def _find_coloured(bands: Bands, inside: range) -> tuple[int, int] | None:
    """The columns of any one colour between two strong steps, as [start, stop)."""
    steps = _steps(bands, 1)
    strongest = sorted(inside, key=lambda x: -steps[x])[:_STRONGEST_STEPS]
    across = _steps(bands, MARGIN)  # blended columns included, so that these do not pass for a gutter themselves
    best, best_score = None, _EDGE_OF_CONTRAST * across[inside.start : inside.stop].max()
    for core in sorted({x + ahead for x in strongest for ahead in (1, 2)}):
        distance = _distance(bands, np.median(bands[:, core], axis=0))
        run = _closed(_grow(distance, core))
        if run is None or run[1] - run[0] < 2:
            continue
        score = min(across[run[0] - MARGIN], across[run[1] - 1]) - distance[core]
        if score > best_score:
            best, best_score = run, score
    return best


def _grow(distance: Bands, core: int) -> Run:
    """Grow a run from its core to both sides; None for a side on which nothing ends it."""
    before, after = _reach(distance[: core + 1][::-1]), _reach(distance[core:])
    return (None if before is None else core - before), (None if after is None else core + after + 1)


def _reach(distance: Bands) -> int | None:
    """How many columns a run goes on after its first one; None where nothing ends it."""
    beyond = distance[slice(*_PICTURE_BEYOND)]
    contrast = np.median(beyond) - distance[0] if beyond.size else 0.0
    if contrast < _LEAST_CONTRAST:
        return None
    return int(np.argmax(distance > distance[0] + _EDGE_OF_CONTRAST * contrast)) - 1


def _find_edge(bands: Bands, inside: range) -> tuple[int, int] | None:
    """The boundary between two columns where the picture changes most, as an empty [start, stop)."""
    searched = _steps(bands, 1)[inside.start : inside.stop - 1]
    if searched.max() < np.median(searched) + _LEAST_STEP:
        return None
    edge = inside.start + int(np.argmax(searched)) + 1
    return edge, edge
