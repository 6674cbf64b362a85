"""The facts that a card can do without: it shows something else in their place, and lists them as not stated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from synpain_hf.schemas import validator

_IF_MISSING = "x-if-missing"


@dataclass(frozen=True)
class NotStated:
    """A fact that is not stated.

    Attributes:
        name: Where it would stand, such as `maintenance.contact`.
        description: What it would say.
    """

    name: str
    description: str


def not_stated(known: Mapping[str, Any]) -> list[NotStated]:
    """The facts that are not stated, in the order of their schema."""
    return [NotStated(name, description) for name, description, _ in _missing(_schema(), known)]


def completed(known: Mapping[str, Any]) -> dict[str, Any]:
    """Facts, with what a card shows where one is not stated."""
    complete = dict(known)
    for name, _, value in _missing(_schema(), known):
        above, _, part = name.rpartition(".")
        if above:
            complete[above] = {**complete.get(above, {}), part: value}
        else:
            complete[part] = value
    return complete


def _schema() -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", validator("facts").schema)


def _missing(schema: Mapping[str, Any], known: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str, Any]]:
    """Each missing fact: its name, its description, and what the card shows instead."""
    for name, fact in schema["properties"].items():
        if _IF_MISSING in fact:
            if name not in known:
                yield f"{above}{name}", fact["description"], fact[_IF_MISSING]
        elif "properties" in fact:
            yield from _missing(fact, known.get(name) or {}, f"{above}{name}.")
