"""Words that may have been meant."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches


def did_you_mean(given: str, known: Collection[str]) -> str:
    """A question after a word that is unknown, where one of the known words is similar; empty where none is."""
    near = get_close_matches(given, known, 1)
    return f" (did you mean {near[0]!r}?)" if near else ""
