"""Tables for a terminal."""

from __future__ import annotations

from synpain_hf.text.columns import in_columns


def test_columns_are_as_wide_as_their_widest_cell_and_lines_end_where_their_text_does() -> None:
    assert in_columns([("", "a method"), ("a question", "1"), ("b", "")]) == [
        "            a method",
        "a question  1",
        "b",
    ]
