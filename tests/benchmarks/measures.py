"""How often 95% intervals of what is measured beside the AUROC hold, and how often a gap is found that is not there.

    python -m tests.benchmarks.measures [--measure NAME …] [--replicates N] [--workers N] [--seed N] [--write]

Data are simulated: scores are normal in either class, or their logistic function where they are to be calibrated. Rows
of one person correlate at 0.5. The two groups of a comparison have the same truth. The truth of a rate is known; that
of the other measures is taken from 400,000 rows.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from math import sqrt

import numpy as np
import numpy.typing as npt

from synpain_hf.metrics.subgroup_auroc import Options
from synpain_hf.metrics.subgroup_auroc.calibration import calibration_errors
from synpain_hf.metrics.subgroup_auroc.control import controlled
from synpain_hf.metrics.subgroup_auroc.inputs import Attribute, Rows
from synpain_hf.metrics.subgroup_auroc.measured import Measured, widest
from synpain_hf.metrics.subgroup_auroc.partial import partial_auroc, sensitivity_at
from synpain_hf.metrics.subgroup_auroc.rates import rates
from synpain_hf.metrics.subgroup_auroc.recalibration import recalibration
from synpain_hf.metrics.subgroup_auroc.resampled import Metric, Statistic, resampled
from tests.benchmarks.measuring import machine
from tests.benchmarks.pages import fill

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

LEVEL = 0.05
CORRELATION = 0.5
AT_A_TIME = 20
"""Replicates in a task."""
HELD, FOUND = (93.0, 98.5), (0.0, 6.5)
"""Percent; outside, a number is set in bold."""
_MANY = 400_000


@dataclass(frozen=True)
class Cell:
    """Two groups that are simulated.

    Attributes:
        sizes: Of either group, its rows and what share of them is positive.
        apart: How far the classes' scores lie apart, in standard deviations.
        rows_each: Rows of a person, all of one class.
        weighted: Whether rows have weights from 0.2 to 3.
        stretched: What the logits of calibrated scores are multiplied by; 1 leaves them calibrated.
    """

    sizes: tuple[tuple[int, float], tuple[int, float]]
    apart: float = 1.5
    rows_each: int = 1
    weighted: bool = False
    stretched: float = 1.0

    def draw(self, group: int, generator: np.random.Generator, many: int = 0) -> tuple[Booleans, Floats, Integers]:
        """Labels, scores and persons of a group, shape (rows,) each."""
        count, share = self.sizes[group]
        count = many or count
        persons = np.repeat(np.arange(count), self.rows_each)[:count]
        label = (generator.random(count) < share)[persons]
        common, own = generator.normal(size=count)[persons], generator.normal(size=count)
        noise = own if self.rows_each == 1 else sqrt(CORRELATION) * common + sqrt(1 - CORRELATION) * own
        logit = self.apart * (noise + self.apart * (label - 0.5)) + np.log(share / (1 - share))
        return label, np.asarray(1 / (1 + np.exp(-self.stretched * logit))), persons.astype(np.int64)


Family = Callable[[Rows, Attribute, Options], Measured]


def _rate(name: str) -> Family:
    def measured(rows: Rows, attribute: Attribute, options: Options) -> Measured:
        return next(each for each in rates(rows, [attribute], 0.5)[0] if each.name == name)

    return measured


def _resampled(statistic: Callable[[], Statistic]) -> Family:
    def measured(rows: Rows, attribute: Attribute, options: Options) -> Measured:
        return resampled(rows, [attribute], [statistic()], options)[0][0]

    return measured


def _recalibrated(which: int) -> Family:
    return lambda rows, attribute, _: recalibration(rows, attribute)[which]


def _ece(rows: Rows, attribute: Attribute, options: Options) -> Measured:
    return calibration_errors(rows, [attribute], options)[0][0]


def _controlled(rows: Rows, attribute: Attribute, options: Options) -> Measured:
    strata = Attribute("stratum", [{"": "a"}, {"": "b"}], np.arange(len(rows.scores)) % 2)
    return controlled(rows, [attribute], strata, options)[0][0]


def brier(labels: Integers, scores: Floats, weights: Floats | None) -> float:
    """The mean squared error, as a user's metric."""
    return float(np.average((labels - scores) ** 2, weights=weights))


_BRIER: Metric = brier
MEASURES: dict[str, Family] = {
    "true positive rate": _rate("true_positive_rate"),
    "selection rate": _rate("selection_rate"),
    "predictive value": _rate("positive_predictive_value"),
    "calibration intercept": _recalibrated(0),
    "calibration slope": _recalibrated(1),
    "expected calibration error": _ece,
    "partial AUROC to 0.2": _resampled(lambda: partial_auroc(0.2)),
    "sensitivity at 0.9": _resampled(lambda: sensitivity_at(0.9)),
    "AUROC within two strata": _controlled,
    "Brier score, as a metric of one's own": _resampled(lambda: Statistic("brier", _BRIER)),
}
CELLS = {
    "200 and 200 rows, half positive": Cell(((200, 0.5), (200, 0.5))),
    "2,000 and 100 rows, 1 in 5 positive": Cell(((2000, 0.2), (100, 0.2))),
    "2,000 and 200 rows, 1 in 10 positive": Cell(((2000, 0.1), (200, 0.1))),
    "400 and 120 rows, 4 a person": Cell(((400, 0.3), (120, 0.3)), rows_each=4),
    "400 and 120 rows, weighted": Cell(((400, 0.3), (120, 0.3)), weighted=True),
    "400 and 200 rows, too extreme scores": Cell(((400, 0.3), (200, 0.3)), stretched=1.6),
}


@cache
def truth(cell: Cell, measure: str) -> float:
    """Of a measure, in either group."""
    generator = np.random.default_rng(12345)
    label, score, _ = cell.draw(0, generator, _MANY)
    rows = Rows(label, score, [])
    whole = Attribute("", [{}], np.zeros(_MANY, np.int64))
    return float(MEASURES[measure](rows, whole, Options(resamples=2)).values[0])


def simulate(cell: Cell, measure: str, replicates: int, seed: Sequence[int]) -> Floats:
    """Of each replicate whether both intervals hold, their widths, whether a gap is found: shape (replicates, 5)."""
    generator = np.random.default_rng(seed)
    wanted, found = truth(cell, measure), []
    for _ in range(replicates):
        drawn = [cell.draw(group, generator) for group in (0, 1)]
        labels, scores = np.concatenate([part[0] for part in drawn]), np.concatenate([part[1] for part in drawn])
        codes = np.repeat([0, 1], [len(part[0]) for part in drawn])
        persons = np.concatenate([drawn[0][2], drawn[1][2] + len(drawn[0][2])])
        rows = Rows(
            labels,
            scores,
            [],
            weights=generator.uniform(0.2, 3, len(labels)) if cell.weighted else None,
            clusters=np.unique(persons, return_inverse=True)[1] if cell.rows_each > 1 else None,
        )
        attribute = Attribute("group", [{"group": "a"}, {"group": "b"}], codes)
        options = Options(resamples=400, seed=int(generator.integers(2**31)))
        measured = MEASURES[measure](rows, attribute, options)
        low, high = measured.intervals(0.95)
        held = np.where(np.isnan(low), np.nan, (low <= wanted) & (wanted <= high))
        known = np.isfinite(low).all() and (measured.sizes >= options.min_class_size).all()
        gap = float(widest(measured, LEVEL).p_value < LEVEL) if known else np.nan
        found.append([*held, *(high - low), gap])
    return np.array(found)


def _shown(percent: float, wanted: tuple[float, float]) -> str:
    if np.isnan(percent):
        return "–"
    text = f"{percent:.1f}"
    return text if wanted[0] <= percent <= wanted[1] else f"**{text}**"


def table(found: Mapping[tuple[str, str], Floats], measures: Sequence[str]) -> list[str]:
    """A row for each measure and cell."""
    lines = [
        "| measure | groups | larger group's interval holds | smaller group's | its width | gap found |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for measure in measures:
        for cell in CELLS:
            larger, smaller, _, width, gap = np.nanmean(found[measure, cell], axis=0)
            shares = [_shown(100 * part, HELD) for part in (larger, smaller)]
            lines.append(f"| {measure} | {cell} | {' | '.join(shares)} | {width:.2f} | {_shown(100 * gap, FOUND)} |")
    return lines


def main() -> None:
    """Simulate, print the table, and write it where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", choices=MEASURES, nargs="+", default=list(MEASURES), help="only these (all)")
    parser.add_argument("--replicates", type=int, default=1_000, help="data sets for each number (1,000)")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="processes (one a core)")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation (0)")
    parser.add_argument("--write", action="store_true", help="put the table into the page that shows it")
    options = parser.parse_args()
    with ProcessPoolExecutor(options.workers) as processes:
        parts = {
            (measure, name): [
                processes.submit(
                    simulate, cell, measure, min(AT_A_TIME, options.replicates - start), (options.seed, number, start)
                )
                for start in range(0, options.replicates, AT_A_TIME)
            ]
            for measure in options.measure
            for number, (name, cell) in enumerate(CELLS.items())
        }
        found = {key: np.concatenate([part.result() for part in of_key]) for key, of_key in parts.items()}
    heading = f"Percent of {options.replicates:,} simulations, 400 resamples where there are some."
    lines = [heading, "", *table(found, options.measure)]
    sys.stdout.write("\n".join([machine(), "", *lines, ""]))
    if options.write:
        fill({"measures": lines})


if __name__ == "__main__":
    main()
