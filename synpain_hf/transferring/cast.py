"""What a release says of its pairs, as far as transfer needs it; no picture is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow.compute as pc

from synpain_hf.generation.transfer.methods.method import Drawing
from synpain_hf.pair import Annotation
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.annotations import ACTION_UNITS_FILE, ANNOTATIONS
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.vocabulary import CLASSES, DEFAULT_STYLE, DEMO_GENERATOR, DERIVED_FROM, FACES, GROUPS, IDENTITY

_KNOWN = ("expression", "source_label", "pspi", "age")
_UNIT = re.compile(r"AU\d+")
_DEMO_ID = re.compile(r"1\d{4}(\d{4})[01]", re.ASCII)


@dataclass(frozen=True)
class Member:
    """A pair of a release.

    Attributes:
        pair_id: The pair.
        identity: Whom it shows.
        file: The file of the release that holds it.
        fold: 0 to 4.
        label: `pain` or `no_pain`.
        groups: The groups of its identity, by column; None where unknown.
        known: What else the release says of it: `expression`, `source_label`, `pspi`, `age`; None where it does not.
        annotations: What is known of the action units of its faces, by `neutral` and `expressive`.
        drawing: How it was drawn, where it is of demo faces.
        origins: Whose expression it shows, where that was transferred, and whose had been to that one before.
    """

    pair_id: str
    identity: str
    file: str
    fold: int
    label: str
    groups: Mapping[str, str | None]
    known: Mapping[str, Any]
    annotations: Mapping[str, Annotation] = field(default_factory=dict)
    drawing: Drawing | None = None
    origins: frozenset[str] = frozenset()


def members_of(release: Release) -> list[Member]:
    """The pairs of a release, by their ids.

    Raises:
        ReleaseError: If a file is damaged.
    """
    units = _annotations(release)
    source = release.manifest["source"]
    found = []
    for file in release.files_of(base_table()):
        there = release.features_in(file)
        wanted = [PAIR_ID, IDENTITY, DERIVED_FROM, *CLASSES, "fold", *_KNOWN, "provenance"]
        for row in release.read(file, [name for name in wanted if name in there]).to_pylist():
            words = {name: None if row[name] is None else names[row[name]] for name, names in CLASSES.items()}
            found.append(
                Member(
                    pair_id=row[PAIR_ID],
                    identity=row.get(IDENTITY) or row[PAIR_ID],
                    file=file,
                    fold=row["fold"],
                    label=str(words["label"]),
                    groups={column: words[column] for column in GROUPS},
                    known={name: row.get(name) for name in _KNOWN},
                    annotations=units.get(row[PAIR_ID], {}),
                    drawing=_drawing(row, words, source),
                    origins=frozenset(filter(None, [row.get(DERIVED_FROM)])),
                )
            )
    parents: dict[str, set[str]] = {}
    for member in found:
        parents.setdefault(member.identity, set()).update(member.origins)
    traced = [replace(one, origins=_before(one.origins, parents)) if one.origins else one for one in found]
    return sorted(traced, key=lambda member: member.pair_id)


def _before(persons: Iterable[str], parents: Mapping[str, set[str]]) -> frozenset[str]:
    """Some persons, and all from whom their expressions were transferred, step by step."""
    found, left = set[str](), set(persons)
    while left:
        found |= left
        left = set[str]().union(*(parents.get(one, ()) for one in left)) - found
    return frozenset(found)


def _drawing(row: Mapping[str, Any], words: Mapping[str, str | None], source: Mapping[str, Any]) -> Drawing | None:
    named = _DEMO_ID.fullmatch(row[PAIR_ID])
    provenance = row["provenance"]
    groups = [words[column] for column in GROUPS]
    if provenance["generator"] != DEMO_GENERATOR or named is None or None in groups or provenance["seed"] is None:
        return None
    age_group, gender, ethnicity = map(str, groups)
    how = {"biases": tuple(source.get("biases", ())), "style": source.get("style", DEFAULT_STYLE)}
    return Drawing(int(named[1]), age_group, gender, ethnicity, provenance["seed"], **how)


def _annotations(release: Release) -> dict[str, dict[str, Annotation]]:
    """What is known of the action units of each face: what the source knows, else what the first tool found."""
    files = release.files_of(ANNOTATIONS)
    columns = {file: list(release.features_in(file)) for file in files}
    with_units = [file for file in files if "pspi" in columns[file] and any(map(_UNIT.fullmatch, columns[file]))]
    chosen = [file for file in with_units if file == ACTION_UNITS_FILE] or with_units[:1]
    found: dict[str, dict[str, Annotation]] = {}
    for file in chosen:
        units = list(filter(_UNIT.fullmatch, columns[file]))
        kind = [name for name in columns[file] if name == "kind"]
        rows = release.read(file, [PAIR_ID, "face", *kind, *units, "pspi", "annotator"])
        for row in rows.filter(pc.is_valid(rows["pspi"])).to_pylist():
            face = FACES[row["face"]]
            known = {unit: row[unit] for unit in units if row[unit] is not None}
            one = Annotation(face, row.get("kind"), known, row["pspi"], row["annotator"])
            found.setdefault(row[PAIR_ID], {})[face] = one
    return found


def persons(members: Sequence[Member]) -> dict[str, list[Member]]:
    """The pairs of each identity, by its name."""
    found: dict[str, list[Member]] = {}
    for member in members:
        found.setdefault(member.identity, []).append(member)
    return found
