"""`effects`: what each factor of a factorial experiment does to the AUROC, and to the gap between groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

from synpain_hf.cards.evidence import Grid
from synpain_hf.cards.words import words
from synpain_hf.errors import BadInputError, Problem
from synpain_hf.experiments.report.comparing import comparisons, corrected
from synpain_hf.experiments.report.forest import forest_of_differences
from synpain_hf.experiments.report.judged import EVERYBODY, Cohort, Term
from synpain_hf.experiments.report.predictions import Arm
from synpain_hf.experiments.report.result import NAME, Question, Result
from synpain_hf.experiments.report.table import SE, Line, Table, p_words, parts_of, shown
from synpain_hf.experiments.statistics.worth import AUROC
from synpain_hf.text.suggestions import did_you_mean

NOTE = (
    "The effect of a factor is the AUROC at its second level less that at its first, on average over the levels of the "
    "other factors; an interaction is how much greater the effect of one factor is at the second level of the other. "
    "In brackets: 95% intervals, which know that all models were tested on the same identities, and hold for other "
    "identities and, where there are several trainings, other trainings. SE: the standard error for other identities, "
    "then the one for other trainings."
)


_FIGURES = {"effect": "by each effect", "effect_on_gap": "gap by each effect"}


@dataclass(frozen=True)
class _Effect:
    """A contrast of the cells of the design.

    Attributes:
        name: What it is called.
        weights: Of each cell, by its levels in the order of the factors.
    """

    name: str
    weights: Mapping[tuple[str, ...], float]


def effects(question: Question, result: Result) -> Table:
    """The table of every factor and of every interaction of two.

    Args:
        question: The table as the experiment asks for it. Its `factors` have two levels each, the first of which is the
            usual one, and are those of the predictions where none are named; `attribute` is the column between whose
            two groups a gap is looked at, any that has two where none is named.
        result: What was predicted.

    Raises:
        BadInputError: If factors or levels do not fit the predictions.
    """
    arms = result.judged.predictions.arms
    factors = _factors(question, arms)
    gaps = _gaps(question, result)
    lines = corrected(
        [
            _line(result, effect, cells, gap)
            for cells in _designs(arms, factors)
            for effect in _effects(factors)
            for gap in (None, *gaps)
        ]
    )
    pictures = {
        f"{question.name}-{number}": forest_of_differences(some, f"{question.name}-{number}", what)
        for number, (kind, what) in enumerate(_FIGURES.items(), 1)
        if (some := [line for line in lines if line.what == kind])
    }
    return Table(
        name=question.name,
        kind=question.kind,
        title=question.title,
        lines=lines,
        grids=[_grid(lines)],
        notes=[NOTE, *map(_gap_words, gaps), comparisons(lines)],
        pictures=pictures,
    )


def _factors(question: Question, arms: Sequence[Arm]) -> Mapping[str, tuple[str, str]]:
    """Both levels of each factor."""
    there: dict[str, list[str]] = {}
    for arm in arms:
        for name, level in arm.factors:
            if level not in there.setdefault(name, []):
                there[name].append(level)
    asked = question.options.get("factors") or there
    problems = []
    for name, levels in asked.items():
        if name not in there:
            reason = f"the factor {name!r} of {question.title!r} is in no predictions{did_you_mean(name, there)}; "
            problems.append(Problem(NAME, f"{reason}give one of {', '.join(there) or 'none'}"))
        elif len(levels) != 2 or not set(levels) <= set(there[name]):
            reason = f"the factor {name!r} of {question.title!r} has the levels {', '.join(map(str, levels))}; "
            problems.append(Problem(NAME, f"{reason}give two of {', '.join(there[name])}"))
    if not asked:
        problems.append(Problem(NAME, f"{question.title!r} needs factors, and the predictions have none; name them"))
    if problems:
        raise BadInputError(problems)
    return {name: (levels[0], levels[1]) for name, levels in asked.items()}


def _gaps(question: Question, result: Result) -> list[tuple[Cohort, Cohort]]:
    """The two groups of each attribute that is looked at."""
    groups: dict[str, list[Cohort]] = {}
    for cohort in result.judged.cohorts(result.judged.predictions.arms)[1:]:
        groups.setdefault(cohort.attribute, []).append(cohort)
    wanted = question.options.get("attribute")
    if wanted is not None and len(groups.get(wanted, ())) != 2:
        reason = f"the attribute {wanted!r} of {question.title!r} does not have two groups in the predictions"
        raise BadInputError([Problem(NAME, f"{reason}; name one that has")])
    return [(some[0], some[1]) for name, some in groups.items() if len(some) == 2 and wanted in (None, name)]


def _gap_words(pair: tuple[Cohort, Cohort]) -> str:
    first, second = (words(cohort.group) for cohort in pair)
    return f"Gap: AUROC on {first} less AUROC on {second}."


def _designs(arms: Sequence[Arm], factors: Mapping[str, tuple[str, str]]) -> list[Mapping[tuple[str, ...], Arm]]:
    """The cells of each test set for which there is one arm in every cell.

    Raises:
        BadInputError: If there is none, or several arms are in one cell, as they differ in another factor.
    """
    known: dict[tuple[object, ...], dict[tuple[str, ...], Arm]] = {}
    for arm in arms:
        levels = dict(arm.factors)
        if all(levels.get(name) in both for name, both in factors.items()):
            same = (arm.trained_on, arm.tested_on, arm.amount, arm.model, arm.dataset)
            other = known.setdefault(same, {}).setdefault(tuple(levels[name] for name in factors), arm)
            if other != arm:
                both = f"{other.condition} and {arm.condition} have the same level of {', '.join(factors)}"
                raise BadInputError([Problem(NAME, f"{both}; name every factor in which conditions differ")])
    whole: list[Mapping[tuple[str, ...], Arm]] = [cells for cells in known.values() if len(cells) == 2 ** len(factors)]
    if not whole:
        all_cells = ", ".join(" and ".join(levels) for levels in product(*factors.values()))
        reason = f"not every combination of the factors {', '.join(factors)} has predictions ({all_cells})"
        raise BadInputError([Problem(NAME, f"{reason}; run the experiment to its end")])
    return whole


def _effects(factors: Mapping[str, tuple[str, str]]) -> Iterator[_Effect]:
    names = list(factors)
    cells = list(product(*factors.values()))
    signs = {
        name: {levels: 1 if levels[place] == factors[name][1] else -1 for levels in cells}
        for place, name in enumerate(names)
    }
    share = 2 / len(cells)
    for name, (usual, other) in factors.items():
        title = f"{words(name)}: {other}, not {usual}"
        yield _Effect(title, {levels: share * signs[name][levels] for levels in cells})
    for one, two in combinations(names, 2):
        title = f"{words(one)} x {words(two)}"
        yield _Effect(title, {levels: 2 * share * signs[one][levels] * signs[two][levels] for levels in cells})


def _line(
    result: Result,
    effect: _Effect,
    cells: Mapping[tuple[str, ...], Arm],
    gap: tuple[Cohort, Cohort] | None,
) -> Line:
    one = next(iter(cells.values()))
    cohorts = [(1, EVERYBODY)] if gap is None else [(1, gap[0]), (-1, gap[1])]
    terms = [
        Term(sign * weight, cells[levels], cohort)
        for levels, weight in effect.weights.items()
        for sign, cohort in cohorts
    ]
    return Line(
        what="effect" if gap is None else "effect_on_gap",
        measure=AUROC,
        arm=replace(one, condition="", factors=()),
        cohort=EVERYBODY if gap is None else Cohort(gap[0].attribute, ""),
        mean=result.judged.sum(AUROC, terms),
        counts=result.judged.counts(one, EVERYBODY),
        name=effect.name,
    )


def _grid(lines: Sequence[Line]) -> Grid:
    rows = [[line.name, _on(line), shown(line.mean, signed=True), parts_of(line.mean), p_words(line)] for line in lines]
    return Grid(["effect of", "on", "AUROC", SE, "p"], rows, 2)


def _on(line: Line) -> str:
    return f"gap by {words(line.cohort.attribute)}" if line.cohort.attribute else "AUROC"
