"""Simulated data sets, and how often the metric's intervals hold and its test finds a gap in them.

Scores are normal in either class, so that the true AUROC is known. The positive class spreads as much as the negative
one, half or twice as much; ties come from rounding to halves of the negative class's standard deviation. Rows of one
person correlate at 0.5. A call of the metric's own functions serves many replicates, each as groups of one attribute.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from synpain_hf.metrics.subgroup_auroc import Options
from synpain_hf.metrics.subgroup_auroc.estimates import Estimates, estimate
from synpain_hf.metrics.subgroup_auroc.gaps import Test
from synpain_hf.metrics.subgroup_auroc.inputs import Attribute, Rows
from tests.benchmarks.alternatives import ALTERNATIVES, Interval

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

CORRELATION = 0.5
AT_A_TIME = 100
"""Replicates in a task."""

LEVEL = 0.05
"""Of the test."""
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


def simulate(groups: Sequence[Group], replicates: int, method: str, seed: Sequence[int]) -> Floats:
    """Of each replicate whether the groups' intervals hold, then whether the test finds a gap; NaN for no interval.

    Alternatives are for one group, and have no test.

    Returns:
        Shape (replicates, groups + 1).
    """
    generator = np.random.default_rng(seed)
    if method in ALTERNATIVES:
        return np.array([_holds(group, ALTERNATIVES[method], generator) for group in groups for _ in range(replicates)])
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


def _holds(group: Group, interval: Interval, generator: np.random.Generator) -> tuple[float, float]:
    scores, labels, _ = group.draw(1, generator)
    apart = np.subtract.outer(scores[0, labels == 1], scores[0, labels == 0])
    low, high = interval((np.sign(apart) + 1) / 2, generator)
    return float("nan") if np.isnan(low) else float(low <= group.truth <= high), float("nan")


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
            task: np.array([_percent(column) for column in np.concatenate([part.result() for part in of_task]).T])
            for task, of_task in parts.items()
        }


def _percent(held: Floats) -> float:
    known = held[np.isfinite(held)]
    return 100 * float(known.mean()) if len(known) else float("nan")
