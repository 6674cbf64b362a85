"""What is measured of a face's pixels, without any model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.imaging.likeness import Likeness, likeness_of
from synpain_hf.imaging.png import Pixels

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_MARGIN = 0.08
"""How much of the height and width at the edges is taken for background."""

_SIDE = 160
"""Rows to which a face is scaled before its sharpness is measured."""

_BLOCK = 8
"""Rows of a block of JPEG; faces are cut from composites by columns, so that rows keep their places."""

_WHITE = 243
_WHITE_SHARE = 0.95
_SEARCHED = 12
"""Columns at the inner edge in which leftovers of a gutter are looked for."""


@dataclass(frozen=True)
class Measured:
    """What was measured of one face.

    Attributes:
        width: Columns.
        height: Rows.
        light: Mean brightness of the background, 0 to 255: of the rows at the top and the upper columns at both sides.
        red_tint: Mean of red less green there.
        blue_tint: Mean of blue less green there.
        red: Mean of red of the whole picture, 0 to 255.
        green: Mean of green.
        blue: Mean of blue.
        blocks: Traces of JPEG: the logarithm of how much more rows differ at the edges of its blocks than elsewhere.
        contrast: Standard deviation of the brightness of the whole face.
        sharpness: Mean absolute Laplacian of the brightness, scaled to 160 rows, by `contrast`.
        leftover: Columns of a white gutter at the inner edge.
        likeness: What finds the face again.
    """

    width: int
    height: int
    light: float
    red_tint: float
    blue_tint: float
    red: float
    green: float
    blue: float
    blocks: float
    contrast: float
    sharpness: float
    leftover: int
    likeness: Likeness


def measure(pixels: Pixels, inner: int) -> Measured:
    """Measure a face.

    Args:
        pixels: Shape (height, width, 3), uint8, RGB.
        inner: The column beside which the other face of its composite was: 0 or -1.
    """
    height, width = pixels.shape[:2]
    rows, columns = max(1, round(height * _MARGIN)), max(1, round(width * _MARGIN))
    upper = pixels[: (height + 1) // 2]
    edges = [pixels[:rows], upper[:, :columns], upper[:, -columns:]]
    red, green, blue = np.concatenate([edge.reshape(-1, 3) for edge in edges]).mean(axis=0)
    luma = pixels @ _LUMA
    whole = pixels.reshape(-1, 3).mean(axis=0)
    contrast = float(luma.std())
    return Measured(
        width=width,
        height=height,
        light=float(np.dot((red, green, blue), _LUMA)),
        red_tint=float(red - green),
        blue_tint=float(blue - green),
        red=float(whole[0]),
        green=float(whole[1]),
        blue=float(whole[2]),
        blocks=_blocks(luma),
        contrast=contrast,
        sharpness=_sharpness(pixels) / max(contrast, 1.0),
        leftover=_leftover(pixels if inner == 0 else pixels[:, ::-1]),
        likeness=likeness_of(np.ascontiguousarray(pixels)),
    )


def _blocks(luma: npt.NDArray[np.float32]) -> float:
    """How much more rows differ at most eighth edges than beside them; 0 for pictures of fewer rows than two blocks."""
    steps = np.log1p(np.abs(np.diff(luma, axis=0)).mean(axis=1))
    edges = np.arange(_BLOCK - 1, len(steps) - 1, _BLOCK)
    if len(edges) < 2:
        return 0.0
    return float(np.median(steps[edges] - (steps[edges - 1] + steps[edges + 1]) / 2))


def _sharpness(pixels: Pixels) -> float:
    height, width = pixels.shape[:2]
    small = Image.fromarray(np.ascontiguousarray(pixels)).convert("L")
    small = small.resize((max(3, round(width * _SIDE / height)), _SIDE), Image.Resampling.BOX)
    values = np.asarray(small, np.float32)
    middle = values[1:-1, 1:-1]
    around = values[:-2, 1:-1] + values[2:, 1:-1] + values[1:-1, :-2] + values[1:-1, 2:]
    return float(np.abs(4 * middle - around).mean())


def _leftover(pixels: npt.NDArray[np.uint8]) -> int:
    """White columns at the left edge, where the picture behind them is not white too."""
    searched = pixels[:, : _SEARCHED + 1]
    white = (searched.min(axis=2) >= _WHITE).mean(axis=0) >= _WHITE_SHARE
    return 0 if white.all() else int(np.argmin(white))
