"""`Plan`: the runs of an experiment, which of them are there already, and which the pairs do not allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synpain_hf.errors import UsageError
from synpain_hf.experiments.binding import NotPossibleError, bind
from synpain_hf.experiments.definition import Definition
from synpain_hf.experiments.request import Request, weights_of
from synpain_hf.experiments.runs import Run, Store, Training
from synpain_hf.experiments.scenario import Scenario, scenarios, turns_of
from synpain_hf.experiments.sets import OpenedSet
from synpain_hf.progress import Progress, silent
from synpain_hf.text.plurals import count, first_few
from synpain_hf.text.values import shown
from synpain_hf.training.data.leaving_out import configurations_of
from synpain_hf.training.options import WHOLE
from synpain_hf.training.run.learned import learned_by

_MOST_TURNS = 128
"""Persons that are held out in turn: their numbers stand in a column of eight bits."""


@dataclass(frozen=True)
class Task:
    """A training, and the runs that its model judges.

    Attributes:
        training: The training; None where the model is given.
        runs: The runs, each with another name.
    """

    training: Training | None
    runs: Sequence[Run]


@dataclass(frozen=True)
class Plan:
    """The runs of an experiment.

    Attributes:
        definition: The experiment.
        sets: Its data sets, by role.
        seeds: Its seeds.
        runs: The runs, in the order of its scenarios.
        left_out: The scenarios that the pairs do not allow, with the reason of each.
    """

    definition: Definition
    sets: Mapping[str, OpenedSet]
    seeds: Sequence[int]
    runs: Sequence[Run]
    left_out: Sequence[tuple[Scenario, str]]

    def tasks(self) -> list[Task]:
        """The runs by their trainings; what is the same is there once."""
        by_training: dict[str, dict[str, Run]] = {}
        for run in self.runs:
            key = "" if run.training is None else run.training.digest
            by_training.setdefault(key, {}).setdefault(run.digest, run)
        return [Task(next(iter(runs.values())).training, list(runs.values())) for runs in by_training.values()]

    def pending(self, store: Store) -> list[Task]:
        """What of this is still to be done."""
        left = [Task(task.training, [run for run in task.runs if not store.has(run)]) for task in self.tasks()]
        return [task for task in left if task.runs]

    def told(self) -> str:
        """What is left out, in a sentence; empty where nothing is."""
        if not self.left_out:
            return ""
        reasons = [f"{scenario} ({reason})" for scenario, reason in self.left_out]
        verb = "is" if len(reasons) == 1 else "are"
        return f"{count(len(reasons), 'run')} {verb} left out, for lack of pairs: {first_few(reasons)}"


def plan_runs(
    definition: Definition,
    sets: Mapping[str, OpenedSet],
    seeds: Sequence[int],
    request: Request,
    progress: Progress = silent,
) -> Plan:
    """The runs of an experiment on some data sets; nothing is trained.

    Args:
        definition: The experiment.
        sets: The data sets, by role.
        seeds: The seeds.
        request: What is asked for.
        progress: Called for every run.

    Raises:
        UsageError: If no run is possible, or the model has learned already what it would be judged on.
        BadInputError: If a person is on both sides of a split.
    """
    weights = weights_of(request.model.model)
    persons: Sequence[str] = ()
    if definition.turns == "persons":
        persons = configurations_of(sets[definition.conditions[0].data].pairs.table)
        if len(persons) > _MOST_TURNS:
            raise UsageError(
                f"{definition.name} holds out one person at a time, and there are {len(persons):,}, more than "
                f"{_MOST_TURNS}; write `turns: folds` into the file of the experiment"
            )
    wanted = list(scenarios(definition, seeds, turns_of(definition, persons)))
    runs, left_out = [], []
    for done, scenario in enumerate(wanted, 1):
        try:
            runs.append(bind(scenario, sets, request, weights))
        except NotPossibleError as error:
            left_out.append((scenario, str(error)))
        progress("plan", done, len(wanted))
    if not runs:
        reasons = first_few(sorted({f"{scenario} ({reason})" for scenario, reason in left_out}))
        raise UsageError(f"no run of {definition.name} is possible with these pairs: {reasons}; give a larger data set")
    _check_unseen(request.model.model, runs)
    return Plan(definition, sets, seeds, runs, left_out)


def _check_unseen(model: str, runs: Sequence[Run]) -> None:
    """Refuse a model that has learned already what it would be judged on.

    Raises:
        UsageError: If it has.
    """
    if model in WHOLE or Path(model).expanduser().is_file():
        return
    learned = learned_by(model)
    if not learned.pair_id:
        return
    judged = {one.digest(): one for run in runs for one in run.judged}
    seen = max(learned.among(one, np.concatenate([*one.splits.values()])) for one in judged.values())
    if seen:
        raise UsageError(
            f"is {shown(model)!r}, which has learned {seen:,} of the pairs of a run that it would be judged on, or "
            "others of their persons; give another model, or other pairs",
            "model",
        )
