"""`experiment`: from a definition and data sets to predictions of every run, and their report.

OUT/predictions.parquet        one row a tested pair and trained model
OUT/experiment.json            what was trained on what, and which tables show it
OUT/report.html, tables/ …     the report
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.errors import UsageError
from synpain_hf.experiments.definition import MAIN, SYNTHETIC, Definition, read_definition
from synpain_hf.experiments.planning import Plan, plan_runs
from synpain_hf.experiments.predictions import tidy
from synpain_hf.experiments.record import RECORD, record_of
from synpain_hf.experiments.report.write import PAGE, write_report
from synpain_hf.experiments.request import Engine, Request
from synpain_hf.experiments.runs import Store
from synpain_hf.experiments.sets import open_sets
from synpain_hf.experiments.working import devices, work_off
from synpain_hf.progress import Progress, silent
from synpain_hf.storage import replacing_file, report_write_errors, write_atomically
from synpain_hf.text.plurals import count
from synpain_hf.training.data.loaded import Loaded
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.layout import check_place
from synpain_hf.training.options import ModelArguments, finished
from synpain_hf.training.run.side_by_side import at_a_time

PREDICTIONS = "predictions.parquet"


@dataclass(frozen=True)
class Experiment:
    """A finished experiment.

    Attributes:
        out: Its folder.
        record: What `experiment.json` says.
    """

    out: Path
    record: Mapping[str, Any]

    def summary(self) -> str:
        """What was done, in a line."""
        runs = self.record["runs"]
        return f"{count(runs['count'], 'run')} of {count(runs['trained'], 'trained model')}; {PAGE} shows them"

    @property
    def predictions(self) -> pa.Table:
        """All predictions, one row a tested pair and trained model."""
        return pq.read_table(self.out / PREDICTIONS)


def experiment(
    name: str | Path,
    data: str | Path | Loaded | Pairs | None = None,
    *,
    out: str | Path | None = None,
    synthetic: str | Path | Loaded | Pairs | None = None,
    pairs: int | None = None,
    model: str | ModelArguments = "pwct",
    seeds: Sequence[int] = (),
    runs: str | Path | None = None,
    jobs: int | None = None,
    engine: Engine = "processes",
    augmentation: bool = True,
    cache_dir: str | Path | None = None,
    progress: Progress = silent,
    **arguments: Any,
) -> Experiment:
    """Run an experiment, and report it.

    Models that are trained already, for this experiment or another, are taken as they are. The same call goes on with
    an experiment that was interrupted.

    Args:
        name: An experiment that comes with this package, such as `cross-validation`, or a `.yaml` file of one's own.
        data: The pairs, as `train` takes them; those with folds.
        out: The folder to write; None for one of the experiment's name here. A report of this experiment that is there
            is replaced.
        synthetic: The pairs that are added in training, where the experiment adds some.
        pairs: How many demo faces are drawn for each set, where the experiment draws some.
        model: What `ModelArguments.model` takes, or all of these; the finished model, where none is trained.
        seeds: A training for each; none for those of the experiment.
        runs: Where models and what they say are kept; None for `HF_HOME/synpain-hf/runs`.
        jobs: Models at a time; None for one a GPU, or one where there is none.
        engine: What runs several at a time.
        augmentation: Whether pairs are changed at random in training.
        cache_dir: Where prepared faces are kept; None for `HF_HOME/synpain-hf/faces`.
        progress: Called for every step.
        arguments: Of `PairwiseTrainingArguments`, such as `num_train_epochs=5`.

    Returns:
        What came of it.

    Raises:
        UsageError: If an argument cannot be right, or the pairs allow no run.
        BadInputError: If the definition is not right, or a person is on both sides of a split.
        SynpainError: What `train`, `predict` and `open_pairs` raise.
        OutputError: If `out` cannot be written.
    """
    asked = Asked.of(name, data, synthetic, pairs, model, seeds, runs, augmentation, cache_dir, arguments)
    folder = Path(out if out is not None else asked.definition.name).expanduser().absolute()
    check_place(folder, RECORD)
    at_once = at_a_time(jobs, devices())
    plan = asked.plan(progress)
    work_off(plan, asked.store, asked.request, jobs=at_once, engine=engine, progress=progress)
    record = record_of(plan, asked.store, asked.request)
    with report_write_errors(folder):
        folder.mkdir(exist_ok=True)
        write_atomically(folder / RECORD, json.dumps(record, indent=2) + "\n")  # first: it says whose folder this is
        with replacing_file(folder / PREDICTIONS) as partial:
            pq.write_table(tidy(plan, asked.store, record["model"]), partial)
    write_report(folder)
    return Experiment(folder, record)


@dataclass(frozen=True)
class Asked:
    """What is asked for, checked as far as that goes without opening pairs.

    Attributes:
        definition: The experiment.
        given: The data sets that are given, by role.
        pairs: How many demo faces each set that is drawn has; None for as many as the definition says.
        seeds: The seeds.
        request: The model and its options.
        store: Where runs are kept.
    """

    definition: Definition
    given: Mapping[str, str | Path | Loaded | Pairs | None]
    pairs: int | None
    seeds: Sequence[int]
    request: Request
    store: Store

    @classmethod
    def of(
        cls,
        name: str | Path,
        data: str | Path | Loaded | Pairs | None,
        synthetic: str | Path | Loaded | Pairs | None,
        pairs: int | None,
        model: str | ModelArguments,
        seeds: Sequence[int],
        runs: str | Path | None,
        augmentation: bool,
        cache_dir: str | Path | None,
        arguments: Mapping[str, Any],
    ) -> Asked:
        """What `experiment` is called with.

        Raises:
            UsageError: If an argument cannot be right.
            BadInputError: If the definition is not right.
        """
        definition = read_definition(name)
        chosen = ModelArguments(model=model) if isinstance(model, str) else model
        if chosen.mean_face is not None:
            raise UsageError(
                "is not for experiments, which would have to keep its file with their runs; leave it out", "mean_face"
            )
        if definition.turns == "none":
            chosen = replace(chosen, model=finished(chosen.model))
        if definition.turns != "none" or not Path(chosen.model).expanduser().is_file():
            chosen.check_source()  # a finished model may also be the file of a published one
        if len(set(seeds)) < len(seeds):
            raise UsageError(f"are {', '.join(map(str, seeds))}; give each once", "seeds")
        return cls(
            definition,
            {MAIN: data, SYNTHETIC: synthetic},
            pairs,
            seeds or definition.seeds,
            Request(chosen, arguments, augmentation, cache_dir),
            Store(default_store() if runs is None else Path(runs).expanduser().absolute()),
        )

    def plan(self, progress: Progress = silent) -> Plan:
        """The runs.

        Raises:
            SynpainError: What `open_sets` and `plan_runs` raise.
        """
        sets = open_sets(self.definition, self.given, self.store.drawn, pairs=self.pairs, progress=progress)
        return plan_runs(self.definition, sets, self.seeds, self.request, progress)


def default_store() -> Path:
    """Where runs are kept where no place is given."""
    from datasets import config

    return Path(config.HF_CACHE_HOME).expanduser() / "synpain-hf" / "runs"
