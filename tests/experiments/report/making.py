"""What an experiment writes, made up with a known truth."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.vocabulary import CLASSES, GROUPS

NULLABLE = {"amount": pa.float64(), "fold": pa.int8(), "threshold": pa.float64(), **dict.fromkeys(GROUPS, pa.string())}


@dataclass(frozen=True)
class Condition:
    """A condition whose models have a known AUROC.

    Attributes:
        name: Its name.
        auroc: The true AUROC.
        old: What is added to the AUROC of old faces.
        trained_on: What it was trained on.
        amount: The share of the training pairs.
        factors: Its level of each factor.
        seeds: Its own seeds; none for those of the experiment.
    """

    name: str = "real"
    auroc: float = 0.8
    old: float = 0.0
    trained_on: str = "all"
    amount: float | None = None
    factors: Mapping[str, str] = field(default_factory=dict)
    seeds: Sequence[int] = ()


def rows_of(
    conditions: Sequence[Condition] = (Condition(),),
    *,
    identities: int = 120,
    pairs_each: int = 1,
    folds: int = 0,
    seeds: Sequence[int] = (0, 1),
    tested_on: Sequence[str] = (),
    spread: float = 0.0,
    dataset: str = "demo-faces",
    groups: Sequence[str] = GROUPS,
    rounded: bool = False,
    threshold: float | None = 0.7,
) -> list[dict[str, Any]]:
    """The rows of `predictions.parquet`.

    Args:
        conditions: The conditions.
        identities: How many there are.
        pairs_each: Pairs of an identity.
        folds: How many; 0 for none.
        seeds: A model for each.
        tested_on: Columns, each group of which is tested by itself as well.
        spread: Standard deviation of the true AUROC between trainings.
        dataset: The name of the tested set.
        groups: The columns of groups that are known.
        rounded: Whether scores have ties.
        threshold: That of every model.
    """
    generator = np.random.default_rng(5)
    count = identities * pairs_each
    person = np.arange(count) // pairs_each
    label = (np.arange(count) // 2 + person) % 2
    common = generator.normal(size=count)
    known = {name: [CLASSES[name][n // 7**at % len(CLASSES[name])] for n in person] for at, name in enumerate(GROUPS)}
    rows = []
    for condition in conditions:
        for fold, seed in product(range(folds) if folds else [None], condition.seeds or seeds):
            truth = condition.auroc + spread * generator.normal()
            mine = [n for n in range(count) if fold is None or person[n] % folds == fold]
            for n in mine:
                auroc = truth + condition.old * (known["age_group"][n] == "old")
                noise = sqrt(0.8) * common[n] + sqrt(0.2) * generator.normal()
                score = noise + sqrt(2) * NormalDist().inv_cdf(min(max(auroc, 0.01), 0.99)) * label[n]
                row = {
                    "condition": condition.name,
                    "trained_on": condition.trained_on,
                    "tested_on": "all",
                    "amount": condition.amount,
                    "model": "pwct",
                    "dataset": dataset,
                    "fold": fold,
                    "seed": seed,
                    "run": f"run-{condition.name}-{fold}-{seed}",
                    "pair_id": f"pair-{n}",
                    "identity": f"person-{person[n]}",
                    "label": int(label[n]),
                    "score": float(round(score * 2) / 2 if rounded else score),
                    "threshold": threshold,
                    **{name: known[name][n] if name in groups else None for name in GROUPS},
                    **{f"factor_{name}": level for name, level in condition.factors.items()},
                }
                rows.append(row)
                rows += [{**row, "tested_on": row[column]} for column in tested_on]
    return rows


def document_of(*tables: Mapping[str, Any], **changed: Any) -> dict[str, Any]:
    """`experiment.json`, with tables (one of groups where none is given) and what is to be different."""
    return {
        "name": "augmentation",
        "title": "With and without synthetic pairs",
        "question": "Does a model become better?",
        "tables": list(tables) or [{"kind": "groups", "title": "AUROC by group"}],
        "data": [
            {"name": "demo-faces", "version": "1.0.0", "digest": "sha256:" + "ab" * 32, "pairs": 120, "role": "test"},
            {"name": "demo-faces", "version": "1.0.0", "digest": "sha256:" + "cd" * 32, "pairs": 360, "role": "train"},
        ],
        "model": "pwct",
        "options": {},
        "seeds": [0, 1],
        "folds": 0,
        "runs": {"count": 2, "trained": 2, "each": []},
        "package": "0.1.0",
        "reported": None,
        "notes": [],
        **changed,
    }


def written(folder: Path, rows: Sequence[Mapping[str, Any]], document: Mapping[str, Any] | None = None) -> Path:
    """A folder with both files."""
    folder.mkdir(parents=True, exist_ok=True)
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pa.table({name: pa.array([row.get(name) for row in rows], NULLABLE.get(name)) for name in names})
    pq.write_table(table, folder / "predictions.parquet")
    (folder / "experiment.json").write_text(json.dumps(document or document_of()), encoding="utf-8")
    return folder
