"""What to beware of: numbers that are known, and less sure than they look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_CLUSTERS = 20
"""In a group; with fewer, its interval is rough, and so is a test."""

_ROWS = {"interval": 10, "test": 20}
"""Of either class in a group, where rows are independent."""

Entries = Mapping[str, Mapping[str, Any]]


def cautions(
    overall: Mapping[str, Any], groups: Mapping[str, Entries], gaps: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, str | None]]:
    """The warnings of a report.

    Args:
        overall: What is reported on all rows.
        groups: What is reported on every group, by attribute or intersection.
        gaps: How far the groups lie apart, by the same names.

    Yields:
        `attribute` and `group`, None for all rows and for all groups of an attribute; `about`, which is `interval` or
        `test`; and the `text`.
    """
    found: list[tuple[str | None, str | None, Mapping[str, Any]]] = [(None, None, overall)]
    for attribute, entries in groups.items():
        found += [(attribute, name, entry) for name, entry in entries.items()]
    for of, name, entry in found:
        if little := _too_little(entry, "interval"):
            yield {"attribute": of, "group": name, "about": "interval", "text": f"{little}: the interval is rough"}
    for attribute, gap in gaps.items():
        tested = gap["test"]["groups"] if gap["test"] else ()
        for little in dict.fromkeys(_too_little(groups[attribute][name], "test") for name in tested):
            if little:
                text = f"{little} in a group: the test can miss a gap"
                yield {"attribute": attribute, "group": None, "about": "test", "text": text}


def _too_little(entry: Mapping[str, Any], about: str) -> str:
    """What there is too little of in a group; empty for nothing, and where there is no interval to beware of."""
    if entry["interval"] is None:
        return ""
    if "clusters" in entry:
        return f"fewer than {_CLUSTERS} clusters" if entry["clusters"] < _CLUSTERS else ""
    needed = _ROWS[about]
    return f"fewer than {needed} rows of a class" if min(entry["positives"], entry["negatives"]) < needed else ""
