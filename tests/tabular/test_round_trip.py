"""What other programs write is read as they meant it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synpain_hf.errors import BadInputError
from tests.tabular.reading import columns_of, rows_of

Words = Sequence[str]

words = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(',;|\t\n"'), max_size=8)
    | st.sampled_from(["NA", "NaN", "null", "1,5", "2024-01-01", "{", "sep=;"]),
    min_size=1,
    max_size=6,
)
any_words = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)


def table_of(given_: Words) -> dict[str, list[str]]:
    return {"id": [f"row {number}" for number in range(len(given_))], "word": list(given_)}


def by_duckdb(form: str) -> Callable[[Path, Words], object]:
    def write(path: Path, given_: Words) -> None:
        with duckdb.connect() as connection:
            connection.register("made", pa.table(table_of(given_)))
            connection.execute(f"COPY made TO '{path}' ({form})")

    return write


def by_csv(dialect: str, delimiter: str) -> Callable[[Path, Words], object]:
    def write(path: Path, given_: Words) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, dialect, delimiter=delimiter)
            table.writerow(table_of(given_))
            table.writerows(zip(*table_of(given_).values(), strict=True))

    return write


def by_json(path: Path, given_: Words) -> None:
    rows = zip(*table_of(given_).values(), strict=True)
    lines = (json.dumps(dict(zip(table_of(given_), row, strict=True)), ensure_ascii=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


DELIMITED: dict[str, Callable[[Path, Words], object]] = {
    "csv": by_csv("excel", ","),
    "csv, semicolons": by_csv("excel", ";"),
    "csv, tabs": by_csv("excel", "\t"),
    "csv, bars, all quoted": by_csv("unix", "|"),
    "pandas": lambda path, given_: pd.DataFrame(table_of(given_)).to_csv(path, index=False),
    "pandas, semicolons, byte-order mark": lambda path, given_: pd.DataFrame(table_of(given_)).to_csv(
        path, index=False, sep=";", encoding="utf-8-sig"
    ),
    "pandas, tabs, UTF-16": lambda path, given_: pd.DataFrame(table_of(given_)).to_csv(
        path, index=False, sep="\t", encoding="utf-16"
    ),
    "polars": lambda path, given_: pl.DataFrame(table_of(given_)).write_csv(path),
    "polars, tabs": lambda path, given_: pl.DataFrame(table_of(given_)).write_csv(path, separator="\t"),
    "duckdb": by_duckdb("FORMAT csv, HEADER"),
    "duckdb, bars": by_duckdb("FORMAT csv, HEADER, DELIMITER '|'"),
}

OTHERS: dict[str, Callable[[Path, Words], object]] = {
    "json": by_json,
    "pandas, JSON Lines": lambda path, given_: pd.DataFrame(table_of(given_)).to_json(
        path, orient="records", lines=True
    ),
    "polars, JSON Lines": lambda path, given_: pl.DataFrame(table_of(given_)).write_ndjson(path),
    "duckdb, JSON Lines": by_duckdb("FORMAT json"),
    "pyarrow, Parquet": lambda path, given_: pq.write_table(pa.table(table_of(given_)), path),
    "pandas, Parquet": lambda path, given_: pd.DataFrame(table_of(given_)).to_parquet(path),
    "pandas, categories in Parquet": lambda path, given_: (
        pd.DataFrame(table_of(given_)).astype({"word": "category"}).to_parquet(path)
    ),
    "polars, Parquet": lambda path, given_: pl.DataFrame(table_of(given_)).write_parquet(path),
    "duckdb, Parquet": by_duckdb("FORMAT parquet"),
}


@pytest.mark.parametrize("writer", DELIMITED)
@given(words=words)
@any_words
def test_cells_with_delimiters_come_back_but_for_white_space_around_them(
    writer: str, words: Words, tmp_path: Path
) -> None:
    DELIMITED[writer](tmp_path / "t", words)
    stripped = [word.strip() for word in words]
    assert [row["word"].strip() for _, row in rows_of(tmp_path / "t")] == stripped
    assert columns_of(tmp_path / "t")["word"] == [word if word not in {"", "NA"} else None for word in stripped]


@pytest.mark.parametrize("writer", OTHERS)
@given(words=words)
@any_words
def test_values_of_json_and_parquet_come_back(writer: str, words: Words, tmp_path: Path) -> None:
    OTHERS[writer](tmp_path / "t", words)
    assert [row["word"] for _, row in rows_of(tmp_path / "t")] == words
    assert columns_of(tmp_path / "t")["word"] == words
    assert columns_of(tmp_path / "t")["id"] == table_of(words)["id"]


@settings(any_words, max_examples=300)
@given(content=st.binary(max_size=200) | st.text("\ufeff,;\t|\r\n\"'{}[]:1aésep= ").map(str.encode))
def test_any_bytes_are_rows_or_bad_input(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "t").write_bytes(content)
    with suppress(BadInputError):
        numbers = [number for number, _ in rows_of(tmp_path / "t")]
        assert numbers == sorted(set(numbers))
    with suppress(BadInputError):
        columns_of(tmp_path / "t")
