"""The faces of a release with what it says of them, and a balanced sample."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synpain_hf.rating.questions import EXPRESSION, NEUTRAL, QUESTIONS
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.vocabulary import CLASSES, FACES, GROUPS, IDENTITY

FaceId = tuple[str, str]
"""A `pair_id`, and `neutral` or `expressive`."""


@dataclass(frozen=True)
class Face:
    """A face that can be rated.

    Attributes:
        pair_id: Its pair.
        face: `neutral` or `expressive`.
        identity: Whom it shows.
        file: The file of the release that holds it.
        picture: The digest of what it was made of: pairs may share a neutral face.
        shows: The right answer to each question; None where the release does not say.
        groups: The groups of whom it shows, by column.
    """

    pair_id: str
    face: str
    identity: str
    file: str
    picture: str
    shows: Mapping[str, str | None]
    groups: Mapping[str, str | None]

    @property
    def id(self) -> FaceId:
        """What tells it from all others."""
        return self.pair_id, self.face


def faces_of(release: Release) -> dict[FaceId, Face]:
    """Every face of a release, sorted; no picture is read.

    Raises:
        ReleaseError: If a file is damaged.
    """
    columns = [PAIR_ID, *CLASSES, "provenance"]
    found: dict[FaceId, Face] = {}
    for file in release.files_of(base_table()):
        has_identity = IDENTITY in release.features_in(file)
        for row in release.read(file, [*columns, IDENTITY] if has_identity else columns).to_pylist():
            words = {name: None if row[name] is None else names[row[name]] for name, names in CLASSES.items()}
            shows = {question.name: words[question.column] for question in QUESTIONS.values()}
            groups = {column: words[column] for column in GROUPS}
            for face in FACES:
                expression = NEUTRAL if face == "neutral" else shows[EXPRESSION]
                identity = row.get(IDENTITY) or row[PAIR_ID]
                picture = row["provenance"][f"{face}_sha256"] or row[PAIR_ID]
                one = Face(row[PAIR_ID], face, identity, file, picture, {**shows, EXPRESSION: expression}, groups)
                found[one.id] = one
    return dict(sorted(found.items()))


def distinct(faces: Mapping[FaceId, Face]) -> list[Face]:
    """Faces without those that are the same picture, of the same identity, again."""
    found: dict[tuple[str, str, str], Face] = {}
    for face in faces.values():
        found.setdefault((face.identity, face.face, face.picture), face)
    return list(found.values())


def balanced(faces: Sequence[Face], number: int, generator: np.random.Generator) -> list[Face]:
    """A sample in which the cells have about as many faces each, then the groups, then the identities.

    A cell is what the faces show: expression, age, gender and ethnicity. Faces are drawn one by one, each from the cell
    that has the fewest so far; of several such cells, from the one whose answers are the rarest so far; and in it, of
    the identity that was drawn the fewest times.

    Args:
        faces: All faces.
        number: How many to draw; all are taken where there are fewer.
        generator: Draws them.
    """
    cells: dict[tuple[tuple[str, str | None], ...], list[Face]] = defaultdict(list)
    for index in generator.permutation(len(faces)):
        cells[tuple(faces[index].shows.items())].append(faces[index])
    of_cells, of_answers, of_identities = Counter(dict.fromkeys(cells, 0)), Counter[object](), Counter[str]()
    sample: list[Face] = []
    while cells and len(sample) < number:
        cell = min(cells, key=lambda each: (of_cells[each], sum(of_answers[answer] for answer in each)))
        face = min(cells[cell], key=lambda each: of_identities[each.identity])
        cells[cell].remove(face)
        if not cells[cell]:
            del cells[cell]
        of_cells[cell] += 1
        of_answers.update(cell)
        of_identities[face.identity] += 1
        sample.append(face)
    return sample
