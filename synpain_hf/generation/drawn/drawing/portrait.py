"""A whole portrait: head and shoulders in front of a wall, as a camera sees them in one shot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import skia

from synpain_hf.generation.drawn.colour import Colour, Skin
from synpain_hf.generation.drawn.drawing.body import draw_body
from synpain_hf.generation.drawn.drawing.canvas import Canvas
from synpain_hf.generation.drawn.drawing.eyes import draw_brow, draw_eye
from synpain_hf.generation.drawn.drawing.geometry import Face
from synpain_hf.generation.drawn.drawing.hair import draw_beard, draw_hair_behind, draw_hair_in_front
from synpain_hf.generation.drawn.drawing.head import draw_ears, draw_head
from synpain_hf.generation.drawn.drawing.mouth import draw_mouth
from synpain_hf.generation.drawn.drawing.nose import draw_nose

_SCALE = 1.12
_EYES_AT = 318
_NECK_AT = 190
_CORNER_LOWER = 2.2
"""By how many degrees a mouth is turned whose one corner is lower, where a face is most uneven."""


@dataclass(frozen=True)
class Take:
    """What differs between two pictures of one person.

    Attributes:
        wall: Colour of the wall where the light falls.
        far_wall: Its colour where it does not.
        light: Where the light comes from: -1 left to 1 right.
        tilt: Of the head, in degrees.
        shift: Of the person, in pixels.
        scale: Factor of the size.
        tint: Factor of each colour channel.
    """

    wall: Colour
    far_wall: Colour
    light: float
    tilt: float
    shift: tuple[float, float]
    scale: float
    tint: Colour


def draw_portrait(face: Face, take: Take, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Draw a portrait.

    Args:
        face: Who is drawn, and with which expression.
        take: How the picture is taken.
        width: Of the picture, in pixels; the face is made for 656 x 736.
        height: Of the picture, in pixels.

    Returns:
        Shape (height, width, 3), uint8, RGB.
    """
    canvas = Canvas(skia.Surface(width, height))
    skin, light = Skin.of(face.who.skin), take.light
    wall = skia.Path()
    wall.addRect(skia.Rect.MakeWH(width, height))
    centre = (width * (0.5 + 0.25 * light), 0.35 * height)
    canvas.shaded(wall, centre, 0.9 * width, [(take.wall, 0), (take.far_wall, 1)])
    canvas.skia.translate(width / 2 + take.shift[0], _EYES_AT + take.shift[1])
    canvas.skia.scale(_SCALE * take.scale, _SCALE * take.scale)
    draw_hair_behind(canvas, face)
    draw_body(canvas, face, skin)
    canvas.skia.rotate(take.tilt, 0, _NECK_AT)
    draw_ears(canvas, face, skin)
    draw_head(canvas, face, skin, light)
    for side in (-1, 1):
        draw_eye(canvas, face, skin, light, side)
    for side in (-1, 1):
        draw_brow(canvas, face, skin, side)
    draw_nose(canvas, face, skin, light)
    with canvas.turned(_CORNER_LOWER * face.who.uneven.corner, (0, face.who.mouth_height)):
        draw_mouth(canvas, face, skin, light)
    draw_beard(canvas, face, skin)
    draw_hair_in_front(canvas, face, light)
    tinted = canvas.pixels() * np.asarray(take.tint, np.float32)
    return np.clip(tinted, 0, 255).astype(np.uint8)
