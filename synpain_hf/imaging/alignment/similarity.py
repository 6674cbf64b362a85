"""Faces turned, scaled and shifted, with their proportions kept: for backbones that know whole photographs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.imaging.alignment.landmarks import LEFT_EYE, MOUTH, RIGHT_EYE, Points, checked, middle
from synpain_hf.imaging.alignment.transforms import draw_through, similarity_between

_EYES_APART, _EYES_DOWN, _MOUTH_DOWN = 0.33, 0.4, 0.77
"""Where the eyes come to stand, and about where the mouth, in shares of the shorter side.

In a mean face, the chin is at the lower edge then.
"""

_WEIGHTS = (8, 8, 1)
"""Of the eyes and the mouth: a mouth that opens must not make the face smaller than the neutral one of its pair."""


def aligned(image: Image.Image, landmarks: npt.ArrayLike, size: tuple[int, int]) -> Image.Image:
    """A face whose eyes stand at fixed points, and its mouth as near to its own as its proportions allow.

    The three middles are brought nearest to theirs by turning, scaling and shifting alone; the eyes, which expressions
    move less, count for more. Outside the picture is what lies at its edge.

    Args:
        image: Grey or RGB.
        landmarks: Its points, shape (68, 2) or (478, 2), in pixels.
        size: Width and height of the result.

    Raises:
        PictureError: If nothing can be aligned by the landmarks.
    """
    return draw_through(image, placing(checked(landmarks), size), size)


def placing(points: Points, size: tuple[int, int]) -> Points:
    """The matrix of shape (2, 3) that brings the 68 points of a face to their places in a result of some size."""
    found = np.stack([middle(points, part) for part in (RIGHT_EYE, LEFT_EYE, MOUTH)])
    return similarity_between(found, fixed_points(size), _WEIGHTS)


def fixed_points(size: tuple[int, int]) -> Points:
    """Where the right eye, the left eye and the mouth come to stand in a result of some width and height."""
    width, height = size
    side = min(size)
    left, top = (width - side) / 2, (height - side) / 2
    shares = np.array([(0.5 - _EYES_APART / 2, _EYES_DOWN), (0.5 + _EYES_APART / 2, _EYES_DOWN), (0.5, _MOUTH_DOWN)])
    points: Points = shares * side + (left, top)
    return points
