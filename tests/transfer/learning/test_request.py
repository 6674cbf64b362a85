"""What is asked of a training is checked before anything is read, and without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from synpain_hf.errors import UsageError
from synpain_hf.transferring.learning.request import Training
from synpain_hf.transferring.learning.usual import USUAL
from tests.terminal import run

ASKED: dict[str, Any] = {
    "base": "", "size": None, "steps": None, "batch": None, "accumulate": 1, "learning_rate": None, "denoising": None,
    "seed": 0, "test_fold": 0, "checkpoint_every": 500, "validate_every": 500, "device": "auto", "precision": "auto",
}  # fmt: skip


def test_what_is_not_asked_for_is_as_usual() -> None:
    training = Training.asked("unet", **{**ASKED, "steps": 7})
    assert (training.size, training.steps, training.batch) == (USUAL["unet"].size, 7, USUAL["unet"].batch)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"size": 70}, "size is 70; give a multiple of 8 from 32 to 256"),
        ({"size": 512}, "size is 512; give a multiple of 8 from 32 to 256"),
        ({"size": 0}, "size is 0; give a multiple of 8"),
        ({"steps": 0}, "steps is 0; give 1 to 10,000,000"),
        ({"batch": 0}, "batch is 0; give 1 to"),
        ({"accumulate": -1}, "accumulate is -1; give 1 to"),
        ({"denoising": 1001}, "denoising is 1001; give 1 to 1,000"),
        ({"seed": -1}, "seed is -1; give 0 to"),
        ({"test_fold": 5}, "test_fold is 5; give 0 to 4"),
        ({"checkpoint_every": 0}, "checkpoint_every is 0"),
        ({"validate_every": 0}, "validate_every is 0"),
        ({"learning_rate": 0.0}, "learning_rate is 0; give a number above 0, of at most 1"),
        ({"learning_rate": 2.0}, "learning_rate is 2; give a number above 0, of at most 1, such as 1e-3"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"device": "gpu"}, "device is 'gpu'; give auto, cpu, cuda"),
        ({"device": "cuda:1"}, "device is cuda:1; give cuda, and set CUDA_VISIBLE_DEVICES=1"),
        ({"precision": "f32"}, "precision is 'f32' (did you mean 'fp32'?); give one of auto, fp32, bf16, fp16"),
        ({"base": "some/model"}, "base is not for unet, which steers no other model; leave it out"),
    ],
)
def test_what_cannot_be_right_is_told(changed: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as error:
        Training.asked("unet", **{**ASKED, **changed})
    assert told in str(error.value)


def test_a_slip_in_the_method_is_told() -> None:
    with pytest.raises(UsageError, match=r"method is 'unett' \(did you mean 'unet'\?\)"):
        Training.asked("unett", **ASKED)


def test_options_are_named_as_they_are_typed(tmp_path: Path) -> None:
    done = run("train-transfer", tmp_path, "--out", tmp_path / "out", "--lr", "-1")
    assert done.exit_code == 2
    assert "--lr is -1; give a number above 0, of at most 1, such as 1e-3" in done.stderr


@pytest.mark.slow
def test_slips_come_before_torch_is_imported(tmp_path: Path) -> None:
    program = (
        "import sys; from synpain_hf.errors import UsageError\n"
        "from synpain_hf.transferring.learning.train_transfer import train_transfer\n"
        f"try: train_transfer({str(tmp_path)!r}, {str(tmp_path / 'out')!r}, steps=0)\n"
        "except UsageError: print(sorted({'torch', 'diffusers', 'accelerate'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
