"""Does the face do what its driver does? The change of each action unit, against that of the driver."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from synpain_hf.annotation.landmarks import FILE as MEDIAPIPE
from synpain_hf.judging.identity import command
from synpain_hf.judging.lent import Lent, LentPair, Origins
from synpain_hf.judging.section import DRIVERS, SOURCE, UNTOUCHED, Row, Section, error_of, sides
from synpain_hf.release.release import Release
from synpain_hf.release.tables.annotations import ACTION_UNITS_FILE, ANNOTATIONS
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.validation.statistics.crossed import correlation_of_crossed
from synpain_hf.vocabulary import FACES

_TITLE: Final = "Does the face do what its driver does?"
_UNIT = re.compile(r"(AU\d+)(_approx)?")

Changes = Mapping[str, Mapping[str, float]]
"""How much each action unit grows from the neutral to the expressive face of a pair; by unit, then pair."""


@dataclass(frozen=True)
class Measured:
    """The changes that one file of annotations gives.

    Attributes:
        by: Who measured them: the name of the file.
        changes: The changes.
    """

    by: str
    changes: Changes


def changes_in(release: Release, file: str) -> Changes:
    """The changes that a file of annotations gives; of pairs of whose faces both are known.

    Args:
        release: The release.
        file: The file.

    Raises:
        ReleaseError: If it is damaged.
    """
    columns = list(release.features_in(file))
    named = {column: matched[1] for column in columns if (matched := _UNIT.fullmatch(column))}
    if not named or "face" not in columns:
        return {}
    found: dict[str, dict[str, dict[str, float]]] = {unit: {} for unit in named.values()}
    for row in release.read(file, [PAIR_ID, "face", *named]).to_pylist():
        for column, unit in named.items():
            if row[column] is not None and np.isfinite(row[column]):
                found[unit].setdefault(row[PAIR_ID], {})[FACES[row["face"]]] = row[column]
    changes = {
        unit: {pair_id: both["expressive"] - both["neutral"] for pair_id, both in of.items() if len(both) == len(FACES)}
        for unit, of in found.items()
    }
    return {unit: of for unit, of in changes.items() if of}


def units(judged: Sequence[Lent], origins: Origins | None, unknown: str) -> Section:
    """How well each action unit is transferred, method by method.

    Args:
        judged: The releases, that of the truth among them.
        origins: What their pairs were made of; None where it is not known.
        unknown: Why it is not known.
    """
    if origins is None:
        return Section("units", _TITLE, [], [unknown])
    rows, missing = list[Row](), list[str]()
    known = {name: changes for name in _tables(origins.drivers) if (changes := changes_in(origins.drivers, name))}
    if ACTION_UNITS_FILE not in known and MEDIAPIPE not in known:
        missing.append(
            f"no action units are known of {origins.drivers.folder}; run {command(origins.drivers, 'mediapipe')}"
        )
    for one in judged:
        measured = {
            name: changes
            for name in _tables(one.release)
            if name != ACTION_UNITS_FILE and (changes := changes_in(one.release, name))
        }
        if not measured:
            missing.append(
                f"no action units are known of {one.release.folder}; run {command(one.release, 'mediapipe')}"
            )
        for name, changes in measured.items():
            for reference in (ACTION_UNITS_FILE, name):
                if reference in known:
                    mine = Measured(_stem(name), changes)
                    rows += _compared(one, mine, known[reference], origins, is_source=reference == ACTION_UNITS_FILE)
    return Section("units", _TITLE, rows, missing)


def _tables(release: Release) -> list[str]:
    return release.files_of(ANNOTATIONS)


def _stem(file: str) -> str:
    return file.rpartition("/")[2].removesuffix(".parquet")


def _compared(one: Lent, mine: Measured, theirs: Changes, origins: Origins, *, is_source: bool) -> Iterator[Row]:
    """Each unit that is known of both: correlation, mean absolute error, and what the error of no change would be."""
    against = SOURCE if is_source else DRIVERS
    for unit, changes in mine.changes.items():
        wanted = theirs.get(unit, {})
        pairs, shown, asked = list[LentPair](), list[float](), list[float]()
        for pair_id, pair in one.pairs.items():
            couple = origins.couples.get(pair_id)
            if couple and pair_id in changes and couple.driver.pair_id in wanted:
                pairs.append(pair)
                shown.append(changes[pair_id])
                asked.append(wanted[couple.driver.pair_id])
        if not pairs:
            continue
        off = np.abs(np.subtract(shown, asked))
        correlation = correlation_of_crossed(shown, asked, *sides(pairs))
        yield Row.made(one.label, "correlation", pairs, correlation, of=unit, against=against, by=mine.by)
        yield Row.made(one.label, "error", pairs, error_of(off, pairs), of=unit, against=against, by=mine.by)
        yield Row.made(UNTOUCHED, "error", pairs, error_of(np.abs(asked), pairs), of=unit, against=against, by=mine.by)
