"""Several data sets in one training: who is the same person in two of them, and which pairs are left out for that.

The first set chooses and tests the model. Of the others the split `train` is learned from, too, and the split `test`,
where there is one, is judged apart.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from synpain_hf.errors import UsageError
from synpain_hf.release.identities import units_of
from synpain_hf.training.data.drawn import check_drawn
from synpain_hf.training.data.loaded import Loaded
from synpain_hf.training.data.pairs import JUDGED, Pairs, Positions, identities_in, origins_in
from synpain_hf.vocabulary import FACES

TRAIN, VALIDATION, TEST = "train", "validation", "test"

Persons = frozenset[str]
"""Whom a pair shows, and whose expression."""


MOST_WEIGHT = 1000
"""How often a pair is drawn in an epoch at most."""


@dataclass(frozen=True)
class TrainingSet:
    """A data set that is trained on beside the first.

    Attributes:
        dataset: What `train` takes as its data set.
        config_name: A configuration with the split `train`; `all` trains on every pair.
        revision: Of a data set on the Hub.
        weight: How often each pair is drawn in an epoch, on average; those of the first set are drawn once.

    Raises:
        UsageError: If the weight cannot be right.

    Example:
        >>> TrainingSet("lab/faces", revision="v1.0.0", weight=0.5).weight
        0.5
    """

    dataset: str | Path | Loaded | Pairs
    config_name: str = "default"
    revision: str | None = None
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.weight <= MOST_WEIGHT:
            raise UsageError(
                f"the weight of a data set is {self.weight}; give a number above 0, of {MOST_WEIGHT} at most"
            )


@dataclass(frozen=True)
class JoinedSet:
    """A data set that is trained on beside the first.

    Attributes:
        pairs: Its pairs; of its splits `train` and, where there is one, `test`, without what is left out.
        asked: What was asked for, such as its weight.
        left_out: How many pairs of `train` and of `test` are left out, since they show persons of the other side.
        twice: How many pairs of `train` are left out, since an earlier set has their expressive face, too.
    """

    pairs: Pairs
    asked: TrainingSet
    left_out: dict[str, int]
    twice: int

    @property
    def title(self) -> str:
        """What the set is, in a few words."""
        return self.pairs.title

    def told(self) -> str:
        """What is left out, in a line; empty where nothing is."""
        reasons = {
            "of {train} show persons that choose or test the model": self.left_out[TRAIN],
            "of {train} are in an earlier set, too": self.twice,
            "of {test} show persons that are trained on": self.left_out[TEST],
        }
        parts = [f"{count:,} {reason.format(train=TRAIN, test=TEST)}" for reason, count in reasons.items() if count]
        return f"pairs of {self.title} are left out: {'; '.join(parts)}" if parts else ""


def join(first: Pairs, others: Sequence[tuple[Pairs, TrainingSet]]) -> list[JoinedSet]:
    """Leave out of the other sets whatever would have a person both trained and judged on.

    An identity is a person of its own set: two sets may use one name for two persons. They are one person where both
    show one picture. `derived_from` names an identity of any set; where several sets have one of this name it may be
    each of them, since nothing says which. A pair is left out for the person that it shows and for those whose
    expression it has, but not for those whose expressions were transferred to the same person in other pairs: one
    made-up face may be driven by many.

    Args:
        first: The set that chooses and tests the model; nothing of it is left out.
        others: The other sets, each with the split `train`, and what was asked for.

    Returns:
        The other sets, in their order.

    Raises:
        UsageError: If a set is given twice, or all of its pairs are left out.
        BadInputError: If the weights that drew a set have learned from pairs that choose or test the model.
    """
    sets = [first, *(pairs for pairs, _ in others)]
    _check_apart(sets)
    for pairs, _ in others:
        for one in sets:
            check_drawn(pairs, one, *((VALIDATION, TEST) if one is first else (TEST,)))
    persons = persons_across(sets)
    judged = among(first, persons[0], VALIDATION, TEST)
    faces = [_expressive(pairs) for pairs in sets]
    seen = {faces[0][at] for at in first.splits.get(TRAIN, [])}
    trained = among(first, persons[0], TRAIN)
    kept: list[Positions] = []
    for (pairs, _), own, shown in zip(others, persons[1:], faces[1:], strict=True):
        apart = not_in(pairs.positions(TRAIN), own, judged)
        new = np.array([at for at in apart.tolist() if shown[at] is None or shown[at] not in seen], np.int64)
        if not len(new):
            raise UsageError(
                f"every pair of {pairs.title} that would be trained on shows a person that chooses or tests the model, "
                "or is in an earlier set, too; leave this set out"
            )
        seen.update(shown[at] for at in new)
        trained.update(*(own[at] for at in new.tolist()))
        kept.append(new)
    joined = []
    for (pairs, asked), own, new in zip(others, persons[1:], kept, strict=True):
        apart = not_in(pairs.positions(TRAIN), own, judged)
        splits = {TRAIN: new}
        lost = 0
        if TEST in pairs.splits:
            tested = not_in(pairs.positions(TEST), own, trained)
            lost = len(pairs.positions(TEST)) - len(tested)
            splits |= {TEST: tested} if len(tested) else {}
        left_out = {TRAIN: len(pairs.positions(TRAIN)) - len(apart), TEST: lost}
        joined.append(JoinedSet(replace(pairs, splits=splits), asked, left_out, len(apart) - len(new)))
    return joined


def _check_apart(sets: Sequence[Pairs]) -> None:
    contents: set[str] = set()
    for pairs in sets:
        if pairs.content in contents:
            raise UsageError(f"the pairs of {pairs.title} are given twice; give each data set once")
        contents.add(pairs.content)


def persons_across(sets: Sequence[Pairs]) -> list[list[Persons]]:
    """Of every pair of every set, whom it shows, and whose expression: a person has one name in all sets.

    Args:
        sets: The data sets.

    Returns:
        For each set, in the order of its table, the persons of each pair: who is shown, whose expression was
        transferred, and whose had been transferred to that one before.
    """
    same = units_of(link for number, pairs in enumerate(sets) for link in _shown_alike(pairs, number))
    names = [
        [same[_qualified(number, name)] for name in identities_in(pairs.table)] for number, pairs in enumerate(sets)
    ]
    origins = [
        [[same.get(one, one) for one in found] for found in _origins(sets, number)] for number in range(len(sets))
    ]
    parents: dict[str, set[str]] = defaultdict(set)
    for own, found in zip(names, origins, strict=True):
        for name, of_it in zip(own, found, strict=True):
            parents[name].update(of_it)
    return [
        [frozenset({name, *_before(of_it, parents)}) for name, of_it in zip(own, found, strict=True)]
        for own, found in zip(names, origins, strict=True)
    ]


def _before(persons: Sequence[str], parents: Mapping[str, set[str]]) -> set[str]:
    """Some persons, and all from whom their expressions were transferred, step by step."""
    found: set[str] = set()
    left = list(persons)
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left.extend(parents.get(one, ()))
    return found


def _shown_alike(pairs: Pairs, number: int) -> Iterator[tuple[str, str]]:
    """Each identity of a set, with itself and with its pictures."""
    identities = [_qualified(number, identity) for identity in identities_in(pairs.table)]
    yield from zip(identities, identities, strict=True)
    if pairs.pictures is not None:
        for face in FACES:
            for identity, digest in zip(identities, pairs.pictures[face].to_pylist(), strict=True):
                if digest is not None:
                    yield identity, f"picture/{digest}"


def _origins(sets: Sequence[Pairs], number: int) -> Iterator[list[str]]:
    """Whom each pair of a set may be derived from: everybody of the name, in whichever set."""
    known = [set(identities_in(pairs.table)) for pairs in sets]
    for origin in origins_in(sets[number].table):
        if origin is None:
            yield []
        else:
            named = [_qualified(at, origin) for at, names in enumerate(known) if origin in names]
            yield named or [f"origin/{origin}"]  # of no set; two may name it


def _qualified(number: int, identity: str) -> str:
    return f"{number}/{identity}"


def among(pairs: Pairs, persons: Sequence[Persons], *splits: str) -> set[str]:
    """All persons of some splits.

    Args:
        pairs: The pairs.
        persons: Those of each pair, as `persons_across` gives them.
        splits: The splits; one that there is not is nobody.
    """
    places = [place for split in splits for place in pairs.splits.get(split, np.array([], np.int64)).tolist()]
    return set[str]().union(*(persons[place] for place in places))


def not_in(positions: Positions, persons: Sequence[Persons], others: set[str]) -> Positions:
    """Those of some pairs that have to do with none of some persons.

    Args:
        positions: The pairs.
        persons: Those of each pair of the set, as `persons_across` gives them.
        others: The persons.
    """
    return positions[[others.isdisjoint(persons[place]) for place in positions.tolist()]]


def _expressive(pairs: Pairs) -> list[str | None]:
    """The digest of each pair's expressive face, where it is known."""
    if pairs.pictures is None:
        return [None] * pairs.table.num_rows
    found: list[str | None] = pairs.pictures[JUDGED].to_pylist()
    return found
