"""How `unet` is trained: to find, in noise, what a bent face lacks to be the expression."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Final

import torch
from diffusers.training_utils import compute_snr

from synpain_hf.generation.transfer.methods.learned.conditions import CONDITIONS
from synpain_hf.generation.transfer.methods.learned.unet import CHANNELS, SPREAD, denoised, network_of, scheduler
from synpain_hf.transferring.learning.recipes.recipe import Batch
from synpain_hf.transferring.learning.request import Training

_LEAST_WEIGHT, _MOST_WEIGHT = 1.0, 5.0
"""Between which values the ratio of signal to noise weighs; the least is for the first step of drawing, from noise."""

_FROM_NOISE: Final = 0.5
"""Share of the pairs that are noise alone, as every drawing begins: most of the way is made in that step."""


def recipe(training: Training) -> UNetRecipe:
    """How a training of `unet` goes."""
    return UNetRecipe(training.size, training.denoising)


class UNetRecipe:
    """Trains the network of `unet`.

    Args:
        size: Side of its pictures, in pixels.
        steps: Of denoising, where pictures are drawn.
    """

    name: ClassVar[str] = "unet"
    base: str | None = None

    def __init__(self, size: int, steps: int) -> None:
        self.network: torch.nn.Module = network_of(size, CHANNELS)
        self._size, self._steps = size, steps
        self._noising = scheduler()

    def to(self, device: torch.device, dtype: torch.dtype) -> None:
        """Nothing is frozen."""

    def loss(self, batch: Batch, noise: torch.Generator) -> torch.Tensor:
        """The error of the difference within the face, weighted by the ratio of signal to noise.

        Hang et al., 'Efficient diffusion training via min-SNR weighting strategy' (ICCV 2023), where pictures are
        predicted.
        """
        pictures = batch.pictures
        device = pictures["bent"].device
        wanted = (pictures["target"] - pictures["bent"]) / SPREAD
        begun = torch.randn(wanted.shape, generator=noise).to(device)
        moments = torch.randint(len(self._noising), (len(batch),), generator=noise)
        moments[torch.rand(len(batch), generator=noise) < _FROM_NOISE] = len(self._noising) - 1
        moments = moments.to(device)
        noisy = self._noising.add_noise(wanted, begun, moments)
        given = torch.cat([noisy, *(pictures[name] for name in CONDITIONS)], dim=1)
        error = (self.network(given, moments).sample.float() - wanted).square().mean(dim=1, keepdim=True)
        mask = pictures["mask"]
        each = (error * mask).sum(dim=(1, 2, 3)) / mask.sum(dim=(1, 2, 3)).clamp(min=1)
        weight = compute_snr(self._noising, moments).clamp(_LEAST_WEIGHT, _MOST_WEIGHT)
        loss: torch.Tensor = (each * weight).mean()
        return loss

    def sample(self, batch: Batch, noise: torch.Generator) -> torch.Tensor:
        """What the network draws within the face; the bent face elsewhere."""
        pictures = batch.pictures
        bent = pictures["bent"]
        given = torch.cat([pictures[name] for name in CONDITIONS], dim=1)
        begun = torch.randn(bent.shape, generator=noise).to(bent.device)
        drawn = denoised(self.network, given, bent, begun, self._steps)
        return bent + pictures["mask"] * (drawn - bent)

    def save(self, folder: Path) -> None:
        """Write the network, as diffusers does."""
        self.network.save_pretrained(folder, safe_serialization=True)  # type: ignore[operator]

    def described(self) -> dict[str, Any]:
        """How the network is made."""
        return {"channels": list(CHANNELS)}
