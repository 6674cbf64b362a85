"""`evaluate`: the subgroup AUROC of predictions in a file, as a report, tables and figures."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import fields
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.metrics.columns import Columns, candidates
from synpain_hf.metrics.matching import matched_scores
from synpain_hf.metrics.subgroup_auroc import InputError, Options, Report, subgroup_auroc
from synpain_hf.metrics.subgroup_auroc.inference import fewest_resamples
from synpain_hf.metrics.subgroup_auroc.options import with_options
from synpain_hf.metrics.subgroup_auroc.plots import plot_roc
from synpain_hf.metrics.subgroup_auroc.reliability import plot_reliability
from synpain_hf.metrics.subgroup_auroc.resampled import Metric
from synpain_hf.progress import Progress, silent
from synpain_hf.storage import staged
from synpain_hf.tabular.columns import read_columns
from synpain_hf.vocabulary import IDENTITY

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

MOST_CURVES, MOST_INTERVALS = 20, 100
"""Groups of an attribute in a figure; one with more of them is in the tables."""

_ROWS_DRAWN, _FEWEST_DRAWN = 10**8, 100
"""Rows in all resamples together, and resamples, for bands: these are narrow where rows are so many."""

_DOTS_PER_INCH = 200
_MOST_PIXELS = 2**15
_LONGEST_NAME = 50
_FORMULA = re.compile(r"^(?=[=+\-@\t\r])")
_NOT_IN_A_FILE_NAME = re.compile(r"[^\w.-]+")


@with_options
def evaluate(  # noqa: D417 - `with_options` adds the others
    predictions: str | Path,
    *,
    groups: str | Sequence[str] | None = None,
    label: str = "label",
    score: str = "score",
    positive: str | float | None = None,
    against_rest: bool = False,
    clusters: str | None = None,
    weights: str | None = None,
    baseline: str | None = None,
    baseline_file: str | Path | None = None,
    key: str = "pair_id",
    overlapping: str | Sequence[str] | None = None,
    depth: int = Options.depth,
    interval: str = Options.interval,
    confidence: float = Options.confidence,
    resamples: int = Options.resamples,
    seed: int = Options.seed,
    threshold: float | None = Options.threshold,
    validation: str | Path | None = None,
    threshold_rule: str = Options.threshold_rule,
    calibration: bool = Options.calibration,
    bins: int = Options.bins,
    max_fpr: float | None = Options.max_fpr,
    specificity: float | None = Options.specificity,
    metrics: Mapping[str, Metric] | None = None,
    control: str | Sequence[str] | None = None,
    min_group_size: int = Options.min_group_size,
    min_class_size: int = Options.min_class_size,
    margin: float = Options.margin,
    reference: Mapping[str, str] | None = None,
    missing: str = Options.missing,
    correction: str = Options.correction,
    out: str | Path | None = None,
    keep_formulas: bool = False,
    progress: Progress = silent,
) -> Report:
    """Measure the AUROC of predictions by group, and how far the groups lie apart.

    A group is named as it is written in the file, without white space around it; where `datasets` wrote a ClassLabel,
    by the name of its class. Null, NaN, an empty cell and the `NA` that R writes into a CSV are missing; other words,
    such as `None`, are groups like any other. Labels may be written in any capitals, numbers with a fraction of zero,
    and in a file with semicolons or tabs with decimal commas.

    Args:
        predictions: One row a prediction: CSV (or with tabs, semicolons or bars), JSON Lines or Parquet.
        groups: Names of the columns with the groups, in one text with commas or several; by default those of
            `age_group`, `gender` and `ethnicity` that are there.
        label: The column of the labels: two values.
        score: The column of the scores, higher for positive.
        positive: The label of the positive class; by default 1 beside 0 or -1, true or `pain`, or the second of
            two ClassLabels; needed for other labels.
        against_rest: Of more than two labels, take all but `positive`, which must be given, as the negative class.
        clusters: The column that says which rows depend on each other; by default `identity`, where it is there, has
            no missing value, and the same value in several rows.
        weights: The column of sample weights, above 0.
        baseline: The column of another model's scores, to compare with.
        baseline_file: Instead of a column: a file with the predictions of another model for the same rows, in any
            order, with the same columns.
        key: The column that names a row in both files.
        overlapping: Names of columns, as `groups`, that say which rows belong to groups that may overlap: true and
            false or shares of annotators, of which half is enough, or lists of names (JSON Lines, Parquet). Each group
            is reported on as its members against all other rows.
        reference: By attribute, the group that every other one is compared with; by default each is compared with the
            mean of the others.
        validation: Instead of a threshold: a file with the same columns, on which one is chosen, by `threshold_rule`.
        metrics: Any metrics by name, functions of labels, scores and weights, as in `subgroup_auroc`.
        control: Columns within whose groups the AUROC is also measured, then averaged.
        out: A folder to write, which must not exist: `report.json`, `table.md`, `table.tex`, `groups.csv`,
            `measures.csv` where more than the AUROC is measured, with `overlapping` also `overlapping.csv`, `gaps.png`
            (attributes of up to 100 groups), `roc_….png` for every attribute of up to 20 groups, of which one has an
            AUROC, and with `calibration` also `reliability_….png`.
        keep_formulas: Leave names in CSV files as they are. By default those that a spreadsheet would take for
            formulas (they begin with `=`, `+`, `-`, `@`, a tab or a carriage return) get a quote in front.
        progress: Called with what is read, where there is much, with resamples, and with figures.

    The other arguments are those of `subgroup_auroc.Options`.

    Returns:
        What `subgroup_auroc` returns.

    Raises:
        UsageError: If an argument cannot be right, or a file does not exist.
        BadInputError: If a file cannot be used; it names the lines.
        OutputError: If `out` cannot be written.
    """
    _check_alternatives(threshold=threshold, validation=validation)
    _check_alternatives(baseline=baseline, baseline_file=baseline_file)
    if against_rest and positive is None:
        raise UsageError("is not given; name the label to compare with the rest", "positive")
    with staged(Path(out).expanduser().absolute()) if out is not None else nullcontext() as staging:
        asked, asked_overlapping = ([names] if isinstance(names, str) else names for names in (groups, overlapping))
        roles = {"label": label, "score": score, "clusters": clusters, "weights": weights, "baseline": baseline}
        uses = {name: role for role, name in roles.items() if name is not None}
        strata = _names(control)
        _check_used_once(label, {"score": [score], "control": strata})
        _check_used_once(score, {"control": strata})
        wanted = {*uses, *strata, *candidates(asked), *candidates(asked_overlapping or []), IDENTITY}
        wanted |= {key} if baseline_file is not None else set()
        read = Columns(read_columns(Path(predictions).expanduser(), wanted, progress))
        read.require({**dict.fromkeys(strata, "control"), **uses})
        may_overlap = read.listed(asked_overlapping or [], "overlapping")
        if both := set(may_overlap) & {*uses, *strata, *(read.listed(asked, "groups") if asked else ())}:
            raise UsageError(f"name the column {min(both)!r}, which has another use; give it one", "overlapping")
        attributes = read.attributes(asked, {*uses, *strata, *may_overlap}, needed=not may_overlap)
        if clusters is None and IDENTITY not in {*uses, *strata, *may_overlap, *attributes} and read.repeats(IDENTITY):
            clusters = IDENTITY
        rows: dict[str, Any] = {
            "references": read.labels(label, positive, against_rest=against_rest),
            "positive": None if positive is None else 1,
            "scores": read.numbers(score, ranked=True),
            "groups": {name: read.groups(name, missing) for name in attributes},
            "clusters": None if clusters is None else read.ids(clusters),
            "sample_weight": None if weights is None else read.numbers(weights, above_zero=True),
        }
        baseline_scores = None if baseline is None else read.numbers(baseline, ranked=True)
        members = {name: read.memberships(name) for name in may_overlap}
        within = {name: read.groups(name, missing) for name in strata}
        problems, chosen_on = read.problems, None
        if validation is not None:
            held_out = Columns(read_columns(Path(validation).expanduser(), {label, score}, progress))
            chosen_on = _to_choose_on(held_out, label, score, positive, against_rest=against_rest)
            problems += held_out.problems
        if problems:
            raise BadInputError(problems)
        if baseline_file is not None:
            other = Columns(read_columns(Path(baseline_file).expanduser(), {key, label, score}, progress))
            baseline_scores = matched_scores(
                read, other, key=key, label=label, score=score, labels=np.asarray(rows["references"]),
                positive=positive, against_rest=against_rest,
            )  # fmt: skip
        how: dict[str, Any] = {
            "interval": interval, "confidence": confidence, "resamples": resamples, "seed": seed,
            "min_group_size": min_group_size, "missing": missing,
        }  # fmt: skip
        try:
            report = subgroup_auroc(
                **{**rows, "groups": {**rows["groups"], **members, **within}}, **how, attributes=attributes,
                overlapping=may_overlap, baseline_scores=baseline_scores, depth=depth, threshold=threshold,
                validation=chosen_on, threshold_rule=threshold_rule, calibration=calibration, bins=bins,
                max_fpr=max_fpr, specificity=specificity, metrics=metrics, control=strata, correction=correction,
                min_class_size=min_class_size, margin=margin, reference=reference, progress=progress,
            )  # fmt: skip
        except InputError as error:
            raise _naming_its_option(error) from error
        if staging is not None:
            if report["options"]["resamples"] is None:  # else the legend has the intervals of just these resamples
                drawn = min(resamples, max(_FEWEST_DRAWN, _ROWS_DRAWN // len(read.table)))
                how["resamples"] = max(drawn, fewest_resamples(confidence))
            frames = {"groups.csv": report.to_frame()}
            frames |= {"overlapping.csv": report.overlapping_frame()} if may_overlap else {}
            frames |= {"measures.csv": report.measures_frame()} if report["options"]["measures"] else {}
            texts = {name: _as_csv(frame, keep_formulas=keep_formulas) for name, frame in frames.items()}
            staging.complete(_write(report, texts, {**rows, **how}, staging.folder, progress))
    return report


def compare(first: str | Path, second: str | Path, **options: Any) -> Report:
    """Measure by how much one model is better than another on the same rows, overall and in every group.

    Args:
        first: The predictions of a model, as `evaluate` takes them.
        second: Those of another model for the same rows, in any order.
        options: What `evaluate` takes beside.

    Returns:
        What `evaluate` returns, with the second model as baseline.

    Raises:
        UsageError: As `evaluate`.
        BadInputError: As `evaluate`; also if the files hold other rows or other labels.
        OutputError: If `out` cannot be written.
    """
    return evaluate(first, baseline_file=second, **options)


def _naming_its_option(error: InputError) -> UsageError:
    """An error of the metric, with the option that its message begins with as an argument."""
    name, _, fault = str(error).partition(" ")
    is_option = name in {option.name for option in fields(Options)}
    return UsageError(fault, name) if is_option else UsageError(str(error))


def _to_choose_on(held_out: Columns, label: str, score: str, positive: object, *, against_rest: bool) -> dict[str, Any]:
    """The validation set, as the metric takes it."""
    held_out.require({label: "label", score: "score"})
    labels = held_out.labels(label, positive, against_rest=against_rest)
    if not np.asarray(labels).any():
        reason = "has no positive row, so it cannot choose a threshold; give another validation file"
        held_out.problems.append(Problem(held_out.table.name, reason))
    return {"references": labels, "scores": held_out.numbers(score, ranked=True)}


def _check_alternatives(**options: object) -> None:
    """Refuse two options that mean the same in different ways."""
    if all(value is not None for value in options.values()):
        raise UsageError("are both given; give one of them", *options)


def _check_used_once(column: str, others: Mapping[str, Sequence[str]]) -> None:
    """Refuse options that name the column of the labels or the scores again."""
    for option, names in others.items():
        if column in names:
            raise UsageError(f"names the column {column!r}, which serves as something else, too; name another", option)


def _names(asked: str | Sequence[str] | None) -> list[str]:
    """Names of columns, of which several may stand in one text with commas."""
    texts = [asked] if isinstance(asked, str) else asked or []
    return list(dict.fromkeys(name.strip() for text in texts for name in text.split(",")))


def _as_csv(frame: pd.DataFrame, *, keep_formulas: bool) -> str:
    """A table of a report as CSV; names that a spreadsheet would run as formulas get a quote in front."""
    if not keep_formulas:
        for column in frame.columns.intersection(["attribute", "group", "positive", "reason"]):
            frame[column] = frame[column].str.replace(_FORMULA, "'", regex=True)
    return frame.to_csv(index=False, lineterminator="\n").removesuffix("\n")


def _write(
    report: Report, tables: Mapping[str, str], drawn_from: Mapping[str, Any], folder: Path, progress: Progress
) -> Iterator[str]:
    """Write a report as data, tables and figures; yields the names of the files.

    Args:
        report: The report.
        tables: Its tables as CSV, by the names of their files.
        drawn_from: What `plot_roc` takes, but for the attribute.
        folder: Where to.
        progress: Called for every figure.
    """
    texts = {
        "report.json": json.dumps(report, indent=2),
        "table.md": report.to_markdown(),
        "table.tex": report.to_latex(),
        **tables,
    }
    for name, text in texts.items():
        (folder / name).write_text(f"{text}\n", encoding="utf-8")
        yield name
    few, many = (
        [name for name, found in report["groups"].items() if len(found) <= most]
        for most in (MOST_CURVES, MOST_INTERVALS)
    )
    pictures: dict[str, Callable[[], Axes]] = {"gaps.png": partial(report.plot_gaps, many)}
    drawn = [name for name in few if any(entry["auroc"] is not None for entry in report["groups"][name].values())]
    for stem, attribute in zip(_file_names(drawn), drawn, strict=True):
        pictures[f"roc_{stem}.png"] = partial(plot_roc, attribute=attribute, **drawn_from)
    if report["options"]["calibration"]:
        how = {name: value for name, value in drawn_from.items() if name not in ("interval", "resamples", "seed")}
        large = [name for name in few if any(e["n"] >= how["min_group_size"] for e in report["groups"][name].values())]
        for stem, attribute in zip(_file_names(large), large, strict=True):
            pictures[f"reliability_{stem}.png"] = partial(
                plot_reliability, attribute=attribute, bins=report["options"]["bins"], **how
            )
    for done, (name, draw) in enumerate(pictures.items(), 1):
        _save(draw().figure, folder / name)
        progress("figures", done, len(pictures))
        yield name


def _file_names(names: Iterable[str]) -> Iterator[str]:
    """Names of files for names of columns, different also where case does not count."""
    taken: set[str] = set()
    for name in names:
        safe = _NOT_IN_A_FILE_NAME.sub("_", name)[:_LONGEST_NAME]
        free = next(each for each in chain([safe], (f"{safe}_{n}" for n in count(2))) if each.casefold() not in taken)
        taken.add(free.casefold())
        yield free


def _save(figure: Any, path: Path) -> None:
    dots = min(_DOTS_PER_INCH, _MOST_PIXELS / max(figure.get_size_inches()))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from")  # drawn as boxes; the tables have the letters
        figure.savefig(path, dpi=dots, metadata={"Software": None})
