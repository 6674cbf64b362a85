"""Write a manifest of pairs of your own, `pairs.csv`, and the plain composites that it names.

python examples/own_pairs.py OUT --pairs 20
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import numpy as np
from PIL import Image

from examples.plain_composites import composite
from synpain_hf.vocabulary import CLASSES


def write_pairs(folder: Path, pairs: int, seed: int = 0) -> Path:
    """Write the manifest and the composites.

    Args:
        folder: Where they will be.
        pairs: How many.
        seed: Draws everything.

    Returns:
        The manifest.
    """
    (folder / "composites").mkdir(parents=True)
    manifest = folder / "pairs.csv"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["pair_id", "composite", *CLASSES, "generator", "seed"])
        for number in range(pairs):
            label, age, gender, ethnicity = number % 2, number // 2 % 2, number // 4 % 2, number % 5
            pixels = composite(
                np.random.default_rng((seed, number)), pain=bool(label), old=bool(age), ethnicity=ethnicity, gutter=4,
                blended=1,
            )  # fmt: skip
            place = f"composites/{number:04d}.png"
            Image.fromarray(pixels).save(folder / place, compress_level=1)
            codes = zip(CLASSES.values(), (label, age, gender, ethnicity), strict=True)
            words = [names[code] for names, code in codes]
            writer.writerow([f"p{number:04d}", place, *words, "plain composites", seed])
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
