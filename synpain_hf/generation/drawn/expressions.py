"""Which action units a face shows: a joint distribution that follows the paper's pain scores.

The paper (arXiv 2507.19673) gives for each condition the mean and the quartiles of PSPI. Here PSPI is drawn from a
piecewise-linear quantile function through those quartiles, whose ends are set so that its mean is the paper's, one draw
in each of as many equal slices as there are faces, so that the figures hold for few faces too. The score is then shared
out between the units that it is made of, and the units that say nothing about pain are added, as the kind of expression
has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synpain_hf.generation.drawn.action_units import AT_REST, STRONGEST, Units

QUARTILES = (0.0, 0.25, 0.5, 0.75, 1.0)

PSPI_QUANTILES: Mapping[str, tuple[float, ...]] = {
    "neutral": (0.0, 2.0, 3.0, 4.0, 5.2),
    "no_pain": (0.4, 3.0, 4.0, 6.0, 8.0),
    "pain": (2.6, 5.0, 7.0, 8.0, 11.0),
}
"""PSPI of a condition's quartiles (paper) and ends (chosen for the paper's means: 2.9, 4.3 and 6.7)."""

_SCORED = (("AU4",), ("AU6", "AU7"), ("AU9", "AU10"), ("AU43",))
"""The four terms of PSPI; the stronger unit of a term counts."""


@dataclass(frozen=True)
class Kind:
    """A kind of expression.

    Attributes:
        shares: How much of PSPI each of its four terms takes on average.
        leads: How often the first unit of the second and of the third term is the stronger one.
        others: Least and greatest intensity of the units that PSPI leaves out.
        rank: How high its PSPI is among those of its condition, in standard deviations.
    """

    shares: tuple[float, float, float, float]
    leads: tuple[float, float]
    others: Mapping[str, tuple[float, float]]
    rank: float = 0.0


KINDS: Mapping[str, Kind] = {
    "neutral": Kind((0.30, 0.40, 0.22, 0.08), (0.3, 0.3), {"AU1": (0, 0.6), "AU15": (0, 0.6), "AU25": (0, 0.5)}),
    "pain": Kind(
        (0.30, 0.28, 0.24, 0.18),
        (0.5, 0.5),
        {"AU12": (0, 1.5), "AU20": (0, 3), "AU25": (0, 4), "AU26": (0, 2.5), "AU1": (0, 1)},
    ),
    "happy": Kind((0.06, 0.62, 0.22, 0.10), (0.85, 0.1), {"AU12": (2.5, 5), "AU25": (0, 4), "AU26": (0, 1.5)}, 0.3),
    "surprised": Kind(
        (0.25, 0.40, 0.33, 0.02), (0.4, 0.2), {"AU1": (2, 5), "AU2": (2, 5), "AU25": (2, 5), "AU26": (1.5, 5)}, -1.0
    ),
    "disgusted": Kind((0.28, 0.22, 0.46, 0.04), (0.5, 0.6), {"AU15": (0.5, 3), "AU20": (0, 1), "AU25": (0, 2)}, 0.8),
    "sad": Kind((0.46, 0.28, 0.14, 0.12), (0.5, 0.2), {"AU1": (2, 4.5), "AU15": (1.5, 4.5)}, -0.2),
    "angry": Kind((0.50, 0.34, 0.15, 0.01), (0.1, 0.3), {"AU2": (0, 1.5), "AU20": (0, 1.5), "AU25": (0, 3)}, 0.6),
    "speaking": Kind(
        (0.26, 0.40, 0.30, 0.04),
        (0.4, 0.1),
        {"AU12": (0, 1.5), "AU20": (0, 2.5), "AU25": (2, 5), "AU26": (0.5, 3)},
        -0.7,
    ),
}
"""The expressions that demo faces have. All share units with pain, so that one unit cannot distinguish them."""

NO_PAIN = ("happy", "surprised", "disgusted", "sad", "angry", "speaking")
"""The kinds of the label `no_pain`."""

_CONCENTRATION = 7.0


@dataclass(frozen=True)
class Expression:
    """A kind of expression, and the intensity of each action unit from 0 to 5."""

    kind: str
    units: Units


def draw_expressions(rng: np.random.Generator, condition: str, count: int) -> list[Expression]:
    """Draw the expressions of a condition.

    Args:
        rng: Draws everything.
        condition: `neutral`, `no_pain` or `pain`.
        count: How many.
    """
    kinds = [condition] * count
    if condition == "no_pain":
        kinds = [NO_PAIN[number % len(NO_PAIN)] for number in rng.permutation(count)]
    scores = _scores(rng, PSPI_QUANTILES[condition], [KINDS[kind].rank for kind in kinds])
    return [_draw(rng, kind, float(score)) for kind, score in zip(kinds, scores, strict=True)]


def _scores(rng: np.random.Generator, quantiles: Sequence[float], ranks: Sequence[float]) -> npt.NDArray[np.float64]:
    """One PSPI for each face; the distribution is fixed; who gets which score follows the ranks, with some chance."""
    count = len(ranks)
    slices = (np.arange(count) + rng.uniform(0, 1, count)) / max(count, 1)
    ordered = np.interp(slices, QUARTILES, quantiles)
    order = np.argsort(np.asarray(ranks, float) + rng.normal(0, 1, count), kind="stable")
    scores = np.empty(count)
    scores[order] = ordered
    return scores


def _draw(rng: np.random.Generator, kind_name: str, score: float) -> Expression:
    kind = KINDS[kind_name]
    units = dict(AT_REST)
    terms = _share_out(score, rng.dirichlet(np.asarray(kind.shares) * _CONCENTRATION))
    leads = (1.0, *kind.leads, 1.0)
    for names, term, lead in zip(_SCORED, terms, leads, strict=True):
        strong, *weak = names if rng.uniform() < lead else names[::-1]
        units[strong] = float(term)
        for name in weak:
            units[name] = float(term * rng.uniform(0.1, 0.9))
    for name, (low, high) in kind.others.items():
        units[name] = float(rng.uniform(low, high))
    return Expression(kind_name, units)


def _share_out(score: float, shares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Terms that add up to the score, none above the greatest intensity; any excess goes to the others.

    Terms without a share get something only when all others are at their greatest.
    """
    terms = np.zeros(len(shares))
    left, free = score, np.ones(len(shares), bool)
    while left > 1e-9:
        weights = shares[free] if shares[free].sum() > 0 else np.ones(free.sum())
        terms[free] += left * (weights / weights.sum())
        left = float((terms - STRONGEST).clip(min=0).sum())
        terms = terms.clip(max=STRONGEST)
        free = terms < STRONGEST
    return terms
