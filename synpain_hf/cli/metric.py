"""`evaluate`, `compare`: AUROC by group of any predictions, of one model or of two."""

from __future__ import annotations

import importlib
import runpy
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

import synpain_hf
from synpain_hf.cli.options import AsJson, choice_of, option_of
from synpain_hf.cli.printing import print_json, print_line, print_text, reported, width
from synpain_hf.errors import UsageError
from synpain_hf.metrics.subgroup_auroc.options import Correction, Interval, Missing, Options

if TYPE_CHECKING:
    from synpain_hf.metrics.subgroup_auroc import Report

Form = Literal["text", "markdown", "latex"]

_Value = TypeVar("_Value")

LabelColumn = Annotated[str, typer.Option(metavar="COLUMN", help="The labels: two values.")]
ScoreColumn = Annotated[str, typer.Option(metavar="COLUMN", help="The scores, higher for positive.")]
Key = Annotated[str, typer.Option(metavar="COLUMN", help="What names a row in both files.")]
Clusters = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Which rows depend on each other; by default those of one identity, where there is such a column.",
        show_default=False,
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Write report, tables and figures to a new folder.", show_default=False),
]
Confidence = Annotated[float, option_of(Options, "confidence", metavar="SHARE")]
Corrected = Annotated[Correction, option_of(Options, "correction", **choice_of(Correction))]
Printed = Annotated[Form, typer.Option("--format", **choice_of(Form), help="What to print.")]
Groups = Annotated[
    list[str] | None,
    typer.Option(
        metavar="COLUMNS",
        help="What to group by: columns with commas between them, or this option again. By default age_group, "
        "gender and ethnicity, where they exist.",
        show_default=False,
    ),
]
PositiveLabel = Annotated[
    str | None,
    typer.Option(
        metavar="LABEL",
        help="The positive label; by default 1, true or pain. Needed for others, such as 1 and 2.",
        show_default=False,
    ),
]


def evaluate(
    predictions: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTIONS",
            help="A table with one row a prediction: CSV, JSON Lines or Parquet.",
            show_default=False,
        ),
    ],
    groups: Groups = None,
    label: LabelColumn = "label",
    score: ScoreColumn = "score",
    positive: PositiveLabel = None,
    against_rest: Annotated[
        bool,
        typer.Option(
            "--against-rest",
            help="Of more than two labels, take all but --positive, which must be given, as the negative class.",
        ),
    ] = False,
    clusters: Clusters = None,
    weights: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="The weight of each row.", show_default=False)
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="The scores of another model, to compare with.", show_default=False),
    ] = None,
    baseline_file: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Or these predictions of another model for the same rows.", show_default=False
        ),
    ] = None,
    key: Key = "pair_id",
    overlapping: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMNS",
            help="Groups that may overlap, as --groups: a column for each, with true and false or the share of "
            "annotators who say so; or lists of names (JSON Lines, Parquet).",
            show_default=False,
        ),
    ] = None,
    depth: Annotated[int, option_of(Options, "depth", metavar="N")] = Options.depth,
    missing: Annotated[Missing, option_of(Options, "missing", **choice_of(Missing))] = Options.missing,
    min_group_size: Annotated[int, option_of(Options, "min_group_size", metavar="N")] = Options.min_group_size,
    min_class_size: Annotated[int, option_of(Options, "min_class_size", metavar="N")] = Options.min_class_size,
    margin: Annotated[float, option_of(Options, "margin", metavar="SHARE")] = Options.margin,
    reference: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=GROUP",
            help="Compare every other group of that column with this one, instead of with the mean of the others. For "
            "several columns, this option again.",
            show_default=False,
        ),
    ] = None,
    interval: Annotated[Interval, option_of(Options, "interval", **choice_of(Interval))] = Options.interval,
    confidence: Confidence = Options.confidence,
    resamples: Annotated[int, option_of(Options, "resamples", metavar="N")] = Options.resamples,
    seed: Annotated[int, option_of(Options, "seed", metavar="N")] = Options.seed,
    correction: Corrected = Options.correction,
    threshold: Annotated[float | None, option_of(Options, "threshold", metavar="SCORE")] = Options.threshold,
    validation: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Choose the threshold on these predictions.", show_default=False),
    ] = None,
    threshold_rule: Annotated[str, option_of(Options, "threshold_rule", metavar="RULE")] = Options.threshold_rule,
    calibration: Annotated[bool, option_of(Options, "calibration", "--calibration")] = Options.calibration,
    bins: Annotated[int, option_of(Options, "bins", metavar="N")] = Options.bins,
    max_fpr: Annotated[float | None, option_of(Options, "max_fpr", metavar="SHARE")] = Options.max_fpr,
    specificity: Annotated[float | None, option_of(Options, "specificity", metavar="SHARE")] = Options.specificity,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODULE:FUNCTION",
            help="Also measure this: a function of labels, scores and weights (None where there are none), in a module "
            "or a file.py. For several, this option again.",
            show_default=False,
        ),
    ] = None,
    control: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMNS",
            help="Also measure the AUROC within the groups of these columns, and average it.",
            show_default=False,
        ),
    ] = None,
    out: Out = None,
    keep_formulas: Annotated[
        bool,
        typer.Option(
            "--keep-formulas",
            help="In CSV files, leave names that a spreadsheet takes for formulas as they are.",
        ),
    ] = False,
    form: Printed = "text",
    as_json: AsJson = False,
) -> None:
    """Measure the AUROC of predictions by group.

    With intervals, and with how far the groups lie apart.
    """
    with reported(as_json) as progress:
        report = synpain_hf.evaluate(
            predictions, groups=groups, label=label, score=score, positive=positive, clusters=clusters, weights=weights,
            baseline=baseline, baseline_file=baseline_file, key=key, overlapping=overlapping, depth=depth,
            interval=interval, confidence=confidence, resamples=resamples, seed=seed, threshold=threshold,
            validation=validation, threshold_rule=threshold_rule, against_rest=against_rest, calibration=calibration,
            bins=bins, max_fpr=max_fpr, specificity=specificity,
            metrics=_distinct("metric", map(_function, metric or [])), control=control, min_group_size=min_group_size,
            min_class_size=min_class_size, margin=margin, reference=_references(reference or []),
            missing=missing, correction=correction, out=out, keep_formulas=keep_formulas, progress=progress,
        )  # fmt: skip
    _print_report(report, form, out, as_json=as_json)


def compare(
    first: Annotated[
        Path,
        typer.Argument(metavar="A", help="Predictions of a model: CSV, JSON Lines or Parquet.", show_default=False),
    ],
    second: Annotated[
        Path, typer.Argument(metavar="B", help="Those of another model for the same rows.", show_default=False)
    ],
    key: Key = "pair_id",
    groups: Groups = None,
    label: LabelColumn = "label",
    score: ScoreColumn = "score",
    positive: PositiveLabel = None,
    clusters: Clusters = None,
    confidence: Confidence = Options.confidence,
    correction: Corrected = Options.correction,
    out: Out = None,
    form: Printed = "text",
    as_json: AsJson = False,
) -> None:
    """Measure how much better A is than B, by group.

    Both have judged the same rows; differences come with intervals for that.
    """
    with reported(as_json) as progress:
        report = synpain_hf.compare(
            first, second, key=key, groups=groups, label=label, score=score, positive=positive, clusters=clusters,
            confidence=confidence, correction=correction, out=out, progress=progress,
        )  # fmt: skip
    _print_report(report, form, out, as_json=as_json)


def _print_report(report: Report, form: Form, out: Path | None, *, as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    text = {
        "text": lambda: report.to_text(width(sys.stdout)),
        "markdown": report.to_markdown,
        "latex": report.to_latex,
    }[form]()
    print_text(text)
    if out is not None:
        files = sorted(path.name for path in out.expanduser().iterdir())
        print_line(f"{out}: {', '.join(files)}", on=sys.stderr)


def _function(named: str) -> tuple[str, Callable[..., Any]]:
    """A function by its name, from MODULE:FUNCTION or FILE.py:FUNCTION."""
    place, _, name = named.rpartition(":")
    if not place or not name:
        raise UsageError(f"--metric is {named!r}; give MODULE:FUNCTION or FILE.py:FUNCTION")
    try:
        known = _run(named, place) if place.endswith(".py") else vars(importlib.import_module(place))
    except UsageError:
        raise
    except (Exception, SystemExit) as error:
        reason = f"{type(error).__name__}: {error}; name a module or a file that can be imported"
        raise UsageError(f"--metric {named}: {reason}") from error
    if not callable(known.get(name)):
        raise UsageError(f"--metric {named}: {place} has no function {name}; name one that it has")
    return name, known[name]


def _run(named: str, place: str) -> dict[str, Any]:
    """What a file defines, which may import modules that stand beside it, as a script may."""
    path = Path(place).expanduser()
    if not path.is_file():
        raise UsageError(f"--metric {named}: there is no file {place}; name one that is there")
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return runpy.run_path(str(path))


def _distinct(option: str, given: Iterable[tuple[str, _Value]]) -> dict[str, _Value]:
    """By name what was given, where an option may stand several times; the same name twice is refused."""
    found: dict[str, _Value] = {}
    for name, value in given:
        if name in found:
            raise UsageError(f"--{option} names {name!r} twice; name each once")
        found[name] = value
    return found


def _references(given: list[str]) -> dict[str, str]:
    for text in given:
        if "=" not in text:
            raise UsageError(f"--reference is {text!r}; give COLUMN=GROUP, such as gender=woman")
    return _distinct("reference", ((column, group) for column, _, group in (text.partition("=") for text in given)))
