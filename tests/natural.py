"""Pictures with the frequencies of natural ones."""

from __future__ import annotations

import torch
from torch import Tensor


def natural(batch: int = 3, height: int = 160, width: int = 128) -> Tensor:
    """Grey pictures whose power falls as the square of the frequency; shape (batch, 1, height, width)."""
    waves = torch.fft.rfft2(torch.randn(batch, 1, 2 * height, 2 * width, generator=torch.Generator().manual_seed(2)))
    down, right = torch.meshgrid(torch.fft.fftfreq(2 * height), torch.fft.rfftfreq(2 * width), indexing="ij")
    frequency = torch.sqrt(4 - 2 * torch.cos(2 * torch.pi * down) - 2 * torch.cos(2 * torch.pi * right))
    frequency[0, 0] = torch.inf
    pictures = torch.fft.irfft2(waves / frequency)[..., :height, :width]
    found: Tensor = 0.5 + 0.1 * pictures / pictures.std()
    return found
