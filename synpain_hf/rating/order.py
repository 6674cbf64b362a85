"""The order in which a rater sees faces: random, and those of one person apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

APART = 10
"""How many trials after a face the next of the same identity comes at the earliest, where that can be."""

_TRIES = 50


def order_of(identities: Sequence[str], generator: np.random.Generator) -> list[int]:
    """A random order of trials in which those of an identity are `APART` trials apart, or as far as was found.

    Args:
        identities: Whom each trial shows.
        generator: Draws the order.

    Returns:
        The positions of the trials, in the order in which they are shown.
    """
    best: list[int] = []
    for _ in range(_TRIES):
        order = _drawn(identities, generator)
        if not best or nearest([identities[trial] for trial in order]) > nearest([identities[trial] for trial in best]):
            best = order
        if nearest([identities[trial] for trial in best]) >= APART:
            break
    return best


def nearest(identities: Sequence[str]) -> int:
    """The least distance between two trials of one identity; the number of trials where each has its own."""
    last: dict[str, int] = {}
    distance = len(identities)
    for place, identity in enumerate(identities):
        distance = min(distance, place - last.get(identity, -len(identities)))
        last[identity] = place
    return distance


def _drawn(identities: Sequence[str], generator: np.random.Generator) -> list[int]:
    """Shuffled trials, each put off until it is far enough from the last one of its identity."""
    waiting = generator.permutation(len(identities)).tolist()
    last: dict[str, int] = {}
    order: list[int] = []

    def distance(trial: int) -> int:
        return min(APART, len(order) - last.get(identities[trial], -APART))

    while waiting:
        trial = next((trial for trial in waiting if distance(trial) == APART), None)
        if trial is None:
            trial = max(waiting, key=distance)
        waiting.remove(trial)
        last[identities[trial]] = len(order)
        order.append(trial)
    return order
