"""How fast, and how well, both heads learn demo faces: five-fold cross-validation on the machine's GPU.

    python -m tests.benchmarks.gpu [--out DIR] [--pairs N] [--epochs N] [--batch N] [--learning-rate X] [--compile]
                                   [--crop L T R B] [--models NAME NAME] [--backbone NAME] [--loader-workers N]
                                   [--steps N] [--markdown PATH]

It draws the pairs, builds a release, and cross-validates PwCT and a vision backbone (a ResNet-18 with new weights,
which needs no network; `--backbone` takes what `ModelArguments.model` takes). Then it times training steps with these
pairs, with the same where they lie on the device, and with random input; and with and without channels-last order,
`cudnn_benchmark` and TF32, each alone and all together. Given the same folder again, it goes on where
it was. Without a GPU it does the same on the CPU.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

import torch

from synpain_hf.modeling import PairwisePainForImageClassification, PairwisePainImageProcessor
from synpain_hf.progress import Progress, shown_on
from synpain_hf.release.demo import demo
from synpain_hf.text.markdown import escaped, table
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.preparation import prepare
from synpain_hf.training.options import ModelArguments
from synpain_hf.training.run.cross_validation import SUMMARY, CrossValidation, cross_validate
from synpain_hf.training.run.result import TrainingResult
from tests.benchmarks.loading import INPUTS, SETTINGS, Course, Speeds, measure_settings, measure_steps
from tests.benchmarks.loading import table as speed_table
from tests.benchmarks.measuring import machine

RESNET_18 = {
    "model_type": "resnet",
    "embedding_size": 64,
    "hidden_sizes": [64, 128, 256, 512],
    "depths": [2, 2, 2, 2],
    "layer_type": "basic",
}
"""224 x 224 in colour; it learns demo faces from new weights."""

ALL_PAIRS = 5355
"""As many as SynPAIN has."""

PROGRAM = "python -m tests.benchmarks.gpu"


@dataclass(frozen=True)
class Head:
    """One of the two models, cross-validated.

    Attributes:
        name: `pwct` or `backbone`.
        seconds: Of the whole cross-validation, with preparing the faces; None where a part was done before.
        result: What came of it.
        steps: Pairs per second of training by what comes in.
        settings: Pairs per second by precision and settings.
    """

    name: str
    seconds: float | None
    result: CrossValidation
    steps: Speeds
    settings: dict[str, Speeds]


def measure(name: str, release: Path, options: argparse.Namespace, progress: Progress) -> Head:
    """Cross-validate one model."""
    out = options.out / name
    is_new = not out.exists()
    if (out / SUMMARY).is_file():
        result = CrossValidation.read(out)
        return Head(name, None, result, *speeds(result, release, options))
    backbone = options.backbone
    if name == "backbone" and backbone is None:
        path = options.out / "resnet-18.json"
        path.write_text(json.dumps(RESNET_18), encoding="utf-8")
        backbone = str(path)
    began = time.perf_counter()
    result = cross_validate(
        release,
        out=out,
        model=ModelArguments(model=backbone if name == "backbone" else "pwct", crop_box=options.crop),
        cache_dir=options.out / "faces",
        num_train_epochs=options.epochs,
        per_device_train_batch_size=options.batch,
        per_device_eval_batch_size=2 * options.batch,
        learning_rate=options.learning_rate,
        torch_compile=options.compile,
        dataloader_num_workers=options.loader_workers,
        dataloader_persistent_workers=options.loader_workers > 0,
        progress=lambda what, done, total: progress(f"{name}, {what}", done, total),
    )
    seconds = time.perf_counter() - began if is_new else None
    return Head(name, seconds, result, *speeds(result, release, options))


def speeds(result: CrossValidation, release: Path, options: argparse.Namespace) -> tuple[Speeds, dict[str, Speeds]]:
    """Steps of the first fold's model: with its pairs and with other input, and with and without settings.

    The first say whether training waits for its input, the others what the settings are worth.
    """
    folder = result.folds[0].out
    model = PairwisePainForImageClassification.from_pretrained(folder)
    processor = PairwisePainImageProcessor.from_pretrained(folder)
    prepared = prepare(open_pairs(release, "cv_0"), processor, cache_dir=options.out / "faces")
    course = Course(options.batch, options.steps, 3, {"torch_compile": options.compile})
    loaded = {
        "dataloader_num_workers": options.loader_workers,
        "dataloader_persistent_workers": options.loader_workers > 0,
    }
    by_input = measure_steps(model, prepared, replace(course, arguments={**course.arguments, **loaded}))
    return by_input, dict(measure_settings(model, prepared, course))


def report(heads: Sequence[Head], began: str) -> Iterator[str]:
    """The findings as Markdown."""
    yield f"    {began}"
    folds: list[TrainingResult] = [fold for head in heads for fold in head.result.folds]
    device = ", ".join(sorted({fold.device for fold in folds}))
    gpu = f"; CUDA {torch.version.cuda}" if torch.cuda.is_available() else ""
    yield f"Trained on {device}{gpu}, torch {torch.__version__}; {machine()}."
    rows = [
        (
            head.name,
            f"{head.result.folds[0].parameters:,}",
            f"{fmean(fold.pairs_per_second for fold in head.result.folds):,.0f}",
            f"{fmean(fold.epochs for fold in head.result.folds):.1f}",
            "–" if head.seconds is None else f"{head.seconds:,.0f}",
            head.result.spread(),
            f"{head.result.report['overall']['auroc']:.3f}",
        )
        for head in heads
    ]
    header = (
        "model",
        "parameters",
        "pairs/s",
        "epochs",
        "seconds, all folds",
        "AUROC, mean ± SD",
        "all folds together",
    )
    yield table(header, rows, 1)
    yield (
        "`pairs/s` counts training pairs over the time of training with its evaluations and checkpoints; `epochs` is "
        "the mean until early stopping. `seconds` has preparing faces, predictions, tables and figures in it."
    )
    yield "\n".join(speed_table("training step", INPUTS, {head.name: head.steps for head in heads}))
    by_precision = {f"{head.name}, {precision}": found for head in heads for precision, found in head.settings.items()}
    yield "\n".join(speed_table("training step with", {name: name for name in SETTINGS}, by_precision))
    if not torch.cuda.is_available():
        yield "`cudnn_benchmark` and `tf32` are for CUDA, and were not measured."
    groups = [
        (attribute, group, *(head.result.spread(attribute, group) for head in heads))
        for attribute, names in heads[0].result.by_group().items()
        for group in names
    ]
    yield table(("attribute", "group", *(escaped(head.name) for head in heads)), groups, 2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, cross-validate, print the findings, and write them where asked."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("bench-gpu"), help="a folder to work in (bench-gpu)")
    parser.add_argument("--pairs", type=int, default=ALL_PAIRS, help="demo pairs (5355)")
    parser.add_argument("--epochs", type=float, default=20, help="epochs of a fold, at most (20)")
    parser.add_argument("--batch", type=int, default=64, help="pairs in a batch (64)")
    parser.add_argument("--learning-rate", type=float, default=5e-4, help="at its highest (0.0005)")
    parser.add_argument("--crop", type=float, nargs=4, default=[0.2, 0.2, 0.8, 0.85], help="part of the pictures used")
    parser.add_argument("--backbone", help="a vision model, or a .json file with a configuration (a ResNet-18)")
    parser.add_argument("--models", nargs="+", choices=["pwct", "backbone"], default=["pwct", "backbone"])
    parser.add_argument("--workers", type=int, default=8, help="partitions drawn at a time (8)")
    parser.add_argument("--loader-workers", type=int, default=0, help="processes that load batches (0)")
    parser.add_argument("--steps", type=int, default=200, help="steps that are timed with each input (200)")
    parser.add_argument("--compile", action="store_true", help="compile the models")
    parser.add_argument("--markdown", type=Path, help="a file to write the findings to")
    options = parser.parse_args(words)
    options.out = options.out.absolute()
    options.out.mkdir(parents=True, exist_ok=True)
    release = options.out / "release"
    with shown_on(sys.stderr) as progress:
        if not release.exists():
            demo(release, pairs=options.pairs, workers=options.workers, progress=progress)
        heads = [measure(name, release, options, progress) for name in options.models]
    text = "\n\n".join(report(heads, shlex.join([*PROGRAM.split(), *words]))) + "\n"
    sys.stdout.write(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
