"""Tables of raters, of which nothing is believed: what is wrong is told by file and line."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.rating import answers
from synpain_hf.rating.ratings import ratings
from synpain_hf.rating.sheet import Sheets
from synpain_hf.release.release import Release
from synpain_hf.schemas import violations
from synpain_hf.vocabulary import CLASSES
from tests.rating.making import Row, all_of, rows_of, write
from tests.terminal import run


def problems_of(release: Release, *files: Path, key: Path | None) -> list[str]:
    with pytest.raises(BadInputError) as refused:
        ratings(release.folder, files, key=key)
    return [str(problem) for problem in refused.value.problems]


@pytest.fixture
def key(sheets: Sheets) -> Path:
    return sheets.folder / "key.json"


def changed(column: str, value: str) -> Callable[[list[Row]], None]:
    def change(rows: list[Row]) -> None:
        rows[3][column] = value

    return change


def repeated(rows: list[Row]) -> None:
    rows.append(dict(rows[3]))


def of_another_trial(rows: list[Row]) -> None:
    rows[3]["token"] = next(row["token"] for row in rows if row["token"] != rows[3]["token"])


WRONG: dict[str, tuple[Callable[[list[Row]], None], str]] = {
    "no rater": (changed("rater", " "), ":5: the rater is ''; give a name of 1 to 100 characters"),
    "a name that moves the cursor": (changed("rater", "A\x1b[2J"), ":5: the rater is "),
    "a name that turns the text round": (changed("rater", "A\u202eb"), ":5: the rater is "),
    "a long name": (changed("rater", "x" * 101), ":5: the rater is '" + "x" * 101),
    "another sheet": (changed("sheet", "bcdfghjkmn"), ":5: the key has no sheet 'bcdfghjkmn'; give the key of this"),
    "another face": (changed("token", "bcdfghjkmn"), ":5: the key has no face 'bcdfghjkmn'; give the key of this"),
    "a question": (changed("question", "expresion"), ":5: the question 'expresion' was not asked (did you mean 'expre"),
    "an answer": (changed("answer", "pian"), ":5: 'pian' is no answer to expression (did you mean 'pain'?); use one"),
    "no answer": (
        changed("answer", ""),
        ":5: '' is no answer to expression; use one of neutral, pain, no_pain, cannot_",
    ),
    "a trial": (changed("trial", "-1"), ":5: the trial is '-1'; give a whole number"),
    "a large trial": (changed("trial", "9" * 5000), ":5: the trial is '999"),
    "a trial beyond": (changed("trial", "99"), "as trial 99; give the table as saved"),
    "the face of another": (of_another_trial, "as trial 1; give the table as saved"),
    "seconds": (changed("seconds", "-1"), ":5: the seconds are '-1'; give a number from 0, or leave the cell empty"),
    "no seconds": (changed("seconds", "nan"), ":5: the seconds are 'nan'; give a number from 0"),
    "words for seconds": (changed("seconds", "fast"), ":5: the seconds are 'fast'; give a number from 0"),
    "twice": (repeated, ":34: answers the same as ann.csv:5 by the same rater; leave one of them"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_row_that_cannot_be_used_is_told_by_its_line(
    rated: Release, sheets: Sheets, key: Path, tmp_path: Path, case: str
) -> None:
    change, told = WRONG[case]
    rows = rows_of(rated, sheets, "Ann")
    change(rows)
    file = write(tmp_path / "ann.csv", rows)
    (problem,) = problems_of(rated, file, key=key)
    assert problem.startswith("ann.csv:")
    assert told in problem
    assert len(problem) < 400
    notices: list[Problem] = []
    found = ratings(rated.folder, file, key=key, on_error="skip", notice=notices.extend)
    assert [str(each) for each in found.left_out] == [problem]
    assert problem in map(str, notices)
    is_whole = case == "twice"
    assert any("answered 31 of 32 questions" in str(each) for each in notices) != is_whole


def test_two_raters_of_one_name_are_told_once_each(rated: Release, sheets: Sheets, key: Path, tmp_path: Path) -> None:
    first = write(tmp_path / "a.csv", rows_of(rated, sheets, "Ann"))
    second = write(tmp_path / "b.csv", rows_of(rated, sheets, "Ann", sheet=1))
    (problem,) = problems_of(rated, first, second, key=key)
    name = list(sheets.key.sheets)[1]
    assert problem == (
        f"b.csv: 32 answers of rater 'Ann' to sheet {name} did not count: a.csv has answers of the same name; "
        "give each rater a name of their own, and one table"
    )
    found = ratings(rated.folder, [first, second], key=key, on_error="skip", notice=lambda _: None)
    assert found.raters == ["Ann"]
    assert found.results[0].answers == 6


def test_two_sheets_of_one_name_in_a_table_are_told(rated: Release, sheets: Sheets, key: Path, tmp_path: Path) -> None:
    rows = [*rows_of(rated, sheets, "Ann"), *rows_of(rated, sheets, "Ann", sheet=1)]
    (problem,) = problems_of(rated, write(tmp_path / "a.csv", rows), key=key)
    assert f"it has those of sheet {next(iter(sheets.key.sheets))}, too" in problem


def test_several_raters_may_be_in_one_table_in_any_form(
    rated: Release, sheets: Sheets, key: Path, tmp_path: Path
) -> None:
    rows = [*rows_of(rated, sheets, "Ann"), *rows_of(rated, sheets, "Zoë", sheet=1)]
    lines = tmp_path / "all.jsonl"
    lines.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    excel = tmp_path / "all.csv"
    cells = [";".join(rows[0]), *(";".join(row.values()).replace("1.25", "1,25") for row in rows)]
    excel.write_text("\n".join(cells), encoding="utf-16")
    for file in (lines, excel):
        found = ratings(rated.folder, file, key=key)
        assert found.raters == ["Ann", "Zoë"]
        assert found.results[0].raters[0].seconds == 1.25


def test_values_that_json_lacks_or_nests_are_told(rated: Release, sheets: Sheets, key: Path, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [dict(row) for row in rows_of(rated, sheets, "Ann")]
    del rows[1]["rater"]
    rows[2]["answer"] = ["man"]
    rows[3]["trial"] = None
    file = tmp_path / "a.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    told = problems_of(rated, file, key=key)
    assert [problem.partition(";")[0] for problem in told[:2]] == [
        "a.jsonl:2: the rater is ''",
        "a.jsonl:3: \"['man']\" is no answer to ethnicity",
    ]
    assert told[2].startswith("a.jsonl:4: the sheet does not show")
    assert len(told) == 3


def test_a_sheet_that_is_not_done_counts_as_far_as_it_goes(
    rated: Release, sheets: Sheets, key: Path, tmp_path: Path
) -> None:
    whole = write(tmp_path / "a.csv", rows_of(rated, sheets, "Ann"))
    half = write(tmp_path / "b.csv", rows_of(rated, sheets, "Ben", sheet=1)[:10])
    done = run("ratings", rated.folder, whole, half, "--key", key)
    assert done.exit_code == 0
    assert done.stderr.splitlines() == [
        "warning: 1 problem to look at:",
        "  b.csv: rater 'Ben' answered 10 of 32 questions; ask for the rest",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a.csv: is empty; give a table that a sheet saved"),
        ("rater,question\nx,y\n", "a.csv: has no column answer and sheet and token and trial; give a table that"),
        ("\x00\x01", "a.csv: "),
        ('rater,token,sheet,trial,question,answer\n"x', "a.csv:2: is not valid CSV"),
    ],
)
def test_a_table_that_is_none_is_refused(rated: Release, key: Path, tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    problems = problems_of(rated, tmp_path / "a.csv", key=key)
    assert any(problem.startswith(told) for problem in problems), problems


def test_every_table_that_is_wrong_is_told(rated: Release, sheets: Sheets, key: Path, tmp_path: Path) -> None:
    first = tmp_path / "missing.csv"
    second = write(tmp_path / "b.csv", [{"rater": "x"}])
    assert [problem.partition(":")[0] for problem in problems_of(rated, first, second, key=key)] == [
        "b.csv", "missing.csv",
    ]  # fmt: skip


def test_a_table_without_rows_has_no_answers(rated: Release, sheets: Sheets, key: Path, tmp_path: Path) -> None:
    rows = rows_of(rated, sheets, "Ann")
    (tmp_path / "a.csv").write_text(",".join(rows[0]) + "\n", encoding="utf-8")
    assert problems_of(rated, tmp_path / "a.csv", key=key) == ["a.csv: has no answers; give the table of a rater"]


def test_a_table_of_more_rows_than_raters_write_is_refused(
    rated: Release, sheets: Sheets, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MOST_ROWS", 31)
    file = write(tmp_path / "a.csv", rows_of(rated, sheets, "Ann"))
    assert problems_of(rated, file, key=key) == ["a.csv:33: has more than 31 rows; give the table of fewer raters"]


def test_two_tables_of_one_name_are_told_apart(rated: Release, sheets: Sheets, key: Path, tmp_path: Path) -> None:
    files = []
    for number in range(2):
        (tmp_path / str(number)).mkdir()
        rows = rows_of(rated, sheets, "Ann", sheet=number)
        files.append(write(tmp_path / str(number) / "ratings.csv", rows))
    (problem,) = problems_of(rated, *files, key=key)
    assert problem.startswith(f"{files[1]}: 32 answers")
    with pytest.raises(UsageError, match="twice; give each table once"):
        ratings(rated.folder, [files[0], files[0]], key=key)


class TestTablesFromElsewhere:
    """Without tokens: the faces by `pair_id` and `face`."""

    def rows(self, release: Release) -> list[Row]:
        return [
            {"rater": rater, "pair_id": pair_id, "face": face, "question": "gender", "answer": str(one.shows["gender"])}
            for (_, pair_id, face), one in all_of(release).items()
            for rater in ("A", "B")
        ]

    def test_they_need_no_key_and_other_spellings_are_understood(self, rated: Release, tmp_path: Path) -> None:
        rows = self.rows(rated)
        for row in rows:
            row["answer"] = {"man": "Male", "woman": "FEMALE"}[row["answer"]]
        found = ratings(rated.folder, write(tmp_path / "a.csv", rows))
        (result,) = found.results
        assert result.these is not None
        assert (result.these.value, result.faces, result.answers) == (1.0, 32, 64)
        assert result.raters[0].seconds is None

    @pytest.mark.parametrize(
        ("column", "value", "told"),
        [
            ("pair_id", "no such", ":2: the release has no pair 'no such'; check which release it is"),
            ("face", "left", ":2: the face is 'left'; use one of neutral, expressive"),
            ("question", "mood", ":2: the question 'mood' was not asked; use one of gender, age"),
        ],
    )
    def test_a_row_that_fits_no_face_is_told(
        self, rated: Release, tmp_path: Path, column: str, value: str, told: str
    ) -> None:
        rows = self.rows(rated)
        rows[0][column] = value
        (problem,) = problems_of(rated, write(tmp_path / "a.csv", rows), key=None)
        assert told in problem

    def test_a_second_answer_without_a_trial_is_an_error(self, rated: Release, tmp_path: Path) -> None:
        rows = self.rows(rated)
        (problem,) = problems_of(rated, write(tmp_path / "a.csv", [*rows, rows[0]]), key=None)
        assert "answers the same as a.csv:2" in problem

    def test_tokens_need_the_key(self, rated: Release, sheets: Sheets, tmp_path: Path) -> None:
        (problem,) = problems_of(rated, write(tmp_path / "a.csv", rows_of(rated, sheets, "Ann")), key=None)
        assert "has tokens for faces, which only the key knows; give the key.json of the sheets" in problem

    def test_columns_that_are_missing_are_told(self, rated: Release, tmp_path: Path) -> None:
        (problem,) = problems_of(rated, write(tmp_path / "a.csv", [{"rater": "a", "answer": "man"}]), key=None)
        assert problem == (
            "a.csv: has no column question and pair_id and face; give a table with them, or the key of the sheets"
        )


def of_another_release(key: dict[str, object]) -> None:
    releases = key["releases"]
    assert isinstance(releases, dict)
    releases["synpain 1.0.0"]["content"] = "0" * 64


def without_a_face(key: dict[str, object]) -> None:
    faces = key["faces"]
    assert isinstance(faces, dict)
    del faces[min(faces)]


def of_no_face(key: dict[str, object]) -> None:
    faces = key["faces"]
    assert isinstance(faces, dict)
    faces[min(faces)]["pair_id"] = "no such pair"


def with_more(key: dict[str, object]) -> None:
    key["more"] = 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (of_another_release, "whose rows are not those of synpain 1.0.0; give every release that"),
        (without_a_face, "has no face for "),
        (of_no_face, "has a face of pair 'no such pair', which the release does not have; give the key.json"),
        (with_more, "is not a key (the document: Additional properties are not allowed"),
    ],
)
def test_a_key_that_does_not_fit_is_refused(
    rated: Release,
    sheets: Sheets,
    key: Path,
    tmp_path: Path,
    change: Callable[[dict[str, object]], None],
    told: str,
) -> None:
    document = json.loads(key.read_text(encoding="utf-8"))
    change(document)
    (tmp_path / "key.json").write_text(json.dumps(document), encoding="utf-8")
    file = write(tmp_path / "a.csv", rows_of(rated, sheets, "Ann"))
    (problem,) = problems_of(rated, file, key=tmp_path / "key.json")
    assert problem.startswith("key.json: ")
    assert told in problem


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 5000, "null", '{"a": NaN}'])
def test_a_file_that_is_no_key_is_refused(rated: Release, sheets: Sheets, tmp_path: Path, text: str) -> None:
    (tmp_path / "key.json").write_text(text, encoding="utf-8")
    file = write(tmp_path / "a.csv", rows_of(rated, sheets, "Ann"))
    (problem,) = problems_of(rated, file, key=tmp_path / "key.json")
    assert problem.startswith("key.json: is not ")


def test_a_key_that_is_too_large_is_not_read_whole(rated: Release, tmp_path: Path) -> None:
    with (tmp_path / "key.json").open("wb") as file:
        file.truncate(2**24 + 1)
    (problem,) = problems_of(rated, tmp_path / "a.csv", key=tmp_path / "key.json")
    assert problem.startswith("key.json: has more than 16,777,216 bytes; give the key.json")


def test_a_key_that_is_not_there_is_refused(rated: Release, tmp_path: Path) -> None:
    (problem,) = problems_of(rated, tmp_path / "a.csv", key=tmp_path / "key.json")
    assert problem.startswith("key.json: cannot be read (No such file or directory); give the key.json")


ODD = ("nan", "-1", "1e999", "٣", "²", "cannot say", "<b>", "a|b", *CLASSES["gender"])


@given(st.data())
@pytest.mark.slow
def test_whatever_a_table_holds_is_read_or_told(
    rated: Release, sheets: Sheets, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    rows = rows_of(rated, sheets, "Ann")
    texts = st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(ODD)
    for _ in range(data.draw(st.integers(1, 4))):
        rows[data.draw(st.integers(0, len(rows) - 1))][data.draw(st.sampled_from(list(rows[0])))] = data.draw(texts)
    file = write(tmp_path_factory.mktemp("table") / "a.csv", rows)
    problems: list[Problem] = []
    with suppress(BadInputError):
        found = ratings(rated.folder, file, key=sheets.folder / "key.json", on_error="skip", notice=problems.extend)
        assert violations("ratings_report", json.loads(json.dumps(found.to_dict()))) == []
        assert "\n# " not in found.to_markdown()
    assert all(problem.file.startswith("a.csv") for problem in problems)
