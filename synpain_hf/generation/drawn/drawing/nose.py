"""The nose: no outline, but light on the bridge and shadow beside it."""

from __future__ import annotations

from synpain_hf.generation.drawn.colour import Skin, shade
from synpain_hf.generation.drawn.drawing.canvas import Canvas, ellipse, sampled
from synpain_hf.generation.drawn.drawing.geometry import Face


def draw_nose(canvas: Canvas, face: Face, skin: Skin, light: float) -> None:
    """Draw the nose."""
    (x, y), tip, wrinkle = face.nose_wing, face.nose_tip, face.marks["AU9"]
    bridge = 2 + 7.5 * face.who.nose_bridge
    for side in (-1, 1):
        in_shadow = side * light < 0
        flank = [(side * 14, -22), (side * (bridge + 2), 8), (side * (bridge + 3), 40), (side * 0.62 * x, tip - 18)]
        canvas.taper(sampled(flank), skin.dark, 9, 0.46 if in_shadow else 0.30, 4)
        canvas.glow((side * 0.78 * x, y - 5), (0.42 * x, 13), skin.middle, 0.28)
        wing = [(x - 3, y - 19), (x + 2, y - 8), (x - 1, y + 3), (x - 9, y + 6)]
        canvas.taper(sampled([(side * px, py) for px, py in wing]), skin.dark, 4.2, 0.62 + 0.25 * wrinkle, 1.1)
        nostril = ellipse((side * 0.46 * x, y + 3), (0.27 * x, 4.2 + 1.2 * face.units["AU9"]))
        canvas.fill(nostril, shade(skin.dark, 0.5), 0.72, 1.3)
    canvas.taper(sampled([(2 * light, -26), (0, 10), (0, 48), (0, tip - 14)]), skin.light, 10, 0.48, 3.5)
    canvas.glow((3 * light, tip - 10), (13, 11), skin.light, 0.55)
    canvas.taper(sampled([(-0.5 * x, y + 7), (0, tip + 7), (0.5 * x, y + 7)]), skin.dark, 6, 0.55, 2.2)
