"""Pairs in which no face is found to align: they are left out of their splits, and counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pyarrow as pa
from pyarrow import csv

from synpain_hf.errors import Problem, UsageError
from synpain_hf.text.plurals import count
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.layout import UNALIGNED
from synpain_hf.vocabulary import CLASSES, UNKNOWN, Unaligned

REASON = "reason"


def check_choice(unaligned: str) -> None:
    """Refuse what does not say what becomes of such pairs.

    Raises:
        UsageError: If it does not.
    """
    if unaligned not in get_args(Unaligned):
        raise UsageError(f"is {unaligned!r}; give one of {', '.join(get_args(Unaligned))}", "unaligned")


def check_left(pairs: Pairs, left_out: pa.Table, split: str) -> None:
    """Refuse a split of which no pair is left.

    Args:
        pairs: The pairs that are left.
        left_out: The others.
        split: The split.

    Raises:
        UsageError: If it is one.
    """
    gone = left_out["split"].to_pylist().count(split)
    if gone and split not in pairs.splits:
        raise UsageError(
            f"in none of the {count(gone, 'pair')} of {split} in {pairs.title} a face was found to align; give "
            "pictures whose faces are larger or less turned away, another configuration, or do not align"
        )


def write(left_out: Iterable[tuple[str, pa.Table]], folder: Path) -> None:
    """Write which pairs are left out, where there are any, as `unaligned.csv`.

    Args:
        left_out: Of each data set its title and those of its pairs.
        folder: Where to.
    """
    tables = [
        table.append_column("data_set", pa.array([title] * table.num_rows, pa.string()))
        for title, table in left_out
        if table.num_rows
    ]
    if tables:
        csv.write_csv(pa.concat_tables(tables, promote_options="default"), folder / UNALIGNED)


def without(pairs: Pairs, problems: Sequence[Problem]) -> tuple[Pairs, pa.Table]:
    """Remove from every split the pairs that show a face of a lost pair.

    Args:
        pairs: The pairs.
        problems: One for each pair in which a face was not found.

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
    """How many pairs each split has lost, in a line; empty where none has."""
    splits = Counter(left_out["split"].to_pylist())
    of_each = ", ".join(f"{number:,} of {split}" for split, number in splits.items())
    gone = count(left_out.num_rows, "pair")
    verb = "is" if left_out.num_rows == 1 else "are"
    return f"{gone} {verb} left out, as no face was found to align: {of_each}" if left_out.num_rows else ""


def by_group(sets: Iterable[tuple[pa.Table, Pairs]]) -> Iterator[tuple[str, str, int, int]]:
    """How many pairs of each class and group are left out, and of how many.

    Args:
        sets: Of each data set those that are left out, and the others.

    Yields:
        The column, the class or group, how many are left out, and how many there were in all.
    """
    lost: Counter[tuple[str, str]] = Counter()
    there: Counter[tuple[str, str]] = Counter()
    for left_out, pairs in sets:
        positions = np.concatenate(list(pairs.splits.values()) or [np.zeros(0, np.int64)])
        for name, words in CLASSES.items():
            if name in left_out.column_names:
                lost.update((name, word) for word in left_out[name].to_pylist())
                kept = pairs.table[name].take(positions).to_pylist()
                there.update((name, UNKNOWN if at is None else words[at]) for at in kept)
    for name, words in CLASSES.items():
        for word in (*words, UNKNOWN):
            total = lost[name, word] + there[name, word]
            if total:
                yield name, word, lost[name, word], total
