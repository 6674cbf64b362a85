"""How uncertain an AUROC is where a class has few rows: half a row is added, and the interval is a score interval.

DeLong's variance comes out far too small where the few rows of a class happen to be ranked alike, most of all at a high
AUROC. Three things mend that. Half a row that says nothing, with a placement of 1/2, is added to either class, so that
the variance never vanishes. The variance goes with the AUROC that is supposed, not with the one that was found, as in
the score interval of a proportion (Wilson 1927; for AUROCs Newcombe, Statistics in Medicine 2006, whose variance is a
formula; here it is estimated). And the quantile is Student's, with as many degrees of freedom as rows of the rare class
allow. How often it holds is simulated by `tests/benchmarks/coverage.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .arrays import Floats
from .inference import Covariance
from .units import Units

_ADDED = 0.5
"""Of a row, to either class."""

_POWER = 1.5
"""Between 1, as the variance of a proportion goes, and 2, which is the logit scale."""

_NEAREST = 1e-9
"""To 0 and 1: nearer than any AUROC that is neither."""

_SHARES = np.linspace(0, 1, 33)
_ROUNDS = 9
"""Each narrows a root down to a 32nd: to 1e-13 in all."""


def constant(auroc: Floats) -> Floats:
    """A variance that is the same whatever the AUROC."""
    return np.ones(np.shape(auroc))


def falling(auroc: Floats) -> Floats:
    """What the variance of an AUROC goes with: largest at 1/2, 0 at 0 and 1."""
    chance = np.clip(auroc, _NEAREST, 1 - _NEAREST)
    return np.asarray((chance * (1 - chance)) ** _POWER)


@dataclass(frozen=True)
class Law:
    """The covariance of AUROCs, whatever their true values.

    Attributes:
        scaled: The covariance, over the square roots of what the variances go with.
        goes_with: The variance of an AUROC, up to a factor: `falling`, or `constant`.
    """

    scaled: Covariance
    goes_with: Callable[[Floats], Floats]

    def at(self, auroc: Floats) -> Covariance:
        """The covariance where those were the true values, shape (groups,)."""
        roots = np.sqrt(self.goes_with(auroc))
        return Covariance(self.scaled.values * np.outer(roots, roots), self.scaled.freedom, self.scaled.in_common)

    def of(self, groups: list[int]) -> Law:
        """That of some of the groups."""
        return Law(self.scaled.of(groups), self.goes_with)


def drawn_in(auroc: Floats, sizes: Floats) -> Floats:
    """AUROCs with half a row added, which has 1/2; `Units.sizes` are of the same shape."""
    return np.asarray(0.5 + (auroc - 0.5) * sizes / (sizes + _ADDED))


def law(auroc: Floats, found: Covariance, units: Units) -> Law:
    """The law of AUROCs with a covariance that was found, after half a row was added to either class.

    Args:
        auroc: Shape (groups,).
        found: DeLong's covariance, or the bootstrap's.
        units: What it was estimated from.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1 / units.of_class
        added = _ADDED * (auroc - 0.5) ** 2 * (inverse**2).sum(axis=0)
        expected = inverse.sum(axis=0) ** 2 / (inverse**3).sum(axis=0)
        roots = np.sqrt(falling(drawn_in(auroc, units.sizes)))
        scaled = (found.values + np.diag(added)) / np.outer(roots, roots)
    freedom = np.fmin(found.freedom + 1, expected)
    return Law(Covariance(scaled, freedom, found.in_common), falling)


def score_interval(auroc: Floats, scaled: Floats, quantile: Floats) -> tuple[Floats, Floats]:
    """The AUROCs from which what was found is at most so many standard errors away, were they true.

    Args:
        auroc: Shape (groups,).
        scaled: Shape (groups,): the variances, over `falling`.
        quantile: Shape (groups,): how many standard errors.
    """

    def apart(value: Floats) -> Floats:
        return np.asarray((auroc - value) ** 2 - quantile**2 * scaled * falling(value))

    low, high = (farthest(apart, auroc, np.full(len(auroc), end)) for end in (0.0, 1.0))
    return low, high


def farthest(apart: Callable[[Floats], Floats], near: Floats, far: Floats) -> Floats:
    """Where a function turns from at most 0, as it is at `near`, into above 0, on the way to `far`; each of a shape.

    Args:
        apart: Takes values of shape (parts, …), as many as are looked at together.
        near: Shape (…).
        far: Shape (…).
    """
    for _ in range(_ROUNDS):
        looked_at = near + (far - near) * _SHARES.reshape(-1, *[1] * near.ndim)
        inside = np.logical_and.accumulate(apart(looked_at) <= 0)
        last = np.maximum(inside.sum(axis=0) - 1, 0)
        near, far = (
            np.take_along_axis(looked_at, np.minimum(last + step, len(_SHARES) - 1)[None], axis=0)[0] for step in (0, 1)
        )
    return np.asarray((near + far) / 2)
