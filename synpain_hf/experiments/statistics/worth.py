"""What one model is worth on the groups of a set, and what each pair adds to that.

What a pair adds is the derivative of a measure by the weight of the pair (the influence function; Efron, Biometrika 68,
1981), so that sums over identities estimate the variance of the measure for other identities. For the AUROC these are
the placements of DeLong, DeLong and Clarke-Pearson (Biometrics 44, 1988).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synpain_hf.metrics.subgroup_auroc.delong import deviations
from synpain_hf.metrics.subgroup_auroc.roc import Ranking, average_precision, f1, place, rank

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

AUROC, AP, F1 = "auroc", "ap", "f1"
MEASURES = (AUROC, AP, F1)


@dataclass(frozen=True)
class Worth:
    """What a model is worth on a group.

    Attributes:
        fold: The fold that the model was not trained on; None where there are no folds.
        seed: The seed of its training.
        value: Its AUROC, AP or F1; NaN where the group lacks a class.
        pairs: Shape (pairs,): the numbers of the pairs of the group, from 0 on over the whole experiment.
        deviations: Shape (pairs,): what each pair adds to the deviation of the value; they sum to 0.
    """

    fold: int | None
    seed: int
    value: float
    pairs: Integers
    deviations: Floats


def worth_by_group(
    scores: Floats, positive: Booleans, codes: Integers, thresholds: Floats
) -> Mapping[str, tuple[Floats, Floats]]:
    """The AUROC, AP and F1 of every group, and what each row adds to that of its group.

    Args:
        scores: Shape (rows,).
        positive: Shape (rows,).
        codes: Shape (rows,): the group of each row; every group from 0 on has a row.
        thresholds: Shape (rows,): a score of at least this is taken for positive; NaN where none was chosen, which
            leaves the group without F1.

    Returns:
        For each measure its values, shape (groups,), NaN where a group lacks a class, and the deviations, shape
        (rows,).

    Example:
        >>> scores, positive = np.array([0.1, 0.4, 0.35, 0.8]), np.array([False, False, True, True])
        >>> found = worth_by_group(scores, positive, np.zeros(4, np.int64), np.full(4, 0.5))
        >>> {measure: round(float(values[0]), 3) for measure, (values, _) in found.items()}
        {'auroc': 0.75, 'ap': 0.833, 'f1': 0.667}
    """
    ranking = rank(scores, codes, np.argsort(scores, kind="stable"))
    placed = place(ranking, positive, None)
    parts = deviations(placed, positive, codes, None)
    precision = np.where(np.isnan(placed.auroc), np.nan, average_precision(ranking, positive, None))
    found = {
        AUROC: (placed.auroc, parts.of_positives + parts.of_negatives),
        AP: (precision, _of_precision(ranking, positive, codes, precision)),
    }
    groups = len(placed.auroc)
    above = scores - thresholds
    chosen = above >= 0
    taken = chosen.astype(np.float64) + positive
    without = np.bincount(codes, np.isnan(thresholds), groups) > 0
    values = np.where(np.isnan(placed.auroc) | without, np.nan, f1(above, positive, codes, groups, 0.0, None))
    all_taken = np.maximum(np.bincount(codes, taken, groups), 1)
    adds = (2.0 * (chosen & positive) - values[codes] * taken) / all_taken[codes]
    return {**found, F1: (values, adds)}


def _of_precision(ranking: Ranking, positive: Booleans, codes: Integers, values: Floats) -> Floats:
    """The derivative of the average precision of a row's group by the weight of the row.

    With `T` positive ones among the `N` rows that score at least as high as a positive row, the average precision is
    the mean of `T / N` over the positive rows. A row changes `N`, and a positive one `T`, for all rows that it is not
    below.
    """
    is_positive = positive[ranking.order].astype(np.float64)
    hits = np.add.reduceat(is_positive, ranking.starts)
    rows = np.diff(ranking.starts, append=len(is_positive)).astype(np.float64)
    of_group = ranking.group_of_block
    all_hits, all_rows = (np.bincount(of_group, part) for part in (hits, rows))
    above = all_hits[of_group] - _below(hits, ranking), all_rows[of_group] - _below(rows, ranking)
    precision = above[0] / above[1]
    by_hits, by_rows = (_below(part, ranking) + part for part in (hits / above[1], hits * precision / above[1]))
    block = ranking.block_of_row
    adds = is_positive * (precision - values[of_group] + by_hits)[block] - by_rows[block]
    found = np.empty(len(adds))
    found[ranking.order] = adds
    return np.asarray(found / np.maximum(all_hits, 1)[codes])


def _below(values: Floats, ranking: Ranking) -> Floats:
    """The sum of the blocks of the same group before each block."""
    before = np.cumsum(values) - values
    return np.asarray(before - before[ranking.first_blocks][ranking.group_of_block])
