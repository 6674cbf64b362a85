"""Published state dicts are read with every doubt cleared, and come out as they went in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from synpain_hf.errors import BadInputError
from synpain_hf.modeling import PairwisePainForImageClassification

SHAPES = {
    "input_bn": {"running_mean": (2,), "running_var": (2,), "num_batches_tracked": ()},
    "layer1.0": {"weight": (64, 1, 5, 5), "bias": (64,)},
    "layer1.1": {
        "weight": (64,), "bias": (64,), "running_mean": (64,), "running_var": (64,), "num_batches_tracked": (),
    },
    "layer2.0": {"weight": (128, 64, 5, 5), "bias": (128,)},
    "layer2.1": {
        "weight": (128,), "bias": (128,), "running_mean": (128,), "running_var": (128,), "num_batches_tracked": (),
    },
    "layer3.0": {"weight": (128, 128, 5, 5), "bias": (128,)},
    "layer3.1": {
        "weight": (128,), "bias": (128,), "running_mean": (128,), "running_var": (128,), "num_batches_tracked": (),
    },
    "fc1": {"weight": (200, 4608), "bias": (200,)},
}  # fmt: skip


def published(outputs: int) -> dict[str, Tensor]:
    """A state dict in the published layout, of noise."""
    layers = {**SHAPES, "fc2": {"weight": (outputs, 200), "bias": (outputs,)}}
    return {
        f"{layer}.{name}": torch.tensor(5) if name == "num_batches_tracked" else torch.rand(shape) / 10
        for layer, parameters in layers.items()
        for name, shape in parameters.items()
    }


@pytest.mark.parametrize("outputs", [7, 40])
def test_a_published_state_dict_round_trips(outputs: int, tmp_path: Path) -> None:
    state = published(outputs)
    torch.save(state, tmp_path / "pwct.pth")
    model = PairwisePainForImageClassification.from_pwct_checkpoint(tmp_path / "pwct.pth")
    again = model.pwct_state_dict()
    assert again.keys() == state.keys()
    assert all(torch.equal(again[name], value) for name, value in state.items())
    assert model.config.published_outputs == outputs
    assert not model.training


def test_it_gives_pspi_and_survives_being_saved_as_a_transformers_model(tmp_path: Path) -> None:
    model = PairwisePainForImageClassification.from_pwct_checkpoint(published(40), pspi_threshold=2)
    model.save_pretrained(tmp_path)
    again = PairwisePainForImageClassification.from_pretrained(tmp_path)
    target, reference = torch.rand(3, 1, 160, 160), torch.rand(3, 1, 160, 160)
    found = model(target, reference)
    assert found.pspi.shape == (3,)
    assert (found.pspi >= 0).all()
    assert torch.equal(again(target, reference).pspi, found.pspi)
    assert torch.equal(again(target, reference).logits[:, 1], found.pspi - 2)


def test_names_of_a_data_parallel_run_are_understood() -> None:
    state = {f"module.{name}": value for name, value in published(7).items()}
    model = PairwisePainForImageClassification.from_pwct_checkpoint(state)
    assert torch.equal(model.pwct.output.bias, state["module.fc2.bias"])


def spoilt(**changes: Any) -> dict[str, Any]:
    """A published state dict with other values; None to leave one out."""
    state = {**published(7), **{name.replace("__", "."): value for name, value in changes.items()}}
    return {name: value for name, value in state.items() if value is not None}


@pytest.mark.parametrize(
    ("state", "reasons"),
    [
        (lambda: published(12), ["fc2.bias has 12 outputs; a published PwCT has 7 or 40"]),
        (lambda: {"weight": torch.zeros(3)}, ["fc2.bias is not there; a published PwCT has 7 or 40"]),
        (lambda: spoilt(fc2__bias="seven"), ["fc2.bias has no outputs; a published PwCT has 7 or 40"]),
        (
            lambda: spoilt(fc1__weight=torch.zeros(400, 4608), input_bn__running_mean=None, fc9__bias=torch.zeros(1)),
            [
                "fc1.weight has shape (400, 4608), PwCT has (200, 4608); is this another network?",
                "fc9.bias belongs to no layer of PwCT; is this another network?",
                "input_bn.running_mean is missing; take the whole state dict",
            ],
        ),
        (lambda: spoilt(fc1__bias=[0.0] * 200), ["fc1.bias is a list, not a tensor; take the state dict as it was"]),
        (lambda: spoilt(fc1__bias=torch.full((200,), torch.nan)), ["fc1.bias holds values that are not finite"]),
    ],
)
def test_another_state_dict_is_refused_with_all_that_is_wrong(
    state: Callable[[], dict[str, Any]], reasons: list[str]
) -> None:
    with pytest.raises(BadInputError) as caught:
        PairwisePainForImageClassification.from_pwct_checkpoint(state())
    assert len(caught.value.problems) == len(reasons)
    for problem, reason in zip(caught.value.problems, reasons, strict=True):
        assert str(problem).startswith(f"state dict: {reason}")


class Payload:
    """What must never be unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("run",)


def test_a_file_with_code_is_refused_and_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"fc2.bias": Payload()}, tmp_path / "evil.pth")
    with pytest.raises(BadInputError, match=r"evil\.pth: holds something other than tensors, or is damaged"):
        PairwisePainForImageClassification.from_pwct_checkpoint(tmp_path / "evil.pth")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04cut short", b"<!DOCTYPE html>"])
def test_a_damaged_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "pwct.pth").write_bytes(content)
    with pytest.raises(BadInputError, match=r"pwct\.pth: .* or is damaged .*fetch it again from its publisher"):
        PairwisePainForImageClassification.from_pwct_checkpoint(str(tmp_path / "pwct.pth"))


def test_a_file_of_one_tensor_is_refused(tmp_path: Path) -> None:
    torch.save(torch.zeros(3), tmp_path / "tensor.pth")
    with pytest.raises(BadInputError, match=r"tensor\.pth: holds a Tensor, not a state dict; save `model.state_dict"):
        PairwisePainForImageClassification.from_pwct_checkpoint(tmp_path / "tensor.pth")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"none\.pth: is not a file; give the path of a downloaded PwCT state dict"):
        PairwisePainForImageClassification.from_pwct_checkpoint(tmp_path / "none.pth")
