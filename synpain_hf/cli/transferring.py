"""Expressions of others on the faces of a release: `transfer`, `train_transfer`, `transfer_report`."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated, Any, Literal, cast

import typer

import synpain_hf
from synpain_hf.cli.options import AsJson, DeviceOption, EngineOption, PrecisionOption, ReleaseFolder, choice_of
from synpain_hf.cli.printing import as_option, print_json, print_line, print_warning, reported
from synpain_hf.errors import Problem
from synpain_hf.executor import Engine
from synpain_hf.text.plurals import count
from synpain_hf.transferring.learning.usual import USUAL
from synpain_hf.vocabulary import Precision

Method = Literal["warp", "oracle", "unet", "controlnet"]
Learning = Literal["unet", "controlnet"]
Consent = Literal["synthetic", "consented"]
Group = Literal["age_group", "gender", "ethnicity"]

_TYPED = {"models": "--model", "adapter": "--ip-adapter"}
"""What is typed for an argument, where that is called otherwise."""

LandmarkModels = Annotated[
    list[Path] | None,
    typer.Option(
        "--model",
        metavar="FILE",
        help="MediaPipe's model file, for a release without landmarks; that of a package by default.",
        show_default=False,
    ),
]


def _usual(name: str, text: str, metavar: str = "N", *flags: str) -> Any:
    """An option whose default is what is usual for the method: of that name in `USUAL`."""
    values = " or ".join(f"{getattr(usual, name):g} ({method})" for method, usual in USUAL.items())
    return typer.Option(*flags, metavar=metavar, help=f"{text}; by default {values}.", show_default=False)


def transfer(
    identities: Annotated[
        Path, typer.Option(metavar="RELEASE", help="The release whose neutral faces are shown.", show_default=False)
    ],
    drivers: Annotated[
        Path, typer.Option(metavar="RELEASE", help="The release whose expressions they show.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write.", show_default=False)],
    method: Annotated[
        str,
        typer.Option(
            **choice_of(Method),
            help="What draws: warp bends the neutral face, oracle draws demo faces anew, unet refines a bent face by "
            "what train-transfer has learned, controlnet redraws it by Stable Diffusion, likewise.",
        ),
    ] = "warp",
    weights: Annotated[
        str,
        typer.Option(
            metavar="DIR", help="What the method has learned: a folder, or NAMESPACE/NAME.", show_default=False
        ),
    ] = "",
    steps: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Steps of denoising; by default what is usual for the method.", show_default=False
        ),
    ] = None,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    unseen: Annotated[
        bool, typer.Option("--unseen", help="Leave out identities and drivers that the weights have learned from.")
    ] = False,
    base: Annotated[
        str,
        typer.Option(
            metavar="DIR",
            help="The Stable Diffusion that a ControlNet steers: a folder, or NAMESPACE/NAME; by default the one that "
            "it was trained with.",
            show_default=False,
        ),
    ] = "",
    strength: Annotated[
        float | None,
        typer.Option(
            metavar="X",
            help="How much of the bent face a ControlNet redraws, up to 1; usually 0.6.",
            show_default=False,
        ),
    ] = None,
    adapter: Annotated[
        str,
        typer.Option(
            "--ip-adapter",
            metavar="FILE",
            help="An IP-Adapter to keep the identity, for controlnet: a file, or NAMESPACE/NAME/PATH.",
            show_default=False,
        ),
    ] = "",
    no_safety_checker: Annotated[
        bool,
        typer.Option(
            "--no-safety-checker", help="Leave out the safety checker of the base, or say that it may have none."
        ),
    ] = False,
    identities_are: Annotated[
        Consent | None,
        typer.Option(
            **choice_of(Consent),
            help="Nobody, or people who agreed to it; needed where the release does not tell.",
            show_default=False,
        ),
    ] = None,
    per_identity: Annotated[int, typer.Option(metavar="N", min=1, help="Expressions that each identity gets.")] = 1,
    same: Annotated[
        list[str] | None,
        typer.Option(
            **choice_of(Group),
            help="A group that driver and identity have in common; may be repeated.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Draws who gets whose expression, and noise.")] = 0,
    models: LandmarkModels = None,
    workers: Annotated[int, typer.Option(metavar="N", min=1, help="Pictures drawn at a time, without a network.")] = 1,
    engine: Annotated[Engine, EngineOption] = "processes",
    as_json: AsJson = False,
) -> None:
    """Give neutral faces the expressions of others.

    Writes pictures and a manifest, which `synpain-hf build DIR` makes a release of; interrupted, it goes on when the
    same command is given again. What cannot be used is told, each in a line, and left out.
    """
    left_out: list[Problem] = []
    with reported(as_json, lambda name: _TYPED.get(name, as_option(name))) as progress:
        done = synpain_hf.transfer(
            identities, drivers, out, method=method, weights=weights, steps=steps, device=device,
            precision=cast("Precision", precision), base=base, strength=strength, adapter=adapter,
            no_safety_checker=no_safety_checker, unseen=unseen, identities_are=identities_are,
            per_identity=per_identity, same=same or (), seed=seed, models=models or (), workers=workers, engine=engine,
            progress=progress, notice=left_out.extend,
        )  # fmt: skip
    if left_out:
        print_warning(left_out, "problem")
    if as_json:
        counts = {name: getattr(done, name) for name in ("pairs", "identities", "drivers")}
        print_json({"out": str(out), **counts, "left_out": [problem.to_dict() for problem in left_out]})
        return
    whose = f"{count(done.identities, 'identity')} with the expressions of {count(done.drivers, 'driver')}"
    print_line(f"{out}: {count(done.pairs, 'pair')}, {whose}")
    print_line(f"for a release of them: synpain-hf build {quote(str(out))} {quote(f'{out}-1.0.0')} --version 1.0.0")


def train_transfer(
    release: ReleaseFolder,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder to write.", show_default=False)],
    method: Annotated[str, typer.Option(**choice_of(Learning), help="What is trained.")] = "unet",
    base: Annotated[
        str,
        typer.Option(
            metavar="DIR",
            help="The Stable Diffusion that controlnet steers: a folder, or NAMESPACE/NAME.",
            show_default=False,
        ),
    ] = "",
    size: Annotated[int | None, _usual("size", "Side of the square that is drawn, in pixels", "PIXELS")] = None,
    steps: Annotated[int | None, _usual("steps", "Steps of training")] = None,
    batch: Annotated[int | None, _usual("batch", "Pairs that are computed together")] = None,
    accumulate: Annotated[int, typer.Option(metavar="N", help="So many batches make a step.")] = 1,
    learning_rate: Annotated[float | None, _usual("learning_rate", "Of AdamW, at its highest", "X", "--lr")] = None,
    denoising: Annotated[int | None, _usual("denoising", "Steps of denoising, where pictures are drawn")] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Draws everything.")] = 0,
    test_fold: Annotated[int, typer.Option(metavar="N", help="The fold that nothing is learned from.")] = 0,
    checkpoint_every: Annotated[int, typer.Option(metavar="N", help="Steps between checkpoints.")] = 500,
    validate_every: Annotated[int, typer.Option(metavar="N", help="Steps between validation pictures.")] = 500,
    device: DeviceOption = "auto",
    precision: PrecisionOption = "auto",
    gradient_checkpointing: Annotated[
        bool,
        typer.Option("--gradient-checkpointing", help="Save memory by computing parts of controlnet twice."),
    ] = False,
    models: LandmarkModels = None,
    workers: Annotated[int, typer.Option(metavar="N", min=1, help="Examples made at a time.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Train a method of transfer on the pairs of a release.

    Nobody of the test fold is learned from, nor of the next one, of which validation pictures are drawn. Interrupted,
    it goes on at its last checkpoint when the same command is given again.
    """
    left_out: list[Problem] = []
    names = {"models": "--model", "learning_rate": "--lr"}
    with reported(as_json, lambda name: names.get(name, as_option(name))) as progress:
        done = synpain_hf.train_transfer(
            release, out, method=method, base=base, size=size, steps=steps, batch=batch, accumulate=accumulate,
            learning_rate=learning_rate, denoising=denoising, seed=seed, test_fold=test_fold,
            checkpoint_every=checkpoint_every, validate_every=validate_every, device=device,
            precision=cast("Precision", precision), gradient_checkpointing=gradient_checkpointing, models=models or (),
            workers=workers, progress=progress,
            notice=left_out.extend,
        )  # fmt: skip
    if left_out:
        print_warning(left_out, "problem")
    if as_json:
        counts = {name: getattr(done, name) for name in ("steps", "pairs", "identities", "errors")}
        print_json({"out": str(out), **counts, "left_out": [problem.to_dict() for problem in left_out]})
        return
    drawn, bent = (done.errors[name] for name in ("drawn", "bent"))
    learned = f"{count(done.steps, 'step')}, {count(done.pairs, 'pair')} of {count(done.identities, 'identity')}"
    print_line(f"{out}: {learned}; error in faces of others {drawn:.1f} of 255, of bent faces {bent:.1f}")


def transfer_report(
    releases: Annotated[
        list[Path],
        typer.Argument(
            metavar="RELEASE…", help="What `build` made of transferred faces, one a method.", show_default=False
        ),
    ],
    identities: Annotated[
        Path | None,
        typer.Option(
            metavar="RELEASE", help="The release whose neutral faces they show, if not --drivers.", show_default=False
        ),
    ] = None,
    drivers: Annotated[
        Path | None,
        typer.Option(
            metavar="RELEASE", help="The release whose expressions they show, if not --identities.", show_default=False
        ),
    ] = None,
    oracle: Annotated[
        Path | None,
        typer.Option(
            metavar="RELEASE",
            help="The one of `transfer --method oracle`: the truth, for demo faces.",
            show_default=False,
        ),
    ] = None,
    ratings: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="What `ratings --out` wrote of these releases, ratings.json; may be repeated.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A new folder for the report.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge transferred faces, method by method.

    Is it still the same person, and does the face do what its driver does? Numbers come from what
    `annotate --with mediapipe --with sface` left in the releases; what is missing is told, with the command that
    brings it.
    """
    with reported(as_json, as_option) as progress:
        found = synpain_hf.transfer_report(
            *releases,
            identities=identities,
            drivers=drivers,
            oracle=oracle,
            ratings=ratings or (),
            out=out,
            progress=progress,
        )
    if as_json:
        print_json(found.to_dict())
        return
    for line in [*found.overview(), *found.missing]:
        print_line(line)
    if out:
        print_line(f"{out}: report.html, report.md with faces.jpg, report.json")
