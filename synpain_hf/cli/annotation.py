"""What other tools measure in faces: `annotate`, `faces`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

import synpain_hf
from synpain_hf.cli.options import AsJson, ReleaseFolder, choice_of
from synpain_hf.cli.printing import as_option, print_json, print_line, print_warning, reported
from synpain_hf.errors import Problem
from synpain_hf.text.plurals import count

Layout = Literal["flat", "imagefolder"]
Shown = Literal["both", "neutral", "expressive"]
OnError = Literal["fail", "skip"]


def import_annotations(
    release: ReleaseFolder,
    file: Annotated[
        list[Path],
        typer.Option(
            "--import",
            metavar="FILE",
            help="A table of another tool, or a folder of them; may be repeated.",
            show_default=False,
        ),
    ],
    tool: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Whose table: facereader, py-feat, openface, imotions, dsl-fiqa or plain; recognised by default.",
            show_default=False,
        ),
    ] = None,
    annotator: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="What the release calls it; the tool's name by default.", show_default=False),
    ] = None,
    on_error: Annotated[
        OnError, typer.Option(**choice_of(OnError), help="Fail over a row that cannot be used, or skip it.")
    ] = "fail",
    version: Annotated[
        str | None,
        typer.Option(metavar="X.Y.Z", help="The new version; the lowest possible by default.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add to a release what other tools measured in its faces.

    Write the faces with `synpain-hf faces`, run the tool on them, and import its table.
    """
    skipped: list[Problem] = []
    with reported(as_json, lambda name: {"file": "--import"}.get(name, as_option(name))) as progress:
        done = synpain_hf.import_annotations(
            release, file, tool=tool, annotator=annotator, on_error=on_error, version=version, progress=progress,
            notice=skipped.extend,
        )  # fmt: skip
    if skipped:
        print_warning(skipped, "problem")
    if as_json:
        counts = {name: getattr(done, name) for name in ("faces", "failed", "absent", "repeated", "left_out")}
        named = {"file": done.file, "tool": done.tool, "annotator": done.annotator}
        print_json({**named, "version": done.release.version, **counts})
        return
    print_line(
        f"{done.file}: {count(done.faces, 'face')} annotated by {done.annotator}, version {done.release.version}"
    )
    if done.failed:
        print_line(f"nothing was measured in {count(done.failed, 'face')} of them: see the column reason")
    if done.absent:
        print_line(f"{count(done.absent, 'face')} of the release without a row")
    if done.repeated:
        print_line(
            f"{count(done.repeated, 'further row')} did not count: the most confident of a face does, or the first"
        )
    if done.left_out:
        print_line(f"{count(done.left_out, 'row')} left out")


def faces(
    release: ReleaseFolder,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write.", show_default=False)],
    layout: Annotated[
        Layout, typer.Option(**choice_of(Layout), help="One folder, or one that load_dataset('imagefolder') opens.")
    ] = "flat",
    face: Annotated[Shown, typer.Option(**choice_of(Shown), help="Which faces of each pair.")] = "both",
    as_json: AsJson = False,
) -> None:
    """Write the faces of a release as pictures, for other tools.

    Their names bring back what a tool measures: `synpain-hf annotate RELEASE --import FILE`.
    """
    with reported(as_json) as progress:
        place = synpain_hf.faces(release, out, layout=layout, face=face, progress=progress)
    if as_json:
        print_json({"out": str(place)})
    else:
        print_line(f"{out}: the faces of the release, a picture each")
