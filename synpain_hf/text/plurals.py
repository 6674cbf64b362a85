"""Numbers with what they count, and nouns in the plural."""

from __future__ import annotations

from collections.abc import Sequence

_NAMED = 3
_IRREGULAR = {"man": "men", "woman": "women", "identity": "identities"}


def plural(noun: str) -> str:
    """More than one of it: `pairs`, `women`."""
    return _IRREGULAR.get(noun, f"{noun}s")


def noun_after(number: int, noun: str) -> str:
    """The noun as it agrees with a number: `pair` with 1, else `pairs`."""
    return noun if number == 1 else plural(noun)


def count(number: int, what: str = "") -> str:
    """A number with commas, and with what it counts: `1 pair`, `2,460 pairs`."""
    return f"{number:,} {noun_after(number, what)}" if what else f"{number:,}"


def first_few(names: Sequence[str]) -> str:
    """A few names, and how many more there are: `a, b, c and 2 more`."""
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
