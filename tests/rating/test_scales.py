"""What is computed from answers on a scale, whose means are known; and who does not count."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from synpain_hf.errors import BadInputError
from synpain_hf.rating.faces import FaceId
from synpain_hf.rating.ratings import Ratings, ratings
from synpain_hf.rating.sheet import Sheets
from synpain_hf.release.release import Release
from synpain_hf.schemas import violations
from tests.benchmarks.likert import held
from tests.rating.likert import Likert
from tests.rating.making import filled, write
from tests.terminal import run

Says = Callable[[str, FaceId, int], str]
STEPS = {"bent 1.0.0": 2, "drawn 1.0.0": 3, "true 1.0.0": 4}


def by_release(question: str, face: FaceId, trial: int) -> str:
    return str(STEPS[face.release])


def a_step_higher(question: str, face: FaceId, trial: int) -> str:
    return str(STEPS[face.release] + 1)


def never_says(question: str, face: FaceId, trial: int) -> str:
    return "cannot_say"


def at_random(seed: int) -> Says:
    drawn = np.random.default_rng(seed)

    def says(question: str, face: FaceId, trial: int) -> str:
        return str(STEPS[face.release] + drawn.integers(-1, 2))

    return says


def does_not_read(asked: str) -> str:
    return "cannot_say"


class Rating:
    """Raters who answer as they are told to."""

    def __init__(self, releases: Sequence[Release], sheets: Sheets, folder: Path) -> None:
        self.releases, self.sheets, self.folder = releases, sheets, folder
        self.folders = [release.folder for release in releases]
        self.key = sheets.folder / "key.json"

    def table(self, number: int, says: Says, attends: Callable[[str], str] = lambda asked: asked) -> Path:
        return write(self.folder / f"{number}.csv", filled(self.sheets, f"R{number}", number, says, attends))

    def ratings(self, *says: Says) -> Ratings:
        return ratings(self.folders, [self.table(*each) for each in enumerate(says)], key=self.key)


@pytest.fixture
def rating(methods: Sequence[Release], compared: Sheets, tmp_path: Path) -> Rating:
    return Rating(methods, compared, tmp_path)


def test_means_and_differences_are_those_of_the_answers(rating: Rating) -> None:
    found = rating.ratings(by_release, by_release, a_step_higher)
    assert [scale.question for scale in found.scales] == ["realism", "identity"]
    for scale in found.scales:
        means = {one.release: one.others.value for one in scale.releases if one.others}
        assert means == pytest.approx({label: step + 1 / 3 for label, step in STEPS.items()})
        assert [(one.first[:4], one.second[:4], one.pairs, one.difference.value) for one in scale.differences] == [
            ("bent", "draw", 8, -1.0), ("bent", "true", 8, -2.0), ("draw", "true", 8, -1.0),
        ]  # fmt: skip
        assert scale.releases[0].answers == {"1": 0, "2": 16, "3": 8, "4": 0, "5": 0}
        assert [one.mean for one in scale.raters] == pytest.approx([3, 3, 4])


def test_what_never_varies_has_no_interval(rating: Rating) -> None:
    scale = rating.ratings(by_release, by_release, by_release).scales[0]
    for one in scale.releases:
        assert one.these is not None
        assert one.others is not None
        assert np.isnan([one.these.low, one.others.low]).all()
    assert scale.alpha is not None
    assert scale.alpha.value == 1.0
    assert all(one.p is None for one in scale.differences)


def test_other_raters_are_spoken_of_from_three_raters_on(rating: Rating) -> None:
    two = rating.ratings(at_random(0), at_random(1)).scales[0]
    three = rating.ratings(at_random(0), at_random(1), at_random(2)).scales[0]
    assert all(one.others is None for one in two.releases)
    assert all(one.p is None and one.difference.low < one.difference.high for one in two.differences)
    assert all(one.others is not None and one.others.low < one.others.high for one in three.releases)
    by_release = {(one.first[:4], one.second[:4]): one for one in three.differences}
    assert (by_release["bent", "true"].p or 1) < 0.05
    assert by_release["bent", "true"].difference.high < 0


def test_p_values_are_corrected_for_the_comparisons_of_all_questions(rating: Rating) -> None:
    rows = [filled(rating.sheets, f"R{number}", number, at_random(number)) for number in range(3)]
    both = [write(rating.folder / f"{number}-both.csv", one) for number, one in enumerate(rows)]
    one = [
        write(rating.folder / f"{number}-one.csv", [row for row in all_of if row["question"] != "identity"])
        for number, all_of in enumerate(rows)
    ]
    of_six, of_three = (
        [
            one.p or 1
            for one in ratings(rating.folders, files, key=rating.key, notice=lambda _: None).scales[0].differences
        ]
        for files in (both, one)
    )
    assert all(more >= less for more, less in zip(of_six, of_three, strict=True))
    assert sum(of_six) > sum(of_three)


def test_cannot_say_is_counted_and_in_no_mean(rating: Rating) -> None:
    scale = rating.ratings(by_release, a_step_higher, never_says).scales[0]
    assert [one.cannot_say for one in scale.releases] == [8, 8, 8]
    assert [one.these.value for one in scale.releases if one.these] == pytest.approx([2.5, 3.5, 4.5])
    assert scale.raters[2].mean is None


def test_nothing_is_said_where_nobody_says_anything(rating: Rating) -> None:
    found = rating.ratings(never_says)
    (scale, _) = found.scales
    assert scale.alpha is None
    assert all(one.these is None and one.others is None for one in scale.releases)
    assert violations("ratings_report", json.loads(json.dumps(found.to_dict()))) == []
    assert "Krippendorff's alpha is not computed" in found.to_markdown()


def test_intervals_stay_within_the_scale(rating: Rating) -> None:
    def high(question: str, face: FaceId, trial: int) -> str:
        return "4" if trial == 1 else "5"

    for one in rating.ratings(high, high, high).scales[0].releases:
        assert one.others is not None
        assert np.isnan(one.others.high) or one.others.high <= 5


def test_a_rater_who_fails_the_attention_checks_is_named_and_left_out(rating: Rating) -> None:
    files = [rating.table(0, by_release), rating.table(1, by_release), rating.table(2, a_step_higher, does_not_read)]
    found = ratings(rating.folders, files, key=rating.key)
    assert [(one.rater, one.right, one.of, one.is_failed) for one in found.attention] == [
        ("R0", 3, 3, False), ("R1", 3, 3, False), ("R2", 0, 3, True),
    ]  # fmt: skip
    assert found.raters == ["R0", "R1"]
    assert found.with_all is not None
    realism, with_all = found.scales[0].releases[0], found.with_all.scales[0].releases[0]
    assert realism.these is not None
    assert with_all.others is not None
    assert realism.these.value == 2
    assert with_all.others.value == pytest.approx(2 + 1 / 3)
    page = found.to_markdown()
    assert "Left out, since less than two thirds of the attention checks were right: R2 (0 of 3)." in page
    assert "With all raters: realism of bent 1.0.0 2.33 (" in page


def test_one_slip_of_three_is_forgiven_and_a_check_that_is_passed_over_is_one(rating: Rating) -> None:
    rows = filled(rating.sheets, "R0", 0, by_release)
    slipped = next(row for row in rows if row["question"] == "attention")
    left = [row for row in rows if row is not slipped]
    found = ratings(rating.folders, write(rating.folder / "a.csv", left), key=rating.key, notice=lambda _: None)
    assert [(one.right, one.of, one.is_failed) for one in found.attention] == [(2, 3, False)]
    assert "Nobody failed the attention checks." in found.to_markdown()


def test_checks_after_the_last_answer_are_not_missed(rating: Rating) -> None:
    rows = filled(rating.sheets, "R0", 0, by_release)
    first = next(number for number, row in enumerate(rows) if row["question"] == "attention")
    found = ratings(
        rating.folders, write(rating.folder / "a.csv", rows[: first + 1]), key=rating.key, notice=lambda _: None
    )
    assert [(one.right, one.of) for one in found.attention] == [(1, 1)]


def test_where_everybody_fails_nothing_is_computed(rating: Rating) -> None:
    file = rating.table(0, by_release, does_not_read)
    with pytest.raises(BadInputError, match="no rater who passed the attention checks; ask others"):
        ratings(rating.folders, file, key=rating.key)


@pytest.mark.parametrize(
    ("question", "told"),
    [("realism", "the question 'realism' was not asked of this face"), ("attention", "'attention' was not asked")],
)
def test_an_answer_to_a_question_that_the_face_was_not_asked_is_told(rating: Rating, question: str, told: str) -> None:
    rows = filled(rating.sheets, "R0", 0, by_release)
    is_check = question == "realism"
    row = next(row for row in rows if (row["question"] == "attention") == is_check)
    row["question"] = question
    with pytest.raises(BadInputError, match=told):
        ratings(rating.folders, write(rating.folder / "a.csv", rows), key=rating.key)


def test_the_command_takes_releases_and_tables_and_its_report_fits_the_schema(rating: Rating) -> None:
    files = [rating.table(number, at_random(number)) for number in range(3)]
    out = rating.folder / "report"
    done = run("ratings", *rating.folders, *files, "--key", rating.key, "--out", out)
    assert done.exit_code == 0, done.output
    header, *lines = done.stdout.splitlines()
    assert header.split() == ["question", "release", "faces", "mean", "of", "1", "to", "5"]
    assert [line.split()[:2] for line in lines] == [
        [question, label.split()[0]] for question in ("realism", "identity") for label in STEPS
    ]
    written = json.loads((out / "ratings.json").read_text(encoding="utf-8"))
    assert violations("ratings_report", written) == []
    page = (out / "ratings.md").read_text(encoding="utf-8")
    assert page.startswith("# Ratings of bent 1.0.0 and drawn 1.0.0 and true 1.0.0 by 3 raters\n")
    assert "| bent 1.0.0 less true 1.0.0 | 8 | −" in page


def test_a_release_that_the_sheets_show_must_be_given(rating: Rating) -> None:
    file = rating.table(0, by_release)
    with pytest.raises(BadInputError, match=r"whose rows are not those of .*; give every release that the sheets were"):
        ratings(rating.folders[:2], file, key=rating.key)


def test_tables_from_elsewhere_name_the_release(methods: Sequence[Release], tmp_path: Path) -> None:
    rows = [
        {
            "rater": rater,
            "release": label,
            "pair_id": "p000",
            "face": "expressive",
            "question": "realism",
            "answer": "4",
        }
        for rater in "AB"
        for label in STEPS
    ]
    folders = [release.folder for release in methods]
    found = ratings(folders, write(tmp_path / "a.csv", rows))
    assert [one.release for one in found.scales[0].releases] == list(STEPS)
    rows[0]["release"] = "bend 1.0.0"
    with pytest.raises(BadInputError, match=r"the release is 'bend 1.0.0' \(did you mean 'bent 1.0.0'\?\)"):
        ratings(folders, write(tmp_path / "b.csv", rows))


@pytest.mark.slow
@pytest.mark.parametrize(
    "of",
    [Likert(3, 30), Likert(5, 40), Likert(5, 40, unlike=0.0, tastes=0.0), Likert(5, 20, each=2, drivers=15)],
)
def test_intervals_hold(of: Likert) -> None:
    found = [held(of, (1, number)) for number in range(120)]
    shares = {name: np.mean([each[name] for each in found]) for name in ("mean", "difference", "alpha")}
    assert 0.9 <= shares["mean"] <= 0.995
    assert shares["difference"] >= 0.9
    assert shares["alpha"] >= 0.85
