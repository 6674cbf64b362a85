"""After training: predictions of every pair in Parquet, and what they are worth by group, as tables and figures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.metrics.predictions import evaluate
from synpain_hf.metrics.subgroup_auroc import Report
from synpain_hf.progress import Progress, silent
from synpain_hf.training.collation import PairDataset
from synpain_hf.training.trainer import PairwiseTrainer, pain_scores
from synpain_hf.vocabulary import CLASSES

PREDICTIONS = "predictions.parquet"
VALIDATION_PREDICTIONS = "predictions_validation.parquet"
REPORT = "report"
"""The folder of the report."""

_IDENTITY = ("pair_id", "fold")


def predict(trainer: PairwiseTrainer, dataset: PairDataset, split: str) -> pa.Table:
    """Judge every pair of a split, once; with several processes, each of them gets the whole.

    Args:
        trainer: The trainer, whose model judges.
        dataset: The pairs.
        split: What the column `split` says.

    Returns:
        `pair_id`, `fold`, `split`, `label`, `age_group`, `gender` and `ethnicity`, as far as they are known; `score`,
        the log-odds of pain; `prediction`, pain where they are above 0; and, of a model that predicts them, `pspi` and
        action units. Labels and groups are words, which every tool reads alike.

    Raises:
        UsageError: If the model gives NaN or infinity.
    """
    found: Any = trainer.predict(dataset, metric_key_prefix=split).predictions
    logits, *heads = found if isinstance(found, tuple) else (found,)
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
    if config.has_pspi:
        columns["pspi"] = pa.array(heads.pop(0).astype("float32"))
    if config.action_units:
        (units,) = heads
        columns |= {name: pa.array(units[:, place]) for place, name in enumerate(config.action_units)}
    return pa.table(columns)


def write_report(
    folder: str | Path, test: pa.Table, validation: pa.Table | None = None, *, progress: Progress = silent
) -> Report:
    """Write predictions, and what they are worth by group.

    Args:
        folder: Where to: `predictions.parquet`, `predictions_validation.parquet` and the folder `report`, with
            `report.json`, tables and figures. What stands there under these names is replaced.
        test: Predictions of the test split.
        validation: Predictions of the validation split; on them the threshold with the best F1 is chosen.
        progress: Told of figures.

    Returns:
        What `subgroup_auroc` returned.
    """
    folder = Path(folder)
    written = {PREDICTIONS: test, **({} if validation is None else {VALIDATION_PREDICTIONS: validation})}
    for name, table in written.items():
        pq.write_table(table, folder / name)
    shutil.rmtree(folder / REPORT, ignore_errors=True)
    return evaluate(
        folder / PREDICTIONS,
        validation=None if validation is None else folder / VALIDATION_PREDICTIONS,
        out=folder / REPORT,
        progress=progress,
    )


def figures(folder: str | Path) -> Iterator[str]:
    """The figures of a report, relative to the folder that was given to `write_report`."""
    for path in sorted((Path(folder) / REPORT).glob("*.png")):
        yield f"{REPORT}/{path.name}"


def _words(column: pa.ChunkedArray, names: tuple[str, ...]) -> pa.Array:
    return pa.array([None if value is None else names[value] for value in column.to_pylist()], pa.string())
