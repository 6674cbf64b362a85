"""Styles of drawing: the same faces with other lines, colours, light and texture, as another archive would have them.

A model that has learned one style meets a shift of distribution in another, while the truth of every unit stays known.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from synpain_hf.vocabulary import DrawingStyle

Picture = npt.NDArray[np.float32]

_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)
_WHITEST = 255.0


@dataclass(frozen=True)
class Style:
    """How a finished portrait is changed.

    Attributes:
        line_width: Of the lines along edges, in pixels.
        line_strength: How dark they are.
        colour: What is left of the colours, from 0, grey, to 1.
        paper: The colour that white becomes, as factors of the channels.
        gamma: Above 1 for darker tones between black and white.
        falloff: How much darker the corners are than the middle, from 0 to 1.
        hatching: How much darker the strokes are that lie over dark parts, from 0 to 1.
        stroke: The distance between strokes, in pixels.
    """

    line_width: float
    line_strength: float
    colour: float
    paper: tuple[float, float, float]
    gamma: float
    falloff: float
    hatching: float
    stroke: float


STYLES: dict[DrawingStyle, Style | None] = {
    "portrait": None,
    "sketch": Style(
        line_width=1.4,
        line_strength=1.6,
        colour=0.35,
        paper=(1.0, 0.965, 0.9),
        gamma=0.8,
        falloff=0.3,
        hatching=0.22,
        stroke=5.0,
    ),
}
"""The styles by name; the first is that of the drawing itself."""


def restyled(face: Picture, style: Style) -> Picture:
    """A portrait in another style; the same portrait always looks the same.

    Args:
        face: Shape (height, width, 3), from 0 to 255.
        style: The style.

    Returns:
        The same shape, from 0 to 255.
    """
    grey = face @ _LUMINANCE
    lines = np.clip(gaussian_filter(grey, 2 * style.line_width) - gaussian_filter(grey, style.line_width), 0, None)
    toned = _WHITEST * (np.clip(face, 0, _WHITEST) / _WHITEST) ** style.gamma
    muted = style.colour * toned + (1 - style.colour) * (toned @ _LUMINANCE)[..., None]
    light = _falloff(grey.shape, style.falloff) * _hatching(grey, style)
    drawn = (muted - style.line_strength * 4 * lines[..., None]) * light[..., None] * np.array(style.paper, np.float32)
    finished: Picture = np.clip(drawn, 0, _WHITEST).astype(np.float32)
    return finished


def _falloff(shape: tuple[int, ...], strength: float) -> Picture:
    """Light that comes from the middle."""
    down, across = (np.linspace(-1, 1, length, dtype=np.float32) for length in shape)
    light: Picture = (1 - strength * (down[:, None] ** 2 + across**2) / 2).astype(np.float32)
    return light


def _hatching(grey: Picture, style: Style) -> Picture:
    """Strokes from the lower left to the upper right, the darker the picture the stronger."""
    height, width = grey.shape
    down, across = np.ogrid[:height, :width]
    strokes = 0.5 + 0.5 * np.cos(2 * np.pi * (down + across).astype(np.float32) / (style.stroke * np.sqrt(2)))
    darkness = 1 - gaussian_filter(grey, 3) / _WHITEST
    hatched: Picture = (1 - style.hatching * 2 * darkness * strokes).astype(np.float32)
    return hatched
