"""`cross_validate`: train on all folds, or without each person, and say how good that is: pooled, by fold, by group.

OUT/fold-0/ … OUT/fold-4/     each as `train` leaves it; OUT/person-000/ … where one person is left out at a time
OUT/predictions.parquet       of every pair, by the model that has not seen it
OUT/report/, OUT/README.md    what they are worth
OUT/summary.json              written last
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch
from accelerate import PartialState

from synpain_hf.configurations import EACH_PERSON
from synpain_hf.errors import UsageError
from synpain_hf.metrics.subgroup_auroc import Report
from synpain_hf.progress import Progress, silent
from synpain_hf.text.markdown import code, escaped, table
from synpain_hf.text.plurals import count
from synpain_hf.training.data.loaded import Loaded
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.several import TrainingSet
from synpain_hf.training.layout import RECORD, check_place
from synpain_hf.training.options import ALL_FOLDS, Protocol
from synpain_hf.training.report.evaluation import PREDICTIONS, figures, write_report
from synpain_hf.training.request import any_folder, check_splits, open_also, turns
from synpain_hf.training.run.folder import read_json, write_json
from synpain_hf.training.run.result import TrainingResult, read_report, with_interval
from synpain_hf.training.run.side_by_side import at_a_time, train_side_by_side, visible_devices
from synpain_hf.training.run.train import train

SUMMARY = "summary.json"
CARD = "README.md"

FEWEST = 10
"""Pairs of a class in a fold. With fewer, its AUROC has few values to take, and a mean over folds flatters."""

_TITLES = {ALL_FOLDS: "Cross-validation over five folds", EACH_PERSON: "Leaving one person out"}

_POOLED = (
    "Every pair is judged once, by the model that has not seen it. The scores are log-odds of {} models, which need "
    "not be on one scale: where these differ, the AUROC of all pairs together can be below the mean of the folds. "
    "Intervals say how much chance there is in the pairs, not how much another training would differ."
)


@dataclass(frozen=True)
class CrossValidation:
    """What came of a cross-validation.

    Attributes:
        out: Its folder.
        folds: What came of each fold.
        report: AUROC by group over the test pairs of all folds. Their scores come from several models, so that it also
            holds how these differ in scale; the mean over the folds does not.
    """

    out: Path
    folds: Sequence[TrainingResult]
    report: Report

    @classmethod
    def read(cls, out: Path) -> CrossValidation:
        """The result that a finished cross-validation left in its folder.

        Raises:
            UsageError: If it is damaged.
        """
        said = read_json(out / SUMMARY, "folds")["folds"]
        try:
            places = [out / fold["out"] for fold in said]
        except (TypeError, KeyError) as error:
            raise UsageError(
                f"{out / SUMMARY} does not name its trainings; remove the folder, and train again"
            ) from error
        return cls(out, [TrainingResult.read(place) for place in places], read_report(out))

    @property
    def mean(self) -> float | None:
        """Of the folds' test AUROC; None where a fold has none."""
        return _mean([fold.auroc for fold in self.folds])

    @property
    def standard_deviation(self) -> float | None:
        """Of the folds' test AUROC, with n - 1."""
        return _deviation([fold.auroc for fold in self.folds])

    @property
    def small_folds(self) -> list[str]:
        """The folds with fewer than ten test pairs of a class, by their configurations."""
        return [fold.config_name for fold in self.folds if fold.report and _is_small(fold.report["overall"])]

    @property
    def unaligned(self) -> int:
        """How many pairs are not judged, as no face was found to align; `unaligned.csv` of their folds names them."""
        return sum(fold.unaligned.get("test", 0) for fold in self.folds)

    def by_group(self) -> dict[str, dict[str, dict[str, float | None]]]:
        """Mean and standard deviation over the folds of every group's AUROC; None where a fold has none."""
        reports: list[Mapping[str, Any]] = [fold.report or {"groups": {}} for fold in self.folds]
        found: dict[str, dict[str, dict[str, float | None]]] = {}
        for attribute, groups in self.report["groups"].items():
            found[attribute] = {}
            for group in groups:
                values = [report["groups"].get(attribute, {}).get(group, {}).get("auroc") for report in reports]
                found[attribute][group] = {"mean": _mean(values), "standard_deviation": _deviation(values)}
        return found

    def summary(self) -> str:
        """How good it is, in a line: all pairs together, then the mean over the folds where these are large enough."""
        pooled = self.report["overall"]
        together = f"{with_interval(pooled['auroc'], pooled['interval'])}, all {pooled['n']:,} pairs together"
        if self.unaligned:
            together += f" ({count(self.unaligned, 'pair')} without a face left out)"
        small = self.small_folds
        if small:
            return (
                f"{together}; {', '.join(small)} {'has' if len(small) == 1 else 'have'} fewer than {FEWEST} test pairs "
                "of a class, too few for a mean over the folds"
            )
        return f"{together}; over {len(self.folds)} folds {self.spread()} (mean ± standard deviation)"

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON-ready fields."""
        pooled = self.report["overall"]
        return {
            "out": str(self.out),
            "pooled": {"n": pooled["n"], "auroc": pooled["auroc"], "interval": pooled["interval"]},
            "mean": self.mean,
            "standard_deviation": self.standard_deviation,
            "small_folds": self.small_folds,
            "unaligned": self.unaligned,
            "by_group": self.by_group(),
            "folds": [{**fold.to_dict(), "out": fold.out.name} for fold in self.folds],
        }

    def spread(self, attribute: str | None = None, group: str | None = None) -> str:
        """Mean and standard deviation over the folds as text; a dash where a fold has fewer than ten pairs of a class.

        Args:
            attribute: That of the group.
            group: One of its groups; None for all pairs.
        """
        entries = [_entry(fold.report, attribute, group) for fold in self.folds]
        if any(entry is None or entry["auroc"] is None or _is_small(entry) for entry in entries):
            return "–"
        values = [entry["auroc"] for entry in entries if entry is not None]
        return f"{fmean(values):.3f} ± {stdev(values):.3f}"


def cross_validate(
    dataset: str | Path,
    *,
    also: Sequence[str | Path | Loaded | TrainingSet] = (),
    out: str | Path,
    protocol: Protocol = "cv",
    jobs: int | None = None,
    keep_finished: bool = False,
    progress: Progress = silent,
    **options: Any,
) -> CrossValidation:
    """Train and test on each of `cv_0` to `cv_4`, or leave out each person in turn, and sum up.

    The same call continues a cross-validation that was interrupted; finished folds are not trained again.

    Args:
        dataset: What `train` takes, by path, by name or from the Hub.
        also: What `train` takes: in every fold these are trained on whole, but for persons that the fold judges.
        out: The folder to write; it must not exist, unless the same cross-validation was interrupted there.
        protocol: `cv`, the five folds, or `loso`, which leaves one person out at a time, of at most 200.
        jobs: Folds that are trained at a time, each in a process of its own, and where there are GPUs each on its own;
            None for as many as there are GPUs, and one where there are none. In a script, call this under
            `if __name__ == "__main__":` then.
        keep_finished: Return the result where the same cross-validation is finished, instead of refusing the folder.
        progress: Called for preparation, steps and figures.
        options: Of `train`, but for `config_name`.

    Returns:
        What came of it.

    Raises:
        SynpainError: What `train` raises.
    """
    if not isinstance(dataset, (str, Path)):
        raise UsageError("loaded splits are a single fold; give a release's folder, its name, or its id on the Hub")
    folder = Path(out).expanduser().absolute()
    devices = visible_devices(torch.cuda.device_count())
    at_once = at_a_time(jobs, devices)
    trainings = turns(str(dataset), protocol, options.get("revision"))
    _check_folder(folder, protocol, keep_finished)
    asked = [one if isinstance(one, TrainingSet) else TrainingSet(one) for one in also]
    for config_name in trainings if protocol == ALL_FOLDS else list(trainings)[:1]:  # a fold may have no pairs
        pairs = open_pairs(dataset, config_name, revision=options.get("revision"))
        check_splits(pairs, config_name, chooses=options.get("eval_strategy") != "no")
        open_also(pairs, asked)
    of_each: dict[str, dict[str, Any]] = {
        place: {"dataset": dataset, "out": folder / place, "also": asked, "config_name": name, "keep_finished": True}
        for name, place in trainings.items()
    }
    if at_once > 1:
        told = {name: value for name, value in options.items() if name != "warn"}  # which another process cannot call
        folds = train_side_by_side([(place, {**one, **told}) for place, one in of_each.items()], at_once, devices)
    else:
        folds = [train(**one, progress=_told(progress, place), **options) for place, one in of_each.items()]
    process = PartialState()
    if process.is_main_process:
        tested = [pq.read_table(fold.out / PREDICTIONS) for fold in folds if "test" in fold.splits]
        if not tested:
            raise UsageError("no fold has a pair left to test, as no face was found to align; do not align")
        pooled = pa.concat_tables(tested, promote_options="default")
        summed = CrossValidation(folder, folds, write_report(folder, pooled, progress=progress))
        (folder / CARD).write_text(_card(summed, protocol), encoding="utf-8")
        write_json(folder / SUMMARY, summed.to_dict())
    process.wait_for_everyone()
    return CrossValidation.read(folder)


def _told(progress: Progress, place: str) -> Progress:
    """Progress that names the fold."""
    return progress if progress is silent else partial(_of_fold, progress, place.replace("-", " "))


def _of_fold(progress: Progress, fold: str, what: str, done: int, total: int) -> None:
    progress(f"{fold}: {what}", done, total)


def _check_folder(out: Path, protocol: str, keep_finished: bool) -> None:
    if (out / SUMMARY).is_file() and not keep_finished:
        raise UsageError(f"{out} holds a finished cross-validation; remove it, or give another place")
    check_place(out, any_folder(protocol))
    out.mkdir(exist_ok=True)


def _card(result: CrossValidation, protocol: str) -> str:
    """What stands in `README.md`."""
    data = read_json(result.folds[0].out / RECORD, "data")["data"]
    small = set(result.small_folds)
    rows = [
        (
            code(fold.config_name),
            f"{fold.splits.get('test', 0):,}" + ", too few" * (fold.config_name in small),
            _number(fold.auroc),
            _number(fold.validation_auroc),
            f"{fold.epochs:.3g}",
            f"{fold.seconds:,.0f}",
        )
        for fold in result.folds
    ]
    groups = [
        (attribute, group, result.spread(attribute, group))
        for attribute, of_groups in result.report["groups"].items()
        for group in of_groups
    ]
    parts = [
        f"# {_TITLES[protocol]}",
        f"{escaped(data['title'])}, content {code(data['content'])}.",
        *_beside(result),
        f"T{result.summary()[1:]}.",
        table(("fold", "test pairs", "test AUROC", "validation AUROC", "epochs", "seconds"), rows, 1),
        "## By group, all folds together",
        _POOLED.format("five" if protocol == ALL_FOLDS else f"{len(result.folds):,}"),
        result.report.to_markdown(),
        "## By group, mean ± standard deviation over the folds",
        table(("attribute", "group", "AUROC"), groups, 2),
        f"–: in some fold the group has fewer than {FEWEST} test pairs of a class.",
        *(f"![{Path(place).stem}]({place})" for place in figures(result.out)),
    ]
    return "\n\n".join(parts) + "\n"


def _beside(result: CrossValidation) -> Iterator[str]:
    """What was trained on beside the data set, in every fold."""
    for number, one in enumerate(result.folds[0].also):
        used = [fold.also[number]["splits"]["train"] for fold in result.folds]
        least, most = min(used), max(used)
        pairs = f"{most:,}" if least == most else f"{least:,} to {most:,}"
        yield (
            f"Each fold was also trained on {escaped(one['title'])}, content {code(one['content'])}: {pairs} pairs, "
            f"each drawn {one['weight']:g} times an epoch; persons that the fold judges are left out."
        )


def _mean(values: Sequence[float | None]) -> float | None:
    known = list(_known(values))
    return fmean(known) if len(known) == len(values) else None


def _deviation(values: Sequence[float | None]) -> float | None:
    known = list(_known(values))
    return stdev(known) if len(known) == len(values) > 1 else None


def _known(values: Sequence[float | None]) -> Iterator[float]:
    return (value for value in values if value is not None)


def _entry(report: Report | None, attribute: str | None, group: str | None) -> Mapping[str, Any] | None:
    """What a report says of a group, or of all pairs."""
    if report is None or attribute is None:
        return None if report is None else report["overall"]
    entry: Mapping[str, Any] | None = report["groups"].get(attribute, {}).get(group)
    return entry


def _is_small(entry: Mapping[str, Any]) -> bool:
    """Whether it has fewer than ten pairs of a class."""
    return bool(min(entry["positives"], entry["negatives"]) < FEWEST)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
