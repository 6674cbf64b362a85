"""Doing what a plan has left to do: each model is trained once, and judges what it has not learned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from functools import partial
from multiprocessing import current_process
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from synpain_hf.executor import Executor
from synpain_hf.experiments.planning import Plan, Task
from synpain_hf.experiments.request import Engine, Request
from synpain_hf.experiments.runs import Run, Store, Training
from synpain_hf.progress import Progress, silent
from synpain_hf.storage import locked, replacing_file, report_write_errors
from synpain_hf.training.data.several import TrainingSet
from synpain_hf.training.run.judging import predict
from synpain_hf.training.run.side_by_side import settle, visible_devices
from synpain_hf.training.run.train import train


def devices() -> list[str]:
    """The GPUs that this process may use."""
    return visible_devices(torch.cuda.device_count())


def work_off(
    plan: Plan, store: Store, request: Request, *, jobs: int, engine: Engine = "processes", progress: Progress = silent
) -> None:
    """Do what is left of a plan.

    Args:
        plan: The plan.
        store: Where runs are kept.
        request: What is asked for.
        jobs: Models at a time, each in a process of its own, and where there are GPUs on one of them.
        engine: What runs them; `ray` on processors alone.
        progress: Called after every model and, of one at a time, for its steps.

    Raises:
        SynpainError: What `train` and `predict` raise.
    """
    tasks, everything = plan.pending(store), len(plan.tasks())
    done = everything - len(tasks)
    if done:
        progress("models", done, everything)
    jobs = max(1, min(jobs, len(tasks)))
    told = progress if jobs == 1 and engine == "processes" else silent
    gpus = devices() if engine == "processes" else ()
    work: Callable[[Task], None] = partial(_work, store, request, jobs, gpus, told)
    for number, _ in enumerate(Executor(jobs, engine).run(work, tasks), done + 1):
        progress("models", number, everything)


def take_share(jobs: int, gpus: Sequence[str]) -> None:
    """Give this worker a GPU, or its share of the processor, before it computes.

    Args:
        jobs: How many workers there are; alone, it is this process, and may use everything.
        gpus: The GPUs, by the names that CUDA_VISIBLE_DEVICES has for them.
    """
    if jobs > 1:
        # Python counts workers in their names: SpawnProcess-3, or ForkServerPoolWorker-1:3
        number = int(current_process().name.rpartition("-")[2].rpartition(":")[2]) if gpus else 0
        settle(number, jobs, gpus)


def _work(store: Store, request: Request, jobs: int, gpus: Sequence[str], progress: Progress, task: Task) -> None:
    """Train a model, unless that is done, and have it judge."""
    take_share(jobs, gpus)
    model: str | Path
    if task.training is None:
        model = task.runs[0].model
    else:
        model = store.model(task.training)
        _train(task.training, model, request, progress)
    for run in task.runs:
        _judge(run, str(model), store.judged(run), request, progress)


def _train(training: Training, out: Path, request: Request, progress: Progress) -> None:
    with report_write_errors(out.parent, "make room, or give another place with --runs"):
        out.parent.mkdir(parents=True, exist_ok=True)
        waiting = partial(progress, "wait for another experiment that trains the same")
        with locked(out.with_name(f".{out.name}.lock"), waiting=waiting), _told_to(out.with_suffix(".log")):
            train(
                training.pairs,
                out=out,
                also=[TrainingSet(one.pairs, "all", weight=one.weight) for one in training.also],
                model=training.model,
                cache_dir=request.cache_dir,
                keep_finished=True,
                progress=progress,
                disable_tqdm=True,
                **training.options,
            )


@contextmanager
def _told_to(log: Path) -> Iterator[None]:
    """Have a file get what a training tells, epoch by epoch."""
    with log.open("a", encoding="utf-8") as file, redirect_stderr(file):
        yield


def _judge(run: Run, model: str, place: Path, request: Request, progress: Progress) -> None:
    """Judge the pairs of a run.

    That nobody among them was learned from is known: a run is bound to its pairs by checking that. Of a model that is
    given, `predict` checks it.
    """
    options: dict[str, Any] = {
        "cache_dir": request.cache_dir,
        "even_learned": run.training is not None,
        "unaligned": run.unaligned,
        "warn": lambda _: None,  # the report says how many pairs are left out
    }
    found = [
        predict(model, pairs, split=split, progress=progress, **options)
        for pairs in run.judged
        for split in pairs.splits
    ]
    with report_write_errors(place, "make room, or give another place with --runs"):
        place.parent.mkdir(parents=True, exist_ok=True)
        with replacing_file(place) as partial_file:
            pq.write_table(pa.concat_tables(found, promote_options="default"), partial_file)
