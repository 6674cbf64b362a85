"""`matrix`: AUROC by what was trained on and what was tested on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from synpain_hf.cards.evidence import NONE, Grid
from synpain_hf.cards.words import words
from synpain_hf.experiments.report.comparing import cohorts_of
from synpain_hf.experiments.report.heat_map import columns_of, heat_map
from synpain_hf.experiments.report.labels import labels
from synpain_hf.experiments.report.result import Question, Result
from synpain_hf.experiments.report.table import (
    SE,
    SPREADS,
    Line,
    Table,
    cohort_words,
    parts_of,
    published_words,
    shown,
)
from synpain_hf.experiments.statistics.worth import AUROC
from synpain_hf.text.numbers import as_number
from synpain_hf.text.plurals import count

NOTE = f"AUROC of models trained on what the row says, on the pairs that the column says. {SPREADS}"


def matrix(question: Question, result: Result) -> Table:
    """The table of every training on every test.

    Args:
        question: The table as the experiment asks for it.
        result: What was predicted.
    """
    arms = result.judged.predictions.arms
    lines = [
        Line(
            what="value",
            measure=AUROC,
            arm=arm,
            cohort=cohort,
            mean=result.judged.mean(arm, AUROC, cohort),
            counts=counts,
            published=result.published_value(arm, cohort, AUROC),
        )
        for arm in arms
        for cohort in cohorts_of(result, arms)
        if (counts := result.judged.counts(arm, cohort)).pairs
    ]
    rows = [label.removeprefix("trained on ") for label in labels(arms, without=["tested_on"])]
    names = dict(zip(arms, rows, strict=True))
    cells: dict[str, dict[str, Line]] = {}
    for line in lines:
        cells.setdefault(names[line.arm], {})[_tested(line)] = line
    means = {row: {column: line.mean for column, line in of_row.items()} for row, of_row in cells.items()}
    return Table(
        name=question.name,
        kind=question.kind,
        title=question.title,
        lines=lines,
        grids=[_square(cells, result.published_by), _long(cells, result.published_by)],
        notes=[NOTE],
        pictures={question.name: heat_map(means, question.name)},
    )


def _tested(line: Line) -> str:
    return cohort_words(line.cohort) if line.cohort.group else words(line.arm.tested_on)


def _square(cells: Mapping[str, Mapping[str, Line]], published_by: str) -> Grid:
    """The AUROCs alone, published ones beside them."""
    columns = columns_of(cells)
    has_published = any(line.published is not None for of_row in cells.values() for line in of_row.values())
    corner = f"trained on / tested on{f' ({published_by})' * has_published}"
    rows = [[row, *(_cell(of_row.get(column)) for column in columns)] for row, of_row in cells.items()]
    return Grid([corner, *columns], rows, 1)


def _cell(line: Line | None) -> str:
    if line is None:
        return NONE
    value = NONE if np.isnan(line.mean.value) else as_number(line.mean.value)
    return value if line.published is None else f"{value} ({published_words(line)})"


def _long(cells: Mapping[str, Mapping[str, Line]], published_by: str) -> Grid:
    """Every AUROC with its interval, a row each."""
    has_published = any(line.published is not None for of_row in cells.values() for line in of_row.values())
    header = ["trained on", "tested on", "AUROC", SE, *([f"{published_by}: AUROC"] if has_published else []), "pairs"]
    rows = [
        [
            row,
            column,
            shown(line.mean),
            parts_of(line.mean),
            *([published_words(line)] if has_published else []),
            count(line.counts.pairs),
        ]
        for row, of_row in cells.items()
        for column, line in of_row.items()
    ]
    return Grid(header, rows, 2)
