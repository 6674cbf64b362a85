"""Eyes and eyebrows."""

from __future__ import annotations

import numpy as np
import skia

from synpain_hf.generation.drawn.colour import WHITE, Colour, Skin, mix, shade
from synpain_hf.generation.drawn.drawing.canvas import Canvas, Point, between, close_path, ellipse, sampled, through
from synpain_hf.generation.drawn.drawing.geometry import Face

_POINTS = 20
_LASH: Colour = (0.06, 0.04, 0.04)
_PUPIL: Colour = (0.02, 0.02, 0.02)
_SCLERA: tuple[Colour, Colour] = ((0.93, 0.91, 0.89), (0.89, 0.86, 0.81))
_CARUNCLE: Colour = (0.75, 0.4, 0.36)
_SHUT = 0.8
_UNEVEN = 0.12
"""How much less the eye with the lower lid is open, where a face is most uneven."""
_BROW_HAIRS = 46


def draw_eye(canvas: Canvas, face: Face, skin: Skin, light: float, side: int) -> None:
    """Draw one eye; `side` is -1 on the left, 1 on the right."""
    who = face.who
    x = side * who.eye_distance
    open_by = 1 - _UNEVEN * side * who.uneven.lid
    top = _upper_edge(face, side, open_by * face.upper_lid)
    bottom = _lower_edge(face, side)
    rest = [(px, min(py, 3.0)) for px, py in _upper_edge(face, side, open_by * face.lid_at_rest)]
    fold = max(9 - 4 * who.lid_fold, 4) + 4 * who.age
    rise = fold * (0.35 + 0.65 * np.sin(np.pi * np.linspace(0, 1, len(rest))))
    crease = [(px, py - float(up)) for (px, py), up in zip(rest, rise, strict=True)]
    if face.upper_lid + face.lower_lid > _SHUT:
        _eyeball(canvas, face, light, side, top, bottom)
    canvas.fill(between(crease, top), mix(skin.base, skin.middle, 0.25))
    shut = face.units["AU43"]
    canvas.glow((x, (face.lower_lid - face.upper_lid) / 2 - 8), (0.8 * who.eye_width, 9), skin.light, 0.35 * shut)
    canvas.taper(crease, skin.dark, 2.6, 0.55 - 0.2 * who.lid_fold, 0.7)
    canvas.taper(top, _LASH, 4.6 if who.is_woman else 3.4, 0.9, 0.5)
    canvas.taper(bottom, mix(skin.dark, _LASH, 0.4), 1.8, 0.55, 0.6)
    if who.is_woman:
        lashes = skia.Path()
        for number, (px, py) in enumerate(top[_POINTS // 2 + 1 : _POINTS - 1]):
            lashes.moveTo(px, py)
            lashes.lineTo(px + side * (1.8 + 0.35 * number), py - (3.2 + 0.22 * number) * (1 - 1.6 * shut))
        canvas.stroke(lashes, _LASH, 1, 0.6)


def draw_brow(canvas: Canvas, face: Face, skin: Skin, side: int) -> None:
    """Draw one eyebrow: a soft shape, and hairs on it."""
    who = face.who
    line = np.asarray(sampled(face.brow(side), 16))
    along = np.linspace(0, 1, len(line))
    height = 0.85 if who.age > 0.4 else 1.0
    thickness = who.brow_thickness * height * (1 - 0.77 * along**1.6) * (0.75 + 0.25 * np.minimum(5 * along, 1))
    upper, lower = line.copy(), line.copy()
    upper[:, 1] -= 0.55 * thickness
    lower[:, 1] += 0.45 * thickness
    colour = mix(shade(who.hair, 0.75), skin.base, 0.12 if who.age <= 0.4 else 0.24)
    outline = [(float(x), float(y)) for x, y in (*upper, *lower[::-1])]
    canvas.fill(close_path(outline), colour, 0.55, 1.6)
    rng = np.random.default_rng(who.texture + side + 1)
    hairs = skia.Path()
    for place, rise, sway in zip(
        np.linspace(0, 1, _BROW_HAIRS), rng.uniform(0, 0.5, _BROW_HAIRS), rng.normal(0, 0.6, _BROW_HAIRS), strict=True
    ):
        x = float(np.interp(place, along, line[:, 0]))
        low, high = (float(np.interp(place, along, edge[:, 1])) for edge in (lower, upper))
        y = low + (high - low) * float(rise)
        hairs.moveTo(x, y)
        hairs.lineTo(x + side * (4 + 4 * place) + float(sway), y - 0.34 * who.brow_thickness * (1 - 0.75 * place))
    canvas.stroke(hairs, colour, 1.1, 0.75)


def _upper_edge(face: Face, side: int, height: float) -> list[Point]:
    who, x = face.who, side * face.who.eye_distance
    width, tilt = side * who.eye_width, who.eye_tilt
    return sampled(
        [
            (x - width, 3),
            (x - 0.45 * width, -0.80 * height),
            (x + 0.12 * width, -height),
            (x + 0.66 * width, -0.62 * height + 0.4 * tilt),
            (x + width, tilt - 1 + 2 * who.age),
        ],
        _POINTS,
    )


def _lower_edge(face: Face, side: int) -> list[Point]:
    who, x = face.who, side * face.who.eye_distance
    width, tilt, height = side * who.eye_width, who.eye_tilt, face.lower_lid
    return sampled(
        [
            (x - width, 3),
            (x - 0.5 * width, 0.72 * height),
            (x, height),
            (x + 0.55 * width, 0.75 * height + 0.3 * tilt),
            (x + width, tilt - 1 + 2 * who.age),
        ],
        _POINTS,
    )


def _eyeball(canvas: Canvas, face: Face, light: float, side: int, top: list[Point], bottom: list[Point]) -> None:
    who = face.who
    opening = between(top, bottom)
    young, old = _SCLERA
    canvas.fill(opening, old if who.age > 0.4 else young)
    x, y, radius = side * (who.eye_distance + 0.5), -1.5, 0.43 * who.eye_width
    with canvas.inside(opening):
        canvas.fill(ellipse((x, y), (radius, radius)), shade(who.iris, 0.45))
        stops = [(shade(who.iris, 1.35), 0.0), (who.iris, 0.7), (shade(who.iris, 0.5), 1.0)]
        canvas.shaded(ellipse((x, y), (0.93 * radius, 0.93 * radius)), (x, y + 2), radius, stops)
        canvas.fill(ellipse((x, y), (0.42 * radius, 0.42 * radius)), _PUPIL)
        canvas.glow((top[0][0] + side * 3, 3), (6, 6), _CARUNCLE, 0.7)
        canvas.stroke(through(top), (0.1, 0.06, 0.05), 9, 0.42, 3)
        canvas.fill(ellipse((x - 3 + 4 * light, y - 3), (2.6, 2.6)), WHITE, 0.92)
        canvas.fill(ellipse((x + 4, y + 5), (1.2, 1.2)), WHITE, 0.4)
