"""Predictions of a trained model as a table, one row a pair."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from synpain_hf.training.data.collation import EachReference, PairDataset
from synpain_hf.training.data.pairs import Positions
from synpain_hf.training.report.evaluation import ANNOTATED
from synpain_hf.training.run.trainer import PairwiseTrainer, pain_scores
from synpain_hf.vocabulary import CLASSES

_IDENTITY = ("pair_id", "identity", "fold")


def judge(trainer: PairwiseTrainer, dataset: PairDataset, split: str) -> pa.Table:
    """Judge every pair of a split; with several processes, each of them gets the whole.

    Where pairs have any neutral face of their person as reference, a score is the mean over all of these.

    Args:
        trainer: The trainer, whose model judges.
        dataset: The pairs.
        split: What the column `split` says.

    Returns:
        `pair_id`, `identity`, `fold`, `split`, `label`, `age_group`, `gender` and `ethnicity`, where they are known;
        `score`, the log-odds of pain; `prediction`, pain where they are above 0; and, of a model that predicts them,
        `pspi` and action units, each with what is annotated, such as `AU4_annotated`. Labels and groups are words,
        which every tool reads alike.

    Raises:
        UsageError: If the model gives NaN or infinity.
    """
    judged = EachReference(dataset) if dataset.references == "any" else dataset
    found: Any = trainer.predict(judged, metric_key_prefix=split).predictions
    logits, *heads = found if isinstance(found, tuple) else (found,)
    if isinstance(judged, EachReference):
        logits, *heads = (_mean_by(judged.owners, values) for values in (logits, *heads))
    scores = pain_scores(logits)
    rows, names = dataset.rows, CLASSES["label"]
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        **{name: rows[name] for name in _IDENTITY if name in rows.column_names},
        "split": pa.array([split] * len(scores)),
        **{name: _words(rows[name], classes) for name, classes in CLASSES.items() if name in rows.column_names},
        "score": pa.array(scores),
        "prediction": pa.array([names[int(score > 0)] for score in scores]),
    }
    config = trainer.network.config
    found_of: dict[str, Any] = {"pspi": heads.pop(0)} if config.has_pspi else {}
    if config.action_units:
        (units,) = heads
        found_of |= dict(zip(config.action_units, units.T, strict=True))
    annotated = dataset.annotated(config.action_units)
    for name, values in found_of.items():
        columns[name] = pa.array(values.astype("float32"))
        if name in annotated:
            columns[f"{name}{ANNOTATED}"] = pa.array(annotated[name].numpy(), from_pandas=True)
    return pa.table(columns)


def _mean_by(owners: Positions, values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The mean of the items of each pair; these stand one after the other."""
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    sums = np.add.reduceat(values.astype(np.float64), starts, axis=0)
    mean: npt.NDArray[np.float64] = (sums.T / np.diff([*starts, len(owners)])).T
    return mean


def _words(column: pa.ChunkedArray, names: tuple[str, ...]) -> pa.Array:
    return pa.array([None if value is None else names[value] for value in column.to_pylist()], pa.string())
