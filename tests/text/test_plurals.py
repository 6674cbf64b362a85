"""A count agrees with its noun."""

from __future__ import annotations

import pytest

from synpain_hf.text.plurals import count, noun_after, plural


@pytest.mark.parametrize(("number", "told"), [(0, "0 pairs"), (1, "1 pair"), (2, "2 pairs"), (5355, "5,355 pairs")])
def test_a_count_agrees_with_its_noun(number: int, told: str) -> None:
    assert count(number, "pair") == told


def test_a_count_of_nothing_in_particular_is_the_number_alone() -> None:
    assert count(5355) == "5,355"


@pytest.mark.parametrize(("noun", "told"), [("man", "men"), ("woman", "women"), ("face", "faces")])
def test_nouns_have_their_plural(noun: str, told: str) -> None:
    assert plural(noun) == told
    assert count(2, noun) == f"2 {told}"
    assert (noun_after(1, noun), noun_after(2, noun)) == (noun, told)
