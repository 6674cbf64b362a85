"""What a model makes of photographs whose frame is narrower or wider than that of the faces it was trained on.

    python -m tests.benchmarks.framing [--pairs N] [--epochs N] [--seed N] [--markdown PATH]

PwCT is trained on demo faces, once on faces aligned by their eyes and once within a fixed box. It is then tested on
the same test pairs in other frames: cut to a part of the picture around the face, or with wall around it, the face
somewhere in the frame, each of the two pictures apart. Faces are found by MediaPipe (extra `annotate`); pairs in which
it finds none are left out, and counted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from datasets import DatasetDict, disable_progress_bars, load_dataset
from PIL import Image

from synpain_hf.errors import BadInputError
from synpain_hf.release.build import build
from synpain_hf.sources.demo import DemoSource
from synpain_hf.text.markdown import table
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.judging import predict
from synpain_hf.training.run.train import train
from synpain_hf.vocabulary import FACES
from tests.benchmarks.shortcuts import FACE, auroc

BOX = [0.2, 0.2, 0.8, 0.85]

WAYS: Mapping[str, dict[str, Any]] = {
    "eyes at fixed points": {"alignment": "similarity"},
    "a fixed box": {"crop_box": BOX},
}

FRAMES = (0.5, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0)
"""Sides of a frame, as shares of those of the pictures that are trained on."""


def main() -> int:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    disable_progress_bars()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        build(DemoSource(options.pairs, options.seed, ()), place / "faces", version="1.0.0", image_size=FACE, workers=2)
        pairs: Any = load_dataset(str(place / "faces"), "default", cache_dir=str(place / "cache"))
        tests = {times: in_frames(pairs["test"], times, options.seed) for times in FRAMES}
        rows = [[way, *measured(place, pairs, tests, way, options)] for way in WAYS]
    text = table(["trained on", *(f"{times:g} times" for times in FRAMES)], rows, 1)
    sys.stdout.write(f"{text}\n")
    if options.markdown:
        options.markdown.write_text(f"{text}\n", encoding="utf-8")
    return 0


def measured(
    place: Path, pairs: DatasetDict, tests: Mapping[float, Any], way: str, options: argparse.Namespace
) -> list[str]:
    """Train in one way, and test in each frame."""
    result = train(
        pairs,
        out=place / f"model-{list(WAYS).index(way)}",
        model=ModelArguments(model="pwct", **WAYS[way]),
        num_train_epochs=options.epochs,
        seed=options.seed,
        disable_tqdm=True,
        cache_dir=place / "prepared",
    )
    found = []
    for times, test in tests.items():
        lost, predictions = judged(result.out, test, place / "prepared")
        found.append(f"{auroc(predictions):.3f}" + (f" ({lost} not found)" if lost else ""))
        sys.stderr.write(f"{way}, {times:g} times: {found[-1]}\n")
        sys.stderr.flush()
    return found


def judged(model: Path, test: Any, prepared: Path) -> tuple[int, pa.Table]:
    """In how many pairs a face is not found, and the predictions of the others."""
    try:
        return 0, predict(model, DatasetDict({"test": test}), cache_dir=prepared)
    except BadInputError as error:
        lost = {problem.pair_id for problem in error.problems}
    rows = [row for row, pair_id in enumerate(test["pair_id"]) if pair_id not in lost]
    return len(lost), predict(model, DatasetDict({"test": test.select(rows)}), cache_dir=prepared)


def in_frames(pairs: Any, times: float, seed: int) -> Any:
    """The pairs, each picture in a frame of its own."""

    def apply(row: dict[str, Any], index: int) -> dict[str, Any]:
        rng = np.random.default_rng((seed, index))
        return {face: in_frame(row[face], times, rng) for face in FACES}

    return pairs.map(apply, with_indices=True)


def in_frame(picture: Image.Image, times: float, rng: np.random.Generator) -> Image.Image:
    """A picture in a frame that is so many times as wide and as high, the face somewhere in it, at its size."""
    width, height = (round(side * times) for side in picture.size)
    if times <= 1:
        left, top = (picture.width - width) // 2, (picture.height - height) // 2
        return picture.crop((left, top, left + width, top + height))
    wall = Image.new("RGB", (width, height), picture.getpixel((0, 0)))
    at = (int(rng.integers(0, width - picture.width + 1)), int(rng.integers(0, height - picture.height + 1)))
    wall.paste(picture, at)
    return wall


if __name__ == "__main__":
    sys.exit(main())
