"""What a picture is to show, in words."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.generation.transfer.methods.learned.texts import text_of
from synpain_hf.vocabulary import CLASSES, GROUPS

NOBODY: dict[str, str | None] = dict.fromkeys(GROUPS)


@pytest.mark.parametrize(
    ("groups", "units", "label", "text"),
    [
        ({}, {}, "no_pain", "portrait of a person"),
        (NOBODY, {"AU4": 0.4}, "pain", "portrait of a person in pain"),
        ({"gender": "man"}, {"AU12": 5.0}, "no_pain", "portrait of a man, broad smile"),
        ({"ethnicity": "east_asian"}, {}, "pain", "portrait of an East Asian person in pain"),
        (
            {"gender": "woman", "age_group": "old", "ethnicity": "black"},
            {"AU43": 1.0, "AU4": 3.0, "AU99": 5.0},
            "pain",
            "portrait of an old Black woman in pain, frown, eyes closing",
        ),
    ],
)
def test_a_text_says_who_it_is_and_what_the_face_does(
    groups: dict[str, str | None], units: dict[str, float], label: str, text: str
) -> None:
    assert text_of(groups, units, label) == text


def test_every_group_has_a_word_of_its_own() -> None:
    everybody = [
        text_of(dict(zip(GROUPS, groups, strict=True)), {}, "pain")
        for groups in itertools.product(*(CLASSES[column] for column in GROUPS))
    ]
    assert len(set(everybody)) == len(everybody)


@given(st.dictionaries(st.sampled_from([f"AU{number}" for number in range(50)]), st.floats(0, 5)))
def test_a_stronger_expression_never_says_less(units: dict[str, float]) -> None:
    said, more = (text_of({}, shown, "pain").count(",") for shown in (units, dict.fromkeys(units, 5.0)))
    assert said <= more <= 6
