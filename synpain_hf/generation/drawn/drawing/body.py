"""Neck, shoulders and clothing."""

from __future__ import annotations

import skia

from synpain_hf.generation.drawn.colour import Skin, shade
from synpain_hf.generation.drawn.drawing.canvas import Canvas, Point, arch, close_path, mirrored, sampled, through
from synpain_hf.generation.drawn.drawing.geometry import Face

_SIDES = (-1, 1)
_BELOW = 520.0
_NECKLINE_DEPTH = {"crew": 296.0, "vee": 338.0, "shirt": 318.0}
_NECKLINE_TOP = 232.0


def draw_body(canvas: Canvas, face: Face, skin: Skin) -> None:
    """Draw what is below the head."""
    _neck(canvas, face, skin)
    _clothing(canvas, face)


def _neck(canvas: Canvas, face: Face, skin: Skin) -> None:
    half, age, drop = face.who.neck, face.who.age, face.jaw_drop
    right = [(0, 110), (half, 110), (half - 2, 190), (half + 4, 235), (half + 40, 264), (half, 330), (0, 372)]
    neck = close_path(mirrored(right))
    canvas.fill(neck, shade(skin.base, 0.93))
    with canvas.inside(neck):
        canvas.glow((0, 190 + 0.5 * drop), (1.35 * half, 70 + 0.4 * drop), skin.dark, 0.75)
        for side in _SIDES:
            canvas.glow((side * half, 215), (30, 90), skin.dark, 0.45)
            canvas.taper(sampled([(side * 30, 250), (side * 12, 272), (0, 278)]), skin.dark, 4, 0.3, 2)
            if age > 0.4:
                cord = sampled([(side * 22, 205), (side * 18, 240), (side * 10, 275)])
                canvas.taper(cord, skin.dark, 7, 0.35 * age, 2)


def _clothing(canvas: Canvas, face: Face) -> None:
    who, cloth = face.who, face.who.cloth
    neckline = _neckline(face)
    depth, edge = _NECKLINE_DEPTH[who.collar], neckline[-1][0]
    shoulder = [
        (who.neck + 42, 257.0),
        (0.66 * who.shoulders, 283.0),
        (0.92 * who.shoulders, 312.0),
        (who.shoulders + 30, 352.0),
        (who.shoulders + 80, 430.0),
    ]
    path = through([*((-x, y) for x, y in reversed(shoulder)), *neckline, *shoulder])
    path.lineTo(who.shoulders + 80, _BELOW)
    path.lineTo(-who.shoulders - 80, _BELOW)
    path.close()
    canvas.graded(path, 240, 430, [(cloth, 0), (shade(cloth, 0.70), 1)])
    with canvas.inside(path):
        for side in _SIDES:
            canvas.glow((side * 0.98 * who.shoulders, 400), (90, 140), shade(cloth, 0.4), 0.5)
            for fold, width, alpha in (
                ([(edge + 30, 272), (0.6 * who.shoulders, 312), (0.68 * who.shoulders, 392)], 16, 0.30),
                ([(0.6 * edge, depth + 10), (0.8 * edge, depth + 60), (0.7 * edge, depth + 120)], 10, 0.22),
            ):
                line = sampled([(side * x, y) for x, y in fold])
                canvas.taper(line, shade(cloth, 0.5), width, alpha, width / 2.2)
    if who.collar == "shirt":
        _shirt_collar(canvas, face, edge, depth)
    else:
        canvas.stroke(through(neckline), shade(cloth, 0.62), 7, 0.9)
        canvas.stroke(through([(1.06 * x, y + 6) for x, y in neckline]), shade(cloth, 1.08), 2, 0.5)


def _neckline(face: Face) -> list[Point]:
    x, depth = face.who.neck + 10, _NECKLINE_DEPTH[face.who.collar]
    if face.who.collar == "crew":
        return arch([(0, depth), (0.3 * x, depth - 10), (0.72 * x, _NECKLINE_TOP + 26), (x, _NECKLINE_TOP)])
    return arch([(0, depth), (0.66 * x, _NECKLINE_TOP + 34), (x, _NECKLINE_TOP)])


def _shirt_collar(canvas: Canvas, face: Face, edge: float, depth: float) -> None:
    cloth = face.who.cloth
    for side in _SIDES:
        corner = [(edge - 2, 224), (0.62 * edge, 270), (3, depth + 2), (40, depth + 30), (edge + 26, 262)]
        collar = close_path([(side * x, y) for x, y in corner])
        canvas.fill(collar, shade(cloth, 0.5), 0.4, 5)
        canvas.fill(collar, shade(cloth, 1.10))
        canvas.stroke(collar, shade(cloth, 0.6), 1.5, 0.8)
    placket = skia.Path()
    placket.moveTo(0, depth + 4)
    placket.lineTo(0, _BELOW)
    canvas.stroke(placket, shade(cloth, 0.6), 2, 0.8)
