"""How long an experiment would take on this machine, by a short training of one of its models."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

from synpain_hf.experiments.planning import Task
from synpain_hf.experiments.request import Request
from synpain_hf.experiments.runs import VALIDATION, Store, Training
from synpain_hf.progress import Progress, silent
from synpain_hf.training.data.several import TrainingSet
from synpain_hf.training.options import EverydayArguments
from synpain_hf.training.run.judging import predict
from synpain_hf.training.run.train import train

_STEPS = 6
_PAIRS = 64


@dataclass(frozen=True)
class Pace:
    """How fast this machine is.

    Attributes:
        learned: Seconds for each pair that is learned from, once.
        judged: Seconds for each pair that is judged.
        each: Seconds that a training takes beside, such as for starting and saving.
    """

    learned: float
    judged: float
    each: float

    def seconds(self, tasks: Sequence[Task], store: Store, epochs: float) -> float:
        """How long some tasks take at most, one after the other; early stopping ends most trainings before.

        Args:
            tasks: The tasks.
            store: Where models are that are trained already.
            epochs: How many each training has at most.
        """
        total = 0.0
        for task in tasks:
            judged = sum(len(places) for run in task.runs for pairs in run.judged for places in pairs.splits.values())
            total += self.each + self.judged * judged
            if task.training is not None and not store.has_model(task.training):
                chosen_by = len(task.training.pairs.positions(VALIDATION))
                total += epochs * (self.learned * task.training.drawn + self.judged * chosen_by)
        return total


def measure(tasks: Sequence[Task], store: Store, request: Request, progress: Progress = silent) -> Pace:
    """Train for a few steps, and judge a few pairs; faces that are not prepared yet are prepared, and stay so.

    Args:
        tasks: What is to be done; the largest training is tried.
        store: Where models are that are trained already.
        request: What is asked for.
        progress: Called for preparation.
    """
    learning = [task.training for task in tasks if task.training is not None and not store.has_model(task.training)]
    with tempfile.TemporaryDirectory() as folder, redirect_stderr(StringIO()):
        if not learning:
            run = tasks[0].runs[0]
            finished = run.model if run.training is None else str(store.model(run.training))
            _judge(finished, run.judged[0], request, progress)  # prepares faces
            took, judged = _judge(finished, run.judged[0], request, progress)
            return Pace(0.0, took / judged, took)
        largest = max(learning, key=lambda one: one.drawn)
        model = Path(folder) / "model"
        learned, each = _train(largest, model, request, progress)
        took, judged = _judge(str(model), largest.pairs, request, progress)
    return Pace(learned, took / judged, each)


def _train(training: Training, out: Path, request: Request, progress: Progress) -> tuple[float, float]:
    """Seconds for each pair that is learned, and beside."""
    short: dict[str, Any] = {
        "max_steps": _STEPS,
        "eval_strategy": "no",
        "save_strategy": "no",
        "logging_strategy": "no",
    }
    options = {**training.options, **short, "disable_tqdm": True, "cache_dir": request.cache_dir}
    also = [TrainingSet(one.pairs, "all", weight=one.weight) for one in training.also]
    pairs = replace(training.pairs, splits={"train": training.pairs.positions("train")})
    train(pairs, out=out.with_name("warm"), also=also, model=training.model, progress=progress, warn=_unsaid, **options)
    began = time.perf_counter()
    found = train(pairs, out=out, also=also, model=training.model, warn=_unsaid, **options)
    took = time.perf_counter() - began
    drawn = _STEPS * options.get("per_device_train_batch_size", EverydayArguments.per_device_train_batch_size)
    return found.seconds / drawn, max(took - found.seconds, 0.0)


def _unsaid(message: str) -> None:
    """What a short training warns of, the experiment itself will tell."""


def _judge(model: str, pairs: Any, request: Request, progress: Progress) -> tuple[float, int]:
    """Seconds for judging some pairs, and how many they are."""
    split, positions = next(iter(pairs.splits.items()))
    few = replace(pairs, splits={split: positions[:_PAIRS]})
    began = time.perf_counter()
    predict(
        model,
        few,
        split=split,
        even_learned=True,
        unaligned=request.model.unaligned,
        cache_dir=request.cache_dir,
        progress=progress,
        warn=_unsaid,
    )
    return time.perf_counter() - began, len(few.positions(split))
