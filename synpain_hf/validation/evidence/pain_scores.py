"""Pain scores and action units: whether faces that are labelled as pain show it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from synpain_hf.cards.quantities import as_p
from synpain_hf.cards.words import group_words, measure_words
from synpain_hf.validation.evidence.annotated import CONDITIONS, DEMOGRAPHIC, Annotated
from synpain_hf.validation.evidence.measures import (
    differences,
    means,
    of_attribute,
    pairwise,
    quartiles,
)
from synpain_hf.validation.evidence.published import Published
from synpain_hf.validation.evidence.section import Comparison, Group, Section, corrected, outcome_of
from synpain_hf.vocabulary import GROUPS

_SCORES = ("pspi", "pspi_approx")
_UNIT = re.compile(r"(AU\d+)(_approx)?")
_PAIN: Group = ("pain",)
_ORDER: tuple[tuple[Group, Group], ...] = ((_PAIN, ("neutral",)), (_PAIN, ("no_pain",)), (("no_pain",), ("neutral",)))
_EVEN = 0.5
_PERHAPS_CHANCE = "that may be chance with these faces; measure more before relying on their scores"
_UNLIKE_LABELS = "look at these faces and at the labels; where the label is right, the annotator cannot see this pain"


def pain_scores(annotated: Annotated, published: Published, title: str) -> Iterator[Section]:
    """The pain score by condition, and that of pain by group."""
    for measure in _SCORES:
        if annotated.has(measure):
            values = annotated.values(measure)
            of_pain = [(*group, "pain") for group in DEMOGRAPHIC]
            rows = [
                *means(annotated, measure, values, published, CONDITIONS),
                *quartiles(annotated, measure, values, published, CONDITIONS),
                *means(annotated, measure, values, published, of_pain),
            ]
            ordered = [pairwise(annotated, values, *groups) for groups in _ORDER]
            groups = [of_attribute(annotated, values, column, _PAIN) for column in GROUPS]
            tests = corrected([test for test in (*ordered, *groups) if test is not None])
            failures, warnings = _judged(measure, tests)
            among_pain = [replace(row, group=row.group[:1]) for row in rows if row.group in of_pain]
            of_groups = [test for test in tests if test.among == _PAIN]
            warnings += differences(
                f"{measure_words(measure)} of pain", among_pain, values, of_groups, "report results by group"
            )
            yield Section(
                "pspi", title, measure, annotated.annotator, annotated.file, outcome_of(failures, warnings),
                (*failures, *warnings), rows, tests,
            )  # fmt: skip


def _judged(measure: str, tests: Sequence[Comparison]) -> tuple[list[str], list[str]]:
    """Where pain scores lower than other faces that would mislead; where it does not score higher that is told."""
    failures: list[str] = []
    warnings: list[str] = []
    for test in tests:
        first, *others = test.groups
        if first != _PAIN or test.among == _PAIN or test.estimate is None:
            continue
        share, higher = test.estimate, group_words(others[0])
        remedy = _PERHAPS_CHANCE if share.value > _EVEN else _UNLIKE_LABELS
        told = (
            f"faces labelled pain have the higher {measure_words(measure)} in {share.value:.0%} of comparisons with "
            f"{higher} faces (corrected p {as_p(test.corrected)}); {remedy}"
        )
        if share.high < _EVEN:
            failures.append(told)
        elif not share.low > _EVEN:
            warnings.append(told)
    return failures, warnings


def action_units(annotated: Annotated, published: Published, title: str) -> Iterator[Section]:
    """The mean of every action unit by condition, and whether pain has more of it than other expressions."""
    rows, tests = [], []
    for column in annotated.table.column_names:
        found = _UNIT.fullmatch(column)
        if found and annotated.has(column):
            values = annotated.values(column)
            rows += [
                replace(row, group=(column, *row.group))
                for row in means(annotated, column, values, published, CONDITIONS)
            ]
            test = pairwise(annotated, values, _PAIN, ("no_pain",))
            if test is not None:
                tests.append(replace(test, groups=[(column, *group) for group in test.groups]))
    if rows:
        measure = "action_units"
        yield Section("units", title, measure, annotated.annotator, annotated.file, rows=rows, tests=corrected(tests))
