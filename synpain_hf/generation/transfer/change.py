"""What a driver's face does, as a change of its own landmarks, put onto the landmarks of another face.

The change is taken between the driver's neutral face and its expression, once the head is where it was: both are laid
upon each other in space by what expressions move least (eye corners, bridge of the nose, forehead, temples). It is then
turned and scaled as the identity's face is, and added to the identity's own landmarks, so that the shape of its face
stays. Lids and lips are looked after: an eye that the driver closes is closed, however large it is, and lips never
cross.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synpain_hf.errors import PictureError
from synpain_hf.generation.transfer.contours import EYES, INNER_MOUTH, SKULL, STABLE, Opening
from synpain_hf.imaging.alignment.landmarks import DENSE

Points = npt.NDArray[np.float64]
"""Landmarks in pixels: x, y and, where there is a third, the depth away from the camera."""

SHUT_BELOW = 0.06
"""How far open an eye that is shut still is, by its landmarks: see `openness`."""

_WIDEST = 1.6
_LID_FOLLOWS = 0.6
"""How much the fold above an upper lid follows where the lid is put elsewhere."""


@dataclass(frozen=True)
class Similarity:
    """A turn, scale and shift in space: `scale * turn @ point + shift`.

    Attributes:
        scale: Greater than 0.
        turn: Shape (3, 3), a rotation.
        shift: Shape (3,).
    """

    scale: float
    turn: Points
    shift: Points

    @classmethod
    def between(cls, source: Points, target: Points) -> Similarity:
        """The one that brings points nearest to others, in the sense of least squares.

        Umeyama, 'Least-squares estimation of transformation parameters between two point patterns' (IEEE PAMI 13,
        1991), equations 34 to 42.

        Args:
            source: Shape (points, 3).
            target: The same shape.

        Raises:
            PictureError: If the points do not span a face.
        """
        here, there = source.mean(axis=0), target.mean(axis=0)
        before, after = source - here, target - there
        left, singular, right = np.linalg.svd(after.T @ before)
        spread = float((before**2).sum())
        if not spread > 0 or not singular[0] > 0:
            raise PictureError("has landmarks that all lie in one place; find them again")
        signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left) * np.linalg.det(right))])
        turn = left * signs @ right
        scale = float(singular @ signs) / spread
        return cls(scale, turn, there - scale * turn @ here)

    def moved(self, points: Points) -> Points:
        """Points, shape (points, 3), after it."""
        moved: Points = self.scale * points @ self.turn.T + self.shift
        return moved

    def turned(self, vectors: Points) -> Points:
        """Directions, shape (vectors, 3), after it: turned and scaled, not shifted."""
        turned: Points = self.scale * vectors @ self.turn.T
        return turned


def transferred(identity: npt.ArrayLike, neutral: npt.ArrayLike, expression: npt.ArrayLike) -> Points:
    """The landmarks of an identity that shows a driver's expression.

    Args:
        identity: Landmarks of its neutral face, shape (478, 3), in pixels.
        neutral: Those of the driver's neutral face, in pixels of that picture.
        expression: Those of the driver's expression, in pixels of that one.

    Returns:
        Shape (478, 2), in pixels of the identity's picture.

    Raises:
        PictureError: If some are not finite, or of another shape.

    Example:
        >>> face = np.random.default_rng(0).uniform(0, 100, (478, 3))
        >>> bool(np.allclose(transferred(face, face, face * 2 + 7), face[:, :2]))
        True
    """
    own, at_rest, shown = _checked(identity), _checked(neutral), _checked(expression)
    stable = list(STABLE)
    shown = Similarity.between(shown[stable], at_rest[stable]).moved(shown)
    onto = Similarity.between(at_rest[stable], own[stable])
    change = onto.turned(shown - at_rest)[:, :2]
    change[list(SKULL)] = 0  # else what landmarks err by would move the hair
    for eye in EYES:  # corners are tied to bone, too
        change[[*eye.contour, *eye.beyond]] -= change[list(eye.corners)].mean(axis=0)
    target: Points = own[:, :2] + change
    for eye in EYES:
        _open(target, own, eye, _part_open(openness(at_rest, eye), openness(shown, eye)))
    _uncross(target, own, INNER_MOUTH)
    return target


def openness(points: Points, opening: Opening) -> float:
    """How far an eye or the mouth is open: the mean distance of its lines, as a share of its width.

    Args:
        points: Shape (478, 2) or (478, 3).
        opening: The eye or the mouth.
    """
    upper, lower = (points[list(line[1:-1]), :2] for line in (opening.upper, opening.lower))
    first, last = points[list(opening.corners), :2]
    return float(np.hypot(*(lower - upper).T).mean() / max(float(np.hypot(*(last - first))), 1e-6))


def _checked(landmarks: npt.ArrayLike) -> Points:
    points = np.asarray(landmarks, dtype=np.float64)
    if points.shape != (DENSE, 3):
        raise PictureError(f"has landmarks of shape {points.shape}; give ({DENSE}, 3)")
    if not np.isfinite(points).all():
        raise PictureError("has landmarks that are not finite; leave out the face, or find them again")
    return points


def _part_open(at_rest: float, shown: float) -> float:
    """How far open an eye is in an expression, as a share of what it is at rest."""
    return min(max(0.0, shown - SHUT_BELOW) / max(at_rest - SHUT_BELOW, 1e-6), _WIDEST)


def _open(target: Points, own: Points, eye: Opening, part: float) -> None:
    """Put an upper lid above the lower one by a part of what it is at rest, in place."""
    upper, lower, beyond = list(eye.upper[1:-1]), list(eye.lower[1:-1]), list(eye.beyond)
    wanted = target[lower] + part * (own[upper, :2] - own[lower, :2])
    target[beyond] += _LID_FOLLOWS * (wanted - target[upper])
    target[upper] = wanted


def _uncross(target: Points, own: Points, mouth: Opening) -> None:
    """Let lips that would cross touch, in place."""
    first, last = own[list(mouth.corners), :2]
    down = np.array([-(last - first)[1], (last - first)[0]]) / max(float(np.hypot(*(last - first))), 1e-6)
    upper, lower = list(mouth.upper[1:-1]), list(mouth.lower[1:-1])
    too_low = np.minimum((target[lower] - target[upper]) @ down, 0.0)[:, None] * down / 2
    target[upper] += too_low
    target[lower] -= too_low
