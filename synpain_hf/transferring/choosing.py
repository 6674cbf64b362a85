"""Who shows whose expression: drawn by a seed, within folds, and balanced."""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synpain_hf.errors import Problem
from synpain_hf.transferring.cast import Member

Cell = tuple[object, ...]
"""A fold, and the groups that have to be the same."""


@dataclass(frozen=True)
class Couple:
    """An identity that is to show a driver's expression.

    Attributes:
        identity: The pair whose neutral face it is.
        driver: The pair whose expression it is.
    """

    identity: Member
    driver: Member


def couples_of(
    identities: Sequence[Member], drivers: Sequence[Member], per_identity: int, same: Sequence[str], seed: int
) -> tuple[list[Couple], list[Problem]]:
    """Give each identity its drivers.

    A driver is of the fold of the identity, so that faces which a test fold drives are of that fold alone. Labels are
    balanced as far as the drivers allow; of a label, the driver that was taken the fewest times so far is taken.

    Args:
        identities: One pair of each identity.
        drivers: The pairs whose expressions are to be shown.
        per_identity: How many drivers an identity gets; none twice.
        same: The groups in which an identity and its driver have to be alike.
        seed: Draws the order of both.

    Returns:
        The couples, by identity, then driver; and the identities that got fewer drivers.
    """
    by_cell: dict[Cell, list[Member]] = defaultdict(list)
    for one in drivers:
        by_cell[_cell(one, same)].append(one)
    shown: dict[Cell, list[Member]] = defaultdict(list)
    for one in identities:
        shown[_cell(one, same)].append(one)
    couples, problems = list[Couple](), list[Problem]()
    for number, cell in enumerate(sorted(shown, key=str)):
        rng = np.random.default_rng((seed, number))
        stock = _Stock([by_cell[cell][place] for place in rng.permutation(len(by_cell[cell]))])
        members = [shown[cell][place] for place in rng.permutation(len(shown[cell]))]
        taken: dict[str, list[Member]] = {member.pair_id: [] for member in members}
        for _ in range(per_identity):
            for member in members:
                if driver := stock.take(member.identity, {known.pair_id for known in taken[member.pair_id]}):
                    taken[member.pair_id].append(driver)
        for member in members:
            couples += [Couple(member, chosen) for chosen in taken[member.pair_id]]
            if len(taken[member.pair_id]) < per_identity:
                problems.append(_too_few(member, len(taken[member.pair_id]), per_identity, same))
    return sorted(couples, key=lambda one: (one.identity.pair_id, one.driver.pair_id)), problems


class _Stock:
    """The drivers of a cell, those that were taken the fewest times first.

    Args:
        drivers: In the order in which they are taken.
    """

    def __init__(self, drivers: Sequence[Member]) -> None:
        self._heaps: dict[str, list[tuple[int, int, Member]]] = defaultdict(list)
        self._taken = Counter[str]()
        for place, driver in enumerate(drivers):
            heapq.heappush(self._heaps[driver.label], (0, place, driver))

    def take(self, identity: str, known: set[str]) -> Member | None:
        """A driver of another identity that is not known yet; None where there is none.

        Args:
            identity: Who is to show the expression.
            known: The pairs that it has already.
        """
        for label in sorted(self._heaps, key=lambda each: (self._taken[each], each)):
            heap, passed = self._heaps[label], []
            found = None
            while heap and found is None:
                times, place, driver = heapq.heappop(heap)
                if driver.identity == identity or driver.pair_id in known:
                    passed.append((times, place, driver))
                else:
                    found = driver
                    passed.append((times + 1, place, driver))
            for entry in passed:
                heapq.heappush(heap, entry)
            if found:
                self._taken[label] += 1
                return found
        return None


def _cell(member: Member, same: Sequence[str]) -> Cell:
    # an unknown group is like no other, so it is a cell of its own
    return member.fold, *(member.groups[column] or f"unknown of {member.pair_id}" for column in same)


def _too_few(member: Member, found: int, wanted: int, same: Sequence[str]) -> Problem:
    alike = f" of its {', '.join(same)}" if same else ""
    got = f"only {found} of {wanted} drivers" if found else "no driver"
    reason = f"finds {got} in fold {member.fold}{alike}; give more drivers, or a smaller --per-identity"
    return Problem(f"identities/{member.pair_id}", reason, member.pair_id)
