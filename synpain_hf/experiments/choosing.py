"""Which pairs a scenario trains on and judges, and which faces of them a model sees."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from synpain_hf.configurations import FOLDS, SPLITS
from synpain_hf.errors import UsageError
from synpain_hf.experiments.definition import Faces, Groups
from synpain_hf.experiments.scenario import EVERYTHING
from synpain_hf.training.data.leaving_out import left_out, without_one
from synpain_hf.training.data.pairs import Pairs, Positions, identities_in, units_in
from synpain_hf.vocabulary import CLASSES, GROUPS


def held_out(pairs: Pairs, turn: str) -> dict[str, Positions]:
    """The positions of the pairs of each split, of all groups.

    Args:
        pairs: The pairs, with folds where these are held out.
        turn: `cv_3`, `loso_IDENTITY`, or `all` for all pairs as `test`.

    Raises:
        UsageError: If the pairs have no folds, or nobody of this name.
    """
    if turn == EVERYTHING:
        return {"test": np.arange(pairs.table.num_rows)}
    if "fold" not in pairs.table.column_names:
        raise UsageError(f"{pairs.title} has no column fold; build a release of it, which has folds")
    if left_out(turn):
        return without_one(pairs.table, turn)
    test = int(turn.removeprefix("cv_"))
    turned = (pairs.table["fold"].to_numpy() - test) % FOLDS
    places = (turned > 1, turned == 1, turned == 0)
    return {split: np.flatnonzero(chosen) for split, chosen in zip(SPLITS, places, strict=True)}


def of_groups(pairs: Pairs, positions: Positions, groups: Groups) -> Positions:
    """Those of some pairs that are of the named groups."""
    chosen = np.ones(len(positions), bool)
    for column, words in groups.items():
        if column not in pairs.table.column_names:
            return positions[:0]
        codes = [CLASSES[column].index(word) for word in words]
        known = pairs.table[column].fill_null(-1).to_numpy()[positions]
        chosen &= np.isin(known, codes)
    return positions[chosen]


def part_of(pairs: Pairs, positions: Positions, share: float, seed: int) -> Positions:
    """A share of some pairs: of each label alike, at least one, and a smaller share is a part of a larger one.

    Args:
        pairs: The pairs.
        positions: Those to choose from.
        share: Above 0, at most 1.
        seed: Draws which persons come first.
    """
    persons = identities_in(pairs.table)
    drawn = [hashlib.sha256(f"{seed}/{persons[place]}".encode()).digest() for place in positions.tolist()]
    order = np.array(sorted(range(len(positions)), key=lambda at: (drawn[at], positions[at])), np.int64)
    labels = pairs.table["label"].to_numpy()[positions][order]
    kept = [
        order[labels == label][: max(1, round(share * np.count_nonzero(labels == label)))]
        for label in np.unique(labels)
    ]
    chosen: Positions = np.sort(positions[np.concatenate(kept)]) if kept else positions
    return chosen


def shown_faces(pairs: Pairs, splits: Sequence[str], faces: Faces, seed: int) -> Positions | None:
    """Which faces a model sees, as `Pairs.shown` has it; None for each pair's own two.

    Another person's reference is of the same split, so that nobody crosses, and of the same groups where such a person
    is there.

    Args:
        pairs: The pairs.
        splits: The splits of them that are shown.
        faces: What is seen.
        seed: Draws the other persons.

    Raises:
        UsageError: If a split shows one person only, and another's reference is asked for.
    """
    if faces == Faces():
        return None
    everyone = np.arange(pairs.table.num_rows)
    target = 2 * everyone + (faces.target == "expressive")
    reference = 2 * everyone
    if faces.reference == "other":
        for split in splits:
            positions = pairs.positions(split)
            reference[positions] = 2 * _others(pairs, positions, split, seed)
    return np.stack([target, reference], axis=1)


def _others(pairs: Pairs, positions: Positions, split: str, seed: int) -> Positions:
    """For each of some pairs, the position of one of another person among them."""
    units = np.array(units_in(pairs.table))
    known = [column for column in GROUPS if column in pairs.table.column_names]
    columns = [pairs.table[column].to_pylist() for column in known]
    cells: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for place in positions.tolist():
        cells[tuple(column[place] for column in columns)].append(place)
    rng = np.random.default_rng((seed, len(positions)))
    found = np.empty(len(positions), np.int64)
    for at, place in enumerate(positions.tolist()):
        alike = np.array(cells[tuple(column[place] for column in columns)])
        others = _apart(alike, units, units[place])
        others = others if len(others) else _apart(positions, units, units[place])
        if not len(others):
            raise UsageError(f"{split} of {pairs.title} shows one person only, and a reference of another is asked for")
        found[at] = rng.choice(others)
    return found


def _apart(positions: Positions, units: npt.NDArray[np.str_], unit: str) -> Positions:
    apart: Positions = positions[units[positions] != unit]
    return apart
