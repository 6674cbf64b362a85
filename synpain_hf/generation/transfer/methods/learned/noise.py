"""What draws the noise of a picture."""

from __future__ import annotations

import hashlib
import json

import torch


def noise_of(seed: int, key: str) -> torch.Generator:
    """What draws the noise of a picture: the same, whatever else is drawn, and on any device.

    Args:
        seed: Of all pictures.
        key: What tells the picture from all others.
    """
    digest = hashlib.sha256(json.dumps([seed, key]).encode()).digest()
    return torch.Generator("cpu").manual_seed(int.from_bytes(digest[:8], "big", signed=True))
