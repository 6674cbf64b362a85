"""Who is in a set of demo faces: groups in the paper's proportions, an expression for each face, names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synpain_hf.configurations import assign_folds
from synpain_hf.errors import UsageError
from synpain_hf.generation.drawn.expressions import Expression, draw_expressions
from synpain_hf.pair import MAX_SEED
from synpain_hf.pspi import pspi
from synpain_hf.vocabulary import CLASSES, ID_DIGITS

MAX_PAIRS = 9_999
"""The number of a pair takes up four digits of its ID."""

PAPER_PAIRS = {"old": 2_895, "young": 2_460}
"""Pairs of each age group in the official data set (arXiv 2507.19673)."""

_JPEG_IN_FIFTEEN = 3
_OF_FIFTEEN = 15
_REST_CHANCE = 1.5


@dataclass(frozen=True)
class Subject:
    """One drawn identity and its two faces.

    Attributes:
        number: Its place in the set; it also seeds its appearance.
        label: What it is labelled as.
        age_group: `young` or `old`.
        gender: `man` or `woman`.
        ethnicity: As in the vocabulary.
        neutral: The truth of its neutral face.
        expressive: The truth of its expressive face.
        fold: 0 to 4.
    """

    number: int
    label: str
    age_group: str
    gender: str
    ethnicity: str
    neutral: Expression
    expressive: Expression
    fold: int

    @property
    def shown(self) -> str:
        """The label of what its expressive face shows, whatever it is labelled as."""
        return "pain" if self.expressive.kind == "pain" else "no_pain"

    @property
    def is_jpeg(self) -> bool:
        """Whether its composite is JPEG data, as 3 in 15 official ones are; the others are PNG data."""
        return self.number % _OF_FIFTEEN < _JPEG_IN_FIFTEEN

    @property
    def pair_id(self) -> str:
        """Its ID in the official form: 1, four digits for its labels, four for its number, one for its format."""
        digits = ["1"] * (len(ID_DIGITS) + 1)
        for column, place in ID_DIGITS.items():
            digits[place] = str(CLASSES[column].index(getattr(self, column)))
        return f"{''.join(digits)}{self.number:04d}{int(self.is_jpeg)}"

    @property
    def file_name(self) -> str:
        """Its composite's name in the official form, with the ending `.jpg` whatever it holds."""
        gender = self.gender.title() if self.is_jpeg else self.gender
        label = {"pain": "Pain", "no_pain": "NoPain"}[self.label]
        return f"{self.pair_id}_{label}_{gender}_{self.age_group.title()}.jpg"


def cast(pairs: int, seed: int) -> list[Subject]:
    """Draw the subjects of a set.

    Age groups have the paper's proportion; within each, the cells of label, gender and ethnicity differ by one pair at
    most. Folds are balanced over the cells too.

    Args:
        pairs: How many, 1 to 9,999.
        seed: Draws everything; 0 to 2**63 - 1.

    Raises:
        UsageError: If the number of pairs or the seed is out of range.
    """
    if not 1 <= pairs <= MAX_PAIRS:
        raise UsageError(f"{pairs:,} demo pairs cannot be drawn; choose 1 to {MAX_PAIRS:,}")
    if not 0 <= seed <= MAX_SEED:
        raise UsageError(f"the seed {seed} cannot be used; choose 0 to {MAX_SEED}")
    rng = np.random.default_rng((seed, 0))
    groups = list(_groups(pairs))
    faces = {label: iter(_faces(rng, label, sum(group[1] == label for group in groups))) for label in CLASSES["label"]}
    order = [groups[int(place)] for place in rng.permutation(pairs)]
    folds = assign_folds({f"{number:04d}": group for number, group in enumerate(order)}, seed)
    return [
        Subject(number, label, age_group, gender, ethnicity, *next(faces[label]), folds[f"{number:04d}"])
        for number, (age_group, label, gender, ethnicity) in enumerate(order)
    ]


def _faces(rng: np.random.Generator, label: str, count: int) -> list[tuple[Expression, Expression]]:
    """The neutral and the expressive face of each subject of a label.

    Neutral faces are alike whatever the label, so that they reveal nothing about it; within a label, subjects who show
    more in expression tend to show more at rest.
    """
    expressive = draw_expressions(rng, label, count)
    neutral = sorted(draw_expressions(rng, "neutral", count), key=lambda face: pspi(face.units))
    scores = np.array([pspi(face.units) for face in expressive])
    order = np.argsort(scores + rng.normal(0, _REST_CHANCE, count), kind="stable")
    pairs = [(at_rest, expressive[place]) for at_rest, place in zip(neutral, order, strict=True)]
    return [pairs[int(place)] for place in rng.permutation(count)]


def _groups(pairs: int) -> Iterator[tuple[str, str, str, str]]:
    """Age group, label, gender and ethnicity of each pair, cell after cell in turn."""
    old = round(pairs * PAPER_PAIRS["old"] / sum(PAPER_PAIRS.values()))
    labels, genders, ethnicities = (CLASSES[column] for column in ("label", "gender", "ethnicity"))
    for age_group, count in (("old", old), ("young", pairs - old)):
        for place in range(count):
            # 20 consecutive places are the 20 cells; a few consecutive places differ as much as they can
            yield age_group, labels[(place + 1) % 2], genders[place // 2 % 2], ethnicities[place % 5]
