"""Each face by itself, so that how bright or tinted it is tells nothing."""

from __future__ import annotations

from torch import Tensor

_LEAST = 1 / 255
"""The least by which a channel is divided: a face of one colour has no contrast to bring to 1."""


def standardised(faces: Tensor) -> Tensor:
    """Bring each channel of each face to a mean of 0 and a standard deviation of 1.

    Whatever multiplies a channel, or is added to it, is gone then: light, tint and contrast.

    Args:
        faces: Floats in [0, 1]; shape (..., channels, height, width).
    """
    centred = faces - faces.mean((-2, -1), keepdim=True)
    deviation = centred.square().mean((-2, -1), keepdim=True).sqrt()
    return centred / deviation.clamp(min=_LEAST)
