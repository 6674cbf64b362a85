"""The command line: one command a verb, each the function of the same name. Nothing but parsing, calling, printing."""

from __future__ import annotations

import io
import json
import os
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

import synpain_hf
from synpain_hf.errors import BadInputError, SynpainError
from synpain_hf.progress import Progress, shown_on
from synpain_hf.release.layout import TITLES

app = typer.Typer(
    help="From generated face pairs to a versioned Hugging Face data set.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # else `[@REVISION]` is taken for markup
    context_settings={"help_option_names": ["-h", "--help"]},
)
_PROBLEMS_ON_A_TERMINAL = 20
_USUAL_WIDTH = 80
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


Out = Annotated[Path, typer.Argument(metavar="OUT", help="The release directory to write.", show_default=False)]
Workers = Annotated[int, typer.Option(metavar="N", min=1, help="Partitions written at a time.")]
ReleaseFolder = Annotated[Path, typer.Argument(metavar="RELEASE", help="A release directory.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]


def _version(wanted: bool) -> None:
    if wanted:
        _print(f"synpain-hf {synpain_hf.__version__}")
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
            metavar="SOURCE",
            help="The official download (a folder, zips, or hf://datasets/NAMESPACE/NAME[@REVISION]), or a manifest "
            "(.csv, .tsv, .jsonl, .parquet).",
            show_default=False,
        ),
    ],
    out: Out,
    version: Annotated[
        str, typer.Option(metavar="X.Y.Z", help="Version of the release, such as 1.0.0.", show_default=False)
    ],
    workers: Workers = 1,
    encoding: Annotated[Encodings, typer.Option(help="png and webp lose nothing.")] = Encodings.png,
    image_size: Annotated[
        int | None,
        typer.Option(metavar="PIXELS", help="Scale and crop each face to a square with this side.", show_default=False),
    ] = None,
    folds: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A folds file, instead of the source's own.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Draws the folds where none are given.")] = 0,
    previous: Annotated[
        Path | None,
        typer.Option(metavar="RELEASE", help="The release that this one follows; folds are kept.", show_default=False),
    ] = None,
    on_error: Annotated[OnError, typer.Option(help="Fail over a pair that cannot be used, or skip it.")] = OnError.fail,
    as_json: AsJson = False,
) -> None:
    """Build a release from the official download, or a manifest.

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
    _print(f"{out}: version {release.version}, {_count(pairs['out'], 'pair')}, folds {_folds(used)}")
    if source_seen.get("videos"):
        _print(f"{_count(source_seen['videos'], 'video')} seen and left aside")
    if pairs["rejected"]:
        _print(f"{pairs['rejected']:,} of {pairs['in']:,} were rejected: see {out / 'rejected.jsonl'}")


@app.command()
def demo(
    out: Out,
    pairs: Annotated[int, typer.Option(min=1, metavar="N", help="How many pairs.")] = 200,
    seed: Annotated[int, typer.Option(metavar="N", help="Draws everything.")] = 0,
    raw: Annotated[bool, typer.Option("--raw", help="Leave an official-like download, not a release.")] = False,
    bias: Annotated[Path | None, typer.Option(metavar="FILE", help="Bias to plant (YAML).", show_default=False)] = None,
    version: Annotated[str, typer.Option(metavar="X.Y.Z", help="Version of the release.")] = "1.0.0",
    workers: Workers = 1,
    as_json: AsJson = False,
) -> None:
    """Draw demo faces, not SynPAIN, as a release."""
    with _reported(as_json) as progress:
        folder = synpain_hf.demo(
            out, pairs=pairs, seed=seed, raw=raw, bias=bias or (), version=version, workers=workers, progress=progress
        )
    if as_json:
        _print_json({"out": str(folder), "pairs": pairs, "raw": raw})
    else:
        _print(f"{out}: {_count(pairs, 'pair')} of demo faces, drawn, not SynPAIN")


@app.command()
def info(
    release: ReleaseFolder,
    verify: Annotated[bool, typer.Option("--verify", help="Compare every file with its digest first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what is in a release, by group and configuration."""
    with _reported(as_json) as progress:
        summary = synpain_hf.info(release, verify=verify, progress=progress)
    if as_json:
        _print_json(summary)
        return
    title, pairs = TITLES[summary["source"]["kind"]], summary["pairs"]["out"]
    _print(f"{title}, version {summary['version']}: {_count(pairs, 'pair')}, {_size(summary['bytes'])}")
    if verify:
        _print("every file fits its digest")
    _print(f"folds {_folds(summary['folds'])}; content {summary['content'][:16]}")
    for title in ("groups", "configurations"):
        _print_table(title, summary[title])


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier release.", show_default=False)],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The later release.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Show what changed between two releases.

    And how much the version must rise for it, as semantic versions ask.
    """
    with _reported(as_json):
        changes = synpain_hf.diff(old, new)
    if as_json:
        _print_json(changes.to_dict())
        return
    sentences = list(changes.sentences())
    what = f"a {changes.bump.name.lower()} change" if sentences else "nothing changed"
    _print(f"{changes.old} -> {changes.new}: {what}")
    for _, sentence in sentences:
        _print(f"  {sentence}")


@app.command()
def install(release: ReleaseFolder, as_json: AsJson = False) -> None:
    """Make load_dataset("synpain") give this release.

    In any project of yours on this machine; synpain_hf.load("cv_3") gives another configuration.
    """
    with _reported(as_json) as progress:
        folder = synpain_hf.install(release, progress=progress)
    if as_json:
        _print_json({"installed": str(folder)})
    else:
        title = synpain_hf.info(release)["source"]["kind"]
        _print(f'installed {TITLES[title]}: load_dataset("synpain") now gives it in any project')


@app.command()
def uninstall(as_json: AsJson = False) -> None:
    """Remove the installed release from this machine."""
    with _reported(as_json):
        version = synpain_hf.uninstall()
    if as_json:
        _print_json({"uninstalled": version})
    else:
        _print(f"uninstalled: version {version}")


def main() -> None:
    """The program `synpain-hf`."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr is: no locale makes a name an error
    app()


@contextmanager
def _reported(as_json: bool) -> Iterator[Progress]:
    """Show progress, and turn an error into a report and an exit status."""
    try:
        with shown_on(sys.stderr) as progress:
            yield progress
    except SynpainError as error:
        problems = error.problems if isinstance(error, BadInputError) else []
        count = len(problems)
        summary = f"{count:,} problem{'s' * (count != 1)}, and nothing was written" if problems else _one_line(error)
        if as_json:
            _print_json({"error": summary, "problems": [problem.to_dict() for problem in problems]})
        else:
            _print(f"error: {summary}{':' * bool(problems)}", on=sys.stderr)
            _print_report(list(map(str, problems)))
        raise typer.Exit(error.exit_status) from None
    except KeyboardInterrupt:
        _print("interrupted: give the same command again to go on", on=sys.stderr)
        raise typer.Exit(_INTERRUPTED) from None


def _print_report(problems: list[str]) -> None:
    shown = _PROBLEMS_ON_A_TERMINAL if sys.stderr.isatty() else len(problems)
    for problem in problems[:shown]:
        _print(f"  {problem}", on=sys.stderr, indent=4)
    if len(problems) > shown:
        left = len(problems) - shown
        _print(f"  … and {left:,} more; send them to a file to see all (2> problems.txt)", on=sys.stderr, indent=4)


def _print_table(title: str, counts: Mapping[str, Mapping[str, int]]) -> None:
    width = max(map(len, (title, *counts)))
    _print("")
    _print(f"{title:<{width}}  pairs")
    for name, parts in counts.items():
        if parts:
            cells = ", ".join(f"{part}: {count:,}" for part, count in parts.items())
            _print(f"{name:<{width}}  {cells}", indent=width + 2)


def _print(text: str, on: TextIO | None = None, indent: int = 2) -> None:
    """Print a line: wrapped on a terminal, what follows indented; whole elsewhere.

    What no terminal should get, such as a control character in the name of a file, is escaped.
    """
    stream = on or sys.stdout
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    if stream.isatty():
        width = os.get_terminal_size(stream.fileno()).columns or _USUAL_WIDTH
        text = textwrap.fill(
            text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
        )
    typer.echo(text, file=stream)


def _one_line(error: SynpainError) -> str:
    return " ".join(str(error).splitlines())


def _print_json(document: Mapping[str, Any]) -> None:
    typer.echo(json.dumps(document, indent=2))


def _folds(used: Mapping[str, Any]) -> str:
    origin = {
        "published": f"as published ({used.get('file', 'by the source')})",
        "stratified": f"stratified (seed {used['seed']})",
        "previous": f"as in version {used.get('previous')}",
    }
    return origin[used["origin"]]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"
