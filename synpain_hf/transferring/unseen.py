"""Whom the weights of a method have learned, among those of a transfer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synpain_hf.errors import Problem
from synpain_hf.generation.transfer.methods.method import Method
from synpain_hf.text.plurals import count
from synpain_hf.transferring.cast import Member
from synpain_hf.transferring.choosing import Couple


@dataclass(frozen=True)
class Unseen:
    """What weights have not learned of a transfer.

    Attributes:
        identities: One pair of each identity that they have not learned from.
        drivers: The pairs that have nobody's expression whom they have learned from.
        problems: What is left out, and what to do where nothing is left; empty where all is there.
    """

    identities: list[Member]
    drivers: list[Member]
    problems: Sequence[Problem]


def without_learned(identities: Sequence[Member], drivers: Sequence[Member], method: Method) -> Unseen:
    """Leave out what the weights of a method have learned from.

    Args:
        identities: One pair of each identity.
        drivers: The pairs whose expressions are to be shown.
        method: The method.
    """
    shown = [one for one in identities if one.identity not in method.learned]
    driving = [one for one in drivers if not _is_learned(one, method)]
    lost = [
        f"{len(every) - len(left):,} of {count(len(every), noun)}"
        for every, left, noun in ((identities, shown, "identity"), (drivers, driving, "driver"))
        if len(left) < len(every)
    ]
    if not lost:
        return Unseen(shown, driving, [])
    remedy = "" if shown and driving else "; give others, or leave out --unseen"
    reason = f"has learned from {' and '.join(lost)}, which --unseen leaves out{remedy}"
    return Unseen(shown, driving, [Problem(_name(method), reason)])


def told_of_learned(couples: Sequence[Couple], method: Method) -> list[Problem]:
    """That some identities or drivers were learned from, where they were: what is drawn of them shows too much."""
    known = [one for one in couples if one.identity.identity in method.learned or _is_learned(one.driver, method)]
    if not known:
        return []
    of_all = f"{len(known):,} of {count(len(couples), 'pair')}"
    reason = f"has learned from the identity or the driver of {of_all}; where these are judged, give --unseen"
    return [Problem(_name(method), reason)]


def _is_learned(driver: Member, method: Method) -> bool:
    """Whether weights have learned from a driver, or from anybody whose expression it was before."""
    return not method.learned.isdisjoint({driver.identity, *driver.origins})


def _name(method: Method) -> str:
    """What its weights are called in messages."""
    return Path(method.choices.weights).expanduser().resolve().name
