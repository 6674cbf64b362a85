"""Raters of a scale whose mean answers are known, and what would be found of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from synpain_hf.rating.answers import Answer
from synpain_hf.rating.faces import Face, FaceId
from synpain_hf.rating.questions import REALISM
from synpain_hf.validation.statistics.agreement import krippendorff_alpha

Floats = npt.NDArray[np.float64]

LEVELS: Mapping[str, float] = {"worse": -0.4, "better": 0.3}
"""How the faces of two releases are on average, in standard deviations of one judgement."""

CUTS = np.array([-1.2, -0.4, 0.4, 1.2])
"""Where one step of the scale ends and the next begins."""

REST = 0.7
"""The standard deviation of what neither rater nor face explains."""

_MANY = 4_000


@dataclass(frozen=True)
class Likert:
    """Some raters, and the faces that they judge; every effect is normal, with this standard deviation.

    Attributes:
        raters: How many.
        identities: How many identities.
        each: How many faces of an identity, each with another driver.
        drivers: How many drivers.
        unlike: How raters differ from each other.
        tastes: How raters differ in what they think of one release.
        by_identity: How identities differ.
        by_driver: How drivers differ.
        by_face: How the faces of one identity and driver differ from release to release.
        half_done: How many raters leave out half of their faces, at random.
    """

    raters: int
    identities: int
    each: int = 1
    drivers: int = 0
    unlike: float = 0.5
    tastes: float = 0.2
    by_identity: float = 0.5
    by_driver: float = 0.3
    by_face: float = 0.3
    half_done: int = 0

    @property
    def means(self) -> dict[str, float]:
        """The mean answer about the faces of each release, of all raters and faces that there are."""
        parts = (self.unlike, self.tastes, self.by_identity, self.by_driver, self.by_face, REST)
        spread = float(np.sqrt(np.square(parts).sum()))
        return {label: float(1 + stats.norm.sf(CUTS, level, spread).sum()) for label, level in LEVELS.items()}


@dataclass(frozen=True)
class Drawn:
    """Raters that were drawn.

    Attributes:
        answers: What they answered.
        faces: The faces.
        alpha: Their agreement, were very many faces judged.
    """

    answers: list[Answer]
    faces: Mapping[FaceId, Face]
    alpha: float


def draw(of: Likert, generator: np.random.Generator) -> Drawn:
    """Raters, and what they answer."""
    skills = generator.normal(scale=of.unlike, size=of.raters)
    tastes = generator.normal(scale=of.tastes, size=(len(LEVELS), of.raters))
    drivers = of.drivers or of.identities * of.each
    whose = np.repeat(np.arange(of.identities), of.each)
    whence = np.concatenate([generator.permutation(drivers)[: of.each] for _ in range(of.identities)])
    if drivers == len(whose):
        whence = np.arange(drivers)
    steps = _steps(of, skills, tastes, whose, whence, generator)
    answers, faces = [], {}
    for number, label in enumerate(LEVELS):
        for case, (identity, driver) in enumerate(zip(whose, whence, strict=True)):
            face = Face(FaceId(label, f"p{case}", "expressive"), f"i{identity}", f"d{driver}", "", "", {}, {})
            faces[face.id] = face
            answers += [
                Answer(f"r{rater}", face.id, REALISM, str(steps[number, rater, case]))
                for rater in range(of.raters)
                if rater >= of.half_done or generator.random() < 0.5
            ]
    many = _steps(of, skills, tastes, np.arange(_MANY), np.arange(_MANY), generator)
    subjects = np.broadcast_to(np.arange(len(LEVELS) * _MANY).reshape(len(LEVELS), 1, _MANY), many.shape)
    alpha = krippendorff_alpha(many.ravel(), subjects.ravel().tolist(), [0] * many.size).value
    return Drawn(answers, faces, alpha)


def _steps(
    of: Likert,
    skills: Floats,
    tastes: Floats,
    whose: npt.NDArray[np.int64],
    whence: npt.NDArray[np.int64],
    generator: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """What each rater answers about each face; shape (releases, raters, cases)."""
    identity = generator.normal(scale=of.by_identity, size=int(whose.max()) + 1)[whose]
    driver = generator.normal(scale=of.by_driver, size=int(whence.max()) + 1)[whence]
    face = generator.normal(scale=of.by_face, size=(len(LEVELS), 1, len(whose)))
    rest = generator.normal(scale=REST, size=(len(LEVELS), of.raters, len(whose)))
    level = np.array([*LEVELS.values()])[:, None, None]
    seen = level + skills[:, None] + tastes[:, :, None] + identity + driver + face + rest
    return 1 + np.searchsorted(CUTS, seen)
