"""The ROC of every group at once: placements, AUROC, average precision, F1. O(n log n), ties counted half.

A *placement* is the share of the other class that a row is ranked right of: for a positive row the share of negative
rows of its group with a lower score, for a negative row the share of positive rows with a higher one, ties counted
half. AUROC is the mean placement of either class (Sun and Xu 2014, equations 4 to 6).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Booleans, Floats, Integers

_LEAST_SHARE = 1e-9
"""Of the weight of all rows of a class: less is lost to rounding where they are summed together."""


@dataclass(frozen=True)
class Ranking:
    """Rows sorted by group, then by score; ties in one block.

    Attributes:
        order: Shape (rows,): the rows in that order.
        starts: Shape (blocks,): where each block of equal group and score starts.
        first_blocks: Shape (groups,): the first block of each group.
        group_of_block: Shape (blocks,).
    """

    order: Integers
    starts: Integers
    first_blocks: Integers
    group_of_block: Integers

    @property
    def block_of_row(self) -> Integers:
        """Shape (rows,), in sorted order."""
        return np.repeat(np.arange(len(self.starts)), np.diff(self.starts, append=len(self.order)))


def rank(scores: Floats, codes: Integers, by_score: Integers) -> Ranking:
    """Sort rows within their groups.

    Args:
        scores: Shape (rows,).
        codes: Shape (rows,): the group of each row; every group from 0 on has a row.
        by_score: Shape (rows,): the rows in the order of their scores; sorted once for all attributes.
    """
    grouped = codes[by_score]
    if grouped.max(initial=0):
        narrow = grouped.astype(np.min_scalar_type(int(grouped.max())))  # sorted by radix up to 16 bits
        order = by_score[np.argsort(narrow, kind="stable")]
    else:
        order = by_score
    sorted_codes, sorted_scores = codes[order], scores[order]
    new_group = np.diff(sorted_codes, prepend=-1) != 0
    new_block = new_group.copy()
    new_block[1:] |= sorted_scores[1:] != sorted_scores[:-1]
    starts = np.flatnonzero(new_block)
    return Ranking(order, starts, np.flatnonzero(new_group[starts]), sorted_codes[starts])


@dataclass(frozen=True)
class Placements:
    """Where every row stands among the rows of the other class of its group.

    Attributes:
        outranked: Shape (rows,): the weight of the other class on the right side of the row, ties counted half.
        positives: Shape (groups,): the weight of the positive rows.
        negatives: Shape (groups,): the weight of the negative rows.
        auroc: Shape (groups,): NaN where a class is missing, or weighs too little beside that of the other groups.
    """

    outranked: Floats
    positives: Floats
    negatives: Floats
    auroc: Floats


def place(ranking: Ranking, positive: Booleans, weights: Floats | None) -> Placements:
    """The placement of every row in its group, and the AUROC of every group.

    Args:
        ranking: The rows within their groups.
        positive: Shape (rows,).
        weights: Shape (rows,); None for 1 each.
    """
    is_positive = positive[ranking.order]
    given = np.ones(len(is_positive)) if weights is None else weights[ranking.order]
    positive_weights, negative_weights = np.where(is_positive, given, 0.0), np.where(is_positive, 0.0, given)
    tied_positives = np.add.reduceat(positive_weights, ranking.starts)
    tied_negatives = np.add.reduceat(negative_weights, ranking.starts)
    positives = np.add.reduceat(tied_positives, ranking.first_blocks)
    negatives = np.add.reduceat(tied_negatives, ranking.first_blocks)
    below = _running(tied_negatives, ranking) + 0.5 * tied_negatives
    above = positives[ranking.group_of_block] - _running(tied_positives, ranking) - 0.5 * tied_positives
    block = ranking.block_of_row
    outranked = np.empty(len(is_positive))
    outranked[ranking.order] = np.where(is_positive, below[block], above[block])
    wins = np.add.reduceat(tied_positives * below, ranking.first_blocks)
    kept = is_kept(positives, positives.sum()) & is_kept(negatives, negatives.sum())
    return Placements(outranked, positives, negatives, share(wins, np.where(kept, positives * negatives, 0)))


def is_kept(weight: Floats, of: Floats | float) -> Booleans:
    """Whether a weight is still known after rounding, if it was summed with others."""
    return np.asarray(weight > _LEAST_SHARE * of)


def average_precision(ranking: Ranking, positive: Booleans, weights: Floats | None) -> Floats:
    """The average precision of every group: precision at each score, weighted by the recall that it adds.

    Returns:
        Shape (groups,); NaN where no row is positive.
    """
    is_positive = positive[ranking.order]
    given = np.ones(len(is_positive)) if weights is None else weights[ranking.order]
    hits = np.add.reduceat(np.where(is_positive, given, 0.0), ranking.starts)
    rows = np.add.reduceat(given, ranking.starts)
    all_hits, all_rows = (np.add.reduceat(part, ranking.first_blocks) for part in (hits, rows))
    above_hits = all_hits[ranking.group_of_block] - _running(hits, ranking)
    above_rows = all_rows[ranking.group_of_block] - _running(rows, ranking)
    return share(np.add.reduceat(hits * above_hits / above_rows, ranking.first_blocks), all_hits)


def f1(
    scores: Floats, positive: Booleans, codes: Integers, groups: int, threshold: float, weights: Floats | None
) -> Floats:
    """F1 of every group, where a score of at least the threshold is taken for positive.

    Returns:
        Shape (groups,); NaN where no row is positive.
    """
    chosen = scores >= threshold
    given = np.ones(len(scores)) if weights is None else weights
    hits, predicted, positives = (total(codes, part * given, groups) for part in (chosen & positive, chosen, positive))
    return np.where(positives > 0, share(2 * hits, predicted + positives), np.nan)


def total(codes: Integers, values: Floats | Booleans, groups: int) -> Floats:
    """The sum of the values of each group, shape (groups,)."""
    return np.bincount(codes, values, groups).astype(np.float64)


def share(numerator: Floats, denominator: Floats) -> Floats:
    """The quotient, which sums of weights may round past 0 or 1; NaN where the denominator is 0."""
    return np.clip(divide(numerator, denominator), 0, 1)


def divide(numerator: Floats, denominator: Floats) -> Floats:
    """The quotient; NaN where the denominator is 0."""
    quotient: Floats = np.full(np.shape(numerator), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient


def _running(values: Floats, ranking: Ranking) -> Floats:
    """The sum of the blocks of the same group before each block."""
    before: Floats = np.cumsum(values) - values
    return before - before[ranking.first_blocks][ranking.group_of_block]
