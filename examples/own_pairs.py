"""Write a manifest of pairs of your own, `pairs.csv`, and the pictures that it names: heads of ellipses and lines.

python examples/own_pairs.py OUT --pairs 20
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from synpain_hf.vocabulary import CLASSES

SIDE = 192
SKINS = ((84, 52, 40), (152, 104, 72), (186, 142, 108), (228, 190, 164), (232, 196, 156))
MOUTHS = {"neutral": 0, "no_pain": 10, "pain": -10}


def draw_head(seed: tuple[int, int], *, old: bool, ethnicity: int, mouth: str) -> Image.Image:
    """Draw a head in front of a wall.

    Args:
        seed: Draws wall and hair, so that both faces of a pair have the same.
        old: Whether the hair is grey.
        ethnicity: Index of the skin colour.
        mouth: `neutral`, `no_pain` (a smile) or `pain`.

    Returns:
        192 x 192 pixels, RGB.
    """
    rng = np.random.default_rng(seed)
    wall, hair = (tuple(map(int, rng.integers(low, high, 3))) for low, high in ((90, 220), (20, 60)))
    image = Image.new("RGB", (SIDE, SIDE), wall)
    draw = ImageDraw.Draw(image)
    draw.ellipse((44, 18, 148, 120), fill=(190, 190, 190) if old else hair)
    draw.ellipse((52, 34, 140, 176), fill=SKINS[ethnicity])
    for eye in (76, 116):
        draw.ellipse((eye - 8, 84, eye + 8, 94), fill=(245, 245, 245))
        draw.ellipse((eye - 4, 85, eye + 4, 93), fill=(30, 30, 30))
    curve = MOUTHS[mouth]
    draw.line((72, 140 - curve, 96, 140 + curve, 120, 140 - curve), fill=(110, 30, 30), width=5, joint="curve")
    return image


def write_pairs(folder: Path, pairs: int, seed: int = 0) -> Path:
    """Write the manifest and the pictures.

    Args:
        folder: Where they will be.
        pairs: How many.
        seed: Draws everything.

    Returns:
        The manifest.
    """
    (folder / "faces").mkdir(parents=True)
    manifest = folder / "pairs.csv"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["pair_id", "neutral", "expressive", *CLASSES, "generator", "seed"])
        for number in range(pairs):
            codes = (number % 2, number // 2 % 2, number // 4 % 2, number % 5)
            label, age_group, gender, ethnicity = (
                names[code] for names, code in zip(CLASSES.values(), codes, strict=True)
            )
            places = []
            for face, mouth in (("neutral", "neutral"), ("expressive", label)):
                head = draw_head((seed, number), old=age_group == "old", ethnicity=codes[-1], mouth=mouth)
                places.append(f"faces/{number:04d}_{face}.png")
                head.save(folder / places[-1])
            writer.writerow([f"p{number:04d}", *places, label, age_group, gender, ethnicity, "plain heads", seed])
    return manifest


def main() -> None:
    """Write a manifest to the folder given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(write_pairs(options.out, options.pairs, options.seed))


if __name__ == "__main__":
    main()
