"""A card has the numbers of a validation report of this very content, and of no other."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synpain_hf.cards.write import card, check
from synpain_hf.errors import InputWarning, UsageError
from synpain_hf.release.layout import VALIDATION
from synpain_hf.release.release import Release
from synpain_hf.validation.validate import validate
from tests.cards.making import write_facts
from tests.terminal import run
from tests.validation.annotating import Plant, embeddings, shown_in, with_annotations
from tests.validation.making import made

SCORES = {"neutral": 3.0, "no_pain": 4.0, "pain": 7.0}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with pain scores, its facts, and its report."""
    folder = tmp_path_factory.mktemp("whole")
    release = made(folder / "set", pairs=40)
    with_annotations(release, {"pspi": lambda face, rng: SCORES[face.condition] + rng.normal(0, 0.5)}, "a tool")
    validate(release.folder, folder / "report")
    write_facts(folder / "facts", synthetic=True)
    return folder


@pytest.fixture
def place(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "whole")
    return tmp_path / "whole"


def facts_in(place: Path) -> Path:
    return next((place / "facts").glob("*.yaml"))


@pytest.mark.slow
def test_the_card_has_the_reports_numbers_and_keeps_them(place: Path) -> None:
    folder = place / "set" / "release"
    release = card(folder, facts=facts_in(place), report=place / "report")
    text = release.text_of("README.md")
    assert "## Validation" in text
    assert "| Do faces labelled pain score higher? (PSPI, by a tool) | passed |" in text
    (section,) = (each for each in report_of(place)["evidence"] if each["name"] == "pspi")
    (row,) = (row for row in section["rows"] if (row["group"], row["statistic"]) == (["pain"], "mean"))
    assert f"| pain | {row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f}) |" in text
    assert VALIDATION in release.files
    assert check(release) == []
    assert card(folder).text_of("README.md") == text


def report_of(place: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((place / "report" / "report.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.slow
def test_a_report_of_other_annotations_is_refused_and_an_earlier_one_left_out(place: Path) -> None:
    folder = place / "set" / "release"
    release = card(folder, facts=facts_in(place), report=place / "report" / "report.json")
    with_annotations(release, {"pspi": lambda *_: 5.0}, "another", name="another")
    changed = Release.open(folder)
    stale = "is of other content than the release has; run `synpain-hf validate"
    assert any(f"card/validation.json {stale}" in sentence for sentence in check(changed))
    with pytest.raises(UsageError, match=stale):
        card(folder, report=place / "report")
    with pytest.warns(InputWarning, match=r"card/validation\.json: is of other content"):
        left = card(folder)
    assert "## Validation" not in left.text_of("README.md")
    assert VALIDATION not in left.files
    assert check(left) == []


def not_there(report: Path) -> None:
    report.unlink()


def no_json(report: Path) -> None:
    report.write_text("{", encoding="utf-8")


def no_text(report: Path) -> None:
    report.write_bytes(b"\xff\xfe\x00")


def a_list(report: Path) -> None:
    report.write_text("[]", encoding="utf-8")


def of_another_version(report: Path) -> None:
    document = json.loads(report.read_text(encoding="utf-8"))
    del document["evidence"]
    report.write_text(json.dumps(document), encoding="utf-8")


def nested(report: Path) -> None:
    report.write_text("[" * 100_000, encoding="utf-8")


def huge(report: Path) -> None:
    report.write_text(" " * (2**24 + 1), encoding="utf-8")


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "not there": (not_there, "cannot be read"),
    "no JSON": (no_json, "is not JSON"),
    "no text": (no_text, "is not JSON"),
    "a list": (a_list, "is no validation report of this version"),
    "of another version": (of_another_version, "evidence missing"),
    "nested": (nested, "is not JSON"),
    "huge": (huge, "more than the 16,777,216 bytes"),
}


@pytest.mark.parametrize(("damage", "told"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_file_that_is_no_report_is_refused(place: Path, damage: Callable[[Path], None], told: str) -> None:
    damage(place / "report" / "report.json")
    before = Release.open(place / "set" / "release").manifest
    done = run("card", place / "set" / "release", "--facts", facts_in(place), "--report", place / "report")
    assert done.exit_code == 2, done.output
    assert told in " ".join(done.stderr.split())
    assert Release.open(place / "set" / "release").manifest == before


def test_words_of_a_report_stay_words_in_the_card(place: Path) -> None:
    document = report_of(place)
    document["checks"][0] |= {"outcome": "warning", "told": ["<b>bold</b>\n## Licence\n| a | b |"]}
    document["evidence"][2]["annotator"] = "x | y `z`"
    (place / "report" / "report.json").write_text(json.dumps(document), encoding="utf-8")
    text = card(place / "set" / "release", facts=facts_in(place), report=place / "report").text_of("README.md")
    assert text.count("\n## Licence\n") == 1
    assert "<b>" not in text
    assert "PSPI, by x &#124; y &#96;z&#96;" in text


@pytest.mark.slow
def test_the_command_says_that_an_earlier_report_is_left_out(place: Path) -> None:
    folder = str(place / "set" / "release")
    assert run("card", folder, "--facts", str(facts_in(place)), "--report", str(place / "report")).exit_code == 0
    with_annotations(Release.open(folder), {"pspi": lambda *_: 5.0}, "another", name="another")
    done = run("card", folder)
    assert done.exit_code == 0
    assert "card/validation.json: is of other content" in " ".join(done.stderr.split())
    refused = run("card", folder, "--check", "--report", str(place / "report"))
    assert refused.exit_code == 2
    assert "--report is given together with --check" in refused.stderr


@pytest.mark.slow
def test_published_numbers_of_identities_and_of_groups_in_pain_are_compared(tmp_path: Path) -> None:
    release = made(tmp_path / "set", pairs=40)
    rng = np.random.default_rng(0)
    own = {shown.identity: rng.normal(size=16) for shown in shown_in(release)}
    plants: dict[str, Plant] = {
        "pspi": lambda face, _: None if face.pair_id in ("p000", "p001") else SCORES[face.condition],
        "embedding": embeddings(own, 0.4),
    }
    with_annotations(release, plants, "a tool")
    validate(release.folder, tmp_path / "report", alike=0.5)
    names = {
        "similarity.same.median": 0.72,
        "similarity.same_different.d": 2.45,
        "look_alikes.black_woman.share": 0.035,
        "look_alikes.black.odds_ratio": 4.5,
        "look_alikes.east_asian.odds_ratio": 3.12,
        "pspi.black_pain.missing": 0.299,
    }
    figures = [{"quantity": name, "value": value, "source": "page 1"} for name, value in names.items()]
    facts = write_facts(
        tmp_path / "facts", reported={"by": "others", "note": "These are not the same faces.", "figures": figures}
    )
    without = card(release.folder, facts=facts).text_of("README.md")
    assert "have it: similarity of identities, identities that look alike." in without
    text = card(release.folder, report=tmp_path / "report").text_of("README.md")
    for start in (
        "| similarity of identities, same, median | 0.8",
        "| similarity of identities, same different, d | ",
        "| identities that look alike, black woman, share | ",
        "| identities that look alike, Black, odds ratio | ",
        "| PSPI, Black, pain, missing | 10.0% | 29.9% | page 1 |",
    ):
        assert start in text
    assert "have it: identities that look alike." in text
