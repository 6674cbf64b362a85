"""The Parquet files of a release open in other tools, by a glob over `data/*/*.parquet`."""

from __future__ import annotations

import io
from collections import defaultdict
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest
from PIL import Image

from synpain_hf.release.release import Release
from synpain_hf.release.tables.pairs import PAIRS
from synpain_hf.vocabulary import FACES, IDENTITY
from tests.loading.making import FACE

PATTERN = "data/*/*.parquet"


@pytest.fixture(autouse=True)
def in_the_release(small: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(small.folder)


@pytest.fixture
def share_of_pain(small: Release) -> dict[int, float]:
    """Mean label of each fold."""
    labels: dict[int, list[int]] = defaultdict(list)
    for partition in small.partitions:
        labels[partition.fold] += small.read(partition.path, ["label"])["label"].to_pylist()
    means = {fold: sum(found) / len(found) for fold, found in labels.items()}
    assert len(set(means.values())) > 1
    return means


def test_pandas_reads_every_pair(small: Release, share_of_pain: dict[int, float]) -> None:
    pairs = pd.concat(map(pd.read_parquet, small.folder.glob(PATTERN)))
    assert list(pairs.columns) == list(PAIRS.fixed([IDENTITY]))
    assert pairs["pair_id"].nunique() == len(pairs) == 40
    assert pairs.groupby("fold")["label"].mean().to_dict() == pytest.approx(share_of_pain)
    assert all(is_a_face(pairs[face].iloc[0]["bytes"]) for face in FACES)


def test_polars_reads_every_pair(share_of_pain: dict[int, float]) -> None:
    pairs = pl.read_parquet(PATTERN)
    assert pairs.columns == list(PAIRS.fixed([IDENTITY]))
    assert pairs["pair_id"].n_unique() == len(pairs) == 40
    means = pl.scan_parquet(PATTERN).group_by("fold").agg(pl.col("label").mean()).collect()
    assert dict(means.iter_rows()) == pytest.approx(share_of_pain)
    assert all(is_a_face(pairs[face][0]["bytes"]) for face in FACES)


def test_duckdb_reads_every_pair(share_of_pain: dict[int, float]) -> None:
    assert [name for name, *_ in ask(f"DESCRIBE FROM '{PATTERN}'")] == list(PAIRS.fixed([IDENTITY]))
    assert ask(f"SELECT count(DISTINCT pair_id), count(*) FROM '{PATTERN}'") == [(40, 40)]
    assert dict(ask(f"SELECT fold, avg(label) FROM '{PATTERN}' GROUP BY fold")) == pytest.approx(share_of_pain)
    [faces] = ask(f"SELECT neutral.bytes, expressive.bytes FROM '{PATTERN}' LIMIT 1")
    assert all(map(is_a_face, faces))


def ask(query: str) -> list[Any]:
    """The rows that DuckDB answers."""
    answer = duckdb.sql(query)
    assert answer is not None
    return answer.fetchall()


def is_a_face(content: bytes) -> bool:
    """Whether Pillow decodes some bytes into a picture of the size of the release's faces."""
    with Image.open(io.BytesIO(content)) as picture:
        picture.load()
        return (picture.mode, *picture.size) == ("RGB", FACE, FACE)
