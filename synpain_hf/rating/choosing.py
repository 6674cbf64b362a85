"""Which faces a sheet shows: a balanced sample of one release, or the same pairs of several."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from synpain_hf.errors import UsageError
from synpain_hf.rating.faces import Face, FaceId
from synpain_hf.rating.questions import Question
from synpain_hf.vocabulary import FACES

_JUDGED = FACES[1]


def chosen_of(
    faces: Mapping[FaceId, Face], number: int, questions: Sequence[Question], generator: np.random.Generator
) -> list[Face]:
    """The faces of a sheet.

    Of one release a balanced sample; where a question shows the neutral face beside, of expressive faces alone. Of
    several releases the expressive faces of the same pairs, so that what differs is the release.

    Args:
        faces: The faces of the releases.
        number: How many are wanted; fewer where there are not as many, or they are no multiple of the releases.
        questions: What is asked of them.
        generator: Draws them.

    Raises:
        UsageError: If the releases have no pair in common, or one shows somebody else under the same name.
    """
    labels = list(dict.fromkeys(face.release for face in faces))
    if len(labels) == 1:
        is_beside = any(question.is_beside for question in questions)
        wanted = [face for face in faces.values() if face.id.face == _JUDGED or not is_beside]
        return balanced(distinct(wanted), number, generator)
    shared = [pair for pair in _pairs(faces, labels[0]) if all(pair._replace(release=one) in faces for one in labels)]
    if not shared:
        raise UsageError("the releases have no pair in common; give those of one `transfer` by several methods")
    for pair in shared:
        if len({faces[pair._replace(release=label)].identity for label in labels}) > 1:
            raise UsageError(
                f"pair {pair.pair_id} shows another identity in each release; give those of one `transfer`"
            )
    first = balanced([faces[pair] for pair in shared], max(1, number // len(labels)), generator)
    return [faces[one.id._replace(release=label)] for one in first for label in labels]


def _pairs(faces: Mapping[FaceId, Face], label: str) -> list[FaceId]:
    return [face for face in faces if face.release == label and face.face == _JUDGED]


def distinct(faces: Iterable[Face]) -> list[Face]:
    """Faces without those that are the same picture, of the same identity, again."""
    found: dict[tuple[str, str, str], Face] = {}
    for face in faces:
        found.setdefault((face.identity, face.id.face, face.picture), face)
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
