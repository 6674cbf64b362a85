"""Where the parts of a face are, for an identity and the strength of its action units.

The origin is the middle between the eyes, y points down, lengths are in pixels. Each action unit moves what it moves in
the Facial Action Coding System (Ekman, Friesen and Hager, 2002), in proportion to its strength.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from synpain_hf.generation.drawn.action_units import STRONGEST, Units
from synpain_hf.generation.drawn.drawing.canvas import Point, arch
from synpain_hf.generation.drawn.identity import Identity

_LIDS = ("AU6", "AU7", "AU43")
_GIVES = 0.35
"""How much less an action unit still moves what is pulled all the way at rest; lids move to their end, no further."""
_LINED = (0.35, 0.5)
"""How visible the furrows of what pulls at rest are, on the youngest and added with age."""


@dataclass(frozen=True)
class Face:
    """An identity with an expression.

    Attributes:
        who: The identity.
        shown: Strength of each action unit from 0 to 1: the expression alone.
        units: The same with what pulls at rest, as it moves the face; 0 is what lies in the middle of all people.
        marks: Strength from 0 to 1 of the furrows and bulges that each causes.
    """

    who: Identity
    shown: Units
    units: Units
    marks: Units

    @classmethod
    def of(cls, who: Identity, units: Units, contrast: Mapping[str, float]) -> Face:
        """A face from action units of 0 to 5.

        Args:
            who: The identity.
            units: Each action unit's intensity, 0 to 5.
            contrast: Factor of how visible a unit's furrows are; 1 where it is not named.
        """
        shown = {unit: value / STRONGEST for unit, value in units.items()}
        rest = {unit: who.rest[unit] / STRONGEST for unit in units}
        moved = {unit: _added(rest[unit], value, 1.0 if unit in _LIDS else _GIVES) for unit, value in shown.items()}
        lined = _LINED[0] + _LINED[1] * who.age
        marks = {
            unit: _added(lined * max(rest[unit], 0.0), value * contrast.get(unit, 1.0), 1.0)
            for unit, value in shown.items()
        }
        return cls(who, shown, moved, marks)

    @property
    def jaw_drop(self) -> float:
        """How far the chin is lowered."""
        return 34 * self.units["AU26"]

    @property
    def chin(self) -> float:
        """Position of the chin."""
        return 196 * self.who.length + self.jaw_drop

    @property
    def outline(self) -> list[Point]:
        """Right half of the head's outline, from the top to the chin."""
        who, width, drop = self.who, self.who.head_width, self.jaw_drop
        sag = 6 * who.age
        return [
            (0, -172 * who.forehead),
            (58 * width, -160 * who.forehead),
            (106 * width, -116),
            (127 * width, -50),
            (127 * width * who.cheek, 20),
            (121 * width * who.cheek, 74 + 0.15 * drop),
            (105 * width * who.jaw + 0.7 * sag, 122 * who.length + 0.55 * drop),
            (80 * width * who.jaw + 0.5 * sag, 161 * who.length + 0.85 * drop),
            (44 * who.chin, 188 * who.length + drop),
            (0, self.chin),
        ]

    def brow(self, side: int) -> list[Point]:
        """An eyebrow's middle line, from its inner end; `side` is -1 on the left, 1 on the right."""
        who, au = self.who, self.units
        inner, outer, lower, wrinkle = (au[unit] for unit in ("AU1", "AU2", "AU4", "AU9"))
        y = who.brow_height + 4 * side * who.uneven.brow
        return [
            (side * (24 - 9 * lower - wrinkle), y + 4 - 17 * inner + 15 * lower + 5 * wrinkle),
            (side * (44 - 6 * lower), y - 3 - 0.4 * who.brow_arch - 13 * inner - 6 * outer + 14 * lower + 3 * wrinkle),
            (side * (72 - 2 * lower), y - 4 - who.brow_arch - 6 * inner - 15 * outer + 9 * lower),
            (side * 102, y + 8 - inner - 15 * outer + 3 * lower + 5 * who.age),
        ]

    @property
    def lid_at_rest(self) -> float:
        """Height of the upper lid's edge over the eye's axis, before the eye closes."""
        who, au = self.who, self.units
        wide = 1 + 0.22 * max(au["AU1"], au["AU2"])
        tight = (1 - 0.42 * au["AU7"]) * (1 - 0.10 * au["AU6"]) * (1 - 0.08 * au["AU4"]) * (1 - 0.12 * au["AU9"])
        return 15 * who.eye_height * wide * tight * (1 - 0.16 * who.age)

    @property
    def lower_lid(self) -> float:
        """How far the lower lid's edge is below the eye's axis."""
        return 9 * self.who.eye_height * (1 - 0.55 * self.units["AU7"]) * (1 - 0.55 * self.units["AU6"])

    @property
    def upper_lid(self) -> float:
        """Height of the upper lid's edge; closing, it comes down to the lower lid."""
        shut = self.units["AU43"]
        return self.lid_at_rest * (1 - shut) - 0.75 * self.lower_lid * shut

    @property
    def nose_wing(self) -> Point:
        """The right wing of the nose."""
        who, au = self.who, self.units
        return (
            25 * who.nose_width + 4 * au["AU9"] + 3 * au["AU10"] + 2 * au["AU12"],
            86 * who.nose_length - 9 * au["AU9"] - 5 * au["AU10"],
        )

    @property
    def nose_tip(self) -> float:
        """Position of the tip of the nose."""
        return 92 * self.who.nose_length - 5 * self.units["AU9"] - 2 * self.units["AU10"]

    @property
    def mouth_corner(self) -> Point:
        """The right corner of the mouth."""
        who, au = self.who, self.units
        return (
            who.mouth_width + 17 * au["AU12"] + 20 * au["AU20"] - 3 * au["AU25"] * au["AU26"] - 7 * au["AU26"],
            who.mouth_height - 20 * au["AU12"] + 17 * au["AU15"] + 4 * au["AU20"] + 10 * au["AU26"],
        )

    @property
    def mouth_gap(self) -> float:
        """How far the lips are apart in the middle; at rest they are shut."""
        au = self.shown
        return 11 * au["AU25"] + 30 * au["AU26"] + 9 * au["AU10"] + 2 * au["AU9"] + 3 * au["AU12"] * au["AU25"]

    @property
    def upper_lip_top(self) -> float:
        """Upper edge of the upper lip."""
        au = self.units
        raised = 13 * au["AU10"] + 5 * au["AU9"] + 3 * au["AU12"] + 2 * au["AU25"] - 2 * au["AU20"]
        return self.who.mouth_height - self.who.upper_lip - raised

    @property
    def upper_lip_edge(self) -> float:
        """Lower edge of the upper lip."""
        au = self.units
        raised = 13 * au["AU10"] + 5 * au["AU9"] + 2 * au["AU12"] + 3 * au["AU25"] + 2 * au["AU26"]
        return self.who.mouth_height - raised

    @property
    def lower_lip_edge(self) -> float:
        """Upper edge of the lower lip."""
        return self.upper_lip_edge + self.mouth_gap

    @property
    def lower_lip_bottom(self) -> float:
        """Lower edge of the lower lip."""
        stretched = 1 - 0.3 * self.units["AU20"] - 0.15 * self.units["AU12"]
        return self.lower_lip_edge + self.who.lower_lip * stretched

    @property
    def nasolabial_depth(self) -> float:
        """How deep the fold from the nose to the mouth is."""
        weights = {"AU10": 0.75, "AU12": 0.65, "AU9": 0.45, "AU20": 0.25, "AU6": 0.25, "AU15": 0.2}
        return min(1.5, 0.10 + 0.55 * self.who.age + sum(self.marks[unit] * part for unit, part in weights.items()))

    def lip_line(self, middle: float, follow: float, inset: float = 0.0) -> list[Point]:
        """A line from corner to corner of the mouth.

        Args:
            middle: Its height in the middle.
            follow: How much of the corner's height it has halfway, from 0 to 1.
            inset: How far inside the corners it ends.
        """
        x, y = self.mouth_corner
        return arch([(0, middle), (0.5 * x, middle + follow * (y - middle)), (x - inset, y)])


def _added(at_rest: float, shown: float, gives: float) -> float:
    """What pulls at rest and what is shown together; `gives` 1 for what ends at 1, 0 for what never does."""
    return at_rest + shown * (1 - gives * at_rest)
