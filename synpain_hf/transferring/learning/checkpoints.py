"""What a training needs to go on at the very step where it was: tensors alone, in safetensors.

FOLDER/step-0000500/state.safetensors    weights, their moving average, and what AdamW keeps
FOLDER/step-0000500/state.json           the step, the scale of losses, and the digest of the other file

Everything random is drawn anew from the seed and the number of the step, so no state of a generator is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from accelerate import Accelerator
from diffusers.training_utils import EMAModel
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from synpain_hf.storage import move, remove_tree, sha256_of
from synpain_hf.text.documents import parsed_json

_TENSORS, _ABOUT = "state.safetensors", "state.json"
_KEPT: Final = 2


@dataclass(frozen=True)
class State:
    """All that changes in a training.

    Attributes:
        accelerator: Where the network computes.
        network: What is trained.
        average: The moving average of its weights.
        optimizer: AdamW.
    """

    accelerator: Accelerator
    network: torch.nn.Module
    average: EMAModel
    optimizer: torch.optim.Optimizer

    def tensors(self) -> dict[str, torch.Tensor]:
        """It as tensors, by name."""
        found = {f"network.{name}": one for name, one in self.network.state_dict().items()}
        found |= {f"average.{number}": one for number, one in enumerate(self.average.shadow_params)}
        for number, kept in self.optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{number}.{name}": one for name, one in kept.items()}
        return {name: one.detach().cpu().contiguous() for name, one in found.items()}

    def load(self, tensors: Mapping[str, torch.Tensor], about: Mapping[str, Any]) -> None:
        """Put back what `tensors` and `about` gave."""
        by_kind: dict[str, dict[str, torch.Tensor]] = {"network": {}, "average": {}, "optimizer": {}}
        for name, one in tensors.items():
            kind, _, rest = name.partition(".")
            by_kind[kind][rest] = one
        self.network.load_state_dict(by_kind["network"])
        shadows = by_kind["average"]
        for number, shadow in enumerate(self.average.shadow_params):
            shadow.copy_(shadows[str(number)])
        self.average.optimization_step = about["step"]
        kept: dict[int, dict[str, torch.Tensor]] = {}
        for name, one in by_kind["optimizer"].items():
            place, _, what = name.partition(".")
            kept.setdefault(int(place), {})[what] = one
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": kept, "param_groups": groups})
        if self.accelerator.scaler is not None and about["scale"]:
            self.accelerator.scaler.load_state_dict(about["scale"])

    def about(self, step: int) -> dict[str, Any]:
        """What else has to be known of it after a step."""
        scaler = self.accelerator.scaler
        return {"step": step, "scale": None if scaler is None else scaler.state_dict()}


def save(folder: Path, step: int, state: State) -> None:
    """Write a checkpoint, whole or not at all, and remove all but the last few.

    Raises:
        OSError: If it cannot be written.
    """
    folder.mkdir(exist_ok=True)
    place, partial = folder / f"step-{step:07}", folder / "partial"
    for old in (partial, place):
        if old.exists():
            remove_tree(old)
    partial.mkdir()
    save_file(state.tensors(), partial / _TENSORS)
    about = {**state.about(step), "sha256": sha256_of(partial / _TENSORS)}
    (partial / _ABOUT).write_text(json.dumps(about), encoding="utf-8")
    move(partial, place)
    for old in sorted(_all(folder))[:-_KEPT]:
        remove_tree(old)


def load_last(folder: Path, state: State) -> int:
    """Put the last whole checkpoint back.

    Returns:
        The steps that are done; 0 where there is none.
    """
    for place in sorted(_all(folder), reverse=True):
        with suppress(OSError, ValueError, LookupError, TypeError, SafetensorError):
            about = parsed_json((place / _ABOUT).read_text(encoding="utf-8"))
            if sha256_of(place / _TENSORS) == about["sha256"]:
                state.load(load_file(place / _TENSORS), about)
                return int(about["step"])
    return 0


def _all(folder: Path) -> Iterator[Path]:
    return folder.glob("step-*") if folder.is_dir() else iter(())
