"""Parts of pictures that may reach beyond their edges."""

from __future__ import annotations

import numpy as np

from synpain_hf.imaging.png import Pixels


def part_of(pixels: Pixels, left: int, top: int, right: int, bottom: int) -> Pixels:
    """A part of a picture, which goes on beyond its edges as it is there.

    Args:
        pixels: Shape (height, width) or (height, width, channels).
        left: The first column, below 0 for one beyond the edge, and so on.
        top: The first row.
        right: The column after the last.
        bottom: The row after the last.

    Example:
        >>> part_of(np.array([[1, 2], [3, 4]], np.uint8), -1, 0, 2, 1)
        array([[1, 1, 2]], dtype=uint8)
    """
    height, width = pixels.shape[:2]
    columns = np.clip(np.arange(left, right), 0, width - 1)
    rows = np.clip(np.arange(top, bottom), 0, height - 1)
    part: Pixels = pixels[np.ix_(rows, columns)]
    return part
