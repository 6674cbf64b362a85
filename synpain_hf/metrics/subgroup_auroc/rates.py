"""Rates at a threshold: shares of rows that are taken for positive, or are so, with Wilson's intervals.

Where rows are weighted or depend on each other, Wilson's interval takes the effective number of rows, and Student's t
(Dean and Pagano, Journal of Survey Statistics and Methodology 2015; Korn and Graubard, Survey Methodology 1998).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import Booleans, Floats
from .inputs import Attribute, Rows
from .measured import Limits, Measured, correlations, students
from .roc import divide, share, total
from .units import gather


@dataclass(frozen=True)
class Rate:
    """A share of some of the rows.

    Attributes:
        of: Which rows it is a share of, from whether each is positive and whether it is taken for positive.
        what: These, in words.
        counted: Which of them are counted.
    """

    of: Callable[[Booleans, Booleans], Booleans]
    what: str
    counted: Callable[[Booleans, Booleans], Booleans]


RATES = {
    "true_positive_rate": Rate(lambda positive, _: positive, "positive rows", lambda _, taken: taken),
    "false_positive_rate": Rate(lambda positive, _: ~positive, "negative rows", lambda _, taken: taken),
    "selection_rate": Rate(lambda positive, _: np.ones_like(positive), "rows", lambda _, taken: taken),
    "positive_predictive_value": Rate(
        lambda _, taken: taken, "rows at or above the threshold", lambda positive, _: positive
    ),
}
"""By name in the report."""


def rates(rows: Rows, attributes: Sequence[Attribute], threshold: float) -> list[list[Measured]]:
    """Every rate of the groups of every attribute.

    Args:
        rows: The rows.
        attributes: What is reported on.
        threshold: A score of at least this is taken for positive.
    """
    taken = rows.scores >= threshold
    return [
        [proportion(name, rows, attribute, rate, taken) for name, rate in RATES.items()] for attribute in attributes
    ]


def proportion(name: str, rows: Rows, attribute: Attribute, rate: Rate, taken: Booleans) -> Measured:
    """A rate of the groups of an attribute.

    Args:
        name: Of the rate.
        rows: The rows.
        attribute: The groups.
        rate: Which rows are counted, of which.
        taken: Shape (rows,): which rows are taken for positive.
    """
    inside = rate.of(rows.positive, taken)
    counted = rate.counted(rows.positive, taken) & inside
    codes, groups = attribute.codes, len(attribute.groups)
    weights = np.ones(len(inside)) if rows.weights is None else rows.weights
    of_all = total(codes, weights * inside, groups)
    values = share(total(codes, weights * counted, groups), of_all)
    units = gather(inside, codes, groups, rows.clusters, rows.weights)
    sizes = units.of_class[0]
    effective, freedom, correlation = sizes, np.full(groups, np.inf), None
    if rows.weights is not None:
        freedom = np.maximum(sizes - 1, 1)
    if rows.clusters is not None:
        apart = divide(weights * inside * (counted - np.nan_to_num(values)[codes]), of_all[codes])
        sums = units.summed(np.nan_to_num(apart))
        products = units.products(sums)
        spread = np.diag(products)
        of_rows = np.nan_to_num(divide(of_all**2, total(codes, weights**2 * inside, groups)))
        found = divide(values * (1 - values), units.unbiased[0] * spread)
        effective = np.where(spread > 0, np.clip(np.nan_to_num(found, nan=0.0), sizes, of_rows), sizes)
        freedom = np.maximum(sizes - 1, 1)
        correlation = correlations(products)
    return Measured(
        name=name,
        values=values,
        limits=wilson(values, effective, freedom),
        sizes=sizes,
        of_what=rate.what if rows.clusters is None else f"clusters with {rate.what}",
        correlation=correlation,
        reasons={int(group): f"no {rate.what}" for group in np.flatnonzero(of_all == 0)},
    )


def wilson(values: Floats, numbers: Floats, freedom: Floats) -> Limits:
    """Wilson's limits of proportions (Journal of the American Statistical Association 1927).

    Args:
        values: Shape (groups,): the proportions.
        numbers: Shape (groups,): of how many rows, effectively.
        freedom: Shape (groups,): the degrees of freedom of Student's t; infinite for the normal distribution.
    """

    def limits(quantiles: Floats) -> tuple[Floats, Floats]:
        quantiles = students(quantiles, freedom)
        squares = quantiles**2
        below = numbers + squares
        middle = divide(values * numbers + squares / 2, below)
        reach = divide(quantiles * np.sqrt(values * (1 - values) * numbers + squares / 4), below)
        return np.clip(middle - reach, 0, values), np.clip(middle + reach, values, 1)

    return limits
