"""`oracle`: the identity drawn anew with the driver's action units; for demo faces alone.

It is the truth that other methods are measured against: the same person in the same pose, light and frame as in its
neutral picture, with the units that the driver shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, cast

import numpy as np

from synpain_hf.errors import PictureError
from synpain_hf.generation.transfer.methods.method import Drawing, Method, Request
from synpain_hf.imaging.png import Pixels
from synpain_hf.vocabulary import DrawingStyle

_WALL: Final = 12
"""Columns on the left, and rows at the top, in which hardly anything but the wall is seen."""

_MOST_DIFFERENCE: Final = 6.0
"""Between the wall as it is and as it is drawn now, in the median, of 255; JPEG changes less."""


_ANEW: Final = "draw the demo faces again"


class Oracle(Method):
    """Draws the identity with the driver's units."""

    name: ClassVar[str] = "oracle"
    version: ClassVar[int] = 1
    libraries: ClassVar[Sequence[str]] = ("numpy", "skia-python")
    source_type: ClassVar[str] = "algorithmicMedia"

    def draw(self, request: Request) -> Pixels:
        """Draw the identity with the driver's expression.

        Raises:
            PictureError: If the identity is no demo face, or not as it was drawn, or a unit of the driver is unknown.
            MissingExtraError: If the drawing library cannot be loaded.
        """
        from synpain_hf.generation.drawn.action_units import ACTION_UNITS
        from synpain_hf.generation.drawn.style import STYLES

        if request.drawing is None:
            raise PictureError("is no demo face, which alone can be drawn anew; use --method warp")
        if request.drawing.style not in STYLES:
            raise PictureError(f"is drawn in a style that this version does not know; {_ANEW}")
        unknown = [unit for unit in ACTION_UNITS if unit not in request.units]
        if unknown:
            raise PictureError(f"is driven by a face whose {unknown[0]} is not known; use --method warp")
        units = {unit: request.units[unit] for unit in ACTION_UNITS}
        drawn = _drawn(request.drawing, units, request.label)
        height, width = request.identity.pixels.shape[:2]
        if height != drawn.shape[0] or width > drawn.shape[1] // 2:
            raise PictureError(f"has {width} x {height} pixels, not as it was drawn; build it without --image-size")
        drawn = drawn[:, :width]
        difference = drawn.astype(np.int16) - request.identity.pixels
        wall = np.concatenate([difference[:, :_WALL].ravel(), difference[:_WALL].ravel()])
        if float(np.median(np.abs(wall))) > _MOST_DIFFERENCE:
            raise PictureError(f"is drawn otherwise by this version; {_ANEW}")
        return np.ascontiguousarray(drawn)


def _drawn(drawing: Drawing, units: dict[str, float], label: str) -> Pixels:
    """The composite of a subject that shows some units in the place of its neutral face."""
    from synpain_hf.generation.drawn.action_units import AT_REST
    from synpain_hf.generation.drawn.bias import PlantedBias
    from synpain_hf.generation.drawn.cast import Subject
    from synpain_hf.generation.drawn.composites import draw_composite
    from synpain_hf.generation.drawn.expressions import Expression

    subject = Subject(
        number=drawing.number,
        label=label,
        age_group=drawing.age_group,
        gender=drawing.gender,
        ethnicity=drawing.ethnicity,
        neutral=Expression(label, units),
        expressive=Expression(label, AT_REST),  # biases of a label go by its kind
        fold=0,
    )
    biases = [PlantedBias(**bias) for bias in drawing.biases]
    return draw_composite(subject, drawing.seed, biases, cast("DrawingStyle", drawing.style))
