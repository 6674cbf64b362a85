"""A training that takes a second or two, and what stands in for its pairs and its predictions."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from datasets import Dataset
from safetensors.torch import load_file
from torch import Tensor

from synpain_hf.release.release import Release
from synpain_hf.release.tables.pairs import features
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.arguments import PairwiseTrainingArguments
from synpain_hf.training.run.result import TrainingResult
from synpain_hf.training.run.train import train
from synpain_hf.vocabulary import CLASSES, GROUPS

FACE = 48
"""Side of a face in the release, in pixels."""

SIDE = 16
VIT = {
    "model_type": "vit",
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "image_size": SIDE,
    "patch_size": 4,
    "num_channels": 1,
    "initializer_range": 0.2,
    "hidden_dropout_prob": 0.1,
}
ARGUMENTS: dict[str, Any] = {
    "num_train_epochs": 2,
    "per_device_train_batch_size": 5,
    "per_device_eval_batch_size": 3,
    "use_cpu": True,
}


def configuration(folder: Path, **changed: Any) -> Path:
    """A file with the configuration of a tiny backbone."""
    path = folder / "tiny.json"
    path.write_text(json.dumps({**VIT, **changed}), encoding="utf-8")
    return path


def tiny(folder: Path, **options: Any) -> ModelArguments:
    """A tiny backbone."""
    return ModelArguments(model=str(configuration(folder)), **options)


def arguments(out: Path, **changed: Any) -> PairwiseTrainingArguments:
    """Arguments of a short training."""
    return PairwiseTrainingArguments.of(output_dir=str(out), **{**ARGUMENTS, **changed})


def trained(release: Release, folder: Path, name: str = "model", **options: Any) -> TrainingResult:
    """Train a tiny backbone."""
    options = {"model": tiny(folder), "cache_dir": folder / "faces", **ARGUMENTS, **options}
    return train(release.folder, out=folder / name, **options)


def stopping_at(step: int) -> Callable[[str, int, int], None]:
    """Progress that ends training as Ctrl-C would."""

    def tell(what: str, done: int, total: int) -> None:
        if what == "train" and done == step:
            raise KeyboardInterrupt

    return tell


def weights(folder: Path) -> dict[str, Tensor]:
    """The weights in a model's folder."""
    return load_file(folder / "model.safetensors")


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Whether weights are equal, to the bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def made_predictions(rows: int, seed: int = 0) -> pa.Table:
    """Predictions that are better than chance."""
    rng = np.random.default_rng(seed)
    codes = {name: rng.integers(0, len(CLASSES[name]), rows) for name in ("label", *GROUPS)}
    return pa.table(
        {
            "pair_id": [f"p{row}" for row in range(rows)],
            "split": ["test"] * rows,
            **{name: [CLASSES[name][code] for code in found] for name, found in codes.items()},
            "score": codes["label"] + rng.normal(size=rows),
        }
    )


def with_pictures(*pictures: tuple[bytes | None, bytes | None]) -> Pairs:
    """Pairs to train on with these encoded faces, every second one in pain."""
    rows = [
        {
            "pair_id": f"pair-{number}",
            **{face: {"bytes": data, "path": "x"} for face, data in zip(("neutral", "expressive"), both, strict=True)},
            "label": number % 2,
        }
        for number, both in enumerate(pictures)
    ]
    kept = {name: feature for name, feature in features().items() if name in rows[0]}
    schema = type(features())(kept).arrow_schema
    return open_pairs({"train": Dataset(pa.Table.from_pylist(rows, schema))})
