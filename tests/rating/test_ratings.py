"""What is computed from answers whose truth is known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synpain_hf.errors import UsageError
from synpain_hf.rating.questions import questions_called
from synpain_hf.rating.ratings import Ratings, ratings
from synpain_hf.rating.results import Result
from synpain_hf.rating.sheet import Sheets, rate
from synpain_hf.release.release import Release
from synpain_hf.schemas import violations
from tests.rating.making import Row, Says, rows_of, the_truth, write
from tests.terminal import run
from tests.validation.making import made


@pytest.fixture(scope="module")
def all_faces(rated: Release, tmp_path_factory: pytest.TempPathFactory) -> Sheets:
    """Four sheets of all 32 faces, eight of which come twice."""
    return rate(rated.folder, out=tmp_path_factory.mktemp("all") / "rating", faces=32, repeats=8, raters=4)


class Rating:
    """Raters who answer as they are told to."""

    def __init__(self, release: Release, sheets: Sheets, folder: Path) -> None:
        self.release, self.sheets, self.folder = release, sheets, folder

    @property
    def key(self) -> Path:
        return self.sheets.folder / "key.json"

    def table(self, number: int, says: Says) -> Path:
        rows = rows_of(self.release, self.sheets, f"R{number}", number, says)
        return write(self.folder / f"{number}.csv", rows)

    def ratings(self, *says: Says) -> Ratings:
        return ratings(self.release.folder, [self.table(*each) for each in enumerate(says)], key=self.key)

    def results(self, *says: Says) -> dict[str, Result]:
        return {result.question: result for result in self.ratings(*says).results}


@pytest.fixture
def rating(rated: Release, all_faces: Sheets, tmp_path: Path) -> Rating:
    return Rating(rated, all_faces, tmp_path)


def never_says(question: str, right: str, trial: int) -> str:
    return "cannot_say"


def calls_pain_something_else(question: str, right: str, trial: int) -> str:
    return "no_pain" if right == "pain" else right


def takes_neutral_for_another_expression(question: str, right: str, trial: int) -> str:
    return "no_pain" if right == "neutral" else right


def calls_all_young(question: str, right: str, trial: int) -> str:
    return "young" if question == "age" else right


def test_raters_who_are_always_right_agree_and_are_not_called_perfect(rating: Rating) -> None:
    for result in rating.results(the_truth, the_truth).values():
        assert result.these is not None
        assert result.kappa is not None
        assert result.again is not None
        assert (result.these.value, result.kappa.value) == (1.0, 1.0)
        assert 0.6 < result.these.low < 1
        assert result.kappa.low < 1
        assert (result.again.same, result.again.of) == (16, 16)
        assert result.again.share.low < 0.9
        assert (result.answers, result.faces, result.rated_by_all, result.cannot_say) == (64, 32, 32, 0)


def test_cannot_say_is_no_right_answer(rating: Rating) -> None:
    result = rating.results(the_truth, never_says)["gender"]
    assert result.these is not None
    assert result.these.value == 0.5
    assert result.cannot_say == 32
    assert [rater.accuracy.value for rater in result.raters if rater.accuracy] == [1.0, 0.0]
    assert result.confusion == {"man": {"man": 16, "cannot_say": 16}, "woman": {"woman": 16, "cannot_say": 16}}


def test_what_was_taken_for_what_is_counted(rating: Rating) -> None:
    found = rating.results(the_truth, calls_pain_something_else)
    assert found["expression"].confusion == {
        "neutral": {"neutral": 32}, "pain": {"pain": 8, "no_pain": 8}, "no_pain": {"no_pain": 16},
    }  # fmt: skip
    assert found["pain"].confusion == {"pain": {"pain": 8, "not_pain": 8}, "not_pain": {"not_pain": 48}}


def test_neutral_and_another_expression_are_one_where_pain_alone_is_told(rating: Rating) -> None:
    found = rating.results(the_truth, takes_neutral_for_another_expression)
    expression, pain = found["expression"], found["pain"]
    assert expression.these is not None
    assert pain.these is not None
    assert pain.kappa is not None
    assert expression.these.value == 0.75
    assert pain.these.value == pain.kappa.value == 1.0


def test_kappa_is_that_of_fleiss(rating: Rating) -> None:
    kappa = rating.results(the_truth, calls_all_young)["age"].kappa
    assert kappa is not None
    # Half of the faces agree; 3 of 4 answers are young: 1 - (1/2) / (1 - 9/16 - 1/16)
    assert kappa.value == pytest.approx(1 - 0.5 / 0.375)


def test_a_group_that_is_judged_worse_is_found_and_no_other(rating: Rating) -> None:
    found = rating.ratings(calls_all_young, calls_all_young, calls_all_young)
    age = next(result for result in found.results if result.question == "age")
    apart = {(group.attribute, group.group): group.apart for group in age.groups}
    old, woman = apart["age_group", "old"], apart["gender", "woman"]
    assert old is not None
    assert woman is not None
    assert old.value == -1.0
    assert old.high < 0
    assert woman.low < 0 < woman.high
    page = found.to_markdown()
    assert "- Age: old faces are judged worse than others, by 100.0 (" in page
    assert page.count("are judged worse than others") == 1


def test_no_group_is_said_to_be_judged_worse_where_none_is(rating: Rating) -> None:
    assert "No group of faces was found to be judged worse" in rating.ratings(the_truth, the_truth).to_markdown()


def test_agreement_with_oneself_is_that_of_faces_that_come_twice(rating: Rating) -> None:
    order = next(iter(rating.sheets.key.sheets.values()))
    seconds = {place + 1 for place, token in enumerate(order) if token in order[:place]}

    def changes_their_mind(question: str, right: str, trial: int) -> str:
        return "cannot_say" if trial in seconds and question == "gender" else right

    found = rating.results(changes_their_mind)
    assert found["gender"].again is not None
    assert found["gender"].these is not None
    assert (found["gender"].again.same, found["gender"].again.of) == (0, 8)
    assert found["gender"].these.value == 1.0  # the first answer counts
    assert found["age"].again is not None
    assert found["age"].again.same == 8


def test_other_raters_are_spoken_of_from_three_raters_on(rating: Rating) -> None:
    two = rating.results(the_truth, calls_all_young)["age"]
    three = rating.results(the_truth, the_truth, calls_all_young)["age"]
    assert two.others is None
    assert two.these is not None
    assert three.these is not None
    assert three.others is not None
    assert three.others.low < three.these.low
    assert three.others.value == pytest.approx(three.these.value)


def test_one_rater_has_accuracy_and_no_kappa(rating: Rating) -> None:
    found = rating.ratings(the_truth)
    assert all(result.kappa is None for result in found.results)
    assert "Kappa is not computed: it needs two raters" in found.to_markdown()


def test_faces_that_not_all_raters_judged_do_not_count_for_kappa(rating: Rating) -> None:
    first = rating.table(0, the_truth)
    rows: list[Row] = rows_of(rating.release, rating.sheets, "R1", 1)
    second = write(rating.folder / "half.csv", [row for row in rows if int(row["trial"]) <= 15])
    found = ratings(rating.release.folder, [first, second], key=rating.key, notice=lambda _: None)
    result = found.results[0]
    assert result.faces == 32
    assert 5 < result.rated_by_all <= 15
    assert f"Kappa is of the {result.rated_by_all} faces that all raters judged." in found.to_markdown()


def test_groups_that_the_release_does_not_know_count_for_kappa_alone(tmp_path: Path) -> None:
    unknown = made(tmp_path / "set", 8, of_rows={"ethnicity": lambda number: "" if number < 4 else "white"})
    sheets = rate(unknown.folder, out=tmp_path / "rating", faces=16, repeats=0)

    def says_white(question: str, right: str, trial: int) -> str:
        return "white" if question == "ethnicity" else right

    found = Rating(unknown, sheets, tmp_path).ratings(says_white, says_white)
    result = next(result for result in found.results if result.question == "ethnicity")
    assert (result.faces, result.unknown) == (16, 8)
    assert result.these is not None
    assert result.these.value == 1.0
    assert result.kappa is None  # all answers are the same
    assert "Of 8 faces the release does not say what is right" in found.to_markdown()
    assert violations("ratings_report", json.loads(json.dumps(found.to_dict()))) == []


def test_nothing_but_kappa_is_said_where_nothing_is_known(tmp_path: Path) -> None:
    unknown = made(tmp_path / "set", 8, of_rows={"age_group": lambda _: ""})
    sheets = rate(unknown.folder, out=tmp_path / "rating", faces=16, repeats=2, raters=3, questions=["age"])
    said = iter(["young", "old", "cannot_say"] * 99)

    def says_anything(question: str, right: str, trial: int) -> str:
        return next(said)

    found = Rating(unknown, sheets, tmp_path).ratings(says_anything, says_anything, says_anything)
    (result,) = found.results
    assert result.these is result.others is None
    assert result.kappa is not None
    assert violations("ratings_report", json.loads(json.dumps(found.to_dict()))) == []
    assert "| Age | 16 | – | – |" in found.to_markdown()


def test_the_report_fits_its_schema_and_is_what_the_command_prints(rating: Rating) -> None:
    files = [rating.table(0, the_truth), rating.table(1, calls_all_young), rating.table(2, never_says)]
    out = rating.folder / "report"
    done = run("ratings", rating.release.folder, *files, "--key", rating.key, "--out", out)
    assert done.exit_code == 0, done.output
    header, *lines = done.stdout.splitlines()
    assert header.split() == ["question", "faces", "accuracy", "Fleiss'", "kappa"]
    assert [line.split()[:3] for line in lines] == [
        [name, "32", "66.7%" if name != "age" else "50.0%"]
        for name in (*(question.name for question in questions_called([])), "pain")
    ]
    written = json.loads((out / "ratings.json").read_text(encoding="utf-8"))
    assert violations("ratings_report", written) == []
    assert written["raters"] == ["R0", "R1", "R2"]
    printed = run("ratings", rating.release.folder, *files, "--key", rating.key, "--json")
    assert json.loads(printed.stdout) == written
    page = (out / "ratings.md").read_text(encoding="utf-8")
    assert page.startswith("# Ratings of synpain 1.0.0 by 3 raters\n")
    assert "| R1 | 32 | 50.0% (" in page
    assert "| old | 16 | 16 | 16 |" in page  # called young, old, and not said


def test_a_name_cannot_change_the_page(rating: Rating) -> None:
    rows = rows_of(rating.release, rating.sheets, "x|<b> # y")
    found = ratings(rating.release.folder, write(rating.folder / "x.csv", rows), key=rating.key)
    assert "| x&#124;&#60;b&#62; &#35; y | 32 |" in found.to_markdown()


def test_an_argument_that_cannot_be_right_is_refused(rating: Rating) -> None:
    table = rating.table(0, the_truth)
    with pytest.raises(UsageError, match=r"on_error is 'skipp' \(did you mean 'skip'\?\)"):
        ratings(rating.release.folder, table, on_error="skipp")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="files has no table"):
        ratings(rating.release.folder, [])
    (rating.folder / "out").mkdir()
    done = run("ratings", rating.release.folder, table, "--key", rating.key, "--out", rating.folder / "out")
    assert done.exit_code == 2
    assert "exists; remove it, or give another place" in done.stderr
