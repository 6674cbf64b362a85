"""`train`: the pairwise classifier."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

import synpain_hf
from synpain_hf.cli.options import (
    AlignmentOption,
    AsJson,
    Augmentation,
    CropBox,
    FusionOption,
    ImageSize,
    LandmarksOption,
    Lora,
    MeanFace,
    ModelName,
    Settings,
    Smoothing,
    Standardize,
    UnalignedOption,
    argument_of,
    choice_of,
    option_of,
)
from synpain_hf.cli.printing import as_option, print_json, print_line, reported, width
from synpain_hf.errors import UsageError
from synpain_hf.training.options import (
    ALL_FOLDS,
    SEVERAL,
    ClassWeights,
    DataArguments,
    EverydayArguments,
    ModelArguments,
    Protocol,
    References,
)

if TYPE_CHECKING:
    from synpain_hf.training.run.cross_validation import CrossValidation
    from synpain_hf.training.run.result import TrainingResult


_TYPED = {"num_train_epochs": "--epochs", "per_device_train_batch_size": "--batch-size"}
"""Options that are not typed as their arguments are called."""

_OPTIONS = [option.name for kind in (DataArguments, ModelArguments, EverydayArguments) for option in fields(kind)]


def train(
    dataset: Annotated[str, argument_of(DataArguments, "dataset", metavar="DATASET")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The model's folder to write.", show_default=False)],
    also: Annotated[
        list[str] | None,
        typer.Option(
            "--and",
            metavar="ANOTHER",
            help="Train on this data set, too, or on those that a .yaml file lists with their weights; may be given "
            "several times. DATASET alone chooses and tests the model; persons whom it judges are left out.",
            show_default=False,
        ),
    ] = None,
    config_name: Annotated[
        str,
        option_of(
            DataArguments,
            "config_name",
            also="cv takes all five folds, loso leaves out each person in turn.",
            metavar="NAME",
        ),
    ] = DataArguments.config_name,
    revision: Annotated[str | None, option_of(DataArguments, "revision", metavar="TAG")] = DataArguments.revision,
    model: ModelName = ModelArguments.model,
    fusion: FusionOption = ModelArguments.fusion,
    lora: Lora = ModelArguments.lora,
    image_size: ImageSize = ModelArguments.image_size,
    crop_box: CropBox = None,
    alignment: AlignmentOption = ModelArguments.alignment,
    mean_face: MeanFace = None,
    landmarks: LandmarksOption = None,
    unaligned: UnalignedOption = ModelArguments.unaligned,
    standardize: Standardize = ModelArguments.standardize,
    smoothing: Smoothing = ModelArguments.smoothing,
    pspi_head: Annotated[bool, option_of(ModelArguments, "pspi_head", "--pspi-head")] = ModelArguments.pspi_head,
    action_units: Annotated[
        str | None,
        option_of(ModelArguments, "action_units", also="Put commas between them.", metavar="UNITS"),
    ] = None,
    annotator: Annotated[str | None, option_of(DataArguments, "annotator", metavar="NAME")] = DataArguments.annotator,
    references: Annotated[
        References, option_of(DataArguments, "references", **choice_of(References))
    ] = DataArguments.references,
    class_weights: Annotated[ClassWeights, option_of(ModelArguments, "class_weights")] = ModelArguments.class_weights,
    augmentation: Augmentation = True,
    epochs: Annotated[
        float, option_of(EverydayArguments, "num_train_epochs", metavar="N", min=0)
    ] = EverydayArguments.num_train_epochs,
    batch_size: Annotated[
        int, option_of(EverydayArguments, "per_device_train_batch_size", metavar="N", min=1)
    ] = EverydayArguments.per_device_train_batch_size,
    learning_rate: Annotated[
        float, option_of(EverydayArguments, "learning_rate", metavar="X")
    ] = EverydayArguments.learning_rate,
    seed: Annotated[int, option_of(EverydayArguments, "seed", metavar="N", min=0)] = EverydayArguments.seed,
    cache_dir: Annotated[Path | None, option_of(DataArguments, "cache_dir", metavar="DIR")] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Of cv and loso: models trained at a time, each in its own process, and where there are GPUs on its "
            "own; by default as many as there are GPUs.",
            show_default=False,
        ),
    ] = None,
    settings: Settings = None,
    as_json: AsJson = False,
) -> None:
    """Train the pairwise classifier, and measure it by group.

    Give the same command again to continue a training that was interrupted, or to see the result of one that is
    finished.

    With several GPUs: torchrun --nproc-per-node 4 -m synpain_hf train …
    """
    by_name = {word.partition("=")[0] for word in settings or ()}

    def as_typed(name: str) -> str:
        if name in by_name or name not in (*_OPTIONS, "jobs"):
            return f"--set {name}"
        return _TYPED.get(name, as_option(name))

    with reported(as_json, as_typed) as progress:
        from synpain_hf.training.settings import check_values, read_settings

        if jobs is not None and config_name not in SEVERAL:
            raise UsageError(f"is for {' and '.join(SEVERAL)}, which train several models; leave it out", "jobs")
        chosen = ModelArguments(
            model=model, fusion=fusion, lora=lora, image_size=image_size,
            crop_box=None if crop_box is None else list(crop_box), alignment=alignment, unaligned=unaligned,
            standardize=standardize, smoothing=smoothing, pspi_head=pspi_head,
            action_units=[] if action_units is None else action_units.split(","), class_weights=class_weights,
            mean_face=None if mean_face is None else str(mean_face),
        )  # fmt: skip
        everyday = EverydayArguments(epochs, batch_size, learning_rate, seed)
        values = {**asdict(everyday), **read_settings(settings or ())}
        check_values(values)

        from synpain_hf.training.data.listed import read_sets
        from synpain_hf.training.request import check_request

        sets = read_sets(also or ())
        table = None if landmarks is None else str(landmarks)
        given = DataArguments(dataset, config_name, revision, annotator, landmarks=table)
        check_request(given, out, chosen, values, sets)
        options: dict[str, Any] = {
            "model": chosen, "also": sets, "references": references,
            "revision": revision, "annotator": annotator, "landmarks": table, "cache_dir": cache_dir,
            "progress": progress,
            "keep_finished": True, "warn": lambda told: print_line(f"warning: {told}", on=sys.stderr), **values,
            **({} if augmentation else {"augmentation": None}),
        }  # fmt: skip
        result: TrainingResult | CrossValidation
        if config_name in SEVERAL:
            protocol = cast("Protocol", config_name)
            result = synpain_hf.cross_validate(dataset, out=out, protocol=protocol, jobs=jobs, **options)
        else:
            result = synpain_hf.train(dataset, out=out, config_name=config_name, **options)
    if os.environ.get("RANK", "0") != "0":
        return  # of several processes, the first prints
    if as_json:
        print_json(result.to_dict())
        return
    if config_name in SEVERAL:
        number = "five" if config_name == ALL_FOLDS else f"{len(cast('CrossValidation', result).folds):,}"
        print_line(f"All folds together; their scores come from {number} models.")
        print_line("")
    if result.report is not None:
        typer.echo(result.report.to_text(width(sys.stdout)), file=sys.stdout)
        print_line("")
    print_line(f"{out}: {result.summary()}")
