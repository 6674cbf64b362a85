"""How often 95% intervals of the metric hold what they estimate, and its test finds a gap where none is.

    python -m tests.benchmarks.coverage [--part PART] [--replicates N] [--resamples N] [--workers N] [--seed N]
        [--markdown PATH]

Data are simulated: scores are normal in either class, so that the true AUROC is known. For the intervals half of the
rows are positive, and a replicate has two groups with the same AUROC, and a baseline on the same rows whose AUROC is
0.05 lower and whose scores correlate at 0.5 within a class. For the test all groups have the same AUROC. Where rows
depend on each other, those of a person correlate at 0.5.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import product
from math import sqrt
from pathlib import Path
from statistics import NormalDist
from typing import Any, TypeVar

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

People = tuple[Sequence[Sequence[int]], ...]
"""By group, by person, the labels of the person's rows."""


def _rows(positives: int, negatives: int) -> Sequence[Sequence[int]]:
    """A group of independent rows."""
    return [(1,)] * positives + [(0,)] * negatives


@dataclass(frozen=True)
class Equal:
    """Groups of the same AUROC.

    Attributes:
        name: What the table calls it.
        people: The rows of every group.
        everywhere: Whether the people of a group are those of every group.
    """

    name: str
    people: People
    everywhere: bool = False


EQUAL = (
    Equal("8 groups of 20 rows", (_rows(10, 10),) * 8),
    Equal("8 of 40 rows, 6 of them positive", (_rows(6, 34),) * 8),
    Equal("12 of 20 rows and one of 400", (_rows(10, 10),) * 12 + (_rows(200, 200),)),
    Equal("4 of 40 rows", (_rows(20, 20),) * 4),
    Equal("8 of 100 rows", (_rows(50, 50),) * 8),
    Equal("2 of 1,000 rows", (_rows(500, 500),) * 2),
    *(
        Equal(f"{groups} of {people} persons, 4 rows each", ([(0, 0, 1, 1)] * people,) * groups)
        for groups, people in product((2, 8), (5, 10, 20))
    ),
    Equal("2 of 10 persons, 2 to 16 rows each", ([(0, 1) * (1 + person % 4 * 7 // 3) for person in range(10)],) * 2),
    Equal("4 visits of the same 20 persons, 2 rows a visit", ([(0, 1)] * 20,) * 4, everywhere=True),
)
EQUAL_AT = (0.6, 0.75, 0.9)
LEVEL = 0.05
FOUND = "p below 0.05"

Cell = tuple[int, int, float]
"""A scenario's index, the rows of a group, and the AUROC."""

EqualCell = tuple[int, float]
"""An index into `EQUAL`, and the AUROC."""

AnyCell = TypeVar("AnyCell", Cell, EqualCell)

Tally = Counter[tuple[str, str, str]]
"""By quantity, method and outcome (`held` or `found`, `missed`, or `none`), how many intervals or tests."""


def simulate(cell: Cell, seed: tuple[int, ...], replicates: int, resamples: int) -> Tally:
    """Some replicates of two groups and a baseline."""
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


def simulate_equal(cell: EqualCell, seed: tuple[int, ...], replicates: int) -> Tally:
    """Some replicates of equal groups."""
    design, auroc = EQUAL[cell[0]], cell[1]
    generator, tally = np.random.default_rng(seed), Tally()
    groups, people, labels = np.array(
        [
            (group, number if design.everywhere else group * len(persons) + number, label)
            for group, persons in enumerate(design.people)
            for number, person in enumerate(persons)
            for label in person
        ]
    ).T
    clustered = design.everywhere or any(len(person) > 1 for persons in design.people for person in persons)
    both = np.sqrt([CORRELATION, 1 - CORRELATION] if clustered else [0, 1])
    for _ in range(replicates):
        shared, own = generator.normal(size=people.max() + 1)[people], generator.normal(size=len(labels))
        scores = sqrt(2) * NormalDist().inv_cdf(auroc) * labels + both @ np.stack([shared, own])
        report = subgroup_auroc(
            references=labels, scores=scores, groups={"group": groups}, clusters=people if clustered else None
        )
        test = report["gaps"]["group"]["test"]
        tally[FOUND, "", "none" if test is None else "found" if test["p_value"] < LEVEL else "missed"] += 1
        for entry in report["groups"]["group"].values():
            tally[QUANTITIES[0], "", _outcome(entry["interval"], auroc)] += 1
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


def measure(
    simulated: Callable[[AnyCell, tuple[int, ...], int], Tally],
    cells: Iterable[AnyCell],
    replicates: int,
    workers: int,
    seed: int,
) -> dict[AnyCell, Tally]:
    """Simulate all cells."""
    tallies = {cell: Tally() for cell in cells}
    with ProcessPoolExecutor(workers) as processes:
        tasks = {
            processes.submit(simulated, cell, (seed, number, start), min(AT_A_TIME, replicates - start)): cell
            for number, cell in enumerate(tallies)
            for start in range(0, replicates, AT_A_TIME)
        }
        for task, cell in tasks.items():
            tallies[cell] += task.result()
    return tallies


def equal_table(tallies: Mapping[EqualCell, Tally]) -> Iterator[str]:
    """How often the test found a gap, and the intervals of groups held their AUROC, as Markdown."""
    at = [f"AUROC {auroc}" for auroc in EQUAL_AT]
    yield f"| equal groups | a gap is found: {' | '.join(at)} | intervals hold: {' | '.join(at)} |"
    yield "|---|" + "--:|" * (2 * len(at))
    for index, design in enumerate(EQUAL):
        of_design = [tallies[index, auroc] for auroc in EQUAL_AT]
        counts = [[tally[FOUND, "", outcome] for outcome in ("found", "missed")] for tally in of_design]
        found = [f"{100 * gaps / (gaps + none):.1f}" for gaps, none in counts]
        held = [_share(tally, QUANTITIES[0], "") for tally in of_design]
        yield f"| {design.name} | {' | '.join([*found, *held])} |"


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
    parser.add_argument("--part", choices=["intervals", "test"], help="only that (both)")
    parser.add_argument("--replicates", type=int, default=1_000, help="data sets for each number (1,000)")
    parser.add_argument("--resamples", type=int, default=1_000, help="resamples of the bootstrap (1,000)")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="processes (one a core)")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation (0)")
    parser.add_argument("--markdown", type=Path, help="a file to write the tables to")
    options = parser.parse_args()
    report, asked = [machine()], (options.replicates, options.workers, options.seed)
    if options.part != "test":
        cells = [
            (index, size, auroc)
            for index, scenario in enumerate(SCENARIOS)
            for size, auroc in product(scenario.sizes, scenario.aurocs)
        ]
        tallies = measure(partial(simulate, resamples=options.resamples), cells, *asked)
        report += ["", _explained(options.replicates, options.resamples)]
        for number in range(len(SCENARIOS)):
            report += ["", *table(tallies, number)]
    if options.part != "intervals":
        report += ["", f"Percent of {options.replicates:,} replicates with p below {LEVEL}, and of intervals.", ""]
        report += equal_table(measure(simulate_equal, product(range(len(EQUAL)), EQUAL_AT), *asked))
    text = "\n".join(report) + "\n"
    sys.stdout.write(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
