"""`dry_run`: what an experiment would train, what of it is there already, and how long the rest takes here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synpain_hf.experiments.experiment import Asked
from synpain_hf.experiments.planning import Plan
from synpain_hf.experiments.probe import measure
from synpain_hf.experiments.runs import Store
from synpain_hf.experiments.working import devices
from synpain_hf.progress import Progress, silent
from synpain_hf.text.plurals import count
from synpain_hf.training.data.loaded import Loaded
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.options import EverydayArguments, ModelArguments
from synpain_hf.training.run.side_by_side import at_a_time

_UNITS = ((3600, "hour"), (60, "minute"))


@dataclass(frozen=True)
class DryRun:
    """What an experiment would do.

    Attributes:
        plan: Its runs.
        store: Where they are kept.
        seconds: How long the rest takes at most.
        device: On what.
    """

    plan: Plan
    store: Store
    seconds: float
    device: str

    def lines(self) -> Iterator[str]:
        """A line for each run, then one for what is left out."""
        for run in {one.digest: one for one in self.plan.runs}.values():
            state = "there" if self.store.has(run) else "to be trained"
            if not self.store.has(run) and (run.training is None or self.store.has_model(run.training)):
                state = "to be judged"
            pairs = "" if run.training is None else f", {count(run.training.drawn, 'pair')}"
            yield f"{run.digest[:12]}  {state}: {run.scenario}{pairs}"
        if told := self.plan.told():
            yield told

    def summary(self) -> str:
        """How much there is to do."""
        tasks, left = self.plan.tasks(), self.plan.pending(self.store)
        there = len(tasks) - len(left)
        if not left:
            return f"{count(len(tasks), 'model')}, and all are there"
        return (
            f"{count(len(tasks), 'model')}, of which {there:,} {'is' if there == 1 else 'are'} there; the rest takes "
            f"{_long(self.seconds)} at most on {self.device}"
        )

    def to_dict(self) -> dict[str, Any]:
        """The plan as JSON-ready fields."""
        runs = {one.digest: one for one in self.plan.runs}
        return {
            "name": self.plan.definition.name,
            "models": len(self.plan.tasks()),
            "pending": len(self.plan.pending(self.store)),
            "seconds": self.seconds,
            "device": self.device,
            "runs": [
                {"digest": digest, "there": self.store.has(run), "scenario": run.scenario.to_dict()}
                for digest, run in runs.items()
            ],
            "left_out": [{"scenario": str(one), "reason": reason} for one, reason in self.plan.left_out],
        }


def dry_run(
    name: str | Path,
    data: str | Path | Loaded | Pairs | None = None,
    *,
    synthetic: str | Path | Loaded | Pairs | None = None,
    pairs: int | None = None,
    model: str | ModelArguments = "pwct",
    seeds: Sequence[int] = (),
    runs: str | Path | None = None,
    jobs: int | None = None,
    augmentation: bool = True,
    cache_dir: str | Path | None = None,
    progress: Progress = silent,
    **arguments: Any,
) -> DryRun:
    """What `experiment` would do with the same arguments; one model is trained for a few steps, and thrown away.

    Demo faces that the experiment needs are drawn, and faces are prepared; both stay for the experiment.

    Args:
        name: As in `experiment`; likewise all others.
        data: The pairs.
        synthetic: The pairs that are added in training.
        pairs: How many demo faces are drawn for each set.
        model: The model.
        seeds: A training for each.
        runs: Where models are kept.
        jobs: Models at a time.
        augmentation: Whether pairs are changed at random in training.
        cache_dir: Where prepared faces are kept.
        progress: Called for every step.
        arguments: Of `PairwiseTrainingArguments`.

    Raises:
        SynpainError: What `experiment` raises.
    """
    asked = Asked.of(name, data, synthetic, pairs, model, seeds, runs, augmentation, cache_dir, arguments)
    places = devices()
    at_once = at_a_time(jobs, places)
    plan = asked.plan(progress)
    pending = plan.pending(asked.store)
    seconds = 0.0
    if pending:
        pace = measure(pending, asked.store, asked.request, progress)
        epochs = float(arguments.get("num_train_epochs", EverydayArguments.num_train_epochs))
        seconds = pace.seconds(pending, asked.store, epochs) / max(1, min(at_once, len(places)))
    device = count(len(places), "GPU") if places else "the processor"
    return DryRun(plan, asked.store, seconds, device)


def _long(seconds: float) -> str:
    """A time in a unit that suits it: `3 minutes`."""
    unit, name = next(((unit, name) for unit, name in _UNITS if seconds >= 2 * unit), (1, "second"))
    return count(max(1, round(seconds / unit)), name)
