"""How far the groups of an attribute lie apart: best and worst group, difference, ratio, a test, generalised means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from scipy import special

from .arrays import Floats, Integers
from .borkan import generalised_mean
from .comparisons import EveryPair, each, equivalence, set_aside
from .differences import Differences
from .estimates import Estimates
from .inference import CORRECTIONS, NO_SPREAD, Covariance, Equality, equality
from .options import Options
from .score import drawn_in

_OF_TWO = ("best", "worst", "difference", "difference_interval", "ratio", "test", "equivalence", "detectable")
_MEANS = {"subgroup_auroc": "auroc", "bpsn_auroc": "bpsn_auroc", "bnsp_auroc": "bnsp_auroc"}
_OWN_OF_MANY = 0.25
"""Of three groups or more: how far variances go from the mean toward the group's own AUROC; for two, not at all."""

_WIDEST_PAIRS = 1000
"""Of more, those whose intervals nearly reach the farthest are looked at."""

_STEPS = 65


def gap(
    found: Estimates, entries: Mapping[str, Mapping[str, Any]], options: Options, reference: str | None = None
) -> dict[str, Any]:
    """How far the groups of an attribute lie apart.

    Args:
        found: What is known of the groups.
        entries: What is reported on them, by name, in the same order.
        options: Confidence, correction, margin and the smallest number of rows of a class are used.
        reference: The group that every other one is compared with; None for the mean of the others.
    """
    aside = set_aside(entries, options)
    names = list(entries)
    groups = np.array([index for index, name in enumerate(names) if name not in aside], np.int64)
    compared = [entries[names[group]] for group in groups]
    document: dict[str, Any] = {
        **dict.fromkeys(_OF_TWO),
        "generalised_mean": {mean: _mean(compared, metric) for mean, metric in _MEANS.items()},
        "compared": {},
        "set_aside": aside,
        "reasons": {},
    }
    if len(groups) < 2:
        reason = f"{len(groups)} group{'s' * (len(groups) != 1)} can be compared, and two are needed"
        return {**document, "reasons": dict.fromkeys(_OF_TWO, reason)}
    auroc = found.placements.auroc
    order = groups[np.argsort(-auroc[groups], kind="stable")]
    highest, lowest = (float(auroc[group]) for group in order[[0, -1]])
    for end, group in (("best", order[0]), ("worst", order[-1])):
        document[end] = {"name": names[group], "auroc": float(auroc[group])}
    document["difference"] = highest - lowest
    document["ratio"] = lowest / highest if highest else None
    if not highest:
        document["reasons"]["ratio"] = "the best AUROC is 0"
    every = EveryPair(found, groups)
    test = Test(found, groups).result()
    if test is None:
        document["reasons"]["test"] = "the groups depend on each other so much that their differences have no spread"
    else:
        document["test"] = {"name": "ANOVA-type", "groups": [names[group] for group in groups], **asdict(test)}
    widest = every.widest
    if test is None or widest.variance(widest.found)[0] <= NO_SPREAD**2:
        document["reasons"]["difference_interval"] = "the difference of best and worst has no spread to estimate"
    else:
        low, high = _interval(found, groups, every, test, options.confidence)
        document["difference_interval"] = {"low": low, "high": high}
    document["equivalence"] = equivalence(every, options)
    if reference is not None and reference in aside:
        document["reasons"]["compared"] = f"the reference, {reference}, takes no part: {aside[reference]}"
    else:
        document["compared"] = each(found, groups, reference, options)
    smallest = [comparison["detectable"] for comparison in document["compared"].values()]
    if smallest and None not in smallest:
        document["detectable"] = max(smallest)
    else:
        document["reasons"]["detectable"] = "one group is so small that no difference would be found with power 0.8"
    return document


def correct(tests: Iterable[dict[str, Any] | None], correction: str) -> None:
    """Write the corrected p value, `p_adjusted`, into tests or comparisons that were made together."""
    made = [test for test in tests if test is not None]
    with_p = [test for test in made if test["p_value"] is not None]
    adjusted = CORRECTIONS[correction](np.array([test["p_value"] for test in with_p]))
    for test in made:
        test["p_adjusted"] = None
    for test, p_value in zip(with_p, adjusted, strict=True):
        test["p_adjusted"] = float(p_value)


class Test:
    """The test that groups have the same AUROC, with the variances that they would have then.

    Args:
        found: What is known of an attribute's groups.
        groups: Those that are compared; two or more, all with an interval.
    """

    def __init__(self, found: Estimates, groups: Integers):
        self.auroc, self.sizes = found.placements.auroc[groups], found.uncertainty.units.sizes[groups]
        mean = float(np.average(self.auroc, weights=self.sizes))
        own = _OWN_OF_MANY * (len(groups) > 2) * (drawn_in(self.auroc, self.sizes) - mean)
        self.covariance: Covariance = found.uncertainty.law.of(groups.tolist()).at(mean + own)

    def result(self) -> Equality | None:
        """The test; None where differences of the groups have no spread."""
        return equality(self.auroc, self.covariance, self.sizes)

    def least(self, confidence: float, found: Equality) -> float:
        """The least spread of AUROCs that the test would not reject, were it true; above 0 where it rejects none."""
        critical = special.fdtri(found.degrees_of_freedom, found.denominator_degrees_of_freedom, confidence)
        low, high = 0.0, float(np.ptp(self.auroc))
        for _ in range(3):
            spreads = np.linspace(low, high, _STEPS)
            statistics = (
                found.statistic * _apart(self.auroc, self.sizes, spreads) / _apart(self.auroc, self.sizes, np.zeros(1))
            )
            first = max(int(np.argmax(statistics <= critical)), 1)
            low, high = float(spreads[first - 1]), float(spreads[first])
        return high


def _apart(auroc: Floats, sizes: Floats, spreads: Floats) -> Floats:
    """The least sum of squared distances of AUROCs from true ones that lie within a spread, for each spread."""
    low, high = np.full(len(spreads), auroc.min() - 1), np.full(len(spreads), auroc.max())
    for _ in range(50):
        start = (low + high) / 2
        beyond = auroc - np.clip(auroc, start[:, None], (start + spreads)[:, None])
        pull = beyond @ sizes
        low, high = np.where(pull > 0, start, low), np.where(pull > 0, high, start)
    beyond = auroc - np.clip(auroc, low[:, None], (low + spreads)[:, None])
    return np.asarray(beyond**2 @ sizes)


def _interval(
    found: Estimates, groups: Integers, every: EveryPair, test: Equality, confidence: float
) -> tuple[float, float]:
    """The interval of how far the truly best and the truly worst group lie apart; it holds 0 where the test finds none.

    Of two groups it holds the differences that the test would not reject. Of more its upper end is the highest of all
    pairs, with Bonferroni's correction, and its lower one the least spread that the test would not reject.
    """
    share = 1 - (1 - confidence) / (2 * len(every))
    chosen = np.arange(len(every))
    if len(chosen) > _WIDEST_PAIRS:
        inverse = np.linspace(1e-6, 1, 200)
        quantiles = special.stdtrit(1 / inverse, share)
        reach = np.concatenate([_reach(some, np.interp(1 / some.freedom, inverse, quantiles)) for some in every])
        chosen = np.argpartition(-reach, _WIDEST_PAIRS)[:_WIDEST_PAIRS]
    (low,), (high,) = _ends(every.widest, share)
    high = max(high, _ends(every.of(chosen), share)[1].max())
    low, high = float(low), float(high)
    if len(groups) > 2:
        rejected = test.p_value < 1 - confidence
        low = max(low, Test(found, groups).least(confidence, test)) if rejected else min(low, 0.0)
    return low, high


def _reach(some: Differences, quantiles: Floats) -> Floats:
    """About where intervals end."""
    return np.asarray(some.found + quantiles * np.sqrt(some.variance(some.found)))


def _ends(some: Differences, share: float) -> Floats:
    """Where intervals start and end, shape (2, pairs)."""
    return some.intervals(np.asarray(special.stdtrit(some.freedom, share)))


def _mean(entries: Iterable[Mapping[str, Any]], metric: str) -> float | None:
    known = [entry[metric] for entry in entries if entry[metric] is not None]
    return generalised_mean(known) if known else None
