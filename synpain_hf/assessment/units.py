"""Does the face do what its driver does? The change of each action unit, against that of the driver."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from synpain_hf.annotation.landmarks import FILE as MEDIAPIPE
from synpain_hf.assessment.identity import command
from synpain_hf.assessment.lent import Lent, LentPair, Origins
from synpain_hf.assessment.section import DRIVERS, SOURCE, UNTOUCHED, Row, Section, error_of, sides
from synpain_hf.release.release import Release
from synpain_hf.release.tables.annotations import ACTION_UNITS_FILE, ANNOTATIONS
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.validation.statistics.crossed import correlation_of_crossed
from synpain_hf.vocabulary import FACES

_TITLE: Final = "Does the face do what its driver does?"
_UNIT = re.compile(r"(AU\d+)(_approx)?")

Changes = Mapping[str, Mapping[str, float]]
"""How much each action unit grows from the neutral to the expressive face of a pair; by unit, then pair."""


def changes_in(release: Release, file: str) -> Changes:
    """The changes that a file of annotations gives; of pairs of whose faces both are known.

    A unit that is there as such is not taken from its approximation.

    Args:
        release: The release.
        file: The file.

    Raises:
        ReleaseError: If it is damaged.
    """
    columns = list(release.features_in(file))
    matches = [matched for column in columns if (matched := _UNIT.fullmatch(column))]
    named = {matched[0]: matched[1] for matched in matches if not (matched[2] and matched[1] in columns)}
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
    known = {
        name: changes
        for name in origins.drivers.files_of(ANNOTATIONS)
        if (changes := changes_in(origins.drivers, name))
    }
    if ACTION_UNITS_FILE not in known and MEDIAPIPE not in known:
        missing.append(
            f"no action units are known of {origins.drivers.folder}; run {command(origins.drivers, 'mediapipe')}"
        )
    tables = {one.label: _measured(one.release) for one in judged}
    missing += [
        f"no action units are known of {one.release.folder}; run {command(one.release, 'mediapipe')}"
        for one in judged
        if not tables[one.label]
    ]
    for name in dict.fromkeys(name for measured in tables.values() for name in measured):
        by = name.rpartition("/")[2].removesuffix(".parquet")
        for reference in (ACTION_UNITS_FILE, name):
            if reference in known:
                shown = [(one, tables[one.label][name]) for one in judged if name in tables[one.label]]
                against = SOURCE if reference == ACTION_UNITS_FILE else DRIVERS
                rows += _compared(shown, known[reference], origins, against, by)
    return Section("units", _TITLE, rows, missing)


def _measured(release: Release) -> Mapping[str, Changes]:
    """What was measured of transferred faces, by file; what was copied from their drivers is a target."""
    files = [file for file in release.files_of(ANNOTATIONS) if file != ACTION_UNITS_FILE]
    return {file: changes for file in files if (changes := changes_in(release, file))}


def _compared(
    shown: Sequence[tuple[Lent, Changes]], wanted: Changes, origins: Origins, against: str, by: str
) -> Iterator[Row]:
    """Each unit of every method: correlation and mean absolute error; then, of all pairs, the error of no change."""
    asked = {
        unit: {pair_id: of[one.driver.pair_id] for pair_id, one in origins.couples.items() if one.driver.pair_id in of}
        for unit, of in wanted.items()
    }
    seen: dict[str, dict[str, LentPair]] = {}
    for one, changes in shown:
        for unit in changes:
            pairs = [
                pair
                for pair in one.pairs.values()
                if pair.pair_id in asked.get(unit, {}) and pair.pair_id in changes[unit]
            ]
            if pairs:
                seen.setdefault(unit, {}).update({pair.pair_id: pair for pair in pairs})
                found, target = (np.array([of[unit][pair.pair_id] for pair in pairs]) for of in (changes, asked))
                correlation = correlation_of_crossed(found, target, *sides(pairs))
                off = error_of(np.abs(found - target), pairs)
                yield Row.made(one.label, "correlation", pairs, correlation, of=unit, against=against, by=by)
                yield Row.made(one.label, "error", pairs, off, of=unit, against=against, by=by)
    for unit, by_id in seen.items():
        pairs = list(by_id.values())
        still = error_of(np.abs([asked[unit][pair.pair_id] for pair in pairs]), pairs)
        yield Row.made(UNTOUCHED, "error", pairs, still, of=unit, against=against, by=by)
