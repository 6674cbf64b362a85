"""References are kept as they stand, and told in a line."""

from __future__ import annotations

import subprocess
import sys

import pytest

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


def test_an_entry_within_another_is_part_of_it() -> None:
    assert list(read_bibliography("@a{k, note = {see @b{inner, year = 1}}}\n@b{next, year = 2}")) == ["k", "next"]


SLOW_WHERE_READ_AGAIN_AND_AGAIN = """
import resource
from synpain_hf.cards.bibliography import read_bibliography
from synpain_hf.cards.facts_checks import is_placeholder

resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
parts = ["a", "a ", "@a", "@a{k,", "{", "}", "a=", '"', " ", "[", "[here", "<a", "]"]
for part in parts:
    is_placeholder(part * 300_000)
    for text in ("@misc{k, %s}", "@misc{k, x = %s}", "@misc{k, author = {%s}}", "@misc{%s", "%s"):
        try:
            [entry.line for entry in read_bibliography(text % (part * 300_000)).values()]
        except ValueError:
            pass
"""
"""Takes a few seconds; half an hour where a part of a text is read again for every letter of it."""


@pytest.mark.slow
def test_no_text_takes_longer_than_its_length_asks_for() -> None:
    done = subprocess.run([sys.executable, "-c", SLOW_WHERE_READ_AGAIN_AND_AGAIN], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
