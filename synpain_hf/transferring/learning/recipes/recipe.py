"""What a recipe of `train-transfer` is: what it trains, by which loss, and what it leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import torch

from synpain_hf.transferring.learning.couples import Example


@dataclass(frozen=True)
class Batch:
    """Some examples, on the device.

    Attributes:
        pictures: `neutral`, `bent`, `control` and `target`, each of shape (examples, 3, size, size), -1 to 1; and
            `mask`, shape (examples, 1, size, size), 0 to 1.
        examples: What else is known of each.
        mirrored: Whether each is seen in a mirror.
    """

    pictures: Mapping[str, torch.Tensor]
    examples: Sequence[Example]
    mirrored: Sequence[bool]

    def __len__(self) -> int:
        return len(self.examples)


class Recipe(Protocol):
    """A way to train a method.

    Attributes:
        name: The method's.
        network: What is trained; everything else that it needs is frozen.
        base: What it steers: its id on the Hub, or what its folder is called; None for nothing.
    """

    name: ClassVar[str]
    base: str | None
    network: torch.nn.Module

    def to(self, device: torch.device, dtype: torch.dtype) -> None:
        """Bring what is frozen to a device.

        Args:
            device: The device.
            dtype: The numbers that mixed precision computes with.
        """

    def loss(self, batch: Batch, noise: torch.Generator) -> torch.Tensor:
        """The loss of a step, a scalar, through `network`.

        Args:
            batch: The examples.
            noise: Draws all that is random, on the CPU.
        """

    def sample(self, batch: Batch, noise: torch.Generator) -> torch.Tensor:
        """What is drawn for some examples now, shape (examples, 3, size, size), -1 to 1."""

    def save(self, folder: Path) -> None:
        """Write the network as safetensors, as diffusers' `save_pretrained` does."""

    def described(self) -> dict[str, Any]:
        """What `transfer_model.json` says of the network, under `network`, for a method to make it again."""
