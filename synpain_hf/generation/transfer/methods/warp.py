"""`warp`: the neutral face bent to where its landmarks are to be, without any model.

Each triangle of the mesh is drawn where its corners have gone. Eyeballs stay where they are and are covered by the lids
that close over them. The driver's wrinkles are put on as a ratio of brightness, and where the mouth opens, its inside
is the driver's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

import numpy as np

from synpain_hf.generation.transfer.change import Points, openness
from synpain_hf.generation.transfer.contours import INNER_MOUTH, LEFT_EYE, OVAL, RIGHT_EYE
from synpain_hf.generation.transfer.masks import Box, box_of, filled, shrunk, traced
from synpain_hf.generation.transfer.mesh import (
    BEYOND,
    IN_LEFT_EYE,
    IN_MOUTH,
    IN_RIGHT_EYE,
    Covered,
    covered,
    with_moved_rings,
    with_rings,
)
from synpain_hf.generation.transfer.methods.method import Method, Request
from synpain_hf.generation.transfer.sampling import Floats, sampled
from synpain_hf.generation.transfer.shot import Shot
from synpain_hf.generation.transfer.wrinkles import wrinkle_ratio
from synpain_hf.imaging.png import Pixels

_LIP_EDGE: Final = 0.006
"""How softly the inside of the mouth begins; a share of the face's width."""

_LASHES: Final = 0.016
"""How thick the line of lashes is, likewise."""

_DARKENED: Final = 0.6

_OPEN_FROM, _OPEN_WHOLLY = 0.02, 0.06
"""How far open a mouth is, by its landmarks, when its inside begins to be the driver's, and when it wholly is."""


class Warp(Method):
    """Bends the neutral face, with the driver's wrinkles and the inside of the driver's mouth."""

    name: ClassVar[str] = "warp"
    version: ClassVar[int] = 1
    libraries: ClassVar[Sequence[str]] = ("numpy", "scipy")
    source_type: ClassVar[str] = "compositeSynthetic"

    def draw(self, request: Request) -> Pixels:
        """Draw the identity with the driver's expression.

        Raises:
            PictureError: If landmarks are not finite.
        """
        own, target = request.identity.landmarks[:, :2].astype(np.float64), request.target()
        picture, at = _bent(request.identity, own, target)
        box, width = _extent(target, request.identity)
        shown = picture[box[1] : box[3], box[0] : box[2]]
        shown *= _ratio(at, box, target, request)
        _draw_lashes(shown, box, own, target, width)
        _fill_mouth(shown, at, box, target, request, width)
        return _whole(picture)


def bent(face: Shot, target: Points) -> Pixels:
    """A neutral face bent by its landmarks alone: nothing of another picture is in it.

    Args:
        face: The face.
        target: Where its landmarks are to be, shape (478, 2).

    Returns:
        As large as its picture.
    """
    own = face.landmarks[:, :2].astype(np.float64)
    picture, _ = _bent(face, own, target)
    box, width = _extent(target, face)
    _draw_lashes(picture[box[1] : box[3], box[0] : box[2]], box, own, target, width)
    return _whole(picture)


def _bent(face: Shot, own: Points, target: Points) -> tuple[Floats, Covered]:
    """The picture with its pixels where they have gone, and which these are."""
    at = covered(with_moved_rings(own, target), face.size)
    picture = face.pixels.astype(np.float32)
    picture[at.rows, at.columns] = sampled(face.pixels, _sources(at, own, target))
    return picture, at


def _extent(target: Points, face: Shot) -> tuple[Box, float]:
    """The box of the face in its picture, and how wide the face is."""
    outline = target[list(OVAL)]
    return box_of(outline, 1, face.size), float(np.ptp(outline[:, 0]))


def _whole(picture: Floats) -> Pixels:
    rounded: Pixels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    return rounded


def _sources(at: Covered, own: Points, target: Points) -> Floats:
    """Where each covered pixel is in the neutral picture: as the triangles say, but eyeballs are not squeezed."""
    where = at.where_in(with_rings(own))
    for eye, part in ((RIGHT_EYE, IN_RIGHT_EYE), (LEFT_EYE, IN_LEFT_EYE)):
        if openness(target, eye) < openness(own, eye):
            corners = list(eye.corners)
            moved = (target[corners] - own[corners]).mean(axis=0).astype(np.float32)
            inside = at.parts == part
            where[inside, 0] = at.columns[inside] - moved[0]
            where[inside, 1] = at.rows[inside] - moved[1]
    return where


def _ratio(at: Covered, box: Box, target: Points, request: Request) -> Floats:
    inside = (at.parts != BEYOND) & (at.rows >= box[1]) & (at.rows < box[3])
    inside &= (at.columns >= box[0]) & (at.columns < box[2])
    return wrinkle_ratio(at.among(inside), box, target, request.neutral, request.expression)


def _draw_lashes(shown: Floats, box: Box, own: Points, target: Points, width: float) -> None:
    """Darken the line where lids come together, in place: lashes lie there, and what is left of the eye's white."""
    for eye in (RIGHT_EYE, LEFT_EYE):
        closed = max(0.0, 1 - openness(target, eye) / max(openness(own, eye), 1e-6))
        line = traced(target, [eye.upper[1:-1]], box, _LASHES * width)
        shown *= 1 - (_DARKENED * closed**2 * line)[..., None]


def _fill_mouth(shown: Floats, at: Covered, box: Box, target: Points, request: Request, width: float) -> None:
    """Put the inside of the driver's mouth where the mouth is open, in place."""
    theirs = request.expression.landmarks[:, :2].astype(np.float64)
    is_open = min(openness(target, INNER_MOUTH), openness(theirs, INNER_MOUTH))
    share = np.clip((is_open - _OPEN_FROM) / (_OPEN_WHOLLY - _OPEN_FROM), 0, 1)
    inside = at.among(at.parts == IN_MOUTH)
    if share == 0 or not len(inside.rows):
        return
    mask = share * shrunk(filled(target, [INNER_MOUTH.contour], box), _LIP_EDGE * width)
    rows, columns = inside.rows - box[1], inside.columns - box[0]
    weight = mask[rows, columns][:, None]
    colours = sampled(request.expression.pixels, inside.where_in(theirs))
    shown[rows, columns] += weight * (colours - shown[rows, columns])
