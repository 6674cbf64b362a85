"""The weights of a network that was trained here, read from a folder that anybody may have made."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.generation.transfer.methods.learned.folder import ABOUT, WEIGHTS, TransferModel


def load_weights(network: torch.nn.Module, model: TransferModel) -> None:
    """Give a network the weights of a folder.

    Args:
        network: A network without memory for its weights, on the device `meta`, in the numbers that it is to have.
        model: The folder.

    Raises:
        BadInputError: If the weights do not fit.
    """
    try:
        network.load_state_dict(_loaded(model.file(WEIGHTS), network.state_dict()), assign=True)
    except (SafetensorError, ValueError, OSError) as error:
        reason = f"does not fit the network that {ABOUT} describes ({error}); train again"
        raise BadInputError([Problem(f"{model.folder.name}/{WEIGHTS}", reason)]) from error


def _loaded(path: Path, wanted: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors of a file; nothing is read before their names and shapes are right.

    Raises:
        ValueError: If they are not.
        SafetensorError: If it is no such file.
    """
    with safe_open(path, "pt") as file:
        found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - no mapping
        if found != {name: tuple(tensor.shape) for name, tensor in wanted.items()}:
            raise ValueError("its tensors have other names or shapes")
        tensors = {name: file.get_tensor(name).to(wanted[name].dtype) for name in found}
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise ValueError("it has numbers that are not finite")
    return tensors
