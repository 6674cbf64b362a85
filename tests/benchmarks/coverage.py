"""How often 95% intervals of the metric hold what they estimate, and how often its test finds a gap.

    python -m tests.benchmarks.coverage [--part PART …] [--replicates N] [--workers N] [--seed N] [--write]

The tables stand in `docs/benchmarks.md` and in the metric's README, where `--write` puts them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from tests.benchmarks.alternatives import ALTERNATIVES
from tests.benchmarks.measuring import machine
from tests.benchmarks.pages import fill
from tests.benchmarks.simulated import Floats, Group, Task, measure, rows

HELD = (93.0, 97.0)
FOUND = (2.0, 6.5)
"""Percent; outside, a number is set in bold."""

METHODS = ("score", "delong", "logit")
AUROCS = (0.6, 0.75, 0.9, 0.97)
SPREADS = (1.0, 0.5, 2.0)
POSITIVES, NEGATIVES = (5, 10, 20, 50, 200), (50, 500, 2000)
RARE = ((3, 100, 0.75), (10, 500, 0.9), (10, 500, 0.97), (50, 2000, 0.97), (500, 10, 0.9))
TRIED = tuple(
    (*size, auroc, spread)
    for size, auroc, spread in product(((10, 500), (20, 50), (500, 10)), (0.75, 0.9, 0.97), (1.0, 2.0))
)

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


def _shown(percent: Floats | float, wanted: tuple[float, float] = HELD) -> str:
    """Least to greatest; bold outside what is wanted."""
    least, most = float(np.min(percent)), float(np.max(percent))
    text = f"{least:.1f}" if most - least < 0.05 else f"{least:.1f} to {most:.1f}"
    return text if wanted[0] <= least and most <= wanted[1] else f"**{text}**"


def _header(*names: str, words: int = 2) -> Iterator[str]:
    yield f"| {' | '.join(names)} |"
    yield "|---" * words + "|--:" * (len(names) - words) + "|"


def rare(found: Mapping[Task, Floats]) -> Iterator[str]:
    """Intervals where a class is rare, by method."""
    yield from _header("positive + negative rows", "true AUROC", *(f"`{method}`" for method in METHODS))
    for positives, negatives, auroc in RARE:
        group = (Group(rows(positives, negatives), auroc),)
        shares = [_shown(found[group, method][0]) for method in METHODS]
        yield f"| {positives} + {negatives:,} | {auroc} | {' | '.join(shares)} |"


def tried(found: Mapping[Task, Floats]) -> Iterator[str]:
    """Intervals that were tried and not taken."""
    yield from _header("positive + negative rows", "true AUROC, spread", "`score`", *ALTERNATIVES)
    for positives, negatives, auroc, spread in TRIED:
        group = (Group(rows(positives, negatives), auroc, spread),)
        shares = [_shown(found[group, method][0]) for method in ("score", *ALTERNATIVES)]
        yield f"| {positives} + {negatives:,} | {auroc}, {spread:g} | {' | '.join(shares)} |"


def grid(found: Mapping[Task, Floats]) -> Iterator[str]:
    """Intervals of `score`: least to greatest over the other class's rows."""
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
    yield from _header("groups", *(f"`{method}`" for method in METHODS[:2]), words=1)
    for name, groups in UNEQUAL.items():
        made = tuple(Group(rows(m, n), auroc) for m, n, auroc in groups)
        yield f"| {name} | {' | '.join(f'{found[made, method][-1]:.0f}' for method in METHODS[:2])} |"


def grid_short(found: Mapping[Task, Floats]) -> Iterator[str]:
    """Intervals of `score`: least to greatest over the other class's rows and four kinds of scores."""
    yield from _header("rows of the rare class", *(f"AUROC {auroc}" for auroc in AUROCS), words=1)
    for positives in POSITIVES:
        shares = [
            _shown(
                np.array(
                    [
                        found[(Group(rows(positives, other), auroc, *kind),), "score"][0]
                        for other, kind in product(NEGATIVES, KINDS.values())
                    ]
                )
            )
            for auroc in AUROCS
        ]
        yield f"| {positives} | {' | '.join(shares)} |"


def level_short(found: Mapping[Task, Floats]) -> Iterator[str]:
    """How often a gap is found where there is none: least to greatest over AUROC and spread."""
    yield from _header("groups, all alike", *(f"`{method}`" for method in METHODS[:2]), words=1)
    for name, sizes in EQUAL.items():
        shares = [
            _shown(np.array([found[_alike(sizes, *kind), method][-1] for kind in product(AUROCS, SPREADS)]), FOUND)
            for method in METHODS[:2]
        ]
        yield f"| {name} | {' | '.join(shares)} |"


Table = Callable[[Mapping[Task, Floats]], Iterator[str]]


@dataclass(frozen=True)
class Part:
    """What is simulated together.

    Attributes:
        tables: What is made of it.
        tasks: The groups, and the interval.
    """

    tables: Sequence[Table]
    tasks: Sequence[Task]


PARTS = {
    "rare": Part([rare], [((Group(rows(m, n), auroc),), method) for (m, n, auroc), method in product(RARE, METHODS)]),
    "tried": Part(
        [tried],
        [
            ((Group(rows(m, n), auroc, spread),), method)
            for (m, n, auroc, spread), method in product(TRIED, ("score", *ALTERNATIVES))
        ],
    ),
    "grid": Part(
        [grid, grid_short],
        [
            ((Group(rows(m, n), auroc, *kind),), "score")
            for m, n, auroc, kind in product(POSITIVES, NEGATIVES, AUROCS, KINDS.values())
        ],
    ),
    "clustered": Part(
        [clustered],
        [
            ((Group(people, auroc),), method)
            for people, auroc, method in product(CLUSTERED.values(), AUROCS, METHODS[:2])
        ],
    ),
    "level": Part(
        [level, level_short],
        [
            (_alike(sizes, auroc, spread), method)
            for sizes, auroc, spread, method in product(EQUAL.values(), AUROCS, SPREADS, METHODS[:2])
        ],
    ),
    "power": Part(
        [power],
        [
            (tuple(Group(rows(m, n), auroc) for m, n, auroc in groups), method)
            for groups, method in product(UNEQUAL.values(), METHODS[:2])
        ],
    ),
}


def main() -> None:
    """Simulate, print the tables, and put them into the pages where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=PARTS, nargs="+", default=list(PARTS), help="only these (all)")
    parser.add_argument("--replicates", type=int, default=1_000, help="data sets for each number (1,000)")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="processes (one a core)")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation (0)")
    parser.add_argument("--write", action="store_true", help="put the tables into the pages that show them")
    options = parser.parse_args()
    sys.stdout.write(f"{machine()}\n")
    for name in options.part:
        part = PARTS[name]
        found = measure(part.tasks, options.replicates, options.workers, options.seed)
        for table in part.tables:
            explained = " ".join((table.__doc__ or "").split()).removesuffix(".")
            lines = [f"{explained}; percent of {options.replicates:,} simulations.", "", *table(found)]
            sys.stdout.write("\n".join(["", *lines, ""]))
            if options.write:
                fill({table.__name__: lines})


if __name__ == "__main__":
    main()
