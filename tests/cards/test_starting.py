"""`card --init` writes facts to start from: what the release knows, and places to fill in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from synpain_hf.cards import card, init
from synpain_hf.cards.facts import read_facts
from synpain_hf.errors import BadInputError, OutputError, UsageError
from synpain_hf.release.build import build
from synpain_hf.release.layout import BIBLIOGRAPHY, FACTS
from synpain_hf.release.release import Release
from synpain_hf.schemas import properties
from tests.cards.making import annotated, pair_ids, text_of
from tests.release.making import copied, manifest_rows, write_manifest

TO_FILL_IN = {
    "name": "my_faces",
    "pretty_name": "My faces",
    "summary": "Faces that I made to try things with.",
    "name of entry 1 of authors": "Ada Doe",
    "licence.id": "mit",
    "licence.url": "https://spdx.org/licenses/MIT.html",
    "synthetic": "true",
}
"""What a release from a manifest that says little does not know, by the words of the error."""


def started(release: Release, folder: Path) -> tuple[Path, str]:
    """A file of facts to start from, and its text."""
    folder.mkdir(exist_ok=True)
    path = init(release.folder, folder / "facts.yaml")
    return path, path.read_text(encoding="utf-8")


def asked_for(path: Path) -> dict[str, int]:
    """What a file of facts is refused for: what is to be filled in, and in which line."""
    with pytest.raises(BadInputError) as caught:
        read_facts(path, path.with_name("references.bib"))
    found = [re.fullmatch(r"facts\.yaml:(\d+): (.+?) is still a placeholder, .*", str(each)) for each in
             caught.value.problems]  # fmt: skip
    assert all(found)
    return {match[2]: int(match[1]) for match in found if match}


def filled_in(path: Path, values: dict[str, str]) -> Path:
    """A file of facts with these in the place of its placeholders."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for fact, number in asked_for(path).items():
        lines[number - 1] = re.sub(r'"\[.*\]"', values[fact], lines[number - 1])
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_what_is_needed_is_to_be_filled_in_and_then_enough(own: Release, tmp_path: Path) -> None:
    release = copied(own.folder, tmp_path / "1.0.0")
    path, _ = started(Release.open(release), tmp_path / "mine")
    assert asked_for(path).keys() == TO_FILL_IN.keys()
    made = card(release, facts=filled_in(path, TO_FILL_IN))
    assert BIBLIOGRAPHY not in made.files
    assert "# My faces, version 1.0.0\n" in text_of(made)


def test_every_other_fact_is_there_behind_a_sign_that_can_be_removed(own: Release, tmp_path: Path) -> None:
    _, text = started(own, tmp_path / "mine")
    stated = yaml.safe_load(text)
    everything = yaml.safe_load(re.sub(r"^#(?=( *- | *[a-z_]+:))", "", text, flags=re.MULTILINE))
    assert everything.keys() == properties("facts")[0]
    assert stated.keys() == {*properties("facts")[1], "languages", "tasks", "tags"}


def test_a_release_is_named_after_its_folder(own: Release, tmp_path: Path) -> None:
    for folder, name, pretty in (("My-Faces-1.0.0", "my-faces", "My faces"), ("pain_v2", "pain_v2", "Pain v2")):
        release = copied(own.folder, tmp_path / folder)
        known = yaml.safe_load(started(Release.open(release), tmp_path / f"facts of {folder}")[1])
        assert (known["name"], known["pretty_name"]) == (name, pretty)


def test_generators_and_prompts_are_filled_in(tmp_path: Path) -> None:
    rows = [{**row, "generator": "Ideogram 2", "prompt": "a face" if number else ""} for number, row in
            enumerate(manifest_rows(6))]  # fmt: skip
    release = build(write_manifest(tmp_path, rows), tmp_path / "out", version="1.0.0")
    known = yaml.safe_load(started(release, tmp_path / "facts")[1])
    assert known["generation"]["faces"] == "The pairs name what made them: Ideogram 2 (6 pairs)."
    assert known["generation"]["prompts"] == "The prompt stands with 5 of 6 pairs."
    assert known["synthetic"] is True
    assert known["tags"] == ["pain", "faces", "synthetic"]


def test_columns_of_which_nobody_says_what_they_mean_are_asked_for(own: Release, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [{"pair_id": each, "annotator": "me", "mood": 1.0, "AU4": 2.0} for each in
                                  pair_ids(own)]  # fmt: skip
    release = annotated(own, tmp_path / "moods-1.0.0", "mood", rows)
    path, text = started(release, tmp_path / "facts")
    assert yaml.safe_load(text)["columns"] == {"mood": "[what it means; fill in]"}
    assert "columns.mood" in asked_for(path)


def test_facts_that_a_release_has_are_written_with_their_bibliography(own_carded: Release, tmp_path: Path) -> None:
    path, text = started(own_carded, tmp_path / "facts")
    assert text == (own_carded.folder / FACTS).read_text(encoding="utf-8")
    assert read_facts(path, path.with_name("references.bib"))["name"] == "my_faces"


def test_facts_that_come_with_the_package_are_written(drawn: Release, tmp_path: Path) -> None:
    path, _ = started(drawn, tmp_path / "facts")
    assert read_facts(path, path.with_name("references.bib"))["name"] == "synpain_demo_faces"


@pytest.mark.parametrize("there", ["facts.yaml", "references.bib"])
def test_what_is_there_is_not_overwritten(drawn: Release, tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    with pytest.raises(UsageError, match=rf"{re.escape(there)} exists, and is not overwritten; give a file in another"):
        init(drawn.folder, tmp_path / "facts.yaml")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(there, "mine")]


def test_a_folder_that_is_not_there_is_told(own: Release, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"facts\.yaml could not be written \(No such file or directory\)"):
        init(own.folder, tmp_path / "nowhere" / "facts.yaml")
