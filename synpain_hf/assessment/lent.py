"""Releases of faces with the expressions of others, and which pairs each of their pairs was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synpain_hf.errors import UsageError
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.release.transfers import labels_of
from synpain_hf.transferring.cast import members_of, persons
from synpain_hf.transferring.choosing import Couple
from synpain_hf.transferring.manifest import pair_id_of
from synpain_hf.vocabulary import DERIVED_FROM, IDENTITY

ORACLE = "oracle"
"""The method that draws the truth."""


@dataclass(frozen=True)
class LentPair:
    """A pair with the face of one and the expression of another.

    Attributes:
        pair_id: The pair.
        identity: Whose neutral face it has.
        driver: Whose expression it has.
        file: The file of the release that holds it.
    """

    pair_id: str
    identity: str
    driver: str
    file: str


@dataclass(frozen=True)
class Lent:
    """A release that one method made.

    Attributes:
        label: What the report calls it: its method, and the release where another has the same method.
        release: The release.
        pairs: Its pairs, by their ids.
    """

    label: str
    release: Release
    pairs: Mapping[str, LentPair]

    @property
    def notes(self) -> Mapping[str, Any]:
        """How it was made, as `schemas/transfer.schema.json` has it."""
        notes: Mapping[str, Any] = self.release.manifest["source"]["transfer"]
        return notes


def opened(folders: Sequence[str | Path], oracle: str | Path | None) -> tuple[list[Lent], Lent | None]:
    """The releases that are judged, and the one with the truth.

    Args:
        folders: The releases that are judged.
        oracle: The one with the truth; None for none.

    Raises:
        ReleaseError: If one of them is not a complete release.
        UsageError: If one of them was not made by `transfer`, or they cannot be compared with each other.
    """
    if not folders:
        raise UsageError("no release is given; give one or more that `build` made of what `transfer` left")
    found = [Release.open(Path(folder).expanduser()) for folder in folders]
    truth = None if oracle is None else Release.open(Path(oracle).expanduser())
    every = found if truth is None else [*found, truth]
    for release in every:
        if "transfer" not in release.manifest["source"]:
            raise UsageError(
                f"{release.folder} has expressions of its own; give what `build` made of what `transfer` left"
            )
    for release in every[1:]:
        _compared(every[0], release)
    if len({release.manifest["content"] for release in every}) < len(every):
        raise UsageError("a release is given twice; name each of them, and the oracle, once")
    if truth is not None and truth.manifest["source"]["transfer"]["method"] != ORACLE:
        made = truth.manifest["source"]["transfer"]["method"]
        raise UsageError(f"was drawn by {made!r}; give one of `transfer --method {ORACLE}`", ORACLE)
    judged = [_lent(*each) for each in zip(every, labels_of(every), strict=True)]
    return judged[: len(found)], None if truth is None else judged[-1]


def _compared(first: Release, other: Release) -> None:
    """See that two releases show the same faces, and in pictures of one size, so that pixels mean the same."""
    for side in ("identities", "drivers"):
        one, two = (each.manifest["source"]["transfer"][side]["content"] for each in (first, other))
        if one != two:
            raise UsageError(f"{other.folder} has other {side} than {first.folder}; judge each alone")
    one, two = (each.manifest["options"]["image_size"] for each in (first, other))
    if one != two:
        raise UsageError(
            f"{other.folder} was built with another --image-size than {first.folder}; build both with the same"
        )


def _lent(release: Release, label: str) -> Lent:
    pairs = {}
    for file in release.files_of(base_table()):
        for row in release.read(file, [PAIR_ID, IDENTITY, DERIVED_FROM]).to_pylist():
            identity, driver = row[IDENTITY] or row[PAIR_ID], row[DERIVED_FROM] or ""
            pairs[row[PAIR_ID]] = LentPair(row[PAIR_ID], identity, driver, file)
    return Lent(label, release, dict(sorted(pairs.items())))


@dataclass(frozen=True)
class Origins:
    """What the pairs were made of.

    Attributes:
        drivers: The release of the drivers.
        couples: What each pair was made of, by its id.
    """

    drivers: Release
    couples: Mapping[str, Couple]


def origins_of(
    judged: Sequence[Lent], identities: str | Path | None, drivers: str | Path | None
) -> tuple[Origins | None, str]:
    """What the pairs were made of, or why it is not known.

    Args:
        judged: The releases, of the same identities and drivers.
        identities: The release of the identities; None where it is that of the drivers, or not given.
        drivers: That of the drivers; None where it is that of the identities, or not given.

    Raises:
        ReleaseError: If one of them is not a complete release.
        UsageError: If one of them is another than the pairs were made of.
    """
    notes = judged[0].notes
    given = {"identities": identities, "drivers": drivers}
    sides = {
        name: _side(name, Path(folder).expanduser(), notes) for name, folder in given.items() if folder is not None
    }
    known = {release.manifest["content"]: release for release in sides.values()}
    lacking = [name for name in given if notes[name]["content"] not in known]
    if lacking:
        asked = " and ".join(f"--{name} RELEASE" for name in lacking)
        which = " and ".join(f"{notes[name]['name']} {notes[name]['version']}" for name in lacking)
        return None, f"what the faces were made of is not there; give {asked}, which is {which}"
    whose, whence = (known[notes[name]["content"]] for name in given)
    shown, driving = persons(members_of(whose)), persons(members_of(whence))
    pairs = {pair.pair_id: pair for one in judged for pair in one.pairs.values()}
    couples = {}
    for pair_id, pair in pairs.items():
        for identity in shown.get(pair.identity, ()):
            for driver in driving.get(pair.driver, ()):
                couple = Couple(identity, driver)
                if pair_id_of(couple) == pair_id:
                    couples[pair_id] = couple
    return Origins(whence, couples), ""


def _side(name: str, folder: Path, notes: Mapping[str, Any]) -> Release:
    release = Release.open(folder)
    if release.manifest["content"] != notes[name]["content"]:
        wanted = f"{notes[name]['name']} {notes[name]['version']}"
        raise UsageError(f"is {folder}, which has other pairs than the {wanted} of the releases; give that", name)
    return release
