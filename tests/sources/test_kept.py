"""Columns of a table that a release keeps: their types, and what is said where values are of several."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import ClassLabel, Dataset, Image, Value
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.pair import Pair
from synpain_hf.release.tables import base_table
from synpain_hf.sources import Source, open_source
from synpain_hf.sources.kept import kept_of
from synpain_hf.sources.loaded import open_dataset
from synpain_hf.sources.wording import Wording, read_wording

OURS = {"label": "pain", "age_group": "old", "gender": "man", "ethnicity": "white"}
KEPT = Wording(kept={"x": None})


def csv_of(folder: Path, column: str, cells: Sequence[str]) -> Path:
    (folder / "a.png").touch()
    lines = [f"{at},pain,old,man,white,a.png,{cell}" for at, cell in enumerate(cells)]
    path = folder / "pairs.csv"
    head = f"pair_id,label,age_group,gender,ethnicity,composite,{column}"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def json_of(folder: Path, values: Sequence[Any]) -> Path:
    (folder / "a.png").touch()
    path = folder / "pairs.jsonl"
    rows = [{"pair_id": f"p{at}", **OURS, "composite": "a.png", "x": value} for at, value in enumerate(values)]
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return path


def column_of(source: Source) -> tuple[str, list[Any]]:
    """The type of the column `x`, and its values."""
    kept = [entry.kept[0] for entry in source if isinstance(entry, Pair)]
    assert {one.column for one in kept} == {"x"}
    (dtype,) = {one.dtype for one in kept}
    return dtype, [one.value for one in kept]


@pytest.mark.parametrize(
    ("cells", "dtype", "values"),
    [
        (["true", "FALSE", "", "True"], "bool", [True, False, None, True]),
        (["1", "-20", "NA", "+3"], "int64", [1, -20, None, 3]),
        (["0", "1"], "int64", [0, 1]),
        (["1", "2.5", "nan", "1e3", ".5"], "float64", [1.0, 2.5, None, 1000.0, 0.5]),
        (["a", " b ", "", "none"], "string", ["a", "b", None, "none"]),
        (["007", "12", ""], "string", ["007", "12", None]),
        (["12345678901234567890", "1"], "string", ["12345678901234567890", "1"]),
        (["A1", "007"], "string", ["A1", "007"]),
    ],
)
def test_a_column_of_text_has_the_narrowest_type_of_all_its_values(
    tmp_path: Path, cells: list[str], dtype: str, values: list[Any]
) -> None:
    source = open_source([csv_of(tmp_path, "x", cells)], KEPT)
    assert column_of(source) == (dtype, values)
    assert list(map(type, column_of(source)[1])) == list(map(type, values))


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([True, None], "bool"),
        ([1, -(2**63)], "int64"),
        ([1, 2.5], "float64"),
        (["1", "2", ""], "string"),
        (["true", None], "string"),
    ],
)
def test_a_column_of_a_typed_table_keeps_its_type(tmp_path: Path, values: list[Any], dtype: str) -> None:
    assert column_of(open_source([json_of(tmp_path, values)], KEPT)) == (dtype, values)


@pytest.mark.parametrize(
    ("asked", "cells", "values"),
    [
        ("string", ["1", "x", "2.50", "True"], ["1", "x", "2.50", "True"]),
        ("float64", ["1", "2"], [1.0, 2.0]),
        ("int64", ["007", "8"], [7, 8]),
    ],
)
def test_a_type_that_is_asked_for_is_the_one(tmp_path: Path, asked: str, cells: list[str], values: list[Any]) -> None:
    wording = read_wording(None, (), [f"x={asked}"])
    assert column_of(open_source([csv_of(tmp_path, "x", cells)], wording)) == (asked, values)


@pytest.mark.parametrize(
    ("cells", "keep", "line", "reason"),
    [
        (
            ["67", "8", "20-29"],
            "x",
            4,
            "x '20-29' is text, and x holds integers; correct it, or keep the column as text",
        ),
        (["1.5", "true", "2"], "x", 3, "x true is a truth value, and x holds numbers; correct it, or keep"),
        (["a", "b", "12"], "x", 4, r"x 12 is an integer, and x holds text; .* \(--keep x=string\)"),
        (["1.5", "2", "1,5"], "x", 4, "x '1,5' is a number with a decimal comma, not a point, and x holds numbers"),
        (["1.5", "2", "007"], "x", 4, "x 007 is a code of digits, and x holds numbers"),
        (["1.5", "2"], "x=int64", 2, "x 1.5 is a number, and x holds integers; correct it, or keep the column as text"),
        (["9007199254740993", "2.5"], "x", 2, "x 9007199254740993 is an integer, and x holds numbers"),
    ],
)
def test_values_that_do_not_fit_one_type_are_told_by_line(
    tmp_path: Path, cells: list[str], keep: str, line: int, reason: str
) -> None:
    cells = [f'"{cell}"' for cell in cells]
    with pytest.raises(BadInputError, match=rf"pairs\.csv:{line}: {reason}"):
        open_source([csv_of(tmp_path, "x", cells)], read_wording(None, (), [keep]))


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([1, "2"], "pairs.jsonl:2: x '2' is text, and x holds integers"),
        ([1, 2**63], "pairs.jsonl:2: x 9223372036854775808 is an integer of more than 64 bits, and x holds integers"),
        ([1, 10**400], "pairs.jsonl:2: x 1000.* is an integer of more than 64 bits"),
        (["a", [1]], r"pairs.jsonl:2: x \[1\] is a list, and x holds text; correct it, or leave the column out"),
        (["a", "\ud800"], "pairs.jsonl:2: .* is text with half a character"),
        ([None, None], r"pairs.jsonl: has no values in the column 'x'; omit --keep x, and leave it out \(--drop x\)"),
    ],
)
def test_a_typed_table_is_told_likewise(tmp_path: Path, values: list[Any], reason: str) -> None:
    with pytest.raises(BadInputError, match=reason):
        open_source([json_of(tmp_path, values)], KEPT)


def test_very_many_values_that_do_not_fit_are_told_at_once(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "x", ["1"] * 40 + ["a"] * 30)
    with pytest.raises(BadInputError) as caught:
        open_source([path], KEPT)
    (problem,) = caught.value.problems
    assert problem.file == "pairs.csv"
    assert problem.reason == (
        "has 30 of 70 values of x that are not integers (pairs.csv:42 has 'a', pairs.csv:43 has 'a', pairs.csv:44 has "
        "'a' and 27 more); correct them, or keep the column as text (--keep x=string)"
    )


@given(st.lists(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.booleans()), min_size=1))
def test_no_value_of_any_table_is_changed(values: list[Any]) -> None:
    rows = [(f"t:{at}", {"x": value}) for at, value in enumerate(values)]
    try:
        kept = kept_of("t", rows, KEPT)
    except BadInputError:
        return
    for value, (one,) in zip(values, kept, strict=True):
        assert one.value == value if value == value else one.value is None


@given(st.lists(st.text(), min_size=1))
def test_no_cell_of_text_loses_a_character_but_blanks_and_the_form_of_numbers(cells: list[str]) -> None:
    try:
        kept = kept_of("t", [(f"t:{at}", {"x": cell}) for at, cell in enumerate(cells)], KEPT, as_texts=True)
    except BadInputError:
        return
    for cell, (one,) in zip(cells, kept, strict=True):
        match one.dtype:
            case "string":
                assert one.value in (cell.strip(), None)
            case "bool":
                assert one.value is None or str(one.value).lower() == cell.strip().lower()
            case _:
                assert one.value is None or one.value == float(cell)


def test_parquet_and_loaded_data_sets_keep_columns_with_the_words_of_classes(tmp_path: Path) -> None:
    rows = [
        {"pair_id": f"p{at}", **OURS, "composite": {"bytes": b"x", "path": f"{at}.png"}, "x": at % 2} for at in range(4)
    ]
    dataset = Dataset.from_list(rows).cast_column("composite", Image())
    dataset = dataset.cast_column("x", ClassLabel(names=["left", "right"]))
    dataset.to_parquet(tmp_path / "pairs.parquet")
    expected = ("string", ["left", "right", "left", "right"])
    assert column_of(open_dataset(dataset, KEPT)) == expected
    assert column_of(open_source([tmp_path / "pairs.parquet"], KEPT)) == expected
    assert column_of(open_dataset(dataset.cast_column("x", Value("uint8")), KEPT)) == ("int64", [0, 1, 0, 1])


def test_a_column_of_pictures_or_dates_is_refused_or_kept_as_text(tmp_path: Path) -> None:
    row = {"pair_id": "p", **OURS, "composite": {"bytes": b"x", "path": "a"}, "x": {"bytes": b"y", "path": "b"}}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "pairs.parquet")
    with pytest.raises(BadInputError, match="the column 'x' holds pictures, which cannot be kept"):
        open_source([tmp_path / "pairs.parquet"], KEPT)
    pq.write_table(pa.Table.from_pylist([{**row, "x": date(2026, 1, 31)}]), tmp_path / "pairs.parquet")
    with pytest.raises(BadInputError, match=r"is a date, and .*\(--keep x=string\)"):
        open_source([tmp_path / "pairs.parquet"], KEPT)
    wording = read_wording(None, (), ["x=string"])
    assert column_of(open_source([tmp_path / "pairs.parquet"], wording)) == ("string", ["2026-01-31"])


def test_no_column_of_the_official_data_set_is_kept() -> None:
    rows = [{"image": {"bytes": b"x", "path": "1000020580_NoPain_man_Young.jpg"}, "x": 1}]
    with pytest.raises(
        UsageError, match="keep keeps columns of a table of your own, and this is the official data set"
    ):
        open_dataset(Dataset.from_list(rows).cast_column("image", Image()), KEPT)


def test_a_column_may_be_kept_under_another_name(tmp_path: Path) -> None:
    path = csv_of(tmp_path, "BMI (kg/m2)", ["20.5"])
    with pytest.raises(BadInputError, match="keep it under a name of letters, digits, _ and - "):
        open_source([path])
    wording = read_wording({"columns": {"BMI (kg/m2)": "x"}}, (), ["x"])
    assert column_of(open_source([path], wording)) == ("float64", [20.5])


@pytest.mark.parametrize("column", [*base_table().features(), "composite", "prompt", "seed"])
def test_a_column_that_every_release_has_cannot_be_kept_again(column: str) -> None:
    with pytest.raises(UsageError, match=f"keep names '{column}', which a release has already; omit it, or rename"):
        read_wording(None, (), [column])


@pytest.mark.parametrize(
    ("keep", "reason"),
    [
        ("a b", "keep names 'a b', but needs a name of letters"),
        ("provenance.seed", "needs a name of letters"),
        ("mood=strnig", r"gives 'mood' the type 'strnig' \(did you mean 'string'\?\); choose one of bool, int64"),
        ("mood=", "gives 'mood' the type ''"),
        ("dropped", "keep and drop name the column 'dropped' both; choose one of the two"),
    ],
)
def test_what_cannot_be_kept_is_refused(keep: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        read_wording(None, ["dropped"], [keep])


def test_a_column_that_is_not_there_cannot_be_kept(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"has no column 'mod' that could be kept \(did you mean 'mood'\?\); corr"):
        open_source([csv_of(tmp_path, "mood", ["1"])], read_wording(None, (), ["mod", "mood"]))
