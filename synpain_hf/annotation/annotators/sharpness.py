"""How sharp a picture is, and how good in general, without any model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.annotation.annotators.annotator import Annotator, Measured
from synpain_hf.imaging.png import Pixels

_SIDE = 256
"""Rows to which a picture is scaled first: noise and the grain of an encoding are not taken for sharpness."""

_LUMA = (0.299, 0.587, 0.114)
_CLIPPED = (4, 251)
"""Darker or brighter than these, a pixel says nothing."""

_SHARP = 6.0
_CONTRAST = 40.0
_PIXELS = 112.0
"""What a good picture has at least: of sharpness, of contrast, pixels of the shorter side (recognisers want 112)."""


class Sharpness(Annotator):
    """The sharpness of a picture, and a general quality score; it looks for no face.

    Args:
        models: None; it needs no model.
    """

    name: ClassVar[str] = "sharpness"
    title: ClassVar[str] = "sharpness"
    version: ClassVar[int] = 1

    def __init__(self, models: Sequence[Path] = ()) -> None:
        pass

    @classmethod
    def columns(cls) -> Mapping[str, Any]:
        """The columns that it writes."""
        from datasets import Value

        return {"sharpness": Value("float32"), "quality": Value("float32")}

    def measure(self, pixels: Pixels) -> Measured:
        """Measure a picture.

        `sharpness` is the mean absolute Laplacian of the brightness in the middle half of the picture, scaled to 256
        rows. `quality`, 0 to 1, is the least of four shares of what a good picture has: sharpness, contrast (the
        standard deviation of the brightness), pixels that are neither black nor white, and pixels of the shorter side.
        """
        brightness = _middle(_brightness(pixels))
        sharpness = _laplacian(brightness)
        low, high = _CLIPPED
        shares = (
            sharpness / _SHARP,
            float(brightness.std()) / _CONTRAST,
            float(((brightness >= low) & (brightness <= high)).mean()),
            min(pixels.shape[:2]) / _PIXELS,
        )
        return {"sharpness": sharpness, "quality": min(1.0, *shares)}


def _brightness(pixels: Pixels) -> npt.NDArray[np.float32]:
    """The brightness of a picture that has at most `_SIDE` rows; shape (rows, columns), 0 to 255."""
    height, width = pixels.shape[:2]
    image = Image.fromarray(pixels)
    if height > _SIDE:
        image = image.resize((max(4, round(width * _SIDE / height)), _SIDE), Image.Resampling.BOX)
    values: npt.NDArray[np.float32] = np.asarray(image) @ np.array(_LUMA, np.float32)
    return values


def _middle(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    rows, columns = (size // 4 for size in values.shape)
    return values[rows : len(values) - rows, columns : values.shape[1] - columns]


def _laplacian(values: npt.NDArray[np.float32]) -> float:
    """The mean absolute Laplacian; 0 where there are too few pixels for one."""
    inner = values[1:-1, 1:-1]
    around = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:]
    return float(np.abs(4 * inner - around).mean()) if inner.size else 0.0
