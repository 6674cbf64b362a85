"""Faces that weights drew show whom these have learned from, whatever `derived_from` says."""

from __future__ import annotations

import numpy as np

from synpain_hf.configurations import FOLDS
from synpain_hf.errors import BadInputError, Problem
from synpain_hf.text.plurals import count
from synpain_hf.training.data.learned_from import LearnedFrom
from synpain_hf.training.data.pairs import Pairs, Positions

_REMEDY = "give pairs of a method without weights, or of weights that learned from another data set"
_NOBODY: Positions = np.array([], np.int64)


def check_drawn(added: Pairs, judged: Pairs, *splits: str) -> None:
    """Refuse to train on faces that were drawn by weights which have learned from pairs that choose or test the model.

    Args:
        added: What is trained on.
        judged: A set of which some pairs choose or test the model.
        splits: Their splits; one that there is not is nobody.

    Raises:
        BadInputError: If it would.
    """
    if added.learned_from is not None:
        positions = [judged.splits[split] for split in splits if split in judged.splits]
        known = np.intersect1d(_learned(added.learned_from, judged), np.concatenate([_NOBODY, *positions]))
        _refuse(added, len(known), f"of {judged.title} that choose or test the model")


def check_drawn_by_trained(added: Pairs, whole: Pairs, trained: Positions) -> None:
    """Refuse to train on faces that were drawn by weights which have learned from more of a set than is trained on.

    Args:
        added: What is trained on beside.
        whole: The set.
        trained: The positions of those of its pairs that are trained on.

    Raises:
        BadInputError: If it would.
    """
    if added.learned_from is not None:
        more = np.setdiff1d(_learned(added.learned_from, whole), trained)
        _refuse(added, len(more), f"of {whole.title} that are not trained on")


def _refuse(added: Pairs, known: int, which: str) -> None:
    if known:
        reason = f"was drawn by weights that have learned from {count(known, 'pair')} {which}; {_REMEDY}"
        raise BadInputError([Problem(added.title, reason)])


def _learned(learned_from: LearnedFrom, pairs: Pairs) -> Positions:
    """The positions of the pairs that were learned from; where no fold is known, that may be each of the set."""
    if pairs.content != learned_from.content:
        return _NOBODY
    if learned_from.test_fold is None or "fold" not in pairs.table.column_names:
        return np.arange(pairs.table.num_rows)
    return np.flatnonzero((pairs.table["fold"].to_numpy() - learned_from.test_fold) % FOLDS > 1)
