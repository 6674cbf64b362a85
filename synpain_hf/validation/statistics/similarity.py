"""Who looks like whom: pairs of identities, and of faces, with at least a cosine.

All pairs are compared, in blocks: 5,355 identities are 14 million pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from synpain_hf.validation.statistics.cosines import BLOCK, Vectors, normalised
from synpain_hf.validation.statistics.estimate import LEVEL, Estimate


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


def _blocks(vectors: Vectors) -> Iterator[tuple[slice, Vectors, npt.NDArray[np.bool_]]]:
    """Rows, their cosines with themselves and all later faces, and which of these are of two faces, each once."""
    for start in range(0, len(vectors), BLOCK):
        rows = slice(start, min(start + BLOCK, len(vectors)))
        cosines = vectors[rows] @ vectors[start:].T
        yield rows, cosines, np.arange(len(vectors) - start) > np.arange(rows.stop - start)[:, None]
