"""Who is shown: identities that belong together, what contradicts itself about them, and their folds.

An identity is never on two sides of a split, and neither is one whose expression was transferred to it. Identities that
are linked in this way are one unit, which has one fold.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from synpain_hf.configurations import FOLDS, assign_folds
from synpain_hf.errors import Problem
from synpain_hf.pair import Pair
from synpain_hf.text.plurals import first_few
from synpain_hf.vocabulary import GROUPS

MOST_PERSONS = 200
"""Most identities of a release that has a file for each of them."""

_LARGE = 2 / FOLDS
"""A unit with this share of the pairs leaves too little to train on, or to test on."""

_HALF = 0.5
"""Share of the pairs from which on one person's fold has more than all others together."""

_PASSES = 5
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_]")

Cell = tuple[str, ...]
"""Label, age group, gender and ethnicity; empty where a group is not known."""

Term = tuple[object, ...]


def units_of(links: Iterable[tuple[str, str | None]]) -> dict[str, str]:
    """The unit of each identity, called by the first of its identities.

    Args:
        links: Of every pair its identity, and the identity that it is derived from.

    Example:
        >>> units_of([("a", None), ("b", "c"), ("c", None)])
        {'a': 'a', 'b': 'b', 'c': 'b'}
    """
    leader: dict[str, str] = {}

    def find(identity: str) -> str:
        root = leader.setdefault(identity, identity)
        while root != leader[root]:
            root = leader[root]
        while leader[identity] != root:
            leader[identity], identity = root, leader[identity]
        return root

    for identity, origin in links:
        one, other = find(identity), find(origin or identity)
        leader[max(one, other)] = min(one, other)
    return {identity: find(identity) for identity in leader}


def contradictions(pairs: Iterable[Pair]) -> Iterator[Problem]:
    """Pairs that say of one identity what cannot all be true."""
    shown: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        shown[pair.identity].append(pair)
        if pair.derived_from == pair.identity:
            reason = f"derives identity {pair.identity} from itself; leave derived_from empty"
            yield Problem(pair.listed_at, reason, pair.pair_id)
    for identity, found in shown.items():
        for column in GROUPS:
            first = {getattr(pair, column): pair for pair in reversed(found) if getattr(pair, column) is not None}
            if len(first) > 1:
                for pair in found:
                    value = getattr(pair, column)
                    others = sorted((name, one.listed_at) for name, one in first.items() if name != value)
                    told = " and ".join(f"{name} at {place}" for name, place in others)
                    if value is not None:
                        reason = f"gives identity {identity} the {column} {value}, and it is {told}; correct one"
                        yield Problem(pair.listed_at, reason, pair.pair_id)


def in_several_folds(
    pairs: Iterable[Pair], units: Mapping[str, str], given: Mapping[str, int], previous: str = ""
) -> Iterator[Problem]:
    """The pairs whose unit has several folds.

    Args:
        pairs: The pairs.
        units: The unit of each identity.
        given: Folds by pair id.
        previous: The version that they are from, where the source gives none.
    """
    members: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        if pair.pair_id in given:
            members[units[pair.identity]].append(pair)
    for found in members.values():
        first = {given[pair.pair_id]: pair for pair in reversed(found)}
        if len(first) < 2:
            continue
        for pair in found:
            fold = given[pair.pair_id]
            other, there = min((number, one) for number, one in first.items() if number != fold)
            whom = "it" if there.identity == pair.identity else f"{there.identity}, joined to it by derived_from,"
            if previous:
                where = f"was in fold {fold} of version {previous}, and {whom} at {there.listed_at} in {other}"
                reason = f"shows identity {pair.identity}, which {where}; build without the previous release"
                yield Problem(pair.listed_at, f"{reason}, so that folds are drawn anew", pair.pair_id)
                continue
            reason = f"puts identity {pair.identity} into fold {fold}, and {there.listed_at} puts {whom} into {other}"
            yield Problem(pair.listed_at, f"{reason}; give both the same fold", pair.pair_id)


def folds_of(pairs: Sequence[Pair], units: Mapping[str, str], given: Mapping[str, int], seed: int) -> dict[str, int]:
    """The fold of each unit.

    Args:
        pairs: The pairs.
        units: The unit of each identity.
        given: Folds by pair id, which are kept; a unit gets the lowest of its pairs.
        seed: Draws the other folds.
    """
    sizes: dict[str, Counter[Cell]] = defaultdict(Counter)
    kept: dict[str, int] = {}
    for pair in pairs:
        unit = units[pair.identity]
        cell = (pair.label, *(getattr(pair, column) or "" for column in GROUPS))
        sizes[unit][cell] += 1
        if pair.pair_id in given:
            kept[unit] = min(given[pair.pair_id], kept.get(unit, FOLDS))
    if all(count.total() == 1 for count in sizes.values()):
        return assign_folds({unit: next(iter(cells)) for unit, cells in sizes.items()}, seed, kept)
    return balanced_folds(sizes, seed, kept)


def balanced_folds(
    sizes: Mapping[str, Mapping[Cell, int]], seed: int, kept: Mapping[str, int] | None = None
) -> dict[str, int]:
    """Folds for units of unequal size, balanced over all pairs, labels, groups, labels within groups, and units.

    What is made small is the sum, over these terms and the folds, of the squared share of the term that is in the fold.
    The largest unit comes first; then units move while that sum falls.

    Args:
        sizes: How many pairs of each cell a unit has.
        seed: Draws another assignment.
        kept: Folds that stay as they are, by unit.

    Returns:
        A fold from 0 to 4 for each unit.
    """
    terms = {unit: _terms(cells) for unit, cells in sizes.items()}
    totals: Counter[Term] = Counter()
    for counts in terms.values():
        totals.update(counts)
    weights = {unit: [(term, n / totals[term] ** 2) for term, n in counts.items()] for unit, counts in terms.items()}
    held: list[Counter[Term]] = [Counter() for _ in range(FOLDS)]
    folds = {unit: fold for unit, fold in (kept or {}).items() if unit in sizes}
    for unit, fold in folds.items():
        held[fold].update(terms[unit])

    def drawn(unit: str) -> tuple[int, bytes]:
        return -sum(sizes[unit].values()), hashlib.sha256(f"{seed}/{unit}".encode()).digest()

    free = sorted(sizes.keys() - folds.keys(), key=drawn)
    for _ in range(_PASSES):
        moved = False
        for unit in free:
            now = folds.get(unit)
            if now is not None:
                held[now].subtract(terms[unit])
            costs = [sum(weight * there[term] for term, weight in weights[unit]) for there in held]
            best = min(range(FOLDS), key=lambda fold: (costs[fold], fold != now, fold))
            held[best].update(terms[unit])
            folds[unit], moved = best, moved or best != now
        if not moved:
            break
    return folds


def _terms(cells: Mapping[Cell, int]) -> dict[Term, int]:
    """How much a unit has of all that is balanced."""
    found: Counter[Term] = Counter()
    for (label, *groups), count in sorted(cells.items()):
        found["pairs",] += count
        found["label", label] += count
        for column, group in zip(GROUPS, groups, strict=True):
            found[column, group] += count
            found[column, group, label] += count
    found["units",] = 1
    return dict(sorted(found.items(), key=lambda item: tuple(map(str, item[0]))))


def unbalanced(pairs: Sequence[Pair], units: Mapping[str, str]) -> Iterator[Problem]:
    """What is worth knowing of units that are so large that splits cannot be balanced, a single pair aside."""
    sizes = Counter(units[pair.identity] for pair in pairs)
    members = Counter(units[identity] for identity in {pair.identity for pair in pairs})
    for unit, size in sizes.most_common(FOLDS):
        if size == 1 or size <= _LARGE * len(pairs):
            continue
        of_all = f"{size:,} of {len(pairs):,} pairs"
        if members[unit] > 1:
            reason = (
                f"{members[unit]:,} identities with {of_all} are linked by derived_from, so they are all in one fold"
            )
            yield Problem("folds", f"{reason}; leave out pairs that link them, so that folds can be balanced")
        elif _HALF < size / len(pairs) < 1:
            reason = f"identity {unit} has {of_all}, which are in one fold, so that folds cannot be balanced"
            yield Problem("folds", f"{reason}; add pairs of others, or leave some of its own out")


def alike(pairs: Iterable[Pair]) -> Iterator[Problem]:
    """Identities that differ only in capitals: perhaps one person, who would be on two sides of a split."""
    spellings: dict[str, set[str]] = defaultdict(set)
    for pair in pairs:
        for identity in filter(None, (pair.identity, pair.derived_from)):
            spellings[identity.casefold()].add(identity)
    if several := [" and ".join(sorted(found)) for found in spellings.values() if len(found) > 1]:
        reason = f"{first_few(several)} differ only in capitals, and are taken for different persons"
        yield Problem("identities", f"{reason}; write a person's identity in one way")


def persons_of(pairs: Iterable[Pair]) -> dict[str, str]:
    """What each identity is called in the names of files; empty unless few identities are shown several times.

    Names that would be the same, or differ only in capitals, get numbers.
    """
    shown = Counter(pair.identity for pair in pairs)
    if not 1 < len(shown) <= MOST_PERSONS or max(shown.values()) == 1:
        return {}
    names: dict[str, str] = {}
    taken: set[str] = set()
    for identity in sorted(shown):
        name = plain = _NOT_IN_A_NAME.sub("_", identity)
        number = 1
        while name.lower() in taken:
            number += 1
            name = f"{plain}_{number}"
        taken.add(name.lower())
        names[identity] = name
    return names
