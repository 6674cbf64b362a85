"""The triangles between landmarks, and which of them each pixel of a face is in.

The skin has the triangles of MediaPipe's face mesh, which are the same for every face, so that lids and lips that touch
stay apart. The eyes and the inside of the mouth are filled in; beyond the outline, rings of triangles take what moves
there to rest.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from synpain_hf.generation.transfer.change import Points
from synpain_hf.generation.transfer.contours import INNER_MOUTH, LEFT_EYE, OVAL, RIGHT_EYE, Opening
from synpain_hf.imaging.alignment.landmarks import DENSE

Part = int
BEYOND, SKIN, IN_RIGHT_EYE, IN_LEFT_EYE, IN_MOUTH = range(5)
"""What a triangle is part of."""

_RINGS: Final = ((1.10, 0.75), (1.25, 0.35), (1.45, 0.1), (1.65, 0.0))
"""Of each ring its size, as a factor of the outline, and how much of the outline's movement it has."""

_FILE: Final = Path(__file__).with_name("mesh.json")

Integers = npt.NDArray[np.signedinteger[Any]]


@dataclass(frozen=True)
class Mesh:
    """Triangles between the landmarks and the points of the rings.

    Attributes:
        triangles: Shape (triangles, 3), the numbers of the corners; what is drawn over others comes later.
        parts: Shape (triangles,), what each is part of.
    """

    triangles: Integers
    parts: Integers


@cache
def mesh() -> Mesh:
    """The triangles of every face."""
    skin = json.loads(_FILE.read_text(encoding="utf-8"))["triangles"]
    by_part = {
        BEYOND: _rings(),
        SKIN: skin,
        IN_RIGHT_EYE: _filled(RIGHT_EYE),
        IN_LEFT_EYE: _filled(LEFT_EYE),
        IN_MOUTH: _filled(INNER_MOUTH),
    }
    parts = [part for part, triangles in by_part.items() for _ in triangles]
    return Mesh(np.array([one for triangles in by_part.values() for one in triangles]), np.array(parts))


def with_rings(points: Points) -> Points:
    """Landmarks, and behind them the points of the rings around them.

    Args:
        points: Shape (478, 2).

    Returns:
        Shape (478 + 4 * 36, 2).
    """
    outline = points[list(OVAL)]
    middle = outline.mean(axis=0)
    return np.concatenate([points, *(middle + size * (outline - middle) for size, _ in _RINGS)])


def with_moved_rings(points: Points, target: Points) -> Points:
    """Landmarks that moved, and the rings, which move less the farther they are from the outline.

    Args:
        points: The landmarks before, shape (478, 2).
        target: The landmarks after.

    Returns:
        Shape (478 + 4 * 36, 2), in the order of `with_rings`.
    """
    outline = list(OVAL)
    moved = with_rings(points)
    moved[:DENSE] = target
    rings = moved[DENSE:].reshape(len(_RINGS), len(outline), 2)
    rings += np.array([share for _, share in _RINGS])[:, None, None] * (target[outline] - points[outline])
    return moved


@dataclass(frozen=True)
class Covered:
    """The pixels of a picture that a mesh covers.

    Attributes:
        rows: Shape (pixels,).
        columns: Shape (pixels,).
        triangles: The triangle that each is in.
        weights: Its barycentric coordinates there, shape (pixels, 3).
    """

    rows: Integers
    columns: Integers
    triangles: Integers
    weights: npt.NDArray[np.float32]

    @property
    def parts(self) -> Integers:
        """What each pixel is part of."""
        return mesh().parts[self.triangles]

    def among(self, chosen: npt.NDArray[np.bool_]) -> Covered:
        """Some of the pixels."""
        return Covered(self.rows[chosen], self.columns[chosen], self.triangles[chosen], self.weights[chosen])

    def where_in(self, points: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float32]:
        """Where each pixel is on another face, x and y; shape (pixels, 2).

        Args:
            points: The corners of the triangles there, at least as many as these have.
        """
        corners = points.astype(np.float32)[mesh().triangles[self.triangles]]
        where: npt.NDArray[np.float32] = np.einsum("pc,pcx->px", self.weights, corners)
        return where


def covered(points: Points, size: tuple[int, int]) -> Covered:
    """The pixels that a mesh covers; where triangles lie over each other, the later one counts.

    Args:
        points: The corners, as `with_moved_rings` gives them.
        size: Width and height of the picture.
    """
    width, height = size
    corners = points[mesh().triangles]
    first = np.maximum(np.ceil(corners.min(axis=1)), 0).astype(np.int64)
    last = np.minimum(np.floor(corners.max(axis=1)), (width - 1, height - 1)).astype(np.int64)
    spans = np.maximum(last - first + 1, 0)
    counts = spans.prod(axis=1)
    triangle = np.repeat(np.arange(len(corners)), counts)
    place = np.arange(len(triangle)) - np.repeat(np.cumsum(counts) - counts, counts)
    down, across = np.divmod(place, spans[triangle, 0])
    x, y = (first[triangle, axis] + step for axis, step in enumerate((across, down)))
    one, two, three = (corners[:, corner] for corner in range(3))
    area = _cross(two - one, three - one)
    area = np.where(np.abs(area) < _LEAST_AREA, np.inf, area)  # nothing is in a triangle without area
    # barycentric coordinates are linear in x and y: two slopes and an offset for each triangle
    at = x.astype(np.float32), y.astype(np.float32)
    second = _at(_linear(three - one, one, -area), triangle, *at)
    third = _at(_linear(two - one, one, area), triangle, *at)
    inside = np.flatnonzero((second >= -_EDGE) & (third >= -_EDGE) & (second + third <= 1 + _EDGE))
    chosen = np.full(height * width, -1, np.int64)
    chosen[y[inside] * width + x[inside]] = inside
    kept = chosen[chosen >= 0]
    weights = np.stack([1 - second[kept] - third[kept], second[kept], third[kept]], axis=-1)
    return Covered(y[kept], x[kept], triangle[kept], weights)


_LEAST_AREA: Final = 1e-6
_EDGE: Final = 1e-3
"""How far outside a triangle a pixel still counts, so that none between two is missed."""


def _cross(one: Points, other: Points) -> Points:
    crossed: Points = one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
    return crossed


def _linear(edge: Points, origin: Points, area: Points) -> npt.NDArray[np.float32]:
    """`cross(edge, point - origin) / area` as factors of x and y, and what is added; shape (triangles, 3)."""
    across, down = -edge[:, 1] / area, edge[:, 0] / area
    added = -(across * origin[:, 0] + down * origin[:, 1])
    return np.stack([across, down, added], axis=-1).astype(np.float32)


def _at(
    linear: npt.NDArray[np.float32], triangle: Integers, x: npt.NDArray[np.float32], y: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    across, down, added = (linear[:, place][triangle] for place in range(3))
    value: npt.NDArray[np.float32] = across * x + down * y + added
    return value


def _filled(opening: Opening) -> list[tuple[int, int, int]]:
    """The triangles between the two lines of an eye or the mouth."""
    triangles = []
    for (upper, next_upper), (lower, next_lower) in zip(pairwise(opening.upper), pairwise(opening.lower), strict=True):
        triangles += [(upper, lower, next_lower), (upper, next_lower, next_upper)]
    return [triangle for triangle in triangles if len(set(triangle)) == 3]


def _rings() -> list[tuple[int, int, int]]:
    """The triangles between the outline and the rings, the outermost first."""
    around = len(OVAL)
    lines = [OVAL, *(range(DENSE + ring * around, DENSE + (ring + 1) * around) for ring in range(len(_RINGS)))]
    triangles = []
    for inner, outer in reversed(list(pairwise(lines))):
        for place in range(around):
            beside = (place + 1) % around
            triangles += [(inner[place], outer[place], outer[beside]), (inner[place], outer[beside], inner[beside])]
    return triangles
