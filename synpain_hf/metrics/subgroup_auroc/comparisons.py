"""Which groups of an attribute can be compared, each of them with the rest, and whether all are within a margin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from scipy import special

from .arrays import Floats, Integers
from .differences import Differences, against_the_rest, pairs
from .estimates import Estimates
from .inference import CORRECTIONS, NO_SPREAD
from .inputs import MISSING
from .options import Options

_OWN_OF_MANY = 0.5
"""Of three groups or more: how far the variance of each goes from the mean toward its own AUROC; of two, not at all."""

_AT_A_TIME = 1 << 16
"""Pairs of groups."""

NEARLY = 1e-9
"""What an effective number may fall short of a whole one by rounding."""


def set_aside(entries: Mapping[str, Mapping[str, Any]], options: Options) -> dict[str, str]:
    """The groups that are shown, and not compared: by name, why.

    Args:
        entries: What is reported on the groups, by name.
        options: The smallest number of rows or clusters of a class is used.
    """
    reasons = {}
    for name, entry in entries.items():
        if entry["auroc"] is None:
            reasons[name] = entry["reasons"]["auroc"]
        elif MISSING in entry["group"].values():
            reasons[name] = "its rows have no value"
        elif little := too_little(entry, options.min_class_size):
            reasons[name] = f"{little}, fewer than min_class_size, {options.min_class_size}"
        elif entry["interval"] is None:
            reasons[name] = f"it has no interval: {entry['reasons']['interval']}"
    return reasons


def too_little(entry: Mapping[str, Any], needed: int) -> str:
    """Of which class a group has too few rows, or clusters, and how many; empty where it has enough.

    Args:
        entry: What is reported on the group.
        needed: So many, of either class.
    """
    kind, number = min(entry["effective"].items(), key=lambda each: each[1])
    if number >= needed - NEARLY:
        return ""
    exact = number == round(number)
    plural = "s" * (number != 1)
    what = f"{kind[:-1]} row{plural}" if "clusters" not in entry else f"cluster{plural} with {kind[:-1]} rows"
    return f"{number:.0f} {what}" if exact else f"effectively {number:.1f} {what}"


def each(found: Estimates, groups: Integers, reference: str | None, options: Options) -> dict[str, dict[str, Any]]:
    """Every group against the mean of the others, or against a reference.

    Args:
        found: What is known of the attribute's groups.
        groups: Those that are compared; two or more, and the reference is one of them.
        reference: The name of the reference; None for the mean of the others.
        options: Confidence and correction are used.

    Returns:
        By name of the group; the reference itself is left out.
    """
    names, uncertainty = found.attribute.names, found.uncertainty
    law, units, auroc = uncertainty.law, uncertainty.units, found.placements.auroc
    if reference is None:
        compared = against_the_rest(auroc, law, units, groups, _OWN_OF_MANY * (len(groups) > 2))
    else:
        of = names.index(reference)
        groups = groups[groups != of]
        compared = pairs(auroc, law, units, groups, np.full(len(groups), of))
    known = compared.variance(compared.found) > NO_SPREAD**2
    made = int(known.sum()) if reference is not None or len(groups) > 2 else 1  # of two, both say the same
    quantile = _quantile(compared, options.confidence, max(made, 1))
    low, high = compared.intervals(quantile)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values = np.where(known, compared.p_values(), np.nan)
    adjusted = p_values.copy()
    adjusted[known] = CORRECTIONS[options.correction](p_values[known]) if made > 1 else p_values[known]
    smallest = compared.smallest(quantile)
    return {
        names[group]: {
            "reference": reference,
            "difference": float(compared.found[index]),
            "interval": {"low": float(low[index]), "high": float(high[index])} if known[index] else None,
            "p_value": float(p_values[index]) if known[index] else None,
            "p_adjusted": float(adjusted[index]) if known[index] else None,
            "detectable": float(smallest[index]) if known[index] and smallest[index] > 0 else None,
        }
        for index, group in enumerate(groups)
    }


class EveryPair:
    """All pairs of groups, the better one first; those of the best group come first, and the worst is its last.

    Args:
        found: What is known of an attribute's groups.
        groups: Those that are compared; two or more.
    """

    def __init__(self, found: Estimates, groups: Integers):
        self._found = found
        self._order = groups[np.argsort(-found.placements.auroc[groups], kind="stable")]
        self._first, self._second = (part.astype(np.int32) for part in np.triu_indices(len(groups), 1))

    def __len__(self) -> int:
        return len(self._first)

    def __iter__(self) -> Iterator[Differences]:
        """The pairs, so many at a time as need little memory."""
        for start in range(0, len(self), _AT_A_TIME):
            yield self.of(slice(start, start + _AT_A_TIME))

    @property
    def widest(self) -> Differences:
        """The best group against the worst."""
        last = len(self._order) - 2
        return self.of(slice(last, last + 1))

    def of(self, chosen: Integers | slice) -> Differences:
        """Some of the pairs."""
        uncertainty = self._found.uncertainty
        first, second = (self._order[part[chosen]] for part in (self._first, self._second))
        return pairs(self._found.placements.auroc, uncertainty.law, uncertainty.units, first, second)


def equivalence(every: EveryPair, options: Options) -> dict[str, Any]:
    """Whether all AUROCs lie within the margin: two one-sided tests of every pair, of which the largest p counts.

    Args:
        every: All pairs of groups.
        options: Confidence and margin are used.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = max(some.highest_p_within(options.margin) for some in every)
    return {"margin": float(options.margin), "p_value": p_value, "equivalent": bool(p_value < 1 - options.confidence)}


def _quantile(compared: Differences, confidence: float, comparisons: int) -> Floats:
    return np.asarray(special.stdtrit(compared.freedom, 1 - (1 - confidence) / (2 * comparisons)))
