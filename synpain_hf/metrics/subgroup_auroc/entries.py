"""What is reported on a group: counts, AUROC and its interval, and the other metrics; what cannot be had, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .arrays import Floats
from .borkan import cross_with_background
from .estimates import Estimates, no_spread
from .inference import NO_SPREAD, p_value_of, quantile_of
from .inputs import Rows
from .options import Options
from .roc import Placements, average_precision, f1

_OF_ONE_RANKING = ("auroc", "standard_error", "interval", "average_precision")
_ACROSS = ("bpsn_auroc", "bnsp_auroc")
_LOST = "the rows weigh so little beside the others that rounding would decide"


def entries(rows: Rows, found: Estimates, whole: Estimates, options: Options) -> Iterator[dict[str, Any]]:
    """What is reported on every group of an attribute.

    Args:
        rows: The rows.
        found: What is known of the attribute's groups.
        whole: What is known of all rows together; the same as `found` for the entry of the whole itself.
        options: Confidence, threshold and smallest group are used.
    """
    codes, count = found.attribute.codes, len(found.attribute.groups)
    positives = np.bincount(codes[rows.positive], minlength=count).tolist()
    negatives = np.bincount(codes[~rows.positive], minlength=count).tolist()
    columns = _columns(rows, found, whole, options.threshold)
    errors = found.uncertainty.standard_errors
    all_positives, all_negatives = sum(positives), sum(negatives)
    effective = found.uncertainty.units.of_class
    for group, members in enumerate(found.attribute.groups):
        counts = _Counts(positives[group], negatives[group], all_positives, all_negatives)
        reasons = _reasons(counts, _unsure(rows, found, group, errors[group]), options, inside=found is not whole)
        reasons |= {name: _LOST for name, column in columns.items() if name not in reasons and np.isnan(column[group])}
        bounds = {"low": float(found.uncertainty.low[group]), "high": float(found.uncertainty.high[group])}
        entry: dict[str, Any] = {
            "group": members,
            "n": counts.positives + counts.negatives,
            "positives": counts.positives,
            "negatives": counts.negatives,
            "effective": dict(zip(("positives", "negatives"), effective[:, group].tolist(), strict=True)),
            **({} if rows.clusters is None else {"clusters": int(found.uncertainty.units.in_common[group, group])}),
            "auroc": None,  # its place, before its interval
            "interval": None if "interval" in reasons else bounds,
            **{name: None if name in reasons else float(column[group]) for name, column in columns.items()},
        }
        if found.baseline is not None:
            compared = None if "auroc" in reasons else _comparison(found, found.baseline, group, options.confidence)
            if compared is None or compared["interval"] is None:
                reasons["comparison"] = reasons.get("auroc", "the difference of the models has no spread to estimate")
            entry["comparison"] = compared
        yield {**entry, "reasons": reasons}


@dataclass(frozen=True)
class _Counts:
    """Rows of a group, and of the whole."""

    positives: int
    negatives: int
    all_positives: int
    all_negatives: int


def _columns(rows: Rows, found: Estimates, whole: Estimates, threshold: float | None) -> dict[str, Floats]:
    """Each metric, shape (groups,)."""
    codes, count = found.attribute.codes, len(found.attribute.groups)
    columns = {
        "auroc": found.placements.auroc,
        "standard_error": found.uncertainty.standard_errors,
        "average_precision": average_precision(found.ranking, rows.positive, rows.weights),
        "f1": np.full(count, np.nan),
    }
    if threshold is not None:
        columns["f1"] = f1(rows.scores, rows.positive, codes, count, threshold, rows.weights)
    if found is not whole:
        columns["bpsn_auroc"], columns["bnsp_auroc"] = cross_with_background(
            whole.placements, found.placements, rows.positive, codes, rows.weights
        )
    return columns


def _unsure(rows: Rows, found: Estimates, group: int, error: float) -> dict[str, str]:
    """Why a group with both classes has no interval, or no standard error."""
    unsure = found.uncertainty
    if np.isnan(found.placements.auroc[group]):
        return dict.fromkeys(_OF_ONE_RANKING, _LOST)
    if group in unsure.reasons:
        return dict.fromkeys(("standard_error", "interval"), unsure.reasons[group])
    return {"standard_error": no_spread(rows, found.placements.auroc[group])} if error <= NO_SPREAD else {}


def _reasons(counts: _Counts, unsure: dict[str, str], options: Options, *, inside: bool) -> dict[str, str]:
    """For each metric that cannot be had, why."""
    names = [*_OF_ONE_RANKING, "f1", *_ACROSS * inside]
    if counts.positives + counts.negatives < options.min_group_size:
        return dict.fromkeys(names, f"fewer rows than min_group_size, {options.min_group_size}")
    reasons: dict[str, str] = {}
    if not counts.positives or not counts.negatives:
        reasons |= dict.fromkeys(_OF_ONE_RANKING, f"only {'positive' if counts.positives else 'negative'} rows")
    else:
        reasons |= unsure
    if options.threshold is None:
        reasons["f1"] = "no threshold was given, and no validation set to choose one on"
    elif not counts.positives:
        reasons["f1"] = "only negative rows"
    if inside:
        for name, own, theirs, kinds in (
            ("bpsn_auroc", counts.negatives, counts.all_positives - counts.positives, ("negative", "positive")),
            ("bnsp_auroc", counts.positives, counts.all_negatives - counts.negatives, ("positive", "negative")),
        ):
            if not own or not theirs:
                reasons[name] = (
                    f"no {kinds[0]} rows in the group" if not own else f"no {kinds[1]} rows outside the group"
                )
    return reasons


def _comparison(found: Estimates, baseline: Placements, group: int, confidence: float) -> dict[str, Any]:
    """The model against the baseline on a group, paired; without interval where the two leave no spread."""
    difference = float(found.placements.auroc[group] - baseline.auroc[group])
    error = float(np.sqrt(found.uncertainty.difference[group]))
    freedom = float(found.uncertainty.difference_freedom[group])
    reach = quantile_of(confidence, freedom=freedom) * error
    known = error > NO_SPREAD
    return {
        "baseline_auroc": float(baseline.auroc[group]),
        "difference": difference,
        "interval": {"low": max(difference - reach, -1.0), "high": min(difference + reach, 1.0)} if known else None,
        "p_value": p_value_of(difference, error, freedom) if known else None,
    }
