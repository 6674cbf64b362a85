"""Groups that overlap, as what a text mentions: the members of each against all other rows.

The five metrics are those of Borkan et al. 2019, section 3, the final score that of the Jigsaw Unintended Bias in
Toxicity Classification competition. Each metric is the AUROC of some of the rows, and has its interval from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Booleans
from .borkan import final_score, generalised_mean
from .comparisons import too_little
from .estimates import estimate
from .inputs import Attribute, Rows
from .members import Members
from .options import Options
from .units import gather


@dataclass(frozen=True)
class _Side:
    """Rows of one class, in a group or outside it."""

    inside: bool
    positive: bool

    def of(self, member: Booleans, positive: Booleans) -> Booleans:
        """Which rows those are."""
        return np.asarray((member == self.inside) & (positive == self.positive))

    def __str__(self) -> str:
        return f"{'positive' if self.positive else 'negative'} rows {'in' if self.inside else 'outside'} the group"


@dataclass(frozen=True)
class _Metric:
    """The AUROC of two sides of a group.

    Attributes:
        higher: The side whose rows should score higher.
        lower: The other one.
        less: What is subtracted.
    """

    higher: _Side
    lower: _Side
    less: float = 0.0


_IN_POSITIVE, _IN_NEGATIVE = _Side(inside=True, positive=True), _Side(inside=True, positive=False)
_OUT_POSITIVE, _OUT_NEGATIVE = _Side(inside=False, positive=True), _Side(inside=False, positive=False)

METRICS = {
    "subgroup_auroc": _Metric(_IN_POSITIVE, _IN_NEGATIVE),
    "bpsn_auroc": _Metric(_OUT_POSITIVE, _IN_NEGATIVE),
    "bnsp_auroc": _Metric(_IN_POSITIVE, _OUT_NEGATIVE),
    "positive_aeg": _Metric(_IN_POSITIVE, _OUT_POSITIVE, less=0.5),
    "negative_aeg": _Metric(_IN_NEGATIVE, _OUT_NEGATIVE, less=0.5),
}
"""The metrics of a group that overlaps with others, by name."""

MEANS = ("subgroup_auroc", "bpsn_auroc", "bnsp_auroc")
"""Those that have a generalised mean over the groups."""

ROWS_USED = 3
"""How many times, at most, the metrics of a group use all rows."""


def of_overlapping(
    rows: Rows, overlapping: Sequence[Members], overall: float | None, options: Options
) -> dict[str, Any]:
    """What is reported on groups that overlap.

    Args:
        rows: The rows.
        overlapping: The groups.
        overall: The AUROC of all rows; None where it is not known.
        options: How intervals are made, and the smallest group and class are used.

    Returns:
        `groups` (by name: counts, the five metrics, each with `value` and `interval`, and `reasons`), `set_aside` (by
        name, why a group takes no part in the means), `generalised_mean` (of three metrics, power -5), `final_score`
        and `reasons`.
    """
    groups = {each.name: _entry(rows, each.member, options) for each in overlapping}
    aside = {name: reason for name, entry in groups.items() if (reason := _aside(entry, options))}
    part = [entry for name, entry in groups.items() if name not in aside]
    means = {name: generalised_mean([entry[name]["value"] for entry in part]) if part else None for name in MEANS}
    reasons: dict[str, str] = {}
    if not part:
        reasons |= dict.fromkeys(("generalised_mean", "final_score"), "no group can take part in a mean")
    elif overall is None:
        reasons["final_score"] = "there is no AUROC of all rows"
    known = [mean for mean in means.values() if mean is not None]
    return {
        "groups": groups,
        "set_aside": aside,
        "generalised_mean": means,
        "final_score": None if reasons or overall is None else final_score(overall, known),
        "reasons": reasons,
    }


def _aside(entry: Mapping[str, Any], options: Options) -> str:
    for name in MEANS:
        if entry[name]["value"] is None:
            return str(entry["reasons"][name])
    little = too_little(entry, options.min_class_size)
    return f"{little}, fewer than min_class_size, {options.min_class_size}" if little else ""


def _entry(rows: Rows, member: Booleans, options: Options) -> dict[str, Any]:
    entry = _counts(_of(rows, member, rows.positive))
    reasons: dict[str, str] = {}
    for name, metric in METRICS.items():
        value, interval, reason = _measured(rows, member, metric, options)
        entry[name] = {"value": value, "interval": interval}
        if reason:
            reasons[name] = reason
    return {**entry, "reasons": reasons}


def _counts(rows: Rows) -> dict[str, Any]:
    """How many rows a group has, and how many they are worth."""
    positives, count = int(rows.positive.sum()), len(rows.positive)
    effective, clusters = [0.0, 0.0], 0
    if count:
        units = gather(rows.positive, np.zeros(count, np.int64), 1, rows.clusters, rows.weights)
        effective, clusters = units.of_class[:, 0].tolist(), int(units.in_common[0, 0])
    return {
        "n": count,
        "positives": positives,
        "negatives": count - positives,
        "effective": dict(zip(("positives", "negatives"), effective, strict=True)),
        **({} if rows.clusters is None else {"clusters": clusters}),
    }


def _of(rows: Rows, chosen: Booleans, positive: Booleans) -> Rows:
    """Some of the rows, and which of them should score higher."""
    return Rows(
        positive=positive[chosen],
        scores=rows.scores[chosen],
        attributes=[],
        weights=None if rows.weights is None else rows.weights[chosen],
        clusters=None if rows.clusters is None else np.unique(rows.clusters[chosen], return_inverse=True)[1],
    )


def _measured(
    rows: Rows, member: Booleans, metric: _Metric, options: Options
) -> tuple[float | None, dict[str, float] | None, str]:
    """The value of a metric, its interval, and why either is not known."""
    if member.sum() < options.min_group_size:
        return None, None, f"fewer rows than min_group_size, {options.min_group_size}"
    higher, lower = (side.of(member, rows.positive) for side in (metric.higher, metric.lower))
    for rows_of_side, side in ((higher, metric.higher), (lower, metric.lower)):
        if not rows_of_side.any():
            return None, None, f"no {side}"
    some = _of(rows, higher | lower, higher)
    whole = Attribute("", [{}], np.zeros(len(some.scores), np.int64))
    (found,) = estimate(some, [whole], options)
    value = float(found.placements.auroc[0]) - metric.less
    if reason := found.uncertainty.reasons.get(0, ""):
        return value, None, reason
    low, high = (float(end[0]) - metric.less for end in (found.uncertainty.low, found.uncertainty.high))
    return value, {"low": low, "high": high}, ""
