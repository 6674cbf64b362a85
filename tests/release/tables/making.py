"""Tables to add to a release."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import ClassLabel, Features, Value

from synpain_hf.release.release import Release
from synpain_hf.release.tables.table import Bumps, EveryFile, Table
from synpain_hf.release.versions import Bump
from synpain_hf.vocabulary import FACES

MOODS = Table(
    name="moods",
    folder="moods",
    key=("pair_id",),
    features=lambda: Features({"pair_id": Value("string"), "mood": Value("string"), "strength": Value("float32")}),
    meanings={"pair_id": "The pair.", "mood": "How the person feels.", "strength": "How strongly, 0 to 1."},
    configurations={"moods": {"train": EveryFile()}},
    bumps=Bumps.all_alike(Bump.MINOR),
)
"""A table that no command knows of."""


def pair_ids(release: Release) -> list[str]:
    """The ids of all pairs, sorted."""
    return sorted(
        pair_id
        for partition in release.partitions
        for pair_id in release.read(partition.path, ["pair_id"])["pair_id"].to_pylist()
    )


def scores(release: Release, annotator: str, columns: Sequence[str], value: float | str = 1.0) -> pa.Table:
    """Annotations of every face by one annotator."""
    kind = "string" if isinstance(value, str) else "float32"
    features = Features(
        {
            "pair_id": Value("string"),
            "face": ClassLabel(names=list(FACES)),
            **{column: Value(kind) for column in columns},
            "annotator": Value("string"),
        }
    )
    rows = [
        {"pair_id": pair_id, "face": face, **dict.fromkeys(columns, value), "annotator": annotator}
        for pair_id in pair_ids(release)
        for face in range(len(FACES))
    ]
    return pa.Table.from_pylist(rows, features.arrow_schema)


def moods(release: Release, mood: str = "calm") -> pa.Table:
    """A mood of every pair."""
    rows: list[dict[str, Any]] = [{"pair_id": pair_id, "mood": mood, "strength": 0.5} for pair_id in pair_ids(release)]
    return pa.Table.from_pylist(rows, MOODS.features().arrow_schema)


def written(table: pa.Table, path: Path) -> Path:
    """A table as a Parquet file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path
