"""A measure of each face, such as its quality: means by group, and whether groups differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import stats

from synpain_hf.cards.quantities import as_p
from synpain_hf.cards.words import group_words, measure_words
from synpain_hf.validation.evidence.annotated import DEMOGRAPHIC, OVERALL, Annotated, Booleans, Floats
from synpain_hf.validation.evidence.published import Published
from synpain_hf.validation.evidence.section import LEVEL, Comparison, Group, Row, corrected
from synpain_hf.validation.statistics.clustered import mean, rank_test, same_means
from synpain_hf.validation.statistics.estimate import Estimate
from synpain_hf.vocabulary import CLASSES, GROUPS

NOTICEABLE = 0.2
"""Standard deviations by which means differ before it is told: a small effect, as Cohen has it (1988)."""

EVERY = (*OVERALL, *DEMOGRAPHIC)
"""Every group that a measure is reported of."""

_COMPARED: tuple[tuple[Group, Group], ...] = ((("expressive",), ("neutral",)), (("pain",), ("no_pain",)))

_QUARTILES = {"lower_quartile": 25, "median": 50, "upper_quartile": 75}


def means(
    annotated: Annotated, measure: str, values: Floats, published: Published, groups: Sequence[Group]
) -> Iterator[Row]:
    """The mean of each group that has values, with an interval that knows which faces belong together."""
    for group, chosen in _known(annotated, values, groups):
        found = mean(values[chosen], annotated.clusters[chosen].tolist())
        yield _row(annotated, group, "mean", chosen, found, published.of(measure, group, "mean"))


def quartiles(
    annotated: Annotated, measure: str, values: Floats, published: Published, groups: Sequence[Group]
) -> Iterator[Row]:
    """The quartiles of each group that has values, linear between values."""
    for group, chosen in _known(annotated, values, groups):
        for statistic, percent in _QUARTILES.items():
            value = Estimate(float(np.percentile(values[chosen], percent)), np.nan, np.nan)
            yield _row(annotated, group, statistic, chosen, value, published.of(measure, group, statistic))


def comparisons(annotated: Annotated, values: Floats) -> list[Comparison]:
    """Tests of whether groups differ, corrected for their number."""
    tests = [pairwise(annotated, values, *groups) for groups in _COMPARED]
    tests += [of_attribute(annotated, values, column) for column in GROUPS]
    return corrected([test for test in tests if test is not None])


def pairwise(
    annotated: Annotated, values: Floats, first: Group, second: Group, among: Group = ("all",)
) -> Comparison | None:
    """Whether one group has greater values than another; None where one has none."""
    known = annotated.members(among) & np.isfinite(values)
    one, other = (annotated.members(group) & known for group in (first, second))
    if not (one.any() and other.any()):
        return None
    both = one | other
    found = rank_test(values[both], one[both], annotated.clusters[both].tolist())
    return Comparison((first, second), among, "superiority", found.superiority, found.p)


def of_attribute(annotated: Annotated, values: Floats, column: str, among: Group = ("all",)) -> Comparison | None:
    """Whether the groups of an attribute differ: of two, which has greater values; None where there is one alone."""
    known = annotated.members(among) & np.isfinite(values) & (annotated.group_of(column) != "")
    names = [(name,) for name in CLASSES[column] if (annotated.members((name,)) & known).any()]
    if len(names) < 2:
        return None
    if len(names) == 2:
        return pairwise(annotated, values, names[0], names[1], among)
    ranks, groups = stats.rankdata(values[known]), annotated.group_of(column)[known]
    found = same_means(ranks, groups.tolist(), annotated.clusters[known].tolist())
    return Comparison(names, among, "", None, found.p)


def differences(
    measure: str,
    rows: Sequence[Row],
    values: Floats,
    tests: Sequence[Comparison],
    remedy: str,
    least: float = 0.0,
) -> list[str]:
    """What is told of groups whose means differ noticeably, and by at least so much: cause, then remedy."""
    spread = float(np.nanstd(values))
    found = {row.group: row.estimate.value for row in rows if row.statistic == "mean"}
    told = []
    for test in tests:
        theirs = {group: found[group] for group in test.groups if group in found}
        low, high = min(theirs, key=theirs.__getitem__), max(theirs, key=theirs.__getitem__)
        if test.corrected < LEVEL and theirs[high] - theirs[low] > max(NOTICEABLE * spread, least):
            told.append(
                f"{measure_words(measure)} differs: {theirs[high]:.3g} ({group_words(high)}) and {theirs[low]:.3g} "
                f"({group_words(low)}), corrected p {as_p(test.corrected)}; {remedy}"
            )
    return told


def _known(annotated: Annotated, values: Floats, groups: Sequence[Group]) -> Iterator[tuple[Group, Booleans]]:
    for group in groups:
        chosen = annotated.members(group) & np.isfinite(values)
        if chosen.any():
            yield group, chosen


def _row(
    annotated: Annotated,
    group: Group,
    statistic: str,
    chosen: Booleans,
    estimate: Estimate,
    known: float | None,
) -> Row:
    people = len(set(annotated.identities[chosen].tolist()))
    return Row(group, statistic, int(chosen.sum()), people, estimate, known)
