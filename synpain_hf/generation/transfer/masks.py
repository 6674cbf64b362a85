"""Soft masks of the parts of a face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from synpain_hf.generation.transfer.change import Points
from synpain_hf.generation.transfer.sampling import Floats, smoothed

Box = tuple[int, int, int, int]
"""Left, top, right and bottom, in whole pixels; the last two are not in it."""


def box_of(points: Points, margin: float, size: tuple[int, int]) -> Box:
    """The box around points, with a margin, within a picture.

    Args:
        points: Shape (points, 2).
        margin: In pixels.
        size: Width and height of the picture.
    """
    left, top = np.maximum(np.floor(points.min(axis=0) - margin), 0).astype(int).tolist()
    right, bottom = np.minimum(np.ceil(points.max(axis=0) + margin) + 1, size).astype(int).tolist()
    return left, top, max(right, left), max(bottom, top)


def filled(points: Points, contours: Sequence[Sequence[int]], box: Box) -> Floats:
    """What contours surround, as 1; else 0.

    Args:
        points: Shape (points, 2).
        contours: The points of each, once around.
        box: What of the picture is meant.

    Returns:
        As large as the box.
    """
    left, top, right, bottom = box
    picture = Image.new("L", (right - left, bottom - top))
    draw = ImageDraw.Draw(picture)
    for contour in contours:
        places = points[list(contour)] - (left, top)
        draw.polygon([(x, y) for x, y in places.tolist()], fill=1, outline=1)
    return np.asarray(picture, np.float32)


def traced(points: Points, lines: Sequence[Sequence[int]], box: Box, thickness: float) -> Floats:
    """Lines through points, 1 in their middle and softer to their sides.

    Args:
        points: Shape (points, 2).
        lines: The points of each, from end to end.
        box: What of the picture is meant.
        thickness: In pixels.

    Returns:
        As large as the box.
    """
    left, top, right, bottom = box
    picture = Image.new("L", (right - left, bottom - top))
    draw = ImageDraw.Draw(picture)
    for line in lines:
        places = points[list(line)] - (left, top)
        draw.line([(x, y) for x, y in places.tolist()], fill=1, width=max(1, round(thickness)), joint="curve")
    soft: Floats = np.minimum(1.5 * smoothed(np.asarray(picture, np.float32), thickness / 3), 1)
    return soft


def shrunk(mask: Floats, sigma: float) -> Floats:
    """A mask that is 0 at its edge and 1 from about a standard deviation within."""
    soft: Floats = mask * np.clip(2 * smoothed(mask, sigma) - 1, 0, 1) ** 0.5
    return soft


def grown(mask: Floats, sigma: float) -> Floats:
    """A mask that is 1 to its edge, and falls off within two standard deviations beyond."""
    soft: Floats = np.maximum(mask, np.clip(2.2 * smoothed(mask, sigma), 0, 1))
    return soft
