"""How well embeddings tell identities apart: all pairs of faces are compared, which are counted and not kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.special import expit, logit

from synpain_hf.validation.statistics.comparisons import d_of_moments
from synpain_hf.validation.statistics.cosines import BINS, BLOCK, Cosines, Integers, Vectors, normalised
from synpain_hf.validation.statistics.estimate import LEVEL, Estimate
from synpain_hf.validation.statistics.proportions import wilson

_FEW_ERRORS = 5
_PARTS, _LEAST_PARTS = 20, 5
"""Parts of the identities, each of which is left out in turn, and how few give no interval."""


@dataclass(frozen=True)
class Separation:
    """How well embeddings tell identities apart.

    Attributes:
        same: Pairs of faces of one identity.
        different: Pairs of faces of two identities.
        same_median: The median cosine of the former.
        different_median: That of the latter.
        d: The difference of their means in pooled standard deviations; NaN where neither varies.
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
    nothing = Cosines.none()
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
    found = [Cosines.none()] * 2
    for start in range(0, len(rows), BLOCK):
        block = rows[start : start + BLOCK]
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
    return float((missed[at] + taken[at]) / 2), (at + 1) * 2 / BINS - 1


def _d(same: Cosines, different: Cosines) -> float:
    if not same.moments[1] + different.moments[1] > 0:
        return np.nan
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
