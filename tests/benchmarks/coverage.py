"""How often the metric's 95% intervals hold what they estimate, in simulated data.

    python -m tests.benchmarks.coverage [--replicates N] [--resamples N] [--workers N] [--seed N] [--markdown PATH]

Scores are normal in either class, so that the true AUROC is known; half of the rows are positive. A replicate has two
groups with the same AUROC, and a baseline on the same rows whose AUROC is 0.05 lower and whose scores correlate at 0.5
within a class. Where rows depend on each other, four belong to a person and correlate at 0.5.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from synpain_hf.metrics.subgroup_auroc.compute import subgroup_auroc
from tests.benchmarks.measuring import machine

BASELINE_LOWER_BY = 0.05
CORRELATION = 0.5
ROWS_OF_PERSON = 4
AT_A_TIME = 50
"""Replicates in a task."""

WANTED = (93.0, 97.0)
"""Percent; outside, a number is set in bold."""


@dataclass(frozen=True)
class Scenario:
    """How rows depend on each other.

    Attributes:
        name: What the table calls it.
        sizes: Rows of a group.
        aurocs: True AUROCs of the groups.
        persons: The kinds of person, of which there are equally many; for each of its rows the label and the group.
        methods: By name, the arguments of the metric; `clusters` says whether it is told of the persons.
    """

    name: str
    sizes: Sequence[int]
    aurocs: Sequence[float]
    persons: Sequence[Sequence[tuple[int, int]]]
    methods: Mapping[str, Mapping[str, Any]]


_EVERY = list(product((0, 1), (0, 1)))
_ALONE = {
    name: {"interval": name.lower(), "clusters": False} for name in ("DeLong", "logit", "bootstrap", "percentile")
}
_OF_PERSONS = {
    **{f"{name}, clustered": {**options, "clusters": True} for name, options in _ALONE.items()},
    "DeLong, as if independent": _ALONE["DeLong"],
}

SCENARIOS = (
    Scenario("independent rows", (30, 100, 400), (0.6, 0.75, 0.9, 0.95), [[row] for row in _EVERY], _ALONE),
    Scenario(
        "four rows a person, of one class, in one group",
        (120, 400),
        (0.75, 0.9),
        [[row] * ROWS_OF_PERSON for row in _EVERY],
        _OF_PERSONS,
    ),
    Scenario("four rows a person, one of each class in each group", (120, 400), (0.75, 0.9), [_EVERY], _OF_PERSONS),
)

QUANTITIES = ("AUROC of a group", "difference of two groups", "difference from a baseline")

Cell = tuple[int, int, float]
"""A scenario's index, the rows of a group, and the AUROC."""

Tally = Counter[tuple[str, str, str]]
"""By quantity, method and outcome (`held`, `missed` or `none`), how many intervals."""


def simulate(cell: Cell, resamples: int, seed: tuple[int, ...], replicates: int) -> Tally:
    """Some replicates of a cell."""
    scenario, generator, tally = SCENARIOS[cell[0]], np.random.default_rng(seed), Tally()
    for replicate in range(replicates):
        made = _made(scenario, cell[1], cell[2], generator)
        for method, options in scenario.methods.items():
            report = subgroup_auroc(
                references=made["labels"],
                scores=made["scores"],
                baseline_scores=made["baseline"],
                groups={"group": made["groups"]},
                interval=options["interval"],
                clusters=made["persons"] if options["clusters"] else None,
                resamples=resamples,
                seed=replicate,
            )
            for entry in report["groups"]["group"].values():
                tally[QUANTITIES[0], method, _outcome(entry["interval"], cell[2])] += 1
                compared = (entry["comparison"] or {}).get("interval")
                tally[QUANTITIES[2], method, _outcome(compared, BASELINE_LOWER_BY)] += 1
            tally[QUANTITIES[1], method, _outcome(report["gaps"]["group"]["difference_interval"], 0)] += 1
    return tally


def _made(scenario: Scenario, size: int, auroc: float, generator: np.random.Generator) -> dict[str, npt.NDArray[Any]]:
    """Rows of two groups."""
    repeats = 2 * size // sum(map(len, scenario.persons))
    kinds = [kind for kind in scenario.persons for _ in range(repeats)]
    labels, groups = np.array([row for kind in kinds for row in kind]).T
    persons = np.repeat(np.arange(len(kinds)), [len(kind) for kind in kinds])
    both = np.sqrt([CORRELATION, 1 - CORRELATION])
    # What rows of a person share, for the model and the baseline alike, and what they do not.
    shared, own = generator.normal(size=(3, len(kinds)))[:, persons], generator.normal(size=(3, len(labels)))
    noise = both @ np.stack([shared, own]).reshape(2, -1) if len(kinds) < len(labels) else own.ravel()
    common, of_model, of_baseline = noise.reshape(3, -1)
    apart = [sqrt(2) * NormalDist().inv_cdf(value) for value in (auroc, auroc - BASELINE_LOWER_BY)]
    return {
        "labels": labels,
        "groups": groups,
        "persons": persons,
        "scores": apart[0] * labels + both @ np.stack([common, of_model]),
        "baseline": apart[1] * labels + both @ np.stack([common, of_baseline]),
    }


def _outcome(interval: Mapping[str, float] | None, truth: float) -> str:
    if interval is None:
        return "none"
    return "held" if interval["low"] <= truth <= interval["high"] else "missed"


def measure(replicates: int, resamples: int, workers: int, seed: int) -> dict[Cell, Tally]:
    """Simulate all cells."""
    cells = [
        (index, size, auroc)
        for index, scenario in enumerate(SCENARIOS)
        for size, auroc in product(scenario.sizes, scenario.aurocs)
    ]
    tallies = {cell: Tally() for cell in cells}
    with ProcessPoolExecutor(workers) as processes:
        tasks = {
            processes.submit(simulate, cell, resamples, (seed, number, start), min(AT_A_TIME, replicates - start)): cell
            for number, cell in enumerate(cells)
            for start in range(0, replicates, AT_A_TIME)
        }
        for task, cell in tasks.items():
            tallies[cell] += task.result()
    return tallies


def table(tallies: Mapping[Cell, Tally], scenario: int) -> Iterator[str]:
    """Coverage in a scenario, as Markdown."""
    chosen = SCENARIOS[scenario]
    yield f"| {chosen.name} | rows a group | " + " | ".join(f"AUROC {auroc}" for auroc in chosen.aurocs) + " |"
    yield "|---|--:|" + "--:|" * len(chosen.aurocs)
    for quantity, method, size in product(QUANTITIES, chosen.methods, chosen.sizes):
        shares = [_share(tallies[scenario, size, auroc], quantity, method) for auroc in chosen.aurocs]
        yield f"| {quantity}: {method} | {size} | {' | '.join(shares)} |"


def _share(tally: Tally, quantity: str, method: str) -> str:
    held, missed, none = (tally[quantity, method, outcome] for outcome in ("held", "missed", "none"))
    percent = 100 * held / (held + missed)
    text = f"{percent:.1f}" if WANTED[0] <= percent <= WANTED[1] else f"**{percent:.1f}**"
    return f"{text} ({100 * none / (held + missed + none):.1f})" if none else text


def _explained(replicates: int, resamples: int) -> str:
    error, of_difference = (100 * sqrt(0.95 * 0.05 / (replicates * groups)) for groups in (2, 1))
    return (
        f"Percent of the 95% intervals that hold the truth; {replicates:,} replicates of two groups, {resamples:,} "
        f"resamples. Monte-Carlo standard error {error:.1f} points, {of_difference:.1f} for differences of groups. "
        f"Bold is outside {WANTED[0]:g} to {WANTED[1]:g}; in brackets, percent without an interval."
    )


def main() -> None:
    """Simulate, print the tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=1_000, help="data sets for each number (1,000)")
    parser.add_argument("--resamples", type=int, default=1_000, help="resamples of the bootstrap (1,000)")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="processes (one a core)")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation (0)")
    parser.add_argument("--markdown", type=Path, help="a file to write the tables to")
    options = parser.parse_args()
    tallies = measure(options.replicates, options.resamples, options.workers, options.seed)
    report = [machine(), _explained(options.replicates, options.resamples)]
    for scenario in range(len(SCENARIOS)):
        report += ["", *table(tallies, scenario)]
    text = "\n".join(report) + "\n"
    sys.stdout.write(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
