"""The pages of a report: what they show, that they need nothing beside them, and that nobody's words change them."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from markdown_it import MarkdownIt

from synpain_hf.release.release import Release
from synpain_hf.schemas import violations
from synpain_hf.validation.report.figures import picture_of
from synpain_hf.validation.report.html import html
from synpain_hf.validation.report.markdown import markdown
from synpain_hf.validation.validate import validate
from tests.html_page import Page
from tests.terminal import run
from tests.validation.annotating import embeddings, shown_in, with_annotations
from tests.validation.making import made

ANNOTATOR = "a <b>tool</b> | `1` & more"
SCORES = {"neutral": 3.0, "no_pain": 4.0, "pain": 7.0}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release in which everything is measured, and pain of black faces is not found."""
    release = made(tmp_path_factory.mktemp("measured") / "set", pairs=48)
    rng = np.random.default_rng(0)
    own = {shown.identity: rng.normal(size=16) for shown in shown_in(release)}
    return with_annotations(
        release,
        {
            "quality": lambda _, rng: rng.uniform(0.8, 0.9),
            "roll": lambda _, rng: rng.normal(0, 3),
            "pspi": lambda face, rng: SCORES[face.condition] + rng.normal(0, 1),
            "AU4": lambda _, rng: rng.normal(2, 1),
            "reason": lambda face, _: "X" if (face.condition, face.groups["ethnicity"]) == ("pain", "black") else None,
            "embedding": embeddings(own, 0.4),
        },
        annotator="FaceReader 9.1",
    )


@pytest.fixture(scope="module")
def written(measured: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its report."""
    out = tmp_path_factory.mktemp("out") / "report"
    validate(measured.folder, out)
    return out


@pytest.fixture(scope="module")
def document(written: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((written / "report.json").read_text(encoding="utf-8"))
    return found


def test_the_report_fits_its_schema_and_has_every_question(document: dict[str, Any]) -> None:
    assert violations("validation_report", document) == []
    assert [section["name"] for section in document["evidence"]] == [
        "quality", "pose", "pspi", "units", "failures", "similarity", "look_alikes", "near_copies",
    ]  # fmt: skip
    assert document["published"]["url"].endswith("2507.19673")


def test_the_page_needs_nothing_beside_it(written: Path) -> None:
    text = (written / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    used = [attributes.get(name) for _, attributes in page.tags for name in ("src", "srcset", "href", "style")]
    assert {str(value).partition(",")[0] for value in used if value} == {
        "data:image/svg+xml;base64", "https://arxiv.org/abs/2507.19673",
    }  # fmt: skip
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "form"}
    assert "url(" not in text
    assert "@import" not in text
    assert "@media print" in text


def test_every_figure_is_there_once_and_is_described(written: Path) -> None:
    page = Page((written / "report.html").read_text(encoding="utf-8"))
    pictures = [attributes for tag, attributes in page.tags if tag == "img"]
    assert len(pictures) == 7
    for picture in pictures:
        svg = base64.b64decode(str(picture["src"]).partition(",")[2])
        assert ElementTree.fromstring(svg).tag.endswith("svg")
        assert len(str(picture["alt"])) > 40


def test_the_pages_say_the_same(written: Path) -> None:
    page = Page((written / "report.html").read_text(encoding="utf-8")).text
    text = (written / "report.md").read_text(encoding="utf-8")
    rendered = Page(MarkdownIt("commonmark").enable("table").render(text)).text
    for sentence in ("nothing is found in 100.0% of faces of pain (Black)", "Nothing that would mislead a user"):
        assert sentence in page
        assert sentence in rendered
    for heading in ("Do faces labelled pain score higher?", "PSPI, by FaceReader 9.1", "Equal error rate"):
        assert heading.lower() in page.lower()
        assert heading.lower() in rendered.lower()
    assert "2.90; 3.00; 2.00 to 4.00" in page
    assert "2.90; 3.00; 2.00 to 4.00" in rendered


def test_a_report_that_is_made_again_has_the_same_bytes(measured: Release, written: Path, tmp_path: Path) -> None:
    validate(measured.folder, tmp_path / "again", workers=2)
    for file in written.iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes()


def test_words_of_others_stay_words(document: dict[str, Any]) -> None:
    odd = {**document, "evidence": [{**section, "annotator": ANNOTATOR} for section in document["evidence"]]}
    title = "Faces </title><script>alert(1)</script>"
    page = Page(html(odd, title))
    assert "script" not in {tag for tag, _ in page.tags}
    assert f"Validation of {title}" in page.text
    rendered = Page(MarkdownIt("commonmark").enable("table").render(markdown(odd, title)))
    assert ANNOTATOR in rendered.text
    assert "script" not in {tag for tag, _ in rendered.tags}


def test_numbers_that_are_not_known_are_dashes_and_odd_groups_are_shown(document: dict[str, Any]) -> None:
    unknown = dict.fromkeys(("value", "low", "high", "p", "corrected_p", "published", "band", "effect"))
    sections = [
        {
            **section,
            "rows": [row | dict.fromkeys(unknown.keys() & row.keys()) for row in section["rows"]],
            "tests": [
                test | dict.fromkeys(unknown.keys() & test.keys()) | {"groups": [["odd"], ["other"]]}
                for test in section["tests"]
            ],
        }
        for section in document["evidence"]
    ]
    for section in sections:
        section["rows"] = [row | {"group": row["group"][:1]} for row in section["rows"]]
    odd = {**document, "evidence": sections}
    assert violations("validation_report", odd) == []
    page = markdown(odd, "faces")
    assert "None" not in page
    assert "nan" not in page
    assert page.count("| – |") > 20


def test_no_line_of_a_table_is_torn(written: Path) -> None:
    lines = (written / "report.md").read_text(encoding="utf-8").splitlines()
    widths: list[int] = []
    for line in lines:
        bars = line.count("|") if line.startswith("|") else 0
        assert not (bars and widths and widths[-1] and bars != widths[-1]), line
        widths.append(bars)


@pytest.mark.parametrize("name", ["quality", "pspi", "failures"])
def test_a_figure_shows_the_papers_marks_where_there_are_some(document: dict[str, Any], name: str) -> None:
    (section,) = (section for section in document["evidence"] if section["name"] == name)
    bare = {**section, "rows": [{**row, "published": None} for row in section["rows"]]}
    ours, both = picture_of(bare, "the paper"), picture_of(section, "the paper")
    assert ours is not None
    assert both is not None
    vermilion = re.compile("#d55e00", re.IGNORECASE)
    assert len(vermilion.findall(both.svg)) > len(vermilion.findall(ours.svg))
    assert both.alternative == ours.alternative


def test_figures_do_not_depend_on_settings(document: dict[str, Any]) -> None:
    import matplotlib as mpl

    (section,) = (section for section in document["evidence"] if section["name"] == "pspi")
    usual = picture_of(section, "the paper")
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "svg.fonttype": "none"}):
        assert picture_of(section, "the paper") == usual


def test_a_figure_of_nothing_is_none(document: dict[str, Any]) -> None:
    (section,) = (section for section in document["evidence"] if section["name"] == "pspi")
    assert picture_of({**section, "rows": []}, "the paper") is None
    assert picture_of({**section, "name": "near_copies"}, "the paper") is None


def test_what_nobody_measured_is_said_with_the_command(tmp_path: Path) -> None:
    release = made(tmp_path / "set", pairs=8)
    done = run("validate", str(release.folder), "--out", str(tmp_path / "report"))
    assert done.exit_code == 0
    assert "synpain-hf annotate RELEASE --with mediapipe" in done.stdout.replace("\n", " ").replace("  ", " ")
    for name in ("report.md", "report.html"):
        assert "Nobody measured it; run" in (tmp_path / "report" / name).read_text(encoding="utf-8")
    assert "What annotators measured" not in (tmp_path / "report" / "report.md").read_text(encoding="utf-8")


def test_a_threshold_of_look_alikes_may_be_given_and_is_stated(measured: Release, tmp_path: Path) -> None:
    done = run("validate", str(measured.folder), "--alike", "0.3", "--out", str(tmp_path / "report"))
    assert done.exit_code == 0, done.output
    page = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "- threshold: 0.300" in page
    refused = run("validate", str(measured.folder), "--alike", "1.5")
    assert refused.exit_code == 2
    assert "--alike is 1.5; give a cosine from -1 to 1" in refused.stderr


def test_pain_that_scores_lower_ends_with_status_1(tmp_path: Path) -> None:
    release = made(tmp_path / "set", pairs=32)
    plants = {"pspi": lambda face, rng: 9 - SCORES[face.condition] + rng.normal(0, 1)}
    with_annotations(release, plants)
    done = run("validate", str(release.folder), "--out", str(tmp_path / "report"))
    assert done.exit_code == 1
    assert "answers would mislead a user" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")
