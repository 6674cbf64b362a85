"""What JPEG does to faces, computed on the device on which they lie."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

_BLOCK = 8
_WHITE = 255
_LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56), (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
_CHROMINANCE = (
    (17, 18, 24, 47, 99, 99, 99, 99), (18, 21, 26, 66, 99, 99, 99, 99),
    (24, 26, 56, 99, 99, 99, 99, 99), (47, 66, 99, 99, 99, 99, 99, 99),
    *((99,) * _BLOCK,) * 4,
)  # fmt: skip
"""The quantisation that JPEG encoders start from (ITU-T T.81, tables K.1 and K.2)."""

_TO_YCC = ((0.299, 0.587, 0.114), (-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))
"""Brightness and two differences of colour from red, green and blue (ITU-T T.871)."""


_PLACES = torch.arange(_BLOCK)
_WAVES = torch.cos(math.pi / _BLOCK * (_PLACES + 0.5) * _PLACES.unsqueeze(1)) * math.sqrt(2 / _BLOCK)
_WAVES[0] /= math.sqrt(2)
"""The discrete cosine transform of eight values, as an orthogonal matrix."""

_TABLES = torch.tensor([_LUMINANCE, _CHROMINANCE, _CHROMINANCE])
_TURN = torch.tensor(_TO_YCC)
_BACK = torch.linalg.inv(_TURN)
_CENTRES = torch.tensor([128.0, 0.0, 0.0]).view(-1, 1, 1)


def compressed(faces: Tensor, quality: Tensor) -> Tensor:
    """Faces as JPEG of some quality leaves them, colour not thinned out (4:4:4).

    Args:
        faces: Floats in [0, 1]; shape (faces, 1 or 3 channels, height, width).
        quality: From 1 to 100, as libjpeg counts it; on the same device, shape (faces,).

    Returns:
        Floats in [0, 1], of the same shape.
    """
    channels, height, width = faces.shape[1:]
    is_colour = channels == len(_TURN)
    turn, back, centres, waves = (_on(faces, constant) for constant in (_TURN, _BACK, _CENTRES[:channels], _WAVES))
    pixels = _WHITE * functional.pad(faces, (0, -width % _BLOCK, 0, -height % _BLOCK), mode="replicate")
    if is_colour:
        pixels = torch.einsum("ij,njhw->nihw", turn, pixels)
    blocks = (pixels.round() - centres).unflatten(3, (-1, _BLOCK)).unflatten(2, (-1, _BLOCK)).transpose(3, 4)
    steps = _steps(quality, channels).unsqueeze(2).unsqueeze(2)
    coefficients = ((waves @ blocks @ waves.T) / steps).round() * steps
    decoded = (waves.T @ coefficients @ waves).transpose(3, 4).flatten(4, 5).flatten(2, 3) + centres
    if is_colour:
        decoded = torch.einsum("ij,njhw->nihw", back, decoded)
    found: Tensor = (decoded[..., :height, :width] / _WHITE).clamp(0, 1)
    return found


def _steps(quality: Tensor, channels: int) -> Tensor:
    """How coarsely each coefficient is kept; shape (faces, channels, 8, 8)."""
    scale = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality).floor().view(-1, 1, 1, 1)
    steps: Tensor = ((_on(quality, _TABLES[:channels]) * scale + 50) / 100).floor().clamp(1, _WHITE)
    return steps


def _on(other: Tensor, constant: Tensor) -> Tensor:
    """A constant where another tensor lies, without waiting for the device."""
    return constant.to(other.device, non_blocking=True)
