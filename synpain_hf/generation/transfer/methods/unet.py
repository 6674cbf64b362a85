"""`unet`: the face bent by its landmarks, refined by a small network that `train-transfer` has trained.

The network draws in a small square what the bent face lacks there: folds, what is seen where a mouth opens or lids
close. What it draws is enlarged and added to the bent face, whose fine lines stay. Of the driver, landmarks alone are
used. torch and diffusers are imported with the first picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from synpain_hf.errors import PictureError
from synpain_hf.generation.transfer.methods.method import Choices, Request
from synpain_hf.generation.transfer.methods.trained import TrainedMethod
from synpain_hf.imaging.png import Pixels

if TYPE_CHECKING:
    from synpain_hf.generation.transfer.methods.learned.unet import Refiner


class UNet(TrainedMethod):
    """Refines the bent face by a small diffusion model."""

    name: ClassVar[str] = "unet"
    version: ClassVar[int] = 1
    libraries: ClassVar[Sequence[str]] = ("diffusers", "numpy", "scipy", "torch")
    batch: ClassVar[int] = 16

    def __init__(self, choices: Choices = Choices()) -> None:  # noqa: B008 - it is frozen
        super().__init__(choices)
        self._refiner: Refiner | None = None
        steps = choices.steps or self._model.about["steps"]
        self.settings = {"steps": steps, "device": self._device.name, "precision": self._device.precision}

    def _all_drawn(self, requests: Sequence[Request]) -> list[Pixels | PictureError]:
        if self._refiner is None:
            from synpain_hf.generation.transfer.methods.learned.unet import Refiner

            self._refiner = Refiner.of(self._model, self._device, int(self.settings["steps"]))
        return self._refiner.drawn(requests, self.choices.seed)
