"""Maps of the plane, and pictures that are drawn through them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.imaging.alignment.landmarks import Points


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
    """A picture moved by a matrix; where it is made smaller, it is averaged first, and outside it is black.

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
    return image.transform(size, Image.Transform.AFFINE, tuple(inverse.ravel()), Image.Resampling.BICUBIC)
