"""The numbers of a release that can be compared with published ones, by name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from synpain_hf.cards.facts import Facts
from synpain_hf.cards.statistics import GROUP_NAMES, SLICES, Annotations, Statistics, Summary
from synpain_hf.cards.words import measure_words, words
from synpain_hf.errors import BadInputError, Problem
from synpain_hf.vocabulary import CLASSES, FACES

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
    """A p value: `.012`, or `< .001`."""
    return "< .001" if p < 0.001 else f"{p:.3f}".lstrip("0")


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


def comparisons(statistics: Statistics, facts: Facts) -> list[Compared]:
    """Every published number: once for each thing to compare it with, and once where there is none.

    Raises:
        BadInputError: If a number has an unknown name.
    """
    reported = facts["reported"]
    compared = []
    unknown = []
    for figure in reported["figures"] if reported else ():
        found = list(_found(statistics, figure["quantity"]))
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


def _found(statistics: Statistics, name: str) -> Iterator[_Quantity]:
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
    elif len(rest) == 2 and rest[0] in SLICES and rest[1] in _PARTS:
        value, shown = _PARTS[rest[1]]
        of = measure_words(kind)
        measured = [each for each in statistics.annotations if rest[0] in each.measures.get(kind, {})]
        for each in measured:
            by = (each.annotator,) if len(measured) > 1 else ()
            what = ", ".join((of, _slice(rest[0], each), words(rest[1]), *by))
            yield _Quantity(of, what, value(each.measures[kind][rest[0]]), shown)
        if not measured:
            yield _Quantity(of, of, math.nan, shown)


def _slice(name: str, annotations: Annotations) -> str:
    """What a number is of, in words; that of a group is of the neutral and the expressive faces in it."""
    both = name in GROUP_NAMES and annotations.unit == "face"
    return f"{words(name)} (neutral and expressive faces)" if both else words(name)
