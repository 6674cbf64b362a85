"""The file names of the official data set.

`[ID]_[Pain|NoPain]_[Man|Woman]_[Young|Old]`, where the ID is ten digits: `1`, four that stand for label, gender, age
and ethnicity, and five more. The words repeat the first three of the four.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from synpain_hf.vocabulary import CLASSES, ID_DIGITS, canonical

_NAME = re.compile(
    r"(?P<pair_id>\d+)_(?P<label>[a-z]+)_(?P<gender>[a-z]+)_(?P<age_group>[a-z]+)", re.IGNORECASE | re.ASCII
)
_ID = re.compile(r"1\d{9}")


class OfficialName(NamedTuple):
    """What a file name says."""

    pair_id: str
    label: str
    age_group: str
    gender: str
    ethnicity: str


def parse_name(stem: str) -> OfficialName:
    """Read an official file name, whatever its case.

    Args:
        stem: The name without folder and ending, such as `1000020580_NoPain_man_Young`.

    Raises:
        ValueError: If it is not an official name, or its words contradict its digits; the message is cause and remedy.
    """
    match = _NAME.fullmatch(stem)
    if match is None:
        raise ValueError(
            "is not named ID_Pain|NoPain_Man|Woman_Young|Old (such as 1000020580_NoPain_Man_Young.jpg); "
            "restore its official name, or list it in a manifest"
        )
    pair_id = match["pair_id"]
    if _ID.fullmatch(pair_id) is None:
        raise ValueError(f"has the ID {pair_id}, which is not 1 and nine more digits; restore its official name")
    by_digit = {}
    for column, position in ID_DIGITS.items():
        digit = int(pair_id[position])
        if digit >= len(CLASSES[column]):
            raise ValueError(
                f"has a {digit} for {column} in its ID (digit {position + 1}), where 0 to {len(CLASSES[column]) - 1} "
                "are known; restore its official name"
            )
        by_digit[column] = CLASSES[column][digit]
    for column in ("label", "gender", "age_group"):
        word = canonical(column, match[column])
        if word != by_digit[column]:
            raise ValueError(
                f"says {match[column]}, but digit {ID_DIGITS[column] + 1} of its ID says {by_digit[column]}; "
                "find out which is right and rename it"
            )
    return OfficialName(pair_id, **by_digit)
