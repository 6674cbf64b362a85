"""`experiment`: the paper's experiments and one's own, run and reported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import synpain_hf
from synpain_hf.cli.options import (
    AlignmentOption,
    AsJson,
    Augmentation,
    CropBox,
    FusionOption,
    ImageSize,
    Lora,
    ModelName,
    Settings,
    Smoothing,
    Standardize,
    UnalignedOption,
    choice_of,
    option_of,
)
from synpain_hf.cli.printing import as_option, print_json, print_line, print_text, reported
from synpain_hf.errors import UsageError
from synpain_hf.experiments.request import Engine, seeds_of
from synpain_hf.training.options import EverydayArguments, ModelArguments

if TYPE_CHECKING:
    from synpain_hf.experiments.dry_run import DryRun

LIST, SHOW = "list", "show"

_TYPED = {"num_train_epochs": "--epochs", "per_device_train_batch_size": "--batch-size"}
_OPTIONS = (
    *(
        "data",
        "synthetic",
        "pairs",
        "model",
        "fusion",
        "lora",
        "image_size",
        "crop_box",
        "alignment",
        "unaligned",
        "standardize",
        "smoothing",
    ),
    *("num_train_epochs", "per_device_train_batch_size", "learning_rate", "seeds", "runs", "jobs", "cache_dir", "out"),
)


def experiment(
    name: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME",
            help="An experiment, or your own .yaml file; list shows all there are, show NAME the file of one.",
            show_default=False,
        ),
    ],
    data: Annotated[
        str | None,
        typer.Option(
            metavar="DATASET",
            help="The pairs: a release directory; the name of an installed release; or NAMESPACE/NAME on the Hub.",
            show_default=False,
        ),
    ] = None,
    synthetic: Annotated[
        str | None, typer.Option(metavar="DATASET", help="The pairs that are added in training.", show_default=False)
    ] = None,
    pairs: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Demo faces of each set that is drawn for it.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where to write; by default a folder of its name.", show_default=False),
    ] = None,
    model: ModelName = ModelArguments.model,
    fusion: FusionOption = ModelArguments.fusion,
    lora: Lora = ModelArguments.lora,
    image_size: ImageSize = ModelArguments.image_size,
    crop_box: CropBox = None,
    alignment: AlignmentOption = ModelArguments.alignment,
    unaligned: UnalignedOption = ModelArguments.unaligned,
    standardize: Standardize = ModelArguments.standardize,
    smoothing: Smoothing = ModelArguments.smoothing,
    augmentation: Augmentation = True,
    epochs: Annotated[float | None, option_of(EverydayArguments, "num_train_epochs", metavar="N", min=0)] = None,
    batch_size: Annotated[
        int | None, option_of(EverydayArguments, "per_device_train_batch_size", metavar="N", min=1)
    ] = None,
    learning_rate: Annotated[float | None, option_of(EverydayArguments, "learning_rate", metavar="X")] = None,
    seeds: Annotated[
        str | None, typer.Option(metavar="1,2,3", help="A training for each; by default those of the experiment.")
    ] = None,
    runs: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where models are kept, so that nothing is trained twice; by default in HF_HOME.",
            show_default=False,
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Models at a time, each in its own process, and where there are GPUs on one of them; by default one a "
            "GPU.",
            show_default=False,
        ),
    ] = None,
    engine: Annotated[Engine, typer.Option(**choice_of(Engine), help="What runs several models.")] = "processes",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be trained, and how long that takes on this machine.")
    ] = False,
    cache_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where prepared faces are kept.", show_default=False)
    ] = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Run an experiment of the paper, or your own.

    Give the same command again to go on where it was interrupted. Models that another experiment has trained already
    are taken from there.
    """

    def as_typed(argument: str) -> str:
        return _TYPED.get(argument, as_option(argument)) if argument in _OPTIONS else f"--set {argument}"

    with reported(as_json, as_typed) as progress:
        if name in ([LIST], [SHOW]) or name[0] == SHOW:
            _describe(name, as_json)
            return
        if len(name) > 1:
            raise UsageError(f"one experiment at a time: {', '.join(name)} are {len(name)}; give one of them")

        from synpain_hf.training.settings import read_settings

        everyday = {
            "num_train_epochs": epochs,
            "per_device_train_batch_size": batch_size,
            "learning_rate": learning_rate,
        }
        arguments: dict[str, Any] = {
            **{option: value for option, value in everyday.items() if value is not None},
            **read_settings(settings or ()),
        }
        options: dict[str, Any] = {
            "synthetic": synthetic, "pairs": pairs, "runs": runs, "augmentation": augmentation,
            "cache_dir": cache_dir, "seeds": seeds_of(seeds) if seeds is not None else (), "progress": progress,
            "model": ModelArguments(
                model, fusion, lora, image_size, None if crop_box is None else list(crop_box), alignment, unaligned,
                standardize, smoothing,
            ),
            **arguments,
        }  # fmt: skip
        if dry_run:
            from synpain_hf.experiments.dry_run import dry_run as planned

            _print_plan(planned(name[0], data, jobs=jobs, **options), as_json)
            return
        found = synpain_hf.experiment(name[0], data, out=out, jobs=jobs, engine=engine, **options)
    if as_json:
        print_json({"out": str(found.out), **found.record})
        return
    print_line(f"{found.out}: {found.summary()}")


def _describe(words: list[str], as_json: bool) -> None:
    """Print the experiments that there are, or the file of one."""
    from synpain_hf.experiments.definition import names, read_definition, text_of

    if words[0] == LIST:
        found = {name: read_definition(name).question for name in names()}
        if as_json:
            print_json({"experiments": [{"name": name, "question": question} for name, question in found.items()]})
            return
        width = max(map(len, found))
        for name, question in found.items():
            print_line(f"{name:<{width}}  {question}", indent=width + 2)
        return
    if len(words) != 2:
        raise UsageError(f"say which experiment is to be shown: `experiment show {names()[0]}`")
    print_text(text_of(words[1]).rstrip())


def _print_plan(plan: DryRun, as_json: bool) -> None:
    if as_json:
        print_json(plan.to_dict())
        return
    for line in plan.lines():
        print_line(line)
    print_line(plan.summary())
