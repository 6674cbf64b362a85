"""What stands where on the sheets: a random token for each face, attention checks, and the order of each sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synpain_hf.rating.faces import Face, FaceId
from synpain_hf.rating.order import order_of
from synpain_hf.rating.questions import Question
from synpain_hf.vocabulary import FACES

_LETTERS = "bcdfghjkmnpqrstvwxz"
"""Of tokens: no word comes of them, and no spreadsheet takes them for a number."""
_TOKEN_LENGTH = 10


@dataclass(frozen=True)
class Layout:
    """Sheets, before they are written.

    Attributes:
        faces: The face of each token.
        checks: The answer that each token of an attention check asks for.
        check_faces: The token of the face that each of these shows.
        references: The neutral face of each token that stands beside others; none where no question needs it.
        beside: The token of the neutral face beside each token of a face.
        sheets: The tokens of each sheet in the order of its trials, by its name.
    """

    faces: Mapping[str, Face]
    checks: Mapping[str, str]
    check_faces: Mapping[str, str]
    references: Mapping[str, Face]
    beside: Mapping[str, str]
    sheets: Mapping[str, Sequence[str]]


def layout_of(
    chosen: Sequence[Face],
    known: Mapping[FaceId, Face],
    questions: Sequence[Question],
    generator: np.random.Generator,
    *,
    repeats: int,
    checks: int,
    sheets: int,
) -> Layout:
    """Lay out sheets of some faces; all sheets repeat the same faces, and have the same attention checks.

    Args:
        chosen: The faces that are shown.
        known: All faces of the releases.
        questions: What is asked of them.
        generator: Draws tokens, repeats, checks and orders.
        repeats: How many faces come twice; all where there are fewer.
        checks: How many attention checks there are. Each asks for one of the answers to the first question.
        sheets: How many sheets.
    """
    neutral = _neutral(chosen, known) if any(question.is_beside for question in questions) else {}
    tokens = iter(_tokens(len(chosen) + sheets + checks + len(set(neutral.values())), generator))
    faces = dict(sorted(zip([next(tokens) for _ in chosen], chosen, strict=True)))
    names = [next(tokens) for _ in range(sheets)]
    answers = list(questions[0].answers)
    asked = {next(tokens): answers[place] for place in generator.integers(len(answers), size=checks)}
    shown = {
        token: list(faces)[place] for token, place in zip(asked, _spread(len(faces), checks, generator), strict=True)
    }
    names_of = {which: next(tokens) for which in dict.fromkeys(neutral.values())}
    again = [list(faces)[place] for place in generator.permutation(len(faces))[:repeats]]
    trials = [*faces, *again, *asked]
    whom = [faces[shown.get(token, token)].identity for token in trials]
    return Layout(
        faces=faces,
        checks=asked,
        check_faces=shown,
        references={token: known[which] for which, token in names_of.items()},
        beside={token: names_of[neutral[face.id]] for token, face in faces.items()} if neutral else {},
        sheets={name: [trials[trial] for trial in order_of(whom, generator)] for name in names},
    )


def _neutral(chosen: Sequence[Face], known: Mapping[FaceId, Face]) -> dict[FaceId, FaceId]:
    """The neutral face of each; what is the same picture of the same identity is there once."""
    first: dict[tuple[str, str], FaceId] = {}
    found = {}
    for face in chosen:
        own = known[face.id._replace(face=FACES[0])]
        found[face.id] = first.setdefault((own.identity, own.picture), own.id)
    return found


def _spread(faces: int, checks: int, generator: np.random.Generator) -> list[int]:
    """As many places of faces as there are checks, as seldom twice as can be."""
    rounds = [generator.permutation(faces) for _ in range(-(-checks // faces))]
    return np.concatenate(rounds)[:checks].tolist() if rounds else []


def _tokens(number: int, generator: np.random.Generator) -> list[str]:
    """Names that tell nothing, all different."""
    found: dict[str, None] = {}
    while len(found) < number:
        found["".join(_LETTERS[letter] for letter in generator.integers(len(_LETTERS), size=_TOKEN_LENGTH))] = None
    return list(found)
