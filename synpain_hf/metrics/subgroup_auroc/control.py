"""AUROC within the strata of other attributes, averaged: what is left of a gap among rows that are alike in these.

The strata's AUROCs are weighted by their shares of all positive rows, as in the covariate-adjusted AUROC (Janes and
Pepe, Biometrika 2009), with the same shares for every group, so that no group differs merely by its mix of strata.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .arrays import Floats, Integers
from .errors import InputError
from .estimates import Estimates, estimate
from .inputs import MOST_GROUPS, Attribute, Rows, intersections
from .measured import Measured, correlations, scaled
from .options import Options
from .roc import total


def strata_of(control: Sequence[Attribute]) -> Attribute | None:
    """The strata: the groups of an attribute, or of the intersection of several; None for none.

    Raises:
        InputError: If the intersection has too many groups.
    """
    crossed, too_large = intersections(control, len(control))
    if too_large:
        name, count = list(too_large.items())[-1]
        raise InputError(f"control: {name} has {count:,} groups, more than {MOST_GROUPS:,}; name fewer columns")
    return [*control, *crossed][-1] if control else None


def controlled(
    rows: Rows, attributes: Sequence[Attribute], strata: Attribute, options: Options
) -> list[list[Measured]]:
    """The AUROC within strata of the groups of every attribute.

    Args:
        rows: The rows.
        attributes: What is reported on.
        strata: The strata.
        options: Confidence is used.
    """
    count = len(strata.groups)
    crossed = []
    for attribute in attributes:
        keys, codes = np.unique(attribute.codes * count + strata.codes, return_inverse=True)
        crossed.append((keys, Attribute(attribute.name, [{"": str(key)} for key in keys], codes)))
    weights = np.ones(len(rows.positive)) if rows.weights is None else rows.weights
    shares = total(strata.codes, weights * rows.positive, count)
    plain = replace(rows, baseline=None)
    found = estimate(plain, [attribute for _, attribute in crossed], replace(options, interval="score"))
    return [
        [_averaged(attribute, keys, of_crossed, shares, options, clustered=rows.clusters is not None)]
        for attribute, (keys, _), of_crossed in zip(attributes, crossed, found, strict=True)
    ]


def _averaged(
    attribute: Attribute, keys: Integers, found: Estimates, shares: Floats, options: Options, *, clustered: bool
) -> Measured:
    """The mean over the strata of each group, by the method of variance estimates recovery.

    Args:
        attribute: The groups.
        keys: Shape (cells,): group times strata, plus stratum.
        found: What is known of the cells.
        shares: Shape (strata,): what a stratum weighs.
        options: Confidence is used.
        clustered: Whether rows depend on each other, so that cells may, too.
    """
    groups = len(attribute.groups)
    group_of, stratum = np.divmod(keys, len(shares))
    low, high, auroc = found.uncertainty.low, found.uncertainty.high, found.placements.auroc
    known = np.isfinite(low) & (shares[stratum] > 0)
    table = np.zeros((groups, len(keys)))
    table[group_of, np.arange(len(keys))] = np.where(known, shares[stratum], 0.0)
    sums = table.sum(axis=1, keepdims=True)
    table = np.divide(table, sums, out=np.zeros_like(table), where=sums > 0)
    linked = np.eye(len(keys))
    if clustered:
        linked = correlations(found.uncertainty.covariance.values)

    def combined(reach: Floats, first: Floats, second: Floats) -> Floats:
        return np.asarray((first * reach) @ linked @ (second * reach).T)

    values = np.where(sums[:, 0] > 0, table @ np.nan_to_num(auroc), np.nan)
    below, above = (np.nan_to_num(np.where(known, part, 0.0)) for part in (auroc - low, high - auroc))
    reaches = [np.sqrt(np.maximum(np.diag(combined(part, table, table)), 0)) for part in (below, above)]
    limits = [
        np.where(sums[:, 0] > 0, values + sign * part, np.nan) for sign, part in zip((-1, 1), reaches, strict=True)
    ]
    correlation = None
    if clustered:
        correlation = correlations(combined((below + above) / 2, table, table))
    in_use = np.bincount(group_of, known, groups).astype(int)
    wanted = int((shares > 0).sum())
    sizes = np.zeros((2, groups))
    for of_class, numbers in zip(sizes, found.uncertainty.units.of_class, strict=True):
        np.add.at(of_class, group_of, np.where(known, numbers, 0.0))
    return Measured(
        name="controlled_auroc",
        values=values,
        limits=scaled(values, limits[0], limits[1], options.confidence, (0, 1)),
        sizes=sizes.min(axis=0),
        of_what=f"{'clusters with ' * clustered}rows of a class in strata with both",
        correlation=correlation,
        cautions={
            int(group): f"it is from {in_use[group]:,} of {wanted:,} strata; the others have too few rows of a class"
            for group in np.flatnonzero(in_use < wanted)
        },
        reasons={int(group): "no stratum has rows of both classes" for group in np.flatnonzero(sums[:, 0] == 0)},
    )
