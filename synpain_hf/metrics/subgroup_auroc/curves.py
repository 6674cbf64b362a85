"""ROC curves, and the bands that they lie in over the bootstrap's resamples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import Floats, Integers
from .bootstrap import draw
from .inputs import Rows

GRID = np.linspace(0, 1, 201)
"""The false positive rates at which bands are known."""

_FEWEST_USABLE = 0.9
"""Of the resamples, in which a group has both classes."""
_STEPS = 2000
"""Of a curve with more corners than that: each spans a thousandth of the axes."""


class Curve:
    """The ROC curve of some rows, as they are or resampled."""

    def __init__(self, rows: Rows, members: Integers):
        order = members[np.argsort(-rows.scores[members], kind="stable")]
        last_of_ties = np.diff(rows.scores[order], append=np.nan) != 0
        self._of_class = []
        for positive in (False, True):
            chosen = rows.positive[order] == positive
            above = np.append(0, np.cumsum(chosen)[last_of_ties])
            weights = None if rows.weights is None else rows.weights[order[chosen]]
            self._of_class.append((order[chosen], weights, above))

    def points(self) -> tuple[Floats, Floats]:
        """False and true positive rates, shape (points,) each, without points on a straight line between others."""
        alarms, hits = (_running(1, rows, weights)[above] for rows, weights, above in self._of_class)
        right, up = np.diff(alarms), np.diff(hits)
        corners = np.concatenate([[True], right[:-1] * up[1:] != right[1:] * up[:-1], [True]])
        x, y = alarms[corners] / alarms[-1], hits[corners] / hits[-1]
        return (x, y) if len(x) <= _STEPS else _thinned(x, y)

    def on_grid(self, counts: Integers) -> Floats:
        """The true positive rates at the grid's false positive rates in a resample; NaN if it lacks a class."""
        alarms, hits = (_running(counts[rows], rows, weights) for rows, weights, _ in self._of_class)
        if not alarms[-1] or not hits[-1]:
            return np.full(len(GRID), np.nan)
        (*_, alarms_above), (*_, hits_above) = self._of_class
        wanted = GRID * alarms[-1]
        reached = np.searchsorted(alarms, wanted, side="right") - 1
        at = np.searchsorted(alarms_above, reached, side="right") - 1  # of a vertical stretch the upper end
        after = np.minimum(at + 1, len(alarms_above) - 1)
        left, right = alarms[alarms_above[at]], alarms[alarms_above[after]]
        lower, upper = hits[hits_above[at]], hits[hits_above[after]]
        share = np.divide(wanted - left, right - left, out=np.zeros(len(GRID)), where=right > left)
        return np.asarray((lower + share * (upper - lower)) / hits[-1])


def _running(counts: Integers | int, rows: Integers, weights: Floats | None) -> Floats:
    """The running sum of the rows' weights, from 0: shape (rows + 1,)."""
    sums = np.zeros(len(rows) + 1)
    np.cumsum(np.broadcast_to(counts, len(rows)) if weights is None else counts * weights, out=sums[1:])
    return sums


def _thinned(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """A rising curve with fewer points and the same area.

    Each step along it keeps its ends. Between them comes one point, on the line from the upper left to the lower right
    corner of the box around the step, where it leaves the area below as it was.
    """
    kept = np.unique(np.searchsorted(x + y, np.linspace(0, 2, _STEPS + 1)).clip(max=len(x) - 1))
    areas = np.diff(np.append(0, np.cumsum(np.diff(x) * (y[1:] + y[:-1]) / 2))[kept])
    left, lower, width, height = x[kept[:-1]], y[kept[:-1]], np.diff(x[kept]), np.diff(y[kept])
    box = width * height
    share = np.divide(width * (lower + height) - areas, box, out=np.zeros(len(box)), where=box > 0).clip(0, 1)
    between = np.array([left + share * width, lower + (1 - share) * height])
    points = np.stack([np.array([left, lower]), between], axis=2).reshape(2, -1)
    return np.append(points[0], x[-1]), np.append(points[1], y[-1])


def bands(rows: Rows, curves: Sequence[Curve], confidence: float, resamples: int, seed: int) -> Floats:
    """Where each curve's true positive rates lie over the resamples.

    Returns:
        Shape (curves, 2, grid): low and high; NaN where too few resamples have both classes.
    """
    values = np.full((len(curves), resamples, len(GRID)), np.nan)
    for number, counts in enumerate(draw(rows.positive, rows.clusters, resamples, seed)):
        for index, curve in enumerate(curves):
            values[index, number] = curve.on_grid(counts)
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    found = np.full((len(curves), 2, len(GRID)), np.nan)
    for band, of_curve in zip(found, values, strict=True):
        usable = of_curve[np.isfinite(of_curve[:, 0])]
        if len(usable) >= _FEWEST_USABLE * resamples:
            band[:] = np.quantile(usable, tails, axis=0)
    return found
