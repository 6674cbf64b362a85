"""What is told, and counted, while a model is trained."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from transformers import ProgressCallback, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from transformers.trainer_callback import ExportableState
from transformers.utils import logging

from synpain_hf.progress import Progress

SECONDS = "seconds"
"""What the time of a whole training is called in Trainer's log."""


@contextmanager
def bars(wanted: bool) -> Iterator[None]:
    """Have transformers show bars of its own only where bars are wanted."""
    if wanted or not logging.is_progress_bar_enabled():
        yield
        return
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.enable_progress_bar()


class Clock(TrainerCallback, ExportableState):
    """Seconds of training in all, also where it was interrupted: what came after the last checkpoint does not count."""

    def __init__(self) -> None:
        self.before = 0.0
        self._began = 0.0

    def state(self) -> dict[str, Any]:
        """What goes into a checkpoint."""
        return {"args": {}, "attributes": {"before": self._seconds()}}

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """Start."""
        self._began = time.perf_counter()

    def on_train_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:  # noqa: ARG002 - as Trainer calls it
        """Write the seconds down."""
        state.log_history.append({"step": state.global_step, "epoch": state.epoch, SECONDS: self._seconds()})

    def _seconds(self) -> float:
        return self.before + time.perf_counter() - self._began


class Bars(ProgressCallback):
    """Trainer's bars, and what is measured as a readable line; all on standard error."""

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002 - as Trainer calls it
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        logs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Tell what was measured."""
        bar: Any = self.training_bar  # there while it trains
        if state.is_world_process_zero and bar is not None:
            bar.write(_line(state, logs or {}), file=sys.stderr)


class Lines(TrainerCallback):
    """Progress for every step, and what is measured as a line on standard error."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002 - as Trainer calls it
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **_: Any,
    ) -> None:
        """Tell how far it is."""
        if state.is_world_process_zero:
            self.progress("train", state.global_step, state.max_steps)

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002 - as Trainer calls it
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        logs: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> None:
        """Tell what was measured."""
        if state.is_world_process_zero:
            sys.stderr.write(f"{_line(state, logs or {})}\n")
            sys.stderr.flush()


_MEASURED = {
    "loss": "training loss {:.4f}",
    "eval_loss": "validation loss {:.4f}",
    "eval_auroc": "validation AUROC {:.3f}",
    "train_runtime": "trained for {:.0f} s",
    "train_samples_per_second": "{:.1f} pairs/s",
}


def _line(state: TrainerState, logs: Mapping[str, Any]) -> str:
    """What was measured, in words."""
    told = ", ".join(words.format(logs[name]) for name, words in _MEASURED.items() if name in logs)
    return f"epoch {state.epoch or 0:.3g} of {state.num_train_epochs}: {told}"
