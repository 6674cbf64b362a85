"""Which neutral faces a pair is compared with, where a person has several."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from synpain_hf.training.data.pairs import Positions
from synpain_hf.training.data.preparation import Pixels

MOST_REFERENCES = 16
"""Neutral faces of one person that are used; of more, so many, evenly spread over them."""


def neutral_faces(faces: Pixels, positions: Positions, identities: Sequence[str]) -> list[Positions]:
    """For each of some pairs, where the neutral faces of its person stand, each distinct one once.

    Args:
        faces: Prepared faces; shape (pairs, 2, channels, height, width), the neutral face first.
        positions: The pairs, all of one split.
        identities: Whom each of them shows.
    """
    of_person: dict[str, list[int]] = defaultdict(list)
    for position, identity in zip(positions.tolist(), identities, strict=True):
        of_person[identity].append(position)
    distinct = {identity: _distinct(faces, found) for identity, found in of_person.items()}
    return [distinct[identity] for identity in identities]


def _distinct(faces: Pixels, positions: Sequence[int]) -> Positions:
    first: dict[bytes, int] = {}
    for position in positions:
        first.setdefault(hashlib.sha256(faces[position, 0].tobytes()).digest(), position)
    found = np.array([*first.values()], np.int64)
    spread = np.linspace(0, len(found) - 1, min(len(found), MOST_REFERENCES)).round().astype(np.int64)
    chosen: Positions = found[spread]
    return chosen
