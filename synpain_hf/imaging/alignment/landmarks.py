"""The 68 points of a face in the order of iBUG 300-W (jaw, brows, nose, eyes, mouth), as they are or among 478."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from synpain_hf.errors import PictureError

Points = npt.NDArray[np.float64]
"""Positions in pixels, x before y, of shape (points, 2); (0, 0) is the corner of the picture."""

COUNT: Final = 68
DENSE: Final = 478
"""Of MediaPipe's face landmarker."""

RIGHT_EYE: Final = slice(36, 42)
"""The person's right eye, which is on the left of the picture."""

LEFT_EYE: Final = slice(42, 48)
MOUTH: Final = slice(48, 60)
"""The outer contour of the lips."""

AMONG_DENSE: Final = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,  # the jaw
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,  # the brows
    168, 197, 5, 4, 75, 97, 2, 326, 305,  # the nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # the eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # the lips outside
    78, 82, 13, 312, 308, 317, 14, 87,  # and inside
)  # fmt: skip
"""Which of the 478 stand for the 68, in their order. Those of the jaw are nearest to the outline that MediaPipe has,
not the points that annotators of 300-W marked."""

SHAPES: Final = {(count, axes) for count in (COUNT, DENSE) for axes in (2, 3)}
"""Of landmarks; a third coordinate is left out."""

_LEAST_DISTANCE = 4.0
"""Between the eyes, in pixels: nothing can be aligned by less."""


def checked(landmarks: npt.ArrayLike) -> Points:
    """The 68 landmarks of a face, shape (68, 2).

    Args:
        landmarks: Shape (68, 2), or (478, 2) with those of MediaPipe; a third coordinate is left out.

    Raises:
        PictureError: If they are others, not finite, or so near each other that nothing can be aligned by them.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape not in SHAPES:
        raise PictureError(
            f"has landmarks of shape {points.shape}; give ({COUNT}, 2) or ({DENSE}, 2): x and y of each point"
        )
    points = points[list(AMONG_DENSE) if len(points) == DENSE else slice(None), :2]
    if not np.isfinite(points).all():
        raise PictureError("has landmarks that are not finite; leave out the face, or find them again")
    if np.hypot(*(middle(points, LEFT_EYE) - middle(points, RIGHT_EYE))) < _LEAST_DISTANCE:
        raise PictureError(
            f"has its eyes less than {_LEAST_DISTANCE:g} pixels apart; give a larger picture, or find them again"
        )
    return points


def middle(points: Points, which: slice) -> Points:
    """The middle of an eye or of the mouth; shape (2,)."""
    mean: Points = points[which].mean(axis=0)
    return mean
