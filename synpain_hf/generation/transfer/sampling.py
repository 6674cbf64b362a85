"""Pixels of a picture between its pixels, and pictures that are smoothed within a mask."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from synpain_hf.imaging.png import Pixels

Floats = npt.NDArray[np.float32]


def sampled(pixels: Pixels | Floats, where: Floats) -> Floats:
    """A picture at places between its pixels, bilinearly; beyond its edge as at the edge.

    Args:
        pixels: Shape (height, width) or (height, width, channels).
        where: x and y of each place, shape (places, 2).

    Returns:
        Shape (places,) or (places, channels).
    """
    height, width = pixels.shape[:2]
    x, y = np.clip(where[:, 0], 0, width - 1), np.clip(where[:, 1], 0, height - 1)
    left, top = np.minimum(x.astype(np.intp), max(width - 2, 0)), np.minimum(y.astype(np.intp), max(height - 2, 0))
    flat = pixels.reshape(height * width, *pixels.shape[2:])
    at = top * width + left
    trailing = (slice(None), *(None,) * (pixels.ndim - 2))
    across, down = (x - left)[trailing], (y - top)[trailing]
    right, below = min(1, width - 1), width * min(1, height - 1)
    upper = flat[at] * (1 - across) + flat[at + right] * across
    lower = flat[at + below] * (1 - across) + flat[at + below + right] * across
    found: Floats = upper * (1 - down) + lower * down
    return found


def smoothed(values: Floats, sigma: float) -> Floats:
    """A picture smoothed by a Gaussian, cut off at two standard deviations and a half."""
    found: Floats = gaussian_filter(values, sigma, truncate=2.5, mode="nearest")
    return found


def smoothed_within(values: Floats, mask: Floats, sigma: float) -> Floats:
    """A picture smoothed by a Gaussian that sees what a mask covers alone; 0 where that is out of sight.

    Args:
        values: Shape (height, width).
        mask: 0 to 1, likewise.
        sigma: In pixels.
    """
    seen = smoothed(mask, sigma)
    found: Floats = np.where(seen > 1e-3, smoothed(values * mask, sigma) / np.maximum(seen, 1e-3), 0)
    return found
