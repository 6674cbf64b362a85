"""What Stable Diffusion makes of pictures and texts before it begins: computed once for each, and kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch

from synpain_hf.generation.transfer.methods.learned.parts import Parts
from synpain_hf.transferring.learning.recipes.recipe import Batch

_MOST_LATENTS: Final = 2**14
"""Pictures whose latents are kept: at 512 pixels and in bf16 they take 64 KiB each, 1 GiB in all."""

_MOST_TEXTS: Final = 2**12
"""Texts that are kept: 116 KiB each in Stable Diffusion 1, half a GiB in all."""


class Encoded:
    """Latents and texts of one training.

    Each is computed alone, so that it does not depend on what else is in a batch; what does not fit is computed anew.

    Args:
        parts: The networks of the base.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._texts: dict[str, torch.Tensor] = {}
        self._latents: dict[tuple[str, bool], torch.Tensor] = {}

    def texts(self, texts: Sequence[str]) -> torch.Tensor:
        """Texts, encoded.

        Returns:
            Shape (texts, tokens, width), on the device of the encoder, in its numbers.
        """
        return torch.stack([self._text(text) for text in texts]).to(self._parts.text_encoder.device)

    def latents(self, batch: Batch, noise: torch.Generator) -> torch.Tensor:
        """The pictures that are to be drawn, as latents.

        Args:
            batch: The examples.
            noise: Draws each from the distribution that the encoder gives.

        Returns:
            Shape (examples, 4, size / 8, size / 8), in fp32, on the device of the pictures.
        """
        targets = batch.pictures["target"]
        keys = zip((one.pair_id for one in batch.examples), batch.mirrored, strict=True)
        found = torch.stack([self._distribution(key, targets[place]) for place, key in enumerate(keys)])
        mean, deviation = found.to(targets.device, torch.float32).unbind(1)
        drawn = torch.randn(mean.shape, generator=noise).to(targets.device)
        scaling: float = self._parts.vae.config.scaling_factor
        return (mean + deviation * drawn) * scaling

    def _text(self, text: str) -> torch.Tensor:
        if text in self._texts:
            return self._texts[text]
        with torch.no_grad():
            encoded = self._parts.text([text])[0].to(self._parts.text_encoder.dtype).cpu()
        if len(self._texts) < _MOST_TEXTS:
            self._texts[text] = encoded
        return encoded

    def _distribution(self, key: tuple[str, bool], target: torch.Tensor) -> torch.Tensor:
        """The mean and the standard deviation of the latents of a picture."""
        if key in self._latents:
            return self._latents[key]
        vae = self._parts.vae
        with torch.no_grad():
            found = vae.encode(target[None].to(vae.device, vae.dtype)).latent_dist
            both = torch.stack([found.mean[0], found.std[0]]).to(vae.dtype).cpu()
        if len(self._latents) < _MOST_LATENTS:
            self._latents[key] = both
        return both
