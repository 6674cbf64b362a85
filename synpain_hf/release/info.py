"""`info`: a release summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synpain_hf.progress import Progress, silent
from synpain_hf.release.checking import check, check_words
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.vocabulary import CLASSES, IDENTITY, UNKNOWN


def info(release: str | Path, *, verify: bool = False, progress: Progress = silent) -> dict[str, Any]:
    """Sum up a release.

    Args:
        release: Its directory.
        verify: Whether to compare every file with its digest first, and to look into every file of a table. Without
            it, only what does not ask for reading the pictures is looked at.
        progress: Called after every file verified.

    Returns:
        Its `release.json` without the list of files, and `bytes` (of all files), `identities` (how many are shown),
        `groups` (pairs by column and value, `unknown` where it is not known) and `configurations` (pairs by
        configuration and split).

    Raises:
        ReleaseError: If it is not a complete release, or a file is not what it should be.
    """
    opened = Release.open(release)
    if verify:
        check(opened, beside=opened.files, again=True, progress=progress)
    else:
        check_words(opened)
    groups: dict[str, Counter[str]] = {column: Counter() for column in (*CLASSES, "fold")}
    identities: set[str] = set()
    shown = IDENTITY if IDENTITY in opened.given else PAIR_ID
    for file in opened.files_of(base_table()):
        table = opened.read(file, [*groups, shown])
        identities.update(table[shown].to_pylist())
        for column, counts in groups.items():
            counts.update(_word(CLASSES.get(column), value) for value in table[column].to_pylist())
    return {
        **{key: value for key, value in opened.manifest.items() if key != "files"},
        "bytes": sum(record["bytes"] for record in opened.files.values()),
        "identities": len(identities),
        "groups": {column: _in_order(CLASSES.get(column), counts) for column, counts in groups.items()},
        "configurations": opened.configurations(),
    }


def _word(names: Sequence[str] | None, value: int | None) -> str:
    if value is None:
        return UNKNOWN
    return names[value] if names else str(value)


def _in_order(names: Sequence[str] | None, counts: Mapping[str, int]) -> dict[str, int]:
    """Counts in the order of the classes, what is not known last."""
    return {value: counts[value] for value in (*(names or sorted(counts)), UNKNOWN) if value in counts}
