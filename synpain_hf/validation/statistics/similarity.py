"""Identity embeddings: whether faces of one identity are closer than those of others, and who looks alike.

All pairs are compared, in blocks: 10,710 faces are 57 million pairs, which are counted and not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import expit, logit

from synpain_hf.validation.statistics.comparisons import Moments, d_of_moments
from synpain_hf.validation.statistics.estimate import LEVEL, Estimate
from synpain_hf.validation.statistics.proportions import wilson

Vectors = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

_BLOCK = 1024
_BINS = 20_000
"""Of cosines from -1 to 1: a quantile is known to a ten-thousandth."""

_FEW_ERRORS = 5
_PARTS, _LEAST_PARTS = 20, 5
"""Parts of the identities, each of which is left out in turn, and how few give no interval."""


def normalised(embeddings: npt.ArrayLike) -> Vectors:
    """Embeddings of length 1; shape (faces, dimensions).

    Raises:
        ValueError: If one is not finite, or all zero.
    """
    given = np.asarray(embeddings, dtype=np.float64)
    lengths = np.linalg.norm(given, axis=1, keepdims=True)
    if not np.isfinite(given).all() or not lengths.all():
        raise ValueError("an embedding is not finite or is all zero; leave failed faces out")
    vectors: Vectors = np.divide(given, lengths).astype(np.float32)
    return vectors


@dataclass(frozen=True)
class Cosines:
    """Counted cosines of pairs of faces.

    Attributes:
        counts: Shape (20,000,): how many fall into each of as many equal bins from -1 to 1.
        total: Their sum.
        squares: The sum of their squares.
    """

    counts: Integers
    total: float
    squares: float

    @property
    def number(self) -> int:
        """How many there are."""
        return int(self.counts.sum())

    @property
    def moments(self) -> Moments:
        """Their mean, mean squared deviation and number."""
        number = self.number
        mean = self.total / max(number, 1)
        return mean, max(self.squares / max(number, 1) - mean**2, 0.0), number

    def quantile(self, share: float) -> float:
        """The cosine below which a share of the pairs lies, to a ten-thousandth; NaN where there are none."""
        if not self.number:
            return np.nan
        at = int(np.searchsorted(np.cumsum(self.counts), share * self.number))
        return (min(at, _BINS - 1) + 0.5) * 2 / _BINS - 1

    def __sub__(self, other: Cosines) -> Cosines:
        """Those that are not among some of them."""
        return Cosines(self.counts - other.counts, self.total - other.total, self.squares - other.squares)

    def __add__(self, other: Cosines) -> Cosines:
        """Both together."""
        return Cosines(self.counts + other.counts, self.total + other.total, self.squares + other.squares)

    @classmethod
    def of(cls, cosines: Vectors) -> Cosines:
        """Count some."""
        wide = cosines.astype(np.float64)
        bins = np.clip(((wide + 1) * (_BINS / 2)).astype(np.int64), 0, _BINS - 1)
        return cls(np.bincount(bins, minlength=_BINS), float(wide.sum()), float(np.square(wide).sum()))


@dataclass(frozen=True)
class Separation:
    """How well embeddings tell identities apart.

    Attributes:
        same: Pairs of faces of one identity.
        different: Pairs of faces of two identities.
        same_median: The median cosine of the former.
        different_median: That of the latter.
        d: The difference of their means in pooled standard deviations.
        equal_error_rate: The rate at which as many pairs of one identity fall below a threshold as of two above it.
        threshold: That threshold.
    """

    same: Cosines
    different: Cosines
    same_median: Estimate
    different_median: Estimate
    d: Estimate
    equal_error_rate: Estimate
    threshold: float


def separation(embeddings: npt.ArrayLike, identities: Sequence[str], level: float = LEVEL, seed: int = 0) -> Separation:
    """How well the embeddings of faces tell identities apart, from all pairs of faces.

    The pairs share faces, so they are not independent: standard errors come from leaving out a twentieth of the
    identities with all of their pairs at a time (the grouped jackknife; Miller, Biometrika 61, 1974). The median of
    one identity has the interval of its order statistics; that of the rate is at least Wilson's for the identities.

    Args:
        embeddings: Shape (faces, dimensions).
        identities: Whom each face shows.
        level: The confidence level.
        seed: Draws the twentieths.

    Raises:
        ValueError: If no identity has two faces, or there is one identity alone.

    Example:
        >>> found = separation([[1, 0], [0.9, 0.1], [0, 1], [0.2, 0.9]], ["a", "a", "b", "b"])
        >>> found.equal_error_rate.value
        0.0
    """
    vectors = normalised(embeddings)
    names, codes = np.unique(np.asarray(identities), return_inverse=True)
    if len(names) < 2 or np.bincount(codes).max() < 2:
        raise ValueError("identities are compared by faces of one and of others; give two identities, two faces of one")
    parts = min(_PARTS, len(names))
    part = (np.random.default_rng(seed).permutation(len(names)) % parts)[codes]
    faces = [np.flatnonzero(part == number) for number in range(parts)]
    nothing = Cosines(np.zeros(_BINS, np.int64), 0.0, 0.0)
    same, different = nothing, nothing
    with_part = [[nothing, nothing] for _ in range(parts)]
    for one in range(parts):
        for other in range(one, parts):
            found = _between(vectors, codes, faces[one], faces[other])
            same, different = same + found[0], different + found[1]
            for number in {one, other}:
                with_part[number] = [kept + new for kept, new in zip(with_part[number], found, strict=True)]
    without = [(same - ours, different - others) for ours, others in with_part]
    usable = [pair for pair in without if all(cosines.number for cosines in pair)]
    rate, threshold = _equal_error(same, different)
    rates = [_equal_error(*pair)[0] for pair in usable]
    return Separation(
        same,
        different,
        _median(same, int((np.bincount(codes) > 1).sum()), level),
        _jackknifed(different.quantile(0.5), [others.quantile(0.5) for _, others in usable], level),
        _jackknifed(_d(same, different), [_d(*pair) for pair in usable], level),
        _rate(rate, rates, len(names), level),
        threshold,
    )


def _between(vectors: Vectors, codes: Integers, rows: Integers, columns: Integers) -> tuple[Cosines, Cosines]:
    """Cosines of pairs of faces of one identity, and of two, each pair once, from rows to columns."""
    found = [Cosines(np.zeros(_BINS, np.int64), 0.0, 0.0)] * 2
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        later = block[:, None] < columns if rows is columns else np.ones((len(block), len(columns)), bool)
        cosines = vectors[block] @ vectors[columns].T
        is_same = codes[block][:, None] == codes[columns]
        found = [
            kept + Cosines.of(cosines[chosen & later]) for kept, chosen in zip(found, (is_same, ~is_same), strict=True)
        ]
    return found[0], found[1]


def _equal_error(same: Cosines, different: Cosines) -> tuple[float, float]:
    """The equal error rate and its threshold."""
    missed = np.cumsum(same.counts) / same.number
    taken = 1 - np.cumsum(different.counts) / different.number
    at = int(np.argmin(np.abs(missed - taken)))
    return float((missed[at] + taken[at]) / 2), (at + 1) * 2 / _BINS - 1


def _d(same: Cosines, different: Cosines) -> float:
    return d_of_moments(same.moments, different.moments).value


def _jackknifed(value: float, without: Sequence[float], level: float) -> Estimate:
    reach = _reach(without, level)
    return Estimate(value, value - reach, value + reach)


def _reach(without: Sequence[float], level: float) -> float:
    """Half of the width of an interval, from the values without each part."""
    if len(without) < _LEAST_PARTS:
        return np.nan
    left = np.array(without)
    error = np.sqrt((len(left) - 1) / len(left) * np.square(left - left.mean()).sum())
    return float(stats.t.ppf((1 + level) / 2, len(left) - 1) * error)


def _rate(rate: float, without: Sequence[float], identities: int, level: float) -> Estimate:
    """Wilson's interval, which holds where errors are few; where they are not, the wider of it and the jackknife's."""
    few = wilson(rate * identities, identities, level)
    if min(rate, 1 - rate) * identities < _FEW_ERRORS or not 0 < min(without) <= max(without) < 1:
        return few
    reach = _reach(logit(without).tolist(), level)
    low, high = (float(expit(logit(rate) + end)) for end in (-reach, reach))
    return Estimate(rate, min(low, few.low), max(high, few.high))


def _median(cosines: Cosines, identities: int, level: float) -> Estimate:
    """A median with the interval of its order statistics, for as many independent values as identities."""
    low = stats.binom.ppf((1 - level) / 2, identities, 0.5) / identities
    return Estimate(cosines.quantile(0.5), cosines.quantile(low), cosines.quantile(1 - low))


def _blocks(vectors: Vectors) -> Iterator[tuple[slice, Vectors, npt.NDArray[np.bool_]]]:
    """Rows, their cosines with themselves and all later faces, and which of these are of two faces, each once."""
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, min(start + _BLOCK, len(vectors)))
        cosines = vectors[rows] @ vectors[start:].T
        yield rows, cosines, np.arange(len(vectors) - start) > np.arange(rows.stop - start)[:, None]


def nearest_of_others(
    embeddings: npt.ArrayLike, identities: Sequence[str], threshold: float, most: int
) -> tuple[int, list[tuple[int, int, float]]]:
    """The pairs of faces of two identities that have at least a cosine.

    Args:
        embeddings: Shape (faces, dimensions).
        identities: Whom each face shows.
        threshold: The least cosine.
        most: How many pairs to name.

    Returns:
        How many there are, and the nearest of them: both faces by their number, and the cosine.

    Example:
        >>> nearest_of_others([[1, 0], [1, 0.1], [0, 1]], ["a", "b", "c"], threshold=0.9, most=5)[0]
        1
    """
    vectors = normalised(embeddings)
    codes = np.unique(np.asarray(identities), return_inverse=True)[1]
    number, found = 0, list[tuple[int, int, float]]()
    for rows, cosines, later in _blocks(vectors):
        near = (cosines >= threshold) & later & (codes[rows][:, None] != codes[rows.start :][None])
        number += int(near.sum())
        pairs = np.argwhere(near)
        values = cosines[near]
        for at in np.argsort(-values, kind="stable")[:most]:
            first, second = (int(place) + rows.start for place in pairs[at])
            found.append((first, second, float(values[at])))
        found = sorted(found, key=lambda pair: -pair[2])[:most]
    return number, found


@dataclass(frozen=True)
class LookAlikes:
    """Pairs of identities that look alike.

    Attributes:
        pairs: How many pairs of identities there are.
        alike: How many of them look alike.
        share: `alike / pairs`, with an interval that knows that pairs share identities.
        error: The standard error of the logarithm of its odds.
    """

    pairs: int
    alike: int
    share: Estimate
    error: float


def look_alikes(embeddings: npt.ArrayLike, threshold: float, level: float = LEVEL) -> LookAlikes:
    """The share of pairs of identities whose faces have at least a cosine.

    A person who looks like many others is in many pairs, so pairs are not independent: the standard error comes from
    leaving out one identity with all of its pairs at a time (Arvesen, Ann. Math. Stat. 40, 1969).

    Args:
        embeddings: Shape (identities, dimensions): one face of each identity of a group.
        threshold: The least cosine of faces that look alike.
        level: The confidence level.

    Raises:
        ValueError: If there are fewer than three identities.

    Example:
        >>> found = look_alikes([[1, 0], [0.9, 0.1], [0, 1], [-1, 0.2]], threshold=0.9)
        >>> found.alike, found.pairs
        (1, 6)
    """
    vectors = normalised(embeddings)
    n = len(vectors)
    if n < 3:
        raise ValueError("look-alikes need three identities or more; leave the group out")
    degrees = np.zeros(n)
    for rows, cosines, later in _blocks(vectors):
        near = (cosines >= threshold) & later
        degrees[rows] += near.sum(axis=1)
        degrees[rows.start :] += near.sum(axis=0)
    alike, pairs = int(degrees.sum()) // 2, n * (n - 1) // 2
    share = alike / pairs
    if alike in (0, pairs):
        few = stats.beta.ppf((1 + level) / 2, 1, n // 2)  # of pairs without a common identity
        limits = (0.0, float(few)) if alike == 0 else (float(1 - few), 1.0)
        return LookAlikes(pairs, alike, Estimate(share, *limits), np.nan)
    without = (alike - degrees) / ((n - 1) * (n - 2) / 2)
    error = np.sqrt((n - 1) / n * np.square(without - without.mean()).sum()) / (share * (1 - share))
    reach = stats.t.ppf((1 + level) / 2, n - 1) * error
    odds = np.log(share / (1 - share))
    low, high = (float(1 / (1 + np.exp(-edge))) for edge in (odds - reach, odds + reach))
    return LookAlikes(pairs, alike, Estimate(share, low, high), float(error))


def ratio_of_odds(first: LookAlikes, second: LookAlikes, level: float = LEVEL) -> Estimate:
    """The odds ratio of look-alikes of two groups, with an interval that knows that pairs share identities.

    Returns:
        The ratio; NaN limits where a group has no look-alikes, or nothing else.
    """
    odds = [
        found.share.value / (1 - found.share.value) if found.share.value < 1 else np.inf for found in (first, second)
    ]
    ratio = odds[0] / odds[1] if odds[1] else (np.inf if odds[0] else np.nan)
    reach = stats.norm.ppf((1 + level) / 2) * np.hypot(first.error, second.error)
    return Estimate(float(ratio), float(ratio * np.exp(-reach)), float(ratio * np.exp(reach)))
