"""How the names in the data are written for people."""

from __future__ import annotations

from collections.abc import Sequence

from synpain_hf.text.plurals import plural
from synpain_hf.vocabulary import CLASSES

_CAPITALS = frozenset(CLASSES["ethnicity"])
_UNKNOWN = "unknown_"
_MEASURES = {
    "pspi": "PSPI",
    "pspi_approx": "approximate PSPI",
    "action_units": "action units",
    "embedding": "cosines of embeddings",
    "reason": "faces in which nothing was found",
}


def words(name: str) -> str:
    """A label, group or measure in words: `no pain`, `South Asian`."""
    text = name.replace("_", " ")
    return text.title() if name in _CAPITALS else text


def group_words(parts: Sequence[str]) -> str:
    """What faces have in common, in words: `Black, pain`."""
    return ", ".join(words(part) for part in parts)


def group_of(column: str, value: int | None) -> str:
    """The name of a group; an unknown one is called after its column: `unknown_gender`."""
    return f"{_UNKNOWN}{column}" if value is None else CLASSES[column][value]


def is_unknown(group: str) -> bool:
    """Whether a group is the unknown one of its column."""
    return group.startswith(_UNKNOWN)


def people(age: str, gender: str) -> str:
    """People of an age group and a gender, short enough for a heading: `young men`, `men, unknown age group`."""
    if is_unknown(age) and is_unknown(gender):
        return "unknown age and gender"
    known = " ".join(("" if is_unknown(age) else age, "people" if is_unknown(gender) else plural(gender))).strip()
    return ", ".join([known, *(words(group) for group in (age, gender) if is_unknown(group))])


def somebody(age: str, gender: str, ethnicity: str) -> str:
    """One of a group: `old South Asian woman`, `woman, unknown age group, unknown ethnicity`."""
    named = [words(group) for group in (age, ethnicity, gender) if not is_unknown(group)]
    unnamed = [words(group) for group in (age, ethnicity, gender) if is_unknown(group)]
    return ", ".join([" ".join(named) or "anybody", *unnamed])


def measure_words(column: str) -> str:
    """A measured column in words: `PSPI`, `AU4`, `face quality`."""
    return _MEASURES.get(column, column if column[:2].isupper() else words(column))
