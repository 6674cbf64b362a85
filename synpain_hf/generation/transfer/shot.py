"""A picture of a face with its landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synpain_hf.imaging.png import Pixels


@dataclass(frozen=True)
class Shot:
    """A picture of a face.

    Attributes:
        pixels: Shape (height, width, 3), uint8, RGB.
        landmarks: Shape (478, 3), in pixels of the picture.
    """

    pixels: Pixels
    landmarks: npt.NDArray[np.floating[Any]]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width = self.pixels.shape[:2]
        return width, height
