"""Draw the two pictures of demo faces in `docs/`: a contact sheet over all groups, and every action unit from 0 to 5.

python examples/show_demo_faces.py --out docs
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from synpain_hf.generation.drawn.action_units import ACTION_UNITS, AT_REST, STRONGEST, Units
from synpain_hf.generation.drawn.cast import Subject, cast
from synpain_hf.generation.drawn.composites import draw_composite
from synpain_hf.generation.drawn.drawing.geometry import Face
from synpain_hf.generation.drawn.drawing.portrait import Take, draw_portrait
from synpain_hf.generation.drawn.identity import draw_identity
from synpain_hf.vocabulary import CLASSES

PAPER, INK, FAINT = "#f6f6f2", "#1a1a18", "#6a6a64"
QUALITY = 86

PAIR = (300, 168)
MARGIN, CAPTION = 14, 24

FACE_CROP = (122, 64, 534, 556)
FACE = (118, 141)
STEPS = 6
NAME_WIDTH = 190


def contact_sheet(seed: int) -> Image.Image:
    """A pair of each label, age group and ethnicity, with both genders."""
    ethnicities = CLASSES["ethnicity"]
    rows = [(label, age_group) for age_group in CLASSES["age_group"] for label in CLASSES["label"]]
    width = len(ethnicities) * (PAIR[0] + MARGIN) + MARGIN
    sheet = Image.new("RGB", (width, len(rows) * (PAIR[1] + CAPTION + MARGIN) + MARGIN), PAPER)
    subjects = cast(400, seed)
    for row, (label, age_group) in enumerate(rows):
        for column, ethnicity in enumerate(ethnicities):
            gender = CLASSES["gender"][(row + column) % 2]
            subject = _first(subjects, (label, age_group, gender, ethnicity))
            pair = Image.fromarray(draw_composite(subject, seed)).resize(PAIR, Image.Resampling.LANCZOS)
            x, y = MARGIN + column * (PAIR[0] + MARGIN), MARGIN + row * (PAIR[1] + CAPTION + MARGIN)
            sheet.paste(pair, (x, y))
            kind = "pain" if label == "pain" else f"no pain: {subject.expressive.kind}"
            caption = f"{age_group} {gender}, {ethnicity.replace('_', ' ')}; {kind}"
            ImageDraw.Draw(sheet).text((x, y + PAIR[1] + 4), caption, INK, _font(15))
    return sheet


def unit_strips(seed: int) -> Image.Image:
    """Each action unit alone, from 0 to 5, on one young and one old face."""
    columns = (("young", "woman", "south_asian"), ("old", "man", "white"))
    people = [draw_identity(np.random.default_rng((seed, number)), *group) for number, group in enumerate(columns)]
    strip = STEPS * FACE[0]
    width = NAME_WIDTH + len(people) * (strip + MARGIN)
    sheet = Image.new("RGB", (width, CAPTION + len(ACTION_UNITS) * (FACE[1] + 4) + MARGIN), PAPER)
    draw = ImageDraw.Draw(sheet)
    for column in range(len(people)):
        for step in range(STEPS):
            x = NAME_WIDTH + column * (strip + MARGIN) + step * FACE[0] + FACE[0] // 2
            draw.text((x, 4), str(step), FAINT, _font(15), anchor="ma")
    for row, (unit, name) in enumerate(ACTION_UNITS.items()):
        y = CAPTION + row * (FACE[1] + 4)
        draw.text((MARGIN, y + 48), unit, INK, _font(20))
        draw.text((MARGIN, y + 74), name, FAINT, _font(14))
        for column, who in enumerate(people):
            for step, value in enumerate(np.linspace(0, STRONGEST, STEPS)):
                units: Units = {**AT_REST, unit: float(value)}
                face = _portrait(Face.of(who, units, {})).crop(FACE_CROP).resize(FACE, Image.Resampling.LANCZOS)
                sheet.paste(face, (NAME_WIDTH + column * (strip + MARGIN) + step * FACE[0], y))
    return sheet


def _portrait(face: Face) -> Image.Image:
    grey = (0.80, 0.82, 0.84)
    take = Take(grey, (0.64, 0.66, 0.69), light=-0.4, tilt=0, shift=(0, 0), scale=1, tint=(1, 1, 1))
    return Image.fromarray(draw_portrait(face, take, 656, 736))


def _first(subjects: Iterable[Subject], cell: Sequence[str]) -> Subject:
    for subject in subjects:
        if (subject.label, subject.age_group, subject.gender, subject.ethnicity) == tuple(cell):
            return subject
    raise LookupError(f"none of the subjects is {', '.join(cell)}")


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=size)


def main() -> None:
    """Write both pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name, draw in (("demo_faces", contact_sheet), ("action_units", unit_strips)):
        path = options.out / f"{name}.jpg"
        draw(options.seed).save(path, quality=QUALITY, subsampling=0, optimize=True)
        print(path)


if __name__ == "__main__":
    main()
