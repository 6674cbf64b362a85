"""How far the groups of an attribute lie apart: best and worst group, difference, ratio, a test, generalised means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from math import comb, sqrt
from typing import Any

import numpy as np

from .borkan import generalised_mean
from .estimates import Estimates
from .inference import CORRECTIONS, NO_SPREAD, Equality, equality, quantile_of

_OF_TWO = ("best", "worst", "difference", "difference_interval", "ratio", "test")
_APART = np.array([[1.0, -1.0], [-1.0, 1.0]])
_MEANS = {"subgroup_auroc": "auroc", "bpsn_auroc": "bpsn_auroc", "bnsp_auroc": "bnsp_auroc"}


def gap(found: Estimates, entries: Mapping[str, Mapping[str, Any]], confidence: float) -> dict[str, Any]:
    """How far the groups of an attribute lie apart.

    Best and worst group are chosen by the data, so the interval of their difference has Bonferroni's correction for the
    pairs of groups that it was chosen from, and the test is of all groups together.

    Args:
        found: What is known of the groups.
        entries: What is reported on them, by name, in the same order.
        confidence: Of the interval.
    """
    names = list(entries)
    means = {
        mean: generalised_mean(known) if (known := _known(entries, metric)) else None for mean, metric in _MEANS.items()
    }
    ranked = sorted(
        (index for index, name in enumerate(names) if entries[name]["auroc"] is not None),
        key=lambda index: -found.placements.auroc[index],
    )
    if len(ranked) < 2:
        reason = f"an AUROC is known for {len(ranked)} group{'s' * (len(ranked) != 1)}, and two are needed"
        return {**dict.fromkeys(_OF_TWO), "generalised_mean": means, "reasons": dict.fromkeys(_OF_TWO, reason)}
    best, worst = ranked[0], ranked[-1]
    highest, lowest = (float(found.placements.auroc[group]) for group in (best, worst))
    document: dict[str, Any] = {
        "best": {"name": names[best], "auroc": highest},
        "worst": {"name": names[worst], "auroc": lowest},
        "difference": highest - lowest,
        "difference_interval": None,
        "ratio": lowest / highest if highest else None,
        "test": None,
        "generalised_mean": means,
        "reasons": {} if highest else {"ratio": "the best AUROC is 0"},
    }
    sure = [group for group in sorted(ranked) if entries[names[group]]["interval"] is not None]
    unsure = [names[group] for group in (best, worst) if group not in sure]
    if unsure:
        document["reasons"]["difference_interval"] = f"no interval for {' and '.join(unsure)}"
    else:
        two = found.uncertainty.covariance.of([best, worst])
        variance = two.expected(_APART)
        if variance <= NO_SPREAD**2:
            document["reasons"]["difference_interval"] = "the difference of best and worst has no spread to estimate"
        else:
            reach = quantile_of(confidence, comb(len(ranked), 2), two.degrees_of_freedom(_APART)) * sqrt(variance)
            low, high = document["difference"] - reach, document["difference"] + reach
            document["difference_interval"] = {"low": max(low, -1.0), "high": min(high, 1.0)}
    if len(sure) < 2:
        document["reasons"]["test"] = "an interval is known for fewer than two groups"
    elif (test := _equality(found, sure)) is None:
        document["reasons"]["test"] = "the groups depend on each other so much that their differences have no spread"
    else:
        if len(sure) < len(ranked):
            without = " and ".join(names[group] for group in sorted(ranked) if group not in sure)
            document["reasons"]["test"] = f"tested without {without}, which has no interval"
        document["test"] = {"name": "ANOVA-type", "groups": [names[group] for group in sure], **asdict(test)}
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


def _known(entries: Mapping[str, Mapping[str, Any]], metric: str) -> list[float]:
    return [entry[metric] for entry in entries.values() if entry[metric] is not None]


def _equality(found: Estimates, groups: list[int]) -> Equality | None:
    sure = found.uncertainty
    return equality(found.placements.auroc[groups], sure.covariance.of(groups), sure.units.sizes[groups])
