"""Whether two sets of rows have rows in common, which only their labels and scores can tell."""

from __future__ import annotations

import numpy as np

from .arrays import Booleans, Floats, Integers

_SURE = 6
"""Standard deviations."""
_FEW = 3
"""Pairs of rows that may be alike by chance even where chance makes hardly any."""


def shared_rows(labels: Booleans, scores: Floats, other_labels: Booleans, other_scores: Floats) -> int:
    """How many pairs of rows of two sets have the same label and score, if far more have than chance explains; else 0.

    How often chance makes two rows alike is seen within each set: hardly ever where scores have many digits, often
    where they are coarse.

    Args:
        labels: Shape (rows,).
        scores: Shape (rows,).
        other_labels: Shape (other rows,).
        other_scores: Shape (other rows,).
    """
    alike, others = _counted(labels, scores, other_labels, other_scores)
    rows, other_rows = float(alike.sum()), float(others.sum())
    found = float(alike @ others)
    within = float(alike @ (alike - 1) + others @ (others - 1))
    chance = within / max(rows * (rows - 1) + other_rows * (other_rows - 1), 1)
    expected, spread = rows * other_rows * chance, (rows + other_rows) * np.sqrt(chance / 2)
    return int(found) if found >= expected + _SURE * spread + _FEW else 0


def _counted(labels: Booleans, scores: Floats, other_labels: Booleans, other_scores: Floats) -> tuple[Floats, Floats]:
    """How often each pair of a label and a score is in either set."""
    counts: list[list[Integers]] = [[], []]
    for positive in (False, True):
        own, other = scores[labels == positive], other_scores[other_labels == positive]
        _, which = np.unique(np.concatenate([own, other]), return_inverse=True)
        size = int(which.max(initial=-1)) + 1
        for kept, part in zip(counts, (which[: len(own)], which[len(own) :]), strict=True):
            kept.append(np.bincount(part, minlength=size))
    first, second = (np.concatenate(each).astype(np.float64) for each in counts)
    return first, second
