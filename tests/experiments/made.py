"""Pairs without pictures, of which all that a scenario asks is known; and experiments that take seconds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from synpain_hf.experiments.definition import Condition, Definition
from synpain_hf.experiments.scenario import Scenario, scenarios
from synpain_hf.experiments.sets import OpenedSet
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.options import ModelArguments
from synpain_hf.vocabulary import CLASSES, GROUPS
from tests.training.small import configuration

QUICK: dict[str, Any] = {
    "num_train_epochs": 1,
    "per_device_train_batch_size": 10,
    "use_cpu": True,
}
"""Arguments of a training that takes a second."""


def made_pairs(
    rows: int = 200, *, name: str = "p", content: str = "", seed: int = 0, **columns: Sequence[Any]
) -> Pairs:
    """Pairs of all groups and folds at random, each of a person of its own unless columns say otherwise."""
    rng = np.random.default_rng(seed)
    ids = [f"{name}{row:03d}" for row in range(rows)]
    made: dict[str, Any] = {
        "pair_id": ids,
        "identity": ids,
        "label": rng.permutation(np.arange(rows) % 2),
        **{column: rng.integers(0, len(CLASSES[column]), rows) for column in GROUPS},
        "fold": pa.array(np.arange(rows) % 5, pa.int8()),
        **columns,
    }
    return Pairs(
        f"Pairs of {name}, version 1.0.0",
        content or f"{name} {seed}",
        pa.table(made),
        {"train": np.arange(rows)},
        [],
    )


def opened(**sets: Pairs) -> dict[str, OpenedSet]:
    """Data sets by role."""
    return {role: OpenedSet.of(role, pairs, "") for role, pairs in sets.items()}


def definition(*conditions: Condition, **changed: Any) -> Definition:
    """An experiment of some conditions."""
    table = {"kind": "groups", "title": "AUROC"}
    return Definition("mine", "Mine", "What?", conditions or (Condition("all groups"),), [table], **changed)


def only(condition: Condition, turn: str = "cv_0", **changed: Any) -> Scenario:
    """The only scenario of a condition in a turn."""
    (found,) = scenarios(definition(condition, **changed), [1], [turn])
    return found


def tiny(folder: Path) -> ModelArguments:
    """A tiny backbone."""
    return ModelArguments(model=str(configuration(folder)))
