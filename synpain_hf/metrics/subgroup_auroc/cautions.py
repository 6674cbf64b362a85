"""What to beware of: numbers that are known, and less sure than they look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .comparisons import too_little
from .inputs import MOST_GROUPS
from .labels import Classes

_ROUGH = "it holds the truth less often than it says, most of all at a high AUROC"

_CHANCE = 0.5

_ENOUGH = {
    "score": (10, 20, "it is wide, and holds the truth more often than it says", "it can miss a gap"),
    "bootstrap": (50, 20, _ROUGH, "it can miss a gap"),
    "percentile": (50, 20, _ROUGH, "it can miss a gap"),
    "delong": (50, 50, _ROUGH, "it finds gaps that are not there"),
    "logit": (50, 50, _ROUGH, "it finds gaps that are not there"),
}
"""By kind of interval: rows of either class (or clusters) that it needs in a group, and that a test needs; with fewer,
what to say of the interval, and of the test."""

Entries = Mapping[str, Mapping[str, Any]]


def about_labels(overall: Mapping[str, Any], classes: Classes) -> Iterator[dict[str, str | None]]:
    """Warnings about the positive class: it was chosen by its place, or scores may be the wrong way round.

    Args:
        overall: What is reported on all rows.
        classes: What the classes are called.

    Yields:
        As `cautions`; `about` is `positive`.
    """
    other = "the other label" if classes.other is None else repr(classes.other)
    texts = []
    if classes.by_place:
        texts.append(
            f"the positive class is {classes.positive!r}, the second of the label's classes; if it should be {other}, "
            "name that as positive"
        )
    interval = overall["interval"]
    if interval is not None and interval["high"] < _CHANCE:
        texts.append(
            f"the interval of the AUROC is below {_CHANCE}: the scores may be the wrong way round, or {other} may be "
            f"the positive class; reverse the sign of the scores, or name {other} as positive"
        )
    for text in texts:
        yield {"attribute": None, "group": None, "about": "positive", "text": text}


def cautions(
    overall: Mapping[str, Any],
    groups: Mapping[str, Entries],
    gaps: Mapping[str, Mapping[str, Any]],
    too_large: Mapping[str, int],
    overlapping: Mapping[str, Any] | None,
    interval: str,
) -> Iterator[dict[str, str | None]]:
    """The warnings of a report.

    Args:
        overall: What is reported on all rows.
        groups: What is reported on every group, by attribute or intersection.
        gaps: How far the groups lie apart, by the same names.
        too_large: Of the intersections that are left out, how many groups they have.
        overlapping: What is reported on groups that overlap.
        interval: How intervals were made.

    Yields:
        `attribute` and `group`, None for all rows and for all groups of an attribute; `about`, which is `interval`,
        `test`, `intersection`, or `overlapping` for the interval of a group that overlaps with others; and the `text`.
    """
    for_interval, for_test, of_interval, of_test = _ENOUGH[interval]
    found: list[tuple[str | None, str | None, Mapping[str, Any]]] = [(None, None, overall)]
    for attribute, entries in groups.items():
        found += [(attribute, name, entry) for name, entry in entries.items()]
    for of, name, entry in found:
        if entry["interval"] is not None and (little := too_little(entry, for_interval)):
            text = f"the interval is from {little}: {of_interval}"
            yield {"attribute": of, "group": name, "about": "interval", "text": text}
    for name, entry in (overlapping or {"groups": {}})["groups"].items():
        if entry["subgroup_auroc"]["interval"] is not None and (little := too_little(entry, for_interval)):
            text = f"the interval is from {little}: {of_interval}"
            yield {"attribute": None, "group": name, "about": "overlapping", "text": text}
    for attribute, gap in gaps.items():
        tested = [groups[attribute][name] for name in gap["test"]["groups"]] if gap["test"] else []
        if any(too_little(entry, for_test) for entry in tested):
            kind = "clusters with rows" if "clusters" in tested[0] else "rows"
            text = f"a group has fewer than {for_test} {kind} of a class: where the test counts on them, {of_test}"
            yield {"attribute": attribute, "group": None, "about": "test", "text": text}
    for attribute, count in too_large.items():
        text = f"it has {count:,} groups, more than {MOST_GROUPS:,}, and is left out"
        yield {"attribute": attribute, "group": None, "about": "intersection", "text": text}
