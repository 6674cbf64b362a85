"""Independent trainings side by side, each in a process of its own, and where there are GPUs each on its own."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from functools import partial
from typing import Any, TextIO

import torch

from synpain_hf.errors import UsageError
from synpain_hf.executor import Executor
from synpain_hf.training.run.result import TrainingResult
from synpain_hf.training.run.train import train

_VISIBLE = "CUDA_VISIBLE_DEVICES"

Named = tuple[str, Mapping[str, Any]]
"""A training by its name, with the arguments of `train`."""


def visible_devices(count: int) -> list[str]:
    """The GPUs that this process may use, as they are named to another.

    Args:
        count: How many there are.
    """
    named = os.environ.get(_VISIBLE)
    return named.split(",") if named else [str(number) for number in range(count)]


def at_a_time(asked: int | None, devices: Sequence[str]) -> int:
    """How many trainings run side by side.

    Args:
        asked: How many; None for as many as there are GPUs, and one where there are none.
        devices: The GPUs.

    Raises:
        UsageError: If it cannot be right, or several are asked for of each of several processes.
    """
    together = int(os.environ.get("WORLD_SIZE", "1"))
    if asked is None:
        return 1 if together > 1 else max(len(devices), 1)
    if asked < 1:
        raise UsageError(f"is {asked}; give 1 or more", "jobs")
    if asked > 1 and together > 1:
        raise UsageError(
            f"is {asked}, but {together} processes train each model together; start this without torchrun or "
            "accelerate launch, or leave it out",
            "jobs",
        )
    return asked


def settle(number: int, jobs: int, devices: Sequence[str]) -> None:
    """Give this process a GPU, or its share of the processor; it must not have asked for GPUs yet.

    Args:
        number: Its number among the processes.
        jobs: How many there are.
        devices: The GPUs; where there are more processes, some share one. None to use the processor.
    """
    if devices:
        os.environ[_VISIBLE] = devices[number % len(devices)]
    else:
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // jobs))


def train_side_by_side(trainings: Sequence[Named], jobs: int, devices: Sequence[str]) -> list[TrainingResult]:
    """Train each, several at a time; what they tell on standard error begins with their names.

    Args:
        trainings: Everything in them must pickle.
        jobs: Processes. Each has a GPU of its own; if there are more processes than GPUs, some share one.
        devices: The GPUs; none to use the processor.

    Returns:
        What came of each, in their order.

    Raises:
        SynpainError: What `train` raises.
    """
    jobs = min(jobs, len(trainings))
    tasks = [(number, trainings[number::jobs]) for number in range(jobs)]
    found = list(Executor(jobs, "processes").run(partial(_train_in_turn, jobs, devices), tasks, ordered=True))
    return [found[number % jobs][number // jobs] for number in range(len(trainings))]


def _train_in_turn(jobs: int, devices: Sequence[str], task: tuple[int, Sequence[Named]]) -> list[TrainingResult]:
    """Train some, one after the other, on a GPU of their own or on a share of the processor."""
    number, trainings = task
    settle(number, jobs, devices)
    found = []
    for name, arguments in trainings:
        with redirect_stderr(_Prefixed(sys.stderr, name)):
            found.append(train(**{**arguments, "disable_tqdm": True}))
    return found


class _Prefixed(io.TextIOBase):
    """Passes on whole lines, each with a name before it."""

    def __init__(self, to: TextIO, name: str) -> None:
        self._to, self._name, self._begun = to, name, ""

    def write(self, text: str) -> int:
        """Pass on the lines that end here."""
        *lines, self._begun = (self._begun + text).split("\n")
        self._to.write("".join(f"{self._name}: {line}\n" for line in lines if line.strip()))
        self._to.flush()
        return len(text)
