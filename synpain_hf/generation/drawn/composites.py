"""Drawing a subject's composite: two faces and the gutter between them, as in the official data."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.generation.drawn.bias import PlantedBias, seen_units
from synpain_hf.generation.drawn.cast import Subject
from synpain_hf.generation.drawn.colour import Colour, mix, shade
from synpain_hf.generation.drawn.drawing.geometry import Face
from synpain_hf.generation.drawn.drawing.portrait import Take, draw_portrait
from synpain_hf.generation.drawn.identity import draw_identity
from synpain_hf.generation.drawn.style import STYLES, restyled
from synpain_hf.imaging import png
from synpain_hf.vocabulary import COMPOSITE_SIZE, DEFAULT_STYLE, DEMO_GENERATOR, DrawingStyle

_WITHOUT_GUTTER = (7, 12)
_OF_FIFTEEN = 15
_WHITEST = 255.0
_GRAIN = 1.3
_MAKE = 0x010F
_JPEG_QUALITY = 92
_TILT, _SHIFT, _SCALE = 1.3, 4.5, 0.012
"""How the framing of a picture varies, as standard deviations: degrees, pixels, and the logarithm of the size."""
_TINT, _EXPOSURE, _LIGHT = 0.018, 0.045, 0.3
"""How its light varies: share of each colour channel, the logarithm of all of them, and where it comes from."""


def draw_composite(
    subject: Subject, seed: int, biases: Sequence[PlantedBias] = (), style: DrawingStyle = DEFAULT_STYLE
) -> npt.NDArray[np.uint8]:
    """Draw a subject.

    Args:
        subject: Who is drawn.
        seed: The set's; the same subject of the same set always looks the same.
        biases: What is drawn differently from the truth.
        style: How it is drawn.

    Returns:
        Shape (736, 1312, 3), uint8: the neutral face, the gutter, the expressive face.
    """
    rng = np.random.default_rng((seed, 2, subject.number))
    width, height = COMPOSITE_SIZE
    who = draw_identity(rng, subject.age_group, subject.gender, subject.ethnicity)
    wall = mix(_grey(float(rng.uniform(0.55, 0.92))), _colour(rng, 0.4, 0.95), 0.35)
    light = float(rng.uniform(-1, 1))
    white, blended = _gutter(subject, rng)
    left = width // 2 - (white + 1) // 2
    faces = []
    for truth, columns in ((subject.neutral, left), (subject.expressive, width - left - white)):
        units, contrast = seen_units(biases, subject, truth.units)
        take = _take(rng, wall, light)
        faces.append(draw_portrait(Face.of(who, units, contrast), take, columns, height).astype(np.float32))
    change = STYLES[style]
    neutral, expressive = faces if change is None else (restyled(face, change) for face in faces)
    _blend(neutral[:, ::-1], blended)
    _blend(expressive, blended)
    grain = _grain()
    for face in (neutral, expressive):
        down, across = (int(value) for value in rng.integers(0, 256, 2))
        face[:, :] += grain[down : down + face.shape[0], across : across + face.shape[1]]
    parts = [neutral, np.full((height, white, 3), _WHITEST, np.float32), expressive]
    return np.clip(np.concatenate(parts, axis=1), 0, 255).astype(np.uint8)


def encode_composite(subject: Subject, pixels: npt.NDArray[np.uint8]) -> bytes:
    """The file of a composite: PNG data, or for some JPEG data with EXIF, like the official ones."""
    if not subject.is_jpeg:
        return png.encode(pixels)
    exif = Image.Exif()
    exif[_MAKE] = DEMO_GENERATOR
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=_JPEG_QUALITY, exif=exif)
    return file.getvalue()


def _gutter(subject: Subject, rng: np.random.Generator) -> tuple[int, int]:
    """White columns, and columns on each side that are blended with them; neither in 2 of 15 composites."""
    white, blended = int(rng.integers(2, 10)), int(rng.integers(1, 3))
    return (0, 0) if subject.number % _OF_FIFTEEN in _WITHOUT_GUTTER else (white, blended)


def _take(rng: np.random.Generator, wall: Colour, light: float) -> Take:
    """Differences in pose, framing, light and tint, as there are between the two halves of an official composite.

    They are drawn alike for both faces and whatever these show, so that they tell nothing of the label.
    """
    tint = rng.normal(1, _TINT, 3).clip(1 - 3 * _TINT, 1 + 3 * _TINT) * np.exp(_within(rng, _EXPOSURE))
    return Take(
        wall=wall,
        far_wall=shade(wall, float(rng.uniform(0.7, 0.88))),
        light=float(np.clip(light + rng.normal(0, _LIGHT), -1, 1)),
        tilt=_within(rng, _TILT),
        shift=(_within(rng, _SHIFT), _within(rng, _SHIFT)),
        scale=float(np.exp(_within(rng, _SCALE))),
        tint=(float(tint[0]), float(tint[1]), float(tint[2])),
    )


def _within(rng: np.random.Generator, spread: float) -> float:
    """A normal draw around 0, cut at 2.2 standard deviations, so that every face stays in its picture."""
    return spread * float(np.clip(rng.normal(), -2.2, 2.2))


def _blend(face: npt.NDArray[np.float32], columns: int) -> None:
    """Mix the first columns of a face with the white of the gutter, in place."""
    for column in range(columns):
        part = (column + 1) / (columns + 1)
        face[:, column] = part * face[:, column] + (1 - part) * _WHITEST


@cache
def _grain() -> npt.NDArray[np.float32]:
    """A little noise, the same for every picture but shifted; shape (992, 912, 3)."""
    return np.random.default_rng(0).normal(0, _GRAIN, (992, 912, 3)).astype(np.float32)


def _grey(value: float) -> Colour:
    return value, value, value


def _colour(rng: np.random.Generator, low: float, high: float) -> Colour:
    red, green, blue = (float(value) for value in rng.uniform(low, high, 3))
    return red, green, blue
