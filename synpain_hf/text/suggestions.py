"""Words that may have been meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

_OTHER_WORDS = {**dict.fromkeys(("val", "valid", "dev", "eval"), "validation"), "training": "train", "testing": "test"}
"""Words that others use for ours, though these are not similar."""


def nearest(given: str, known: Iterable[str]) -> str:
    """The known word that is most similar to an unknown one, whatever the case; empty where none or several are."""
    folded = {word.casefold(): word for word in known}
    meant = _OTHER_WORDS.get(given.casefold(), "")
    near = [meant] if meant in folded else get_close_matches(given.casefold(), folded, 2)
    similar = [SequenceMatcher(None, word, given.casefold()).ratio() for word in near]
    is_clear = len(set(similar)) == len(near) > 0
    return folded[near[0]] if is_clear else ""


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """A question after a word that is unknown, where one of the known words is similar; empty where none is."""
    near = nearest(given, known)
    return f" (did you mean {near!r}?)" if near else ""
