"""`controlnet`: the bent face redrawn by Stable Diffusion, which a ControlNet steers by the landmarks that are to be.

The ControlNet is what `train-transfer` has trained; the model that it steers is any Stable Diffusion 1 or 2 of the
layout that it was trained with. What `warp` draws is the start, of which a share is redrawn: identity and light stay in
the rest. torch and diffusers are imported with the first picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from synpain_hf.errors import PictureError, UsageError
from synpain_hf.generation.transfer.methods.learned.adapter import find_adapter
from synpain_hf.generation.transfer.methods.learned.base import Base, check_fit, find_base
from synpain_hf.generation.transfer.methods.learned.texts import text_of
from synpain_hf.generation.transfer.methods.method import Choices, Request
from synpain_hf.generation.transfer.methods.trained import TrainedMethod
from synpain_hf.hubclient.names import REPO_ID
from synpain_hf.imaging.png import Pixels

if TYPE_CHECKING:
    from synpain_hf.generation.transfer.methods.learned.controlnet import Drawer

STRENGTH: Final = 0.6
"""How much of the bent face is redrawn by default."""

GUIDANCE: Final = 5.0
"""How much more the text counts than none."""


class ControlNet(TrainedMethod):
    """Redraws the bent face by Stable Diffusion, steered by landmarks and a text."""

    name: ClassVar[str] = "controlnet"
    version: ClassVar[int] = 1
    libraries: ClassVar[Sequence[str]] = ("diffusers", "numpy", "scipy", "torch", "transformers")
    batch: ClassVar[int] = 8
    steers_base: ClassVar[bool] = True

    def __init__(self, choices: Choices = Choices()) -> None:  # noqa: B008 - it is frozen
        super().__init__(choices)
        self._steps, self._strength = choices.steps or self._model.about["steps"], choices.strength or STRENGTH
        if int(self._steps * self._strength) < 1:
            raise UsageError(f"is {self._steps}, of which strength {self._strength:g} leaves none; give more", "steps")
        self._base = self._found()
        self._adapter = find_adapter(choices.adapter, self._base) if choices.adapter else None
        self._drawer: Drawer | None = None
        beside = [f"IP-Adapter {self._adapter.title}"] if self._adapter else []
        self.weights = "; ".join([self._model.title, f"base {self._base.title}", *beside])
        self.settings = {
            "steps": self._steps,
            "strength": f"{self._strength:g}",
            "guidance": f"{GUIDANCE:g}",
            "safety_checker": "off" if choices.no_safety_checker else "on",
            "device": self._device.name,
            "precision": self._device.precision,
        }

    def prompt(self, units: Mapping[str, float], groups: Mapping[str, str | None], label: str) -> str:
        """The text that Stable Diffusion is given for a picture."""
        return text_of(groups, units, label)

    def _all_drawn(self, requests: Sequence[Request]) -> list[Pixels | PictureError]:
        if self._drawer is None:
            from synpain_hf.generation.transfer.methods.learned.controlnet import Drawer, steered_by
            from synpain_hf.generation.transfer.methods.learned.steering import Sampling

            checked = not self.choices.no_safety_checker
            steered = steered_by(self._model, self._base, self._device, adapter=self._adapter, checked=checked)
            how = Sampling(self._steps, self._strength, GUIDANCE)
            self._drawer = Drawer(steered, self._model.about["size"], how)
        return self._drawer.drawn(requests, self.choices.seed)

    def _found(self) -> Base:
        """The base that is steered."""
        named = self._model.about["base"] or ""
        if not (self.choices.base or REPO_ID.fullmatch(named)):
            raise UsageError(f"is missing: the ControlNet was trained with a folder called {named!r}; give it", "base")
        base = find_base(self.choices.base or named)
        check_fit(base, self._model.about["network"], self._model.about["size"])
        if not (base.has_checker or self.choices.no_safety_checker):
            raise UsageError(
                f"is missing, and {base.name} has no safety checker; give it, and look at all pictures yourself",
                "no_safety_checker",
            )
        return base
