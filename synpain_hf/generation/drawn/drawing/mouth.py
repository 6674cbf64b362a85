"""The mouth: lips, teeth and tongue."""

from __future__ import annotations

import skia

from synpain_hf.generation.drawn.colour import Colour, Skin, mix, shade
from synpain_hf.generation.drawn.drawing.canvas import (
    Canvas,
    Point,
    arch,
    between,
    close_path,
    ellipse,
    mirrored,
    sampled,
)
from synpain_hf.generation.drawn.drawing.geometry import Face

_INSIDE: Colour = (0.16, 0.04, 0.05)
_TEETH: tuple[Colour, Colour] = ((0.95, 0.93, 0.88), (0.90, 0.85, 0.74))
_TONGUE: Colour = (0.66, 0.27, 0.28)
_OPEN = 1.5
_TONGUE_SHOWS = 16.0
_CUPIDS_BOW = 2.4


def draw_mouth(canvas: Canvas, face: Face, skin: Skin, light: float) -> None:
    """Draw the mouth."""
    lip, (x, y) = face.who.lip, face.mouth_corner
    upper_edge = sampled(face.lip_line(face.upper_lip_edge, 0.30, 2), 30)
    lower_edge = sampled(face.lip_line(face.lower_lip_edge, 0.25, 2), 30)
    outline = sampled(_upper_outline(face), 40)
    bottom = sampled(face.lip_line(face.lower_lip_bottom, 0.28), 40)
    is_open = face.mouth_gap > _OPEN
    if is_open:
        _cavity(canvas, face, upper_edge, lower_edge)
    canvas.fill(between(outline, upper_edge), shade(lip, 0.86))
    lower_lip = between(lower_edge, bottom)
    canvas.fill(lower_lip, lip)
    with canvas.inside(lower_lip):
        middle = (face.lower_lip_edge + face.lower_lip_bottom) / 2
        half = (face.lower_lip_bottom - face.lower_lip_edge) / 2
        canvas.glow((8 * light, middle), (0.5 * x, half), mix(lip, (1.0, 0.9, 0.88), 0.6), 0.5)
        canvas.taper(bottom, skin.dark, 6, 0.35, 2.5)
    canvas.taper(upper_edge, shade(skin.dark, 0.55), 2.0 if is_open else 3.6, 0.85, 0.7)
    canvas.taper(outline, skin.dark, 1.8, 0.25, 0.8)
    for side in (-1, 1):
        corner = 0.55 + 0.2 * face.marks["AU12"] + 0.2 * face.marks["AU15"]
        canvas.glow((side * (x + 2), y), (9, 8), skin.dark, corner)
        if face.who.age > 0.4:
            top = face.upper_lip_top
            for place in (1.6, 3.0):
                line = [(side * place * 9, top - 11), (side * place * 8.8, top - 6), (side * place * 8.4, top - 1)]
                canvas.taper(line, skin.dark, 2, 0.28 * face.who.age, 0.8)


def _upper_outline(face: Face) -> list[Point]:
    """The upper lip's upper edge, with Cupid's bow."""
    (x, y), top = face.mouth_corner, face.upper_lip_top
    follow = 0.35 * min(0.0, y - face.who.mouth_height)
    return arch([(0, top + _CUPIDS_BOW), (9, top - 0.6 * _CUPIDS_BOW), (0.55 * x, top + 3 + follow), (x, y)])


def _cavity(canvas: Canvas, face: Face, upper_edge: list[Point], lower_edge: list[Point]) -> None:
    """What an open mouth shows."""
    (x, y), top, bottom, gap = face.mouth_corner, face.upper_lip_edge, face.lower_lip_edge, face.mouth_gap
    young, old = _TEETH
    enamel = old if face.who.age > 0.4 else young
    opening = between(upper_edge, lower_edge)
    canvas.fill(opening, _INSIDE)
    with canvas.inside(opening):
        if gap > _TONGUE_SHOWS:
            canvas.fill(ellipse((0, bottom + 4), (0.55 * x, min(0.42 * gap, 17))), _TONGUE)
            canvas.glow((0, bottom - 3), (0.3 * x, 7), (0.85, 0.5, 0.5), 0.5)
        length, lift = min(15.0, 4 + 0.55 * gap), y - top
        right = [
            (0.0, top - 7),
            (0.43 * x, top - 7 + 0.1 * lift),
            (0.86 * x, top - 8 + 0.35 * lift),
            (0.77 * x, top + 0.35 * length + 0.3 * lift),
            (0.39 * x, top + length + 0.1 * lift),
            (0.0, top + length + 1),
        ]
        canvas.fill(close_path(mirrored(right)), enamel)
        seams = skia.Path()
        for tooth in range(-3, 4):
            seams.moveTo(10.5 * tooth, top - 8)
            seams.lineTo(10 * tooth, top + length)
        canvas.stroke(seams, (0.55, 0.45, 0.4), 0.8, 0.35)
        shown = max(face.units["AU20"], face.units["AU10"] - 0.3)
        if shown > 0.2:
            lower = arch([(0, bottom + 2 - 10 * shown), (0.4 * x, bottom + 3 - 10 * shown), (0.7 * x, bottom + 6)])
            canvas.fill(close_path([*lower, (0.7 * x, bottom + 14), (-0.7 * x, bottom + 14)]), shade(enamel, 0.95))
        canvas.stroke(opening, (0.05, 0.0, 0.0), 6, 0.4, 3)
