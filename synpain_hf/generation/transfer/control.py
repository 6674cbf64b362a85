"""Landmarks as a picture to steer a generator by: the lines of a face on black."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from synpain_hf.generation.transfer.contours import (
    BROWS,
    EYES,
    INNER_MOUTH,
    IRISES,
    LIPS,
    NOSE_BASE,
    NOSE_BRIDGE,
    OVAL,
)

Colour = tuple[int, int, int]

LINES: Final[Sequence[tuple[Colour, bool, Sequence[Sequence[int]]]]] = (
    ((255, 255, 255), True, [OVAL]),
    ((255, 160, 0), True, BROWS),
    ((0, 200, 255), True, [eye.contour for eye in EYES]),
    ((120, 255, 120), False, [NOSE_BRIDGE, NOSE_BASE]),
    ((255, 60, 60), True, [LIPS.contour]),
    ((255, 150, 200), True, [INNER_MOUTH.contour]),
)
"""The colour of each part, whether its lines are closed, and their landmarks: oval, brows, lids, nose, lips outside,
lips inside."""

IRIS: Final[Colour] = (0, 120, 255)
"""The colour of irises, which are seen between the lids alone."""

_FINER: Final = 4
_LINE: Final = 1 / 200
"""Width of a line, as a share of the picture's shorter side."""


def control_picture(landmarks: npt.ArrayLike, size: tuple[int, int]) -> Image.Image:
    """The lines of a face, each part in a colour of its own.

    Args:
        landmarks: Shape (478, 2) or (478, 3), in pixels.
        size: Width and height of the picture.

    Example:
        >>> control_picture(np.full((478, 2), 8.0), (16, 16)).size
        (16, 16)
    """
    width, height = size
    finer, irises = (Image.new("RGB", (width * _FINER, height * _FINER)) for _ in range(2))
    between_lids = Image.new("L", finer.size)
    points = (np.asarray(landmarks, np.float64)[:, :2] + 0.5) * _FINER
    thick = max(_FINER, round(min(finer.size) * _LINE))

    def along(line: Sequence[int]) -> list[tuple[float, float]]:
        return [(x, y) for x, y in points[list(line)].tolist()]

    for iris, eye in zip(IRISES, EYES, strict=True):
        ImageDraw.Draw(irises).line(along([*iris, iris[0]]), fill=IRIS, width=thick, joint="curve")
        ImageDraw.Draw(between_lids).polygon(along(eye.contour), fill=255)
    finer.paste(irises, mask=between_lids)
    draw = ImageDraw.Draw(finer)
    for colour, is_closed, lines in LINES:
        for line in lines:
            draw.line(along([*line, line[0]] if is_closed else line), fill=colour, width=thick, joint="curve")
    return finer.resize(size, Image.Resampling.BOX)
