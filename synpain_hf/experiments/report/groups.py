"""`groups`: AUROC, AP and F1 overall and by group, for every arm."""

from __future__ import annotations

from collections.abc import Sequence

from synpain_hf.cards.evidence import Grid
from synpain_hf.experiments.report.forest import forest
from synpain_hf.experiments.report.judged import Cohort
from synpain_hf.experiments.report.labels import labels
from synpain_hf.experiments.report.predictions import Arm
from synpain_hf.experiments.report.result import Question, Result
from synpain_hf.experiments.report.table import (
    MEASURE_WORDS,
    SE,
    SPREADS,
    Line,
    Table,
    cohort_words,
    parts_of,
    published_words,
    shown,
)
from synpain_hf.experiments.statistics.worth import AUROC, F1
from synpain_hf.text.plurals import count

_FEW_WITH_PAIN = 20
_BIASED = (
    f"Some models were tested on fewer than {_FEW_WITH_PAIN} pairs with pain. AP from so few is biased upwards, which "
    "folds do not average away: go by the AUROC."
)


def groups(question: Question, result: Result) -> Table:
    """The table of every arm by group.

    Args:
        question: The table as the experiment asks for it.
        result: What was predicted.
    """
    arms = result.judged.predictions.arms
    cohorts = result.judged.cohorts(arms)
    lines = [
        Line(
            what="value",
            measure=measure,
            arm=arm,
            cohort=cohort,
            mean=result.judged.mean(arm, measure, cohort),
            counts=counts,
            published=result.published_value(arm, cohort, measure),
        )
        for arm in arms
        for cohort in cohorts
        if (counts := result.judged.counts(arm, cohort)).pairs
        for measure in MEASURE_WORDS
    ]
    of_auroc = [line for line in lines if line.measure == AUROC]
    notes = [SPREADS]
    if all(line.mean.reason for line in lines if line.measure == F1):
        notes.append("There is no F1, as no threshold was chosen on validation pairs.")
    if result.judged.fewest_with_pain() < _FEW_WITH_PAIN:
        notes.append(_BIASED)
    return Table(
        name=question.name,
        kind=question.kind,
        title=question.title,
        lines=lines,
        grids=[_grid(lines, result.published_by)],
        notes=notes,
        pictures={question.name: forest(of_auroc, question.name, result.published_by)},
    )


def _grid(lines: Sequence[Line], published_by: str) -> Grid:
    """A row for each arm and cohort, with all measures."""
    arms = list(dict.fromkeys(line.arm for line in lines))
    names = dict(zip(arms, labels(arms), strict=True))
    rows: dict[tuple[Arm, Cohort], list[Line]] = {}
    for line in lines:
        rows.setdefault((line.arm, line.cohort), []).append(line)
    has_published = {line.measure for line in lines if line.published is not None}
    header = ["condition", "tested"]
    for measure, name in MEASURE_WORDS.items():
        header += [name, *([SE] if measure == AUROC else [])]
        header += [f"{published_by}: {name}"] if measure in has_published else []
    cells = []
    for (arm, cohort), of_row in rows.items():
        row = [names[arm], cohort_words(cohort)]
        for line in of_row:
            row += [shown(line.mean), *([parts_of(line.mean)] if line.measure == AUROC else [])]
            row += [published_words(line)] if line.measure in has_published else []
        counts = of_row[0].counts
        cells.append([*row, f"{count(counts.pairs)} ({count(counts.positive)})", count(counts.identities)])
    return Grid([*header, "pairs (pain)", "identities"], cells, 2)
