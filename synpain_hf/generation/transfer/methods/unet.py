"""`unet`: the face bent by its landmarks, refined by a small network that `train-transfer` has trained.

The network draws in a small square what the bent face lacks there: folds, what is seen where a mouth opens or lids
close. What it draws is enlarged and added to the bent face, whose fine lines stay. Of the driver, landmarks alone are
used. torch and diffusers are imported with the first picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from synpain_hf.errors import PictureError
from synpain_hf.generation.transfer.methods.learned.folder import TransferModel
from synpain_hf.generation.transfer.methods.method import LACKS_MEMORY, Choices, Method, Request
from synpain_hf.imaging.png import Pixels

if TYPE_CHECKING:
    from synpain_hf.generation.transfer.methods.learned.unet import Refiner


class UNet(Method):
    """Refines the bent face by a small diffusion model."""

    name: ClassVar[str] = "unet"
    version: ClassVar[int] = 1
    libraries: ClassVar[Sequence[str]] = ("diffusers", "numpy", "scipy", "torch")
    source_type: ClassVar[str] = "compositeWithTrainedAlgorithmicMedia"
    in_parallel: ClassVar[bool] = False
    batch: ClassVar[int] = 16
    needs_weights: ClassVar[bool] = True

    def __init__(self, choices: Choices = Choices()) -> None:  # noqa: B008 - it is frozen
        super().__init__(choices)
        self._model = TransferModel.open(choices.weights, self.name, self.version)
        self.weights = self._model.title
        self.learned = self._model.identities()
        self.learned_from = self._model.learned_from
        self._refiner: Refiner | None = None
        from synpain_hf.generation.transfer.methods.learned.device import Device

        self._device = Device.chosen(choices.device, choices.precision)
        steps = choices.steps or self._model.about["steps"]
        self.settings = {"steps": steps, "device": self._device.name, "precision": self._device.precision}

    def draw(self, request: Request) -> Pixels:
        """Draw the identity with the driver's expression.

        Raises:
            PictureError: If landmarks are not finite, or span no face.
            UsageError: If the device lacks memory for it.
            BadInputError: If the weights do not fit.
            MissingExtraError: If torch or diffusers cannot be loaded.
        """
        (drawn,) = self.draw_all([request])
        if isinstance(drawn, PictureError):
            raise drawn
        return drawn

    def draw_all(self, requests: Sequence[Request]) -> list[Pixels | PictureError]:
        """Draw several pictures, as in `Method`."""
        from synpain_hf.generation.transfer.methods.learned.device import report_lack_of_memory

        with report_lack_of_memory(LACKS_MEMORY, "device"):
            return self._all_drawn(requests)

    def _all_drawn(self, requests: Sequence[Request]) -> list[Pixels | PictureError]:
        if self._refiner is None:
            from synpain_hf.generation.transfer.methods.learned.unet import Refiner

            self._refiner = Refiner.of(self._model, self._device, int(self.settings["steps"]))
        return self._refiner.drawn(requests, self.choices.seed)
