"""Sheets of several releases: the same pairs of each, in one order, and nothing that tells which is which."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

from synpain_hf.errors import UsageError
from synpain_hf.rating.order import nearest
from synpain_hf.rating.sheet import Sheets, rate
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.schemas import violations
from tests.rating.making import all_of, page_of
from tests.release.persons import some_persons, written
from tests.terminal import run
from tests.validation.making import made

NAMES = ["bent 1.0.0", "drawn 1.0.0", "true 1.0.0"]


def test_a_sheet_shows_the_same_pairs_of_every_release(compared: Sheets) -> None:
    by_pair: dict[str, list[str]] = defaultdict(list)
    for face in compared.key.faces.values():
        assert face.face == "expressive"
        by_pair[face.pair_id].append(face.release)
    assert len(by_pair) == 8
    assert all(sorted(labels) == NAMES for labels in by_pair.values())
    assert (compared.faces, compared.trials) == (24, 24 + 4 + 3)
    assert compared.key.questions == ["realism", "identity"]


def test_faces_of_one_identity_are_apart_and_releases_mixed(compared: Sheets, methods: Sequence[Release]) -> None:
    faces = all_of(*methods)
    key = compared.key
    for tokens in key.sheets.values():
        shown = [key.faces[token] for token in tokens if token in key.faces]
        assert nearest([faces[face].identity for face in shown]) >= 3
        halves = [Counter(face.release for face in half) for half in (shown[:14], shown[14:])]
        assert all(set(half) == set(NAMES) for half in halves)
    assert len({tuple(tokens) for tokens in key.sheets.values()}) == 5


def test_nothing_in_a_page_tells_which_release_a_face_is_of(compared: Sheets) -> None:
    around, data = page_of(compared)
    text = around + json.dumps({**data, "pictures": list(data["pictures"])})
    ids = [face.pair_id for face in compared.key.faces.values()]
    assert [word for word in (*ids, "bent", "drawn 1", "true 1", "driver-", "person-") if word in text] == []


def test_the_neutral_face_beside_is_that_of_the_same_identity_whatever_the_release(compared: Sheets) -> None:
    _, data = page_of(compared)
    by_pair: dict[str, set[str]] = defaultdict(set)
    for token, reference in data["beside"].items():
        by_pair[compared.key.faces[token].pair_id].add(reference)
    assert set(data["beside"]) == set(compared.key.faces)
    references = [one for found in by_pair.values() for one in found]
    assert len(set(references)) == len(references)  # one of each release's pictures at most, none shared
    assert set(references) | set(compared.key.faces) == set(data["pictures"])


def test_attention_checks_ask_for_an_answer_that_there_is(compared: Sheets) -> None:
    _, data = page_of(compared)
    words = dict(data["questions"][0]["answers"])
    for token, answer in compared.key.checks.items():
        assert f"choose “{words[answer]}”" in data["checks"][token]["asked"]
        assert data["checks"][token]["face"] in compared.key.faces
    assert all(set(compared.key.checks) <= set(tokens) for tokens in compared.key.sheets.values())
    assert len({data["checks"][token]["face"] for token in compared.key.checks}) == 3


def test_the_key_fits_its_schema(compared: Sheets) -> None:
    written = json.loads((compared.folder / "key.json").read_text(encoding="utf-8"))
    assert violations("rating_key", written) == []
    assert list(written["releases"]) == NAMES
    assert len(written["checks"]) == 3


def test_the_command_makes_them(methods: Sequence[Release], tmp_path: Path) -> None:
    folders = [one.folder for one in methods[:2]]
    done = run("rate", *folders, "--out", tmp_path / "out", "--faces", "9", "--repeats", "1", "--checks", "2")
    assert done.stdout.splitlines()[0] == (
        f"{tmp_path / 'out'}: 2 sheets of 8 faces, 11 trials with those that come twice and attention checks"
    )


def test_one_release_may_be_asked_about_realism_with_expressive_faces_beside_neutral_ones(
    rated: Release, tmp_path: Path
) -> None:
    sheets = rate(rated.folder, out=tmp_path / "out", faces=40, repeats=0, questions=["identity"])
    assert {face.face for face in sheets.key.faces.values()} == {"expressive"}
    assert sheets.faces == 16


def test_realism_alone_shows_nothing_beside(rated: Release, tmp_path: Path) -> None:
    _, data = page_of(rate(rated.folder, out=tmp_path / "out", faces=4, repeats=0, questions=["realism"]))
    assert data["beside"] == {}
    assert len(data["pictures"]) == 4


def test_releases_that_cannot_be_compared_are_refused(
    methods: Sequence[Release], rated: Release, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    others = made(tmp_path / "set", 12, of_rows={"identity": lambda number: f"other-{number}"}, called="others")
    ids = build(written(tmp_path / "persons", some_persons()), tmp_path / "ids", version="1.0.0")
    for given, told in (
        ([], "no release is given"),
        ([methods[0], methods[0]], "a release is given twice"),
        ([methods[0], others], "shows another identity in each release"),
        ([methods[0], ids], "the releases have no pair in common"),
    ):
        with pytest.raises(UsageError, match=told):
            rate(*(one.folder for one in given), out=out)
    assert not out.exists()
