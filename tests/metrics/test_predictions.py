"""`evaluate`: what a file holds is what the metric gets, whatever the form; what is wrong is named by line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

import synpain_hf
from synpain_hf.errors import BadInputError, SynpainError, UsageError
from synpain_hf.metrics.predictions import MOST_CURVES, MOST_INTERVALS, evaluate
from synpain_hf.metrics.subgroup_auroc import Report, subgroup_auroc
from synpain_hf.schemas import violations

Values = Mapping[str, Sequence[Any]]

ROWS: dict[str, list[Any]] = {
    "id": [0, 0, 1, 1, 2, 2, 3, 3],
    "label": [0, 1, 0, 1, 0, 1, 0, 1],
    "score": [0.1, 0.9, 0.4, 0.3, 0.2, 0.8, 0.6, 0.7],
    "gender": ["man", "man", "man", "man", "woman", "woman", "woman", None],
}
SMALL: dict[str, Any] = {"min_group_size": 1}


def write_csv(path: Path, columns: Values) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(columns)
        table.writerows(zip(*columns.values(), strict=True))


def write_json_lines(path: Path, columns: Values) -> None:
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def write_parquet(path: Path, columns: Values) -> None:
    pq.write_table(pa.table(dict(columns)), path)


FORMS: dict[str, Callable[[Path, Values], None]] = {
    "csv": write_csv,
    "jsonl": write_json_lines,
    "parquet": write_parquet,
}
every_form = pytest.mark.parametrize("form", FORMS)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A small table, as CSV."""
    write_csv(tmp_path / "predictions.csv", ROWS)
    return tmp_path / "predictions.csv"


def of_arrays(columns: Values, groups: Sequence[str] = ("gender",), **options: Any) -> Report:
    """What the metric says of the same rows."""
    return subgroup_auroc(
        references=columns["label"],
        scores=columns["score"],
        groups={name: np.array(columns[name], object) for name in groups},
        **SMALL,
        **options,
    )


names_of_groups = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(
    lambda text: text == text.strip() and text != "NA"
)
kinds_of_groups: list[st.SearchStrategy[Any]] = [
    names_of_groups, st.integers(-(2**40), 2**40), st.booleans(), st.sampled_from(["N/A", "None", "nan"])
]  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> dict[str, list[Any]]:
    count = draw(st.integers(2, 30))
    kind = draw(st.sampled_from(kinds_of_groups))
    values = [*draw(st.lists(kind, min_size=1, max_size=4)), None]

    def column(each: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(each, min_size=count, max_size=count))

    return {
        "label": column(st.sampled_from([0, 1])),
        "score": column(st.floats(allow_nan=False, allow_infinity=False)),
        "gender": column(st.sampled_from(values)),
    }


class TestForms:
    @every_form
    @given(columns=tables())
    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_a_file_gives_the_same_report_as_arrays(self, form: str, columns: Values, tmp_path: Path) -> None:
        path = tmp_path / f"predictions.{form}"
        FORMS[form](path, columns)
        report = evaluate(path, **SMALL)
        assert report == of_arrays(columns)
        assert violations("metric_report", report) == []

    @pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "txt", ""])
    @every_form
    def test_the_content_tells_the_form_not_the_name(self, form: str, suffix: str, tmp_path: Path) -> None:
        path = tmp_path / f"predictions.{suffix}"
        FORMS[form](path, ROWS)
        assert evaluate(path, **SMALL) == of_arrays(ROWS)

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.replace(b",", b";"),
            lambda text: text.replace(b",", b"\t"),
            lambda text: text.replace(b",", b" | "),
            lambda text: text.replace(b",", b" , "),
            lambda text: text.replace(b"\r\n", b"\n"),
            lambda text: text.replace(b"\r\n", b"\r\n\r\n"),
            lambda text: text.replace(b",man", b', "man"').replace(b"label", b'"label"'),
            lambda text: b"\xef\xbb\xbf" + text,
            lambda text: text.removesuffix(b"\r\n"),
            lambda text: text.replace(b"\r\n", b"\r"),
            lambda text: text.decode().replace(",", "\t").encode("utf-16"),
            lambda text: b"sep=;\r\n" + text.replace(b",", b";"),
            lambda text: b"sep=;;;;\r\n" + text.replace(b",", b";"),
            lambda text: b'\xef\xbb\xbf"sep=;"\r\n' + text.replace(b",", b";"),
            lambda text: b"\r\nSep = \t\r\n" + text.replace(b",", b"\t"),
            lambda text: text.replace(b",", b";").replace(b".", b","),
            lambda text: text.replace(b"\r\n", b",,\r\n") + b",,,,,\r\n" * 3,
        ],
        ids=[
            "semicolons",
            "tabs",
            "bars",
            "blanks",
            "LF",
            "empty lines",
            "quotes",
            "byte-order mark",
            "no last end",
            "CR",
            "UTF-16",
            "sep",
            "sep as Excel widens it",
            "sep after a mark",
            "sep below an empty line",
            "decimal commas",
            "empty rows and columns",
        ],
    )
    def test_a_table_may_be_written_in_many_ways(self, path: Path, change: Callable[[bytes], bytes]) -> None:
        path.write_bytes(change(path.read_bytes()))
        assert evaluate(path, **SMALL) == of_arrays(ROWS)

    def test_a_comma_in_another_column_does_not_make_a_table_one_with_commas(self, tmp_path: Path) -> None:
        path = tmp_path / "predictions.csv"
        path.write_text("label;score;gender;a,b,c,d,e\n1;0.9;man;x\n0;0.1;man;y\n")
        assert evaluate(path, **SMALL)["groups"]["gender"]["man"]["auroc"] == 1

    def test_json_lines_may_leave_out_what_is_missing_and_have_empty_lines(self, tmp_path: Path) -> None:
        path = tmp_path / "predictions.jsonl"
        path.write_text('\n{"label": 1, "score": 0.9, "gender": "x"}\n\n{"score": "0.1", "label": false}\n')
        assert list(evaluate(path, **SMALL)["groups"]["gender"]) == ["x", "(missing)"]

    @every_form
    def test_rows_of_several_chunks_stay_in_order(self, form: str, tmp_path: Path) -> None:
        generator = np.random.default_rng(0)
        count = 70_000
        columns = {
            "label": generator.integers(0, 2, count).tolist(),
            "score": generator.random(count).tolist(),
            "gender": generator.choice(["man", "woman"], count).tolist(),
        }
        path = tmp_path / f"predictions.{form}"
        FORMS[form](path, columns)
        told: list[tuple[str, int, int]] = []
        report = evaluate(path, progress=lambda *step: told.append(step))
        assert report["groups"] == subgroup_auroc(references=columns["label"], scores=columns["score"],
                                                  groups={"gender": columns["gender"]})["groups"]  # fmt: skip
        assert {what for what, _, _ in told} == {"rows" if form == "parquet" else "bytes"}
        assert all(0 < done <= total for _, done, total in told)


class TestParquet:
    def test_class_labels_show_their_names_in_their_order(self, tmp_path: Path) -> None:
        features = datasets.Features(
            label=datasets.ClassLabel(names=["no_pain", "pain"]),
            age_group=datasets.ClassLabel(names=["young", "old", "nobody"]),
            score=datasets.Value("float64"),
            others=datasets.List(datasets.Value("int64")),
        )
        columns = {"label": [0, 1, 0, 1, 0], "score": [0.1, 0.9, 0.5, 0.4, 0.2], "age_group": [1, 1, 0, 0, -1]}
        rows = datasets.Dataset.from_dict({**columns, "others": [[1]] * 5}, features)
        rows.to_parquet(tmp_path / "rows.parquet")
        report = evaluate(tmp_path / "rows.parquet", **SMALL)
        assert list(report["groups"]["age_group"]) == ["young", "old", "(missing)"]
        assert report["overall"]["positives"] == 2
        loaded = subgroup_auroc(
            references=rows["label"], scores=rows["score"], groups=rows, attributes=["age_group"], **SMALL
        )
        assert report == loaded

    @pytest.mark.parametrize(
        ("positive", "positives"), [(None, 1), ("sick", 1), ("Well", 3), (1, 1), ("1", 1), ("0", 3), (0, 3)]
    )
    def test_a_class_label_is_named_or_numbered(self, positive: Any, positives: int, tmp_path: Path) -> None:
        features = datasets.Features(label=datasets.ClassLabel(names=["Well", "Sick"]), score=datasets.Value("float32"))
        rows = datasets.Dataset.from_dict({"label": [0, 1, 0, 0], "score": [0.25, 1, 0.5, 0]}, features)
        rows.to_parquet(tmp_path / "rows.parquet")
        report = evaluate(tmp_path / "rows.parquet", groups=(), positive=positive)
        assert report["overall"]["positives"] == positives

    @pytest.mark.parametrize(
        ("column", "groups"),
        [
            (pa.array([1, None, 10, 2, 1, 1, 1, 1]), ["1", "2", "10", "(missing)"]),
            (pa.array([1.5, None, float("nan"), 2, 1.5, 2, 2, 2]), ["1.5", "2.0", "(missing)"]),
            (pa.array([True, None] * 4), ["True", "(missing)"]),
            (pa.array(["b", "a", None, "b"] * 2, pa.large_string()), ["a", "b", "(missing)"]),
            (pa.array(["b", "a", None, " b"] * 2).dictionary_encode(), ["a", "b", "(missing)"]),
            (pa.array(["", "NA", "None", "null"] * 2), ["NA", "None", "null", "(missing)"]),
            (pa.nulls(8), ["(missing)"]),
        ],
    )
    def test_any_type_of_column_gives_groups(self, column: pa.Array, groups: list[str], tmp_path: Path) -> None:
        table = pa.table({"label": ROWS["label"], "score": ROWS["score"], "gender": column})
        pq.write_table(table, tmp_path / "rows.parquet")
        assert list(evaluate(tmp_path / "rows.parquet", **SMALL)["groups"]["gender"]) == groups

    @pytest.mark.parametrize(
        "kind", [pa.float16(), pa.float32(), pa.decimal128(5, 2), pa.string(), pa.dictionary(pa.int32(), pa.string())]
    )
    def test_any_type_of_number_gives_scores(self, kind: pa.DataType, tmp_path: Path) -> None:
        scores = pa.array([str(row / 4) for row in range(8)])
        scores = scores.cast(kind) if not pa.types.is_floating(kind) else scores.cast(pa.float64()).cast(kind)
        table = pa.table({"label": ROWS["label"], "score": scores, "gender": ROWS["gender"]})
        pq.write_table(table, tmp_path / "rows.parquet")
        expected = of_arrays({**ROWS, "score": [row / 4 for row in range(8)]})
        assert evaluate(tmp_path / "rows.parquet", **SMALL) == expected

    @pytest.mark.parametrize("metadata", [b"{", b"null", b'{"info": null}', b'{"info": {"features": {}}}', b"\xff"])
    def test_metadata_that_are_no_features_are_left_aside(self, metadata: bytes, tmp_path: Path) -> None:
        table = pa.table(ROWS).replace_schema_metadata({b"huggingface": metadata})
        pq.write_table(table, tmp_path / "rows.parquet")
        assert evaluate(tmp_path / "rows.parquet", **SMALL) == of_arrays(ROWS)


class TestColumns:
    @pytest.mark.parametrize(
        ("negative", "positive"),
        [
            ("0", "1"),
            ("0.0", "1.0"),
            ("False", "True"),
            ("FALSE", "TRUE"),
            ("no_pain", "pain"),
            ("NoPain", "Pain"),
            ("-1", "1"),
        ],
    )
    def test_a_usual_positive_label_need_not_be_named(self, negative: str, positive: str, tmp_path: Path) -> None:
        columns = {**ROWS, "label": [negative, positive] * 4}
        write_csv(tmp_path / "p.csv", columns)
        assert evaluate(tmp_path / "p.csv", **SMALL) == of_arrays(columns)
        assert of_arrays(columns)["overall"] == of_arrays(ROWS)["overall"]

    @pytest.mark.parametrize(
        ("labels", "positive"),
        [(["no", "Yes"], "yes"), ([1, 2], 2), ([1, 2], "2"), ([1.0, 2.0], 2), ([True, False], False), (["1", "0"], 0)],
    )
    def test_another_positive_label_is_named(self, labels: list[Any], positive: Any, tmp_path: Path) -> None:
        columns = {**ROWS, "label": labels * 4}
        write_csv(tmp_path / "p.csv", columns)
        report = evaluate(tmp_path / "p.csv", positive=positive, **SMALL)
        assert report == of_arrays(columns, positive=labels[1])
        assert report["overall"] == of_arrays(ROWS)["overall"]

    def test_rows_of_one_class_have_no_auroc_and_are_no_error(self, tmp_path: Path) -> None:
        for label in ("no_pain", "pain"):
            write_csv(tmp_path / "p.csv", {**ROWS, "label": [label] * 8})
            assert evaluate(tmp_path / "p.csv")["overall"]["auroc"] is None

    def test_groups_are_those_of_synpain_that_are_there_and_serve_nothing_else(self, tmp_path: Path) -> None:
        columns = {**ROWS, "ethnicity": ["a"] * 8, "age_group": [0, 1] * 4, "other": ["x"] * 8}
        write_csv(tmp_path / "p.csv", columns)
        assert list(evaluate(tmp_path / "p.csv")["groups"]) == ["age_group", "gender", "ethnicity"]
        assert list(evaluate(tmp_path / "p.csv", label="age_group")["groups"]) == ["gender", "ethnicity"]
        assert list(evaluate(tmp_path / "p.csv", groups=())["groups"]) == []

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("gender", ["gender"]),
            ("id, gender", ["id", "gender"]),
            (["id", "gender,id"], ["id", "gender"]),
            ("a,b", ["a,b"]),
            (["a,b", "gender"], ["a,b", "gender"]),
        ],
    )
    def test_groups_may_be_any_columns(self, asked: Any, found: list[str], tmp_path: Path) -> None:
        write_csv(tmp_path / "p.csv", {**ROWS, "a,b": ["x"] * 8, "a": ["x"] * 8})
        assert list(evaluate(tmp_path / "p.csv", groups=asked)["groups"]) == found

    @every_form
    def test_clusters_weights_and_baseline_are_columns(self, form: str, tmp_path: Path) -> None:
        weights, others = [1, 2, 0.5, 1, 1, 3, 1, 1], ROWS["score"][::-1]
        path = tmp_path / f"predictions.{form}"
        FORMS[form](path, {**ROWS, "weight": weights, "other": others})
        report = evaluate(path, clusters="id", weights="weight", baseline="other", **SMALL)
        assert report == of_arrays(ROWS, clusters=ROWS["id"], sample_weight=weights, baseline_scores=others)

    def test_every_option_reaches_the_metric(self, path: Path) -> None:
        options: dict[str, Any] = {
            "depth": 2, "interval": "bootstrap", "confidence": 0.8, "resamples": 50, "seed": 3, "threshold": 0.45,
            "correction": "none",
        }  # fmt: skip
        report = evaluate(path, groups="gender,id", **SMALL, **options)
        columns = {**ROWS, "id": list(map(str, ROWS["id"]))}
        assert report == of_arrays(columns, groups=("gender", "id"), **options)

    def test_a_validation_file_chooses_the_threshold(self, path: Path, tmp_path: Path) -> None:
        write_json_lines(tmp_path / "v.jsonl", {"label": ["pain", "no_pain"], "score": [0.35, 0.1]})
        report = evaluate(path, validation=tmp_path / "v.jsonl")
        assert report["options"]["threshold"] == 0.35
        assert report["options"]["threshold_from"] == "validation"

    def test_words_for_nothing_are_groups_but_empty_cells_and_the_na_of_r_are_missing(self, tmp_path: Path) -> None:
        write_csv(tmp_path / "p.csv", {**ROWS, "gender": ["N/A", "nan", "None", "null", "", " ", "NA", "x"]})
        report = evaluate(tmp_path / "p.csv", **SMALL)
        assert list(report["groups"]["gender"]) == ["nan", "N/A", "None", "null", "x", "(missing)"]


def changed(**columns: Any) -> Callable[[Path], object]:
    """A CSV with other columns; None takes one away."""
    kept = {name: values for name, values in {**ROWS, **columns}.items() if values is not None}
    return lambda path: write_csv(path, kept)


def text(content: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content.encode() if isinstance(content, str) else content)


def parquet(**columns: Any) -> Callable[[Path], object]:
    return lambda path: write_parquet(path, {**ROWS, **columns})


def with_classes(**columns: Any) -> Callable[[Path], object]:
    """A Parquet file of `datasets` whose integers are not all of a class."""

    def write(path: Path) -> None:
        features = {name: {"names": ["a", "b"], "_type": "ClassLabel"} for name in columns}
        metadata = {"huggingface": json.dumps({"info": {"features": features}})}
        pq.write_table(pa.table({**ROWS, **columns}).replace_schema_metadata(metadata), path)

    return write


def repeated_parquet(path: Path) -> None:
    columns = [pa.array(values) for values in (*ROWS.values(), ROWS["score"])]
    pq.write_table(pa.Table.from_arrays(columns, [*ROWS, "score"]), path)


def not_utf8_parquet(path: Path) -> None:
    words = pa.array([b"\xff"] * 8).view(pa.string())
    pq.write_table(pa.table({**ROWS, "gender": words}), path)


LINES = '{"label": 0, "score": 0.1, "gender": "x"}\n{"label": 1, "score": 0.2, "gender": "x"}\n'
BAD = BadInputError
WRONG = UsageError

# What is given, options, the error, and what it says; {p} is the file.
TABLE: dict[str, tuple[Callable[[Path], object], dict[str, Any], type[SynpainError], list[str]]] = {
    "no file": (lambda _: None, {}, WRONG, ["{p} does not exist; give a table (CSV"]),
    "a folder": (Path.mkdir, {}, WRONG, ["{p} is a folder; give a table (CSV"]),
    "empty": (text(""), {}, BAD, ["{p}: is empty; give one that has rows"]),
    "blank": (text(" \n\n"), {}, BAD, ["{p}: is empty; give one that has rows"]),
    "header only": (text("label,score,gender\n"), {}, BAD, ["{p}: has no rows"]),
    "Parquet without rows": (
        lambda path: pq.write_table(pa.table(ROWS).slice(0, 0), path), {}, BAD, ["{p}: has no rows"]
    ),
    "no label": (
        changed(label=None), {}, BAD,
        ["{p}: has no column 'label'; name the right one (label); the file has 'id', 'score', 'gender'"]
    ),
    "no label, no score": (
        text("Label,scores,gender\n0,0,x\n"), {}, BAD,
        ["{p}: has no column 'label'; did you mean 'Label'?", "{p}: has no column 'score'; did you mean 'scores'?"],
    ),
    "no group": (
        changed(), {"groups": "age,Gender"}, BAD,
        ["{p}: has no column 'Gender'; did you mean 'gender'? name the right one (groups)", "{p}: has no column 'age'"],
    ),
    "none of the usual groups": (
        changed(gender=None), {}, BAD,
        ["{p}: has none of the columns age_group, gender, ethnicity; name those with groups (groups); the file"],
    ),
    "no clusters": (
        changed(), {"clusters": "identity"}, BAD,
        ["{p}: has no column 'identity'; name the right one (clusters)"]
    ),
    "no weights": (changed(), {"weights": "w"}, BAD, ["name the right one (weights)"]),
    "no baseline": (changed(), {"baseline": "b"}, BAD, ["name the right one (baseline)"]),
    "many columns": (
        changed(**{f"c{number}": ["x"] * 8 for number in range(40)}), {"score": "s"}, BAD, ["'c25' and 14 more"]
    ),
    "a column twice": (
        text("label,score,gender,score\n"), {}, BAD, ["{p}: names the column 'score' 2 times; keep one"]
    ),
    "a column twice in Parquet": (repeated_parquet, {}, BAD, ["{p}: names the column 'score' 2 times; keep one"]),
    "a word as score": (
        changed(score=[0, 0.1, "high", 0, 0, 0, 0, 0]), {}, BAD,
        ["{p}:4: score is 'high', not a number; correct it, or leave the row out"]
    ),
    "a decimal comma": (
        text('label,score,gender\n0,"0,5",x\n'), {}, BAD,
        ["{p}:2: score is '0,5', with a decimal comma; write points"]
    ),
    "decimal points and commas": (
        text("label;score;gender\n0;0,5;x\n1;0.5;y\n"), {}, BAD, ["{p}:2: score is '0,5', with a decimal comma"]
    ),
    "detections that failed": (
        changed(score=["FIT_FAILED", "-nan(ind)", "1.#QNAN", "#DIV/0!", *[0.5] * 4]), {}, BAD,
        [
            f"{{p}}:{line}: score is {word!r}, not a number; correct it, or leave the row out"
            for line, word in enumerate(["FIT_FAILED", "-nan(ind)", "1.#QNAN", "#DIV/0!"], 2)
        ],
    ),
    "scores of more digits than a float has": (
        changed(score=[2**53, 2**53 + 1, *range(6)]), {}, BAD,
        [f"{{p}}:{line}: score is the same 64-bit float as another value, but differs; subtract" for line in (2, 3)],
    ),
    "scores of more digits in Parquet": (
        parquet(score=[2**62, 2**62 + 1, *range(6)]), {}, BAD, ["{p}:0: score is the same", "{p}:1: score is the"]
    ),
    "scores of more digits in JSON": (
        text(LINES + '{"label": 1, "score": 9007199254740993}\n{"label": 0, "score": 9007199254740992}'), {}, BAD,
        ["{p}:3: score is the same 64-bit", "{p}:4: score is the"],
    ),
    "no score": (changed(score=["", *[0.5] * 7]), {}, BAD, ["{p}:2: score is missing; fill it in"]),
    "scores that are not finite": (
        changed(score=["nan", "-inf", *[0.5] * 6]), {}, BAD,
        ["{p}:2: score is nan, not finite", "{p}:3: score is -inf, not"]
    ),
    "a line that quotes go over": (
        text('label,score,gender\n0,0.5,"a\nb"\n\n1,x,c\n'), {}, BAD, ["{p}:5: score is 'x', not a number"]
    ),
    "a word in JSON": (
        text(LINES + '\n{"label": 1, "score": "high", "gender": "x"}'), {}, BAD,
        ["{p}:4: score is 'high', not a number"]
    ),
    "a list in JSON": (
        text(LINES + '{"label": 1, "score": [0.5, 0.5], "gender": "x"}'), {}, BAD,
        ["{p}:3: score is [0.5, 0.5], not a number"]
    ),
    "a huge number in JSON": (
        text(LINES + f'{{"label": 1, "score": 1{"0" * 400}, "gender": "x"}}'), {}, BAD, ["{p}:3: score is 1000000"]
    ),
    "groups as lists": (
        text(LINES + '{"label": 1, "score": 1, "gender": ["x"]}\n{"label": 1, "score": 1, "gender": {}}'), {}, BAD,
        ["{p}:3: gender holds several values; give one", "{p}:4: gender holds several"],
    ),
    "half a character": (
        text(LINES + '{"label": 1, "score": 1, "gender": "\\ud800"}'), {}, BAD, ["{p}:3: gender holds half a character"]
    ),
    "scores in Parquet": (
        parquet(score=[0.1, None, float("nan"), *[0.5] * 5]), {}, BAD,
        ["{p}:1: score is missing; fill it in, or leave the row out (row 1, from 0)", "{p}:2: score is nan, not"],
    ),
    "words in Parquet": (
        parquet(score=["x", *["1"] * 7]), {}, BAD,
        ["{p}:0: score is 'x', not a number; correct it, or leave the row out (row 0, from 0)"]
    ),
    "lists in Parquet": (parquet(score=[[0.1, 0.9]] * 8), {}, BAD, ["{p}:7: score is [0.1, 0.9], not a number; "]),
    "groups as structs": (
        parquet(gender=[{"a": 1}] * 8), {}, BAD,
        ["{p}: the column 'gender' holds struct<a: int64>; name one with a text"]
    ),
    "Parquet that is no text": (not_utf8_parquet, {}, BAD, ["{p}: the column 'gender' cannot be read ("]),
    "a class too many": (
        with_classes(gender=[0, 1, 2, -1] * 2), {}, BAD,
        ["{p}:2: gender is 2, but has the classes 0 to 1; correct it", "{p}:6: "]
    ),
    "no class": (with_classes(label=[0, 1, 0, -1] * 2), {}, BAD, ["{p}:3: label is missing", "{p}:7: label is"]),
    "three labels": (
        changed(label=[0, 1, 2, 0, 1, 0, 0, 1]), {}, BAD,
        ["{p}:4: label is '2', beside '0', '1'; a label has two values; leave"]
    ),
    "no label in a row": (
        changed(label=[0, 1, "", "NA", "nan", 0, 0, 1]), {}, BAD,
        ["{p}:4: label is missing; fill it in", "{p}:5: label is missing", "{p}:6: label is missing"],
    ),
    "labels of which either could be positive": (
        changed(label=[1, 2] * 4), {}, WRONG,
        ["{p}: label has the values '1', '2', and it is not clear which is positive; name it (positive)"],
    ),
    "a label that nobody called positive": (
        changed(label=["no", "yes"] * 4), {}, WRONG,
        ["{p}: label has the values 'no', 'yes', but not 1 or pain or true; say which is positive (positive)"],
    ),
    "a positive label that is not there": (
        changed(label=["no", "no"] * 4), {"positive": "Yes"}, WRONG,
        ["{p}: label has the value 'no', but not yes; say which"]
    ),
    "many labels": (
        changed(other=ROWS["score"]), {"label": "other", "positive": "x"}, WRONG,
        ["'0.1', '0.9', '0.4', '0.3', '0.2' and 3 more, but not x"]
    ),
    "weights": (
        changed(w=[1, 0, -1, "", 1, 1, 1, 1]), {"weights": "w"}, BAD,
        ["{p}:3: w is 0, not above 0; correct it", "{p}:4: w is -1, not above 0", "{p}:5: w is missing"],
    ),
    "too many groups": (
        changed(**{name: values * 1251 for name, values in ROWS.items() if name != "gender"}, gender=[*range(10008)]),
        {}, BAD, ["{p}: the column 'gender' has 10,008 groups; name one with at most 2,000"],
    ),
    "the NA of R as score": (changed(score=["NA", *[0.5] * 7]), {}, BAD, ["{p}:2: score is missing; fill it in"]),
    "a date out of range": (
        parquet(gender=pa.array([2**62] * 8).cast(pa.timestamp("us"))), {}, BAD,
        ["{p}: the column 'gender' cannot be read (a date or time out of range)"]
    ),
    "no cluster": (
        changed(id=[0, 1, 2, "", 4, 5, 6, 7]), {"clusters": "id"}, BAD,
        ["{p}:5: id is missing; say what the row belongs to"]
    ),
    "no group in a row": (
        changed(), {"missing": "error"}, BAD,
        ["{p}:9: gender is missing; fill it in, or let such rows be a group (missing)"]
    ),
    "many at once": (
        changed(score=["x"] * 8, label=[""] * 8), {}, BAD,
        [f"{{p}}:{line}: {what}" for line in range(2, 10) for what in ("label", "score")]
    ),
    "more than anyone reads": (
        changed(**{name: values * 5 for name, values in {**ROWS, "score": ["x"] * 8}.items()}), {}, BAD,
        ["{p}: 40 rows have a score that cannot be used; the first 20 are listed", "{p}:2: score", "{p}:21: score"],
    ),
    "cells too many": (
        text("label,score,gender\n0,1,2,3\n"), {}, BAD,
        ["{p}:2: has 4 cells between commas, not 3 as the header; quote cells that hold commas"]
    ),
    "an open quote": (
        text('label,score,gender\n0,1,"2\n'), {}, BAD,
        ["{p}:2: is not valid CSV (unexpected end of data); correct it"]
    ),
    "Latin-1": (
        text("label,score,gender\n0,1,é\n".encode("latin-1")), {}, BAD,
        ["{p}:2: is not UTF-8 text (byte 4); save the file as UTF-8"]
    ),
    "no JSON": (text(LINES + "{oh"), {}, BAD, ["{p}:3: is not valid JSON (", "write one object per line"]),
    "JSON over lines": (text("{\n}\n"), {}, BAD, ["{p}:1: is not valid JSON ("]),
    "a JSON list": (text('[{"label": 1}]'), {}, BAD, ["{p}:1: is not a JSON object; write one, {{…}}, on each line"]),
    "cut Parquet": (
        lambda path: path.write_bytes(b"PAR1" + b"x" * 100), {}, BAD, ["{p}: is not a readable Parquet file ("]
    ),
    "depth": (changed(), {"depth": 0}, WRONG, ["depth is 0; give a whole number, 1 or more"]),
    "interval": (
        changed(),
        {"interval": "wald"},
        WRONG,
        ["interval is 'wald'; give one of score, delong, logit, bootstrap, percentile"],
    ),
    "confidence": (changed(), {"confidence": 95}, WRONG, ["confidence is 95; give a number between 0 and 1"]),
    "missing": (changed(), {"missing": "drop"}, WRONG, ["missing is 'drop'; give one of group, error"]),
    "correction": (changed(), {"correction": "?"}, WRONG, ["correction is '?'; give one of holm"]),
    "threshold": (changed(), {"threshold": float("inf")}, WRONG, ["threshold is inf; give a finite number"]),
}  # fmt: skip


class TestOut:
    def test_it_holds_the_report_its_tables_and_its_figures(self, path: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        report = evaluate(path, out=out, **SMALL)
        files = ["gaps.png", "groups.csv", "report.json", "roc_gender.png", "table.md", "table.tex"]
        assert sorted(path.name for path in out.iterdir()) == files
        assert json.loads((out / "report.json").read_text()) == report
        assert (out / "table.md").read_text() == f"{report.to_markdown()}\n"
        assert (out / "table.tex").read_text() == f"{report.to_latex()}\n"
        assert (
            pd.read_csv(out / "groups.csv")["auroc"].dropna().tolist() == report.to_frame()["auroc"].dropna().tolist()
        )
        for name in ("gaps.png", "roc_gender.png"):
            with Image.open(out / name) as picture:
                picture.load()
                assert min(picture.size) > 300
        assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []

    @pytest.mark.slow
    def test_names_that_a_spreadsheet_would_run_get_a_quote_in_front(self, tmp_path: Path) -> None:
        names = ["=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "a=b", "'quoted"]
        rows = {name: [name] * 4 for name in names}
        labels, scores = [0, 1, 0, 1] * len(names), [0.1, 0.9, 0.6, 0.4] * len(names)
        table: dict[str, Sequence[Any]] = {"label": labels, "score": scores}
        write_csv(tmp_path / "p.csv", {**table, "=group": [name for each in rows.values() for name in each]})
        for folder, quote, keep in (("out", "'", False), ("kept", "", True)):
            evaluate(tmp_path / "p.csv", groups="=group", out=tmp_path / folder, keep_formulas=keep, **SMALL)
            found = pd.read_csv(tmp_path / folder / "groups.csv")
            assert set(found["group"][1:]) == {*(f"{quote}{name}" for name in names[:4]), *names[4:]}
            assert set(found["attribute"].dropna()) == {f"{quote}=group"}
            assert found["auroc"].dtype == float

    @pytest.mark.slow
    def test_names_of_files_stay_in_the_folder_and_apart(self, tmp_path: Path) -> None:
        attributes = ["../a", "a/../a", "A", "a", "/etc", "1\t2", "größe", "顔" * 300, "$x_1$"]
        write_csv(tmp_path / "p.csv", {**ROWS, **dict.fromkeys(attributes, ROWS["gender"])})
        evaluate(tmp_path / "p.csv", groups=attributes, out=tmp_path / "out", resamples=2, **SMALL)
        files = {path.name for path in (tmp_path / "out").rglob("*.png")}
        assert files == {
            "gaps.png", "roc_.._a.png", "roc_a_.._a.png", "roc_A.png", "roc_a_2.png", "roc__etc.png", "roc_1_2.png",
            "roc_größe.png", f"roc_{'顔' * 50}.png", "roc__x_1_.png",
        }  # fmt: skip
        assert {path.name for path in tmp_path.iterdir()} == {"p.csv", "out"}

    @pytest.mark.slow
    def test_an_attribute_with_many_groups_is_in_no_figure(self, tmp_path: Path) -> None:
        rows = np.arange(8 * 101)
        sizes = {"few": MOST_CURVES, "many": MOST_INTERVALS, "too_many": MOST_INTERVALS + 1}
        groups = {name: (rows // 2 % size).tolist() for name, size in sizes.items()}
        write_csv(tmp_path / "p.csv", {**{name: values * 101 for name, values in ROWS.items()}, **groups})
        for asked in ("few,many", "few,many,too_many"):
            evaluate(tmp_path / "p.csv", groups=asked, out=tmp_path / asked, resamples=2, **SMALL)
            assert sorted(path.name for path in (tmp_path / asked).glob("*.png")) == ["gaps.png", "roc_few.png"]
        one, other = (tmp_path / asked / "gaps.png" for asked in ("few,many", "few,many,too_many"))
        assert one.read_bytes() == other.read_bytes()

    @pytest.mark.parametrize("labels", [ROWS["label"], [0] * 8])
    def test_an_attribute_without_any_curve_has_no_figure_of_curves(self, labels: list[int], tmp_path: Path) -> None:
        write_csv(tmp_path / "p.csv", {**ROWS, "label": labels})
        evaluate(tmp_path / "p.csv", out=tmp_path / "out")
        assert [path.name for path in (tmp_path / "out").glob("*.png")] == ["gaps.png"]

    def test_the_same_input_gives_the_same_bytes(self, path: Path, tmp_path: Path) -> None:
        first, second = tmp_path / "first", tmp_path / "second"
        for out in (first, second):
            evaluate(path, out=out, interval="bootstrap", resamples=40, **SMALL)
        assert {each.name: each.read_bytes() for each in first.iterdir()} == {
            each.name: each.read_bytes() for each in second.iterdir()
        }

    @pytest.mark.parametrize("there", [Path.mkdir, Path.touch, lambda out: out.symlink_to("nowhere")])
    def test_what_is_there_is_kept(self, there: Callable[[Path], None], path: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        there(out)
        with pytest.raises(UsageError, match="out exists; remove it, or give another place"):
            evaluate(path, out=out)
        assert sorted(each.name for each in tmp_path.iterdir()) == ["out", "predictions.csv"]

    def test_its_folder_must_be_there(self, path: Path, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="is not a folder; create it first"):
            evaluate(path, out=tmp_path / "a" / "b")


class TestBadInput:
    @pytest.mark.parametrize("case", TABLE)
    def test_it_is_told_where_it_stands_and_what_to_do(self, case: str, tmp_path: Path) -> None:
        write, options, kind, expected = TABLE[case]
        path, out = tmp_path / "p.csv", tmp_path / "out"
        write(path)
        with pytest.raises(kind) as raised:
            evaluate(path, out=out, **options)
        for part in expected:
            assert part.format(p=path) in str(raised.value)
        if isinstance(raised.value, BadInputError):
            listed = {part.partition(": ")[0].format(p=path) for part in expected if part.startswith("{p}")}
            assert {problem.file for problem in raised.value.problems} >= listed
        assert sorted(tmp_path.glob("*out*")) == []

    def test_nothing_else_is_listed(self, tmp_path: Path) -> None:
        changed(score=[0, "x", *[0.5] * 6], label=[0, 1, 5, 0, 1, 0, 0, 1])(tmp_path / "p.csv")
        with pytest.raises(BadInputError) as raised:
            evaluate(tmp_path / "p.csv")
        assert [problem.file.removeprefix(f"{tmp_path}/") for problem in raised.value.problems] == [
            "p.csv:3",
            "p.csv:4",
        ]

    @pytest.mark.parametrize(
        ("columns", "kind", "expected"),
        [
            (
                {"label": [0, 0], "score": [0.1, 0.2]},
                BadInputError,
                "{v}: has no positive row, so it cannot choose a threshold",
            ),
            ({"label": [0, 1], "score": ["x", 0.2]}, BadInputError, "{v}:2: score is 'x', not a number"),
            (
                {"label": [0, 1], "scores": [0.1, 0.2]},
                BadInputError,
                "{v}: has no column 'score'; did you mean 'scores'?",
            ),
            (ROWS, UsageError, "the validation set is the set that is reported on"),
        ],
    )
    def test_so_it_is_of_a_validation_file(
        self, columns: Values, kind: type[SynpainError], expected: str, path: Path, tmp_path: Path
    ) -> None:
        others = tmp_path / "v.csv"
        write_csv(others, columns)
        with pytest.raises(kind) as raised:
            evaluate(path, validation=others)
        assert expected.format(v=others) in str(raised.value)

    def test_a_file_that_cannot_be_read_is_told(self) -> None:
        with pytest.raises(
            BadInputError, match=r"/proc/self/mem: cannot be read \(Input/output error\); check the file"
        ):
            evaluate("/proc/self/mem")

    def test_both_threshold_and_validation_are_refused(self, path: Path, tmp_path: Path) -> None:
        write_csv(tmp_path / "v.csv", {"label": [0, 1], "score": [0.1, 0.2]})
        with pytest.raises(UsageError, match="threshold and validation are both given"):
            evaluate(path, validation=tmp_path / "v.csv", threshold=0.5)


def test_the_function_does_not_hide_the_library_of_its_name() -> None:
    assert synpain_hf.evaluate is evaluate
    import evaluate as library

    assert callable(library.load)
