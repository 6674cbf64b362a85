"""Small releases, with something planted in them that a check has to find."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.executor import Executor
from synpain_hf.progress import silent
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.validation.checks import CHECKS
from synpain_hf.validation.checks.check import Found
from synpain_hf.validation.faces import look
from synpain_hf.validation.geometry import with_geometry
from synpain_hf.vocabulary import GROUPS

Pixels = npt.NDArray[np.uint8]
Plant = Callable[[Pixels, bool], Pixels]
"""What becomes of an expressive face, given whether its pair is labelled as pain."""

CELLS = [
    (age, gender, ethnicity)
    for age in ("young", "old")
    for gender in ("man", "woman")
    for ethnicity in ("black", "white")
]


def portrait(number: int, face: int, width: int = 96, height: int = 112) -> Pixels:
    """Soft spots on a background with a light and a tint of the identity's own; faces of a number share the latter."""
    own, this = np.random.default_rng(number), np.random.default_rng((number, face))
    background = own.integers(90, 190, 3) + this.integers(-6, 7, 3)
    spots = this.integers(0, 256, (6, 5, 3), np.uint8)
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = background
    middle = Image.fromarray(spots).resize((width // 2, height - height // 3), Image.Resampling.BICUBIC)
    picture[height // 3 :, width // 4 : width // 4 + width // 2] = np.asarray(middle)
    return picture


def unchanged(pixels: Pixels, is_pain: bool) -> Pixels:
    return pixels


def made(
    folder: Path,
    pairs: int = 80,
    plant: Plant = unchanged,
    of_rows: Mapping[str, Callable[[int], Any]] = MappingProxyType({}),
    called: str | None = None,
) -> Release:
    """A release of pairs of two pictures, half of them pain, all cells alike.

    Args:
        folder: A new folder.
        pairs: How many.
        plant: What becomes of each expressive face.
        of_rows: Further columns, or other values of the usual ones, by the number of the pair.
        called: The name of its data set.
    """
    folder.mkdir(parents=True)
    lines = []
    columns = ("pair_id", "label", *GROUPS, "neutral", "expressive", *(of_rows.keys() - {"label", *GROUPS}))
    for number in range(pairs):
        is_pain = number % 2 == 0
        values: dict[str, Any] = {"pair_id": f"p{number:03}", "label": "pain" if is_pain else "no_pain"}
        values |= dict(zip(GROUPS, CELLS[number // 2 % len(CELLS)], strict=True))
        values |= {column: of(number) for column, of in of_rows.items()}
        for face, name in enumerate(("neutral", "expressive")):
            pixels = portrait(number, face)
            pixels = plant(pixels, values["label"] == "pain") if face else pixels
            values[name] = f"{number}-{name}.png"
            Image.fromarray(pixels).save(folder / values[name], compress_level=1)
        lines.append(",".join(str(values[column]) for column in columns))
    manifest = folder / "pairs.csv"
    manifest.write_text("\n".join([",".join(columns), *lines]), encoding="utf-8")
    return build(manifest, folder / "release", version="1.0.0", name=called, notice=lambda _: None)


def checked(release: Release) -> dict[str, Found]:
    """What every check finds."""
    faces = with_geometry(release, look(release, Executor(), silent))
    return {check.name: check.make(release, faces) for check in CHECKS}
