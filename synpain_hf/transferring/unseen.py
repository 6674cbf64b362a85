"""Whom the weights of a method have learned, among those of a transfer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from synpain_hf.errors import Problem
from synpain_hf.generation.transfer.methods.method import Method
from synpain_hf.text.plurals import count
from synpain_hf.transferring.cast import Member
from synpain_hf.transferring.choosing import Couple


def without_learned(members: Sequence[Member], method: Method) -> list[Member]:
    """The pairs whose identity the weights of a method have not learned from."""
    return [member for member in members if member.identity not in method.learned]


def told_of_learned(couples: Sequence[Couple], method: Method) -> list[Problem]:
    """That some identities or drivers were learned from, where they were: what is drawn of them shows too much."""
    known = [one for one in couples if not method.learned.isdisjoint((one.identity.identity, one.driver.identity))]
    if not known:
        return []
    of_all = f"{len(known):,} of {count(len(couples), 'pair')}"
    reason = f"have learned from the identity or the driver of {of_all}; where these are judged, give --unseen"
    return [Problem(Path(method.choices.weights).name, reason)]
