"""Expressions of others on the faces of a release: `transfer`, `transfer_report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

import synpain_hf
from synpain_hf.cli.options import AsJson, EngineOption, choice_of
from synpain_hf.cli.printing import as_option, print_json, print_line, print_warning, reported
from synpain_hf.errors import Problem
from synpain_hf.executor import Engine
from synpain_hf.text.plurals import count

Method = Literal["warp", "oracle"]
Consent = Literal["synthetic", "consented"]
Group = Literal["age_group", "gender", "ethnicity"]


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
            **choice_of(Method), help="What draws: warp bends the neutral face, oracle draws demo faces anew."
        ),
    ] = "warp",
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
    seed: Annotated[int, typer.Option(metavar="N", help="Draws who gets whose expression.")] = 0,
    models: Annotated[
        list[Path] | None,
        typer.Option(
            "--model",
            metavar="FILE",
            help="MediaPipe's model file, for a release without landmarks; that of a package by default.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[int, typer.Option(metavar="N", min=1, help="Pictures drawn at a time.")] = 1,
    engine: Annotated[Engine, EngineOption] = "processes",
    as_json: AsJson = False,
) -> None:
    """Give neutral faces the expressions of others.

    Writes pictures and a manifest, which `synpain-hf build DIR` makes a release of; interrupted, it goes on when the
    same command is given again. What cannot be used is told, each in a line, and left out.
    """
    left_out: list[Problem] = []
    with reported(as_json, lambda name: {"models": "--model"}.get(name, as_option(name))) as progress:
        done = synpain_hf.transfer(
            identities, drivers, out, method=method, identities_are=identities_are, per_identity=per_identity,
            same=same or (), seed=seed, models=models or (), workers=workers, engine=engine, progress=progress,
            notice=left_out.extend,
        )  # fmt: skip
    if left_out:
        print_warning(left_out, "problem")
    if as_json:
        counts = {name: getattr(done, name) for name in ("pairs", "identities", "drivers")}
        print_json({"out": str(out), **counts, "left_out": [problem.to_dict() for problem in left_out]})
        return
    whose = f"{count(done.identities, 'identity')} with the expressions of {count(done.drivers, 'driver')}"
    print_line(f"{out}: {count(done.pairs, 'pair')}, {whose}; synpain-hf build {out} makes a release of them")


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
