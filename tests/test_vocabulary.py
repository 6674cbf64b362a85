from __future__ import annotations

import pytest

from synpain_hf.schemas import validator
from synpain_hf.vocabulary import CLASSES, GROUPS, ID_DIGITS, canonical, meanings


@pytest.mark.parametrize(("column", "name"), [(column, name) for column, names in CLASSES.items() for name in names])
def test_a_canonical_name_is_its_own_spelling_in_any_case(column: str, name: str) -> None:
    for spelling in (name, name.upper(), name.title(), f"  {name} ", name.replace("_", " "), name.replace("_", "-")):
        assert canonical(column, spelling) == name


@pytest.mark.parametrize(
    ("column", "spelling", "name"),
    [
        ("label", "NoPain", "no_pain"),
        ("label", "non-pain", "no_pain"),
        ("label", "Not Pain", "no_pain"),
        ("age_group", "Older", "old"),
        ("gender", "Female", "woman"),
        ("gender", "m", "man"),
        ("gender", "Men", "man"),
        ("ethnicity", "Caucasian", "white"),
        ("ethnicity", "SouthAsian", "south_asian"),
        ("ethnicity", "Middle Eastern", "middle_eastern"),
    ],
)
def test_other_spellings_are_known(column: str, spelling: str, name: str) -> None:
    assert canonical(column, spelling) == name


@pytest.mark.parametrize(
    ("word", "names"), [("Asian", ("south_asian", "east_asian")), (" AFRICAN ", ("black", "middle_eastern"))]
)
def test_a_word_for_several_groups_is_none_of_them(word: str, names: tuple[str, ...]) -> None:
    assert canonical("ethnicity", word) == word
    assert meanings("ethnicity", word) == names


def test_every_other_spelling_has_one_meaning() -> None:
    for column, names in CLASSES.items():
        assert not any(meanings(column, name) for name in names)
        assert meanings(column, 3) == ()


@pytest.mark.parametrize("column", CLASSES)
@pytest.mark.parametrize("value", ["", "unknown", "pain ful", "womann", 1, 1.0, None, True, ["pain"], {"pain": 1}])
def test_what_is_not_known_comes_back_as_it_was(column: str, value: object) -> None:
    assert canonical(column, value) is value


def test_no_pain_is_never_read_as_pain_and_woman_never_as_man() -> None:
    assert canonical("label", "NoPain") != canonical("label", "Pain")
    assert canonical("gender", "Woman") != canonical("gender", "Man")


def test_a_word_of_one_column_is_not_one_of_another() -> None:
    assert canonical("gender", "old") == "old"
    assert "old" not in CLASSES["gender"]


def test_the_integers_are_the_digits_of_an_official_id() -> None:
    assert CLASSES == {
        "label": ("no_pain", "pain"),
        "age_group": ("young", "old"),
        "gender": ("man", "woman"),
        "ethnicity": ("black", "south_asian", "middle_eastern", "white", "east_asian"),
    }
    assert ID_DIGITS == {"label": 1, "gender": 2, "age_group": 3, "ethnicity": 4}


def test_the_schema_of_a_pair_knows_the_same_names() -> None:
    properties = validator("pair").schema["properties"]  # type: ignore[index]
    assert {column: tuple(properties[column]["enum"]) for column in CLASSES} == CLASSES


def test_the_groups_are_every_column_but_the_label() -> None:
    assert set(GROUPS) == set(CLASSES) - {"label"}
