from __future__ import annotations

import os
import re
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synpain_hf.sources.folds import read_folds, read_folds_file

IDS = [f"1000{number:06d}" for number in range(12)]
FOLDS = {pair_id: number % 5 for number, pair_id in enumerate(IDS)}


def text_of(separator: str = ",", end: str = "\n", first: int = 0, suffix: str = "", *, swapped: bool = False) -> str:
    rows = [(pair_id + suffix, str(fold + first)) for pair_id, fold in FOLDS.items()]
    return "".join(separator.join(reversed(row) if swapped else row) + end for row in rows)


@pytest.mark.parametrize("suffix", ["", ".jpg", "_NoPain_man_Young.jpg", "_NoPain_man_Young"])
@pytest.mark.parametrize("header", ["", "pair_id,fold\n", "Subject ID\tFold\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t", " ", "   ", ", ", " ; "])
def test_a_folds_file_of_any_layout_is_understood(separator: str, header: str, suffix: str) -> None:
    for first, swapped, end in product((0, 1), (False, True), ("\n", "\r\n")):
        text = header + text_of(separator, end, first, suffix, swapped=swapped)
        folds = read_folds("folds.txt", text.encode())
        assert folds.folds == FOLDS
        assert folds.problems == ()
        assert folds.lines == {pair_id: number + 1 + bool(header) for number, pair_id in enumerate(IDS)}


def test_what_was_understood_is_said() -> None:
    assert read_folds("SynPain_folds.txt", text_of(first=1).encode()).understood == (
        "SynPain_folds.txt: 12 pairs, commas, no header, folds 1 to 5"
    )
    assert read_folds("f.txt", ("id fold\n" + text_of("\t")).encode()).understood == (
        "f.txt: 12 pairs, tabs, a header, folds 0 to 4"
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_folds_file_may_be_in_any_encoding_that_says_so(encoding: str) -> None:
    assert read_folds("folds.txt", text_of().encode(encoding)).folds == FOLDS


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda text: "\n\n" + text.replace("\n", "\n\n"), id="empty lines"),
        pytest.param(lambda text: text.replace("1000", '"1000').replace(",", '",'), id="quotes"),
        pytest.param(lambda text: text.replace("1000", "SynPain/Images/1000"), id="paths"),
        pytest.param(lambda text: text.replace("1000", "SynPain\\Images\\1000"), id="paths of Windows"),
        pytest.param(lambda text: text.rstrip("\n"), id="no last line end"),
    ],
)
def test_what_surrounds_the_id_and_the_fold_does_not_matter(wrap: Callable[[str], str]) -> None:
    assert read_folds("folds.txt", wrap(text_of()).encode()).folds == FOLDS


def test_ids_that_are_not_official_are_taken_as_they_stand() -> None:
    assert read_folds("folds.csv", b"anna,0\nbob.smith,4\n").folds == {"anna": 0, "bob.smith": 4}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1000000099", r"is not an id and a fold \('1000000099'\)"),
        ("1000000099,six", "is not an id and a fold"),
        ("1000000099,7", "is not an id and a fold"),
        ("1000000099,-1", "is not an id and a fold"),
        ("1000000099,1.5", "is not an id and a fold"),
        (",3", "is not an id and a fold"),
        ("1000000003,2", r"names pair 1000000003 again \(line 4\); leave one of the two"),
        ("1000000003_NoPain_man_Young.jpg,3", "names pair 1000000003 again"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_bad_line_is_named_and_spoils_no_other(line: str, reason: str, separator: str) -> None:
    folds = read_folds("folds.txt", (text_of(separator) + line.replace(",", separator) + "\n").encode())
    assert folds.folds == FOLDS
    (problem,) = folds.problems
    assert problem.file == "folds.txt:13"
    assert re.search(reason, problem.reason)
    assert "; " in problem.reason


def test_a_bad_first_line_that_names_a_pair_is_no_header() -> None:
    folds = read_folds("folds.txt", ("1000000099,7\n" + text_of()).encode())
    assert folds.folds == FOLDS
    assert [problem.file for problem in folds.problems] == ["folds.txt:1"]


def test_a_second_header_is_a_problem() -> None:
    folds = read_folds("folds.txt", ("id,fold\nid,fold\n" + text_of()).encode())
    assert [problem.file for problem in folds.problems] == ["folds.txt:2"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "names no pair and fold; give one id and one fold on each line"),
        (b"\n\n", "names no pair and fold"),
        (b"pair_id,fold\n", "names no pair and fold"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", r"is not text \(.* at byte 0\); give a UTF-8 text file"),
        ("1000000001,0\n".encode("utf-16") + b"x", "is not text"),
        (b"1000000001,0\n1000000002,5\n", "has folds from 0 to 5, one too many; count them from 0 to 4"),
        (b"1000000001,1\n1000000002,4\n", "has neither a fold 0 nor a fold 5, .*; give all of its lines, or count"),
    ],
)
def test_a_file_that_cannot_be_understood_is_one_problem(data: bytes, reason: str) -> None:
    folds = read_folds("folds.txt", data)
    assert folds.folds == {}
    (problem,) = folds.problems
    assert problem.file == "folds.txt"
    assert re.search(reason, problem.reason)


def test_a_text_that_is_no_folds_file_but_very_large_is_one_problem() -> None:
    folds = read_folds("folds.txt", b"1000020580,0\n" * 400_000)
    assert [str(problem) for problem in folds.problems] == [
        "folds.txt: has more than 4,194,304 bytes; give a text file with one id and one fold a line"
    ]
    assert folds.folds == {}


def test_of_very_many_bad_lines_the_first_are_named_and_the_others_counted() -> None:
    folds = read_folds("folds.txt", (text_of() + "x\n" * 500_000).encode())
    assert folds.folds == FOLDS
    assert len(folds.problems) == 101
    assert str(folds.problems[-1]) == "folds.txt: has 499,900 more lines that cannot be used; correct them"


def test_a_very_long_line_is_no_pair() -> None:
    (problem,) = read_folds("folds.txt", (text_of() + "1000020580" + "," * 3_000_000 + "0\n").encode()).problems
    assert problem.file == "folds.txt:13"
    assert len(problem.reason) < 200


def test_a_folds_file_is_read_no_further_than_its_largest_size(tmp_path: Path) -> None:
    (tmp_path / "folds.txt").touch()
    os.truncate(tmp_path / "folds.txt", 2**40)
    assert "has more than 4,194,304 bytes" in read_folds_file(tmp_path / "folds.txt").problems[0].reason


@settings(max_examples=200)
@given(st.binary(max_size=80) | st.text("1000000001_,;\t 5\n\"'a", max_size=80).map(str.encode))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    folds = read_folds("folds.txt", data)
    assert set(folds.folds.values()) <= set(range(5))
    assert folds.folds.keys() <= folds.lines.keys()
    assert folds.folds or folds.problems
