"""Who is drawn: everything in a face that an expression does not change.

Lengths are in pixels of a face 656 x 736 pixels large, before the camera's scale; factors are around 1. Features vary
by identity, and by group only where the group is defined by them: age by lines, hair and sagging, gender by proportions
and styles that overlap, ethnicity by a range of skin tones (Monk scale) that overlaps with others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from synpain_hf.generation.drawn.action_units import Units
from synpain_hf.generation.drawn.colour import Colour, from_hex, mix
from synpain_hf.generation.drawn.resting import Uneven, draw_rest, draw_unevenness

MONK = tuple(
    from_hex(tone)
    for tone in (
        "f6ede4", "f3e7db", "f7ead0", "eadaba", "d7bd96", "a07e56", "825c43", "604134", "3a312a", "292420",
    )
)  # fmt: skip
"""The ten tones of the Monk Skin Tone scale, lightest first (skintone.google; CC BY 4.0)."""

SKIN_TONES = {
    "black": (5.6, 9.0),
    "south_asian": (4.4, 7.4),
    "middle_eastern": (3.0, 6.0),
    "white": (0.2, 3.6),
    "east_asian": (1.0, 4.4),
}
"""First and last position on the Monk scale, by ethnicity; drawn evenly between them."""

_DARK_HAIR = (from_hex("120e0d"), from_hex("1c1410"), from_hex("2e1c12"))
_MORE_HAIR = {
    "white": (from_hex("57361f"), from_hex("8c6133"), from_hex("b28a52"), from_hex("6b2e17")),
    "middle_eastern": (from_hex("3d2617"),),
}
_WHITE_HAIR = from_hex("cccac7")
_BROWN_EYES = (from_hex("331f12"), from_hex("452b17"))
_MORE_EYES = {"white": (from_hex("546b7a"), from_hex("5c6b47"), from_hex("6b4d26"))}
_BLOOD = from_hex("d49e80")
_LIP = from_hex("9e383d")

HAIR_STYLES = {
    "woman": ("long", "bob", "bun", "wavy", "short"),
    "man": ("short", "crop", "side", "receding", "bald", "short"),
}
BEARDS = ("", "", "stubble", "full", "moustache")
COLLARS = ("crew", "vee", "shirt")

T = TypeVar("T")


@dataclass(frozen=True)
class Identity:
    """A drawn person.

    Attributes:
        skin: Skin colour.
        hair: Hair colour.
        iris: Eye colour.
        lip: Colour of the lower lip.
        cloth: Colour of the clothing.
        age: 0 young to 1 very old: lines, sagging, droop of the lids.
        is_woman: Whether lashes are drawn.
        head_width: Factor of the head's width.
        cheek: Factor of the width at the cheekbones.
        jaw: Factor of the width at the jaw.
        chin: Factor of the chin's width.
        length: Factor of the face's length below the eyes.
        forehead: Factor of its height above them.
        eye_distance: From the middle to the centre of an eye.
        eye_width: Half the width of an eye.
        eye_height: Factor of its opening.
        eye_tilt: How much lower the outer corner is.
        lid_fold: How much the fold hides of the upper lid, 0 to 1.
        brow_thickness: Of the eyebrow.
        brow_arch: How much higher its middle is.
        brow_height: Its position (negative: above the eyes).
        nose_width: Factor.
        nose_length: Factor.
        nose_bridge: Factor of the bridge's width.
        mouth_width: Half the width of the mouth.
        mouth_height: Its position below the eyes.
        upper_lip: Height of the upper lip.
        lower_lip: Height of the lower lip.
        ear: Factor of the ears' size.
        neck: Half the width of the neck.
        shoulders: Half the width of the shoulders.
        hair_style: One of `HAIR_STYLES`.
        beard: One of `BEARDS`.
        collar: One of `COLLARS`.
        moles: Position and radius of each mole.
        texture: Seed of the hairs.
        rest: What pulls at the face at rest, as intensities of action units that would look alike.
        uneven: How its two halves differ.
    """

    skin: Colour
    hair: Colour
    iris: Colour
    lip: Colour
    cloth: Colour
    age: float
    is_woman: bool
    head_width: float
    cheek: float
    jaw: float
    chin: float
    length: float
    forehead: float
    eye_distance: float
    eye_width: float
    eye_height: float
    eye_tilt: float
    lid_fold: float
    brow_thickness: float
    brow_arch: float
    brow_height: float
    nose_width: float
    nose_length: float
    nose_bridge: float
    mouth_width: float
    mouth_height: float
    upper_lip: float
    lower_lip: float
    ear: float
    neck: float
    shoulders: float
    hair_style: str
    beard: str
    collar: str
    moles: tuple[tuple[float, float, float], ...]
    texture: int
    rest: Units
    uneven: Uneven


def draw_identity(rng: np.random.Generator, age_group: str, gender: str, ethnicity: str) -> Identity:
    """Draw a person of a group.

    Args:
        rng: Draws everything that varies.
        age_group: `young` or `old`.
        gender: `man` or `woman`.
        ethnicity: One of `SKIN_TONES`.
    """
    old, woman = age_group == "old", gender == "woman"

    def around(centre: float, spread: float) -> float:
        """A normal draw, cut at 2.2 standard deviations so that no one is a caricature."""
        return centre * (1 + spread * float(np.clip(rng.normal(), -2.2, 2.2)))

    def between(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    skin = _skin(between(*SKIN_TONES[ethnicity]))
    hair = _one_of(rng, (*_DARK_HAIR, *_MORE_HAIR.get(ethnicity, ())))
    if old:
        hair = mix(hair, _WHITE_HAIR, between(0.55, 1.0))
    cloth = _rgb(rng.uniform(0.15, 0.95, 3))
    thinner = 0.75 if old else 1.0
    return Identity(
        skin=skin,
        hair=hair,
        iris=_one_of(rng, (*_BROWN_EYES, *_MORE_EYES.get(ethnicity, ()))),
        lip=mix(skin, _LIP, between(0.28, 0.50) if woman else between(0.20, 0.36)),
        cloth=mix(cloth, (sum(cloth) / 3,) * 3, 0.45),
        age=between(0.65, 1.0) if old else between(0.0, 0.16),
        is_woman=woman,
        head_width=around(0.97 if woman else 1.0, 0.04),
        cheek=around(1.0, 0.035),
        jaw=around(0.93 if woman else 1.0, 0.06),
        chin=around(0.90 if woman else 1.0, 0.12),
        length=around(0.98 if woman else 1.0, 0.035),
        forehead=around(1.0, 0.05),
        eye_distance=around(60, 0.035),
        eye_width=around(31, 0.06),
        eye_height=around(1.06 if woman else 1.0, 0.10),
        eye_tilt=-1 + 1.6 * float(np.clip(rng.normal(), -2, 2)),
        lid_fold=between(0, 1),
        brow_thickness=between(5.5, 8) if woman else between(8, 12.5),
        brow_arch=between(3, 9) if woman else between(0, 6),
        brow_height=around(-46 if woman else -43, 0.06),
        nose_width=around(1.0, 0.11),
        nose_length=around(1.0, 0.06),
        nose_bridge=between(0.6, 1.2),
        mouth_width=around(48, 0.07),
        mouth_height=around(132, 0.022),
        upper_lip=between(7, 12) * thinner,
        lower_lip=between(10, 16) * thinner,
        ear=around(1.1 if old else 1.0, 0.08),
        neck=around(62 if woman else 74, 0.06),
        shoulders=around(215 if woman else 255, 0.05),
        hair_style=_one_of(rng, HAIR_STYLES[gender]),
        beard="" if woman else _one_of(rng, BEARDS),
        collar=_one_of(rng, COLLARS),
        moles=tuple((between(-90, 90), between(-90, 150), between(1.2, 2.4)) for _ in range(int(rng.integers(0, 4)))),
        texture=int(rng.integers(2**31)),
        rest=draw_rest(rng, age_group),
        uneven=draw_unevenness(rng, age_group),
    )


def _skin(tone: float) -> Colour:
    """A colour between two of the Monk scale, a little redder, like skin in warm light."""
    step = min(int(tone), len(MONK) - 2)
    return mix(mix(MONK[step], MONK[step + 1], tone - step), _BLOOD, 0.24 if tone < 4 else 0.14)


def _one_of(rng: np.random.Generator, choices: tuple[T, ...]) -> T:
    return choices[int(rng.integers(len(choices)))]


def _rgb(values: npt.NDArray[Any]) -> Colour:
    red, green, blue = (float(value) for value in values)
    return red, green, blue
