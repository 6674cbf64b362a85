"""Pairs in which no face is found to align: they are left out of their splits, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from synpain_hf.errors import Problem
from synpain_hf.text.plurals import count
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.vocabulary import CLASSES, UNKNOWN

REASON = "reason"


def without(pairs: Pairs, problems: Sequence[Problem]) -> tuple[Pairs, pa.Table]:
    """Leave pairs out of every split that shows their faces.

    Args:
        pairs: The pairs.
        problems: One for each pair that is lost.

    Returns:
        The pairs, without splits in which none is left; and those that are left out: `pair_id`, `split`, `label` and
        the groups that are known, as words, and `reason`.
    """
    reasons = {problem.pair_id: problem.reason for problem in problems}
    ids = pairs.table["pair_id"].to_pylist()
    lost = np.array([pair_id in reasons for pair_id in ids], bool)
    shown = np.stack([np.arange(len(ids))] * 2, axis=1) if pairs.shown is None else pairs.shown // 2
    kept, gone = {}, []
    for split, positions in pairs.splits.items():
        is_lost = lost[shown[positions]].any(axis=1)
        gone += [(split, position) for position in positions[is_lost].tolist()]
        if not is_lost.all():
            kept[split] = positions[~is_lost]
    rows = pairs.table.take(pa.array([position for _, position in gone], pa.int64()))
    of_whom = [next(ids[one] for one in (position, *shown[position]) if lost[one]) for _, position in gone]
    left_out = pa.table(
        {
            "pair_id": rows["pair_id"],
            "split": pa.array([split for split, _ in gone], pa.string()),
            **{
                name: pa.array([UNKNOWN if at is None else words[at] for at in rows[name].to_pylist()], pa.string())
                for name, words in CLASSES.items()
                if name in rows.column_names
            },
            REASON: pa.array([reasons[pair_id] for pair_id in of_whom], pa.string()),
        }
    )
    return replace(pairs, splits=kept) if gone else pairs, left_out


def told(left_out: pa.Table) -> str:
    """How many pairs are left out of which splits, in a line; empty where none is."""
    splits = Counter(left_out["split"].to_pylist())
    of_each = ", ".join(f"{number:,} of {split}" for split, number in splits.items())
    gone = count(left_out.num_rows, "pair")
    verb = "is" if left_out.num_rows == 1 else "are"
    return f"{gone} {verb} left out, as no face was found to align: {of_each}" if left_out.num_rows else ""


def by_group(left_out: pa.Table, pairs: Pairs) -> Iterator[tuple[str, str, int, int]]:
    """How many pairs of each class and group are left out, and of how many.

    Args:
        left_out: Those that are left out.
        pairs: The others.

    Yields:
        The column, the class or group, how many are left out, and how many there are with them.
    """
    positions = np.concatenate(list(pairs.splits.values()) or [np.zeros(0, np.int64)])
    for name, words in CLASSES.items():
        if name not in left_out.column_names:
            continue
        lost = Counter(left_out[name].to_pylist())
        there = Counter(pairs.table[name].take(positions).to_pylist())
        for at, word in (*enumerate(words), (None, UNKNOWN)):
            total = lost[word] + there[at]
            if total:
                yield name, word, lost[word], total
