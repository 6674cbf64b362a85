"""`experiment.json`: what was trained on what, with which model and options, and which tables show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from synpain_hf import __version__
from synpain_hf.experiments.definition import MAIN, SYNTHETIC
from synpain_hf.experiments.planning import Plan
from synpain_hf.experiments.request import Request
from synpain_hf.experiments.runs import Run, Store
from synpain_hf.hubclient.names import REPO_ID
from synpain_hf.training.layout import RESULT
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.folder import read_json

RECORD = "experiment.json"

_DRAWN = "The faces of “{}” were drawn by a program; what holds of them need not hold of people."
_STAND_IN = (
    "They stand in for real pairs here, and show what the experiment does, not what it would find with real ones."
)
_AMOUNTS = "The validation pairs, which choose the model and the threshold of F1, are all used at every amount."
_UNALIGNED = (
    "No face was found to align in some pairs, which are left out: at most {:,} of the {:,} that one model judges. "
    "The figures are of faces that can be found."
)
_UNALIGNED_IN_TRAINING = (
    "Of the pairs that are trained on, up to {:,} are left out of a training, as no face was found to align."
)
_GIVEN_MODEL = "Nothing is trained; the threshold of F1 for a fold is the best on the pairs of the other folds."


def record_of(plan: Plan, store: Store, request: Request) -> dict[str, Any]:
    """What `experiment.json` says of a plan whose runs are finished, as `schemas/experiment_result.schema.json` has it.

    Args:
        plan: The plan.
        store: Where its runs are.
        request: What was asked for.
    """
    definition = plan.definition
    runs = {run.digest: run for run in plan.runs}
    return {
        "name": definition.name,
        "title": definition.title,
        "question": definition.question,
        "tables": [dict(table) for table in definition.tables],
        "data": list(_data(plan)),
        "model": model_name(request.model.model),
        "options": {
            **_changed(request.model),
            **request.options,
            **({} if request.augmentation else {"augmentation": False}),
        },
        "seeds": sorted({run.scenario.seed for run in plan.runs}),
        "folds": len({run.scenario.fold for run in plan.runs} - {None}),
        "runs": {
            "count": len(runs),
            "trained": len({run.training.digest for run in runs.values() if run.training is not None}),
            "each": [
                {"digest": digest, "scenario": str(run.scenario), "seconds": _seconds(run, store)}
                for digest, run in runs.items()
            ],
        },
        "package": __version__,
        "reported": definition.reported,
        "notes": [*definition.notes, *_notes(plan, store)],
    }


def model_name(word: str) -> str:
    """What a model is called, without any path of this machine."""
    place = Path(word).expanduser()
    return word if REPO_ID.fullmatch(word) and not place.exists() else place.name


def _changed(model: ModelArguments) -> dict[str, Any]:
    """The options of the model that are not as usual, but for its name."""
    usual = ModelArguments()
    return {
        one.name: getattr(model, one.name)
        for one in fields(model)
        if one.name != "model" and getattr(model, one.name) != getattr(usual, one.name)
    }


def _data(plan: Plan) -> Iterator[dict[str, Any]]:
    """Each data set once for each part that it has."""
    parts = {
        "train": [run.scenario.data for run in plan.runs if run.scenario.trains],
        "test": [run.scenario.test for run in plan.runs],
        "extra": [run.scenario.add.data for run in plan.runs if run.scenario.add is not None],
    }
    for part, roles in parts.items():
        for role in dict.fromkeys(roles):
            one = plan.sets[role]
            yield {
                "name": one.name,
                "version": one.version,
                "digest": one.pairs.content,
                "pairs": one.pairs.table.num_rows,
                "role": part,
            }


def _seconds(run: Run, store: Store) -> float | None:
    """How long the training of a run took."""
    if run.training is None:
        return None
    seconds: float = read_json(store.model(run.training) / RESULT, "seconds")["seconds"]
    return seconds


def _notes(plan: Plan, store: Store) -> Iterator[str]:
    for one in plan.sets.values():
        if one.is_drawn:
            stands_in = one.role == MAIN and SYNTHETIC in plan.sets
            yield _DRAWN.format(one.name) + f" {_STAND_IN}" * stands_in
    if plan.definition.amounts:
        yield _AMOUNTS
    if plan.definition.turns == "none":
        yield _GIVEN_MODEL
    if told := plan.told():
        yield f"{told}."
    judged = [(pq.read_metadata(store.judged(run)).num_rows, run.size) for run in plan.runs]
    found, size = min(judged, key=lambda one: one[0] / one[1])
    if found < size:
        yield _UNALIGNED.format(size - found, size)
    trained = [read_json(store.model(run.training) / RESULT) for run in plan.runs if run.training is not None]
    lost = max((one.get("unaligned", {}).get("train", 0) for one in trained), default=0)
    if lost:
        yield _UNALIGNED_IN_TRAINING.format(lost)
