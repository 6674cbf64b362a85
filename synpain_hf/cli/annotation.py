"""What is measured in faces, here or by other tools: `annotate`, `faces`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

import synpain_hf
from synpain_hf.cli.options import AsJson, ReleaseFolder, choice_of
from synpain_hf.cli.printing import as_option, print_json, print_line, print_warning, reported
from synpain_hf.errors import Problem, UsageError
from synpain_hf.executor import Engine
from synpain_hf.progress import Progress
from synpain_hf.text.plurals import count

Layout = Literal["flat", "imagefolder"]
Shown = Literal["both", "neutral", "expressive"]
OnError = Literal["fail", "skip"]
Name = Literal["mediapipe", "sface", "sharpness"]


def annotate(
    release: ReleaseFolder,
    annotators: Annotated[
        list[str] | None,
        typer.Option(
            "--with", **choice_of(Name), help="What measures the faces here; may be repeated.", show_default=False
        ),
    ] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option(
            "--import",
            metavar="FILE",
            help="A table of another tool, or a folder of them; may be repeated.",
            show_default=False,
        ),
    ] = None,
    models: Annotated[
        list[Path] | None,
        typer.Option(
            "--model",
            metavar="FILE",
            help="With --with: a model file, or a folder of them; may be repeated; those of packages by default.",
            show_default=False,
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="With --with: faces measured at a time; 1 by default.")
    ] = None,
    engine: Annotated[
        Engine | None,
        typer.Option(
            **choice_of(Engine), help="With --with: what the workers are; threads by default.", show_default=False
        ),
    ] = None,
    tool: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --import: whose table it is, facereader, py-feat, openface, imotions, dsl-fiqa or plain; "
            "recognised by default.",
            show_default=False,
        ),
    ] = None,
    annotator: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --import: what the release calls it; the tool's name by default.",
            show_default=False,
        ),
    ] = None,
    on_error: Annotated[
        OnError | None,
        typer.Option(
            **choice_of(OnError),
            help="With --import: fail over a row that cannot be used, or skip it; fail by default.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[
        str | None,
        typer.Option(metavar="X.Y.Z", help="The new version; the lowest possible by default.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add to a release what is measured in its faces.

    `--with` runs annotators over all faces here; interrupted, it goes on when the same command is given again.
    `--import` takes over the table of a tool that was run on what `synpain-hf faces` writes.
    """
    running = {"models": models, "workers": workers, "engine": engine}
    importing = {"tool": tool, "annotator": annotator, "on_error": on_error}
    with reported(as_json, _typed) as progress:
        if bool(annotators) == bool(file):
            raise UsageError("are the two ways to annotate; give one of them", "annotators", "file")
        given, others = ("annotators", importing) if annotators else ("file", running)
        for name in (name for name, value in others.items() if value):
            raise UsageError(f"has no use with {{{given}}}; leave it out", name, mentions=[given])
        if annotators:
            _run(release, annotators, models or [], workers or 1, engine or "threads", version, as_json, progress)
        else:
            _import(release, file or [], tool, annotator, on_error or "fail", version, as_json, progress)


def _run(
    release: Path,
    annotators: list[str],
    models: list[Path],
    workers: int,
    engine: Engine,
    version: str | None,
    as_json: bool,
    progress: Progress,
) -> None:
    done = synpain_hf.annotate(
        release, annotators, models=models, workers=workers, engine=engine, version=version, progress=progress
    )
    if as_json:
        failed = {done.files[name]: number for name, number in done.failed.items()}
        print_json({"files": list(done.files.values()), "version": done.release.version, "faces": done.faces,
                    "failed": failed})  # fmt: skip
        return
    for name, file in done.files.items():
        print_line(f"{file}: {count(done.faces, 'face')} annotated by {name}, version {done.release.version}")
        _print_failed(done.failed[name])


def _import(
    release: Path,
    file: list[Path],
    tool: str | None,
    annotator: str | None,
    on_error: OnError,
    version: str | None,
    as_json: bool,
    progress: Progress,
) -> None:
    skipped: list[Problem] = []
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
    _print_failed(done.failed)
    if done.absent:
        print_line(f"{count(done.absent, 'face')} of the release without a row")
    if done.repeated:
        print_line(
            f"{count(done.repeated, 'further row')} did not count: the most confident of a face does, or the first"
        )
    if done.left_out:
        print_line(f"{count(done.left_out, 'row')} left out")


def _print_failed(failed: int) -> None:
    if failed:
        print_line(f"nothing was measured in {count(failed, 'face')} of them: see the column reason")


def _typed(name: str) -> str:
    return {"annotators": "--with", "file": "--import", "models": "--model"}.get(name, as_option(name))


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
