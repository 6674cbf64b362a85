"""What methods have in common that draw by what `train-transfer` has left."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from synpain_hf.errors import PictureError
from synpain_hf.generation.transfer.methods.learned.folder import TransferModel
from synpain_hf.generation.transfer.methods.method import LACKS_MEMORY, Choices, Method, Request
from synpain_hf.imaging.png import Pixels


class TrainedMethod(Method):
    """A method with trained weights, which are checked at once and loaded with the first picture."""

    source_type: ClassVar[str] = "compositeWithTrainedAlgorithmicMedia"
    in_parallel: ClassVar[bool] = False
    needs_weights: ClassVar[bool] = True

    def __init__(self, choices: Choices = Choices()) -> None:  # noqa: B008 - it is frozen
        super().__init__(choices)
        self._model = TransferModel.open(choices.weights, self.name, self.version)
        self.weights = self._model.title
        self.learned = self._model.identities()
        self.learned_from = self._model.learned_from
        from synpain_hf.generation.transfer.methods.learned.device import Device

        self._device = Device.chosen(choices.device, choices.precision)

    def draw(self, request: Request) -> Pixels:
        """Draw the identity with the driver's expression.

        Raises:
            PictureError: If landmarks are not finite, or span no face, or the picture is refused.
            UsageError: If the networks do not fit each other, or the device lacks memory for them.
            BadInputError: If the weights do not fit.
            MissingExtraError: If a library cannot be loaded.
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

    @abstractmethod
    def _all_drawn(self, requests: Sequence[Request]) -> list[Pixels | PictureError]:
        """Draw several pictures, once the networks are loaded."""
