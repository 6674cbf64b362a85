"""How often 95% intervals of raters hold, and how often a group is said to be judged worse though none is.

    python -m tests.benchmarks.raters [--replicates N] [--workers N] [--seed N] [--write]

Raters and persons are simulated: the logit of being right is normal over both.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from synpain_hf.rating.results import results_of
from synpain_hf.validation.statistics.estimate import Estimate
from tests.benchmarks.pages import ROOT, simulated
from tests.rating.simulated import QUESTION, Raters, draw

CELLS = (
    Raters(2, 20),
    Raters(2, 100),
    Raters(2, 100, unlike=0.8),
    Raters(2, 100, accuracy=0.98),
    Raters(3, 20, unlike=0.8),
    Raters(3, 100),
    Raters(3, 100, unlike=0.8),
    Raters(3, 100, unlike=0.8, faces_each=4),
    Raters(5, 20, unlike=0.8),
    Raters(5, 100, unlike=0.8),
    Raters(5, 300, accuracy=0.95, unlike=0.8, faces_each=3),
)
NAMES = ("these", "others", "kappa", "own", "found")
HEADER = ("raters", "faces", "of a person", "accuracy", "raters differ", "these raters", "other raters", "kappa",
          "each rater", "a group found")  # fmt: skip
_PAGE = ROOT / "docs" / "rating.md"


def held(of: Raters, seed: tuple[int, int]) -> dict[str, float]:
    """Whether each interval holds the truth in one replicate; NaN where there is none."""
    drawn = draw(of, np.random.default_rng(seed))
    (result,) = results_of(drawn.answers, drawn.faces, [QUESTION])
    return {
        "these": _holds(result.these, drawn.accuracy),
        "others": _holds(result.others, of.accuracy),
        "kappa": _holds(result.kappa, drawn.kappa),
        "own": _holds(result.raters[0].accuracy, drawn.of_first),
        "found": float(any(group.apart and (group.apart.high < 0 or group.apart.low > 0) for group in result.groups)),
    }


def shares(of: Raters, replicates: int, pool: ProcessPoolExecutor, seed: int) -> dict[str, float]:
    """How often each interval holds; NaN where there is none."""
    seeds = [(seed, number) for number in range(replicates)]
    found = list(pool.map(partial(held, of), seeds, chunksize=20))
    return {name: float(np.mean([each[name] for each in found])) for name in NAMES}


def _holds(estimate: Estimate | None, truth: float) -> float:
    return np.nan if estimate is None else float(estimate.low <= truth <= estimate.high)


def lines(replicates: int, workers: int, seed: int) -> Iterator[str]:
    """The table, a line each."""
    yield f"| {' | '.join(HEADER)} |"
    yield f"|{'---:|' * len(HEADER)}"
    with ProcessPoolExecutor(workers) as pool:
        for of in CELLS:
            found = shares(of, replicates, pool, seed)
            cells = [
                str(of.raters),
                str(of.faces),
                str(of.faces_each),
                f"{of.accuracy:.0%}",
                "yes" if of.unlike else "no",
            ]
            cells += ["–" if np.isnan(found[name]) else f"{100 * found[name]:.1f}" for name in NAMES]
            yield f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    simulated(__doc__, "coverage of raters", _PAGE, lines, replicates=2000)
