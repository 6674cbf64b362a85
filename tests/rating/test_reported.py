"""What raters said is shown by `transfer-report`, method by method, and nothing in their report is believed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synpain_hf.assessment.lent import Lent
from synpain_hf.assessment.numbers import grids
from synpain_hf.assessment.people import people
from synpain_hf.assessment.section import Section
from synpain_hf.errors import BadInputError
from synpain_hf.rating.faces import FaceId
from synpain_hf.rating.ratings import ratings
from synpain_hf.rating.sheet import Sheets
from synpain_hf.release.release import Release
from tests.rating.making import filled, write

LABELS = ["warp", "unet", "oracle"]


@pytest.fixture
def judged(methods: Sequence[Release]) -> list[Lent]:
    """The three releases as a transfer report has them."""
    return [Lent(label, release, {}) for label, release in zip(LABELS, methods, strict=True)]


def report_of(methods: Sequence[Release], sheets: Sheets, folder: Path, raters: int = 3, careless: int = 0) -> Path:
    """The report of raters to whom the releases are of rising realism."""
    files = []
    for number in range(raters + careless):
        drawn = np.random.default_rng(number)

        def says(question: str, face: FaceId, trial: int, drawn: np.random.Generator = drawn) -> str:
            return str(2 + ["bent", "drawn", "true"].index(face.release.split()[0]) + drawn.integers(-1, 2))

        def attends(asked: str, is_careless: bool = number >= raters) -> str:
            return "cannot_say" if is_careless else asked

        files.append(write(folder / f"{number}.csv", filled(sheets, f"R{number}", number, says, attends)))
    out = folder / "judged"
    ratings([one.folder for one in methods], files, key=sheets.folder / "key.json", out=out)
    return out / "ratings.json"


@pytest.fixture
def report(methods: Sequence[Release], compared: Sheets, tmp_path: Path) -> Path:
    return report_of(methods, compared, tmp_path)


def values(section: Section, measure: str) -> dict[str, float]:
    return {row.method: row.estimate.value for row in section.rows if row.measure == measure}


def test_means_are_those_of_the_report_by_the_names_of_the_methods(report: Path, judged: list[Lent]) -> None:
    said = json.loads(report.read_text(encoding="utf-8"))
    section = people(judged, [report])
    for scale in said["scales"]:
        means = [one["mean"]["other_raters"]["value"] for one in scale["releases"]]
        assert values(section, scale["question"]) == dict(zip(LABELS, means, strict=True))
    realism = values(section, "realism")
    assert realism["warp"] < realism["unet"] < realism["oracle"]
    (row,) = (row for row in section.rows if (row.method, row.measure) == ("warp", "realism"))
    assert (row.n, row.identities, row.drivers, row.by) == (8, 8, 8, "raters")
    assert section.missing == []


def test_tables_show_means_and_the_differences_on_the_same_pairs(report: Path, judged: list[Lent]) -> None:
    (_, means), (above, apart) = grids(people(judged, [report]).to_dict())
    assert means.header == ["", "faces", "realism, 1 to 5", "the same person, 1 to 5"]
    assert [row[0] for row in means.rows] == LABELS
    assert above == "Of the same pairs, by the same raters:"
    assert [row[0] for row in apart.rows] == ["warp less unet", "warp less oracle", "unet less oracle"]
    assert all(row[1].startswith("−") for row in apart.rows)


def test_what_limits_the_numbers_is_told(
    methods: Sequence[Release], compared: Sheets, judged: list[Lent], tmp_path: Path
) -> None:
    found = report_of(methods, compared, tmp_path, raters=2, careless=1)
    assert people(judged, [found]).missing == [
        "ratings.json is of too few raters to speak of others: its intervals are for other faces alone",
        "1 rater of ratings.json failed the attention checks, and did not count",
    ]


def test_a_method_that_nobody_rated_is_told(report: Path, judged: list[Lent], rated: Release) -> None:
    section = people([*judged[:2], Lent("another", rated, {})], [report])
    assert section.missing == ["nobody rated another; make sheets of all methods at once"]
    assert {(row.method, row.against) for row in section.rows if row.measure == "difference"} == {("warp", "unet")}


def of_others(said: dict[str, Any]) -> None:
    for release in said["releases"].values():
        release["content"] = "0" * 64


def of_no_release(said: dict[str, Any]) -> None:
    said["scales"][0]["releases"][0]["release"] = "nothing"


def with_more(said: dict[str, Any]) -> None:
    said["scales"][0]["more"] = 1


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (of_others, "has no means on a scale of these releases; give one of `rate --questions realism`"),
        (of_no_release, "has means of 'nothing', which is none of its releases; give the ratings.json"),
        (with_more, "is not a report on ratings"),
    ],
)
def test_a_report_that_does_not_fit_is_refused(
    report: Path, judged: list[Lent], change: Callable[[dict[str, Any]], None], told: str
) -> None:
    said = json.loads(report.read_text(encoding="utf-8"))
    change(said)
    report.write_text(json.dumps(said), encoding="utf-8")
    with pytest.raises(BadInputError, match=told):
        people(judged, [report])


@pytest.mark.parametrize("text", ["", "[]", "{", "[" * 5000, '{"a": NaN}'])
def test_a_file_that_is_no_report_is_refused(judged: list[Lent], tmp_path: Path, text: str) -> None:
    (tmp_path / "ratings.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=r"ratings.json: is n"):
        people(judged, [tmp_path / "ratings.json"])
    with pytest.raises(BadInputError, match="cannot be read"):
        people(judged, [tmp_path / "none.json"])


def test_one_question_of_one_method_twice_is_refused(report: Path, judged: list[Lent]) -> None:
    with pytest.raises(BadInputError, match="has the identity of oracle, as an earlier file has; give one of them"):
        people(judged, [report, report])
