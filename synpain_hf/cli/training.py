"""`train`: the pairwise classifier."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

import synpain_hf
from synpain_hf.cli.options import AsJson
from synpain_hf.cli.printing import print_json, print_line, reported, width

if TYPE_CHECKING:
    from synpain_hf.training.run.cross_validation import CrossValidation
    from synpain_hf.training.run.train import TrainingResult


def train(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="A release directory; synpain, for the installed release; or NAMESPACE/NAME on the Hub.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The model's folder to write.", show_default=False)],
    config_name: Annotated[
        str, typer.Option(metavar="NAME", help="A configuration, such as cv_3 or only_old; cv for all five folds.")
    ] = "default",
    revision: Annotated[
        str | None,
        typer.Option(metavar="TAG", help="Of a data set on the Hub, such as v1.0.0.", show_default=False),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="pwct; a vision model on the Hub or in a folder; a pairwise model to train on; or a .json file with "
            "the configuration of either, for new weights.",
        ),
    ] = "pwct",
    fusion: Annotated[
        Literal["subtraction", "concatenation", "cross_attention"],
        typer.Option(help="How the reference comes in, of a vision model."),
    ] = "cross_attention",
    lora: Annotated[bool, typer.Option("--lora", help="Train low-rank updates of a frozen vision model.")] = False,
    image_size: Annotated[
        int | None,
        typer.Option(
            metavar="PIXELS", min=1, help="Side of a face, where the model leaves a choice.", show_default=False
        ),
    ] = None,
    crop_box: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(
            metavar="L T R B", help="Part of each picture that is used, as shares of its sides.", show_default=False
        ),
    ] = None,
    pspi_head: Annotated[bool, typer.Option("--pspi-head", help="Learn PSPI, too, where it is annotated.")] = False,
    action_units: Annotated[
        str | None,
        typer.Option(
            metavar="UNITS", help="Learn these, too: names with commas between them, or all.", show_default=False
        ),
    ] = None,
    annotator: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Whose annotations, where there are several.", show_default=False),
    ] = None,
    class_weights: Annotated[
        Literal["balanced", "none"], typer.Option(help="balanced: both classes weigh alike, however rare one is.")
    ] = "balanced",
    augmentation: Annotated[bool, typer.Option(help="Change pairs at random in training, both faces alike.")] = True,
    epochs: Annotated[float, typer.Option(metavar="N", min=0, help="At most; early stopping may end it before.")] = 20,
    batch_size: Annotated[int, typer.Option(metavar="N", min=1, help="Pairs of a step, on each device.")] = 32,
    learning_rate: Annotated[
        float, typer.Option(metavar="X", help="A pretrained vision model wants 1e-4 with --lora, 5e-5 without.")
    ] = 5e-4,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Draws everything.")] = 42,
    cache_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Where prepared faces are kept; HF_HOME/synpain-hf/faces by default.",
            show_default=False,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Any other argument of transformers.TrainingArguments, such as warmup_steps=100.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train the pairwise classifier, and measure it by group.

    A training that was interrupted goes on where it was when the same command is given again; what is finished is
    told again. With several GPUs: torchrun --nproc-per-node 4 -m synpain_hf train …
    """
    with reported(as_json) as progress:
        from synpain_hf.training.run.arguments import ModelArguments, PairwiseTrainingArguments

        options: dict[str, Any] = {
            "model": ModelArguments(
                model=model, fusion=fusion, lora=lora, image_size=image_size,
                crop_box=None if crop_box is None else list(crop_box), pspi_head=pspi_head,
                action_units=[] if action_units is None else action_units.split(","), class_weights=class_weights,
            ),
            "revision": revision, "annotator": annotator, "cache_dir": cache_dir, "progress": progress,
            "num_train_epochs": epochs, "per_device_train_batch_size": batch_size, "learning_rate": learning_rate,
            "seed": seed, "keep_finished": True,
            **({} if augmentation else {"augmentation": None}),
            **PairwiseTrainingArguments.settings(settings or ()),
        }  # fmt: skip
        result: TrainingResult | CrossValidation
        if config_name == "cv":
            result = synpain_hf.cross_validate(dataset, out=out, **options)
        else:
            result = synpain_hf.train(dataset, out=out, config_name=config_name, **options)
    if os.environ.get("RANK", "0") != "0":
        return  # with several processes, the first tells
    if as_json:
        print_json(result.to_dict())
        return
    if config_name == "cv":
        print_line("All folds together, whose scores come from five models; the mean over the folds is below.")
        print_line("")
    if result.report is not None:
        typer.echo(result.report.to_text(width(sys.stdout)), file=sys.stdout)
        print_line("")
    print_line(f"{out}: {result.summary()}")
