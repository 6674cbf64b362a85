"""Make plain composites, laid out like the official download: a head in front of a wall, twice, with a gutter.

They have the size, the names, the gutters and roughly the weight of the official files, so that the whole pipeline
runs on them; they show no action units and are of no other use.

    python examples/plain_composites.py OUT --pairs 40
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from synpain_hf.vocabulary import CLASSES

Pixels = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 1312, 736
FOLDS = 5
_SKINS = ((84, 52, 40), (152, 104, 72), (186, 142, 108), (228, 190, 164), (232, 196, 156))
_SHOULDERS = 560


def composite(rng: np.random.Generator, *, pain: bool, old: bool, ethnicity: int, gutter: int, blended: int) -> Pixels:
    """A neutral face on the left, an expressive one on the right.

    Args:
        rng: Draws everything that varies.
        pain: Whether the expression is one of pain.
        old: Whether the hair is grey.
        ethnicity: Index of the skin colour.
        gutter: White columns between the faces.
        blended: Columns on each side of them that are half white.

    Returns:
        Shape (736, 1312, 3), uint8.
    """
    between = gutter + 2 * blended
    left_width = (WIDTH - between) // 2
    widths = (left_width, WIDTH - between - left_width)
    wall, shirt = (rng.integers(60, 225, 3) for _ in range(2))
    skin = np.clip(np.array(_SKINS[ethnicity]) + rng.integers(-12, 13, 3), 0, 255)
    hair = np.array((70, 56, 44)) * rng.uniform(0.3, 1.3) + 120 * old
    colours = tuple(map(_rgb, (wall, shirt, skin, hair)))
    tint = rng.integers(-10, 11, 3)
    neutral = _face(widths[0], colours, "neutral").astype(np.float32)
    expressive = _face(widths[1], colours, "pain" if pain else "smile").astype(np.float32) + tint
    blend_left = np.repeat((neutral[:, -1:] + 255) / 2, blended, axis=1)
    blend_right = np.repeat((expressive[:, :1] + 255) / 2, blended, axis=1)
    white = np.full((HEIGHT, gutter, 3), 255, np.float32)
    grain = rng.normal(0, 2.2, (HEIGHT, WIDTH, 3)).astype(np.float32)
    grain[:, widths[0] : WIDTH - widths[1]] = 0
    whole = np.concatenate([neutral, blend_left, white, blend_right, expressive], axis=1) + grain
    return np.clip(whole, 0, 255).astype(np.uint8)


def _face(width: int, colours: tuple[tuple[int, ...], ...], expression: str) -> Pixels:
    wall, shirt, skin, hair = colours
    image = Image.new("RGB", (width, HEIGHT), wall)
    draw = ImageDraw.Draw(image)
    middle, line = width // 2, tuple(value // 3 for value in skin)
    draw.ellipse((-90, _SHOULDERS, width + 90, HEIGHT + 400), fill=shirt)
    draw.rectangle((middle - 60, 430, middle + 60, 610), fill=skin)
    draw.ellipse((middle - 160, 110, middle + 160, 420), fill=hair)
    draw.ellipse((middle - 140, 150, middle + 140, 530), fill=skin)
    for side in (-1, 1):
        eye = middle + side * 58
        if expression == "pain":
            draw.line((eye - 26, 300, eye + 26, 300), fill=line, width=6)
            draw.line((eye - side * 34, 268, eye + side * 30, 258), fill=line, width=9)
        else:
            draw.ellipse((eye - 24, 286, eye + 24, 314), fill=(240, 240, 240))
            draw.ellipse((eye - 11, 289, eye + 11, 311), fill=line)
            draw.line((eye - 30, 262, eye + 30, 262), fill=line, width=8)
    draw.line((middle, 310, middle - 14, 390, middle + 8, 396), fill=line, width=5)
    mouth = {"neutral": (440, 440), "pain": (452, 432), "smile": (430, 456)}[expression]
    draw.line((middle - 60, mouth[0], middle, mouth[1], middle + 60, mouth[0]), fill=line, width=8, joint="curve")
    return np.asarray(image)


def _rgb(colour: npt.NDArray[Any]) -> tuple[int, ...]:
    return tuple(int(value) for value in colour)


def write_download(folder: Path, pairs: int, seed: int = 0, compress_level: int = 6) -> Path:
    """Write a download as it is on the Hub: `SynPain/Images` and `SynPain/SynPain_folds.txt`.

    Two in fifteen composites have no gutter. Three in fifteen are JPEG data, and named with capitals; the others are
    PNG data named `.jpg`.

    Args:
        folder: Where `SynPain` will be.
        pairs: How many.
        seed: Draws everything.
        compress_level: Of the PNG data, 0 to 9; the lower, the quicker to write and the larger.

    Returns:
        The folder `SynPain`.
    """
    root = folder / "SynPain"
    images = root / "Images"
    images.mkdir(parents=True)
    lines = []
    for number, (stem, jpeg, pixels) in enumerate(_identities(pairs, seed)):
        image = Image.fromarray(pixels)
        if jpeg:
            image.save(images / f"{stem}.jpg", "JPEG", quality=92)
        else:
            image.save(images / f"{stem}.jpg", "PNG", compress_level=compress_level)
        lines.append(f"{stem[:10]},{number // len(CLASSES['ethnicity']) % FOLDS}\n")
    (root / "SynPain_folds.txt").write_text("".join(lines), encoding="utf-8")
    return root


def _identities(pairs: int, seed: int) -> Iterator[tuple[str, bool, Pixels]]:
    for number in range(pairs):
        rng = np.random.default_rng((seed, number))
        ethnicity, pain, old, woman = number % 5, number // 5 % 2, number // 10 % 2, number // 20 % 2
        jpeg, edge = number % 15 in (4, 9, 14), number % 15 in (3, 11)
        pixels = composite(
            rng,
            pain=bool(pain),
            old=bool(old),
            ethnicity=ethnicity,
            gutter=0 if edge else int(rng.integers(2, 10)),
            blended=0 if edge else 1,
        )
        pair_id = f"1{pain}{woman}{old}{ethnicity}{number:04d}{int(jpeg)}"
        words = ("Pain" if pain else "NoPain", "woman" if woman else "man", "Old" if old else "Young")
        yield "_".join((pair_id, words[0], words[1].title() if jpeg else words[1], words[2])), jpeg, pixels


def main() -> None:
    """Write a download to the folder given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(write_download(options.out, options.pairs, options.seed))


if __name__ == "__main__":
    main()
