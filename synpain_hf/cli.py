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
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

import synpain_hf
from synpain_hf.errors import BadInputError, SynpainError
from synpain_hf.progress import Progress, shown_on
from synpain_hf.release.layout import TITLES

if TYPE_CHECKING:
    from synpain_hf.hub import Plan, Publication

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


class Intervals(str, Enum):
    """Choices of --interval."""

    delong = "delong"
    logit = "logit"
    bootstrap = "bootstrap"
    percentile = "percentile"


class Fusions(str, Enum):
    """Choices of --fusion."""

    subtraction = "subtraction"
    concatenation = "concatenation"
    cross_attention = "cross_attention"


class Missing(str, Enum):
    """Choices of --missing."""

    group = "group"
    error = "error"


class Corrections(str, Enum):
    """Choices of --correction."""

    holm = "holm"
    bonferroni = "bonferroni"
    benjamini_hochberg = "benjamini_hochberg"
    none = "none"


class Formats(str, Enum):
    """Choices of --format."""

    text = "text"
    markdown = "markdown"
    latex = "latex"


Out = Annotated[Path, typer.Argument(metavar="OUT", help="The release directory to write.", show_default=False)]
Workers = Annotated[int, typer.Option(metavar="N", min=1, help="Partitions written at a time.")]
ReleaseFolder = Annotated[Path, typer.Argument(metavar="RELEASE", help="A release directory.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, for programs.")]
RepoId = Annotated[str, typer.Option("--repo-id", metavar="NAMESPACE/NAME", help="The repository.", show_default=False)]
Private = Annotated[bool, typer.Option("--private", help="Close the repository to all but its owners.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check and show the plan, but send nothing.")]
Endpoint = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Address of a private Hub; HF_ENDPOINT by default.", show_default=False),
]


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
def card(
    release: ReleaseFolder,
    facts: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="What is known of the data set (YAML, with references.bib beside it), or synpain or demo.",
            show_default=False,
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Say whether the card still fits; write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a release's card, its figures, and Croissant.

    That is README.md, figures/ and croissant.json. A card that was interrupted is mended by the same command.
    """
    from synpain_hf.card import card as write_card
    from synpain_hf.card import check as check_card
    from synpain_hf.release.manifest import Release

    with _reported(as_json) as progress:
        unfit = check_card(Release.open(release, card_may_lack=True), progress) if check else []
        made = None if check else write_card(release, facts=facts, progress=progress)
    if as_json:
        _print_json({"card": str(release), "unfit": unfit})
    elif made is not None:
        _print(f"{release}: card of version {made.version} written")
    else:
        for sentence in unfit:
            _print(sentence, on=sys.stderr)
        if not unfit:
            _print(f"{release}: the card fits")
    if unfit:
        raise typer.Exit(1)


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


@app.command()
def evaluate(
    predictions: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTIONS",
            help="A table with one row a prediction: CSV, JSON Lines or Parquet.",
            show_default=False,
        ),
    ],
    groups: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMNS",
            help="What to group by: columns with commas between them, or this option again. By default age_group, "
            "gender and ethnicity, as far as they are there.",
            show_default=False,
        ),
    ] = None,
    label: Annotated[str, typer.Option(metavar="COLUMN", help="The labels: two values.")] = "label",
    score: Annotated[str, typer.Option(metavar="COLUMN", help="The scores, higher for positive.")] = "score",
    positive: Annotated[
        str | None,
        typer.Option(metavar="LABEL", help="The positive label. By default 1, true or pain.", show_default=False),
    ] = None,
    clusters: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Which rows depend on each other, such as those of one identity.",
            show_default=False,
        ),
    ] = None,
    weights: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The weight of each row.", show_default=False)
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="The scores of another model, to compare with.", show_default=False),
    ] = None,
    depth: Annotated[int, typer.Option(metavar="N", min=1, help="2 also crosses groups in pairs, and so on.")] = 1,
    missing: Annotated[
        Missing, typer.Option(help="Rows without a group: make them a group, or refuse them.")
    ] = Missing.group,
    min_group_size: Annotated[
        int, typer.Option(metavar="N", min=0, help="A smaller group is counted, not measured.")
    ] = 10,
    interval: Annotated[Intervals, typer.Option(help="DeLong's variance, or a bootstrap.")] = Intervals.delong,
    confidence: Annotated[float, typer.Option(metavar="SHARE", help="Of the intervals.")] = 0.95,
    resamples: Annotated[
        int, typer.Option(metavar="N", min=2, help="Of the bootstrap, also for bands in figures.")
    ] = 1000,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Draws the resamples.")] = 0,
    correction: Annotated[
        Corrections, typer.Option(help="Of the p values, for as many as there are.")
    ] = Corrections.holm,
    threshold: Annotated[
        float | None,
        typer.Option(metavar="SCORE", help="F1 takes a row for positive from this score on.", show_default=False),
    ] = None,
    validation: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Choose the threshold on these predictions.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write report, tables and figures to a new folder.", show_default=False),
    ] = None,
    form: Annotated[Formats, typer.Option("--format", help="What to print.")] = Formats.text,
    as_json: AsJson = False,
) -> None:
    """Measure the AUROC of predictions by group.

    With intervals, and with how far the groups lie apart.
    """
    with _reported(as_json) as progress:
        report = synpain_hf.evaluate(
            predictions, groups=groups, label=label, score=score, positive=positive, clusters=clusters, weights=weights,
            baseline=baseline, depth=depth, interval=interval.value, confidence=confidence, resamples=resamples,
            seed=seed, threshold=threshold, validation=validation, min_group_size=min_group_size,
            missing=missing.value, correction=correction.value, out=out, progress=progress,
        )  # fmt: skip
    if as_json:
        _print_json(report)
        return
    text = {
        Formats.text: lambda: report.to_text(_width(sys.stdout)),
        Formats.markdown: report.to_markdown,
        Formats.latex: report.to_latex,
    }[form]()
    typer.echo(text, file=sys.stdout)  # given, so that it is left to `main` what a letter becomes that the stream lacks
    if out is not None:
        files = sorted(path.name for path in out.expanduser().iterdir())
        _print(f"{out}: {', '.join(files)}", on=sys.stderr)


@app.command()
def publish(
    release: ReleaseFolder,
    repo_id: RepoId,
    private: Private = False,
    gated: Annotated[bool, typer.Option("--gated", help="Have readers accept the terms first.")] = False,
    create_pr: Annotated[
        bool, typer.Option("--create-pr", help="Propose it in a pull request; publish again to tag what was merged.")
    ] = False,
    dry_run: DryRun = False,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Publish a release to the Hub, and tag it with its version.

    Nothing is tagged before all of it is there. After any fault, the same command finishes the work.
    """
    with _reported(as_json) as progress:
        publication = synpain_hf.publish(
            release, repo_id, private=private, gated=gated, create_pr=create_pr, dry_run=dry_run, endpoint=endpoint,
            show=lambda plan: None if as_json else _print_plan(plan), progress=progress,
        )  # fmt: skip
    _print_publication(publication, as_json)


@app.command()
def publish_metric(
    repo_id: RepoId,
    private: Private = False,
    dry_run: DryRun = False,
    endpoint: Endpoint = None,
    as_json: AsJson = False,
) -> None:
    """Publish the metric as a Space, for evaluate.load."""
    with _reported(as_json) as progress:
        publication = synpain_hf.publish_metric(
            repo_id, private=private, dry_run=dry_run, endpoint=endpoint,
            show=lambda plan: None if as_json else _print_plan(plan), progress=progress,
        )  # fmt: skip
    _print_publication(publication, as_json)


@app.command()
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
        Fusions, typer.Option(help="How the reference comes in, of a vision model.")
    ] = Fusions.cross_attention,
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
    augmentation: Annotated[bool, typer.Option(help="Change pairs at random in training, both faces alike.")] = True,
    epochs: Annotated[float, typer.Option(metavar="N", min=0, help="At most; early stopping may end it before.")] = 20,
    batch_size: Annotated[int, typer.Option(metavar="N", min=1, help="Pairs of a step, on each device.")] = 32,
    learning_rate: Annotated[
        float, typer.Option(metavar="X", help="A pretrained vision model wants 1e-4 with --lora, 5e-5 without.")
    ] = 5e-4,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Draws everything.")] = 42,
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

    A training that was interrupted goes on where it was when the same command is given again. With several GPUs:
    torchrun --nproc-per-node 4 -m synpain_hf train …
    """
    with _reported(as_json) as progress:
        from synpain_hf.training.arguments import ModelArguments, PairwiseTrainingArguments

        options: dict[str, Any] = {
            "model": ModelArguments(
                model=model, fusion=fusion.value, lora=lora, image_size=image_size,
                crop_box=None if crop_box is None else list(crop_box), pspi_head=pspi_head,
                action_units=[] if action_units is None else action_units.split(","),
            ),
            "revision": revision, "annotator": annotator, "progress": progress, "num_train_epochs": epochs,
            "per_device_train_batch_size": batch_size, "learning_rate": learning_rate, "seed": seed,
            **({} if augmentation else {"augmentation": None}),
            **PairwiseTrainingArguments.settings(settings or ()),
        }  # fmt: skip
        if config_name == "cv":
            result = synpain_hf.cross_validate(dataset, out=out, **options)
        else:
            result = synpain_hf.train(dataset, out=out, config_name=config_name, **options)
    if os.environ.get("RANK", "0") != "0":
        return  # with several processes, the first tells
    if as_json:
        _print_json(result.to_dict())
        return
    if result.report is not None:
        typer.echo(result.report.to_text(_width(sys.stdout)), file=sys.stdout)
        _print("")
    _print(f"{out}: {result.summary()}")


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


def _print_plan(plan: Plan) -> None:
    counts = {"new": plan.new, "changed": plan.changed, "the same": plan.same, "deleted": plan.deleted}
    told = ", ".join(f"{len(paths):,} {what}" for what, paths in counts.items() if paths)
    _print(f"plan: {told}; {_size(plan.bytes)} to send")
    for what, paths in (("deleted", plan.deleted), ("not of a release, left alone", plan.left)):
        for path in paths:
            _print(f"  {what}: {path}")
    if plan.settings:
        _print(f"  repository: {', '.join(plan.settings)}")


def _print_publication(publication: Publication, as_json: bool) -> None:
    if as_json:
        _print_json(publication.to_dict())
        return
    for note in publication.notes:
        _print(f"the Hub remarks: {note}")
    _print(f"{publication.status}: version {publication.version}, {publication.url}")
    if publication.status == "proposed":
        _print("once it is merged, publish again without --create-pr to tag it")
    if publication.status == "merged":
        _print("publish again without --create-pr to tag it")


def _print(text: str, on: TextIO | None = None, indent: int = 2) -> None:
    """Print a line: wrapped on a terminal, what follows indented; whole elsewhere.

    What no terminal should get, such as a control character in the name of a file, is escaped.
    """
    stream = on or sys.stdout
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
    if stream.isatty():
        text = textwrap.fill(
            text, _width(stream), subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
        )
    typer.echo(text, file=stream)


def _width(stream: TextIO) -> int:
    return (os.get_terminal_size(stream.fileno()).columns if stream.isatty() else 0) or _USUAL_WIDTH


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
