"""AUROCs of a group against its background: Borkan et al., Nuanced Metrics for Measuring Unintended Bias, WWW 2019."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import Booleans, Floats, Integers
from .roc import Placements, is_kept, share, total

POWER = -5.0
"""The power of the generalised mean: near the smallest value, yet moved by all."""

_OF_OVERALL = 0.25
"""Of the final score."""


def cross_with_background(
    whole: Placements, own: Placements, positive: Booleans, codes: Integers, weights: Floats | None
) -> tuple[Floats, Floats]:
    """BPSN and BNSP AUROC of every group (Borkan et al. 2019, section 3).

    BPSN ranks the background's positive rows against the group's negative ones, BNSP the group's positive rows against
    the background's negative ones; the background are all rows outside the group.

    Returns:
        Two arrays of shape (groups,); NaN where a side is empty, or weighs too little.
    """
    given = np.ones(len(positive)) if weights is None else weights
    outside = given * (whole.outranked - own.outranked)
    found = []
    for chosen, members, all_members, inside, all_others in (
        (~positive, own.negatives, whole.negatives, own.positives, whole.positives),
        (positive, own.positives, whole.positives, own.negatives, whole.negatives),
    ):
        won, others = total(codes, outside * chosen, len(members)), all_others - inside
        kept = is_kept(members, all_members) & is_kept(others, all_others)
        found.append(share(won, np.where(kept, members * others, 0)))
    return found[0], found[1]


def final_score(overall: float, means: Sequence[float]) -> float:
    """The final score of the Jigsaw Unintended Bias competition: 0.25 x AUROC + 0.75 x mean of the generalised means.

    Args:
        overall: The AUROC of all rows.
        means: The generalised means of the subgroup, BPSN and BNSP AUROC.
    """
    return float(_OF_OVERALL * overall + (1 - _OF_OVERALL) * np.mean(means))


def generalised_mean(values: Sequence[float], power: float = POWER) -> float:
    """The generalised mean of AUROCs (Borkan et al. 2019, equation 5); 0 where one of them is 0."""
    if min(values) <= 0:
        return 0.0
    return float(np.mean(np.power(values, power)) ** (1 / power))
