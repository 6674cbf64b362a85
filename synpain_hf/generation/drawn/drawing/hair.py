"""Hair and beard."""

from __future__ import annotations

import numpy as np
import skia

from synpain_hf.generation.drawn.colour import WHITE, Skin, mix, shade
from synpain_hf.generation.drawn.drawing.canvas import Canvas, Point, arch, close_path, ellipse, mirrored, through
from synpain_hf.generation.drawn.drawing.geometry import Face

_FALLING = {"long": (148.0, 255.0), "wavy": (166.0, 240.0), "bob": (156.0, 160.0)}
"""Half the width, and the lower end, of hair that falls behind the face."""

_TOP = {"crop": -187.0}
_ORDINARY_TOP = -200.0

_SIDE = {
    "short": (139, 4), "crop": (133, -8), "side": (139, 2), "receding": (134, 0),
    "long": (146, 120), "wavy": (156, 110), "bob": (148, 110), "bun": (137, -4),
}  # fmt: skip
"""Half the width, and the lower end, of the hair beside the face."""

_HAIRLINE: dict[str, list[Point]] = {
    "short": [(0, -131), (30, -130), (84, -121), (112, -70)],
    "crop": [(0, -142), (34, -140), (90, -128), (116, -70)],
    "receding": [(0, -146), (30, -148), (62, -150), (98, -118), (119, -62)],
    "long": [(0, -150), (44, -136), (92, -96), (112, -30)],
    "bob": [(0, -134), (56, -124), (94, -92), (110, -20)],
    "bun": [(0, -154), (44, -148), (94, -122), (116, -66)],
}
"""Right half of the hairline, from the middle of the forehead."""

_PARTED: dict[str, list[Point]] = {
    "side": [(-114, -60), (-86, -98), (-20, -128), (50, -140), (92, -112), (114, -66)],
    "wavy": [(-114, -24), (-96, -84), (-50, -130), (20, -146), (64, -130), (98, -88), (114, -24)],
}
"""Hairlines that are not the same on both sides, from left to right."""

_BEARD_ALPHA = {"stubble": 0.30, "full": 0.92, "moustache": 0.92}


def draw_hair_behind(canvas: Canvas, face: Face) -> None:
    """Draw the hair that is partly hidden by the head."""
    who, hair = face.who, face.who.hair
    top = -212 * who.forehead
    if who.hair_style == "bun":
        canvas.fill(ellipse((0, top + 14), (42, 34)), shade(hair, 0.78))
        canvas.glow((-8, top), (28, 18), mix(hair, WHITE, 0.3), 0.35)
    if who.hair_style not in _FALLING:
        return
    width, end = _FALLING[who.hair_style]
    right = [
        (0, top), (52, top + 8), (98, top + 40), (130, top + 92), (width - 4, -50), (width, 20),
        (width + 3, 0.45 * end), (width + 2, 0.8 * end), (width - 16, end), (60, end + 8), (0, end - 20),
    ]  # fmt: skip
    shape = close_path(mirrored(right))
    canvas.graded(shape, top, end, [(shade(hair, 0.85), 0), (shade(hair, 0.55), 1)])
    rng = np.random.default_rng(who.texture + 3)
    sway = 10 if who.hair_style == "wavy" else 3
    strands = skia.Path()
    for start, shift in zip(rng.uniform(-width, width, 60), rng.normal(0, 3, 60), strict=True):
        x = float(start)
        strands.moveTo(0.95 * x, -40)
        strands.cubicTo(x + sway, 40, x - 1.5 * sway, 110, x + float(shift), end + 6)
    with canvas.inside(shape):
        canvas.stroke(strands, mix(hair, WHITE, 0.28), 1.6, 0.16)


def draw_hair_in_front(canvas: Canvas, face: Face, light: float) -> None:
    """Draw the hair on top of and beside the head."""
    who, hair, width, height = face.who, face.who.hair, face.who.head_width, face.who.forehead
    if who.hair_style == "bald":
        for side in (-1, 1):
            fringe = [(122, -70), (134, -60), (137, 0), (128, 26), (122, -10)]
            canvas.fill(close_path([(side * x * width, y) for x, y in fringe]), hair, 0.85, 3)
        return
    top = _TOP.get(who.hair_style, _ORDINARY_TOP)
    shape = close_path(_front_outline(face, top))
    stops = [(mix(hair, WHITE, 0.16), 0.0), (hair, 0.5), (shade(hair, 0.72), 1.0)]
    canvas.fill(shape, shade(hair, 0.6), 0.5, 3)
    canvas.shaded(shape, (60 * light, -190), 220, stops)
    rng = np.random.default_rng(who.texture)
    _, end = _SIDE[who.hair_style]
    with canvas.inside(shape):
        for tone, alpha in ((shade(hair, 0.55), 0.35), (mix(hair, WHITE, 0.35), 0.22)):
            strands = skia.Path()
            for start, shift, reach in zip(
                rng.uniform(-150, 150, 46), rng.normal(0, 4, 46), rng.uniform(-100, max(end, -40), 46), strict=True
            ):
                x = float(start)
                strands.moveTo(0.45 * x, (top - 4) * height)
                strands.cubicTo(0.8 * x, (top + 20) * height, 1.02 * x, -120, 1.08 * x + float(shift), float(reach))
            canvas.stroke(strands, tone, 1.5, alpha)


def _front_outline(face: Face, top: float) -> list[Point]:
    who, width, height = face.who, face.who.head_width, face.who.forehead
    reach, end = _SIDE[who.hair_style]
    line = _PARTED.get(who.hair_style) or arch(_HAIRLINE[who.hair_style])
    right = [
        (0.0, top * height),
        (56 * width, (top + 7) * height),
        (104 * width, (top + 38) * height),
        (131 * width, (top + 92) * height),
        (reach * width, -50.0),
        ((reach + 1) * width, 0.4 * end),
        ((reach - 6) * width, float(end)),
        (124 * width, min(end, 30) + 6.0),
        (118 * width, -20.0),
    ]
    hairline = [(x * width, y * height) for x, y in reversed(line)]
    return [*right, *hairline, *((-x, y) for x, y in right[:0:-1])]


def draw_beard(canvas: Canvas, face: Face, skin: Skin) -> None:
    """Draw the beard and moustache, if any."""
    who, (x, y) = face.who, face.mouth_corner
    if not who.beard:
        return
    colour, alpha = mix(shade(who.hair, 0.8), skin.base, 0.12), _BEARD_ALPHA[who.beard]
    if who.beard != "moustache":
        _full_beard(canvas, face, colour, alpha)
    top, half = face.upper_lip_top, min(x, 58.0)
    droop = (top + y) / 2
    upper = arch([(0, top - 8), (24, top - 11), (0.8 * half, droop - 7), (half + 4, y + 5)])
    lower = arch([(0, top + 1.5), (20, top + 1), (0.75 * half, droop + 1)])
    canvas.fill(close_path([*upper, *reversed(lower)]), colour, 0.95 * alpha, 1.4)


def _full_beard(canvas: Canvas, face: Face, colour: tuple[float, float, float], alpha: float) -> None:
    who, (x, y) = face.who, face.mouth_corner
    edge = [
        (0, face.lower_lip_bottom + 12),
        (0.55 * x, face.lower_lip_bottom + 8),
        (x + 13, y + 6),
        (x + 30, y - 16),
        (98, 92 + 0.3 * face.jaw_drop),
        (116 * who.head_width, 44),
        (150, 30),
    ]
    shape = through(arch(edge))
    shape.lineTo(160, 300)
    shape.lineTo(-160, 300)
    shape.close()
    canvas.skia.save()
    canvas.skia.translate(0, 60)
    canvas.skia.scale(1.02, 1.03)
    canvas.skia.translate(0, -60)
    with canvas.inside(close_path(mirrored(face.outline))):
        canvas.fill(shape, colour, alpha, 4)
        if who.beard == "full":
            rng = np.random.default_rng(who.texture + 9)
            hairs = skia.Path()
            for across, down, shift in zip(
                rng.uniform(-110, 110, 220), rng.uniform(110, face.chin, 220), rng.normal(0, 2, 220), strict=True
            ):
                hairs.moveTo(float(across), float(down))
                hairs.lineTo(1.03 * float(across) + float(shift), float(down) + 9)
            with canvas.inside(shape):
                canvas.stroke(hairs, shade(colour, 0.6), 1.2, 0.35)
    canvas.skia.restore()
