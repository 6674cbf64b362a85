"""References are kept as they stand, and told in a line."""

from __future__ import annotations

from synpain_hf.cards.bibliography import read_bibliography
from tests.cards.making import REFERENCE


def test_an_entry_is_kept_as_it_stands_and_told_in_a_line() -> None:
    (mine,) = read_bibliography(f"% a comment\n{REFERENCE}").values()
    assert mine.text == REFERENCE.strip()
    assert mine.line == "Ada Doe, Bo Roe (2026). My faces"
    assert mine.url == "https://example.org/mine"


def test_many_authors_are_not_all_named() -> None:
    (found,) = read_bibliography("@a{k, author = {A, B and C, D and E, F and G, H}}").values()
    assert found.line == "B A and others"


def test_values_in_quotes_bare_or_with_braces_within_are_read() -> None:
    (found,) = read_bibliography(
        '@article{k, title = "A {B}", journal = {Pain}, volume = 139, pages = {1--2}, '
        "author={{The Group}}, year=2026, doi = {10.1/x}}"
    ).values()
    assert found.line == "The Group (2026). A B. Pain 139 1–2"
    assert found.url == "https://doi.org/10.1/x"


def test_an_entry_without_a_place_has_none() -> None:
    assert read_bibliography("@misc{k, note = }")["k"].url == ""
