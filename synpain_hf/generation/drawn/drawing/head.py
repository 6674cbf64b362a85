"""The head: ears, skin and its light, and the furrows of expression and age."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from synpain_hf.generation.drawn.colour import Skin, mix, shade
from synpain_hf.generation.drawn.drawing.canvas import (
    Canvas,
    Point,
    Points,
    arch,
    close_path,
    ellipse,
    mirrored,
    sampled,
)
from synpain_hf.generation.drawn.drawing.geometry import Face

_SIDES = (-1, 1)
_FAINTEST = 0.03
_STRONGEST = 0.85


class Furrow(NamedTuple):
    """A fold of the skin: a dark line, and a light one below it where the skin bulges.

    Attributes:
        points: A few points on it.
        width: Its greatest width, in pixels.
        depth: Its opacity; under 0.03 it is not drawn.
        soft: Blur of its edge, in pixels.
        bulge: How far below it the light line runs; 0 for none.
    """

    points: Points
    width: float
    depth: float
    soft: float = 1.2
    bulge: float = 3.0


def draw_ears(canvas: Canvas, face: Face, skin: Skin) -> None:
    """Draw both ears."""
    size = face.who.ear
    for side in _SIDES:
        x = side * 128 * face.who.head_width
        shell = [(-6, -18), (16 * size, -26 * size), (24 * size, -2), (17 * size, 34), (7 * size, 56 * size), (-6, 48)]
        canvas.fill(close_path([(x + side * out, y) for out, y in shell]), shade(skin.base, 0.92))
        rim = [(x + side * out, y) for out, y in ((4, -10), (16 * size, -14), (15 * size, 14), (8, 34))]
        canvas.taper(sampled(rim), skin.dark, 4, 0.5, 1.5)
        canvas.glow((x + side * 7, 12), (9, 18), skin.dark, 0.5)


def draw_head(canvas: Canvas, face: Face, skin: Skin, light: float) -> None:
    """Draw the head without hair, eyes, nose and mouth.

    Args:
        canvas: Where to draw.
        face: What to draw.
        skin: Its tones.
        light: Where the light comes from: -1 left to 1 right.
    """
    outline = close_path(mirrored(face.outline))
    stops = [(mix(skin.base, skin.light, 0.35), 0.0), (skin.base, 0.55), (mix(skin.base, skin.middle, 0.75), 1.0)]
    canvas.shaded(outline, (45 * light, -30), 235, stops)
    with canvas.inside(outline):
        canvas.stroke(outline, skin.dark, 30, 0.34, 15)
        canvas.glow((-150 * light, 40), (90, 230), skin.dark, 0.38)
        _relief(canvas, face, skin, light)
        for furrow in (*_middle_furrows(face), *(furrow for side in _SIDES for furrow in _side_furrows(face, side))):
            _draw(canvas, furrow, skin)
        _bulges(canvas, face, skin)


def _relief(canvas: Canvas, face: Face, skin: Skin, light: float) -> None:
    """Light and shadow of a head at rest, and of the cheeks."""
    age, drop, mark = face.who.age, face.jaw_drop, face.marks
    lift = -16 * face.units["AU6"] - 9 * face.units["AU12"]
    for side in _SIDES:
        canvas.glow((side * 70, 62 + lift), (52, 40), skin.red, 0.20 + 0.10 * mark["AU12"])
        cheek = 0.30 + 0.40 * mark["AU6"] + 0.18 * mark["AU12"]
        canvas.glow((side * 66, 44 + 1.1 * lift), (44, 26), skin.light, cheek)
        canvas.glow((side * 58, -6), (46, 30), skin.dark, 0.20 + 0.12 * age)
        canvas.glow((side * 96, -70), (34, 50), skin.dark, 0.12 + 0.10 * age)
        canvas.glow((side * 92, 120 + 0.4 * drop), (40, 60), skin.dark, 0.20 + 0.12 * age)
    canvas.glow((25 * light, -105), (80, 50), skin.light, 0.34)
    canvas.glow((0, face.chin - 24), (34, 22), skin.light, 0.26)
    canvas.glow((0, face.lower_lip_bottom + 9), (34, 10), skin.dark, 0.42)
    for x, y, radius in face.who.moles:
        canvas.fill(ellipse((x, y), (radius, radius)), skin.dark, 0.6, 0.5)


def _middle_furrows(face: Face) -> Iterator[Furrow]:
    """Folds that cross the middle line."""
    au, mark, age = face.units, face.marks, face.who.age
    raised = max(au["AU1"], au["AU2"])
    for row, y in enumerate((-82.0, -101.0, -120.0)):
        height = y - 5 * raised
        wave = 3 * au["AU4"] - 1
        depth = 0.75 * mark["AU1"] + 0.30 * age * (row < 2) - 0.15 * mark["AU4"]
        half = [(0, height + 1), (20, height + wave), (46, height + 4)]
        yield Furrow(arch(half), 3.6, depth)
    for row, y in enumerate((8.0, 20.0, 32.0)):
        end = 19.0 - 2 * row
        yield Furrow(arch([(0, y + 1), (8, y - 2), (end, y + 5)]), 3.6, 0.85 * mark["AU9"] + 0.10 * age * (row == 0))
    y = face.lower_lip_bottom
    yield Furrow(arch([(0, y + 17), (20, y + 13)]), 4, 0.14 + 0.22 * age + 0.30 * mark["AU15"], 2, 0)


def _side_furrows(face: Face, side: int) -> Iterator[Furrow]:
    """Folds of one half of the face, written for the right half."""
    for furrow in (*_brow_furrows(face), *_eye_furrows(face), *_mouth_furrows(face)):
        yield furrow._replace(points=[(side * x, y) for x, y in furrow.points])


def _brow_furrows(face: Face) -> Iterator[Furrow]:
    who, au, mark, age = face.who, face.units, face.marks, face.who.age
    raised, frown = max(au["AU1"], au["AU2"]), au["AU4"]
    for row, y in enumerate((-82.0, -101.0, -120.0)):
        height = y - 5 * raised
        over_brow = [(46, height + 2), (72, height - 6 * au["AU2"]), (98, height + 8)]
        yield Furrow(over_brow, 3.4, 0.72 * mark["AU2"] + 0.20 * age * (row == 0))
    y = who.brow_height
    glabella = [(12 - 3 * frown, y - 22 + 8 * frown), (10 - 4 * frown, y + 2 + 8 * frown), (13 - 4 * frown, y + 20)]
    yield Furrow(glabella, 5.4, 0.95 * mark["AU4"] + 0.18 * age + 0.2 * mark["AU9"], 1.2, 1)


def _eye_furrows(face: Face) -> Iterator[Furrow]:
    who, mark, age = face.who, face.marks, face.who.age
    cheek, tight = mark["AU6"], mark["AU7"]
    eye, corner, lid = who.eye_distance, who.eye_distance + who.eye_width, face.lower_lid + 9 - 4 * face.units["AU6"]
    for row, y in enumerate((20.0, 32.0)):
        root = [(18, y + 12 * (1 - row)), (28, y + 14), (32, y + 26)]
        yield Furrow(root, 3, 0.6 * mark["AU9"])
    bag = [(eye - 24, lid - 1), (eye - 4, lid + 7), (eye + 20, lid + 3)]
    yield Furrow(bag, 3.6, 0.22 + 0.45 * age + 0.55 * cheek + 0.30 * tight, 1.6)
    yield Furrow([(eye - 20, lid + 14), (eye + 2, lid + 20), (eye + 26, lid + 12)], 3.2, 0.55 * cheek + 0.15 * age, 1.6)
    yield Furrow([(eye - 22, lid - 8), (eye, lid - 4), (eye + 22, lid - 9)], 2.4, 0.55 * tight, 1)
    for slope in (-16.0, 2.0, 18.0):
        foot = [(corner + 7, 0.25 * slope - 1), (corner + 17, 0.6 * slope), (corner + 27 + 6 * age, 1.25 * slope)]
        yield Furrow(foot, 2.8, 0.85 * cheek + 0.20 * age + 0.2 * mark["AU12"] * cheek, 0.9, 2)


def _mouth_furrows(face: Face) -> Iterator[Furrow]:
    mark, age, drop = face.marks, face.who.age, face.jaw_drop
    (x, y), down = face.mouth_corner, face.units["AU15"]
    yield Furrow(_nasolabial(face), 5.2, 0.5 * face.nasolabial_depth + 0.05, 1.7, 0)
    marionette = [(x + 4, y + 6), (x + 8 + 2 * down, y + 22), (x + 2, y + 38 + 6 * down)]
    yield Furrow(marionette, 4.4, 0.75 * mark["AU15"] + 0.38 * age, 1.6, 0)
    yield Furrow([(x + 15, y - 14), (x + 21, y + 2), (x + 16, y + 20)], 4, 0.6 * mark["AU20"], 1.4, 0)
    yield Furrow([(62, 46), (76, 66), (80, 92)], 5, 0.18 * age * (age > 0.4), 2.5, 0)
    long_cheek = [(86, 70), (80, 110 + 0.4 * drop), (64, 150 + 0.8 * drop)]
    yield Furrow(long_cheek, 9, 0.22 * mark["AU26"], 5, 0)
    yield Furrow([(5, face.nose_tip + 14), (6, face.upper_lip_top - 4)], 2.6, 0.14, 1.4, 0)


def _nasolabial(face: Face) -> list[Point]:
    au = face.units
    (wing_x, wing_y), (x, y) = face.nose_wing, face.mouth_corner
    raised, smile = au["AU10"], au["AU12"]
    start = (wing_x + 3, wing_y - 13 - 7 * raised - 5 * au["AU9"])
    stop = (x + 15 + 6 * smile, y - 1 + 2 * smile)
    out = 5 + 6 * raised + 7 * smile
    return [
        start,
        (0.62 * start[0] + 0.38 * stop[0] + out, 0.62 * start[1] + 0.38 * stop[1] - 2),
        (0.22 * start[0] + 0.78 * stop[0] + out, 0.22 * start[1] + 0.78 * stop[1] - 2),
        stop,
    ]


def _bulges(canvas: Canvas, face: Face, skin: Skin) -> None:
    """Skin that expression pushes up, and skin that sags with age."""
    who, mark, age = face.who, face.marks, face.who.age
    frown, (x, y) = face.units["AU4"], face.mouth_corner
    for side in _SIDES:
        canvas.glow((side * 26, who.brow_height - 8 + 12 * frown), (20, 14), skin.light, 0.30 * mark["AU4"])
        canvas.glow((side * 20, who.brow_height + 16 + 6 * frown), (18, 12), skin.dark, 0.40 * mark["AU4"])
        canvas.glow((side * (x + 10), y + 14), (18, 20), skin.dark, 0.25 * mark["AU15"])
        fold = sampled([(side * (px + 8), py - 5) for px, py in _nasolabial(face)])
        canvas.taper(fold, skin.light, 13, 0.30 * min(face.nasolabial_depth, 1.2), 4)
        if age > 0.4:
            canvas.glow((side * who.eye_distance, face.lower_lid + 11), (26, 9), skin.dark, 0.30 * age)
            canvas.glow((side * 84, 152 + 0.6 * face.jaw_drop), (26, 22), skin.dark, 0.22 * age)


def _draw(canvas: Canvas, furrow: Furrow, skin: Skin) -> None:
    depth = min(furrow.depth, _STRONGEST)
    if depth < _FAINTEST:
        return
    line = sampled(furrow.points)
    canvas.taper(line, skin.dark, furrow.width, depth, furrow.soft)
    if furrow.bulge:
        below = [(x, y + furrow.bulge) for x, y in line]
        canvas.taper(below, skin.light, 0.9 * furrow.width, 0.45 * depth, furrow.soft + 0.6)
