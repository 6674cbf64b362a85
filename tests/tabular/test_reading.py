"""A table is read in any form and dialect, row by row and by column alike."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.tabular.columns import read_columns
from synpain_hf.tabular.given import GivenFile
from synpain_hf.tabular.rows import Row, read_rows
from tests.tabular.reading import columns_of, rows_of

# What is written, and the lines in which both rows end.
DIALECTS: dict[str, tuple[str | bytes, list[int]]] = {
    "commas": ("id,word\na,x y\nb,z\n", [2, 3]),
    "semicolons": ("id;word\na;x y\nb;z\n", [2, 3]),
    "tabs": ("id\tword\na\tx y\nb\tz\n", [2, 3]),
    "bars": ("id|word\na|x y\nb|z\n", [2, 3]),
    "quotes": ('"id","word"\n"a","x y"\n"b","z"\n', [2, 3]),
    "blanks before quotes": ('id, "word"\n a, "x y"\nb, "z"\n', [2, 3]),
    "CRLF": ("id,word\r\na,x y\r\nb,z\r\n", [2, 3]),
    "CR": ("id,word\ra,x y\rb,z\r", [2, 3]),
    "no last end": ("id,word\na,x y\nb,z", [2, 3]),
    "empty lines": ("\n\nid,word\n\na,x y\n\nb,z\n\n", [5, 7]),
    "empty rows": (",\nid,word\na,x y\n,\nb,z\n,\n , \n", [3, 5]),
    "longer empty rows": ("id,word\na,x y\nb,z\n,,,,\n", [2, 3]),
    "empty columns": ("id,word,,\na,x y,,\nb,z,,\n", [2, 3]),
    "empty cells beyond the header": ("id,word\na,x y,,\nb,z,\n", [2, 3]),
    "cells left out under no name": ("id,word,,\na,x y\nb,z,\n", [2, 3]),
    "sep": ("sep=;\nid;word\na;x y\nb;z\n", [3, 4]),
    "sep in quotes": ('"sep=|"\r\nid|word\r\na|x y\r\nb|z\r\n', [3, 4]),
    "SEP against the columns": ("SEP=,\nid,word\na,x y\nb,z\n", [3, 4]),
    "byte-order mark": ("\ufeffid,word\na,x y\nb,z\n", [2, 3]),
    "mark and sep": ("\ufeffsep=;\nid;word\na;x y\nb;z\n", [3, 4]),
    "UTF-16, little end first": ("\ufeffid\tword\r\na\tx y\r\nb\tz\r\n".encode("utf-16-le"), [2, 3]),
    "UTF-16, big end first": ("\ufeffid\tword\r\na\tx y\r\nb\tz\r\n".encode("utf-16-be"), [2, 3]),
    "JSON Lines": ('{"id": "a", "word": "x y"}\n{"id": "b", "word": "z"}\n', [1, 2]),
    "JSON Lines, empty lines": ('\n\n{"id": "a", "word": "x y"}\n \n{"id": "b", "word": "z"}\n\n', [3, 5]),
    "JSON Lines, UTF-16": ('\ufeff{"id": "a", "word": "x y"}\n{"id": "b", "word": "z"}'.encode("utf-16-le"), [1, 2]),
}


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet", ".txt", ""])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_table_is_read_however_it_is_written_and_called(dialect: str, suffix: str, tmp_path: Path) -> None:
    content, lines = DIALECTS[dialect]
    path = tmp_path / f"table{suffix}"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    first, second = {"id": "a", "word": "x y"}, {"id": "b", "word": "z"}
    assert [(line, {name: cell.strip() for name, cell in row.items()}) for line, row in rows_of(path)] == [
        (lines[0], first),
        (lines[1], second),
    ]
    assert columns_of(path) == {"id": ["a", "b"], "word": ["x y", "z"]}
    assert list(read_columns(path, ["id"]).lines or ()) == lines


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_parquet_is_read_whatever_it_is_called(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"table{suffix}"
    pq.write_table(pa.table({"id": ["a", "b"], "word": ["x y", None], "deep": [["x"], []]}), path)
    assert rows_of(path) == [(1, {"id": "a", "word": "x y", "deep": ["x"]}), (2, {"id": "b", "word": None, "deep": []})]
    assert columns_of(path) == {"id": ["a", "b"], "word": ["x y", None]}


def test_a_cell_over_several_lines_ends_where_its_row_ends(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('id,word\na,"one\ntwo, three"\nb,z\n')
    assert rows_of(tmp_path / "t.csv") == [(3, {"id": "a", "word": "one\ntwo, three"}), (4, {"id": "b", "word": "z"})]


def test_the_wanted_columns_tell_the_delimiter_then_their_number(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id;word;a,b,c,d,e\na;x;,,,,\n")
    assert rows_of(path) == [(2, {"id": "a", "word": "x", "a,b,c,d,e": ",,,,"})]
    assert list(rows_of(path, wanted=[])[0][1]) == ["id;word;a", "b", "c", "d", "e"]


def test_columns_hold_no_white_space_and_null_for_what_is_empty_or_the_na_of_r(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('id,word\na, x\u00a0\nb,NA\nc,\nd,"  "\ne,na\nf,None\n')
    assert columns_of(tmp_path / "t.csv")["word"] == ["x", None, None, None, "na", "None"]


def test_na_in_json_and_parquet_which_have_null_is_a_word(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_text('{"id": "a", "word": "NA"}\n')
    pq.write_table(pa.table({"id": ["a"], "word": ["NA"]}), tmp_path / "t.parquet")
    for name in ("t.jsonl", "t.parquet"):
        assert columns_of(tmp_path / name)["word"] == ["NA"]


def test_a_value_in_a_column_without_a_name_is_no_matter_to_who_wants_others(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("id,word,\na,x,y\n")
    assert columns_of(tmp_path / "t.csv") == {"id": ["a"], "word": ["x"]}


@pytest.mark.parametrize(
    ("delimiter", "cells", "numerals"),
    [
        (";", ["0,5", "-1,25", "3", "1,5e-3", ",5"], ["0.5", "-1.25", "3", "1.5e-3", ".5"]),
        ("\t", ["0,5", "x"], ["0.5", "x"]),
        (";", ["0,5", "0.5"], ["0,5", "0.5"]),
        (";", ["1,234,567", "1,"], ["1,234,567", "1,"]),
        ("|", ["0,5"], ["0,5"]),
    ],
)
def test_decimal_commas_are_points_where_all_decimals_have_them_and_cells_have_other_delimiters(
    delimiter: str, cells: list[str], numerals: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "t.csv"
    path.write_text("".join(f"{delimiter.join(row)}\n" for row in [("id", "n"), *(("a", cell) for cell in cells)]))
    table = read_columns(path, ["n"])
    assert table.listed("n", table.numerals("n")) == numerals
    assert table.listed("n", table.columns["n"]) == cells


def test_names_are_judged_before_any_row_but_in_json_lines_after_the_last(tmp_path: Path) -> None:
    def refuse(names: object) -> None:
        raise BadInputError([]) if names == ["id", "n"] else AssertionError(names)

    (tmp_path / "t.csv").write_text("id,n,\na\n")
    (tmp_path / "t.jsonl").write_text('{"id": 1}\n{"n": 2}\n')
    pq.write_table(pa.table({"id": [1], "n": [1]}), tmp_path / "t.parquet")
    taken: dict[str, list[Row]] = {}
    for name in ("t.csv", "t.jsonl", "t.parquet"):
        rows = read_rows(GivenFile(tmp_path / name, name), ["id"], refuse)
        taken[name] = []
        with pytest.raises(BadInputError):
            taken[name].extend(row for _, row in rows)
    assert taken == {"t.csv": [], "t.jsonl": [{"id": 1}, {"n": 2}], "t.parquet": []}


def test_names_of_an_empty_table_are_none_and_of_json_lines_are_not_judged(tmp_path: Path) -> None:
    told: list[list[str]] = []
    for name in ("t.csv", "t.jsonl"):
        (tmp_path / name).write_text("\n \n")
        assert list(read_rows(GivenFile(tmp_path / name, name), ["id"], lambda names: told.append(list(names)))) == []
    assert told == [[]]


@pytest.mark.parametrize(("name", "what"), [("no.csv", "does not exist"), ("", "is a folder")])
def test_what_is_not_there_is_the_commands_fault(name: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{what}; give a table"):
        read_columns(tmp_path / name, ["id"])


def test_class_labels_of_datasets_have_names(tmp_path: Path) -> None:
    features = {"n": {"names": ["x", "y"], "_type": "ClassLabel"}, "id": {"_type": "Value"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(pa.table({"id": ["a"], "n": [1]}).replace_schema_metadata(metadata), tmp_path / "t.parquet")
    assert read_columns(tmp_path / "t.parquet", ["n"]).class_names == {"n": ["x", "y"]}
