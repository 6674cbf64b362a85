"""What predictions are worth by group, as tables and figures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.metrics.predictions import evaluate
from synpain_hf.metrics.subgroup_auroc import Report
from synpain_hf.progress import Progress, silent
from synpain_hf.vocabulary import GROUPS

PREDICTIONS = "predictions.parquet"
VALIDATION_PREDICTIONS = "predictions_validation.parquet"
REPORT = "report"
"""The folder of the report."""

ANNOTATED = "_annotated"
"""How the name of a column ends that has the annotations for a column of predictions."""


def judge_heads(predictions: pa.Table) -> list[dict[str, Any]]:
    """How near predicted PSPI and action units come to their annotations.

    Args:
        predictions: What `predict` gave.

    Returns:
        For each, in the order of the columns: `name`; `n`, the pairs where it is annotated; `mean_absolute_error`;
        `error_of_the_mean`, that of always predicting the mean of these annotations; `correlation`, Pearson's, None
        where predictions or annotations are all the same.
    """
    found = []
    for name in predictions.column_names:
        if f"{name}{ANNOTATED}" not in predictions.column_names:
            continue
        known = predictions.select([name, f"{name}{ANNOTATED}"]).drop_null()
        if not known.num_rows:
            continue
        said, true = (column.to_numpy().astype(np.float64) for column in known.columns)
        varies = said.std() > 0 and true.std() > 0
        found.append(
            {
                "name": name,
                "n": known.num_rows,
                "mean_absolute_error": float(np.abs(said - true).mean()),
                "error_of_the_mean": float(np.abs(true - true.mean()).mean()),
                "correlation": float(np.corrcoef(said, true)[0, 1]) if varies else None,
            }
        )
    return found


def write_report(
    folder: str | Path, test: pa.Table, validation: pa.Table | None = None, *, progress: Progress = silent
) -> Report:
    """Write predictions, and what they are worth by group; where identities have several rows, these are clusters.

    Args:
        folder: Where to: `predictions.parquet`, `predictions_validation.parquet` and the folder `report`, with
            `report.json`, tables and figures. What stands there under these names is replaced.
        test: Predictions of the test split.
        validation: Predictions of the validation split; on them the threshold with the best F1 is chosen.
        progress: Called for every figure.

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
        groups=known_groups(test),
        validation=None if validation is None else folder / VALIDATION_PREDICTIONS,
        out=folder / REPORT,
        progress=progress,
    )


def known_groups(test: pa.Table) -> list[str]:
    """The columns of groups that say something of some rows."""
    return [name for name in GROUPS if name in test.column_names and test[name].null_count < test.num_rows]


def figures(folder: str | Path) -> Iterator[str]:
    """The figures of a report, relative to the folder that was given to `write_report`."""
    for path in sorted((Path(folder) / REPORT).glob("*.png")):
        yield f"{REPORT}/{path.name}"
