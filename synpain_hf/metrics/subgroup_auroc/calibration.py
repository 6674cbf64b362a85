"""The expected calibration error: how far the shares of positive rows lie from the scores, taken for probabilities.

The error (Naeini et al., AAAI 2015) is above 0 by chance alone, so that percentiles of resamples never reach 0. Its
interval inverts a test instead: the bins' errors times a common factor are taken as the true ones, noise with their
estimated covariance is added, and a factor is kept if neither an error as large as that found nor one as small is too
rare.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import Floats, Integers, refuse
from .inputs import Attribute, Rows
from .measured import Measured, scaled
from .options import Options
from .roc import total
from .units import Units, gather

_DRAWS = 1000


def check_probabilities(rows: Rows) -> None:
    """Refuse scores that are not probabilities.

    Raises:
        InputError: If one lies outside 0 to 1.
    """
    outside = (rows.scores < 0) | (rows.scores > 1)
    refuse(outside, "scores", "outside 0 to 1", "calibration needs probabilities; give them, or leave it out")


def binned(scores: Floats, bins: int) -> Integers:
    """The bin of each score, of `bins` of equal width; a score of 1 is in the last."""
    return np.asarray(np.minimum((scores * bins).astype(np.int64), bins - 1))


def calibration_errors(rows: Rows, attributes: Sequence[Attribute], options: Options) -> list[list[Measured]]:
    """The expected calibration error of the groups of every attribute.

    Args:
        rows: The rows, whose scores are probabilities.
        attributes: What is reported on.
        options: Bins, confidence and seed are used.
    """
    bin_of_row = binned(rows.scores, options.bins)
    noise = np.random.default_rng(options.seed).normal(size=(_DRAWS, options.bins))
    return [[_errors(rows, attribute, bin_of_row, noise, options)] for attribute in attributes]


def _errors(rows: Rows, attribute: Attribute, bin_of_row: Integers, noise: Floats, options: Options) -> Measured:
    codes, groups = attribute.codes, len(attribute.groups)
    weights = np.ones(len(codes)) if rows.weights is None else rows.weights
    wholes = total(codes, weights, groups)
    cells = codes * options.bins + bin_of_row
    apart = weights * (rows.positive - rows.scores)
    by_bin = total(cells, apart, groups * options.bins).reshape(groups, options.bins) / wholes[:, None]
    values = np.abs(by_bin).sum(axis=1)
    units = gather(np.ones(len(codes), bool), codes, groups, rows.clusters, rows.weights)
    low, high = np.full(groups, np.nan), np.full(groups, np.nan)
    unsure = {}
    for group, rows_of_group in enumerate(_split(codes, groups)):
        if not np.isfinite(units.unbiased[0, group]):
            unsure[group] = "one row or cluster leaves no variance to estimate"
            continue
        covariance = _covariance(rows_of_group, bin_of_row, apart, weights, by_bin[group], units, rows, group)
        root = _root(covariance)
        tail = (1 - options.confidence) / 2
        low[group], high[group] = _inverted(by_bin[group], noise @ root, tail)
    return Measured(
        name="expected_calibration_error",
        values=values,
        limits=scaled(values, low, high, options.confidence, (0, 1)),
        sizes=units.of_class[0],
        of_what="rows" if rows.clusters is None else "clusters",
        unsure=unsure,
    )


def _covariance(
    members: Integers, bin_of_row: Integers, apart: Floats, weights: Floats, errors: Floats, units: Units, rows: Rows,
    group: int,
) -> Floats:  # fmt: skip
    """The covariance of the bins' errors, over a group's rows or clusters, shape (bins, bins)."""
    whole = weights[members].sum()
    parts = np.zeros((len(members), len(errors)))
    parts[np.arange(len(members)), bin_of_row[members]] = apart[members]
    parts = (parts - weights[members, None] * errors) / whole
    if rows.clusters is not None:
        _, of_row = np.unique(rows.clusters[members], return_inverse=True)
        sums = np.zeros((int(of_row.max()) + 1, len(errors)))
        np.add.at(sums, of_row, parts)
        parts = sums
    return np.asarray(units.unbiased[0, group] * parts.T @ parts)


def _root(covariance: Floats) -> Floats:
    """A matrix that gives independent noise this covariance."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))).T)


def _inverted(errors: Floats, noise: Floats, tail: float) -> tuple[float, float]:
    """The interval of the sum of absolute errors.

    Args:
        errors: Shape (bins,): those that were found.
        noise: Shape (draws, bins).
        tail: How rare an error as large, or as small, may be.
    """
    found = float(np.abs(errors).sum())
    if found == 0:
        return 0.0, float(np.quantile(np.abs(noise).sum(axis=1), 1 - tail))
    reached = np.sort(np.abs(noise).sum(axis=1))
    most = 1.0 + float(reached[-1]) / found

    def quantile(factor: float, share: float) -> float:
        return float(np.quantile(np.abs(factor * errors + noise).sum(axis=1), share))

    ends = []
    for share, near, far in ((1 - tail, 0.0, 1.0), (tail, 1.0, 1.0 + most)):
        low, high = near, far
        if quantile(low, share) >= found:
            ends.append(low)
            continue
        for _ in range(25):
            middle = (low + high) / 2
            low, high = (middle, high) if quantile(middle, share) < found else (low, middle)
        ends.append(high)
    return min(ends[0], 1.0) * found, max(ends[1], 1.0) * found


def _split(codes: Integers, groups: int) -> list[Integers]:
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(codes, minlength=groups))[:-1])
