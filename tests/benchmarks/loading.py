"""How fast pairs are loaded for training, beside the plain route, and whether a training step waits for them.

    python -m tests.benchmarks.loading [--pairs N] [--batch N] [--workers N N] [--rounds N] [--seconds S] [--steps N]
                                       [--models NAME NAME] [--markdown PATH]

Both loaders give batches of the same pairs at the same size, shuffled, by the same number of workers of a torch
`DataLoader`; the plain route decodes and scales both faces each time, the other one copies them out of the prepared
file. Steps are those of `PairwiseTrainer`, on a GPU where there is one. Contenders take turns, and the median of their
rounds counts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from pathlib import Path
from statistics import median
from typing import Any

import datasets
import torch
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TorchDataset
from transformers import TrainerCallback, TrainerState, TrainingArguments, ViTConfig
from transformers.utils.import_utils import is_torch_tf32_available

from synpain_hf.modeling import PairwisePainConfig, PairwisePainForImageClassification, PairwisePainImageProcessor
from synpain_hf.release.build import build
from synpain_hf.training.data.augmentation import AugmentationStrengths
from synpain_hf.training.data.collation import Batch, Drawn, PairDataset, collate_pairs
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.preparation import PreparedPairs, prepare
from synpain_hf.training.run.arguments import PairwiseTrainingArguments
from synpain_hf.training.run.trainer import PairwiseTrainer
from tests.benchmarks.composites import draw
from tests.benchmarks.measuring import machine

GREY = {"size": {"height": 160, "width": 160}, "num_channels": 1}
COLOUR = {"size": {"height": 224, "width": 224}, "num_channels": 3, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}

PROCESSORS: dict[str, dict[str, Any]] = {"pwct": GREY, "vit": COLOUR}
"""The faces that each model takes."""

MODELS: dict[str, Callable[[], PairwisePainConfig]] = {
    "pwct": PairwisePainConfig,
    "vit": lambda: PairwisePainConfig(architecture="backbone", backbone_config=ViTConfig()),
}
"""The published network, and a ViT of the base size with new weights."""

ROUTES = {"plain": "plain route", "prepared": "prepared pairs"}
INPUTS = {
    "random": "Trainer on random input, made once on the device",
    "resident": "Trainer on prepared pairs that lie on the device, augmented",
    "real": "Trainer on prepared pairs, augmented",
}
WARM_STEPS = 3

_SWITCHES = ("channels_last", "cudnn_benchmark", "tf32")
SETTINGS: dict[str, tuple[str, ...]] = {
    "none of these": (),
    **{name: (name,) for name in _SWITCHES},
    "all of these": _SWITCHES,
}
"""Settings that are measured one by one, and together."""

_NO_LOADING = {
    "dataloader_num_workers": 0,
    "dataloader_persistent_workers": False,
    "dataloader_pin_memory": False,
}
"""What lies on the device is neither loaded by other processes nor pinned."""


Speeds = dict[str, list[float]]


class PlainPairs(TorchDataset[Batch]):
    """The rows of a data set of `datasets`, both faces decoded and scaled each time they are asked for."""

    def __init__(self, rows: datasets.Dataset, processor: PairwisePainImageProcessor) -> None:
        self._rows, self._processor = rows, processor

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> Batch:
        row = self._rows[index]
        faces = self._processor([row["expressive"]], [row["neutral"]])
        return {**{name: values[0] for name, values in faces.items()}, "labels": torch.tensor(row["label"])}


def measure_loaders(
    plain: TorchDataset[Batch], prepared: PairDataset, batch: int, workers: int, rounds: int, seconds: float
) -> Speeds:
    """Pairs per second of whole epochs; workers are started and have given an epoch before."""
    options: dict[str, Any] = {"batch_size": batch, "shuffle": True, "num_workers": workers}
    options["persistent_workers"] = workers > 0
    loaders = {
        "plain": DataLoader(plain, collate_fn=collate_pairs, **options),
        "prepared": DataLoader(prepared, collate_fn=collate_pairs, **options),
    }
    for loader in loaders.values():
        _epochs(loader, 0)
    speeds: Speeds = {name: [] for name in loaders}
    for _ in range(rounds):
        for name, loader in loaders.items():
            speeds[name].append(_epochs(loader, seconds))
            _tell(f"{ROUTES[name]}, {workers} workers: {speeds[name][-1]:,.0f} pairs/s")
    return speeds


def _epochs(loader: DataLoader[Batch], seconds: float) -> float:
    """Pairs per second over as many epochs as begin within some seconds, one at least."""
    pairs, began = 0, time.perf_counter()
    while not pairs or time.perf_counter() - began < seconds:
        pairs += sum(len(batch["labels"]) for batch in loader)
    return pairs / (time.perf_counter() - began)


class _OnRandomInput(PairwiseTrainer):
    """The same training on one batch of noise, made once on the device: what it would be if input cost nothing."""

    fixed: dict[str, Any] | None = None

    def _prepare_inputs(self, inputs: dict[str, Any]) -> dict[str, Any]:
        if self.fixed is None:
            batch = super()._prepare_inputs(inputs)
            self.fixed = {name: torch.rand_like(each) if each.dim() > 1 else each for name, each in batch.items()}
        return self.fixed


class _WholeBatches(PairDataset):
    """The pairs that fill whole batches."""

    size = 1

    def __len__(self) -> int:
        return super().__len__() // self.size * self.size


class _OneBatch(_WholeBatches):
    """As many pairs, and the same batch whatever is asked for."""

    batch: Batch | None = None

    def __getitems__(self, indices: Sequence[int | Drawn]) -> Batch:
        self.batch = self.batch or super().__getitems__(indices)
        return self.batch


class _Resident(_WholeBatches):
    """The pairs, all of them on the device from the beginning."""

    everything: Batch | None = None

    def __getitems__(self, indices: Sequence[int | Drawn]) -> Batch:
        if self.everything is None:
            whole = super().__getitems__(range(len(self)))
            device = "cuda" if torch.cuda.is_available() else "cpu"
            self.everything = {name: values.to(device) for name, values in whole.items()}
        return {name: values[list(indices)] for name, values in self.everything.items()}


class _Timer(TrainerCallback):
    """Seconds of the steps that follow the first few."""

    began = seconds = 0.0

    def on_step_end(self, args: TrainingArguments, state: TrainerState, *_: Any, **__: Any) -> None:
        if state.global_step == WARM_STEPS:
            self.began = _now(args.device.type)
        elif state.global_step == state.max_steps:
            self.seconds = _now(args.device.type) - self.began


@dataclass(frozen=True)
class Course:
    """How the steps of a training are timed.

    Attributes:
        batch: Pairs in a batch.
        steps: Steps that are timed in each round.
        rounds: How often.
        arguments: Of `PairwiseTrainingArguments`.
    """

    batch: int
    steps: int
    rounds: int
    arguments: Mapping[str, Any] = field(default_factory=dict)


def measure_steps(
    model: PairwisePainForImageClassification,
    prepared: PreparedPairs,
    course: Course,
) -> Speeds:
    """Pairs per second of `PairwiseTrainer`: with noise, with pairs that lie on the device, and with prepared pairs.

    Args:
        model: The model; it is trained on.
        prepared: Its faces; the split `train` is taken, the last, smaller batch of an epoch left out.
        course: How its steps are timed.
    """
    kinds: dict[str, tuple[type[PairwiseTrainer], type[_WholeBatches]]] = {
        "random": (_OnRandomInput, _OneBatch),
        "resident": (PairwiseTrainer, _Resident),
        "real": (PairwiseTrainer, _WholeBatches),
    }
    speeds: Speeds = {name: [] for name in kinds}
    for name, (trainer_class, dataset_class) in chain.from_iterable(repeat(kinds.items(), course.rounds)):
        of_loader: Mapping[str, Any] = _NO_LOADING if dataset_class is _Resident else {}
        pairs = dataset_class(prepared, "train")
        timed = replace(course, arguments={**course.arguments, **of_loader})
        speeds[name].append(_pairs_per_second(model, pairs, prepared.processor, trainer_class, timed))
        _tell(f"{INPUTS[name]}: {speeds[name][-1]:,.1f} pairs/s")
    return speeds


def measure_settings(
    model: PairwisePainForImageClassification,
    prepared: PreparedPairs,
    course: Course,
) -> Iterator[tuple[str, Speeds]]:
    """Pairs per second with and without the settings of `SETTINGS`, on pairs that lie on the device.

    On a CPU, `channels_last` alone is measured. In bfloat16, TF32 is for what stays in float32; so on a GPU that has
    both, all is measured in each.

    Args:
        model: The model; it is trained on.
        prepared: Its faces; the split `train` is taken, the last, smaller batch of an epoch left out.
        course: How its steps are timed.
    """
    on_gpu = torch.cuda.is_available()
    has_bf16 = on_gpu and torch.cuda.is_bf16_supported(including_emulation=False)
    for bf16 in (True, False) if has_bf16 else (False,):
        tried = {name: chosen for name, chosen in SETTINGS.items() if _is_there(chosen)}
        speeds: Speeds = {name: [] for name in tried}
        for name, chosen in chain.from_iterable(repeat(tried.items(), course.rounds)):
            switches = {switch: switch in chosen for switch in _SWITCHES}
            timed = replace(course, arguments={**course.arguments, **_NO_LOADING, "bf16": bf16, **switches})
            pairs = _Resident(prepared, "train")
            speeds[name].append(_pairs_per_second(model, pairs, prepared.processor, PairwiseTrainer, timed))
            _tell(f"{name}: {speeds[name][-1]:,.1f} pairs/s")
        yield "bfloat16" if bf16 else "float32", speeds


def _is_there(chosen: Sequence[str]) -> bool:
    """Whether this machine has what settings are for."""
    if "tf32" in chosen and not is_torch_tf32_available():
        return False
    return torch.cuda.is_available() or {*chosen} <= {"channels_last"}


def _pairs_per_second(
    model: PairwisePainForImageClassification,
    pairs: _WholeBatches,
    processor: PairwisePainImageProcessor,
    trainer_class: type[PairwiseTrainer],
    course: Course,
) -> float:
    """Pairs per second of a training, its first steps left out."""
    with tempfile.TemporaryDirectory(prefix="synpain-bench-") as folder:
        args = PairwiseTrainingArguments.of(
            output_dir=folder,
            max_steps=WARM_STEPS + course.steps,
            per_device_train_batch_size=course.batch,
            eval_strategy="no",
            save_strategy="no",
            logging_strategy="no",
            disable_tqdm=True,
            **course.arguments,
        )
        timer, pairs.size = _Timer(), course.batch
        trainer = trainer_class(
            model,
            args,
            pairs,
            processing_class=processor,
            augmentation=AugmentationStrengths(),
            callbacks=[timer],
        )
        trainer.train()
    return course.steps * course.batch / timer.seconds


def _now(device: str) -> float:
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def table(head: str, names: Mapping[str, str], rows: Mapping[str, Speeds]) -> Iterator[str]:
    """Speeds as Markdown; the first contender of each row is what the others are compared with."""
    yield f"| {head} | pairs/s (least to most) | times |"
    yield "|---|--:|--:|"
    for what, speeds in rows.items():
        baseline = median(next(iter(speeds.values())))
        for number, (name, found) in enumerate(speeds.items()):
            times = f"**{median(found) / baseline:.2f}**" if number else ""
            yield f"| {what}: {names[name]} | {median(found):,.1f} ({min(found):,.1f} to {max(found):,.1f}) | {times} |"


def _tell(progress: str) -> None:
    sys.stderr.write(f"{progress}\n")


def main() -> None:
    """Measure, print the tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200, help="pairs of 656 x 736 faces (200)")
    parser.add_argument("--batch", type=int, default=32, help="pairs in a batch (32)")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2], help="workers of the loaders (0 2)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender (3)")
    parser.add_argument("--seconds", type=float, default=2.0, help="least duration of a run of a loader (2)")
    parser.add_argument("--steps", type=int, default=10, help="training steps of a run (10)")
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=["pwct"], help="models to train (pwct)")
    parser.add_argument("--markdown", type=Path, help="a file to write the tables to")
    options = parser.parse_args()
    datasets.disable_progress_bars()
    graphics = f"one {torch.cuda.get_device_name()}" if torch.cuda.is_available() else "no GPU"
    report = [
        f"{machine()}, torch {torch.__version__}, {graphics}",
        f"{options.pairs:,} pairs, batches of {options.batch}; median of {options.rounds} rounds",
    ]
    _tell("\n".join(report))
    loaders: dict[str, Speeds] = {}
    steps: dict[str, Speeds] = {}
    with tempfile.TemporaryDirectory(prefix="synpain-bench-") as temporary:
        folder = Path(temporary)
        release = build(draw(folder, options.pairs), folder / "release", version="1.0.0", workers=2)
        rows = datasets.load_dataset(str(release.folder), "all", split="train", cache_dir=str(folder / "cache"))
        pairs = open_pairs(release.folder, "all")
        for name in options.models:
            processor = PairwisePainImageProcessor(**PROCESSORS[name])
            began = time.perf_counter()
            prepared = prepare(pairs, processor, cache_dir=folder / "faces")
            speed = options.pairs / (time.perf_counter() - began)
            size = "{height} x {width}".format(**processor.size) + f" x {processor.num_channels}"
            report.append(f"preparing faces of {size}, once: {speed:.1f} pairs/s")
            for workers in options.workers:
                loaders[f"{size}, {workers} workers"] = measure_loaders(
                    PlainPairs(rows, processor),
                    PairDataset(prepared, "train"),
                    options.batch,
                    workers,
                    options.rounds,
                    options.seconds,
                )
            model = PairwisePainForImageClassification(MODELS[name]())
            steps[name] = measure_steps(model, prepared, Course(options.batch, options.steps, options.rounds))
    report += ["", *table("loader", ROUTES, loaders), "", *table("training step", INPUTS, steps)]
    text = "\n".join(report) + "\n"
    sys.stdout.write(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
