"""The scores of another model, for the same rows in another file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.metrics.columns import Columns

_LISTED = 20


def matched_scores(
    first: Columns,
    second: Columns,
    *,
    key: str,
    label: str,
    score: str,
    labels: npt.NDArray[np.int64],
    positive: object = None,
    against_rest: bool = False,
) -> npt.NDArray[np.float64]:
    """The scores in one file, in the order of the rows of another.

    Args:
        first: The file whose order counts.
        second: The file with the scores.
        key: The column that names a row in both.
        label: The column of the labels, which must be the same.
        score: The column of the scores.
        labels: Those of the first file, 0 and 1; shape (rows,).
        positive: The positive label.
        against_rest: Whether all other labels are one class.

    Raises:
        BadInputError: If the files do not hold the same rows, or one row twice, or labels or scores are at fault.
    """
    uses = {key: "key", label: "label", score: "score"}
    first.require({key: "key"})
    second.require(uses)
    keys = [_keys(columns, key) for columns in (first, second)]
    others = np.asarray(second.labels(label, positive, against_rest=against_rest))
    scores = second.numbers(score, ranked=True)
    problems = [*first.problems, *second.problems, *_unmatched(first, second, keys)]
    if problems:
        raise BadInputError(problems)
    places = {name: place for place, name in enumerate(keys[1])}
    order = np.array([places[name] for name in keys[0]])
    differing = np.flatnonzero(labels != others[order]).tolist()
    if differing:
        raise BadInputError(
            second.table.problem(
                int(order[row]),
                f"{label} of {keys[0][row]!r} differs from that in {first.table.name}",
                "compare models on the same labels",
            )
            for row in differing[:_LISTED]
        )
    matched: npt.NDArray[np.float64] = scores[order]
    return matched


def _keys(columns: Columns, key: str) -> list[Any]:
    """What names each row; a row without a name, or with that of an earlier one, is a problem."""
    texts, codes = columns.table.coded(key)
    named = [texts[code] for code in codes.tolist()]
    seen: set[Any] = set()
    faults = []
    for row, name in enumerate(named):
        if name is None:
            faults.append(columns.table.problem(row, f"{key} is missing", "fill it in, or leave the row out"))
        elif name in seen:
            faults.append(
                columns.table.problem(row, f"{key} {name!r} occurs twice", "name a column that tells rows apart")
            )
        seen.add(name)
    columns.problems.extend(faults[:_LISTED])
    return named


def _unmatched(first: Columns, second: Columns, keys: list[list[Any]]) -> Iterator[Problem]:
    """A problem for each file that lacks rows of the other one."""
    sets = [set(names) - {None} for names in keys]
    for columns, has, other in ((first, sets[0], sets[1]), (second, sets[1], sets[0])):
        lacking = sorted(other - has)
        if lacking:
            shown = ", ".join(lacking[:3]) + (", …" if len(lacking) > 3 else "")
            reason = f"lacks {len(lacking):,} of the rows ({shown}); let both models judge the same rows"
            yield Problem(columns.table.name, reason)
