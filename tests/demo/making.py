"""Faces, sources and figures that several tests of demo faces need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from synpain_hf.errors import Problem
from synpain_hf.generation.drawn.action_units import AT_REST, Units
from synpain_hf.generation.drawn.drawing.geometry import Face
from synpain_hf.generation.drawn.drawing.portrait import Take, draw_portrait
from synpain_hf.generation.drawn.identity import Identity, draw_identity
from synpain_hf.pair import Pair
from synpain_hf.sources import Source

Pixels = npt.NDArray[np.int16]
Numbers = npt.NDArray[np.float64]

PAIRS = 10
"""Of the shared download: of each kind of file and gutter that there is."""

SIZE = (656, 736)
EYES_AT = 318
"""The row of the eyes of a face that is neither tilted nor shifted."""

TAKE = Take(wall=(0.7, 0.7, 0.7), far_wall=(0.6, 0.6, 0.6), light=0.3, tilt=0, shift=(0, 0), scale=1, tint=(1, 1, 1))

PEOPLE = (("young", "man", "white"), ("old", "woman", "black"), ("young", "woman", "east_asian"))
"""Groups of a few drawn people."""


@cache
def person(group: tuple[str, str, str], seed: int = 0) -> Identity:
    """Somebody of a group; the same for the same seed."""
    return draw_identity(np.random.default_rng(seed), *group)


def portrait(who: Identity, units: Units, contrast: Mapping[str, float] | None = None) -> Pixels:
    """A single face, always taken alike; units that are not named are at rest."""
    face = Face.of(who, {**AT_REST, **units}, contrast or {})
    return draw_portrait(face, TAKE, *SIZE).astype(np.int16)


def difference(one: Pixels, other: Pixels) -> int:
    """The summed absolute difference of two pictures."""
    return int(np.abs(one - other).sum())


def score_of(units: Units) -> float:
    """PSPI, written from its definition."""
    return units["AU4"] + max(units["AU6"], units["AU7"]) + max(units["AU9"], units["AU10"]) + units["AU43"]


def pairs_of(source: Source) -> list[Pair]:
    """The entries of a source, all of which are pairs."""
    entries = list(source)
    assert not [entry for entry in entries if isinstance(entry, Problem)]
    return [entry for entry in entries if isinstance(entry, Pair)]


def auroc(scores: Sequence[float], is_pain: Sequence[bool]) -> float:
    """How often a pair with pain scores higher than one without: the Mann-Whitney U statistic, from ranks."""
    values, positive = np.asarray(scores, float), np.asarray(is_pain, bool)
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    hits, misses = int(positive.sum()), int((~positive).sum())
    return float((ranks[positive].sum() - hits * (hits + 1) / 2) / (hits * misses))
