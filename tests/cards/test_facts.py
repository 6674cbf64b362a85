"""What is known of a data set: nothing missing, nothing unknown, no placeholder."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from examples.made_archives import write_unbc
from synpain_hf.cards import card
from synpain_hf.cards.facts import SHIPPED, facts_for, read_facts
from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.schemas import properties, validator
from tests.cards.making import OWN, REFERENCE, Row, shipped, text_of, write_facts
from tests.release.making import copied, digests


def problems(folder: Path, facts: Any, bibliography: str = REFERENCE) -> list[str]:
    """What is said of some facts."""
    path = folder / "facts.yaml"
    path.write_text(facts if isinstance(facts, str) else dumped(facts), encoding="utf-8")
    (folder / "references.bib").write_text(bibliography, encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        read_facts(path, folder / "references.bib")
    return list(map(str, caught.value.problems))


def dumped(facts: Row) -> str:
    """Facts as the YAML of a file."""
    return yaml.safe_dump(facts, sort_keys=False)


def line_of(part: str, facts: Row) -> int:
    """The line of a file of these facts that has a part."""
    return next(number for number, line in enumerate(dumped(facts).splitlines(), 1) if part in line)


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
        assert all("placeholder" in str(each) or "cite names" in str(each) for each in caught.value.problems)


class TestMissingFacts:
    @pytest.mark.parametrize("name", sorted(properties("facts")[1]))
    def test_a_missing_fact_is_named(self, name: str, tmp_path: Path) -> None:
        (told,) = problems(tmp_path, changed(name))
        assert re.fullmatch(rf"facts\.yaml: {name} is missing; add it \([^()]{{10,}}\)", told)

    def test_all_of_them_are_named_at_once(self, tmp_path: Path) -> None:
        found = problems(tmp_path, {"name": "x_1"})
        assert len(found) == len(properties("facts")[1]) - 1

    def test_a_fact_within_a_fact_is_named_by_its_place(self, tmp_path: Path) -> None:
        facts = changed("licence", "url")
        (told,) = problems(tmp_path, facts)
        where, _, reason = told.partition(" ")
        assert where == f"facts.yaml:{line_of('licence:', facts)}:"
        assert reason == "licence.url is missing; add it (the text of the licence)"

    def test_a_licence_of_another_kind_needs_a_name(self, tmp_path: Path) -> None:
        (told,) = problems(tmp_path, changed("licence", "id", to="other"))
        assert told.endswith(": licence.name is missing; add it (the name of the licence, where the id is other)")

    def test_a_fact_within_an_entry_of_a_list_is_named_by_the_number_of_the_entry(self, tmp_path: Path) -> None:
        (told,) = problems(tmp_path, changed("authors", to=[{"name": "Ada Doe"}, {"kind": "person"}]))
        assert ": name of entry 2 of authors is missing; add it (the name of a person or an organization)" in told


class TestUnknownFacts:
    @pytest.mark.parametrize(
        ("path", "told"),
        [
            (("licens",), "licens is unknown; remove it, or use licence, or another of name, pretty_name, "),
            (("licence", "holder"), "licence.holder is unknown; remove it, or use one of id, name, url, text"),
            (
                ("authors", 0, "email"),
                "email of entry 1 of authors is unknown; remove it, or use one of name, kind, url",
            ),
            (("reported", "figure"), "reported.figure is unknown; remove it, or use figures, or another of by, note"),
        ],
    )
    def test_an_unknown_key_is_refused_wherever_it_stands(
        self, path: tuple[str | int, ...], told: str, tmp_path: Path
    ) -> None:
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
        (found,) = problems(tmp_path, facts)
        assert found.startswith(f"facts.yaml:{line_of(': something', facts)}: {told}")

    def test_a_key_that_comes_twice_is_refused(self, tmp_path: Path) -> None:
        assert problems(tmp_path, "name: a\nname: b\n") == ["facts.yaml:2: name is given twice; remove one"]


PLACEHOLDERS = [
    "[More Information Needed]", "TODO", "To be done: TBD", "", "   ", "unknown", "N/A", "-", "<your summary>",
    "Lorem ipsum dolor sit amet, consectetur.",
]  # fmt: skip


class TestPlaceholders:
    @pytest.mark.parametrize("text", PLACEHOLDERS)
    def test_a_placeholder_is_refused(self, text: str, tmp_path: Path) -> None:
        (told,) = problems(tmp_path, changed("curation", to=text))
        what = f"still a placeholder, {text!r}" if text.strip() else "empty"
        assert told.endswith(
            f": curation is {what}; say what is known, or in a sentence that it is unknown, or remove it"
        )

    @pytest.mark.parametrize(
        ("path", "remedy"),
        [
            (("summary",), "say what is known, or in a sentence that it is unknown"),
            (("name",), "write 2 to 61 lower-case letters, digits, _ and -, with a letter first, such as my_faces"),
            (("published",), "write a day of the calendar as year-month-day, such as 2026-01-31, or remove it"),
            (("homepage",), "write an address that begins with https:// and has no spaces, or null if there is "),
            (("licence", "url"), "write an address that begins with https:// and has no spaces"),
            (("authors", 0, "name"), "say what is known, or in a sentence that it is unknown"),
            (("synthetic",), "write true or false, without quotes"),
            (("uses",), "write a list, each entry on a line of its own that begins with a dash, or remove it"),
            (("paper",), "write title and url below it, indented, or null if there is none, or remove it"),
            (("tags", 0), "write lower-case letters, digits, spaces and : . _ -, such as facial expression"),
            (("generation", "kinds", 0), "use one of Surveys, Secondary Data Analysis, "),
            (("unheard_of",), "say what is known, or remove it"),
        ],
    )  # fmt: skip
    def test_its_remedy_fits_what_the_fact_is(self, path: tuple[str | int, ...], remedy: str, tmp_path: Path) -> None:
        told = next(each for each in problems(tmp_path, changed(*path, to="[fill in]")) if "placeholder" in each)
        assert told.partition("'[fill in]'; ")[2].startswith(remedy)
        assert remedy.endswith(" ") or told.endswith(remedy)

    def test_one_in_a_list_is_named_by_its_number(self, tmp_path: Path) -> None:
        facts = changed("biases", to=["A sentence that says enough.", "TODO"])
        (told,) = problems(tmp_path, facts)
        assert told.startswith(f"facts.yaml:{line_of('TODO', facts)}: entry 2 of biases is still a placeholder, 'TODO'")

    def test_one_in_the_bibliography_is_refused(self, tmp_path: Path) -> None:
        (told,) = problems(tmp_path, OWN, REFERENCE.replace("Doe, Ada and Roe, Bo", "TODO"))
        assert told == "references.bib: has a placeholder as author of mine; fill it in"

    def test_to_say_in_words_that_something_is_unknown_is_fine(self, tmp_path: Path) -> None:
        path = write_facts(tmp_path, curation="How pairs were chosen is unknown.")
        assert read_facts(path, tmp_path / "references.bib")["curation"]


WRONG: list[tuple[tuple[str | int, ...], Any, str]] = [
    (("licence", "id"), "MITT", "licence.id is 'MITT', which is unknown; use mit, or another of apache-2.0, bsd, "),
    (("licence", "id"), "mine", "licence.id is 'mine', which is unknown; use one of apache-2.0, mit, bsd, "),
    (
        ("licence", "url"),
        "http://example.org",
        "licence.url is 'http://example.org', which cannot be used; write an address that begins with https://",
    ),
    (
        ("published",),
        "2026-13-01",
        "published is '2026-13-01', which cannot be used; write a day of the calendar as year-month-day, such as 2026-",
    ),
    (("published",), "2026-02-30", "published is '2026-02-30', which cannot be used; write a day of the calendar as "),
    (("published",), "2026-1-2", "published is '2026-1-2', which cannot be used; write a day of the calendar as "),
    (("privacy",), "Fine.", "privacy is 'Fine.', only 5 characters long; write a sentence of at least 20 characters"),
    (
        ("uses",),
        ["Fine."],
        "entry 1 of uses is 'Fine.', only 5 characters long; write a sentence of at least 20 characters",
    ),
    (("uses",), [], "uses is empty; add at least one entry"),
    (("uses",), "To try things with it.", "uses is the text 'To try things with it.'; write a list, each entry on a "),
    (("tags",), ["a", "a"], "tags has 'a' twice; remove one"),
    (("tags",), ["no/pain"], "entry 1 of tags is 'no/pain', which cannot be used; write lower-case letters, digits, "),
    (
        ("languages",),
        [False],
        "entry 1 of languages is false (as true, false, yes and no are read); write the two or three letters of a lang",
    ),
    (("synthetic",), "yes", "synthetic is the text 'yes'; write true or false, without quotes"),
    (
        ("paper",),
        "here",
        "paper is the text 'here'; write title and url below it, indented, or null if there is none",
    ),
    (("licence",), ["mit"], "licence is a list; write id and url below it, indented"),
    (("curation",), {"by": "me"}, "curation is a table with the keys by; write a sentence of at least 20 characters"),
    (("pretty_name",), "two\nlines", "pretty_name is 'two\\nlines', which cannot be used; write it on one line"),
    (("pretty_name",), 7, "pretty_name is 7, which is not text; write it on one line (in quotes, it is read as text)"),
    (("repo_id",), "no-namespace", "repo_id is 'no-namespace', which cannot be used; write NAMESPACE/NAME, such as "),
    (
        ("columns",),
        "many",
        "columns is the text 'many'; write a column and its meaning on each line below it, indented",
    ),
    (("cite",), ["nobody"], "cite names nobody, which references.bib does not have; add it there"),
]


def facts(path: tuple[str | int, ...], value: Any) -> Row:
    """`OWN` with another value somewhere, or with a fact that it leaves out."""
    return changed(*path, to=value) if path[0] in OWN else {**OWN, str(path[0]): value}


@pytest.mark.parametrize(("path", "value", "told"), WRONG, ids=[f"{path} {value}" for path, value, _ in WRONG])
def test_a_fact_of_the_wrong_form_is_told_with_a_remedy(
    path: tuple[str | int, ...], value: Any, told: str, tmp_path: Path
) -> None:
    (found,) = problems(tmp_path, facts(path, value))
    assert re.sub(r"^facts\.yaml:\d+: ", "", found).startswith(told)


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (("privacy",), "Fine.", "privacy: Fine."),
        (("licence", "id"), "mine", "  id: mine"),
        (("uses",), ["To try software with.", "Fine."], "- Fine."),
        (("authors", 0, "name"), 5, "- name: 5"),
        (("cite",), ["nobody"], "cite:"),
    ],
)
def test_every_problem_has_its_line(path: tuple[str | int, ...], value: Any, line: str, tmp_path: Path) -> None:
    facts = changed(*path, to=value)
    (found,) = problems(tmp_path, facts)
    number = found.split(":")[1]
    assert dumped(facts).splitlines()[int(number) - 1] == line


def test_a_fact_without_a_value_is_told_to_be_empty(tmp_path: Path) -> None:
    text = dumped(OWN).replace("curation: I looked at all of them, and kept all.", "curation:")
    (told,) = problems(tmp_path, text)
    assert told.endswith(": curation is empty; write a sentence of at least 20 characters")


@pytest.mark.parametrize("day", ["2026-13-01", "2026-02-30"])
def test_a_day_without_quotes_that_no_calendar_has_is_told_with_its_line(day: str, tmp_path: Path) -> None:
    text = dumped(OWN).replace("'2026-01-31'", day)
    (told,) = problems(tmp_path, text)
    assert told.startswith(f"facts.yaml:{line_of('published', OWN)}: published is '{day}', which cannot be used; write")


def test_no_message_quotes_a_regular_expression_or_the_words_of_a_schema(tmp_path: Path) -> None:
    for path, value, _ in WRONG:
        for told in problems(tmp_path, facts(path, value)):
            assert not re.search(r"\^|\$|\[\^|\]\*|\b(boolean|object|array|string|minLength|pattern)\b", told)


def test_every_kind_of_rule_in_the_schema_has_its_sentence() -> None:
    structure = {"required", "additionalProperties", "properties", "items", "description", "title", "$ref", "$defs",
                 "$schema", "$id", "$comment", "if", "then", "const", "x-remedy", "x-placeholder",
                 "x-if-missing"}  # fmt: skip
    used: set[str] = set()

    def walk(schema: Any, is_names: bool = False) -> None:
        if isinstance(schema, dict):
            used.update(() if is_names else schema)
            for name, part in schema.items():
                walk(part, not is_names and name in ("properties", "$defs"))
        for part in schema if isinstance(schema, list) else ():
            walk(part)

    walk(validator("facts").schema)
    told = {error.validator for path, value, _ in WRONG for error in validator("facts").iter_errors(facts(path, value))}
    assert used - structure <= told


def test_every_form_in_the_schema_has_its_remedy() -> None:
    def parts(schema: Any) -> Iterator[Row]:
        if isinstance(schema, dict):
            yield schema
        for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
            yield from parts(part)

    forms = [part for part in parts(validator("facts").schema) if part.keys() & {"pattern", "minLength", "format"}]
    assert len(forms) > 10
    assert all(part["x-remedy"].startswith("write ") for part in forms if "type" in part)


class TestFiles:
    @pytest.mark.parametrize(
        ("text", "told"),
        [
            (
                "a: [",
                ":1: is not valid YAML here (expected the node content, but found '<stream end>'); correct it; a text ",
            ),
            (
                "a: b\nc: Pairs: of faces",
                ":2: is not valid YAML here (mapping values are not allowed here); correct it; ",
            ),
            ("a: b\x07", ": is not valid YAML here (unacceptable character #x0007"),
            ("[" * 999 + "]" * 999, ":1: is nested in more than 100 levels; write it with fewer"),
            (
                "a: b\nc: &all [*all]",
                ":2: has an alias (*) or a tag (!); write out what is meant",
            ),
            ("a: !!timestamp x", ":1: has an alias (*) or a tag (!); write out what is meant"),
            ("- a list", ": is not a table of facts; start from what `synpain-hf card RELEASE --init FILE` "),
            ("", ": is not a table of facts"),
        ],
        ids=["open", "colon", "control", "deep", "alias", "tag", "list", "empty"],
    )
    def test_what_is_no_table_of_facts_is_refused(self, text: str, told: str, tmp_path: Path) -> None:
        (found,) = problems(tmp_path, text)
        assert found.startswith(f"facts.yaml{told}")

    @pytest.mark.parametrize("entry", ["@misc{open, title = {x}", "@misc{mine, year = 1}\n@misc{mine, year = 2}"])
    def test_a_bibliography_that_is_damaged_is_refused(self, entry: str, tmp_path: Path) -> None:
        (found,) = problems(tmp_path, OWN, entry)
        assert found.startswith("references.bib: has ")

    def test_a_file_that_is_not_there_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"nowhere\.yaml cannot be read .*give a file of facts"):
            read_facts(tmp_path / "nowhere.yaml", tmp_path / "references.bib")

    def test_a_bibliography_may_be_missing_where_nothing_is_cited(self, tmp_path: Path) -> None:
        path = write_facts(tmp_path, cite=["mine"])
        (tmp_path / "references.bib").unlink()
        with pytest.raises(BadInputError, match=r"cite names mine, which references\.bib does not have; add it there"):
            read_facts(path, tmp_path / "references.bib")
        path.write_text(dumped(changed("cite")), encoding="utf-8")
        assert read_facts(path, tmp_path / "references.bib").bibliography == ""

    def test_a_file_that_is_far_too_long_is_not_read(self, tmp_path: Path) -> None:
        path = write_facts(tmp_path)
        path.write_bytes(b"#" * 2**20 + b"\n")
        with pytest.raises(UsageError, match=r"facts\.yaml has more than the 131,072 bytes that are read; shorten it"):
            read_facts(path, tmp_path / "references.bib")

    def test_a_file_that_is_no_text_is_named(self, tmp_path: Path) -> None:
        path = write_facts(tmp_path)
        path.write_bytes(b"\xff\xfe\x00")
        with pytest.raises(UsageError, match=r"facts.yaml cannot be read \(it is not UTF-8 text\)"):
            read_facts(path, tmp_path / "references.bib")


class TestOwnDataSet:
    def test_it_has_to_bring_its_facts(self, own: Release, tmp_path: Path) -> None:
        folder = copied(own.folder, tmp_path / "copy")
        before = digests(folder)
        with pytest.raises(UsageError, match=r"write .* --init facts\.yaml`, fill it in, and give it with --facts"):
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
        assert "# My faces, version 1.0.0\n" in text
        assert "@misc{mine," in text
        assert "SynPAIN" not in text.replace('load_dataset("synpain")', "")

    def test_the_next_card_needs_no_facts_again(self, own_carded: Release, tmp_path: Path) -> None:
        folder = copied(own_carded.folder, tmp_path / "copy")
        card(folder)
        assert digests(folder) == digests(own_carded.folder)

    def test_given_facts_replace_those_of_the_last_card(self, own_carded: Release, tmp_path: Path) -> None:
        folder = copied(own_carded.folder, tmp_path / "copy")
        card(folder, facts=write_facts(tmp_path / "other", pretty_name="Other faces"))
        assert "# Other faces, version 1.0.0\n" in text_of(folder)


@pytest.mark.slow
def test_people_are_not_called_synthetic(tmp_path: Path) -> None:
    release = build(write_unbc(tmp_path / "unbc", persons=3), tmp_path / "release", version="1.0.0")
    with pytest.raises(BadInputError, match=r"facts\.yaml: says that the faces are synthetic, and UNBC-McMaster pairs"):
        facts_for(release, write_facts(tmp_path, synthetic=True))
    assert not facts_for(release, write_facts(tmp_path, synthetic=False)).known["synthetic"]
