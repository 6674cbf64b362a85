"""Maps of the plane, and pictures that are drawn through them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.imaging.alignment.landmarks import Points
from synpain_hf.imaging.parts import part_of

_REACH = 3
"""Pixels beside a place that its value is drawn from."""

_FARTHEST = 2
"""How far beyond its edges a picture goes on, in sizes of the result."""


def similarity_between(source: Points, target: Points, weights: npt.ArrayLike = 1.0) -> Points:
    """The turn, scale and shift that bring points nearest to others, in the sense of least squares.

    Umeyama, 'Least-squares estimation of transformation parameters between two point patterns' (IEEE PAMI 13, 1991),
    for the plane, without mirroring.

    Args:
        source: Shape (points, 2).
        target: The same shape.
        weights: What the square of each distance counts, shape (points,).

    Returns:
        Shape (2, 3): `matrix[:, :2] @ point + matrix[:, 2]`.

    Example:
        >>> square = np.array([[0.0, 0], [1, 0], [1, 1]])
        >>> similarity_between(square, 2 * square + 3)
        array([[2., 0., 3.],
               [0., 2., 3.]])
    """
    counted = np.broadcast_to(weights, len(source))
    shares = counted / counted.sum()
    here, there = shares @ source, shares @ target
    # As complex numbers, a turn and a scale are one factor, and least squares a division.
    from_, to = (source - here) @ (1, 1j), (target - there) @ (1, 1j)
    factor = np.vdot(from_, shares * to) / np.vdot(from_, shares * from_)
    linear = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    return np.column_stack([linear, there - linear @ here]) + 0.0


def apply(matrix: Points, points: Points) -> Points:
    """Points that were moved by a matrix of shape (2, 3)."""
    moved: Points = points @ matrix[:, :2].T + matrix[:, 2]
    return moved


def draw_through(image: Image.Image, matrix: Points, size: tuple[int, int]) -> Image.Image:
    """A picture moved by a matrix; where it is made smaller, it is averaged first.

    Outside the picture is what lies at its edge, as far as a few times the result's size: black there would change the
    light and contrast that the result has as a whole.

    Args:
        image: Grey or RGB.
        matrix: From pixels of the picture to those of the result, shape (2, 3).
        size: Width and height of the result.
    """
    scale = float(np.hypot(*matrix[:, 0]))
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in image.size)
        matrix = matrix * [image.width / width, image.height / height, 1]
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
    part, (left, top) = _part_around(image, apply(inverse, np.array([(0, 0), (0, size[1]), (size[0], 0), size])), size)
    inverse[:, 2] -= (left, top)
    return part.transform(size, Image.Transform.AFFINE, tuple(inverse.ravel()), Image.Resampling.BICUBIC)


def _part_around(image: Image.Image, corners: Points, size: tuple[int, int]) -> tuple[Image.Image, tuple[int, int]]:
    """The part of a picture that holds some points, with what lies at its edges beyond them; and where it begins."""
    farthest = _FARTHEST * sum(size)
    lengths = np.array(image.size)
    first = np.clip(np.floor(corners.min(axis=0)).astype(int) - _REACH, -farthest, lengths + farthest)
    last = np.clip(np.ceil(corners.max(axis=0)).astype(int) + _REACH, first + 1, lengths + farthest + 1)
    (left, top), (right, bottom) = first.tolist(), last.tolist()
    return Image.fromarray(part_of(np.asarray(image), left, top, right, bottom)), (left, top)
