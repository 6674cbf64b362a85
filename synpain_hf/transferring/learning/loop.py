"""The loop of `train-transfer`: steps, a moving average, checkpoints, and validation pictures on the way."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from diffusers.training_utils import EMAModel

from synpain_hf.errors import UsageError
from synpain_hf.generation.transfer.methods.learned.device import Device
from synpain_hf.progress import Progress
from synpain_hf.storage import write_atomically
from synpain_hf.text.documents import parsed_json
from synpain_hf.transferring.learning import checkpoints
from synpain_hf.transferring.learning.examples import Examples
from synpain_hf.transferring.learning.recipes.recipe import Recipe
from synpain_hf.transferring.learning.request import Training
from synpain_hf.transferring.learning.showing import errors_of, sheet

LOG: Final = "log.jsonl"
PICTURES: Final = "validation"

_STEEPEST: Final = 1.0
"""The longest gradient; a longer one is shortened."""

_WARMUP: Final = 0.05
"""Share of the steps in which the learning rate rises."""

_AVERAGED: Final = 0.999
_LOGGED: Final = 1000
"""Losses that are logged, about."""

_OF_BATCHES, _OF_NOISE, _OF_PICTURES = range(3)
"""What is drawn by the seed."""


@dataclass(frozen=True)
class Loop:
    """A training that runs.

    Attributes:
        training: What was asked for.
        recipe: What is trained, and how.
        examples: What is learned from.
        validation: Pairs of others, to look at.
        out: The folder to be, with the log and the pictures.
        kept: Where checkpoints are.
        progress: Called with the steps that are done.
    """

    training: Training
    recipe: Recipe
    examples: Examples
    validation: Examples
    out: Path
    kept: Path
    progress: Progress

    def run(self) -> None:
        """Train to the end, from the last checkpoint on; the network has the averaged weights then.

        Raises:
            UsageError: If this machine lacks the device, or there are several processes.
            OSError: If something cannot be written.
        """
        training = self.training
        accelerator = accelerator_for(training)
        self.recipe.to(accelerator.device, _FROZEN[accelerator.mixed_precision])
        bare = self.recipe.network
        optimizer = torch.optim.AdamW(bare.parameters(), lr=training.learning_rate)
        self.recipe.network, prepared = accelerator.prepare(bare, optimizer)
        average = EMAModel(bare.parameters(), decay=_AVERAGED)
        average.to(accelerator.device)
        state = checkpoints.State(accelerator, bare, average, optimizer)
        done = checkpoints.load_last(self.kept, state)
        self._forget_log_after(done)
        every = math.ceil(training.steps / _LOGGED)
        for step in range(done + 1, training.steps + 1):
            self.progress("steps", step - 1, training.steps)
            for group in optimizer.param_groups:
                group["lr"] = rate(training, step)
            loss = self._step(step, accelerator, prepared)
            average.step(bare.parameters())
            if step % every == 0 or step == training.steps:
                self._log({"step": step, "loss": loss})
            if step % training.validate_every == 0 or step == training.steps:
                self._validate(step, average, accelerator)
            if step % training.checkpoint_every == 0 or step == training.steps:
                checkpoints.save(self.kept, step, state)
        self.progress("steps", training.steps, training.steps)
        average.copy_to(bare.parameters())
        self.recipe.network = accelerator.unwrap_model(self.recipe.network, keep_fp32_wrapper=False)

    def _step(self, step: int, accelerator: Accelerator, optimizer: Any) -> float:
        """One step; its mean loss."""
        losses = []
        self.recipe.network.train()
        for part in range(self.training.accumulate):
            number = (step - 1) * self.training.accumulate + part
            places, mirrored = drawn(len(self.examples), self.training, number)
            batch = self.examples.batch(places, mirrored, accelerator.device)
            noise = torch.Generator().manual_seed(_seed(self.training.seed, _OF_NOISE, number))
            with accelerator.accumulate(self.recipe.network):
                with accelerator.autocast():
                    loss = self.recipe.loss(batch, noise)
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    accelerator.clip_grad_norm_(self.recipe.network.parameters(), _STEEPEST)
                optimizer.step()
                optimizer.zero_grad()
            losses.append(loss.item())
        return sum(losses) / len(losses)

    def _validate(self, step: int, average: EMAModel, accelerator: Accelerator) -> None:
        """Draw pairs of others with the averaged weights: a sheet of pictures, and how far they are from the truth."""
        weights = list(self.recipe.network.parameters())
        average.store(weights)
        average.copy_to(weights)
        self.recipe.network.eval()
        noise = torch.Generator().manual_seed(_seed(self.training.seed, _OF_PICTURES, 0))
        parts, pictures = [], []
        for start in range(0, len(self.validation), self.training.batch):
            some = range(start, min(start + self.training.batch, len(self.validation)))
            batch = self.validation.batch(some, [False] * len(some), accelerator.device)
            with accelerator.autocast():
                pictures.append(self.recipe.sample(batch, noise).float().cpu())
            parts.append({name: one.cpu() for name, one in batch.pictures.items()})
        average.restore(weights)
        given = {name: torch.cat([part[name] for part in parts]) for name in parts[0]}
        made = torch.cat(pictures)
        self._log({"step": step, "errors": errors_of(given, made)})
        folder = self.out / PICTURES
        folder.mkdir(exist_ok=True)
        write_atomically(folder / f"step-{step:07}.jpg", sheet(given, made))

    def _log(self, line: Mapping[str, Any]) -> None:
        with (self.out / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _forget_log_after(self, done: int) -> None:
        """Remove what was logged after the checkpoint: it is computed again."""
        if (self.out / LOG).is_file():
            kept = [line for line in read_log(self.out) if line["step"] <= done]
            write_atomically(self.out / LOG, "".join(json.dumps(line) + "\n" for line in kept))


def read_log(folder: Path) -> list[dict[str, Any]]:
    """What a training logged: losses and errors, by step; a line that was cut short is left out."""
    lines = (folder / LOG).read_text(encoding="utf-8").splitlines(keepends=True)
    return [parsed_json(line) for line in lines if line.endswith("\n")]


def rate(training: Training, step: int) -> float:
    """The learning rate of a step: it rises at first, and falls to 0 as a cosine does.

    Args:
        training: What was asked for.
        step: From 1.
    """
    rising = max(1, round(_WARMUP * training.steps))
    if step <= rising:
        return training.learning_rate * step / rising
    over = (step - rising) / max(1, training.steps - rising)
    return training.learning_rate * (1 + math.cos(math.pi * over)) / 2


def drawn(number: int, training: Training, batch: int) -> tuple[list[int], list[bool]]:
    """Which examples are in a batch, and which of them are seen in a mirror.

    All are taken once before any is taken again, each time in another order; both depend on the seed alone, so that a
    training that goes on takes the same ones.

    Args:
        number: How many examples there are.
        training: What was asked for.
        batch: The number of the batch, from 0.
    """
    places = []
    for place in range(batch * training.batch, (batch + 1) * training.batch):
        order = np.random.default_rng((training.seed, _OF_BATCHES, place // number)).permutation(number)
        places.append(int(order[place % number]))
    mirrored = np.random.default_rng((training.seed, _OF_BATCHES, batch, 1)).random(len(places)) < 0.5
    return places, mirrored.tolist()


_FROZEN: Final = {"no": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def accelerator_for(training: Training) -> Accelerator:
    """What computes a training, on its device and with its numbers, whatever was trained before.

    Args:
        training: What is asked for.

    Raises:
        UsageError: If this machine lacks the device, or there are several processes.
    """
    device = Device.chosen(training.device, training.precision)
    # else an earlier training of this process decides the device and the precision
    AcceleratorState._reset_state(reset_partial_state=True)
    accelerator = Accelerator(
        cpu=device.name == "cpu",
        mixed_precision="no" if device.precision == "fp32" else device.precision,
        gradient_accumulation_steps=training.accumulate,
    )
    if accelerator.num_processes > 1:
        raise UsageError("train-transfer runs in one process; call it without `accelerate launch` and torchrun")
    return accelerator


def _seed(seed: int, what: int, number: int) -> int:
    """A seed of its own for each thing that is drawn."""
    return int(np.random.SeedSequence((seed, what, number)).generate_state(1, np.uint64)[0] >> np.uint64(1))
