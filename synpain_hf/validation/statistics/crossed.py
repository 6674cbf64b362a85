"""Shares of judgements that raters made of the same cases: each depends on the rater, and on the case."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from synpain_hf.validation.statistics.estimate import LEVEL, Estimate, finite
from synpain_hf.validation.statistics.proportions import wilson


def share_of_raters(
    has: npt.ArrayLike, raters: Sequence[str], clusters: Sequence[str], level: float = LEVEL
) -> Estimate:
    """A share with an interval for other raters and other cases, of which those at hand are a sample.

    The variance of the mean is that of a two-way layout in which both raters and cases are random,
    `(MS_raters + MS_cases - MS_rest) / (raters * cases)`, never below what either of the first two gives alone, nor
    below that of independent judgements; its degrees of freedom are Satterthwaite's (Biometrics Bulletin 2, 1946), so
    that few raters count for little where they differ. The interval is Wilson's, with Student's t, for as many
    independent judgements as tell as much.

    Args:
        has: Whether each judgement has the property, such as being right; shape (judgements,).
        raters: Who made each.
        clusters: What each is about: cases that depend on each other have one name.
        level: The confidence level.

    Returns:
        The share; NaN limits where there are fewer than two raters or clusters.

    Raises:
        ValueError: If there are no values.

    Example:
        >>> found = share_of_raters([1, 1, 0, 1, 1, 1], list("aaabbb"), list("xyzxyz"))
        >>> round(found.value, 3)
        0.833
    """
    flags = finite(has, "the sample")
    value = float(flags.mean())
    names, row = np.unique(np.asarray(raters), return_inverse=True)
    cases, column = np.unique(np.asarray(clusters), return_inverse=True)
    r, c = len(names), len(cases)
    if min(r, c) < 2:
        return Estimate(value, np.nan, np.nan)
    if value in (0, 1):
        return wilson(value * c, c, level)
    cells = np.unique(row * c + column, return_inverse=True)[1]
    of_raters, of_cases, of_cells = (
        float(np.square(np.bincount(codes, weights=flags - value)).sum()) for codes in (row, column, cells)
    )
    of_raters, of_cases = of_raters / c, of_cases / r
    rest = max(0.0, of_cells - of_raters - of_cases)
    squares = np.array([of_raters / (r - 1), of_cases / (c - 1), rest / ((r - 1) * (c - 1))])
    freedom = np.array([r - 1, c - 1, (r - 1) * (c - 1)])
    together = max(squares[0] + squares[1] - squares[2], squares[0], squares[1])
    independent = value * (1 - value) / flags.size
    variance = r * c * together / flags.size**2
    if variance <= independent:
        return wilson(value * flags.size, flags.size, level)
    used = np.where(together > squares[:2].max(), 1.0, squares == together)
    degrees = float(np.square(together) / (np.square(squares * used) / freedom).sum())
    effective = float(flags.size * independent / variance)
    return wilson(value * effective, effective, level, degrees)
