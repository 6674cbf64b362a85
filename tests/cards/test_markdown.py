"""What comes from data stays text, whatever it holds."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from synpain_hf.cards.bibliography import read_bibliography
from synpain_hf.text.markdown import Markdown, count, escaped, table
from tests.cards.making import REFERENCE

NASTY = (
    "a|b `c` *d* _e_ [f](javascript:g) <script>h</script>\n"
    "# i\n| --- |\n@j https://k.example www.l.example &lt; \\| ![m](n)"
)

READER = MarkdownIt("commonmark").enable("table").enable("strikethrough")


@given(st.text(st.characters(codec="utf-8"), min_size=1))
@example(NASTY)
@example("---")
@example("\\")
def test_a_cell_shows_its_text_and_nothing_else(text: str) -> None:
    cells = [token for token in READER.parse(table(["a", "b"], [["x", text]])) if token.type == "inline"]
    assert len(cells) == 4
    children = cells[3].children or []
    assert {child.type for child in children} <= {"text", "text_special"}
    assert (
        "".join(child.content for child in children).split() == text.replace("\0", " ").split()
        or not text.isprintable()
    )


def test_a_name_with_everything_in_it_stays_on_its_line() -> None:
    assert "\n" not in escaped(NASTY)
    assert not set("|`*[]<>#\\!") & set(escaped(NASTY).replace("&#", ""))
    assert "https:" not in escaped(NASTY)
    assert "www." not in escaped(NASTY)


def test_names_are_readable_in_the_raw_file() -> None:
    assert escaped("south_asian, 2.5 to 3 (of 4): a-b") == "south_asian, 2.5 to 3 (of 4): a-b"


def test_what_is_markdown_already_stays_so() -> None:
    assert escaped(Markdown("`code`")) == "`code`"


@pytest.mark.parametrize(("number", "told"), [(0, "0 pairs"), (1, "1 pair"), (5355, "5,355 pairs")])
def test_a_count_agrees_with_its_noun(number: int, told: str) -> None:
    assert count(number, "pair") == told


class TestBibliography:
    def test_an_entry_is_kept_as_it_stands_and_told_in_a_line(self) -> None:
        (mine,) = read_bibliography(f"% a comment\n{REFERENCE}").values()
        assert mine.text == REFERENCE.strip()
        assert mine.line == "Ada Doe, Bo Roe (2026). My faces"
        assert mine.url == "https://example.org/mine"

    def test_many_authors_are_not_all_named(self) -> None:
        (found,) = read_bibliography("@a{k, author = {A, B and C, D and E, F and G, H}}").values()
        assert found.line == "B A and others"

    def test_values_in_quotes_bare_or_with_braces_within_are_read(self) -> None:
        (found,) = read_bibliography(
            '@article{k, title = "A {B}", journal = {Pain}, volume = 139, pages = {1--2}, '
            "author={{The Group}}, year=2026, doi = {10.1/x}}"
        ).values()
        assert found.line == "The Group (2026). A B. Pain 139 1–2"
        assert found.url == "https://doi.org/10.1/x"

    def test_an_entry_without_a_place_has_none(self) -> None:
        assert read_bibliography("@misc{k, note = }")["k"].url == ""
