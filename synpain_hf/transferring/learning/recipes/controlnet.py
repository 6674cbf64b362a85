"""How `controlnet` is trained: to have Stable Diffusion, which stays as it is, draw what the lines of a face ask for.

Zhang, Rao and Agrawala, 'Adding conditional control to text-to-image diffusion models' (ICCV 2023): a copy of the
network's first half sees the lines, and adds to the second half, at first nothing. Stable Diffusion is kept in the
numbers of mixed precision, the ControlNet in fp32. Texts are left out at times, so that guidance has both to compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
import torch
from diffusers import ControlNetModel
from diffusers.training_utils import compute_snr

from synpain_hf.errors import PictureError
from synpain_hf.generation.transfer.methods.controlnet import GUIDANCE, STRENGTH
from synpain_hf.generation.transfer.methods.learned.base import Base, check_size, find_base
from synpain_hf.generation.transfer.methods.learned.parts import Parts
from synpain_hf.generation.transfer.methods.learned.pixels import as_pixels
from synpain_hf.generation.transfer.methods.learned.quiet import quiet
from synpain_hf.generation.transfer.methods.learned.steering import Asked, Sampling, Steered
from synpain_hf.generation.transfer.methods.learned.texts import text_of
from synpain_hf.transferring.learning.couples import Example
from synpain_hf.transferring.learning.recipes.encoding import Encoded
from synpain_hf.transferring.learning.recipes.recipe import Batch
from synpain_hf.transferring.learning.request import Training

_WITHOUT_TEXT: Final = 0.1
"""The share of examples that are learned without their text."""

_MOST_WEIGHT: Final = 5.0
"""What the ratio of signal to noise weighs at most."""


def recipe(training: Training) -> ControlNetRecipe:
    """How a training of `controlnet` goes.

    Raises:
        UsageError: If the base cannot be used, or not at the size.
        DownloadError: If the base is on the Hub, and cannot be fetched.
    """
    base = find_base(training.base)
    check_size(base, training.size)
    return ControlNetRecipe(base, training)


def texts_of(examples: Sequence[Example], noise: torch.Generator) -> list[str]:
    """What the pictures of some examples show, in words; at times nothing.

    Args:
        examples: The examples.
        noise: Draws whose text is left out.
    """
    left_out = (torch.rand(len(examples), generator=noise) < _WITHOUT_TEXT).tolist()
    return [
        "" if without else text_of(one.groups, one.units, one.label)
        for one, without in zip(examples, left_out, strict=True)
    ]


class ControlNetRecipe:
    """Trains a ControlNet.

    Args:
        base: What it steers.
        training: What is asked for.
    """

    name: ClassVar[str] = "controlnet"

    def __init__(self, base: Base, training: Training) -> None:
        self.base: str | None = base.name
        self._found = base
        self._how = Sampling(training.denoising, STRENGTH, GUIDANCE)
        self._parts = Parts.of(base, torch.device("cpu"), torch.float32)
        self.network: torch.nn.Module = ControlNetModel.from_unet(self._parts.unet).train()
        self.network.requires_grad_()
        if training.gradient_checkpointing:
            self.network.enable_gradient_checkpointing()
            self._parts.unet.enable_gradient_checkpointing()
        self._encoded = Encoded(self._parts)

    def to(self, device: torch.device, dtype: torch.dtype) -> None:
        """Bring Stable Diffusion to a device, in the numbers of mixed precision."""
        frozen: tuple[Any, ...] = (self._parts.unet, self._parts.vae, self._parts.text_encoder)
        with quiet():
            for network in frozen:
                network.to(device, dtype)

    def loss(self, batch: Batch, noise: torch.Generator) -> torch.Tensor:
        """The error of what the base is to predict, weighted by the ratio of signal to noise.

        Hang et al., 'Efficient diffusion training via min-SNR weighting strategy' (ICCV 2023).
        """
        unet, schedule = self._parts.unet, self._parts.schedule
        text = self._encoded.texts(texts_of(batch.examples, noise))
        latents = self._encoded.latents(batch, noise)
        begun = torch.randn(latents.shape, generator=noise).to(latents.device)
        moments = torch.randint(len(schedule), (len(batch),), generator=noise).to(latents.device)
        noisy = schedule.add_noise(latents, begun, moments)
        lines = (batch.pictures["control"] + 1) / 2
        down, middle = self.network(
            noisy, moments, encoder_hidden_states=text.float(), controlnet_cond=lines, return_dict=False
        )
        (predicted,) = unet(
            noisy.to(unet.dtype),
            moments,
            encoder_hidden_states=text,
            down_block_additional_residuals=[each.to(unet.dtype) for each in down],
            mid_block_additional_residual=middle.to(unet.dtype),
            return_dict=False,
        )
        ratio = compute_snr(schedule, moments)
        weight = ratio.clamp(max=_MOST_WEIGHT)
        if self._found.predicts == "epsilon":
            wanted, weight = begun, weight / ratio
        else:
            wanted, weight = schedule.get_velocity(latents, begun, moments), weight / (ratio + 1)
        each = (predicted.float() - wanted).square().mean(dim=(1, 2, 3))
        mean: torch.Tensor = (each * weight).mean()
        return mean

    def sample(self, batch: Batch, noise: torch.Generator) -> torch.Tensor:
        """What is drawn within the face; the bent face elsewhere."""
        controlnet: Any = getattr(self.network, "module", self.network)
        pictures = {name: as_pixels(some) for name, some in batch.pictures.items()}
        asked = [
            Asked(
                start=pictures["bent"][place],
                control=pictures["control"][place],
                face=pictures["neutral"][place],
                text=text_of(one.groups, one.units, one.label),
                noise=torch.Generator().manual_seed(int(torch.randint(2**62, (), generator=noise))),
            )
            for place, one in enumerate(batch.examples)
        ]
        drawn = [
            given.start if isinstance(one, PictureError) else one
            for given, one in zip(asked, Steered(self._parts, controlnet).drawn(asked, self._how), strict=True)
        ]
        bent = batch.pictures["bent"]
        found = torch.from_numpy(np.stack(drawn)).permute(0, 3, 1, 2).to(bent.device).float() / 127.5 - 1
        return bent + batch.pictures["mask"] * (found - bent)

    def save(self, folder: Path) -> None:
        """Write the ControlNet, as diffusers does."""
        self.network.save_pretrained(folder, safe_serialization=True)  # type: ignore[operator]

    def described(self) -> dict[str, Any]:
        """What a base has to share, and which one it was."""
        return {**self._found.layout, "predicts": self._found.predicts, "base": self._found.title}
