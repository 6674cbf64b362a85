"""What the neutral face is worth in demo faces: the pair, the expressive face alone, and somebody else's neutral face.

    python -m tests.benchmarks.references [--train N] [--validation N] [--test N] [--epochs N] [--seed N]
                                          [--crop L T R B | --alignment similarity|pwct] [--markdown PATH]

Demo faces are drawn once. PwCT and the linear baseline are trained on pairs, and again on expressive faces alone
(`--fusion none`). The former are then also tested on pairs whose neutral face is that of another person of the same
age, gender and ethnicity. So that these are no straw men, logistic regression of scikit-learn judges the same test
pairs in the same three ways, by the difference of the two faces or by the expressive face alone: once by 20 x 20 grey
pixels, once by histograms of oriented gradients. What a way loses is compared row by row.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from datasets import Dataset, DatasetDict, disable_progress_bars, load_dataset
from PIL import Image
from skimage.feature import hog
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from synpain_hf.release.build import build
from synpain_hf.sources.demo import DemoSource
from synpain_hf.text.markdown import table
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.judging import predict
from synpain_hf.training.run.train import train

Numbers = npt.NDArray[np.float64]
Seen = Callable[[Image.Image, Sequence[float]], Numbers]

FACE = 256
"""Side of the faces that are stored, in pixels."""

SMALL = 20
"""Side of the faces that logistic regression judges."""

LARGE = 160
"""Side of the faces whose gradients it judges, in pixels."""

GROUPS = ("age_group", "gender", "ethnicity")
WAYS = ("the pair", "the expressive face alone", "the pair with another's neutral face")

Scores = Mapping[str, Numbers]
"""What is given to the test pairs, by how they are judged, one of `WAYS`."""


def main() -> int:
    """Draw, train, judge and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=int, default=600)
    parser.add_argument("--validation", type=int, default=200)
    parser.add_argument("--test", type=int, default=600)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--crop", type=float, nargs=4, default=(0.2, 0.2, 0.8, 0.85))
    parser.add_argument("--alignment", choices=("similarity", "pwct"), help="of the trained models' faces")
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    disable_progress_bars()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        count = options.train + options.validation + options.test
        build(DemoSource(count, options.seed), place / "faces", version="1.0.0", image_size=FACE, workers=2)
        drawn: Any = load_dataset(str(place / "faces"), "all", split="train", cache_dir=str(place / "cache"))
        text = compared(split(drawn.shuffle(seed=options.seed), options), place, options)
    sys.stdout.write(f"{text}\n")
    if options.markdown:
        options.markdown.write_text(f"{text}\n", encoding="utf-8")
    return 0


def split(pairs: Dataset, options: argparse.Namespace) -> DatasetDict:
    """The first pairs to train on, the next to choose by, the others for the test."""
    first, second = options.train, options.train + options.validation
    places = {"train": range(first), "validation": range(first, second), "test": range(second, len(pairs))}
    return DatasetDict({name: pairs.select(rows) for name, rows in places.items()})


def compared(pairs: DatasetDict, place: Path, options: argparse.Namespace) -> str:
    """A table: the AUROC of each way of judging, and what it loses against the pair."""
    labels = pairs["test"]["label"]
    rows = []
    for model, scores in judged(pairs, place, options).items():
        for way, values in scores.items():
            own = subgroup_auroc(references=labels, scores=values, positive=1)["overall"]
            rows.append([f"{model}, {way}", _estimate(own["auroc"], own["interval"]), ""])
            if way != WAYS[0]:
                both = subgroup_auroc(references=labels, scores=scores[WAYS[0]], baseline_scores=values, positive=1)
                found = both["overall"]["comparison"]
                rows[-1][-1] = _estimate(found["difference"], found["interval"])
    return table(["judged by", "AUROC (95% CI)", "loses against the pair"], rows, 1)


def judged(pairs: DatasetDict, place: Path, options: argparse.Namespace) -> Mapping[str, Scores]:
    """The scores of the test pairs, by model."""
    others = swapped(pairs["test"])
    return {
        "PwCT": by_training("pwct", pairs, others, place, options),
        "the linear baseline": by_training("linear", pairs, others, place, options),
        "logistic regression on grey pixels": by_logistic(pairs, others, pixels, options),
        "logistic regression on gradients": by_logistic(pairs, others, gradients, options),
    }


def by_training(name: str, pairs: DatasetDict, others: Dataset, place: Path, options: argparse.Namespace) -> Scores:
    """What two models of a kind give, one of which looks at no neutral face; trained side by side."""
    tasks: list[tuple[Any, ...]] = [
        (pairs, [pairs["test"], others], ModelArguments(model=name), place / f"{name}-pair", options),
        (pairs, [pairs["test"]], ModelArguments(model=name, fusion="none"), place / f"{name}-alone", options),
    ]
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        (own, strange), (without,) = processes.map(trained, *zip(*tasks, strict=True))
    return dict(zip(WAYS, (own, without, strange), strict=True))


def trained(
    pairs: DatasetDict, tests: Sequence[Dataset], model: ModelArguments, place: Path, options: argparse.Namespace
) -> list[Numbers]:
    """The scores that a model, trained on pairs, gives to each of some test sets."""
    torch.set_num_threads(1)
    prepared = place.with_name(f"{place.name}-prepared")
    result = train(
        pairs,
        out=place,
        model=replace(model, **_faces(options)),
        cache_dir=prepared,
        num_train_epochs=options.epochs,
        per_device_train_batch_size=16,
        seed=options.seed,
        disable_tqdm=True,
    )
    scores = []
    for test in tests:
        found = predict(result.out, DatasetDict({"test": test}), cache_dir=prepared)
        by_pair = dict(zip(found["pair_id"].to_pylist(), found["score"].to_pylist(), strict=True))
        scores.append(np.array([by_pair[pair_id] for pair_id in test["pair_id"]]))
    return scores


def _faces(options: argparse.Namespace) -> dict[str, Any]:
    """How faces are cut out for models that are trained."""
    return {"alignment": options.alignment} if options.alignment else {"crop_box": list(options.crop)}


def swapped(pairs: Dataset) -> Dataset:
    """The pairs, each with the neutral face of the next person of the same groups."""
    members: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, groups in enumerate(zip(*(pairs[name] for name in GROUPS), strict=True)):
        members[groups].append(row)
    of = {row: rows[place - 1] for rows in members.values() for place, row in enumerate(rows)}
    return pairs.map(lambda _, row: {"neutral": pairs[of[row]]["neutral"]}, with_indices=True)


def by_logistic(pairs: DatasetDict, others: Dataset, seen: Seen, options: argparse.Namespace) -> Scores:
    """What two logistic regressions give, one of which sees the expressive face alone."""
    labels = np.asarray(pairs["train"]["label"])
    learned, tested = (features(pairs[name], seen, options) for name in ("train", "test"))
    difference = fitted(learned["expressive"] - learned["neutral"], labels)
    strange = tested["expressive"] - features(others, seen, options)["neutral"]
    values = (
        difference.decision_function(tested["expressive"] - tested["neutral"]),
        fitted(learned["expressive"], labels).decision_function(tested["expressive"]),
        difference.decision_function(strange),
    )
    return dict(zip(WAYS, values, strict=True))


def features(pairs: Dataset, seen: Seen, options: argparse.Namespace) -> Mapping[str, Numbers]:
    """What is seen of both faces; shape (pairs, features) each."""
    rows = pairs.select_columns(["neutral", "expressive"])
    found = [{face: seen(picture.convert("L"), options.crop) for face, picture in row.items()} for row in rows]
    return {face: np.array([row[face] for row in found]) for face in ("neutral", "expressive")}


def pixels(picture: Image.Image, crop: Sequence[float]) -> Numbers:
    """A small face, standardised; shape (400,)."""
    small = _scaled(picture, crop, SMALL).ravel()
    return np.asarray((small - small.mean()) / small.std())


def gradients(picture: Image.Image, crop: Sequence[float]) -> Numbers:
    """Histograms of oriented gradients (Dalal and Triggs 2005), which small displacements change little."""
    return np.asarray(hog(_scaled(picture, crop, LARGE), orientations=8, pixels_per_cell=(16, 16)))


def _scaled(picture: Image.Image, crop: Sequence[float], side: int) -> Numbers:
    left, top, right, bottom = crop
    box = (left * picture.width, top * picture.height, right * picture.width, bottom * picture.height)
    return np.asarray(picture.resize((side, side), Image.Resampling.BOX, box), np.float64)


def fitted(inputs: Numbers, labels: npt.NDArray[np.int64]) -> GridSearchCV:
    """Logistic regression; how much it is held back is chosen within the training pairs."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    search = GridSearchCV(model, {"logisticregression__C": np.logspace(-5, 0, 6)}, scoring="roc_auc")
    return search.fit(inputs, labels)


def _estimate(value: float, interval: Mapping[str, float]) -> str:
    return f"{value:.3f} ({interval['low']:.3f} to {interval['high']:.3f})"


if __name__ == "__main__":
    sys.exit(main())
