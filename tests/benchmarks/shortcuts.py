"""What a model learns of a shortcut: pictures whose expressive face tells the label by light, sharpness or JPEG.

    python -m tests.benchmarks.shortcuts [--pairs N] [--epochs N] [--seed N] [--crop L T R B | --alignment NAME]
                                         [--planted NAME …] [--default-only] [--markdown PATH]

Demo faces are drawn once. For each shortcut the expressive faces of pain are changed, in training and validation, and
PwCT is trained: as it is by default, and without standardising, smoothing and changes of the two faces apart. It is
then tested on the pictures as they are (clean), changed as they were in training (planted), and with the faces without
pain changed instead (reversed). A model that looks at the face alone has the same AUROC on all three.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from datasets import DatasetDict, disable_progress_bars, load_dataset
from PIL import Image, ImageFilter

from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from synpain_hf.release.build import build
from synpain_hf.sources.demo import DemoSource
from synpain_hf.text.markdown import table
from synpain_hf.training.data.augmentation import AugmentationStrengths
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.judging import predict
from synpain_hf.training.run.train import train
from synpain_hf.vocabulary import CLASSES

FACE = 256
"""Side of the faces that are stored, in pixels."""

PAIN, NO_PAIN = (CLASSES["label"].index(word) for word in ("pain", "no_pain"))

Change = Callable[[Image.Image], Image.Image]


def _scaled(*factors: float) -> Change:
    def change(face: Image.Image) -> Image.Image:
        pixels = np.asarray(face, np.float32) * np.array(factors, np.float32)
        return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))

    return change


def _flatter(face: Image.Image) -> Image.Image:
    pixels = np.asarray(face, np.float32)
    mean = pixels.mean()
    return Image.fromarray(np.clip(np.rint(mean + 0.9 * (pixels - mean)), 0, 255).astype(np.uint8))


def _compressed(face: Image.Image) -> Image.Image:
    file = io.BytesIO()
    face.save(file, "JPEG", quality=60)
    return Image.open(file).convert("RGB")


CHANGES: Mapping[str, Change] = {
    "8% brighter": _scaled(1.08, 1.08, 1.08),
    "5% redder": _scaled(1.05, 1.0, 0.97),
    "10% less contrast": _flatter,
    "blurred by 1 pixel": lambda face: face.filter(ImageFilter.GaussianBlur(1)),
    "blurred by 2 pixels": lambda face: face.filter(ImageFilter.GaussianBlur(2)),
    "sharpened": lambda face: face.filter(ImageFilter.UnsharpMask(radius=1, percent=100, threshold=0)),
    "JPEG of quality 60": _compressed,
}
"""What is done to the expressive faces of one label."""

APART = ("brightness", "contrast", "tint", "rotation", "zoom", "shift", "sharpness", "jpeg")
BARE = replace(AugmentationStrengths(), **{f"apart_{name}": 0.0 for name in APART})
"""Augmentation as both faces of a pair are changed alike."""

DEFAULT = "by default"

WAYS: Mapping[str, tuple[ModelArguments, AugmentationStrengths]] = {
    DEFAULT: (ModelArguments(), AugmentationStrengths()),
    "neither standardised, smoothed nor changed apart": (ModelArguments(standardize=False, smoothing=0), BARE),
}


@dataclass(frozen=True)
class Found:
    """AUROC on the test pairs, by what was done to them."""

    clean: float
    planted: float
    reversed: float


def main() -> int:
    """Train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--crop", type=float, nargs=4, default=(0.15, 0.1, 0.85, 0.85))
    parser.add_argument("--alignment", choices=("similarity", "pwct"))
    parser.add_argument("--planted", choices=CHANGES, nargs="+", default=tuple(CHANGES))
    parser.add_argument("--default-only", action="store_true")
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    disable_progress_bars()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        source = DemoSource(options.pairs, options.seed, ())
        build(source, place / "faces", version="1.0.0", image_size=FACE, workers=2)
        pairs: Any = load_dataset(str(place / "faces"), "default", cache_dir=str(place / "cache"))
        rows: list[list[str]] = []
        for name, (way, how) in product(options.planted, WAYS.items()):
            if way == DEFAULT or not options.default_only:
                found = measured(place / f"{len(rows)}", pairs, CHANGES[name], how, options)
                rows.append([name, way, *(f"{value:.3f}" for value in (found.clean, found.planted, found.reversed))])
                sys.stderr.write("\t".join(rows[-1]) + "\n")
                sys.stderr.flush()
    text = table(["planted", "trained", "clean", "planted", "reversed"], rows, 2)
    sys.stdout.write(f"{text}\n")
    if options.markdown:
        options.markdown.write_text(f"{text}\n", encoding="utf-8")
    return 0


def measured(
    place: Path,
    pairs: DatasetDict,
    change: Change,
    how: tuple[ModelArguments, AugmentationStrengths],
    options: argparse.Namespace,
) -> Found:
    """Train with a shortcut, and test without it, with it, and with its contrary."""
    model, augmentation = how
    faces = {"alignment": options.alignment} if options.alignment else {"crop_box": list(options.crop)}
    place.mkdir()
    planted, turned = (changed(pairs, change, label) for label in (PAIN, NO_PAIN))
    shared: dict[str, Any] = {"cache_dir": place / "faces"}
    result = train(
        DatasetDict({**planted, "test": pairs["test"]}),
        out=place / "model",
        model=replace(model, **faces),
        augmentation=augmentation,
        num_train_epochs=options.epochs,
        per_device_train_batch_size=32,
        seed=options.seed,
        disable_tqdm=True,
        **shared,
    )
    tested = [predict(result.out, DatasetDict({"test": each["test"]}), **shared) for each in (pairs, planted, turned)]
    return Found(*(auroc(one) for one in tested))


def changed(pairs: DatasetDict, change: Change, label: int) -> DatasetDict:
    """The pairs, with the expressive faces of one label changed."""

    def apply(row: dict[str, Any]) -> dict[str, Any]:
        return {"expressive": change(row["expressive"])} if row["label"] == label else {"expressive": row["expressive"]}

    return pairs.map(apply)


def auroc(predictions: Any) -> float:
    """Of all rows together."""
    labels = np.array(predictions["label"].to_pylist()) == "pain"
    report = subgroup_auroc(references=labels.astype(int), scores=predictions["score"].to_numpy(), positive=1)
    return float(report["overall"]["auroc"])


if __name__ == "__main__":
    sys.exit(main())
