"""What tables of comparisons have in common: which arms are set beside each other, and correction for their number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.experiments.report.judged import Cohort
from synpain_hf.experiments.report.predictions import Arm
from synpain_hf.experiments.report.result import NAME, Question, Result
from synpain_hf.experiments.report.table import Line
from synpain_hf.text.plurals import count
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.validation.statistics.comparisons import holm

_SAME = ("tested_on", "amount", "model", "dataset")
"""In which two arms that are compared are alike."""


def baseline(question: Question, arms: Sequence[Arm]) -> str:
    """The condition that others are compared with: that of the question, or the first.

    Raises:
        BadInputError: If there is no such condition.
    """
    conditions = list(dict.fromkeys(arm.condition for arm in arms))
    wanted = question.options.get("baseline", conditions[0])
    if wanted not in conditions:
        reason = (
            f"the baseline {wanted!r} of {question.title!r} has no predictions{did_you_mean(str(wanted), conditions)}; "
            f"give one of {', '.join(conditions)}"
        )
        raise BadInputError([Problem(NAME, reason)])
    return str(wanted)


def partners(arms: Sequence[Arm], of: str) -> Iterator[tuple[Arm, Arm | None]]:
    """Every arm of another condition, with that of the baseline which is tested alike; None where there is none.

    Args:
        arms: The arms.
        of: The condition of the baseline.
    """
    known: dict[tuple[object, ...], list[Arm]] = {}
    for arm in arms:
        if arm.condition == of:
            known.setdefault(tuple(getattr(arm, name) for name in _SAME), []).append(arm)
    for arm in arms:
        if arm.condition != of:
            alike = known.get(tuple(getattr(arm, name) for name in _SAME), [])
            same = [one for one in alike if one.trained_on == arm.trained_on]
            found = same or (alike if len(alike) == 1 else [])
            yield arm, found[0] if found else None


def cohorts_of(result: Result, arms: Sequence[Arm]) -> list[Cohort]:
    """The cohorts of a comparison: all pairs where groups are tested by themselves, else also each group."""
    cohorts = result.judged.cohorts(arms)
    return cohorts[:1] if len({arm.tested_on for arm in arms}) > 1 else cohorts


def corrected(lines: Sequence[Line]) -> list[Line]:
    """Lines with p values corrected for their number by Holm's method, where they compare something."""
    tested = [line for line in lines if line.compares and not np.isnan(line.mean.p)]
    found = dict(zip(map(id, tested), holm([line.mean.p for line in tested]), strict=True)) if tested else {}
    return [replace(line, p=found[id(line)]) if id(line) in found else line for line in lines]


def comparisons(lines: Sequence[Line]) -> str:
    """How many comparisons there were."""
    number = sum(line.p is not None for line in lines)
    return (
        f"{count(number, 'comparison')}; p values are corrected for their number by Holm's method, intervals are not."
        if number
        else "Nothing could be compared."
    )
