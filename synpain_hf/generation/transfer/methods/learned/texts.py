"""What a picture is to show, in words: the person's groups, pain, and the action units that are strong enough.

The words are data: `texts.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from synpain_hf.text.documents import parsed_yaml

_FILE: Final = Path(__file__).with_name("texts.yaml")
_NOUN: Final = "gender"


def text_of(groups: Mapping[str, str | None], units: Mapping[str, float], label: str) -> str:
    """What a picture is to show, in words.

    Args:
        groups: The groups of whom it shows, by column; None where unknown.
        units: The intensity of each action unit, 0 to 5, as far as they are known.
        label: `pain` or `no_pain`.

    Example:
        >>> text_of({"age_group": "old", "gender": "woman", "ethnicity": None}, {"AU4": 4, "AU43": 2, "AU6": 0}, "pain")
        'portrait of an old woman in pain, deep frown, eyes closing'
    """
    words = _words()
    shows = words["portrait"].format(who=_who(groups, words))
    if label in words:
        shows = f"{shows} {words[label]}"
    return ", ".join([shows, *_shown(units, words)])


@cache
def _words() -> Mapping[str, Any]:
    words: dict[str, Any] = parsed_yaml(_FILE.read_bytes())
    return words


def _who(groups: Mapping[str, str | None], words: Mapping[str, Any]) -> str:
    who = [names[group] for column, names in words["groups"].items() if (group := groups.get(column))]
    if not groups.get(_NOUN):
        who.append(words["anybody"])
    return " ".join(["an" if who[0][0].lower() in "aeiou" else "a", *who])


def _shown(units: Mapping[str, float], words: Mapping[str, Any]) -> Iterator[str]:
    known = [unit for unit in words["units"] if unit in units]
    for unit in sorted(known, key=lambda one: -units[one])[: words["most_units"]]:
        if strong := sum(units[unit] >= least for least in words["from"].get(unit, words["from"]["any"])):
            yield words["units"][unit][strong - 1]
