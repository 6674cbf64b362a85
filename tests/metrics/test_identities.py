"""Rows of one identity are a cluster without being asked, where a file says who each row shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synpain_hf.metrics.predictions import evaluate

ROWS = 120


def predictions(folder: Path, **columns: Any) -> Path:
    """Random predictions with further columns."""
    rng = np.random.default_rng(0)
    labels = np.arange(ROWS) % 2
    table = {"label": labels, "score": labels + rng.normal(size=ROWS), "gender": rng.choice(["man", "woman"], ROWS)}
    pq.write_table(pa.table({**table, **columns}), folder / "predictions.parquet")
    return folder / "predictions.parquet"


def test_rows_that_share_an_identity_are_clusters(tmp_path: Path) -> None:
    shown = [f"p{row // 4}" for row in range(ROWS)]
    file = predictions(tmp_path, identity=shown, person=shown)
    report = evaluate(file)
    assert report["options"]["clustered"]
    assert report == evaluate(file, clusters="person") == evaluate(file, clusters="identity")


@pytest.mark.parametrize(
    ("identity", "options"),
    [
        ([f"p{row}" for row in range(ROWS)], {}),
        ([None, *[f"p{row // 4}" for row in range(1, ROWS)]], {}),
        ([["p0", "p1"]] * ROWS, {}),
        ([f"p{row // 40}" for row in range(ROWS)], {"groups": ["identity"]}),
    ],
    ids=["one row each", "one is missing", "several in a row", "the groups"],
)  # fmt: skip
def test_other_columns_of_that_name_are_not(tmp_path: Path, identity: list[Any], options: dict[str, Any]) -> None:
    assert not evaluate(predictions(tmp_path, identity=identity), **options)["options"]["clustered"]


def test_clusters_that_are_named_come_first(tmp_path: Path) -> None:
    columns = {"identity": [f"p{row // 4}" for row in range(ROWS)], "clinic": [f"c{row // 12}" for row in range(ROWS)]}
    file = predictions(tmp_path, **columns)
    assert evaluate(file, clusters="clinic") != evaluate(file)
