from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synpain_hf.sources.names import OfficialName, parse_name
from synpain_hf.vocabulary import CLASSES


def stem_of(label: int, gender: int, age: int, ethnicity: int, rest: str = "23450") -> str:
    words = (("NoPain", "Pain")[label], ("Man", "Woman")[gender], ("Young", "Old")[age])
    return "_".join((f"1{label}{gender}{age}{ethnicity}{rest}", *words))


@pytest.mark.parametrize("digits", list(product(range(2), range(2), range(2), range(5))))
def test_every_digit_is_the_integer_of_its_label(digits: tuple[int, int, int, int]) -> None:
    name = parse_name(stem_of(*digits))
    columns = ("label", "gender", "age_group", "ethnicity")
    assert [CLASSES[column].index(getattr(name, column)) for column in columns] == list(digits)


@pytest.mark.parametrize(
    ("stem", "expected"),
    [
        ("1000020580_NoPain_man_Young", ("no_pain", "young", "man", "black")),
        ("1111211701_Pain_Woman_Old", ("pain", "old", "woman", "middle_eastern")),
        ("1100345860_Pain_man_Young", ("pain", "young", "man", "white")),
        ("1110124850_PAIN_WOMAN_YOUNG", ("pain", "young", "woman", "south_asian")),
        ("1001443070_nopain_man_old", ("no_pain", "old", "man", "east_asian")),
    ],
)
def test_a_name_is_read_whatever_its_case(stem: str, expected: tuple[str, ...]) -> None:
    assert parse_name(stem) == OfficialName(stem[:10], *expected)


@pytest.mark.parametrize(
    ("stem", "reason"),
    [
        ("", "is not named ID_Pain"),
        ("holiday", "is not named ID_Pain"),
        ("1000020580", "is not named ID_Pain"),
        ("1000020580_NoPain_man", "is not named ID_Pain"),
        ("1000020580_NoPain_man_Young_copy", "is not named ID_Pain"),
        ("1000020580_NoPain_man_Young (1)", "is not named ID_Pain"),
        ("1000020580-NoPain-man-Young", "is not named ID_Pain"),
        (" 1000020580_NoPain_man_Young", "is not named ID_Pain"),
        ("1000020580_NoPain_man_Young\n", "is not named ID_Pain"),
        ("100002058٣_NoPain_man_Young", "is not named ID_Pain"),  # an Arabic digit is one to Python
        ("1000020580_NoPain_man_Youn\u0261", "is not named ID_Pain"),
        ("100002058_NoPain_man_Young", "has the ID 100002058, which is not 1 and nine more digits"),
        ("10000205800_NoPain_man_Young", "which is not 1 and nine more digits"),
        ("2000020580_NoPain_man_Young", "which is not 1 and nine more digits"),
        ("1200020580_Pain_man_Young", r"has a 2 for label in its ID \(digit 2\), where 0 to 1 are known"),
        ("1020020580_NoPain_man_Young", r"has a 2 for gender in its ID \(digit 3\)"),
        ("1009020580_NoPain_man_Young", r"has a 9 for age_group in its ID \(digit 4\)"),
        ("1000520580_NoPain_man_Young", r"has a 5 for ethnicity in its ID \(digit 5\), where 0 to 4 are known"),
        ("1000020580_Pain_man_Young", "says Pain, but digit 2 of its ID says no_pain"),
        ("1100020580_NoPain_man_Young", "says NoPain, but digit 2 of its ID says pain"),
        ("1000020580_NoPain_woman_Young", "says woman, but digit 3 of its ID says man"),
        ("1000020580_NoPain_man_Old", "says Old, but digit 4 of its ID says young"),
        ("1000020580_Neutral_man_Young", "says Neutral, but digit 2"),
    ],
)
def test_a_name_that_is_not_official_or_contradicts_itself_is_refused(stem: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"{reason}.*; .*(rename|restore)"):
        parse_name(stem)


@settings(max_examples=200)
@given(st.from_regex(r"1[0-9]{9}_[A-Za-z]{0,6}_(man|Woman)_(Old|Young)", fullmatch=True) | st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_remedy(stem: str) -> None:
    try:
        name = parse_name(stem)
    except ValueError as error:
        remedy = str(error).partition("; ")[2]
    else:
        remedy = "none is needed"
        assert stem.startswith(name.pair_id)
        assert name.pair_id.isascii()
    assert remedy
