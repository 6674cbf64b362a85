"""What comes from data stays text, whatever it holds."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from synpain_hf.text.markdown import Markdown, escaped, table, tidied

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


@pytest.mark.parametrize(("numbers", "rule"), [(None, "| --- | --- |"), (1, "| --- | ---: |"), (0, "| ---: | ---: |")])
def test_columns_of_numbers_stand_on_the_right(numbers: int | None, rule: str) -> None:
    assert table(["group", "pairs"], [["old", 2]], numbers).splitlines() == ["| group | pairs |", rule, "| old | 2 |"]


def test_a_tidied_page_has_no_two_blank_lines_together_and_none_at_its_ends() -> None:
    assert tidied("\n\na\n\n\n\nb\nc\n\nd\n\n") == "a\n\nb\nc\n\nd"
