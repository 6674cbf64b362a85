"""The 68 points of a face in the order of iBUG 300-W: jaw, brows, nose, eyes, mouth."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from synpain_hf.errors import PictureError

Points = npt.NDArray[np.float64]
"""Positions in pixels, x before y, of shape (points, 2); (0, 0) is the corner of the picture."""

COUNT: Final = 68
RIGHT_EYE: Final = slice(36, 42)
"""The person's right eye, which is on the left of the picture."""

LEFT_EYE: Final = slice(42, 48)
MOUTH: Final = slice(48, 60)
"""The outer contour of the lips."""

_LEAST_DISTANCE = 4.0
"""Between the eyes, in pixels: nothing can be aligned by less."""


def checked(landmarks: npt.ArrayLike) -> Points:
    """The landmarks of a face.

    Args:
        landmarks: Shape (68, 2).

    Raises:
        PictureError: If they are others, not finite, or so near each other that nothing can be aligned by them.
    """
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape != (COUNT, 2):
        raise PictureError(f"has landmarks of shape {points.shape}; give ({COUNT}, 2): x and y of {COUNT} points")
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
