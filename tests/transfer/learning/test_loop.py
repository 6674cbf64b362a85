"""A training computes where and with what it is asked to, whatever else ran in its process."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from accelerate.state import PartialState

from synpain_hf.errors import UsageError
from synpain_hf.transferring.learning.loop import accelerator_for
from synpain_hf.transferring.learning.request import Training
from synpain_hf.transferring.learning.running import enough_memory
from tests.transfer.learning.small import SMALL

pytestmark = pytest.mark.slow


def training(**changed: Any) -> Training:
    usual = {"base": "", "accumulate": 1, "learning_rate": None, "seed": 0, "test_fold": 0, "precision": "auto"}
    return Training.asked(**{"method": "unet", **usual, **SMALL, **changed})


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"batch": 4}, "batch is 4, too large .*; give less, with accumulate for as large a step, or device cpu$"),
        ({"batch": 1}, "batch is 1, too large for the memory of the device; give device cpu$"),
        (
            {"method": "controlnet", "base": "x", "size": 64, "batch": 1},
            "give gradient_checkpointing, or device cpu$",
        ),
    ],
)
def test_a_device_that_lacks_memory_is_told_with_what_takes_less(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told), enough_memory(training(**changed)):
        raise torch.OutOfMemoryError("CUDA out of memory")


def test_an_earlier_training_decides_neither_device_nor_precision() -> None:
    PartialState().device = torch.device("meta")  # stands for a device that this machine may lack
    assert accelerator_for(training(precision="bf16")).mixed_precision == "bf16"
    accelerator = accelerator_for(training())
    assert accelerator.device.type == "cpu"
    assert accelerator.mixed_precision == "no"
