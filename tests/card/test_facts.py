"""What is known of a data set: nothing missing, nothing unknown, no placeholder."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from synpain_hf.card import card
from synpain_hf.card.facts import SHIPPED, facts_for, read_facts
from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.release.manifest import Release
from synpain_hf.schemas import properties, validator
from tests.card.making import OWN, REFERENCE, Row, shipped, text_of, write_facts
from tests.release.making import copied, digests


def problems(folder: Path, facts: Any, bibliography: str = REFERENCE) -> list[str]:
    """What is said of some facts."""
    path = folder / "facts.yaml"
    path.write_text(facts if isinstance(facts, str) else yaml.safe_dump(facts, sort_keys=False), encoding="utf-8")
    (folder / "references.bib").write_text(bibliography, encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        read_facts(path, folder / "references.bib")
    return list(map(str, caught.value.problems))


def changed(*path: str | int, to: Any = None) -> Row:
    """`OWN` with another value somewhere, or without it."""
    facts = copy.deepcopy(OWN)
    place: Any = facts
    for name in path[:-1]:
        place = place[name]
    if to is None:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return facts


class TestShippedFacts:
    @pytest.mark.parametrize("name", SHIPPED)
    def test_they_lack_nothing(self, name: str) -> None:
        assert read_facts(*shipped(name))["name"]

    def test_those_of_the_official_data_set_are_used_for_it_alone(self, official: Release, drawn: Release) -> None:
        assert facts_for(official, None)["name"] == "synpain"
        assert facts_for(drawn, None)["name"] == "synpain_demo_faces"

    def test_they_can_be_asked_for_by_name(self, own: Release) -> None:
        assert facts_for(own, "demo")["pretty_name"].startswith("Demo faces")

    def test_the_example_has_every_fact_there_is_and_is_refused_as_it_stands(self) -> None:
        path, bibliography = shipped("example")
        assert set(yaml.safe_load(path.read_text(encoding="utf-8"))) == properties("facts")[0]
        with pytest.raises(BadInputError) as caught:
            read_facts(path, bibliography)
        assert all("placeholder" in str(each) or "cites" in str(each) for each in caught.value.problems)


class TestMissingFacts:
    @pytest.mark.parametrize("name", sorted(properties("facts")[1]))
    def test_a_missing_fact_is_named(self, name: str, tmp_path: Path) -> None:
        assert problems(tmp_path, changed(name)) == [f"facts.yaml: {name} is missing; add it"]

    def test_all_of_them_are_named_at_once(self, tmp_path: Path) -> None:
        found = problems(tmp_path, {"name": "x_1"})
        assert len(found) == len(properties("facts")[1]) - 1

    def test_a_fact_within_a_fact_is_named_by_its_place(self, tmp_path: Path) -> None:
        assert problems(tmp_path, changed("generation", "prompts")) == [
            "facts.yaml: generation.prompts is missing; add it"
        ]

    def test_a_licence_of_another_kind_needs_a_name(self, tmp_path: Path) -> None:
        assert problems(tmp_path, changed("licence", "id", to="other")) == [
            "facts.yaml: licence.name is missing; add it"
        ]


class TestUnknownFacts:
    @pytest.mark.parametrize(
        "path", [("licens",), ("licence", "holder"), ("authors", 0, "email"), ("reported", "figure")]
    )
    def test_an_unknown_key_is_refused_wherever_it_stands(self, path: tuple[str | int, ...], tmp_path: Path) -> None:
        facts = copy.deepcopy(OWN)
        facts["reported"] = {
            "by": "me",
            "note": "There is nothing to note here.",
            "figures": [{"quantity": "pairs", "value": 1, "source": "p. 2"}],
        }
        place: Any = facts
        for name in path[:-1]:
            place = place[name]
        place[path[-1]] = "something"
        (told,) = problems(tmp_path, facts)
        assert told.startswith(f"facts.yaml: {'.'.join(map(str, path))} is unknown; remove it, or use one of ")

    def test_a_key_that_comes_twice_is_refused(self, tmp_path: Path) -> None:
        (told,) = problems(tmp_path, "name: a\nname: b\n")
        assert "name is given twice" in told


PLACEHOLDERS = [
    "[More Information Needed]", "TODO", "To be done: TBD", "", "   ", "unknown", "N/A", "-", "<your summary>",
    "Lorem ipsum dolor sit amet, consectetur.",
]  # fmt: skip


class TestPlaceholders:
    @pytest.mark.parametrize("text", PLACEHOLDERS)
    def test_a_placeholder_is_refused(self, text: str, tmp_path: Path) -> None:
        (told,) = problems(tmp_path, changed("curation", to=text))
        assert told.startswith("facts.yaml: curation is a placeholder")

    def test_one_in_a_list_is_named_by_its_number(self, tmp_path: Path) -> None:
        (told,) = problems(tmp_path, changed("biases", to=["A sentence that says enough.", "TODO"]))
        assert told.startswith("facts.yaml: biases.1 is a placeholder")

    def test_one_in_the_bibliography_is_refused(self, tmp_path: Path) -> None:
        (told,) = problems(tmp_path, OWN, REFERENCE.replace("Doe, Ada and Roe, Bo", "TODO"))
        assert told == "references.bib: has a placeholder as author of mine; fill it in"

    def test_to_say_in_words_that_something_is_unknown_is_fine(self, tmp_path: Path) -> None:
        path = write_facts(tmp_path, curation="How pairs were chosen is unknown.")
        assert read_facts(path, tmp_path / "references.bib")["curation"]


WRONG: list[tuple[tuple[str | int, ...], Any, str]] = [
    (("licence", "id"), "mitt", "licence.id is 'mitt', which is unknown; use one of apache-2.0, mit, "),
    (("licence", "url"), "http://example.org", "licence.url is 'http://example.org', which does not have the form "),
    (("published",), "2026-13-01", "published is '2026-13-01', which does not have the form "),
    (("privacy",), "Fine.", "privacy is 'Fine.', which is too short for a sentence; say more"),
    (("uses",), [], "uses is empty; add at least one entry"),
    (("tags",), ["a", "a"], "tags has an entry twice; remove one"),
    (("synthetic",), "yes", "synthetic is 'yes', where this is wanted: boolean; correct it"),
    (("paper",), "here", "paper is 'here', where this is wanted: object, null; correct it"),
    (("pretty_name",), "two\nlines", "pretty_name is 'two\\nlines', which does not have the form "),
    (("repo_id",), "no-namespace", "repo_id is 'no-namespace', which does not have the form "),
    (("cite",), ["nobody"], "cites nobody, which references.bib does not have; add it there"),
]


@pytest.mark.parametrize(("path", "value", "told"), WRONG, ids=[str(path) for path, _, _ in WRONG])
def test_a_fact_of_the_wrong_form_is_told_with_a_remedy(
    path: tuple[str | int, ...], value: Any, told: str, tmp_path: Path
) -> None:
    (found,) = problems(tmp_path, changed(*path, to=value) if path[0] in OWN else {**OWN, str(path[0]): value})
    assert found.startswith(f"facts.yaml: {told}")


def test_every_kind_of_rule_in_the_schema_has_its_sentence() -> None:
    from synpain_hf.card.facts import _WRONG

    structure = {"required", "additionalProperties", "properties", "items", "description", "title", "$ref", "$defs",
                 "$schema", "$id", "if", "then", "const"}  # fmt: skip
    used: set[str] = set()

    def walk(schema: Any, is_names: bool = False) -> None:
        if isinstance(schema, dict):
            used.update(() if is_names else schema)
            for name, part in schema.items():
                walk(part, not is_names and name in ("properties", "$defs"))
        for part in schema if isinstance(schema, list) else ():
            walk(part)

    walk(validator("facts").schema)
    assert used - structure <= set(_WRONG)


class TestFiles:
    @pytest.mark.parametrize(
        ("text", "told"),
        [("a: [", "is no valid YAML"), ("- a list", "is no table of facts"), ("", "is no table of facts")],
    )
    def test_what_is_no_table_of_facts_is_refused(self, text: str, told: str, tmp_path: Path) -> None:
        (found,) = problems(tmp_path, text)
        assert found.startswith(f"facts.yaml: {told}")

    @pytest.mark.parametrize("entry", ["@misc{open, title = {x}", "@misc{mine, year = 1}\n@misc{mine, year = 2}"])
    def test_a_bibliography_that_is_damaged_is_refused(self, entry: str, tmp_path: Path) -> None:
        (found,) = problems(tmp_path, OWN, entry)
        assert found.startswith("references.bib: has ")

    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"nowhere\.yaml cannot be read .*give a file of facts"):
            read_facts(tmp_path / "nowhere.yaml", tmp_path / "references.bib")

    def test_a_file_that_is_no_text_is_named(self, tmp_path: Path) -> None:
        path = write_facts(tmp_path)
        path.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(UsageError, match=r"facts.yaml cannot be read \(it is no UTF-8 text\)"):
            read_facts(path, tmp_path / "references.bib")


class TestOwnDataSet:
    def test_it_has_to_bring_its_facts(self, own: Release, tmp_path: Path) -> None:
        folder = copied(own.folder, tmp_path / "copy")
        before = digests(folder)
        with pytest.raises(UsageError, match=r"copy .*example.yaml .* give the copy with --facts"):
            card(folder)
        assert digests(folder) == before

    def test_nothing_is_written_where_a_fact_is_missing(self, own: Release, tmp_path: Path) -> None:
        folder = copied(own.folder, tmp_path / "copy")
        before = digests(folder)
        path = write_facts(tmp_path / "facts", reported={})
        with pytest.raises(BadInputError, match=r"reported\.by is missing"):
            card(folder, facts=path)
        assert digests(folder) == before

    def test_its_card_speaks_of_it_alone(self, own_carded: Release) -> None:
        text = text_of(own_carded)
        assert "# My faces 1.0.0" in text
        assert "@misc{mine," in text
        assert "SynPAIN" not in text.replace('load_dataset("synpain")', "")

    def test_the_next_card_needs_no_facts_again(self, own_carded: Release, tmp_path: Path) -> None:
        folder = copied(own_carded.folder, tmp_path / "copy")
        card(folder)
        assert digests(folder) == digests(own_carded.folder)

    def test_given_facts_replace_those_of_the_last_card(self, own_carded: Release, tmp_path: Path) -> None:
        folder = copied(own_carded.folder, tmp_path / "copy")
        card(folder, facts=write_facts(tmp_path / "other", pretty_name="Other faces"))
        assert "# Other faces 1.0.0" in text_of(folder)
