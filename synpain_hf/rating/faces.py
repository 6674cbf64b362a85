"""The faces of releases with what these say of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from synpain_hf.errors import UsageError
from synpain_hf.rating.questions import EXPRESSION, NEUTRAL, QUESTIONS
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.release.transfers import labels_of
from synpain_hf.vocabulary import CLASSES, DERIVED_FROM, FACES, GROUPS, IDENTITY


class FaceId(NamedTuple):
    """What tells a face from all others.

    Attributes:
        release: What its release is called.
        pair_id: Its pair.
        face: `neutral` or `expressive`.
    """

    release: str
    pair_id: str
    face: str


@dataclass(frozen=True)
class Face:
    """A face that can be rated.

    Attributes:
        id: What tells it from all others.
        identity: Whom it shows.
        driver: Whose expression it has, where that was transferred; else whom it shows.
        file: The file of the release that holds it.
        picture: The digest of what it was made of: pairs may share a neutral face.
        shows: The right answer to each question that has one; None where the release does not say.
        groups: The groups of whom it shows, by column.
    """

    id: FaceId
    identity: str
    driver: str
    file: str
    picture: str
    shows: Mapping[str, str | None]
    groups: Mapping[str, str | None]


def labelled(folders: Sequence[str | Path]) -> dict[str, Release]:
    """Some releases, by what they are called.

    Args:
        folders: Where they are.

    Raises:
        UsageError: If none is given, one is given twice, or two cannot be told apart.
        ReleaseError: If one is not a complete release.
    """
    if not folders:
        raise UsageError("no release is given; give one or more")
    opened = [Release.open(Path(folder).expanduser()) for folder in folders]
    if len({release.manifest["content"] for release in opened}) < len(opened):
        raise UsageError("a release is given twice; name each of them once")
    return dict(zip(labels_of(opened), opened, strict=True))


def faces_of(releases: Mapping[str, Release]) -> dict[FaceId, Face]:
    """Every face of some releases, sorted within each; no picture is read.

    Args:
        releases: The releases, by what they are called.

    Raises:
        ReleaseError: If a file is damaged.
    """
    found: dict[FaceId, Face] = {}
    for label, release in releases.items():
        found |= dict(sorted(_faces(label, release).items()))
    return found


def _faces(label: str, release: Release) -> dict[FaceId, Face]:
    columns = [PAIR_ID, *CLASSES, "provenance"]
    questions = [question for question in QUESTIONS.values() if question.column]
    found: dict[FaceId, Face] = {}
    for file in release.files_of(base_table()):
        known = [name for name in (IDENTITY, DERIVED_FROM) if name in release.features_in(file)]
        for row in release.read(file, [*columns, *known]).to_pylist():
            words = {name: None if row[name] is None else names[row[name]] for name, names in CLASSES.items()}
            shows = {question.name: words[question.column] for question in questions}
            groups = {column: words[column] for column in GROUPS}
            for face in FACES:
                expression = NEUTRAL if face == "neutral" else shows[EXPRESSION]
                identity = row.get(IDENTITY) or row[PAIR_ID]
                driver = row.get(DERIVED_FROM) or identity
                picture = row["provenance"][f"{face}_sha256"] or row[PAIR_ID]
                which = FaceId(label, row[PAIR_ID], face)
                shown = {**shows, EXPRESSION: expression}
                found[which] = Face(which, identity, driver, file, picture, shown, groups)
    return found
