"""Pictures as networks take them and give them."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch

from synpain_hf.imaging.png import Pixels

NOT_FINITE: Final = "came out in numbers that are not finite; use precision fp32, or other weights"
"""Why a picture cannot be drawn of which a network gave nothing that can be seen."""


def as_tensor(pictures: Pixels) -> torch.Tensor:
    """Pictures as a network takes them.

    Args:
        pictures: Shape (pictures, height, width, channels), 0 to 255.

    Returns:
        Shape (pictures, channels, height, width), -1 to 1.
    """
    return torch.from_numpy(np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))).float() / 127.5 - 1


def as_pixels(pictures: torch.Tensor) -> Pixels:
    """Pictures as a network gives them, to look at.

    Args:
        pictures: Shape (pictures, channels, height, width), -1 to 1; what is beyond is cut off.

    Returns:
        Shape (pictures, height, width, channels), 0 to 255.
    """
    scaled = ((pictures.float().cpu() + 1) * 127.5).round().clamp(0, 255)
    pixels: Pixels = scaled.to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return pixels
