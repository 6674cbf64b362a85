"""Arguments and options that several commands take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from synpain_hf.executor import Engine
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.training.options import DataArguments, ModelArguments
from synpain_hf.vocabulary import Alignment, Fusion, Precision, Unaligned


def choice_of(words: Any) -> dict[str, Any]:
    """Arguments of `typer.Option` for an option that takes one of some words.

    Args:
        words: A `Literal` of them.
    """
    known = get_args(words)

    def parsed(given: str) -> str:
        if given not in known:
            raise typer.BadParameter(f"{given!r} is not one of {', '.join(known)}{did_you_mean(given, known)}")
        return given

    return {"parser": parsed, "metavar": f"<{'|'.join(known)}>"}


Out = Annotated[Path, typer.Argument(metavar="OUT", help="The release directory to write.", show_default=False)]
Workers = Annotated[int, typer.Option(metavar="N", min=1, help="Partitions written at a time.")]
EngineOption = typer.Option(
    **choice_of(Engine), help="What the workers are; ray takes the cluster that RAY_ADDRESS names, else this machine."
)
DeviceOption = Annotated[
    str, typer.Option(metavar="DEVICE", help="Where a network computes: auto, cpu, cuda, cuda:N, mps.")
]
PrecisionOption = Annotated[str, typer.Option(**choice_of(Precision), help="With which numbers a network computes.")]
ReleaseFolder = Annotated[Path, typer.Argument(metavar="RELEASE", help="A release directory.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]
RepoId = Annotated[str, typer.Option("--repo-id", metavar="NAMESPACE/NAME", help="The repository.", show_default=False)]
Private = Annotated[bool, typer.Option("--private", help="Close the repository to all but its owners.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and show the plan, but send nothing.")]
Endpoint = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Address of a private Hub; HF_ENDPOINT by default.", show_default=False),
]


def option_of(arguments: type[Any], name: str, *flags: str, also: str = "", **shown: Any) -> Any:
    """An option of a command that is a field of a dataclass.

    Args:
        arguments: The dataclass; a field's metadata have the option's `help` and, for some, its `least` value.
        name: The field.
        flags: What is typed, where it does not follow from the parameter's name.
        also: What the help says beside, of the command alone.
        shown: Further arguments of `typer.Option`, such as `metavar`.
    """
    about = _about(arguments, name)
    return typer.Option(*flags, **{"help": f"{about['help']} {also}".rstrip(), "min": about.get("least"), **shown})


def argument_of(arguments: type[Any], name: str, **shown: Any) -> Any:
    """An argument of a command that is a field of a dataclass, as in `option_of`."""
    return typer.Argument(help=_about(arguments, name)["help"], show_default=False, **shown)


def _about(arguments: type[Any], name: str) -> Mapping[str, Any]:
    return {field.name: field.metadata for field in fields(arguments)}[name]


ModelName = Annotated[str, option_of(ModelArguments, "model", metavar="MODEL")]
FusionOption = Annotated[Fusion, option_of(ModelArguments, "fusion", **choice_of(Fusion))]
Lora = Annotated[bool, option_of(ModelArguments, "lora", "--lora")]
ImageSize = Annotated[int | None, option_of(ModelArguments, "image_size", metavar="PIXELS", min=1)]
CropBox = Annotated[tuple[float, float, float, float] | None, option_of(ModelArguments, "crop_box", metavar="L T R B")]
AlignmentOption = Annotated[Alignment | None, option_of(ModelArguments, "alignment", **choice_of(Alignment))]
MeanFace = Annotated[Path | None, option_of(ModelArguments, "mean_face", metavar="FILE")]
MeanFaceOfPublished = Annotated[
    Path | None,
    typer.Option(
        "--mean-face",
        metavar="FILE",
        help="Of a published PwCT: the .npy file of the mean face that its faces were warped onto; by default a mean "
        "face of our own.",
        show_default=False,
    ),
]
LandmarksOption = Annotated[Path | None, option_of(DataArguments, "landmarks", metavar="FILE")]
UnalignedOption = Annotated[Unaligned, option_of(ModelArguments, "unaligned", **choice_of(Unaligned))]
Standardize = Annotated[bool | None, option_of(ModelArguments, "standardize", "--standardize/--no-standardize")]
Smoothing = Annotated[float | None, option_of(ModelArguments, "smoothing", metavar="SHARE")]
Augmentation = Annotated[bool, typer.Option(help="Change pairs at random in training.")]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUE",
        help="Any other argument of transformers.TrainingArguments, such as warmup_steps=100.",
        show_default=False,
    ),
]
