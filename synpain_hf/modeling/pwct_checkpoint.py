"""Published PwCT state dicts: checked when they are read, and written again as they were."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.modeling.configuration_pairwise import PUBLISHED_OUTPUTS
from synpain_hf.modeling.pwct import PwCT

PUBLISHED_NAMES = {
    "input_bn": "unused_input_norm",
    "layer1.0": "shared.convolution",
    "layer1.1": "shared.norm",
    "layer2.0": "middle.convolution",
    "layer2.1": "middle.norm",
    "layer3.0": "deep.convolution",
    "layer3.1": "deep.norm",
    "fc1": "hidden",
    "fc2": "output",
}
"""The layers of `PwCT` by their names in published state dicts."""

_OUTPUTS = "fc2.bias"
_PARALLEL = "module."
"""What `torch.nn.DataParallel` puts before each name."""


def read_published(checkpoint: str | Path | Mapping[str, Any]) -> dict[str, Tensor]:
    """Read a published state dict.

    Args:
        checkpoint: A file that `torch.save` wrote, or its content. Nothing but tensors is unpickled.

    Returns:
        The state dict of a `PwCT` with as many outputs.

    Raises:
        BadInputError: If there is no such file, or it does not hold a published state dict; lists tensors that are
            missing, unknown, of another shape or not finite, and outputs that are neither 7 nor 40.
    """
    if isinstance(checkpoint, Mapping):
        name, content = "state dict", dict(checkpoint)
    else:
        name, content = str(checkpoint), _load(Path(checkpoint))
    state = {str(key).removeprefix(_PARALLEL): value for key, value in content.items()}
    problems = [Problem(name, reason) for reason in _faults(state)]
    if problems:
        raise BadInputError(problems)
    return {_renamed(key, PUBLISHED_NAMES): value for key, value in state.items()}


def write_published(network: PwCT) -> dict[str, Tensor]:
    """The state dict of a network under the published names, for `torch.save`."""
    names = {ours: published for published, ours in PUBLISHED_NAMES.items()}
    return {_renamed(key, names): value for key, value in network.state_dict().items()}


def _load(path: Path) -> dict[Any, Any]:
    if not path.is_file():
        raise BadInputError([Problem(str(path), "is not a file; give the path of a downloaded PwCT state dict")])
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        reason = f"holds something other than tensors, or is damaged ({cause}); fetch it again from its publisher"
        raise BadInputError([Problem(str(path), reason)]) from error
    if not isinstance(content, Mapping):
        reason = f"holds a {type(content).__name__}, not a state dict; save `model.state_dict()`"
        raise BadInputError([Problem(str(path), reason)])
    return dict(content)


def _faults(state: Mapping[str, Any]) -> Iterator[str]:
    bias = state.get(_OUTPUTS)
    outputs = len(bias) if isinstance(bias, Tensor) and bias.dim() == 1 else None
    if outputs not in PUBLISHED_OUTPUTS:
        known = " or ".join(map(str, PUBLISHED_OUTPUTS))
        found = "is not there" if bias is None else f"has {outputs if outputs is not None else 'no'} outputs"
        yield f"{_OUTPUTS} {found}; a published PwCT has {known}"
        return
    with torch.device("meta"):
        expected = write_published(PwCT(outputs))
    for key in sorted(expected.keys() - state.keys()):
        yield f"{key} is missing; take the whole state dict"
    for key in sorted(state.keys() - expected.keys()):
        yield f"{key} belongs to no layer of PwCT; is this another network?"
    for key in sorted(expected.keys() & state.keys()):
        tensor, shape = state[key], tuple(expected[key].shape)
        if not isinstance(tensor, Tensor):
            yield f"{key} is a {type(tensor).__name__}, not a tensor; take the state dict as it was published"
        elif tuple(tensor.shape) != shape:
            yield f"{key} has shape {tuple(tensor.shape)}, PwCT has {shape}; is this another network?"
        elif not torch.isfinite(tensor).all():
            yield f"{key} holds values that are not finite; fetch it again"


def _renamed(key: str, names: Mapping[str, str]) -> str:
    layer, _, parameter = key.rpartition(".")
    return f"{names[layer]}.{parameter}"
