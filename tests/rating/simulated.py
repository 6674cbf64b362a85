"""Raters whose accuracy is known, and what would be found of them with as many faces as one likes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit

from synpain_hf.rating.answers import Answer
from synpain_hf.rating.faces import Face, FaceId
from synpain_hf.validation.statistics.agreement import fleiss_kappa
from synpain_hf.vocabulary import CLASSES, GROUPS

Floats = npt.NDArray[np.float64]

QUESTION = "gender"
WORDS = CLASSES["gender"]
_CELLS = list(product(*(CLASSES[attribute] for attribute in GROUPS)))
_MANY = 20_000


@dataclass(frozen=True)
class Raters:
    """Some raters, and the faces that they judge.

    Attributes:
        raters: How many.
        faces: How many faces.
        accuracy: The share of right answers of all raters that there are, about all faces.
        unlike: The standard deviation of raters, in the logit.
        hard: The same of persons: some are misjudged by everybody.
        faces_each: Faces of a person.
    """

    raters: int
    faces: int
    accuracy: float = 0.9
    unlike: float = 0.0
    hard: float = 1.0
    faces_each: int = 1

    @property
    def middle(self) -> float:
        """The logit from which raters and persons differ."""
        return _middle(self.accuracy, float(np.hypot(self.unlike, self.hard)))


@dataclass(frozen=True)
class Drawn:
    """Raters that were drawn.

    Attributes:
        answers: What they answered.
        faces: The faces.
        accuracy: The share of right answers of these raters, were all faces judged.
        of_first: The same of the first rater.
        kappa: Their kappa then.
    """

    answers: list[Answer]
    faces: Mapping[FaceId, Face]
    accuracy: float
    of_first: float
    kappa: float


def draw(of: Raters, generator: np.random.Generator) -> Drawn:
    """Raters, and what they answer."""
    skills = generator.normal(scale=of.unlike, size=of.raters)
    persons = -(-of.faces // of.faces_each)
    start = int(generator.integers(len(_CELLS)))
    faces = {}
    for number in range(of.faces):
        person = number // of.faces_each
        groups = dict(zip(GROUPS, _CELLS[(start + person) % len(_CELLS)], strict=True))
        shows = {QUESTION: groups[QUESTION]}
        whose = f"i{person}"
        face = Face(FaceId("", f"p{number}", "neutral"), whose, whose, "", f"p{number}", shows, groups)
        faces[face.id] = face
    right = _right(of, skills, np.arange(of.faces) // of.faces_each, persons, generator)
    answers = [
        Answer(f"r{rater}", face.id, QUESTION, WORDS[WORDS.index(str(face.shows[QUESTION])) ^ (not is_right)])
        for rater, of_rater in enumerate(right)
        for face, is_right in zip(faces.values(), of_rater, strict=True)
    ]
    many = _right(of, skills, np.arange(_MANY), _MANY, generator)
    chosen = many ^ (np.arange(_MANY) % 2 == 0)
    counts = np.stack([chosen.sum(axis=0), (~chosen).sum(axis=0)], axis=1).astype(float)
    return Drawn(answers, faces, float(many.mean()), float(many[0].mean()), fleiss_kappa(counts).value)


def _right(
    of: Raters, skills: Floats, person: npt.NDArray[np.int64], persons: int, generator: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Whether each rater is right about each face; shape (raters, faces)."""
    hard = generator.normal(scale=of.hard, size=persons)[person]
    return generator.random((len(skills), len(person))) < expit(of.middle + skills[:, None] + hard)


@cache
def _middle(accuracy: float, spread: float) -> float:
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    weights = weights / weights.sum()
    return float(brentq(lambda middle: weights @ expit(middle + spread * nodes) - accuracy, -20, 20))
