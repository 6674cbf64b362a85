"""How fast a ControlNet learns and draws, on Stable Diffusion 1.5, and in how much memory.

    python -m tests.benchmarks.steering [--base NAME] [--size N] [--batch N] [--steps N] [--pictures N] [--denoising N]
                                        [--tiny] [--markdown PATH]

Without `--base` Stable Diffusion has its shapes and random weights, which need no network and take as long. Steps are
those of `train-transfer`, in bf16 on a GPU, with and without gradient checkpointing, each after three that do not
count; latents are in memory, as they are from the second epoch on. Pictures are drawn as `transfer` draws them.
`--tiny` takes the smallest network there is, to see whether all works.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import ControlNetModel

from synpain_hf.generation.transfer.methods.controlnet import GUIDANCE, STRENGTH
from synpain_hf.generation.transfer.methods.learned.base import find_base
from synpain_hf.generation.transfer.methods.learned.device import Device
from synpain_hf.generation.transfer.methods.learned.noise import noise_of
from synpain_hf.generation.transfer.methods.learned.parts import Parts
from synpain_hf.generation.transfer.methods.learned.steering import Asked, Sampling, Steered
from synpain_hf.text.markdown import table
from synpain_hf.transferring.learning.couples import Example
from synpain_hf.transferring.learning.recipes import recipe_for
from synpain_hf.transferring.learning.recipes.recipe import Batch
from synpain_hf.transferring.learning.request import Training
from tests.benchmarks.measuring import machine
from tests.transfer.learning.stable_diffusion import SCHEDULER, TEXT_ENCODER, UNET, VAE
from tests.transfer.learning.tiny_base import make_base, write_base

WARM_STEPS = 3
TEXT = "portrait of an old woman in pain, deep frown, eyes closed"

Measured = tuple[str, float, float | None]
"""What was done, how many in a second, and in how many GiB of a GPU."""


def learning(options: argparse.Namespace, device: Device, checkpointing: bool) -> Measured:
    """Steps of training."""
    recipe: Any = recipe_for(
        Training.asked(
            "controlnet", base=options.base, size=options.size, batch=options.batch, accumulate=1, steps=options.steps,
            learning_rate=None, denoising=options.denoising, seed=0, test_fold=0, checkpoint_every=1, validate_every=1,
            device=device.name, precision=device.precision, gradient_checkpointing=checkpointing,
        )
    )  # fmt: skip
    where = torch.device(device.name)
    recipe.to(where, device.dtype)
    recipe.network.to(where)
    optimizer = torch.optim.AdamW(recipe.network.parameters(), lr=1e-5)
    drawn = torch.Generator().manual_seed(0)
    shape = (options.batch, 3, options.size, options.size)
    pictures = {name: (2 * torch.rand(shape, generator=drawn) - 1).to(where) for name in ("control", "target")}
    examples = [Example(str(number), "pain", {"AU4": 4.0}, {"gender": "woman"}) for number in range(options.batch)]
    batch = Batch(pictures, examples, [False] * options.batch)
    began = 0.0
    for step in range(WARM_STEPS + options.steps):
        if step == WARM_STEPS:
            began = _now(where)
        with torch.autocast(where.type, device.dtype, enabled=device.precision != "fp32"):
            loss = recipe.loss(batch, drawn)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    speed = options.batch * options.steps / (_now(where) - began)
    how = "with" if checkpointing else "without"
    return f"training, {options.batch} pairs a step, {how} gradient checkpointing", speed, _memory(where)


def drawing(options: argparse.Namespace, device: Device) -> Measured:
    """Pictures that are drawn."""
    where = torch.device(device.name)
    parts = Parts.of(find_base(options.base), where, device.dtype)
    controlnet: Any = ControlNetModel.from_unet(parts.unet)
    steered = Steered(parts, controlnet.eval().to(where, device.dtype))
    grey = np.full((options.size, options.size, 3), 128, np.uint8)
    how = Sampling(options.denoising, STRENGTH, GUIDANCE)
    asked = [Asked(grey, grey, grey, TEXT, noise_of(0, str(number))) for number in range(options.pictures)]
    steered.drawn(asked[:1], how)
    began = _now(where)
    steered.drawn([Asked(grey, grey, grey, TEXT, noise_of(1, str(number))) for number in range(len(asked))], how)
    speed = len(asked) / (_now(where) - began)
    return f"drawing, {options.denoising} steps of which {STRENGTH:.0%} are made", speed, _memory(where)


def measured(options: argparse.Namespace, device: Device) -> Iterator[Measured]:
    """All that is measured."""
    for checkpointing in (False, True):
        yield learning(options, device, checkpointing)
    yield drawing(options, device)


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def _memory(device: torch.device) -> float | None:
    """The most GiB of a GPU that tensors took since the last call."""
    if device.type != "cuda":
        return None
    most = torch.cuda.max_memory_allocated(device) / 2**30
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats(device)
    return most


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the findings, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", help="a Stable Diffusion: a folder, or NAMESPACE/NAME (random weights)")
    parser.add_argument("--size", type=int, default=512, help="side of the pictures (512)")
    parser.add_argument("--batch", type=int, default=4, help="pairs of a step (4)")
    parser.add_argument("--steps", type=int, default=20, help="steps that are timed (20)")
    parser.add_argument("--pictures", type=int, default=32, help="pictures that are drawn (32)")
    parser.add_argument("--denoising", type=int, default=30, help="steps of denoising (30)")
    parser.add_argument("--tiny", action="store_true", help="take the smallest network")
    parser.add_argument("--markdown", type=Path, help="a file to write the findings to")
    options = parser.parse_args(arguments)
    device = Device.chosen("auto", "auto")
    with tempfile.TemporaryDirectory() as work:
        if options.base is None:
            options.base = f"{work}/base"
            if options.tiny:
                make_base(Path(options.base))
            else:
                write_base(Path(options.base), UNET, VAE, TEXT_ENCODER, SCHEDULER)
        rows = [
            (what, f"{speed:.2f}", "–" if memory is None else f"{memory:.1f}")
            for what, speed, memory in measured(options, device)
        ]
    where = torch.cuda.get_device_name() if device.name.startswith("cuda") else device.name
    text = "\n\n".join(
        [
            f"On {where} in {device.precision}, pictures of {options.size} x {options.size}; {machine()}.",
            table(("", "pictures a second", "GiB, at most"), rows, 1),
        ]
    )
    sys.stdout.write(f"{text}\n")
    if options.markdown:
        options.markdown.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
