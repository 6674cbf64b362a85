"""What the benchmarks read: plain composites as PNG data named `.jpg`, as most official ones are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from examples.plain_composites import composite
from synpain_hf.imaging.png import FilteredPng

_SEED = 0
_LAST_ROW_FIRST_PIXEL = np.s_[-1, 1:3]


def draw(folder: Path, count: int) -> Path:
    """Draw composites, each one anew, and compress them as Pillow does by default.

    Args:
        folder: Where `SynPain/Images` will be.
        count: How many.

    Returns:
        The folder `SynPain`.
    """
    images = folder / "SynPain" / "Images"
    images.mkdir(parents=True)
    for number, name in enumerate(_names(count)):
        rng = np.random.default_rng((_SEED, number))
        pixels = composite(
            rng,
            pain=name[1] == "1",
            old=name[3] == "1",
            ethnicity=int(name[4]),
            gutter=int(rng.integers(2, 10)),
            blended=1,
        )
        Image.fromarray(pixels).save(images / name, "PNG")
    return images.parent


def vary(drawn: Path, folder: Path, count: int) -> Path:
    """Write many composites cheaply: the drawn ones in turn, each with its number added to a row of the neutral face.

    Args:
        drawn: A folder that `draw` returned.
        folder: Where `SynPain/Images` will be.
        count: How many, at most 65,536 times those drawn.

    Returns:
        The folder `SynPain`.
    """
    images = folder / "SynPain" / "Images"
    images.mkdir(parents=True)
    pictures = [path.read_bytes() for path in sorted((drawn / "Images").iterdir())]
    for number, name in enumerate(_names(count)):
        picture = FilteredPng.parse(pictures[number % len(pictures)])
        assert picture is not None, "what was drawn is 8-bit RGB"
        rows = picture.rows.copy()
        rows[_LAST_ROW_FIRST_PIXEL] += np.array(divmod(number // len(pictures), 256), np.uint8)
        varied = FilteredPng(rows)
        (images / name).write_bytes(varied.crop_png(0, varied.width, rows[:, :0]))
    return images.parent


def _names(count: int) -> Iterator[str]:
    """Official file names that fill the cells of label, gender, age and ethnicity evenly."""
    for number in range(count):
        ethnicity, pain, old, woman = number % 5, number // 5 % 2, number // 10 % 2, number // 20 % 2
        words = ("Pain" if pain else "NoPain", "woman" if woman else "man", "Old" if old else "Young")
        yield f"1{pain}{woman}{old}{ethnicity}{number:04d}0_{'_'.join(words)}.jpg"
