"""What each method that learns is trained with, where nothing else is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Usual:
    """What a method is trained with, where nothing else is asked for.

    Attributes:
        size: Side of the square that is drawn, in pixels.
        smallest: The least that can be asked for.
        largest: The most.
        steps: Steps of training.
        batch: Pairs of a step.
        learning_rate: Of AdamW, at its highest.
        denoising: Steps of denoising, where pictures are drawn.
        needs_base: Whether it steers another model.
    """

    size: int
    smallest: int
    largest: int
    steps: int
    batch: int
    learning_rate: float
    denoising: int
    needs_base: bool = False


USUAL: Final[Mapping[str, Usual]] = {
    "unet": Usual(size=64, smallest=32, largest=256, steps=2000, batch=8, learning_rate=2e-3, denoising=1),
    "controlnet": Usual(
        size=512, smallest=64, largest=1024, steps=15_000, batch=4, learning_rate=1e-5, denoising=30, needs_base=True
    ),
}
"""Every method that can be trained, by its name; the first is the default."""
