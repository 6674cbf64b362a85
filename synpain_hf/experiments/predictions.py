"""`predictions.parquet`: all predictions of an experiment, one row a tested pair and trained model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synpain_hf.configurations import FOLDS
from synpain_hf.experiments.planning import Plan
from synpain_hf.experiments.runs import VALIDATION, Run, Store
from synpain_hf.experiments.scenario import EVERYTHING
from synpain_hf.metrics.subgroup_auroc.thresholds import choose
from synpain_hf.training.data.several import TEST
from synpain_hf.vocabulary import CLASSES, GROUPS

_PAIN = CLASSES["label"].index("pain")

COLUMNS = {
    "condition": pa.string(),
    "trained_on": pa.string(),
    "tested_on": pa.string(),
    "amount": pa.float64(),
    "model": pa.string(),
    "dataset": pa.string(),
    "fold": pa.int8(),
    "seed": pa.int64(),
    "run": pa.string(),
    "pair_id": pa.string(),
    "identity": pa.string(),
    "label": pa.int8(),
    "score": pa.float64(),
    "threshold": pa.float64(),
    **dict.fromkeys(GROUPS, pa.string()),
}
"""The columns, beside `factor_NAME` for each factor."""


def tidy(plan: Plan, store: Store, model: str) -> pa.Table:
    """All predictions of a plan whose runs are finished.

    Args:
        plan: The plan.
        store: Where they are.
        model: What the model is called.

    Returns:
        The columns of `COLUMNS`, and the level of each factor.
    """
    factors = sorted({name for run in plan.runs for name in run.scenario.factors})
    schema = pa.schema([*COLUMNS.items(), *((f"factor_{name}", pa.string()) for name in factors)])
    parts = [
        part
        for run in plan.runs
        for part in _of_run(run, pq.read_table(store.judged(run)), model, factors, plan.definition.tested_on)
    ]
    return pa.concat_tables(part.select(schema.names).cast(schema) for part in parts)


def _of_run(
    run: Run, judged: pa.Table, model: str, factors: Sequence[str], tested_on: Sequence[str]
) -> Iterator[pa.Table]:
    """The rows of a run: those of all its test pairs, then those of each group."""
    test = judged.filter(pc.equal(judged["split"], TEST))
    validation = judged.filter(pc.equal(judged["split"], VALIDATION))
    thresholds = np.full(test.num_rows, best_threshold(validation)) if run.scenario.trains else _of_other_folds(test)
    scenario = run.scenario
    ids = test["pair_id"]
    same = {
        "condition": scenario.condition,
        "trained_on": scenario.trained_on,
        "amount": scenario.amount,
        "model": model,
        "dataset": run.tested,
        "fold": scenario.fold,
        "seed": scenario.seed,
        "run": run.digest,
        **{f"factor_{name}": scenario.factors.get(name) for name in factors},
    }
    types = {**COLUMNS, **{f"factor_{name}": pa.string() for name in factors}}
    columns = {
        **{name: pa.array([value] * test.num_rows, types[name]) for name, value in same.items()},
        "pair_id": ids,
        "identity": pc.coalesce(test["identity"].cast(pa.string()), ids) if "identity" in test.column_names else ids,
        "label": pa.array([CLASSES["label"].index(word) for word in test["label"].to_pylist()], pa.int8()),
        "score": test["score"],
        "threshold": pa.array(thresholds, from_pandas=True),
        **{name: test[name] if name in test.column_names else pa.nulls(test.num_rows, pa.string()) for name in GROUPS},
    }
    rows = pa.table(columns)
    yield _tested(rows, EVERYTHING)
    for column in tested_on:
        for group in CLASSES[column]:
            of_group = rows.filter(pc.fill_null(pc.equal(rows[column], group), False))
            if of_group.num_rows:
                yield _tested(of_group, group)


def _tested(rows: pa.Table, group: str) -> pa.Table:
    return rows.append_column("tested_on", pa.array([group] * rows.num_rows, pa.string()))


def best_threshold(judged: pa.Table) -> float:
    """The threshold with the best F1 on some predictions; NaN where there is none in pain."""
    positive = np.array([word == CLASSES["label"][_PAIN] for word in judged["label"].to_pylist()], bool)
    return choose("f1", positive, judged["score"].to_numpy()) if positive.any() else float("nan")


def _of_other_folds(test: pa.Table) -> npt.NDArray[np.float64]:
    """For each pair, the best threshold on the pairs of the other folds, where nothing was trained."""
    thresholds = np.full(test.num_rows, np.nan)
    if "fold" not in test.column_names:
        return thresholds
    folds = test["fold"].to_numpy()
    for fold in range(FOLDS):
        own = folds == fold
        if own.any() and not own.all():
            thresholds[own] = best_threshold(test.filter(pa.array(~own)))
    return thresholds
