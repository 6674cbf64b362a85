"""The numbers of a release that can be compared with published ones, by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from synpain_hf.cards.facts import Facts
from synpain_hf.cards.statistics import CONDITIONS, GROUP_NAMES, SLICES, Annotations, Statistics, Summary
from synpain_hf.cards.words import group_words, measure_words, words
from synpain_hf.errors import BadInputError, Problem
from synpain_hf.vocabulary import CLASSES, FACES

Document = Mapping[str, Any]
"""A validation report or a part of it, as `schemas/validation_report.schema.json` has it."""

_OF_GROUPS = {f"{group}_{condition}": (group, condition) for group in GROUP_NAMES for condition in CONDITIONS}
"""The faces of a group in a condition, such as `black_pain`."""

_OF_IDENTITIES = {"similarity": "similarity of identities", "look_alikes": "identities that look alike"}
"""What only a validation report has."""

_NAMES = [name for names in CLASSES.values() for name in names]

Shown = Callable[[float], str]


def as_count(number: float) -> str:
    """`5,355`."""
    return f"{number:,.0f}"


def as_share(number: float) -> str:
    """`54.1%`."""
    return f"{100 * number:.1f}%"


def as_score(number: float) -> str:
    """`2.90`."""
    return f"{number:.2f}"


def as_p(p: float) -> str:
    """A p value: `.012`, `< .001`, or `1`."""
    return "< .001" if p < 0.001 else f"{p:.3f}".lstrip("0") if p < 0.9995 else "1"


_PARTS: dict[str, tuple[Callable[[Summary], float], Shown]] = {
    "mean": (lambda summary: summary.mean, as_score),
    "median": (lambda summary: summary.median, as_score),
    "lower_quartile": (lambda summary: summary.lower_quartile, as_score),
    "upper_quartile": (lambda summary: summary.upper_quartile, as_score),
    "missing": (lambda summary: summary.missing / summary.count, as_share),
}


@dataclass(frozen=True)
class Compared:
    """A published number beside the one computed.

    Attributes:
        of: What it is a number of, in words: `pairs`, `PSPI`.
        what: The quantity in words.
        here: What was computed; empty where this release has nothing to compute it from.
        published: What was published.
        source: Where.
    """

    of: str
    what: str
    here: str
    published: str
    source: str


def comparisons(statistics: Statistics, facts: Facts, validated: Document | None = None) -> list[Compared]:
    """Every published number: once for each thing to compare it with, and once where there is none.

    Args:
        statistics: What was computed from the release.
        facts: Has what was published.
        validated: The validation report of the release, for what only that has.

    Raises:
        BadInputError: If a number has an unknown name.
    """
    reported = facts["reported"]
    compared = []
    unknown = []
    for figure in reported["figures"] if reported else ():
        found = list(_found(statistics, figure["quantity"], validated))
        if not found:
            unknown.append(figure["quantity"])
        about = "about " if figure.get("about") else ""
        for each in found:
            computed = "" if math.isnan(each.value) else each.shown(each.value)
            published = about + each.shown(figure["value"])
            compared.append(Compared(each.of, each.what, computed, published, figure["source"]))
    if unknown:
        parts = ", ".join(_PARTS)
        raise BadInputError(
            Problem(facts.name, f"reports {name}, which is not a quantity; use pairs, faces, pairs.GROUP, share.GROUP "
                    f"or COLUMN.SLICE.PART with a PART of {parts}")
            for name in unknown
        )  # fmt: skip
    return compared


@dataclass(frozen=True)
class _Quantity:
    of: str
    what: str
    value: float
    shown: Shown


def _found(statistics: Statistics, name: str, validated: Document | None) -> Iterator[_Quantity]:
    """What a name stands for, once for each annotator; NaN where it was not annotated."""
    kind, *rest = name.split(".")
    pairs = statistics.pairs
    if name == "pairs":
        yield _Quantity("pairs", "pairs", pairs.total, as_count)
    elif name == "faces":
        yield _Quantity("pairs", "faces", pairs.total * len(FACES), as_count)
    elif kind == "pairs" and len(rest) == 1 and rest[0] in _NAMES:
        yield _Quantity("pairs", f"pairs, {words(rest[0])}", pairs.of(rest[0]), as_count)
    elif kind == "share" and len(rest) == 1 and rest[0] in _NAMES:
        yield _Quantity("pairs", f"share of pairs, {words(rest[0])}", pairs.of(rest[0]) / pairs.total, as_share)
    elif kind in _OF_IDENTITIES and len(rest) == 2:
        yield from _of_identities(kind, rest[0], rest[1], validated)
    elif len(rest) == 2 and rest[1] in _PARTS:
        yield from _measured(statistics, kind, rest[0], rest[1])


def _measured(statistics: Statistics, column: str, part: str, statistic: str) -> Iterator[_Quantity]:
    """A summary of a column over a slice of the faces, or over a group in one condition, once for each annotator."""
    value, shown = _PARTS[statistic]
    of = measure_words(column)
    if part in SLICES:
        found = [(each, each.measures.get(column, {}).get(part)) for each in statistics.annotations]
    elif part in _OF_GROUPS:
        found = [(each, each.groups.get(column, {}).get(_OF_GROUPS[part])) for each in statistics.annotations]
    else:
        return
    known = [(each, summary) for each, summary in found if summary is not None]
    for each, summary in known:
        by = (each.annotator,) if len(known) > 1 else ()
        slice_ = group_words(_OF_GROUPS[part]) if part in _OF_GROUPS else _slice(part, each)
        yield _Quantity(of, ", ".join((of, slice_, words(statistic), *by)), value(summary), shown)
    if not known:
        yield _Quantity(of, of, math.nan, shown)


def _of_identities(kind: str, group: str, statistic: str, validated: Document | None) -> Iterator[_Quantity]:
    """What a validation report says of identities, once for each annotator."""
    of = _OF_IDENTITIES[kind]
    shown = as_share if statistic == "share" else as_score
    found = []
    for section in validated["evidence"] if validated else ():
        if section["name"] == kind:
            numbers = {("_".join(row["group"]), row["statistic"]): row for row in section["rows"]}
            for test in section["tests"]:
                parts = [part for each in test["groups"] for part in each] if kind == "similarity" else test["among"]
                numbers["_".join(parts), test["effect"]] = test
            row = numbers.get((group, statistic))
            if row is not None and row["value"] is not None:
                found.append(_Quantity(of, f"{of}, {words(group)}, {words(statistic)}", row["value"], shown))
    yield from found or [_Quantity(of, of, math.nan, shown)]


def _slice(name: str, annotations: Annotations) -> str:
    """What a number is of, in words; that of a group is of the neutral and the expressive faces in it."""
    both = name in GROUP_NAMES and annotations.unit == "face"
    return f"{words(name)} (neutral and expressive faces)" if both else words(name)
