"""How much two pictures of one size differ: root mean square, and structural similarity."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from synpain_hf.imaging.png import Pixels

Box = tuple[slice, slice]
"""Rows and columns of a picture."""

_LUMA: Final = (0.299, 0.587, 0.114)
"""Of red, green and blue: ITU-R BT.601."""

_SIGMA: Final = 1.5
_WINDOW: Final = 5
"""Pixels to either side: a window of 11 by 11."""

_STABLE: Final = ((0.01 * 255) ** 2, (0.03 * 255) ** 2)


def box_of(points: npt.NDArray[np.floating[Any]], size: tuple[int, int]) -> Box:
    """The box around the points of a face that lies within a picture.

    Args:
        points: Shape (points, 2) or (points, 3), in pixels.
        size: Width and height of the picture.
    """
    (left, top), (right, bottom) = np.floor(points[:, :2].min(axis=0)), np.ceil(points[:, :2].max(axis=0))
    (x0, x1), (y0, y1) = (
        np.clip((low, high), 0, most).astype(int).tolist()
        for low, high, most in ((left, right, size[0]), (top, bottom, size[1]))
    )
    return slice(y0, y1), slice(x0, x1)


def root_mean_square(one: Pixels, other: Pixels, within: Box) -> float:
    """The root mean square difference of two pictures within a box, of 255.

    Args:
        one: Shape (height, width, 3), uint8.
        other: The same shape.
        within: The box.

    Example:
        >>> black = np.zeros((4, 4, 3), np.uint8)
        >>> root_mean_square(black, black + np.uint8(3), (slice(0, 4), slice(0, 4)))
        3.0
    """
    return float(np.sqrt(np.mean((one[within].astype(float) - other[within].astype(float)) ** 2)))


def structural_similarity(one: Pixels, other: Pixels, within: Box) -> float:
    """The mean structural similarity of the brightness of two pictures within a box; 1 where they are the same.

    Wang, Bovik, Sheikh and Simoncelli, 'Image quality assessment: from error visibility to structural similarity'
    (IEEE Trans. Image Process. 13, 2004), equation 13, with their window of 11 by 11 pixels and constants.

    Args:
        one: Shape (height, width, 3), uint8.
        other: The same shape.
        within: The box.

    Example:
        >>> black = np.zeros((4, 4, 3), np.uint8)
        >>> structural_similarity(black, black, (slice(0, 4), slice(0, 4)))
        1.0
    """
    x, y = (each @ np.array(_LUMA) for each in (one, other))
    mean_x, mean_y = _blurred(x), _blurred(y)
    spread_x, spread_y = _blurred(x * x) - mean_x**2, _blurred(y * y) - mean_y**2
    together = _blurred(x * y) - mean_x * mean_y
    first, second = _STABLE
    alike = (2 * mean_x * mean_y + first) * (2 * together + second)
    found = alike / ((mean_x**2 + mean_y**2 + first) * (spread_x + spread_y + second))
    return float(found[within].mean())


def _blurred(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    blurred: npt.NDArray[np.float64] = ndimage.gaussian_filter(values, _SIGMA, radius=_WINDOW)
    return blurred
