"""Wrinkles and bulges that an expression brings: the ratio of the driver's two faces, in the shape of the identity.

Liu, Shan and Zhang, 'Expressive expression mapping with ratio images' (SIGGRAPH 2001): the brightness of a skin that
folds changes by a factor that does not depend on whose skin it is. Light that differs between the driver's two pictures
would change it, too; so what changes over a large part of the face is taken out of the ratio.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from synpain_hf.generation.transfer.change import Points
from synpain_hf.generation.transfer.contours import BROWS, EYES, LIPS, NOSTRILS, OVAL
from synpain_hf.generation.transfer.masks import Box, filled, grown, shrunk
from synpain_hf.generation.transfer.mesh import Covered
from synpain_hf.generation.transfer.sampling import Floats, sampled, smoothed, smoothed_within
from synpain_hf.generation.transfer.shot import Shot

FINE: Final = 0.004
"""What is smaller is noise; a share of the face's width, as all lengths here."""

WIDE: Final = 0.06
"""What is larger is light."""

_EDGE: Final = 0.05
_AROUND: Final = 0.018
_HAIR: Final = 0.015
"""What is smaller may be hairs."""

_ROUGH, _HAIRY = 0.05, 0.12
"""The mean change of the logarithm within that, from which a face may have hair, and from which it has nothing else."""

_DARKEST: Final = 10.0
"""Added to brightness, 0 to 255, so that the ratio of two dark pixels is not noise."""

_LEAST, _MOST = -0.32, 0.08
"""Of the logarithm of a ratio: folds are darker than skin at rest, and what is much lighter is a reflection."""

_OF_SKIN: Final = np.array([0.7, 1.0, 1.15], np.float32)
"""How much of a change each channel has: light that has gone through skin is red, so the shade of a fold is warm."""

_BRIGHTNESS: Final = np.array([0.299, 0.587, 0.114], np.float32)


def _skin(log: Floats, width: float) -> Floats:
    """How far a face is skin, 1, and not hair, 0, which is rough and never lies as it lay before."""
    rough = smoothed(np.abs(log - smoothed(log, _HAIR * width)), 2 * _HAIR * width)
    found: Floats = np.clip((_HAIRY - rough) / (_HAIRY - _ROUGH), 0, 1)
    return found


def wrinkle_ratio(at: Covered, box: Box, target: Points, neutral: Shot, expression: Shot) -> Floats:
    """By what the identity's brightness changes.

    Args:
        at: The pixels of its skin.
        box: What of its picture is meant.
        target: Its landmarks with the expression.
        neutral: The driver's neutral face.
        expression: The driver's expression, likewise.

    Returns:
        Factors of red, green and blue, as large as the box; 1 where nothing changes.
    """
    left, top, right, bottom = box
    width = float(np.ptp(target[list(OVAL), 0]))
    logs = []
    for shot in (neutral, expression):
        bright = np.zeros((bottom - top, right - left), np.float32)
        bright[at.rows - top, at.columns - left] = (
            sampled(shot.pixels, at.where_in(shot.landmarks[:, :2])) @ _BRIGHTNESS
        )
        logs.append(np.log(smoothed(bright, FINE * width) + _DARKEST))
    oval = filled(target, [OVAL], box)
    features = filled(target, [eye.contour for eye in EYES] + [*BROWS, LIPS.contour, *NOSTRILS], box)
    skin = oval * (1 - features)
    change = logs[1] - logs[0]
    change -= smoothed_within(change, skin, WIDE * width)
    seen = shrunk(oval, _EDGE * width) * (1 - grown(features, _AROUND * width)) * _skin(logs[0], width)
    limits = np.where(change < 0, _LEAST, _MOST).astype(np.float32)
    ratio: Floats = np.exp((limits * np.tanh(change / limits) * seen)[..., None] * _OF_SKIN)
    return ratio
