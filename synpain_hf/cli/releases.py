"""Releases: `build`, `demo`, `info`, `diff`, `install`, `installed`, `uninstall`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import synpain_hf
from synpain_hf.cli.options import AsJson, EngineOption, Out, ReleaseFolder, Workers, choice_of
from synpain_hf.cli.printing import as_option, print_json, print_line, print_table, print_warning, reported, size
from synpain_hf.configurations import EACH_PERSON
from synpain_hf.errors import Problem
from synpain_hf.executor import Engine
from synpain_hf.release.layout import REJECTED, TITLES
from synpain_hf.text.plurals import count, first_few
from synpain_hf.vocabulary import DEFAULT_STYLE, DrawingStyle, Uses

Codec = Literal["png", "webp", "jpeg"]
OnError = Literal["fail", "skip"]


def build(
    source: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help="The official download (a folder, zips, or hf://datasets/NAMESPACE/NAME[@REVISION]), the folder of "
            "UNBC-McMaster, 3DPain or BioVid, or a manifest (.csv, .tsv, .jsonl, .parquet) or a folder that holds one.",
            show_default=False,
        ),
    ],
    out: Out,
    version: Annotated[
        str, typer.Option(metavar="X.Y.Z", help="Version of the release, such as 1.0.0.", show_default=False)
    ],
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What load_dataset calls the data set; by default as in --previous, else after the source.",
            show_default=False,
        ),
    ] = None,
    workers: Workers = 1,
    engine: Annotated[Engine, EngineOption] = "threads",
    encoding: Annotated[Codec, typer.Option(**choice_of(Codec), help="png and webp lose nothing.")] = "png",
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
    on_error: Annotated[
        OnError, typer.Option(**choice_of(OnError), help="Fail over a pair that cannot be used, or skip it.")
    ] = "fail",
    words: Annotated[
        Path | None,
        typer.Option(
            "--map", metavar="FILE", help="What a manifest's words mean, by column (YAML).", show_default=False
        ),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Leave out a column of a manifest; may be repeated.", show_default=False),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN[=TYPE]",
            help="Keep a further column of a manifest (bool, int64, float64 or string); may be repeated.",
            show_default=False,
        ),
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Groups of each identity, where the source has none.", show_default=False),
    ] = None,
    pain_from: Annotated[
        float | None,
        typer.Option(metavar="X", help="The least pain score or level that is called pain.", show_default=False),
    ] = None,
    references: Annotated[
        int | None,
        typer.Option(metavar="N", help="How many neutral faces of an identity are used.", show_default=False),
    ] = None,
    videos: Annotated[
        Uses | None,
        typer.Option(
            **choice_of(Uses),
            help="What becomes of videos: pairs of their frames, the table videos, or both.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="MOMENTS",
            help="Which frames become pairs: peak (by default), seconds such as 0.5,1.5, or every:N.",
            show_default=False,
        ),
    ] = None,
    clip_names: Annotated[
        str | None,
        typer.Option(
            metavar="PATTERN",
            help="What the names of clips in a folder match, such as '(?P<identity>[a-z]+)_(?P<label>[a-z]+)_.*'.",
            show_default=False,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Build a release from a download, an archive or a manifest.

    A build that was interrupted goes on where it was when the same command is given again.
    """
    doubtful: list[Problem] = []
    unverified: list[str] = []
    with reported(as_json, lambda name: {"words": "--map"}.get(name, as_option(name))) as progress:
        release = synpain_hf.build(
            source, out, version=version, name=name, workers=workers, engine=engine, encoding=encoding,
            image_size=image_size, folds=folds, seed=seed, previous=previous, on_error=on_error, words=words,
            drop=drop or (), keep=keep or (), groups=groups, pain_from=pain_from, references=references,
            videos=videos, at=at, clip_names=clip_names,
            progress=progress, notice=doubtful.extend, unverified=unverified.extend,
        )  # fmt: skip
    if doubtful:
        print_warning(doubtful)
    if as_json:
        told = {"unverified": unverified} if unverified else {}
        print_json({**synpain_hf.info(release.folder), **told})
        return
    pairs, source_seen, used, options = (release.manifest[key] for key in ("pairs", "source", "folds", "options"))
    print_line(f"{out}: version {release.version}, {count(pairs['out'], 'pair')}, folds {_folds(used)}")
    if source_seen.get("videos") and "videos" not in options:
        print_line(f"{count(source_seen['videos'], 'video')} seen and left aside")
    if "videos" in options:
        print_line(_videos(options, release.configurations().get("videos", {})))
    if pairs["rejected"]:
        print_line(f"{pairs['rejected']:,} of {pairs['in']:,} were rejected: see {out / REJECTED}")
    elif REJECTED in release.files:
        print_line(f"videos were left out: see {out / REJECTED}")
    if unverified:
        named = f"{count(len(unverified), 'picture')} ({first_few(unverified)})"
        print_line(f"damage would not show in {named}; list their digests in checksums.sha256 to be sure")


def demo(
    out: Out,
    pairs: Annotated[int, typer.Option(min=1, metavar="N", help="How many pairs.")] = 200,
    seed: Annotated[int, typer.Option(metavar="N", help="Draws everything.")] = 0,
    raw: Annotated[bool, typer.Option("--raw", help="Leave an official-like download, not a release.")] = False,
    bias: Annotated[Path | None, typer.Option(metavar="FILE", help="Bias to plant (YAML).", show_default=False)] = None,
    style: Annotated[DrawingStyle, typer.Option(**choice_of(DrawingStyle), help="How they are drawn.")] = DEFAULT_STYLE,
    version: Annotated[str, typer.Option(metavar="X.Y.Z", help="Version of the release.")] = "2.0.0",
    name: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="What load_dataset calls the data set; by default synpain.", show_default=False
        ),
    ] = None,
    workers: Workers = 1,
    engine: Annotated[Engine | None, EngineOption] = None,
    as_json: AsJson = False,
) -> None:
    """Draw demo faces, not SynPAIN, as a release."""
    with reported(as_json) as progress:
        synpain_hf.demo(
            out, pairs=pairs, seed=seed, raw=raw, bias=bias or (), style=style, version=version,
            name=name, workers=workers, engine=engine, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json({"out": str(out.expanduser()), "pairs": pairs, "raw": raw})
    else:
        print_line(f"{out}: {count(pairs, 'pair')} of demo faces, drawn, not SynPAIN")


def info(
    release: ReleaseFolder,
    verify: Annotated[bool, typer.Option("--verify", help="Compare every file with its digest first.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what is in a release, by group and configuration."""
    with reported(as_json) as progress:
        summary = synpain_hf.info(release, verify=verify, progress=progress)
    if as_json:
        print_json(summary)
        return
    title, pairs, identities = TITLES[summary["source"]["kind"]], summary["pairs"]["out"], summary["identities"]
    of = f" of {count(identities, 'identity')}" if identities < pairs else ""
    print_line(f"{title}, version {summary['version']}: {count(pairs, 'pair')}{of}, {size(summary['bytes'])}")
    if verify:
        print_line("every file fits its digest")
    print_line(f"folds {_folds(summary['folds'])}; content {summary['content'][:16]}")
    if kept := summary.get("kept"):
        print_line(f"kept from the source: {', '.join(f'{name} ({dtype})' for name, dtype in kept.items())}")
    if persons := summary["configurations"].pop(EACH_PERSON, None):
        summary["configurations"][EACH_PERSON] = {"one split a person": len(persons)}
    for title in ("groups", "configurations"):
        print_table(title, summary[title])


def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The earlier release.", show_default=False)],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The later release.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Show what changed between two releases.

    And how much the version must rise for it, as semantic versions ask.
    """
    with reported(as_json) as progress:
        changes = synpain_hf.diff(old, new, progress=progress)
    if as_json:
        print_json(changes.to_dict())
        return
    sentences = list(changes.sentences())
    what = f"a {changes.bump.name.lower()} change" if sentences else "nothing changed"
    print_line(f"{changes.old} -> {changes.new}: {what}")
    for _, sentence in sentences:
        print_line(f"  {sentence}")


def install(
    release: ReleaseFolder,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare every file of a copy that is installed already with its digest.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make load_dataset give this release by its name.

    In any project of yours on this machine; synpain_hf.load("cv_3", name="unbc") gives another configuration. A release
    of the same name is replaced, others stay. Where this one is installed already, a damaged copy is repaired.
    """
    with reported(as_json) as progress:
        folder = synpain_hf.install(release, verify=verify, progress=progress)
    summary = synpain_hf.info(release)
    name = summary["name"]
    if as_json:
        print_json({"installed": str(folder), "name": name})
        return
    title, pairs = TITLES[summary["source"]["kind"]], summary["pairs"]["out"]
    print_line(f'installed {title}: load_dataset("{name}") now gives it in any project')
    print_line(f"loaded by that name from another folder: version {summary['version']}, {count(pairs, 'pair')}")
    if verify:
        print_line("every installed file fits its digest")
    if Path(name).is_dir():
        print_line(f"in this folder alone, that name means the folder {name}; call it something else")
    print_line("without network, set HF_HUB_OFFLINE=1: datasets otherwise asks the Hub for half a minute first")


def installed(as_json: AsJson = False) -> None:
    """List the releases that are installed.

    By the names that load_dataset takes, and whether each is whole.
    """
    with reported(as_json) as progress:
        found = synpain_hf.installed(progress=progress)
    if as_json:
        print_json({"installed": [release.to_dict() for release in found]})
        return
    for release in found:
        pairs = "" if release.pairs is None else count(release.pairs, "pair")
        state = f"damaged ({release.damage}; install it again)" if release.damage else "whole"
        parts = [release.title, f"version {release.version}", pairs, state]
        print_line(f"{release.name}: {', '.join(filter(None, parts))}")
        print_line(f"  {release.folder}", indent=4)
    if not found:
        print_line("nothing is installed; run `synpain-hf install RELEASE` first")


def uninstall(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", help="The name of its data set; needed where several are installed.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Remove an installed release from this machine."""
    with reported(as_json, lambda _: "NAME"):
        version = synpain_hf.uninstall(name)
    if as_json:
        print_json({"uninstalled": version})
    else:
        print_line(f"uninstalled{f' {name}' if name else ''}: version {version}")


def _videos(options: Mapping[str, Any], rows: Mapping[str, int]) -> str:
    """What became of the videos."""
    moments = f"pairs of first frames with those at {options['at']}" if "at" in options else ""
    table = f"{count(sum(rows.values()), 'row')} of the table videos" if rows else ""
    peak = "; peak is where a face has changed most, light and motion apart" if "peak" in options.get("at", "") else ""
    return f"videos: {' and '.join(filter(None, (moments, table)))}{peak}"


def _folds(used: Mapping[str, Any]) -> str:
    origin = {
        "published": f"as published ({used.get('file', 'by the source')})",
        "stratified": f"stratified (seed {used['seed']})",
        "previous": f"as in version {used.get('previous')}",
    }
    return origin[used["origin"]]
