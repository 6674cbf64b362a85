"""What is saved and narrowed of a model whose backbone is frozen but for low-rank updates."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from synpain_hf.errors import UsageError
from synpain_hf.modeling import PairwisePainForImageClassification

ADAPTERS = "adapters.safetensors"
"""The low-rank updates, the fusion and the head, in a checkpoint; frozen weights are those that training began with.

Not called as the weights of a model: `from_pretrained` would take a checkpoint for a whole one.
"""

_FROZEN, _UPDATE = "backbone.", "lora_"


def save_adapters(model: PairwisePainForImageClassification, folder: Path) -> None:
    """Write all weights but the frozen ones, and the configuration."""
    folder.mkdir(parents=True, exist_ok=True)
    model.config.save_pretrained(folder)
    save_file({name: weight.contiguous() for name, weight in _adapters(model).items()}, folder / ADAPTERS)


def load_adapters(model: PairwisePainForImageClassification, folder: str | Path | None) -> bool:
    """Load what `save_adapters` wrote into a model with the frozen weights that it was trained with.

    Args:
        model: The model; changed in place.
        folder: A checkpoint.

    Returns:
        Whether it holds such weights; else nothing happened.

    Raises:
        UsageError: If they are those of another model.
    """
    file = Path(folder or "") / ADAPTERS
    if model.config.lora is None or not file.is_file():
        return False
    found = load_file(file)
    wanted = {name: weight.shape for name, weight in _adapters(model).items()}
    if {name: weight.shape for name, weight in found.items()} != wanted:
        raise UsageError(f"{file} holds the weights of another model; remove the checkpoint, and train again")
    model.load_state_dict(found, strict=False)
    return True


def narrow_frozen(model: PairwisePainForImageClassification) -> None:
    """Keep frozen weights in bfloat16, in which they are computed anyway: half the memory, and no copy in each step."""
    for weight in model.parameters():
        if not weight.requires_grad:
            weight.data = weight.data.to(torch.bfloat16)


def _adapters(model: PairwisePainForImageClassification) -> dict[str, Tensor]:
    weights = model.state_dict().items()
    return {name: weight for name, weight in weights if _UPDATE in name or not name.startswith(_FROZEN)}
