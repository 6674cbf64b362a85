"""`changes`: how much more or less other conditions are worth than a baseline, in points and in percent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from synpain_hf.cards.evidence import NONE, Grid
from synpain_hf.cards.words import words
from synpain_hf.experiments.report.comparing import baseline, cohorts_of, comparisons, corrected, partners
from synpain_hf.experiments.report.forest import forest_of_differences
from synpain_hf.experiments.report.judged import Cohort, Term
from synpain_hf.experiments.report.labels import labels
from synpain_hf.experiments.report.predictions import Arm
from synpain_hf.experiments.report.result import Question, Result
from synpain_hf.experiments.report.table import (
    MEASURE_WORDS,
    Line,
    Table,
    cohort_words,
    p_words,
    parts_of,
    shown,
)
from synpain_hf.experiments.statistics.trainings import Mean
from synpain_hf.experiments.statistics.worth import AP, AUROC
from synpain_hf.text.numbers import as_number

NOTE = (
    "Points are hundredths, percent are of the baseline. In brackets: 95% intervals, which know that both conditions "
    "were tested on the same identities, and hold for other identities and, where there are several trainings, other "
    "trainings. SE, in points: the standard error for other identities, then the one for other trainings."
)


@dataclass(frozen=True)
class _Change:
    """A condition beside the baseline, on a cohort."""

    measure: str
    arm: Arm
    baseline: Arm
    cohort: Cohort
    before: Mean
    after: Mean
    points: Line
    percent: Line

    @property
    def tested(self) -> str:
        """Who was tested."""
        return words(self.arm.tested_on) if not self.cohort.group else cohort_words(self.cohort)


def changes(question: Question, result: Result) -> Table:
    """The table of every arm that has a partner in the baseline.

    Args:
        question: The table as the experiment asks for it; its `baseline` is a condition, the first where none is named.
        result: What was predicted.

    Raises:
        BadInputError: If there is no such condition.
    """
    arms = result.judged.predictions.arms
    of = baseline(question, arms)
    pairs = list(partners(arms, of))
    found = [
        change
        for arm, partner in pairs
        if partner is not None
        for measure in (AUROC, AP)
        for cohort in cohorts_of(result, arms)
        for change in _change(result, measure, arm, partner, cohort)
    ]
    points = corrected([change.points for change in found])
    found = [replace(change, points=line) for change, line in zip(found, points, strict=True)]
    alone = [
        label for (_, partner), label in zip(pairs, labels([arm for arm, _ in pairs]), strict=True) if partner is None
    ]
    notes = [f"Baseline: {of}.", NOTE, comparisons(points)]
    notes += [f"Without a partner in the baseline, and so not in this table: {'; '.join(alone)}."] if alone else []
    of_auroc = [change.points for change in found if change.measure == AUROC]
    return Table(
        name=question.name,
        kind=question.kind,
        title=question.title,
        lines=[line for change in found for line in (change.points, change.percent)],
        grids=[
            _grid([change for change in found if change.measure == measure], of, result.published_by)
            for measure in (AUROC, AP)
            if found
        ],
        notes=notes,
        pictures={question.name: forest_of_differences(of_auroc, question.name, f"less {of}")} if of_auroc else {},
    )


def _change(result: Result, measure: str, arm: Arm, partner: Arm, cohort: Cohort) -> Iterator[_Change]:
    judged = result.judged
    counts = judged.counts(arm, cohort)
    if not counts.pairs:
        return
    before, after = (result.published_value(one, cohort, measure) for one in (partner, arm))
    gain = None if before is None or after is None else (after - before, after / before - 1)
    points = judged.sum(measure, [Term(1, arm, cohort), Term(-1, partner, cohort)])
    percent = judged.growth(measure, arm, partner, cohort)
    yield _Change(
        measure=measure,
        arm=arm,
        baseline=partner,
        cohort=cohort,
        before=judged.mean(partner, measure, cohort),
        after=judged.mean(arm, measure, cohort),
        points=Line("difference", measure, arm, cohort, points, counts, partner, published=gain and gain[0]),
        percent=Line("growth", measure, arm, cohort, percent, counts, partner, published=gain and gain[1]),
    )


def _grid(found: Sequence[_Change], of: str, published_by: str) -> Grid:
    measure = MEASURE_WORDS[found[0].measure]
    arms = list(dict.fromkeys(change.arm for change in found))
    names = dict(zip(arms, labels(arms, without=["tested_on"]), strict=True))
    is_published = any(change.points.published is not None for change in found)
    header = ["condition", "tested", f"{measure}: {of}", measure, "points", "SE", "percent", "p"]
    rows = []
    for change in found:
        row = [names[change.arm], change.tested, as_number(change.before.value), as_number(change.after.value)]
        row += [
            shown(change.points.mean, signed=True, scale=100, digits=1),
            parts_of(change.points.mean, 100, 1),
            shown(change.percent.mean, signed=True, scale=100, digits=1),
            p_words(change.points),
        ]
        row += [_published(change)] if is_published else []
        rows.append(row)
    return Grid([*header, *([f"{published_by}: points, percent"] if is_published else [])], rows, 2)


def _published(change: _Change) -> str:
    points, percent = change.points.published, change.percent.published
    if points is None or percent is None:
        return NONE
    return f"{as_number(100 * points, signed=True, digits=1)}, {as_number(100 * percent, signed=True, digits=1)}%"
