"""How often 95% intervals of the metric hold what they estimate, and how often its test finds a gap.

    python -m tests.benchmarks.coverage [--part PART …] [--replicates N] [--workers N] [--seed N] [--markdown PATH]

Data are simulated: scores are normal in either class, so that the true AUROC is known. The positive class spreads as
much as the negative one, half or twice as much; ties come from rounding to halves of the negative class's standard
deviation. Rows of one person correlate at 0.5. A call of the metric's own functions serves many replicates, each as
groups of one attribute.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from math import sqrt
from pathlib import Path
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from synpain_hf.metrics.subgroup_auroc import Options
from synpain_hf.metrics.subgroup_auroc.estimates import Estimates, estimate
from synpain_hf.metrics.subgroup_auroc.gaps import Test
from synpain_hf.metrics.subgroup_auroc.inputs import Attribute, Rows
from tests.benchmarks.measuring import machine

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CORRELATION = 0.5
AT_A_TIME = 100
"""Replicates in a task."""

LEVEL = 0.05
HELD = (93.0, 97.0)
FOUND = (2.0, 6.5)
"""Percent; outside, a number is set in bold."""

METHODS = ("score", "delong", "logit")
AUROCS = (0.6, 0.75, 0.9, 0.97)
SPREADS = (1.0, 0.5, 2.0)
POSITIVES, NEGATIVES = (5, 10, 20, 50, 200), (50, 500, 2000)
RARE = ((3, 100, 0.75), (10, 500, 0.9), (10, 500, 0.97), (50, 2000, 0.97), (500, 10, 0.9))

Person = tuple[int, ...]
"""The labels of a person's rows."""


@dataclass(frozen=True)
class Group:
    """A simulated group.

    Attributes:
        persons: The people; a row without others of its person is a person, too.
        auroc: The true one, where scores are not rounded.
        spread: Standard deviation of the positive class, over that of the negative one.
        ties: Whether scores are rounded.
    """

    persons: tuple[Person, ...]
    auroc: float
    spread: float = 1.0
    ties: bool = False

    @property
    def truth(self) -> float:
        """The true AUROC."""
        if not self.ties:
            return self.auroc
        normal, steps = NormalDist(), np.arange(-60, 61) / 2
        edges = np.append(steps - 0.25, steps[-1] + 0.25)
        shares = [
            np.diff([normal.cdf((edge - centre) / spread) for edge in edges])
            for centre, spread in ((self._apart, self.spread), (0.0, 1.0))
        ]
        return float(shares[0] @ (np.cumsum(shares[1]) - shares[1] / 2))

    @property
    def _apart(self) -> float:
        return sqrt(1 + self.spread**2) * NormalDist().inv_cdf(self.auroc)

    def draw(self, replicates: int, generator: np.random.Generator) -> tuple[Floats, Integers, Integers]:
        """Scores, shape (replicates, rows), and of each row the label and the person."""
        labels = np.array([label for person in self.persons for label in person])
        persons = np.repeat(np.arange(len(self.persons)), [len(person) for person in self.persons])
        noise = generator.normal(size=(replicates, len(labels)))
        if len(labels) > len(self.persons):
            common = generator.normal(size=(replicates, len(self.persons)))[:, persons]
            noise = sqrt(CORRELATION) * common + sqrt(1 - CORRELATION) * noise
        scores = np.where(labels == 1, self.spread * noise + self._apart, noise)
        return np.round(2 * scores) / 2 if self.ties else scores, labels, persons


def rows(positives: int, negatives: int) -> tuple[Person, ...]:
    """People with a row each."""
    return ((1,),) * positives + ((0,),) * negatives


CLUSTERED = {
    "10 positive persons of 200, 4 rows each": ((1,) * 4,) * 10 + ((0,) * 4,) * 190,
    "5 positive persons of 100, 4 rows each": ((1,) * 4,) * 5 + ((0,) * 4,) * 95,
    "50 positive persons of 1,000, 3 rows each": ((1,) * 3,) * 50 + ((0,) * 3,) * 950,
    "10 positive persons of 200, 1 to 8 rows each": tuple((int(n < 10),) * (1 + n % 8) for n in range(200)),
    "8 persons, 2 rows of each class": ((0, 0, 1, 1),) * 8,
    "20 persons, 2 rows of each class": ((0, 0, 1, 1),) * 20,
    "10 persons, 1 to 8 rows of each class": tuple((0, 1) * (1 + n % 4 * 7 // 3) for n in range(10)),
}

Sizes = tuple[tuple[int, int], ...]
EQUAL: dict[str, Sizes] = {
    "200 + 1,800 and 10 + 90": ((200, 1800), (10, 90)),
    "1,000 + 1,000 and 5 + 55": ((1000, 1000), (5, 55)),
    "200 + 1,800 and 20 + 280": ((200, 1800), (20, 280)),
    "200 + 1,800 and 25 + 975": ((200, 1800), (25, 975)),
    "400 + 3,600 and 10 + 90": ((400, 3600), (10, 90)),
    "400 + 40 and 10 + 400": ((400, 40), (10, 400)),
    "20 + 20, twice": ((20, 20),) * 2,
    "500 + 500, 4 times, and 30 + 30": ((500, 500),) * 4 + ((30, 30),),
    "200 + 1,800, twice, and 20 + 180, 3 times": ((200, 1800),) * 2 + ((20, 180),) * 3,
    "400 + 400 and 10 + 400, 5 times": ((400, 400),) + ((10, 400),) * 5,
    "50 + 50, 8 times": ((50, 50),) * 8,
    "20 + 20, 12 times": ((20, 20),) * 12,
    "200 + 1,800 and 10 + 90, 11 times": ((200, 1800),) + ((10, 90),) * 11,
}
UNEQUAL: dict[str, tuple[tuple[int, int, float], ...]] = {
    "30 + 30 at 0.65, four of 500 + 500 at 0.8": ((30, 30, 0.65),) + ((500, 500, 0.8),) * 4,
    "20 + 180 at 0.7, 200 + 1,800 at 0.85": ((20, 180, 0.7), (200, 1800, 0.85)),
    "10 + 90 at 0.7, 200 + 1,800 at 0.9": ((10, 90, 0.7), (200, 1800, 0.9)),
    "25 + 975 at 0.9, 200 + 1,800 at 0.97": ((25, 975, 0.9), (200, 1800, 0.97)),
    "50 + 50 at 0.7, three at 0.85": ((50, 50, 0.7),) + ((50, 50, 0.85),) * 3,
    "50 + 50 at 0.65, eleven at 0.8": ((50, 50, 0.65),) + ((50, 50, 0.8),) * 11,
    "400 + 400 at 0.72, eight of 30 + 30 at 0.8": ((400, 400, 0.72),) + ((30, 30, 0.8),) * 8,
}


def simulate(groups: Sequence[Group], replicates: int, method: str, seed: Sequence[int]) -> Floats:
    """Of each replicate whether the groups' intervals hold, then whether the test finds a gap; NaN for no interval.

    Returns:
        Shape (replicates, groups + 1).
    """
    generator = np.random.default_rng(seed)
    scores, labels, codes, persons = [], [], [], []
    for index, group in enumerate(groups):
        drawn, of_row, person = group.draw(replicates, generator)
        number = np.arange(replicates)[:, None] * len(groups) + index
        scores.append(drawn.ravel())
        labels.append(np.tile(of_row, replicates))
        codes.append(np.repeat(number, len(of_row), axis=1).ravel())
        persons.append((number * 10_000 + person).ravel())
    alone = all(len(person) == 1 for group in groups for person in group.persons)
    made = Rows(
        np.concatenate(labels) == 1,
        np.concatenate(scores),
        [],
        clusters=None if alone else np.unique(np.concatenate(persons), return_inverse=True)[1],
    )
    count = replicates * len(groups)
    attribute = Attribute("group", [{"group": str(code)} for code in range(count)], np.concatenate(codes))
    (found,) = estimate(made, [attribute], Options(interval=method))  # type: ignore[arg-type]
    truths = np.tile([group.truth for group in groups], replicates)
    low, high = found.uncertainty.low, found.uncertainty.high
    held = np.where(np.isnan(low), np.nan, (low <= truths) & (truths <= high)).reshape(replicates, len(groups))
    return np.column_stack([held, [_finds(found, first, len(groups)) for first in range(0, count, len(groups))]])


def _finds(found: Estimates, first: int, groups: int) -> float:
    known = first + np.flatnonzero(np.isfinite(found.uncertainty.low[first : first + groups]))
    test = Test(found, known).result() if len(known) > 1 else None
    return float("nan") if test is None else float(test.p_value < LEVEL)


Task = tuple[tuple[Group, ...], str]


def measure(tasks: Sequence[Task], replicates: int, workers: int, seed: int) -> dict[Task, Floats]:
    """Percent of replicates in which each group's interval holds, and the test finds a gap, where there are such."""
    with ProcessPoolExecutor(workers) as processes:
        parts = {
            task: [
                processes.submit(simulate, task[0], min(AT_A_TIME, replicates - start), task[1], (seed, number, start))
                for start in range(0, replicates, AT_A_TIME)
            ]
            for number, task in enumerate(tasks)
        }
        return {
            task: 100 * np.nanmean(np.concatenate([part.result() for part in of_task]), axis=0)
            for task, of_task in parts.items()
        }


def _shown(percent: Floats | float, wanted: tuple[float, float] = HELD) -> str:
    """Least to greatest; bold outside what is wanted."""
    least, most = float(np.min(percent)), float(np.max(percent))
    text = f"{least:.1f}" if most - least < 0.05 else f"{least:.1f} to {most:.1f}"
    return text if wanted[0] <= least and most <= wanted[1] else f"**{text}**"


def _header(*names: str) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield "|---" * 2 + "|--:" * (len(names) - 2) + "|"


def rare(found: Mapping[Task, Floats]) -> Iterator[str]:
    """Intervals where a class is rare, by method."""
    yield from _header("positive + negative rows", "true AUROC", *(f"`{method}`" for method in METHODS))
    for positives, negatives, auroc in RARE:
        group = (Group(rows(positives, negatives), auroc),)
        shares = [_shown(found[group, method][0]) for method in METHODS]
        yield f"| {positives} + {negatives:,} | {auroc} | {' | '.join(shares)} |"


def grid(found: Mapping[Task, Floats]) -> Iterator[str]:
    """Intervals of `score`: least and greatest share over the other class's rows."""
    yield from _header("rows of the rare class", "spread of it", *(f"AUROC {auroc}" for auroc in AUROCS))
    for positives, (what, kind) in product(POSITIVES, KINDS.items()):
        shares = [
            _shown(np.array([found[(Group(rows(positives, other), auroc, *kind),), "score"][0] for other in NEGATIVES]))
            for auroc in AUROCS
        ]
        yield f"| {positives} | {what} | {' | '.join(shares)} |"


KINDS = {
    "as wide": (1.0, False),
    "half as wide": (0.5, False),
    "twice as wide": (2.0, False),
    "as wide, with ties": (1.0, True),
}


def clustered(found: Mapping[Task, Floats]) -> Iterator[str]:
    """Intervals where rows depend on each other."""
    yield from _header("persons", "interval", *(f"AUROC {auroc}" for auroc in AUROCS))
    for (name, persons), method in product(CLUSTERED.items(), METHODS[:2]):
        shares = [_shown(found[(Group(persons, auroc),), method][0]) for auroc in AUROCS]
        yield f"| {name} | `{method}` | {' | '.join(shares)} |"


def _alike(sizes: Sizes, auroc: float, spread: float) -> tuple[Group, ...]:
    return tuple(Group(rows(*size), auroc, spread) for size in sizes)


def level(found: Mapping[Task, Floats]) -> Iterator[str]:
    """How often a gap is found where there is none."""
    yield from _header("groups, all alike", "interval", *(f"AUROC {auroc}" for auroc in AUROCS))
    for (name, sizes), method in product(EQUAL.items(), METHODS[:2]):
        shares = [
            _shown(np.array([found[_alike(sizes, auroc, spread), method][-1] for spread in SPREADS]), FOUND)
            for auroc in AUROCS
        ]
        yield f"| {name} | `{method}` | {' | '.join(shares)} |"


def power(found: Mapping[Task, Floats]) -> Iterator[str]:
    """How often a gap is found where there is one."""
    yield from _header("groups", "", *(f"`{method}`" for method in METHODS[:2]))
    for name, groups in UNEQUAL.items():
        made = tuple(Group(rows(m, n), auroc) for m, n, auroc in groups)
        yield f"| {name} | | {' | '.join(f'{found[made, method][-1]:.0f}' for method in METHODS[:2])} |"


PARTS: dict[str, tuple[Callable[[Mapping[Task, Floats]], Iterator[str]], list[Task]]] = {
    "rare": (rare, [((Group(rows(m, n), auroc),), method) for (m, n, auroc), method in product(RARE, METHODS)]),
    "grid": (
        grid,
        [
            ((Group(rows(m, n), auroc, *kind),), "score")
            for m, n, auroc, kind in product(POSITIVES, NEGATIVES, AUROCS, KINDS.values())
        ],
    ),
    "clustered": (
        clustered,
        [
            ((Group(people, auroc),), method)
            for people, auroc, method in product(CLUSTERED.values(), AUROCS, METHODS[:2])
        ],
    ),
    "level": (
        level,
        [
            (_alike(sizes, auroc, spread), method)
            for sizes, auroc, spread, method in product(EQUAL.values(), AUROCS, SPREADS, METHODS[:2])
        ],
    ),
    "power": (
        power,
        [
            (tuple(Group(rows(m, n), auroc) for m, n, auroc in groups), method)
            for groups, method in product(UNEQUAL.values(), METHODS[:2])
        ],
    ),
}


def main() -> None:
    """Simulate, print the tables, and write them where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, nargs="+", default=list(PARTS), help="only these (all)")
    parser.add_argument("--replicates", type=int, default=1_000, help="data sets for each number (1,000)")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="processes (one a core)")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation (0)")
    parser.add_argument("--markdown", type=Path, help="a file to write the tables to")
    options = parser.parse_args()
    report = [machine()]
    for name in options.part:
        table, tasks = PARTS[name]
        found = measure(tasks, options.replicates, options.workers, options.seed)
        explained = " ".join((table.__doc__ or "").split()).removesuffix(".")
        report += ["", f"{explained}; percent of {options.replicates:,} simulations.", "", *table(found)]
    text = "\n".join(report) + "\n"
    sys.stdout.write(text)
    if options.markdown:
        options.markdown.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
