"""A training computes where and with what it is asked to, whatever else ran in its process."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from accelerate.state import PartialState

from synpain_hf.transferring.learning.loop import _accelerator
from synpain_hf.transferring.learning.request import Training
from tests.transfer.learning.small import SMALL

pytestmark = pytest.mark.slow


def training(**changed: Any) -> Training:
    usual = {"base": "", "accumulate": 1, "learning_rate": None, "seed": 0, "test_fold": 0, "precision": "auto"}
    return Training.asked("unet", **{**usual, **SMALL, **changed})


def test_an_earlier_training_decides_neither_device_nor_precision() -> None:
    PartialState().device = torch.device("meta")  # stands for a device that this machine may lack
    assert _accelerator(training(precision="bf16")).mixed_precision == "bf16"
    accelerator = _accelerator(training())
    assert accelerator.device.type == "cpu"
    assert accelerator.mixed_precision == "no"
