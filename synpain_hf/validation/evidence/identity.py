"""Identity embeddings: whether a pair shows one person, who looks like whom, and faces that are nearly the same."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy import stats

from synpain_hf.cards.quantities import as_p
from synpain_hf.cards.words import group_words
from synpain_hf.text.plurals import count, first_few
from synpain_hf.validation.evidence.annotated import Annotated, Booleans
from synpain_hf.validation.evidence.published import Published
from synpain_hf.validation.evidence.section import LEVEL, Comparison, Group, Row, Section, corrected, outcome_of
from synpain_hf.validation.statistics.cosines import Cosines, comparable, normalised
from synpain_hf.validation.statistics.estimate import Estimate
from synpain_hf.validation.statistics.separation import Separation, separation
from synpain_hf.validation.statistics.similarity import LookAlikes, look_alikes, nearest_of_others, ratio_of_odds
from synpain_hf.vocabulary import CLASSES

COLUMN = "embedding"
NEAR = 0.95
"""Cosine from which on faces of two identities are named as nearly the same."""

_WORST_RATE = 0.25
"""Equal error rate from which on pairs cannot be said to show one person each; .5 is chance."""

_BINS = 100
_LEAST = 3
_MOST_NAMED = 20


def has_embeddings(annotated: Annotated) -> bool:
    """Whether an annotator gives embeddings."""
    if COLUMN not in annotated.table.column_names:
        return False
    kind = annotated.table.schema.field(COLUMN).type
    is_vector = hasattr(kind, "value_type") and pa.types.is_floating(kind.value_type)
    return is_vector and bool((pc.max(pc.list_value_length(annotated.table[COLUMN])).as_py() or 0) > 0)


@dataclass(frozen=True)
class Embedded:
    """The embeddings of one annotator: of each identity its first neutral and its first expressive face.

    Attributes:
        annotated: What the annotator says.
        threshold: Cosine from which on two identities look alike; None for that of the equal error rate.
    """

    annotated: Annotated
    threshold: float | None

    @cached_property
    def usable(self) -> Booleans:
        """Which rows have an embedding that can be compared; shape (rows,)."""
        return comparable(self.annotated.table[COLUMN])

    @cached_property
    def kept(self) -> npt.NDArray[np.int64]:
        """The rows that are compared."""
        found: dict[tuple[str, bool], int] = {}
        for at in np.flatnonzero(self.usable):
            found.setdefault((str(self.annotated.identities[at]), bool(self.annotated.is_neutral[at])), int(at))
        return np.array(sorted(found.values()), np.int64)

    @cached_property
    def vectors(self) -> npt.NDArray[np.float32]:
        """Their embeddings, of length 1; shape (rows, dimensions)."""
        return normalised(self.annotated.table[COLUMN].take(pa.array(self.kept)).to_pylist())

    @cached_property
    def identities(self) -> list[str]:
        """Whom they show."""
        return list(map(str, self.annotated.identities[self.kept]))

    @cached_property
    def separation(self) -> Separation | None:
        """How well they tell identities apart; None where no identity has two faces, or there is one alone."""
        numbers = np.unique(self.identities, return_counts=True)[1]
        return separation(self.vectors, self.identities) if len(numbers) > 1 and numbers.max() > 1 else None

    @property
    def alike(self) -> float | None:
        """The cosine from which on two identities look alike."""
        return self.separation.threshold if self.threshold is None and self.separation else self.threshold


def similarity(embedded: Embedded, published: Published, title: str) -> Iterator[Section]:
    """Cosines of faces of one identity and of two, how far they lie apart, and the equal error rate."""
    found = embedded.separation
    if found is None:
        return
    people = len(set(embedded.identities))
    rows = []
    both = (("same", found.same, found.same_median), ("different", found.different, found.different_median))
    for name, cosines, median in both:
        quartiles = (Estimate(cosines.quantile(share), math.nan, math.nan) for share in (0.25, 0.75))
        for statistic, value in zip(("median", "lower_quartile", "upper_quartile"), (median, *quartiles), strict=True):
            known = published.of("similarity", (name,), statistic)
            rows.append(Row((name,), statistic, cosines.number, people, value, known))
    rate = found.equal_error_rate
    rows.append(Row(("all",), "equal_error_rate", found.same.number, people, rate))
    rows.append(Row(("all",), "threshold", len(embedded.kept), people, Estimate(found.threshold, math.nan, math.nan)))
    d = Comparison(
        (("same",), ("different",)), ("all",), "d", found.d, _p_of(found.d),
        published.of("similarity", ("same", "different"), "d"),
    )  # fmt: skip
    failures = []
    if rate.low > _WORST_RATE:
        failures.append(
            f"faces of one identity are told from faces of two with an equal error rate of {rate.value:.0%} (.5 is "
            "chance), so that pairs may not show one person each; look at the pairs, and at the embeddings"
        )
    warnings = [*_left_out(embedded), *_unlike(embedded, found)]
    yield Section(
        "similarity", title, COLUMN, embedded.annotated.annotator, embedded.annotated.file,
        outcome_of(failures, warnings), (*failures, *warnings), rows, corrected([d]),
        {"same": _binned(found.same), "different": _binned(found.different)},
    )  # fmt: skip


def _left_out(embedded: Embedded) -> Iterator[str]:
    given = embedded.annotated.table[COLUMN].is_valid().to_numpy().astype(bool)
    lost = int((given & ~embedded.usable).sum())
    if lost:
        yield (
            f"{count(lost, 'embedding')} of another length than the others, all zero or not finite, left out; "
            "annotate again"
        )


def _unlike(embedded: Embedded, found: Separation) -> Iterator[str]:
    """Identities whose two faces are less alike than half of those of two identities."""
    places: dict[str, list[int]] = {}
    for at, identity in enumerate(embedded.identities):
        places.setdefault(identity, []).append(at)
    middle = found.different.quantile(0.5)
    apart = sorted(
        identity
        for identity, faces in places.items()
        if len(faces) > 1 and float(embedded.vectors[faces[0]] @ embedded.vectors[faces[1]]) < middle
    )
    if apart:
        yield (
            f"the faces of {count(len(apart), 'identity')} ({first_few(apart)}) are less alike than most faces of two "
            "identities; look whether they show one person"
        )


def alike(embedded: Embedded, published: Published, title: str) -> Iterator[Section]:
    """The share of pairs of identities that look alike, within each ethnicity and gender, and women against men."""
    threshold = embedded.alike
    if threshold is None:
        return
    first = _first_of_identity(embedded)
    rows = [Row(("all",), "threshold", len(first), len(first), Estimate(threshold, math.nan, math.nan))]
    found: dict[Group, LookAlikes] = {}
    ethnicities: list[Group] = [(name,) for name in CLASSES["ethnicity"]]
    genders: list[Group] = [(name,) for name in CLASSES["gender"]]
    for group in (("all",), *genders, *((*ethnicity, *gender) for ethnicity in ethnicities for gender in genders)):
        chosen = first & embedded.annotated.members(group)[embedded.kept]
        if chosen.sum() >= _LEAST:
            found[group] = look_alikes(embedded.vectors[chosen], threshold)
            known = published.of("look_alikes", group, "share")
            rows.append(Row(group, "share", found[group].pairs, int(chosen.sum()), found[group].share, known))
    tests = []
    for among in ((), *ethnicities):
        groups = [(*among, *gender) for gender in reversed(genders)]
        if all(group in found for group in groups):
            women, men = (found[group] for group in groups)
            ratio = ratio_of_odds(women, men)
            known = published.of("look_alikes", among or ("all",), "odds_ratio")
            p = _p_of_ratio(women, men, ratio)
            tests.append(Comparison(groups, among or ("all",), "odds_ratio", ratio, p, known))
    tests = corrected(tests)
    told = [_more_alike(test, found, threshold) for test in tests if test.corrected < LEVEL]
    yield Section(
        "look_alikes", title, COLUMN, embedded.annotated.annotator, embedded.annotated.file, outcome_of([], told), told,
        rows, tests,
    )  # fmt: skip


def _more_alike(test: Comparison, found: Mapping[Group, LookAlikes], threshold: float) -> str:
    women, men = (f"{found[group].share.value:.1%}" for group in test.groups)
    among = "" if test.among == ("all",) else f"{group_words(test.among)} "
    return (
        f"{women} of pairs of {among}women look alike, and {men} of pairs of {among}men (cosine {threshold:.2f} or "
        f"more), corrected p {as_p(test.corrected)}; there are fewer different persons than identities, so count them "
        "with care"
    )


def _first_of_identity(embedded: Embedded) -> Booleans:
    """One face of each identity: the neutral one where it has one."""
    neutral = embedded.annotated.is_neutral[embedded.kept]
    chosen: dict[str, int] = {}
    for at, identity in enumerate(embedded.identities):
        if identity not in chosen or (neutral[at] and not neutral[chosen[identity]]):
            chosen[identity] = at
    first = np.zeros(len(embedded.kept), bool)
    first[list(chosen.values())] = True
    return first


def near_copies(embedded: Embedded, published: Published, title: str) -> Iterator[Section]:  # noqa: ARG001
    """Faces of two identities that are nearly the same."""
    units = embedded.annotated.clusters[embedded.kept].tolist()
    if len(set(units)) < 2:
        return
    number, nearest = nearest_of_others(embedded.vectors, units, NEAR, _MOST_NAMED)
    people = len(set(embedded.identities))
    pairs = len(embedded.kept) * (len(embedded.kept) - 1) // 2
    row = Row(("all",), "near_copies", pairs, people, Estimate(number, math.nan, math.nan))
    named = [f"{embedded.identities[i]} and {embedded.identities[j]} ({cosine:.3f})" for i, j, cosine in nearest]
    told = []
    if number:
        told.append(
            f"{count(number, 'pair')} of faces of two identities are nearly the same (cosine {NEAR} or more): "
            f"{first_few(named)}; look whether they show one person, who must be one identity"
        )
    yield Section(
        "near_copies", title, COLUMN, embedded.annotated.annotator, embedded.annotated.file, outcome_of([], told), told,
        [row],
    )  # fmt: skip


def _binned(cosines: Cosines) -> list[int]:
    return [int(number) for number in cosines.counts.reshape(_BINS, -1).sum(axis=1)]


def _p_of(d: Estimate) -> float:
    """The probability of a value this far from 0, by the width of its interval; 1 where that is not known."""
    error = (d.high - d.low) / (2 * stats.norm.ppf(0.975))
    return float(2 * stats.norm.sf(abs(d.value) / error)) if error > 0 else 1.0


def _p_of_ratio(first: LookAlikes, second: LookAlikes, ratio: Estimate) -> float:
    error = math.hypot(first.error, second.error)
    if not math.isfinite(error) or error == 0:
        return 1.0
    return float(2 * stats.norm.sf(abs(math.log(ratio.value)) / error))
