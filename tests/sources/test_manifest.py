from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.pair import Pair
from synpain_hf.schemas import properties
from synpain_hf.sources import open_source
from synpain_hf.sources.files import OpenArchives
from synpain_hf.sources.manifest import MANIFEST_SUFFIXES, ManifestSource

Row = dict[str, Any]
Write = Callable[[Path, Sequence[Row]], Path]

ANNA: Row = {
    "pair_id": "anna-1",
    "label": "pain",
    "age_group": "old",
    "gender": "woman",
    "ethnicity": "white",
    "composite": "faces/anna.png",
}
BOB: Row = {**ANNA, "pair_id": "bob-1", "label": "no_pain", "gender": "man", "composite": "faces/bob.png"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the pictures that the manifests name."""
    root = tmp_path / "data"
    (root / "faces").mkdir(parents=True)
    for name in ("anna.png", "bob.png", "left.png", "right.png"):
        (root / "faces" / name).write_bytes(name.encode())
    return root


def columns_of(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row))


def write_delimited(path: Path, rows: Sequence[Row]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, columns_of(rows), delimiter="\t" if path.suffix == ".tsv" else ",")
        table.writeheader()
        table.writerows(rows)
    return path


def write_json_lines(path: Path, rows: Sequence[Row]) -> Path:
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    return path


def write_parquet(path: Path, rows: Sequence[Row]) -> Path:
    pq.write_table(
        pa.Table.from_pylist([{column: row.get(column) for column in columns_of(rows)} for row in rows]), path
    )
    return path


WRITERS: Mapping[str, Write] = {
    ".csv": write_delimited,
    ".tsv": write_delimited,
    ".txt": write_delimited,
    ".jsonl": write_json_lines,
    ".json": write_json_lines,
    ".parquet": write_parquet,
}


def manifest(folder: Path, rows: Sequence[Row], suffix: str = ".jsonl") -> ManifestSource:
    source = open_source([WRITERS[suffix](folder / f"pairs{suffix}", rows)])
    assert isinstance(source, ManifestSource)
    return source


def pairs_of(source: ManifestSource) -> list[Pair]:
    pairs = [entry for entry in source if isinstance(entry, Pair)]
    assert len(pairs) == len(source), list(source)
    return pairs


def problem_of(source: ManifestSource) -> Problem:
    (entry,) = source
    assert isinstance(entry, Problem)
    return entry


def refusal(path: Path) -> list[str]:
    with pytest.raises(BadInputError) as error:
        open_source([path])
    return [str(problem) for problem in error.value.problems]


def test_every_suffix_has_a_reader_that_is_tested() -> None:
    assert set(WRITERS) == MANIFEST_SUFFIXES


@pytest.mark.parametrize("suffix", WRITERS)
def test_the_same_table_gives_the_same_pairs_in_every_format(folder: Path, suffix: str) -> None:
    rows = [
        {**ANNA, "fold": 3, "seed": 2**60 + 1, "generator": "Ideogram 2.0", "prompt": "An old woman, “winces”"},
        BOB,
    ]
    source = manifest(folder, rows, suffix)
    anna, bob = pairs_of(source)
    line = {".csv": 2, ".tsv": 2, ".txt": 2}.get(suffix, 1)
    assert (anna.pair_id, anna.label, anna.age_group, anna.gender, anna.ethnicity) == (
        ("anna-1", "pain", "old", "woman", "white")
    )
    assert (anna.fold, anna.seed, anna.generator) == (3, 2**60 + 1, "Ideogram 2.0")
    assert anna.prompt == "An old woman, “winces”"
    assert (anna.listed_at, bob.listed_at) == (f"pairs{suffix}:{line}", f"pairs{suffix}:{line + 1}")
    assert (bob.fold, bob.seed, bob.generator, bob.prompt, bob.size) == (None, None, None, None, None)
    assert [picture.name for pair in (anna, bob) for picture in pair.pictures] == ["faces/anna.png", "faces/bob.png"]
    assert source.describe() == {"kind": "manifest"}
    assert source.folds_file is None


@pytest.mark.parametrize("suffix", WRITERS)
def test_two_pictures_come_neutral_first_whatever_the_order_of_columns(folder: Path, suffix: str) -> None:
    row = {"expressive": "faces/right.png", "neutral": "faces/left.png", **ANNA}
    del row["composite"]
    (pair,) = pairs_of(manifest(folder, [row], suffix))
    assert [picture.name for picture in pair.pictures] == ["faces/left.png", "faces/right.png"]
    with OpenArchives() as archives:
        assert [picture.read(archives) for picture in pair.pictures] == [b"left.png", b"right.png"]


@pytest.mark.parametrize("suffix", WRITERS)
def test_composites_and_two_pictures_can_stand_in_one_manifest(folder: Path, suffix: str) -> None:
    two = {**BOB, "composite": "", "neutral": "faces/left.png", "expressive": "faces/right.png"}
    assert [len(pair.pictures) for pair in pairs_of(manifest(folder, [ANNA, two], suffix))] == [1, 2]


def test_labels_may_be_spelled_in_other_ways(folder: Path) -> None:
    row = {**ANNA, "label": "NoPain", "age_group": " Younger ", "gender": "F", "ethnicity": "East-Asian"}
    (pair,) = pairs_of(manifest(folder, [row]))
    assert (pair.label, pair.age_group, pair.gender, pair.ethnicity) == ("no_pain", "young", "woman", "east_asian")


@pytest.mark.parametrize("missing", [None, "", "  ", "nan", "NaN", "NA", "n/a", "null", "None", float("nan")])
@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_a_missing_value_is_missing_however_it_is_written(folder: Path, missing: Any, suffix: str) -> None:
    row = {**ANNA, "fold": missing, "seed": missing, "generator": missing, "prompt": missing, "neutral": missing}
    (pair,) = pairs_of(manifest(folder, [row], suffix))
    assert (pair.fold, pair.seed, pair.generator, pair.prompt, len(pair.pictures)) == (None, None, None, None, 1)


@pytest.mark.parametrize(
    ("given_", "meant"),
    [(3, 3), ("3", 3), (" 3 ", 3), (3.0, 3), ("3.0", 3), ("3.", 3), (0, 0), ("0", 0), ("+1", 1)],
)
def test_an_integer_is_an_integer_however_it_is_written(folder: Path, given_: Any, meant: int) -> None:
    (pair,) = pairs_of(manifest(folder, [{**ANNA, "fold": given_, "seed": given_}]))
    assert (pair.fold, pair.seed) == (meant, meant)


@pytest.mark.parametrize("value", [3.5, "3.5", "3,5", "three", True, "1e0", 1e300, float("inf"), [3], "9" * 5000])
@pytest.mark.parametrize("column", ["fold", "seed"])
def test_what_is_no_integer_is_never_rounded_to_one(folder: Path, column: str, value: Any) -> None:
    problem = problem_of(manifest(folder, [{**ANNA, column: value}]))
    assert problem.reason.startswith(f"{column}: ")
    assert "is not of type 'integer'" in problem.reason or len(problem.reason) < 260


@pytest.mark.parametrize("seed", [2**63 - 1, -(2**63), str(2**63 - 1)])
def test_a_seed_may_use_all_64_bits(folder: Path, seed: Any) -> None:
    assert pairs_of(manifest(folder, [{**ANNA, "seed": seed}]))[0].seed == int(seed)


def test_an_id_that_is_a_number_is_its_digits(folder: Path) -> None:
    assert pairs_of(manifest(folder, [{**ANNA, "pair_id": 1000020580}]))[0].pair_id == "1000020580"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pair_id": ""}, "pair_id missing; fill in"),
        ({"pair_id": None, "label": "n/a"}, "label and pair_id missing; fill in"),
        ({"pair_id": "../up"}, r"pair_id '../up' does not have the form .*; change it"),
        ({"pair_id": "a b"}, "pair_id 'a b' does not have the form"),
        ({"pair_id": "é"}, "pair_id 'é' does not have the form"),
        ({"pair_id": "x" * 101}, "does not have the form"),
        ({"pair_id": 1.5}, "pair_id: 1.5 is not of type 'string'; correct it"),
        ({"pair_id": True}, "pair_id: True is not of type 'string'"),
        ({"label": "neutral"}, "label 'neutral' is unknown; use one of no_pain, pain"),
        ({"label": 1}, "label 1 is unknown"),
        ({"age_group": "middle"}, "age_group 'middle' is unknown; use one of young, old"),
        ({"gender": "Mann"}, r"gender 'Mann' is unknown \(did you mean 'man'\?\); use one of man, woman"),
        (
            {"ethnicity": ["white"]},
            r"ethnicity \['white'\] is unknown .*; use one of black, south_asian",
        ),
        ({"fold": 5}, "fold: 5 is greater than the maximum of 4; correct it"),
        ({"fold": "-1"}, "fold: -1 is less than the minimum of 0"),
        ({"seed": 2**63}, "seed: 9223372036854775808 is greater than the maximum"),
        ({"generator": 7}, "generator: 7 is not of type 'string'"),
        ({"prompt": "half \ud83d a smile"}, r"prompt holds half a character \(a lone surrogate\); correct it"),
        ({"composite": None}, "names neither one composite nor both neutral and expressive"),
        ({"neutral": "faces/left.png"}, r"names neither .*\(or more than that\); give one of the two"),
        ({"composite": None, "neutral": "faces/left.png"}, "names neither"),
        ({"composite": {"bytes": "x" * 5000, "path": None}}, "composite: .*…; correct it"),
        ({"composite": "faces/nobody.png"}, "composite 'faces/nobody.png' does not exist; put it there, or correct"),
        ({"composite": "faces"}, "composite 'faces' does not exist"),
        ({"composite": "."}, "composite '.' does not exist"),
        ({"composite": "x" * 300}, r"composite 'x+… cannot be read \(File name too long\); correct the name"),
        ({"composite": "/etc/hostname"}, "composite '/etc/hostname' leaves the manifest's folder; give a path below"),
        ({"composite": "../secret.png"}, "leaves the manifest's folder; give a path below it"),
        ({"composite": "faces/../../secret.png"}, "leaves the manifest's folder"),
        ({"composite": "https://example.org/a.png"}, "leaves the manifest's folder"),
        ({"composite": "file:///etc/hostname"}, "leaves the manifest's folder"),
        ({"composite": "hf://datasets/a/b/c.png"}, "leaves the manifest's folder"),
        ({"composite": "a\0.png"}, "leaves the manifest's folder"),
        ({"composite": "out.png"}, "is a symbolic link that leaves the manifest's folder; put the file itself there"),
        ({"composite": "out/secret.png"}, "is a symbolic link that leaves the manifest's folder"),
    ],
    ids=lambda value: None if isinstance(value, dict) else value[:30],
)
def test_a_bad_line_is_a_problem_that_names_file_line_cause_and_remedy(folder: Path, change: Row, reason: str) -> None:
    (folder.parent / "secret.png").write_bytes(b"secret")
    (folder / "out.png").symlink_to(folder.parent / "secret.png")
    (folder / "out").symlink_to(folder.parent)
    row = {column: value for column, value in {**ANNA, **change}.items() if value is not None}
    path = folder / "pairs.jsonl"
    path.write_text(f"{json.dumps(ANNA)}\n{json.dumps(row)}\n")
    first, problem = open_source([path])
    assert isinstance(first, Pair)
    assert isinstance(problem, Problem)
    assert problem.file == "pairs.jsonl:2"
    assert re.search(reason, problem.reason)
    assert len(problem.reason) < 500


def test_everything_that_is_wrong_with_a_line_is_told_at_once(folder: Path) -> None:
    problem = problem_of(manifest(folder, [{**ANNA, "label": "x", "gender": "y", "fold": 9}]))
    assert problem.reason.count("; also: ") == 2
    assert problem.pair_id == "anna-1"
    two = {**ANNA, "neutral": "a.png", "expressive": "b.png"}
    del two["composite"]
    assert problem_of(manifest(folder, [two])).reason.count("does not exist") == 2


def test_a_link_within_the_folder_is_followed(folder: Path) -> None:
    (folder / "link.png").symlink_to("faces/anna.png")
    assert pairs_of(manifest(folder, [{**ANNA, "composite": "link.png"}]))


def test_a_manifest_in_the_cache_of_the_hub_is_read_through_its_links(folder: Path) -> None:
    repository = folder / "datasets--me--faces"
    snapshot, blobs = repository / "snapshots" / "0", repository / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    (blobs / "a").write_bytes(b"anna")
    write_json_lines(blobs / "b", [{**ANNA, "composite": "anna.png"}])
    (snapshot / "anna.png").symlink_to("../../blobs/a")
    (snapshot / "pairs.jsonl").symlink_to("../../blobs/b")
    (pair,) = pairs_of(ManifestSource(snapshot / "pairs.jsonl"))
    assert pair.pictures[0].name == "anna.png"


@pytest.mark.parametrize("suffix", WRITERS)
def test_columns_that_are_missing_or_unknown_are_told_once(folder: Path, suffix: str) -> None:
    row = {**ANNA, "mood": 80}
    del row["label"], row["composite"]
    path = WRITERS[suffix](folder / f"pairs{suffix}", [row] * 20)
    name = f"pairs{suffix}"
    first, second, third = refusal(path)
    known = ", ".join(sorted(properties("pair")[0]))
    remedy = f"keep it (--keep mood), leave it out (--drop mood), or rename it to one of {known}"
    assert first == f"{name}: has an unknown column 'mood'; {remedy}"
    assert second == f"{name}: has neither a column 'composite' nor both 'neutral' and 'expressive'; add what it has"
    assert third == f"{name}: has no column 'label'; add it"


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_a_table_without_lines_has_no_entries(folder: Path, suffix: str) -> None:
    if suffix == ".parquet":
        pq.write_table(pa.table({column: pa.array([], pa.string()) for column in ANNA}), folder / "pairs.parquet")
    else:
        (folder / f"pairs{suffix}").write_text(("\t" if suffix == ".tsv" else ",").join(ANNA) + "\n")
    assert list(open_source([folder / f"pairs{suffix}"])) == []


def test_json_lines_without_lines_have_no_entries(folder: Path) -> None:
    (folder / "pairs.jsonl").write_text("\n\n")
    assert len(open_source([folder / "pairs.jsonl"])) == 0


HEADER = ",".join(ANNA)
LINE = ",".join(map(str, ANNA.values()))


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", "", "a.csv: has no column 'label'; add it"),
        ("a.csv", "\n\n", "a.csv: has no column"),
        ("a.csv", f"{HEADER}\n{LINE},more\n", r"a.csv:2: has 7 cells between commas, not 6 as the header; quote"),
        ("a.csv", f"{HEADER}\n{LINE}\nanna\n", "a.csv:3: has 1 cell between commas, not 6"),
        ("a.csv", f'{HEADER}\n{LINE}\n"never closed', r"a.csv:3: is not valid CSV \(.*\); correct it"),
        ("a.csv", f"{HEADER}\n{'x' * 200_000}\n", "a.csv:2: has a cell of more than 131,072 characters"),
        ("a.csv", f"{HEADER},label\n{LINE},pain\n", "a.csv: names the column 'label' 2 times; keep one"),
        ("a.csv", f"{HEADER};\n", "a.csv: has an unknown column 'composite;'"),
        ("a.csv", b"\xff\xfepair_id", "a.csv: begins as UTF-16 text, and goes on as something else; save"),
        ("a.csv", HEADER.encode() + b"\ncaf\xe9", r"a.csv:2: is not UTF-8 text \(byte 3\); save the file as"),
        ("a.jsonl", b"{}\n\xff\xfe", r"a.jsonl:2: is not UTF-8 text \(byte 0\)"),
        ("a.jsonl", "{}\nnot json\n", r"a.jsonl:2: is not valid JSON \(.*\); write one object per line"),
        ("a.jsonl", '{"pair_id": ', "a.jsonl:1: is not valid JSON"),
        ("a.jsonl", "[" * 100_000, "a.jsonl:1: is not valid JSON"),
        ("a.jsonl", '{"seed": ' + "9" * 5000 + "}", "a.jsonl:1: is not valid JSON"),
        ("a.jsonl", "[1, 2]\n", "a.jsonl:1: is not a JSON object; write one, {…}, on each line"),
        ("a.jsonl", "{}\n", "a.jsonl: has no column 'label'"),
        ("a.parquet", b"", r"a.parquet: is not a readable Parquet file \(.*\); write it again"),
        ("a.parquet", b"PAR1 cut short", "a.parquet: is not a readable Parquet file"),
    ],
)
def test_what_is_no_table_is_refused(folder: Path, name: str, content: str | bytes, reason: str) -> None:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    assert any(re.match(reason, problem) for problem in refusal(folder / name))


def test_a_parquet_file_that_names_a_column_twice_is_refused(folder: Path) -> None:
    columns = [*ANNA, "label"]
    pq.write_table(pa.Table.from_arrays([pa.array(["x"])] * len(columns), names=columns), folder / "a.parquet")
    assert refusal(folder / "a.parquet") == ["a.parquet: names the column 'label' 2 times; keep one"]


def test_a_damaged_parquet_file_raises_nothing_but_bad_input(folder: Path) -> None:
    path = write_parquet(folder / "a.parquet", [{**ANNA, "prompt": f"number {n}"} for n in range(200)])
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for number in range(120):
        damaged = bytearray(data)
        for position in rng.integers(4, len(data) // 2, 8):
            damaged[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged if number % 2 else data[: int(rng.integers(len(data)))])
        try:
            open_source([path])
        except BadInputError:
            refused += 1
    assert refused >= 60


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_manifest_that_may_not_be_read_is_refused(folder: Path) -> None:
    path = write_json_lines(folder / "a.jsonl", [ANNA])
    path.chmod(0)
    assert refusal(path) == ["a.jsonl: cannot be read (Permission denied); check the file"]


def test_a_manifest_that_is_no_file_is_refused(folder: Path) -> None:
    for suffix in WRITERS:
        (folder / f"a{suffix}").mkdir()
        with pytest.raises(BadInputError, match=r"cannot be read|not a readable Parquet"):
            ManifestSource(folder / f"a{suffix}")


def test_a_csv_of_excel_is_read(folder: Path) -> None:
    content = f'\ufeff{HEADER},prompt\r\n{LINE},"two\r\nlines, and a ""quote"""\r\n\r\n{LINE},\r\n'
    (folder / "a.CSV").write_bytes(content.encode())
    source = open_source([folder / "a.CSV"])
    first, second = source
    assert isinstance(first, Pair)
    assert isinstance(second, Pair)
    assert first.prompt == 'two\r\nlines, and a "quote"'
    assert (first.listed_at, second.listed_at) == ("a.CSV:3", "a.CSV:5")


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADER}\n{LINE}\n".replace(",", ";"),
        f"\ufeff{HEADER},,\n{LINE},,\n,,,,,,,\n",
        f"sep=;\n{HEADER}\n{LINE}\n".replace(",", ";"),
        f"{HEADER}\n{LINE}\n".replace(",white,", ', "white", ').replace(",", ", "),
        f"{HEADER}\r\n{LINE}\r\n".replace(",", "\t").encode("utf-16"),
    ],
    ids=["semicolons", "empty columns and rows", "sep", "blanks", "UTF-16 with tabs"],
)
def test_a_csv_may_be_written_as_spreadsheets_write_it(folder: Path, content: str | bytes) -> None:
    (folder / "a.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    (pair,) = open_source([folder / "a.csv"])
    assert isinstance(pair, Pair)
    assert (pair.pair_id, pair.pictures[0].name) == ("anna-1", "faces/anna.png")


def test_a_date_out_of_range_in_parquet_is_refused(folder: Path) -> None:
    table = pa.Table.from_pylist([ANNA]).set_column(0, "pair_id", pa.array([2**30], pa.int32()).cast(pa.date32()))
    pq.write_table(table, folder / "a.parquet")
    (problem,) = refusal(folder / "a.parquet")
    assert problem.startswith("a.parquet: the column 'pair_id' cannot be read (a date or time out of range); correct")


@pytest.mark.parametrize("separator", ["\u2028", "\x85", "\x0b", "\u2029"])
def test_a_line_separator_within_json_text_ends_no_line(folder: Path, separator: str) -> None:
    escaped = separator == "\x0b"  # JSON text must escape control characters
    prompt = f"one{separator}two"
    line = json.dumps({**ANNA, "prompt": prompt}, ensure_ascii=escaped)
    (folder / "a.jsonl").write_text(f"{line}\r\n{json.dumps(BOB)}\r\n", encoding="utf-8", newline="")
    first, second = open_source([folder / "a.jsonl"])
    assert isinstance(first, Pair)
    assert first.prompt == prompt
    assert isinstance(second, Pair)
    assert second.listed_at == "a.jsonl:2"


@settings(max_examples=150)
@given(
    st.dictionaries(
        st.sampled_from([*ANNA, "neutral", "fold", "seed", "prompt"]),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2),
    )
)
def test_any_json_line_is_a_pair_or_a_problem(tmp_path_factory: pytest.TempPathFactory, change: Row) -> None:
    folder = tmp_path_factory.mktemp("data")
    (folder / "faces").mkdir()
    (folder / "faces" / "anna.png").touch()
    path = folder / "pairs.jsonl"
    path.write_text(json.dumps({**ANNA, **change}))
    (entry,) = open_source([path])
    assert isinstance(entry, (Pair, Problem))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_an_image_folder_may_have_a_table_in_the_folder_of_each_split(tmp_path: Path, suffix: str) -> None:
    for split, number in (("train", 2), ("test", 1)):
        (tmp_path / split).mkdir()
        rows = []
        for at in range(number):
            (tmp_path / split / f"{at}.png").write_bytes(f"{split} {at}".encode())
            rows.append({"file_name": f"{at}.png", "pair_id": f"{split}-{at}", "label": "pain"})
        if suffix == ".csv":
            write_delimited(tmp_path / split / "metadata.csv", rows)
        else:
            (tmp_path / split / "metadata.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    source = open_source([tmp_path])
    pairs = {pair.pair_id: pair for pair in source if isinstance(pair, Pair)}
    assert {pair_id: pair.pictures[0].name for pair_id, pair in pairs.items()} == {
        "train-0": "train/0.png", "train-1": "train/1.png", "test-0": "test/0.png",
    }  # fmt: skip
    assert len(source) == 3
    with OpenArchives() as archives:
        assert pairs["test-0"].pictures[0].read(archives) == b"test 0"


def test_problems_of_split_folders_name_the_folder(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    rows = [{"file_name": "0.png", "pair_id": "p0", "label": "pain"}]
    table = write_delimited(tmp_path / "train" / "metadata.csv", rows)
    (problem,) = open_source([tmp_path])
    assert isinstance(problem, Problem)
    assert problem.file == "train/metadata.csv:2"
    table.write_text("file_name,label\n0.png,pain\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"train/metadata\.csv: has no column 'pair_id'"):
        open_source([tmp_path])
