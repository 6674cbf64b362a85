"""What cannot be read is told in the same words row by row and by column, with its line, cause and remedy."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synpain_hf.tabular import parquet, text_lines
from tests.tabular.reading import columns_of, refusals, rows_of

HEAD = "id,word\n"

# Content, and what is said.
TEXTS: dict[str, tuple[str | bytes, str]] = {
    "cells too many": (f"{HEAD}a,b,c\n", "t:2: has 3 cells between commas, not 2 as the header; quote cells that hold"),
    "cells too few": (
        f"{HEAD}\na\n",
        "t:3: has 1 cell between commas, not 2 as the header; write those that are missing, empty or not",
    ),
    "other delimiters below": ("id;word\na,b\n", "t:2: has 1 cell between semicolons, not 2 as the header"),
    "cells too many after sep": ("sep=|\nid|word\na|b|c\n", "t:3: has 3 cells between bars, not 2 as the header"),
    "an open quote": (f'{HEAD}a,"b\n', "t:2: is not valid CSV (unexpected end of data); correct it"),
    "an open quote in the header": ('id,"word\na,b\n', "t:2: is not valid CSV (unexpected end of data); correct it"),
    "text after quotes": (f'{HEAD}a,"b"c\n', "t:2: is not valid CSV ('"),
    "a long cell": (
        f"{HEAD}a,{'b' * 140_000}\n",
        "t:2: has a cell of more than 131,072 characters; shorten it, or close the quotes that it opens",
    ),
    "a quote that nothing closes": (
        f'{HEAD}a,"b\n' + "c,d\n" * 50_000,
        "has a cell of more than 131,072 characters; shorten it, or close",
    ),
    "a long line": (
        f"{HEAD}{'b,' * (text_lines.LONGEST_LINE // 2)}\n,",
        "t:2: has more than 16,777,216 characters; write one row on each line, and shorter cells",
    ),
    "Latin-1": (HEAD.encode() + b"a,b\nc,\xe9\n", "t:3: is not UTF-8 text (byte 2); save the file as UTF-8"),
    "Latin-1 far below": (
        HEAD.encode() + b"a,b\n" * 10_000 + b"\xe9",
        "t:10002: is not UTF-8 text (byte 0); save the file as UTF-8",
    ),
    "Latin-1 in the header": (b"id,w\xe9\n", "t:1: is not UTF-8 text (byte 4); save the file as UTF-8"),
    "UTF-16 cut short": (
        HEAD.encode("utf-16") + b"a",
        "t: begins as UTF-16 text, and goes on as something else; save it as UTF-8",
    ),
    "no JSON": ('{"id": 1}\n{oh\n', "t:2: is not valid JSON ("),
    "JSON over lines": ("{\n}\n", "t:1: is not valid JSON ("),
    "a list": ('[{"id": 1}]\n', "t:1: is not a JSON object; write one, {…}, on each line, without a list around them"),
    "a hundred thousand brackets": ("[" * 100_000, "t:1: is not valid JSON ("),
    "a hundred thousand objects": ('{"id":' * 100_000, "t:1: is not valid JSON ("),
    "an integer of many digits": (f'{{"id": {"9" * 5000}}}', "t:1: is not valid JSON ("),
    "no Parquet": (b"PAR1 and so on", "t: is not a readable Parquet file ("),
    "a workbook": (b"PK\x03\x04\x14", "t: is an Excel workbook, or another zip archive; save the table as CSV"),
    "gzip": (gzip.compress(HEAD.encode()), "t: is compressed; unpack it first"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_it_is_told_with_line_cause_and_remedy(case: str, tmp_path: Path) -> None:
    content, expected = TEXTS[case]
    (tmp_path / "t").write_bytes(content.encode() if isinstance(content, str) else content)
    said = refusals(tmp_path / "t")
    assert said["rows"] == said["columns"]
    assert len(said["rows"]) == 1
    assert expected in said["rows"][0]
    assert len(said["rows"][0]) < 300


@pytest.mark.parametrize(
    ("column", "cause"),
    [
        (pa.array([2**30], pa.int32()).cast(pa.date32()), "a date or time out of range"),
        (pa.array([2**62]).cast(pa.timestamp("us")), "a date or time out of range"),
        (pa.array([-(2**62)]).cast(pa.timestamp("ms", "Europe/Berlin")), "a date or time out of range"),
        (pa.array([2**62]).cast(pa.duration("s")), "a date or time out of range"),
        (pa.array([b"\xff"]).view(pa.string()), "'utf-8' codec can't decode byte 0xff"),
        (pa.array([b"\xff"]).view(pa.string()).dictionary_encode(), "'utf-8' codec can't decode byte 0xff"),
    ],
    ids=lambda value: str(value.type)[:20] if isinstance(value, pa.Array) else "",
)
def test_a_value_of_parquet_that_python_cannot_hold_is_told_by_its_column(
    column: pa.Array, cause: str, tmp_path: Path
) -> None:
    pq.write_table(pa.table({"id": ["a"], "word": column}), tmp_path / "t.parquet")
    said = refusals(tmp_path / "t.parquet")
    assert said["rows"] == said["columns"]
    assert said["rows"][0].startswith(f"t.parquet: the column 'word' cannot be read ({cause}")
    assert said["rows"][0].endswith("; correct it, and write the file again")


@pytest.mark.parametrize("content", [b"", b"PA", b"PARE\0\0", b"\0\1\2\3"])
def test_a_damaged_file_called_parquet_is_told_as_such(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(content)
    for said in refusals(tmp_path / "t.parquet").values():
        assert said[0].startswith("t.parquet: is not a readable Parquet file (")


@pytest.mark.parametrize("content", [HEAD + "a,b\n" * 100_000, '{"id": "a"}\n' * 40_000])
def test_a_large_text_is_refused_before_it_is_read(
    content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_lines, "MOST_TEXT", 2**18)
    (tmp_path / "t").write_text(content)
    for said in refusals(tmp_path / "t").values():
        assert said == ["t: has more than 262,144 bytes of text; write it as Parquet, or in parts"]


def test_a_text_that_grows_while_it_is_read_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "MOST_TEXT", 64)
    with pytest.raises(ValueError, match="maps: has more than 64 bytes of text"):
        rows_of(Path("/proc/self/maps"))  # its size is said to be 0


@pytest.mark.parametrize(("name", "most"), [("MOST_BYTES", 100), ("MOST_ROWS", 99)])
def test_parquet_of_more_than_is_read_row_by_row_is_refused(
    name: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq.write_table(pa.table({"id": [f"number {n}" for n in range(100)]}), tmp_path / "t.parquet")
    assert len(rows_of(tmp_path / "t.parquet")) == 100
    monkeypatch.setattr(parquet, name, most)
    with pytest.raises(ValueError, match=r"t.parquet: has more than .*; write it in parts"):
        rows_of(tmp_path / "t.parquet")


def test_a_text_that_many_rows_of_parquet_share_is_in_the_memory_once(tmp_path: Path) -> None:
    text = "x" * 2**20
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000), pa.array([text]))
    pq.write_table(pa.table({"id": column}), tmp_path / "t.parquet", store_schema=False)
    rows = rows_of(tmp_path / "t.parquet")  # a copy for each row would be 100 GB
    assert len(rows) == 100_000
    assert rows[-1] == (100_000, {"id": text})


def test_a_value_under_no_name_is_told_row_by_row(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,word,\na,b,\nc,d,e\n")
    with pytest.raises(ValueError, match=r"t.csv:3: has 'e' in a column without a name; name the column, or remove it"):
        rows_of(tmp_path / "t.csv")


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_text("id,word,word\na,b,c\n"),
        lambda path: pq.write_table(pa.Table.from_arrays([pa.array(["a"])] * 3, ["id", "word", "word"]), path),
    ],
)
def test_a_wanted_column_that_is_there_twice_is_told(write: Callable[[Path], object], tmp_path: Path) -> None:
    write(tmp_path / "t")
    with pytest.raises(ValueError, match="t: names the column 'word' 2 times; keep one"):
        columns_of(tmp_path / "t")
    with pytest.raises(ValueError, match="t: names the column 'word' 2 times; keep one"):
        rows_of(tmp_path / "t")
    assert columns_of(tmp_path / "t", wanted=["id"]) == {"id": ["a"]}
