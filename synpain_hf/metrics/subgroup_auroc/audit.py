"""What is measured beside the AUROC: each measure of every group, with interval, and the gaps between groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .arrays import Integers
from .comparisons import NEARLY
from .gaps import correct
from .inference import CORRECTIONS
from .inputs import MISSING, Attribute
from .measured import Contrasts, Measured, against_the_rest, pairs, widest
from .options import Options

_OF_TWO = ("highest", "lowest", "difference", "difference_interval", "p_value")
_WIDE_BELOW = 10
"""Rows or clusters."""


def add_measures(
    measured: Mapping[str, Sequence[Measured]],
    attributes: Sequence[Attribute],
    documents: Mapping[str, Mapping[str, dict[str, Any]]],
    gaps: Mapping[str, dict[str, Any]],
    options: Options,
    reference: Mapping[str, str],
) -> list[dict[str, str | None]]:
    """Write measures into what is reported on groups, and their gaps into what is reported on attributes.

    Args:
        measured: The measures of each attribute, by its name; of all rows, with one group, under no name.
        attributes: The attributes, and that of all rows.
        documents: What is reported on the groups, by attribute and group.
        gaps: What is reported on the attributes; all rows have none.
        options: Confidence, correction and the smallest group and class are used.
        reference: By attribute, the group that every other one is compared with.

    Returns:
        The warnings, as `cautions` has them; `about` is the name of the measure.
    """
    warnings: list[dict[str, str | None]] = []
    for attribute in attributes:
        of_groups = documents[attribute.name]
        for each in measured[attribute.name]:
            small = _too_small(of_groups, options) if attribute.name else {}
            for name, value in zip(of_groups, _values(each, small, options.confidence), strict=True):
                of_groups[name].setdefault("measures", {})[each.name] = value
            warnings += _cautions(each, attribute.name, of_groups)
            if attribute.name:
                aside = _set_aside(each, small, attribute, options)
                gap = _gap(each, attribute.names, aside, options, reference.get(attribute.name))
                gaps[attribute.name].setdefault("measures", {})[each.name] = gap
    for each in measured[""] if gaps else []:
        correct([gap["measures"][each.name] for gap in gaps.values()], options.correction)
    return warnings


def _values(measured: Measured, small: Mapping[int, str], confidence: float) -> list[dict[str, Any]]:
    low, high = measured.intervals(confidence)
    documents = []
    for group, value in enumerate(measured.values):
        reason = small.get(group, measured.reasons.get(group))
        known = reason is None and np.isfinite(low[group])
        documents.append(
            {
                "value": float(value) if reason is None else None,
                "interval": {"low": float(low[group]), "high": float(high[group])} if known else None,
                "effective": float(measured.sizes[group]),
                "reason": reason or measured.unsure.get(group),
            }
        )
    return documents


def _too_small(of_groups: Mapping[str, Mapping[str, Any]], options: Options) -> dict[int, str]:
    reason = f"fewer rows than min_group_size, {options.min_group_size}"
    return {group: reason for group, entry in enumerate(of_groups.values()) if entry["n"] < options.min_group_size}


def _set_aside(measured: Measured, small: Mapping[int, str], attribute: Attribute, options: Options) -> dict[str, str]:
    """The groups that are shown, and not compared: by name, why."""
    reasons = {}
    for group, name in enumerate(attribute.names):
        size = float(measured.sizes[group])
        if reason := small.get(group, measured.reasons.get(group, measured.unsure.get(group))):
            reasons[name] = reason
        elif MISSING in attribute.groups[group].values():
            reasons[name] = "its rows have no value"
        elif size < options.min_class_size - NEARLY:
            few = f"{size:.0f}" if size == round(size) else f"effectively {size:.1f}"
            reasons[name] = f"{few} {measured.of_what}, fewer than min_class_size, {options.min_class_size}"
    return reasons


def _counted(number: float, what: str) -> str:
    """A number with what it counts: `3.5 rows of a class`, `1 cluster with positive rows`."""
    text = f"{number:.3g}"
    noun = "clusters" if what.startswith("clusters") else "rows"
    return f"{text} {what.replace(noun, noun.removesuffix('s'), 1) if text == '1' else what}"


def _cautions(
    measured: Measured, attribute: str, of_groups: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, str | None]]:
    found = []
    for group, (name, entry) in enumerate(of_groups.items()):
        document, texts = entry["measures"][measured.name], []
        if document["value"] is not None and group in measured.cautions:
            texts.append(measured.cautions[group])
        if document["interval"] is not None and document["effective"] < _WIDE_BELOW - NEARLY:
            texts.append(f"the interval is rough: it is from {_counted(document['effective'], measured.of_what)}")
        of = {"attribute": attribute or None, "group": name if attribute else None, "about": measured.name}
        found += [{**of, "text": text} for text in texts]
    return found


def _gap(
    measured: Measured, names: Sequence[str], aside: dict[str, str], options: Options, reference: str | None
) -> dict[str, Any]:
    groups = np.array([group for group, name in enumerate(names) if name not in aside], np.int64)
    document: dict[str, Any] = {**dict.fromkeys(_OF_TWO), "compared": {}, "set_aside": aside, "reasons": {}}
    if len(groups) < 2:
        reason = f"{len(groups)} group{'s' * (len(groups) != 1)} can be compared, and two are needed"
        return {**document, "reasons": dict.fromkeys((*_OF_TWO, "compared"), reason)}
    some, level = measured.of(groups), 1 - options.confidence
    order = np.argsort(-some.values, kind="stable")
    for end, place in (("highest", order[0]), ("lowest", order[-1])):
        document[end] = {"name": names[groups[place]], "value": float(some.values[place])}
    document["difference"] = document["highest"]["value"] - document["lowest"]["value"]
    apart = widest(some, level)
    document["difference_interval"] = {"low": apart.low, "high": apart.high}
    document["p_value"] = apart.p_value
    if reference is not None and reference in aside:
        document["reasons"]["compared"] = f"the reference, {reference}, takes no part: {aside[reference]}"
    else:
        document["compared"] = _compared(some, [names[group] for group in groups], reference, options)
    return document


def _compared(
    some: Measured, names: Sequence[str], reference: str | None, options: Options
) -> dict[str, dict[str, Any]]:
    """Every group less the mean of the others, or the reference."""
    chosen: Integers = np.arange(len(names))
    compared: Contrasts
    if reference is None:
        compared = against_the_rest(some)
    else:
        of = names.index(reference)
        chosen = chosen[chosen != of]
        compared = pairs(some, chosen, np.full(len(chosen), of))
    made = len(chosen) if reference is not None or len(names) > 2 else 1  # of two, both say the same
    low, high = compared.intervals((1 - options.confidence) / made)
    p_values = compared.p_values()
    adjusted = CORRECTIONS[options.correction](p_values) if made > 1 else p_values
    return {
        names[group]: {
            "reference": reference,
            "difference": float(compared.found[index]),
            "interval": {"low": float(low[index]), "high": float(high[index])},
            "p_value": float(p_values[index]),
            "p_adjusted": float(adjusted[index]),
        }
        for index, group in enumerate(chosen)
    }
