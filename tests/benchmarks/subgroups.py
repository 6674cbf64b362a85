"""How fast the metric is beside fairlearn, scikit-learn and DeLong over all pairs, if the values agree. Linux only.

    python -m tests.benchmarks.subgroups [--rows N] [--resamples N] [--sampled N] [--scores N] [--rounds N]
                                         [--markdown PATH]

Every contender runs on one thread in a fresh process, once on few rows and then timed. The contenders take turns, and
the median of their rounds counts. Times are the processor's, which on a quiet machine are those of the clock, and vary
less on a busy one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from itertools import combinations
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from synpain_hf.metrics.subgroup_auroc.bootstrap import draw
from synpain_hf.metrics.subgroup_auroc.compute import subgroup_auroc
from tests.benchmarks.measuring import MEBIBYTE, machine

GROUPS = {"gender": 2, "age_group": 2, "ethnicity": 5}
"""The attributes, and how many groups each has."""

GROUPINGS = [chosen for size in (1, 2) for chosen in combinations(GROUPS, size)]
"""The attributes, and all pairs of them."""

TAILS = [0.025, 0.975]
PLAIN_ROWS = 5_000
WARM_ROWS, WARM_RESAMPLES = 500, 40
AGREE = 1e-9

ROWS = {
    "ours": "`subgroup_auroc`, bootstrap, the whole report",
    "scikit-learn": "`roc_auc_score` in a loop over the same resamples",
    "fairlearn": "`MetricFrame` with `n_boot`, a frame for each attribute and pair",
    "ours DeLong": "`subgroup_auroc`, DeLong, the whole report",
    "one DeLong": "`subgroup_auroc`, AUROC, DeLong's interval, average precision",
    "one scikit-learn": "`roc_auc_score`, AUROC alone",
    "one plain": "DeLong over all pairs, in NumPy",
}
"""The contenders, and what their rows are called."""

_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_SEED = 0

Known = dict[str, tuple[float, ...]]
"""What a contender found, by group: AUROC, and where its interval starts and ends, or its variance."""


@dataclass(frozen=True)
class Data:
    """Made rows: two classes, scores that tell them apart somewhat, groups at random."""

    positive: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    groups: dict[str, npt.NDArray[np.int64]]

    @classmethod
    def made(cls, rows: int) -> Data:
        """As many rows as wanted, the same each time."""
        generator = np.random.default_rng(_SEED)
        positive = generator.integers(0, 2, rows)
        scores = positive + generator.normal(size=rows)
        return cls(positive, scores, {name: generator.integers(0, count, rows) for name, count in GROUPS.items()})

    def members(self) -> Iterator[tuple[str, npt.NDArray[np.int64]]]:
        """The name of every group of every grouping, and its rows."""
        for chosen in GROUPINGS:
            columns = np.stack([self.groups[name] for name in chosen], axis=1)
            for values in np.unique(columns, axis=0):
                yield _name(chosen, values), np.flatnonzero((columns == values).all(axis=1))


@dataclass(frozen=True)
class Run:
    """One run of a contender: processor seconds, the most memory that its process held in bytes, and what it found."""

    seconds: float
    memory: int
    known: Known


def _ours(data: Data, resamples: int) -> Known:
    return _of_report(data, interval="percentile", resamples=resamples, seed=_SEED)


def _ours_delong(data: Data, resamples: int) -> Known:
    return _of_report(data, interval="delong")


def _of_report(data: Data, **options: Any) -> Known:
    report = subgroup_auroc(references=data.positive, scores=data.scores, groups=data.groups, depth=2, **options)
    return {
        _name(entry["group"], entry["group"].values()): (entry["auroc"], *entry["interval"].values())
        for part in ("groups", "intersections")
        for of_groups in report[part].values()
        for entry in of_groups.values()
    }


def _scikit_learn(data: Data, resamples: int) -> Known:
    """Resamples as the metric draws them, each group's rows repeated as often as they were drawn."""
    from sklearn.metrics import roc_auc_score

    members = dict(data.members())
    found = {name: [roc_auc_score(data.positive[rows], data.scores[rows])] for name, rows in members.items()}
    for counts in draw(data.positive == 1, None, resamples, _SEED):
        for name, rows in members.items():
            drawn = np.repeat(rows, counts[rows])
            found[name].append(roc_auc_score(data.positive[drawn], data.scores[drawn]))
    return {name: (values[0], *(np.quantile(values[1:], TAILS) if resamples else ())) for name, values in found.items()}


def _fairlearn(data: Data, resamples: int) -> Known:
    """Resamples of its own; `overall`, differences and ratios come with every frame."""
    import pandas as pd
    from fairlearn.metrics import MetricFrame
    from sklearn.metrics import roc_auc_score

    known: Known = {}
    for chosen in GROUPINGS:
        frame = MetricFrame(
            metrics=roc_auc_score,
            y_true=data.positive,
            y_pred=data.scores,
            sensitive_features=pd.DataFrame({name: data.groups[name] for name in chosen}),
            **({"n_boot": resamples, "ci_quantiles": TAILS, "random_state": _SEED} if resamples else {}),
        )
        bounds = frame.by_group_ci if resamples else []
        for values, auroc in frame.by_group.items():
            key = values if isinstance(values, tuple) else (values,)
            known[_name(chosen, key)] = (float(auroc), *(float(bound[values]) for bound in bounds))
    return known


def _one_delong(data: Data, resamples: int) -> Known:
    found = subgroup_auroc(references=data.positive, scores=data.scores)["overall"]
    return {"all": (found["auroc"], found["standard_error"] ** 2)}


def _one_scikit_learn(data: Data, resamples: int) -> Known:
    from sklearn.metrics import roc_auc_score

    return {"all": (float(roc_auc_score(data.positive, data.scores)),)}


def _one_plain(data: Data, resamples: int) -> Known:
    """DeLong et al. 1988, equations 4 to 7, in a matrix of all pairs."""
    positives, negatives = data.scores[data.positive == 1], data.scores[data.positive == 0]
    wins = (positives[:, None] > negatives) + 0.5 * (positives[:, None] == negatives)
    variance = wins.mean(axis=1).var(ddof=1) / len(positives) + wins.mean(axis=0).var(ddof=1) / len(negatives)
    return {"all": (float(wins.mean()), float(variance))}


CONTENDERS: dict[str, Callable[[Data, int], Known]] = {
    "ours": _ours,
    "scikit-learn": _scikit_learn,
    "fairlearn": _fairlearn,
    "ours DeLong": _ours_delong,
    "one DeLong": _one_delong,
    "one scikit-learn": _one_scikit_learn,
    "one plain": _one_plain,
}


def run(name: str, rows: int, resamples: int = 0) -> Run:
    """Run a contender in a fresh process."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as processes:
        measured = processes.submit(_measured, name, rows, resamples).result()
    _tell(f"{ROWS[name]}: {rows:,} rows, {resamples:,} resamples, {measured.seconds:.3f} s")
    return measured


def _measured(name: str, rows: int, resamples: int) -> Run:
    contender, data = CONTENDERS[name], Data.made(rows)
    contender(Data.made(WARM_ROWS), min(resamples, WARM_RESAMPLES))
    start = time.process_time()
    known = contender(data, resamples)
    seconds = time.process_time() - start
    status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (peak,) = (int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
    return Run(seconds, peak, known)


@dataclass(frozen=True)
class Sampled:
    """A contender's rounds, some without resamples and some with a few of them."""

    without: Sequence[Run]
    few: Sequence[Run]
    resamples: int

    def seconds(self, wanted: int) -> float:
        """What all resamples take, if each takes as long as those that were made."""
        fixed, measured = (median(one.seconds for one in runs) for runs in (self.without, self.few))
        return fixed + (measured - fixed) / self.resamples * wanted


def bootstrap_table(rows: int, resamples: int, sampled: int, rounds: int) -> Iterator[str]:
    """Intervals of every group, as Markdown.

    Raises:
        SystemExit: If the contenders disagree.
    """
    slow: dict[str, Sampled] = {name: Sampled([], [], sampled) for name in ("scikit-learn", "fairlearn")}
    ours, delong = [], []
    for _ in range(rounds):
        ours.append(run("ours", rows, resamples))
        delong.append(run("ours DeLong", rows))
        for name, runs in slow.items():
            slow[name] = Sampled([*runs.without, run(name, rows)], [*runs.few, run(name, rows, sampled)], sampled)
    same = run("ours", rows, sampled).known
    loop, frames = (slow[name].few[0].known for name in ("scikit-learn", "fairlearn"))
    _require_agreement("scikit-learn", same, loop, columns=3)
    _require_agreement("fairlearn", same, frames, columns=1)
    seconds = median(one.seconds for one in ours)
    groups = f"{len(same)} groups of {len(GROUPINGS)} groupings"
    yield f"{rows:,} rows, {groups}, {resamples:,} resamples; median of {rounds} rounds"
    yield ""
    yield "| | processor s | times ours | ms a resample | resamples made | peak memory |"
    yield "|---|--:|--:|--:|--:|--:|"
    yield (
        f"| {ROWS['ours']} | {seconds:.2f} | 1 | {seconds / resamples * 1000:.2f} | {resamples:,} | "
        f"{_mebibytes(ours)} |"
    )
    for name, runs in slow.items():
        whole = runs.seconds(resamples)
        yield (
            f"| {ROWS[name]} | {whole:.1f} | **{whole / seconds:.0f}** | {whole / resamples * 1000:.1f} | "
            f"{sampled:,} | {_mebibytes(runs.few)} |"
        )
    exact = median(one.seconds for one in delong)
    yield f"| {ROWS['ours DeLong']} | {exact:.3f} | {exact / seconds:.2f} | | | {_mebibytes(delong)} |"
    yield ""
    yield (
        f"All AUROCs agree to {AGREE:g}, and so do the bounds of all intervals with scikit-learn's loop over the same "
        f"{sampled:,} resamples. fairlearn draws resamples of its own; its bounds are up to {_apart(same, frames):.3f} "
        "away."
    )


def delong_table(scores: int, rounds: int) -> Iterator[str]:
    """DeLong's variance of one AUROC, as Markdown.

    Raises:
        SystemExit: If the contenders disagree.
    """
    plan = [("one DeLong", scores), ("one scikit-learn", scores), ("one DeLong", PLAIN_ROWS), ("one plain", PLAIN_ROWS)]
    runs: dict[tuple[str, int], list[Run]] = {one: [] for one in plan}
    for _ in range(rounds):
        for name, rows in plan:
            runs[name, rows].append(run(name, rows))
    for name, rows, columns in (("one scikit-learn", scores, 1), ("one plain", PLAIN_ROWS, 2)):
        _require_agreement(name, runs["one DeLong", rows][0].known, runs[name, rows][0].known, columns)
    yield "| | scores | processor s | times ours | peak memory |"
    yield "|---|--:|--:|--:|--:|"
    for name, rows in plan:
        seconds, own = (median(one.seconds for one in runs[which, rows]) for which in (name, "one DeLong"))
        yield f"| {ROWS[name]} | {rows:,} | {seconds:.4g} | {seconds / own:.2g} | {_mebibytes(runs[name, rows])} |"
    yield ""
    yield f"All values agree to {AGREE:g}."


def _require_agreement(name: str, ours: Mapping[str, Sequence[float]], theirs: Known, columns: int) -> None:
    if set(ours) != set(theirs):
        raise SystemExit(f"{name} has other groups: {set(ours) ^ set(theirs)}")
    for group, values in theirs.items():
        if not np.allclose(ours[group][:columns], values[:columns], rtol=0, atol=AGREE):
            raise SystemExit(f"{name} disagrees on {group}: {values} and not {ours[group]}")


def _apart(ours: Known, theirs: Known) -> float:
    return max(abs(mine - other) for group in ours for mine, other in zip(ours[group], theirs[group], strict=True))


def _name(attributes: Iterable[str], values: Iterable[object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(attributes, values, strict=True))


def _mebibytes(runs: Sequence[Run]) -> str:
    return f"{median(one.memory for one in runs) / MEBIBYTE:.0f} MiB"


def _tell(progress: str) -> None:
    sys.stderr.write(f"{progress}\n")


def main() -> None:
    """Measure, print the tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000, help="rows of the bootstrap (10,000)")
    parser.add_argument("--resamples", type=int, default=1_000, help="resamples of the bootstrap (1,000)")
    parser.add_argument(
        "--sampled",
        type=int,
        default=40,
        help="resamples that the slow contenders make; their time is scaled up to all (40)",
    )
    parser.add_argument("--scores", type=int, default=10_000_000, help="scores of the one AUROC (10,000,000)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each contender (3)")
    parser.add_argument("--markdown", type=Path, help="a file to write the tables to")
    options = parser.parse_args()
    os.environ.update(_ONE_THREAD)
    libraries = ", ".join(f"{name} {version(name)}" for name in ("scipy", "scikit-learn", "fairlearn", "pandas"))
    report = [f"{machine()}, {libraries}; one thread", ""]
    report += bootstrap_table(options.rows, options.resamples, options.sampled, options.rounds)
    report += ["", *delong_table(options.scores, options.rounds)]
    text = "\n".join(report) + "\n"
    sys.stdout.write(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
