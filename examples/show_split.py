"""Draw how made composites are split: the columns that are left out, and the two faces.

python -m examples.show_split docs/split.png    # in a checkout: it draws with examples/plain_composites.py
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from examples.plain_composites import HEIGHT, WIDTH, Pixels, composite
from synpain_hf.imaging.faces import Encoding, split_composite
from synpain_hf.imaging.gutter import Gutter


class Case(NamedTuple):
    """One row of the picture."""

    title: str
    gutter: int
    blended: int = 1
    format: str = "PNG"
    white_wall: bool = False


CASES = (
    Case("No gutter: a hard edge", gutter=0, blended=0),
    Case("White gutter, 2 columns", gutter=2),
    Case("White gutter, 5 columns", gutter=5),
    Case("White gutter, 9 columns", gutter=9, blended=2),
    Case("JPEG at quality 80", gutter=5, format="JPEG"),
    Case("White walls run into it", gutter=9, white_wall=True),
)

_SCALE = 0.25
_MAGNIFIED, _COLUMNS_SHOWN = 9, 32
_GAP, _TOP = 16, 76
_LABEL_WIDTH = 270
_MARK = (220, 0, 90)
_INK, _PAPER = (30, 30, 30), (246, 246, 243)
_TITLE, _TEXT = 19, 16
_COLOURS = 256


def main() -> None:
    """Write the picture to the file given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, nargs="?", default=Path("docs/split.png"))
    out = parser.parse_args().out
    out.parent.mkdir(parents=True, exist_ok=True)
    draw_cases().quantize(_COLOURS, dither=Image.Dither.NONE).save(out, optimize=True)
    print(out)


def draw_cases() -> Image.Image:
    """All cases, one per row."""
    rows = [_row(number, case) for number, case in enumerate(CASES)]
    width = rows[0].width
    page = Image.new("RGB", (width, _TOP + sum(row.height + _GAP for row in rows)), _PAPER)
    draw = ImageDraw.Draw(page)
    lefts = _lefts()
    heads = ("Composite", "Its middle, magnified", "Neutral", "Expressive")
    for left, head in zip(lefts[1:], heads, strict=True):
        draw.text((left, _TOP - 34), head, _INK, ImageFont.load_default(size=_TITLE))
    note = "Between the two lines: the columns that neither face gets"
    draw.text((_GAP, 10), note, _MARK, ImageFont.load_default(size=_TITLE))
    for number, row in enumerate(rows):
        page.paste(row, (0, _TOP + number * (row.height + _GAP)))
    return page


def _row(number: int, case: Case) -> Image.Image:
    pixels = _made(number, case)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, case.format, **({"quality": 80} if case.format == "JPEG" else {}))
    faces = split_composite(file.getvalue(), Encoding())
    if faces.gutter is None:
        raise AssertionError("a composite has a place where it was cut")
    whole, neutral, expressive = (
        Image.open(io.BytesIO(data)).convert("RGB") for data in (file.getvalue(), faces.neutral, faces.expressive)
    )
    parts = [_marked(whole, faces.gutter), _magnified(whole, faces.gutter), *map(_scaled, (neutral, expressive))]
    row = Image.new("RGB", (_lefts()[-1] + parts[-1].width + 2 * _GAP, parts[0].height), _PAPER)
    for left, part in zip(_lefts()[1:], parts, strict=True):
        row.paste(part, (left, 0))
    lines = (
        f"{case.gutter} white, {case.blended} blended a side",
        f"left out: {faces.gutter.start} to {faces.gutter.stop - 1}",
        f"neutral: {neutral.width} columns",
        f"expressive: {expressive.width} columns",
    )
    draw = ImageDraw.Draw(row)
    draw.text((_GAP, 20), case.title, _INK, ImageFont.load_default(size=_TITLE))
    draw.multiline_text((_GAP, 56), "\n".join(lines), _INK, ImageFont.load_default(size=_TEXT), spacing=8)
    return row


def _made(number: int, case: Case) -> Pixels:
    rng = np.random.default_rng((7, number))
    pixels = composite(
        rng, pain=number % 2 == 0, old=number > 2, ethnicity=number % 5, gutter=case.gutter, blended=case.blended
    )
    if case.white_wall:
        pixels = pixels.copy()
        for half in (slice(0, WIDTH // 2), slice(WIDTH // 2, WIDTH)):
            part = pixels[:, half].astype(int)
            wall = np.median(part[:40], axis=(0, 1))
            for colour in (wall, (wall + 255) / 2):
                pixels[:, half][np.abs(part - colour).max(axis=2) < 16] = 255
    return pixels


def _lefts() -> list[int]:
    """Where each of the five columns of the page begins."""
    widths = (_LABEL_WIDTH, round(WIDTH * _SCALE), _COLUMNS_SHOWN * _MAGNIFIED, round(WIDTH * _SCALE / 2))
    lefts = [_GAP]
    for width in widths:
        lefts.append(lefts[-1] + width + _GAP)
    return lefts


def _scaled(image: Image.Image) -> Image.Image:
    return image.resize((round(image.width * _SCALE), round(image.height * _SCALE)), Image.Resampling.LANCZOS)


def _marked(image: Image.Image, gutter: Gutter) -> Image.Image:
    small = _scaled(image)
    _draw_lines(small, (round(gutter.start * _SCALE) - 1, round(gutter.stop * _SCALE)), 1)
    return small


def _magnified(image: Image.Image, gutter: Gutter) -> Image.Image:
    """The middle columns of the lowest rows, where walls end and shoulders begin."""
    first = (gutter.start + gutter.stop - _COLUMNS_SHOWN) // 2
    height = round(HEIGHT * _SCALE)
    part = image.crop((first, HEIGHT - height, first + _COLUMNS_SHOWN, HEIGHT))
    large = part.resize((_COLUMNS_SHOWN * _MAGNIFIED, height), Image.Resampling.NEAREST)
    _draw_lines(large, ((gutter.start - first) * _MAGNIFIED - 1, (gutter.stop - first) * _MAGNIFIED - 1), 2)
    return large


def _draw_lines(image: Image.Image, columns: tuple[int, int], width: int) -> None:
    draw = ImageDraw.Draw(image)
    for column in columns:
        draw.line((column, 0, column, image.height), fill=_MARK, width=width)


if __name__ == "__main__":
    main()
