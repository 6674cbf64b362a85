"""Calibration intercept and slope: whether scores, taken for probabilities, are too high, or too extreme.

They are those of a logistic model of the label, given the logit of the score (Cox, Biometrika 1958; Van Calster et
al., BMC Medicine 2019): the intercept with a slope of 1, that is calibration in the large, and the slope with an
intercept of its own. Variances are robust (White, Econometrica 1980), summed over clusters, with residuals divided by 1
minus the leverage of the row, or of its cluster (HC3 of MacKinnon and White 1985). Limits are Student's, with as many
degrees of freedom as the rare class allows. The BCa bootstrap was tried: it held 88 times in 100, not 95.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from .arrays import Booleans, Floats, Integers
from .inputs import Attribute, Rows
from .measured import Measured, correlations, students
from .units import gather

NEAREST = 1e-6
"""The distance from 0 and 1 that nearer scores are moved to, as their logit could be infinite."""

_ROUNDS = 40
_ENOUGH, _FLAT = 1e-9, 1e-12
_MOST = 50.0
"""The largest coefficient; beyond it, scores separate the classes."""
_MOST_LEVERAGE = 0.9
"""The largest leverage of a row; one with more would decide by itself."""
_UNKNOWN = "scores separate the classes, or are all the same, so the logistic model has no solution"


def recalibration(rows: Rows, attribute: Attribute) -> list[Measured]:
    """Intercept and slope of the groups of an attribute.

    Args:
        rows: The rows, whose scores are probabilities.
        attribute: The groups.
    """
    logits = np.asarray(special.logit(np.clip(rows.scores, NEAREST, 1 - NEAREST)))
    return [
        _coefficient("calibration_intercept", rows, attribute, logits, with_slope=False),
        _coefficient("calibration_slope", rows, attribute, logits, with_slope=True),
    ]


def _coefficient(name: str, rows: Rows, attribute: Attribute, logits: Floats, *, with_slope: bool) -> Measured:
    codes, groups = attribute.codes, len(attribute.groups)
    weights = np.ones(len(codes)) if rows.weights is None else rows.weights
    values, influence = np.full(groups, np.nan), np.zeros(len(codes))
    of_class = gather(rows.positive, codes, groups, rows.clusters, rows.weights).of_class
    reasons = {}
    order = np.argsort(codes, kind="stable")
    for group, members in enumerate(np.split(order, np.cumsum(np.bincount(codes, minlength=groups))[:-1])):
        if not of_class[:, group].all():
            reasons[group] = f"only {'positive' if of_class[0, group] else 'negative'} rows"
        elif (fit := _fitted(rows.positive[members], logits[members], weights[members], with_slope)) is None:
            reasons[group] = _UNKNOWN
        else:
            together = None if rows.clusters is None else rows.clusters[members]
            values[group], influence[members] = fit.value, fit.influence(together)
    units = gather(np.ones(len(codes), np.bool_), codes, groups, rows.clusters, rows.weights)
    products = units.products(units.summed(influence))
    errors = np.sqrt(units.unbiased[0] * np.diag(products))
    sizes = of_class.min(axis=0)
    freedom = np.maximum(sizes - 1, 1)

    def limits(quantiles: Floats) -> tuple[Floats, Floats]:
        reach = students(quantiles, freedom) * errors
        return values - reach, values + reach

    unsure = np.flatnonzero(np.isfinite(values) & ~np.isfinite(errors))
    return Measured(
        name=name,
        values=values,
        limits=limits,
        sizes=sizes,
        of_what="rows of a class" if rows.clusters is None else "clusters of a class",
        correlation=None if rows.clusters is None else correlations(products),
        reasons=reasons,
        unsure={int(group): "one row or cluster leaves no variance to estimate" for group in unsure},
    )


@dataclass(frozen=True)
class _Fit:
    """A coefficient.

    Attributes:
        value: The coefficient.
        pull: Shape (rows,): how far the residual of each row moves it.
        leverage: Shape (rows,): how much of its own prediction a row decides.
    """

    value: float
    pull: Floats
    leverage: Floats

    def influence(self, clusters: Integers | None) -> Floats:
        """How far it would move without each row, or the cluster of the row, shape (rows,)."""
        leverage = self.leverage
        if clusters is not None:
            _, of_row = np.unique(clusters, return_inverse=True)
            leverage = np.asarray(np.bincount(of_row, leverage), np.float64)[of_row]
        return np.asarray(self.pull / (1 - np.minimum(leverage, _MOST_LEVERAGE)))


def _fitted(positive: Booleans, logits: Floats, weights: Floats, with_slope: bool) -> _Fit | None:
    """The last coefficient by Newton's method, steps halved until they lead up; None where nothing is highest."""
    if with_slope and np.ptp(logits) == 0:
        return None
    given = weights / weights.mean()
    design = np.stack([np.ones(len(logits)), logits])[: 1 + with_slope]
    offset = 0.0 if with_slope else logits
    at = np.zeros(len(design))

    def likelihood(place: Floats) -> float:
        exponent = offset + place @ design
        return float(given @ (positive * exponent - np.logaddexp(0, exponent)))

    reached = likelihood(at)
    for _ in range(_ROUNDS):
        chance = special.expit(offset + at @ design)
        curvature = (design * (given * chance * (1 - chance))) @ design.T
        if np.linalg.det(curvature) <= _FLAT or np.abs(at).max() > _MOST:
            return None
        moved = np.linalg.solve(curvature, design * given)
        step = moved @ (positive - chance)
        if np.abs(step).max() < _ENOUGH:
            leverage = (design * moved).sum(axis=0) * chance * (1 - chance)
            return _Fit(float(at[-1]), moved[-1] * (positive - chance), leverage)
        found = likelihood(at + step)
        while found < reached - _ENOUGH * (1 + abs(reached)) and np.abs(step).max() > _ENOUGH:
            step = step / 2
            found = likelihood(at + step)
        at, reached = at + step, found
    return None
