"""The command line: one command a verb, each the function of the same name. Nothing but parsing, calling, printing."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

import synpain_hf
from synpain_hf.errors import BadInputError, SynpainError
from synpain_hf.progress import Progress, shown_on

app = typer.Typer(
    help="From generated face pairs to a versioned Hugging Face data set.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)

_PROBLEMS_ON_A_TERMINAL = 40
_INTERRUPTED = 130


class Encodings(str, Enum):
    """Choices of --encoding."""

    png = "png"
    webp = "webp"
    jpeg = "jpeg"


class OnError(str, Enum):
    """Choices of --on-error."""

    fail = "fail"
    skip = "skip"


ReleaseFolder = Annotated[Path, typer.Argument(metavar="RELEASE", help="A release directory.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]


def _version(wanted: bool) -> None:
    if wanted:
        _out.print(f"synpain-hf {synpain_hf.__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version of this program.")
    ] = False,
) -> None:
    pass


@app.command()
def build(
    source: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="The official download (a folder, zips, or hf://datasets/NAMESPACE/NAME[@REVISION]), or a manifest "
            "(.csv, .tsv, .jsonl, .parquet).",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The release directory to write.", show_default=False)],
    version: Annotated[str, typer.Option(help="Version of the release, X.Y.Z.", show_default=False)],
    workers: Annotated[int, typer.Option(min=1, help="Partitions written at a time.")] = 1,
    encoding: Annotated[Encodings, typer.Option(help="png and webp lose nothing.")] = Encodings.png,
    image_size: Annotated[
        int | None, typer.Option(help="Scale and crop each face to a square of this many pixels.", show_default=False)
    ] = None,
    folds: Annotated[
        Path | None, typer.Option(help="A folds file, instead of the source's own.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws the folds where none are given.")] = 0,
    previous: Annotated[
        Path | None, typer.Option(help="The release that this one follows; folds are kept.", show_default=False)
    ] = None,
    on_error: Annotated[OnError, typer.Option(help="Fail for a pair that cannot be used, or skip it.")] = OnError.fail,
    as_json: AsJson = False,
) -> None:
    """Build a release from the official download, or from a manifest of your own.

    A build that was interrupted goes on where it was when the same command is given again.
    """
    with _reported(as_json) as progress:
        release = synpain_hf.build(
            source, out, version=version, workers=workers, encoding=encoding.value, image_size=image_size, folds=folds,
            seed=seed, previous=previous, on_error=on_error.value, progress=progress,
        )  # fmt: skip
    if as_json:
        _print_json(synpain_hf.info(release.folder))
        return
    pairs, source_seen, used = (release.manifest[key] for key in ("pairs", "source", "folds"))
    _out.print(f"{out}: version {release.version}, {pairs['out']:,} pairs, folds {_folds(used)}")
    if source_seen.get("videos"):
        _out.print(f"{source_seen['videos']:,} videos were seen and left aside")
    if pairs["rejected"]:
        _out.print(f"{pairs['rejected']:,} of {pairs['in']:,} were rejected: see {out / 'rejected.jsonl'}")


@app.command()
def info(
    release: ReleaseFolder,
    verify: Annotated[bool, typer.Option("--verify", help="Compare every file with its digest first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what is in a release: its pairs by group, and its configurations."""
    with _reported(as_json) as progress:
        summary = synpain_hf.info(release, verify=verify, progress=progress)
    if as_json:
        _print_json(summary)
        return
    _out.print(f"{summary['name']} {summary['version']}: {summary['pairs']['out']:,} pairs, {_size(summary['bytes'])}")
    _out.print(f"folds {_folds(summary['folds'])}; content {summary['content'][:16]}")
    _print_table("column", summary["groups"])
    _print_table("configuration", summary["configurations"])


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier release.", show_default=False)],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The later release.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Show what changed between two releases, and how much the version must rise for it."""
    with _reported(as_json):
        changes = synpain_hf.diff(old, new)
    if as_json:
        _print_json(changes.to_dict())
        return
    _out.print(f"{changes.old} -> {changes.new}: a {changes.bump.name.lower()} change")
    for heading, sentence in changes.sentences():
        _out.print(f"  {heading.lower()}: {sentence}")


@app.command()
def install(release: ReleaseFolder, as_json: AsJson = False) -> None:
    """Make load_dataset("synpain") give this release in any project of yours."""
    with _reported(as_json) as progress:
        folder = synpain_hf.install(release, progress=progress)
    if as_json:
        _print_json({"installed": str(folder)})
    else:
        _out.print('installed: datasets.load_dataset("synpain") now gives it in any project')


@app.command()
def uninstall(as_json: AsJson = False) -> None:
    """Remove the installed release from this machine."""
    with _reported(as_json):
        version = synpain_hf.uninstall()
    if as_json:
        _print_json({"uninstalled": version})
    else:
        _out.print(f"uninstalled: version {version}")


def main() -> None:
    """The program `synpain-hf`."""
    app()


@contextmanager
def _reported(as_json: bool) -> Iterator[Progress]:
    """Show progress, and turn an error into a report and an exit status."""
    try:
        with shown_on(_err) as progress:
            yield progress
    except SynpainError as error:
        if as_json:
            problems = error.problems if isinstance(error, BadInputError) else []
            _print_json({"error": str(error).partition("\n")[0], "problems": [one.to_dict() for one in problems]})
        elif isinstance(error, BadInputError):
            _print_problems(error)
        else:
            _err.print(f"error: {error}", markup=False)
        raise typer.Exit(error.exit_status) from None
    except KeyboardInterrupt:
        _err.print("interrupted: give the same command again to go on")
        raise typer.Exit(_INTERRUPTED) from None


def _print_problems(error: BadInputError) -> None:
    count = len(error.problems)
    _err.print(f"{count:,} problem{'s' * (count != 1)}, and nothing was written:")
    shown = _PROBLEMS_ON_A_TERMINAL if _err.is_terminal else count
    for problem in error.problems[:shown]:
        _err.print(f"  {problem}", markup=False)
    if count > shown:
        _err.print(f"  … and {count - shown:,} more; send them to a file to see all (2> problems.txt)")


def _print_json(document: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def _print_table(title: str, counts: Mapping[str, Mapping[str, int]]) -> None:
    table = Table(title, "pairs", box=None, pad_edge=False)
    for name, parts in counts.items():
        if parts:
            table.add_row(name, ", ".join(f"{part}: {count:,}" for part, count in parts.items()))
    _out.print()
    _out.print(table)


def _folds(used: Mapping[str, Any]) -> str:
    origin = {
        "published": f"as published ({used.get('file', 'in the manifest')})",
        "stratified": f"stratified (seed {used['seed']})",
        "previous": f"as in version {used.get('previous')}",
    }
    return origin[used["origin"]]


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
