"""How a face looks at rest: as if some action units pulled a little already, more so with age.

Brows sit low on one person and high on another, lids droop, corners of the mouth turn up or down. Such a face looks
like one that shows something, and only the same person's neutral face tells the two apart. What pulls at rest is no
action unit: units are changes from rest, and the truth of a face holds those alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from synpain_hf.generation.drawn.action_units import ACTION_UNITS, Units


class Pull(NamedTuple):
    """How a face at rest differs between people, as intensities of a unit that would look alike.

    Attributes:
        young: Mean of the young; below 0, the face looks like the contrary of the unit.
        old: Mean of the old.
        spread: Standard deviation between people of an age.
        least: The furthest that it goes to the contrary.
        stern: What one standard deviation of looking stern adds; that pulls at several units together.
    """

    young: float
    old: float
    spread: float
    least: float
    stern: float


class Uneven(NamedTuple):
    """How much lower a part of the face is on the right than on the left, from -1 to 1.

    Attributes:
        brow: The eyebrow.
        lid: The edge of the upper lid.
        corner: The corner of the mouth.
    """

    brow: float
    lid: float
    corner: float


PULLS: Mapping[str, Pull] = {
    "AU1": Pull(0.0, 0.0, 1.0, -2.0, -0.4),
    "AU2": Pull(0.0, -0.2, 0.9, -2.0, -0.5),
    "AU4": Pull(0.0, 0.4, 1.6, -3.0, 1.1),
    "AU6": Pull(0.0, 0.3, 1.2, -2.0, 0.6),
    "AU7": Pull(0.0, 0.3, 1.4, -1.5, 0.8),
    "AU9": Pull(0.0, 0.2, 1.2, -2.0, 0.8),
    "AU10": Pull(0.0, 0.2, 1.2, -2.0, 0.8),
    "AU12": Pull(0.0, -0.3, 1.3, -3.0, -0.6),
    "AU15": Pull(0.0, 0.8, 1.3, -2.0, 0.3),
    "AU20": Pull(0.0, 0.0, 1.0, -2.0, 0.5),
    "AU43": Pull(0.2, 0.7, 1.2, -0.8, 0.9),
}
"""What pulls at rest; chosen so that faces look like people, and one face alone misleads. Lips are shut."""

MOST = 3.0
"""Greatest pull."""

_FURTHEST = 2.2
_UNEVEN = {"young": 0.5, "old": 1.0}


def draw_rest(rng: np.random.Generator, age_group: str) -> Units:
    """Draw what pulls at a person's resting face.

    Args:
        rng: Draws everything.
        age_group: `young` or `old`.

    Returns:
        An intensity for each action unit, from -3 to 3; 0 for the lips' parting and the jaw.

    Example:
        >>> rest = draw_rest(np.random.default_rng(0), "old")
        >>> rest["AU26"], -3 <= rest["AU4"] <= 3
        (0.0, True)
    """
    stern = _normal(rng)
    rest = dict.fromkeys(ACTION_UNITS, 0.0)
    for unit, pull in PULLS.items():
        mean = pull.old if age_group == "old" else pull.young
        rest[unit] = float(np.clip(mean + pull.spread * _normal(rng) + pull.stern * stern, pull.least, MOST))
    return rest


def draw_unevenness(rng: np.random.Generator, age_group: str) -> Uneven:
    """Draw how uneven a face is; the old are twice as uneven as the young."""
    most = _UNEVEN[age_group]
    return Uneven(*(most * _normal(rng) / _FURTHEST for _ in range(3)))


def _normal(rng: np.random.Generator) -> float:
    """A normal draw, cut so that no one is a caricature."""
    return float(np.clip(rng.normal(), -_FURTHEST, _FURTHEST))
