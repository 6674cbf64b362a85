"""What an IP-Adapter is given of a face: the embedding of its picture by CLIP, and of none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from safetensors.torch import load_file
from transformers import CLIPImageProcessorPil, CLIPVisionModelWithProjection

from synpain_hf.generation.transfer.methods.learned.adapter import ENCODER, Adapter
from synpain_hf.generation.transfer.methods.learned.parts import network_of, prepares_for_clip, unloadable
from synpain_hf.imaging.png import Pixels


@dataclass(frozen=True)
class Identity:
    """An IP-Adapter with its encoder.

    Attributes:
        name: What its file is called.
        weights: Its tensors, by `image_proj` and `ip_adapter`, then by name.
        sees_patches: As in `Adapter`.
        encoder: Embeds pictures.
        prepares: Prepares pictures for it.
    """

    name: str
    weights: Mapping[str, Mapping[str, torch.Tensor]]
    sees_patches: bool
    encoder: CLIPVisionModelWithProjection
    prepares: CLIPImageProcessorPil

    @classmethod
    def of(cls, adapter: Adapter, device: torch.device, precision: torch.dtype) -> Identity:
        """Open an IP-Adapter.

        Raises:
            UsageError: If its files are damaged.
        """
        name = adapter.file.name
        weights: dict[str, dict[str, torch.Tensor]] = {"image_proj": {}, "ip_adapter": {}}
        with unloadable(name, "file", "adapter"):
            for tensor, values in load_file(adapter.file).items():
                part, _, rest = tensor.partition(".")
                weights[part][rest] = values
        with unloadable(name, ENCODER, "adapter"):
            encoder = network_of(CLIPVisionModelWithProjection, adapter.encoder, dtype=precision)
        prepares = prepares_for_clip(encoder.config.image_size)
        return cls(name, weights, adapter.sees_patches, encoder.eval().to(device), prepares)

    def seen(self, face: Pixels) -> torch.Tensor:
        """What the adapter is given of a face, after what it is given of none.

        Args:
            face: Shape (size, size, 3).

        Returns:
            Shape (2, 1, width), or with patches (2, 1, patches, width).
        """
        pixels = self.prepares(images=face, return_tensors="pt").pixel_values
        given = torch.cat([torch.zeros_like(pixels), pixels]).to(self.encoder.device, self.encoder.dtype)
        found = self.encoder(given, output_hidden_states=self.sees_patches)
        if self.sees_patches:
            return torch.as_tensor(found.hidden_states[-2])[:, None]
        embedded: torch.Tensor = found.image_embeds
        return torch.stack([torch.zeros_like(embedded[1]), embedded[1]])[:, None]
