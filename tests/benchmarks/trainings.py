"""How often 95% intervals hold for other identities and other trainings, of means over models and of differences.

    python -m tests.benchmarks.trainings [--replicates N] [--workers N] [--seed N] [--write]

Test sets and trainings are simulated. Scores are normal in either class; half of their variance is common to all
models, a quarter to the pairs of an identity. The true AUROC of a training is normal around that of its condition (0.8
and 0.83, the same pairs judged by both), with the standard deviation that is given. Where one model is all there is,
the interval is of that model alone, and so is the truth.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from math import sqrt
from statistics import NormalDist

import numpy as np

from synpain_hf.experiments.statistics.contrast import Part, contrast
from synpain_hf.experiments.statistics.trainings import Mean, Scale, mean
from synpain_hf.experiments.statistics.worth import AUROC, MEASURES, Booleans, Floats, Integers, Worth, worth_by_group
from tests.benchmarks.measuring import machine
from tests.benchmarks.pages import ROOT, fill

AUROCS = (0.8, 0.83)
OF_IDENTITY, OF_PAIR, OWN = 0.25, 0.25, 0.5
"""Of the variance of scores: what the pairs of an identity, what all models have in common, and the rest."""
THRESHOLD = 0.7
SEEDS, SPREADS = (1, 2, 5), (0.0, 0.01, 0.03)
AT_A_TIME = 25
HELD = (93.0, 98.5)
"""Percent; outside, a number is set in bold."""
NAMES = (*MEASURES, "difference")
_MANY, _NODES = 400_000, 9
_PAGE = ROOT / "docs" / "experiments.md"


@dataclass(frozen=True)
class Design:
    """A test set and the models that judge it.

    Attributes:
        identities: How many.
        pairs_each: Pairs of an identity, each with pain or without.
        share: Of pairs with pain.
        folds: 1 for none; else models of each fold judge its own identities.
        ties: Whether scores are rounded.
        seeds: Models of a fold.
        spread: Standard deviation of the true AUROC between trainings.
    """

    identities: int
    pairs_each: int = 1
    share: float = 0.5
    folds: int = 1
    ties: bool = False
    seeds: int = 1
    spread: float = 0.0

    def __str__(self) -> str:
        each = f", {self.pairs_each} pairs each" * (self.pairs_each > 1)
        rare = f", pain in {self.share:.0%}" * (self.share != 0.5)
        folds = f", {self.folds} folds" * (self.folds > 1)
        return f"{self.identities} identities{each}{rare}{folds}{', ties' * self.ties}"


DESIGNS = (
    Design(300),
    Design(40),
    Design(40, pairs_each=4),
    Design(300, share=0.1),
    Design(60, share=0.1),
    Design(300, folds=5, ties=True),
    Design(50, pairs_each=4, folds=5),
    Design(300, share=0.1, folds=5),
)


def apart(auroc: float) -> float:
    """How far the means of the classes lie apart."""
    return sqrt(2) * NormalDist().inv_cdf(auroc)


def _rounded(scores: Floats, *, ties: bool) -> Floats:
    return np.round(2 * scores) / 2 if ties else scores


@cache
def truths(condition: int, share: float, ties: bool, spread: float) -> tuple[float, ...]:
    """Of AUROC, AP and F1: their means over trainings, from many rows for each of a few trainings (Gauss, Hermite)."""
    generator = np.random.default_rng(7)
    positive = np.arange(_MANY) < share * _MANY
    noise = generator.normal(size=_MANY)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES) if spread else (np.zeros(1), np.ones(1))
    found = [_worth(noise, positive, AUROCS[condition] + spread * float(node), ties=ties) for node in nodes]
    return tuple(np.average(found, axis=0, weights=weights).tolist())


def _worth(noise: Floats, positive: Booleans, auroc: float, *, ties: bool) -> list[float]:
    scores = _rounded(noise + apart(auroc) * positive, ties=ties)
    found = worth_by_group(scores, positive, np.zeros(len(scores), np.int64), np.full(len(scores), THRESHOLD))
    return [float(found[measure][0][0]) for measure in MEASURES]


@dataclass(frozen=True)
class Drawn:
    """A simulated test of two conditions.

    Attributes:
        positive: Shape (pairs,).
        identities: Shape (pairs,).
        models: For each condition and measure what the models are worth.
        own: The true AUROC of the first model of each condition.
    """

    positive: Booleans
    identities: Integers
    models: Sequence[dict[str, list[Worth]]]
    own: Sequence[float]


def draw(design: Design, generator: np.random.Generator) -> Drawn:
    """A test set and the models of two conditions."""
    identities = np.repeat(np.arange(design.identities), design.pairs_each)
    positive = generator.random(len(identities)) < design.share
    fold_of = generator.permutation(np.arange(design.identities) % design.folds)[identities]
    common = sqrt(OF_IDENTITY) * generator.normal(size=design.identities)[identities]
    common = common + sqrt(OF_PAIR) * generator.normal(size=len(identities))
    models: list[dict[str, list[Worth]]] = []
    own = []
    for auroc in AUROCS:
        found: dict[str, list[Worth]] = {measure: [] for measure in MEASURES}
        for fold, seed in product(range(design.folds), range(design.seeds)):
            truth = float(np.clip(auroc + design.spread * generator.normal(), 0.55, 0.97))
            if not (fold or seed):
                own.append(truth)
            mine = np.flatnonzero(fold_of == fold)
            scores = common[mine] + sqrt(OWN) * generator.normal(size=len(mine)) + apart(truth) * positive[mine]
            worth = worth_by_group(
                _rounded(scores, ties=design.ties),
                positive[mine],
                np.zeros(len(mine), np.int64),
                np.full(len(mine), THRESHOLD),
            )
            for measure, (values, adds) in worth.items():
                number = fold if design.folds > 1 else None
                found[measure].append(Worth(number, seed, float(values[0]), mine, adds))
        models.append(found)
    return Drawn(positive, identities, models, own)


def simulate(design: Design, replicates: int, seed: Sequence[int]) -> Floats:
    """Whether the intervals hold, and then how wide they are; shape (replicates, 8), NaN where there is none."""
    generator = np.random.default_rng(seed)
    alone = design.folds * design.seeds == 1
    spread = 0.0 if alone else design.spread
    expected = [truths(condition, design.share, design.ties, spread) for condition in (0, 1)]
    found = []
    for _ in range(replicates):
        drawn = draw(design, generator)
        wanted = dict(zip(MEASURES, expected[0], strict=True))
        wanted["difference"] = expected[1][0] - expected[0][0]
        if alone and design.spread:
            generous = [truth_of(auroc, design) for auroc in drawn.own]
            wanted = dict(zip(MEASURES, generous[0], strict=True))
            wanted["difference"] = generous[1][0] - generous[0][0]
        means = {
            measure: _mean(drawn, [Part(1, drawn.models[0][measure])], "auroc" if measure == AUROC else "share")
            for measure in MEASURES
        }
        both = [Part(-1, drawn.models[0][AUROC]), Part(1, drawn.models[1][AUROC], trained=1)]
        means["difference"] = _mean(drawn, both, "difference")
        held = [np.nan if one.reason else float(one.low <= wanted[name] <= one.high) for name, one in means.items()]
        found.append([*held, *(one.high - one.low for one in means.values())])
    return np.array(found)


def truth_of(auroc: float, design: Design) -> tuple[float, ...]:
    """Of one training, to the nearest thousandth of its AUROC."""
    return _truth_of(round(auroc, 3), design.share, design.ties)


@cache
def _truth_of(auroc: float, share: float, ties: bool) -> tuple[float, ...]:
    generator = np.random.default_rng(7)
    many = _MANY // 4
    return tuple(_worth(generator.normal(size=many), np.arange(many) < share * many, auroc, ties=ties))


def _mean(drawn: Drawn, parts: Sequence[Part], scale: Scale) -> Mean:
    return mean(contrast(parts), drawn.positive, drawn.identities, scale)


def lines(replicates: int, workers: int, seed: int) -> Iterator[str]:
    """The table, a line each."""
    yield "| test set | seeds | SD of trainings | AUROC | AP | F1 | difference of AUROC | its width |"
    yield "|---|--:|--:|--:|--:|--:|--:|--:|"
    designs = [replace(design, seeds=seeds, spread=spread)
               for design in DESIGNS for seeds in SEEDS for spread in SPREADS]  # fmt: skip
    with ProcessPoolExecutor(workers) as pool:
        jobs = [
            [
                pool.submit(simulate, design, min(AT_A_TIME, replicates - start), (seed, number, start))
                for start in range(0, replicates, AT_A_TIME)
            ]
            for number, design in enumerate(designs)
        ]
        for design, parts in zip(designs, jobs, strict=True):
            found = np.concatenate([part.result() for part in parts])
            held = [_shown(100 * float(np.nanmean(found[:, column]))) for column in range(len(NAMES))]
            width = f"{np.nanmean(found[:, -1]):.3f}"
            yield f"| {design} | {design.seeds} | {design.spread:g} | {' | '.join(held)} | {width} |"


def _shown(percent: float) -> str:
    return f"{percent:.1f}" if HELD[0] <= percent <= HELD[1] else f"**{percent:.1f}**"


def main() -> None:
    """Print the table, and write it into the page where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicates", type=int, default=1_000, help="data sets for each row (1,000)")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="processes (one a core)")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation (0)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/experiments.md")
    options = parser.parse_args()
    sys.stdout.write(f"{machine()}\n\n")
    table = []
    for line in lines(options.replicates, options.workers, options.seed):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        table.append(line)
    if options.write:
        fill({"coverage of trainings": [f"Percent of {options.replicates:,} simulations.", "", *table]}, [_PAGE])


if __name__ == "__main__":
    main()
