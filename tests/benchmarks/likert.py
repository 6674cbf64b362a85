"""How often 95% intervals of means on a scale, of their differences and of alpha hold.

    python -m tests.benchmarks.likert [--replicates N] [--workers N] [--seed N] [--write]

Raters and faces are simulated: raters, identities, drivers and faces have normal effects, cut into five steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from synpain_hf.rating.questions import REALISM
from synpain_hf.rating.scales import scales_of
from synpain_hf.validation.statistics.estimate import Estimate
from tests.benchmarks.pages import ROOT, simulated
from tests.rating.likert import Likert, draw

CELLS = (
    Likert(3, 20),
    Likert(3, 100),
    Likert(5, 20),
    Likert(5, 100),
    Likert(5, 100, unlike=0.0, tastes=0.0),
    Likert(5, 100, unlike=1.0, tastes=0.4),
    Likert(5, 40, each=3, drivers=40),
    Likert(5, 40, each=3, drivers=20, by_driver=0.6),
    Likert(5, 200, tastes=0.4),
    Likert(5, 60, half_done=2),
    Likert(10, 100),
)
NAMES = ("mean", "difference", "alpha")
HEADER = (
    "raters",
    "half done by",
    "identities",
    "drivers of each",
    "drivers",
    "raters differ",
    "in taste",
    *NAMES,
    "width of the mean",
)
HELD = (93.0, 97.0)
_PAGE = ROOT / "docs" / "rating.md"


def held(of: Likert, seed: tuple[int, int]) -> dict[str, float]:
    """Whether each interval holds the truth in one replicate; NaN where there is none."""
    drawn = draw(of, np.random.default_rng(seed))
    (scale,) = scales_of(drawn.answers, drawn.faces, [REALISM])
    truth = of.means
    means = [(one.others, truth[one.release]) for one in scale.releases]
    (apart,) = scale.differences
    widths = [one.high - one.low for one, _ in means if one is not None]
    return {
        "mean": float(np.mean([_holds(one, value) for one, value in means])),
        "difference": _holds(apart.difference, truth[apart.first] - truth[apart.second]),
        "alpha": _holds(scale.alpha, drawn.alpha),
        "width": float(np.mean(widths)),
    }


def _holds(estimate: Estimate | None, truth: float) -> float:
    return np.nan if estimate is None else float(estimate.low <= truth <= estimate.high)


def shares(of: Likert, replicates: int, pool: ProcessPoolExecutor, seed: int) -> dict[str, float]:
    """How often each interval holds, and how wide that of a mean is."""
    found = list(pool.map(partial(held, of), [(seed, number) for number in range(replicates)], chunksize=20))
    return {name: float(np.mean([each[name] for each in found])) for name in found[0]}


def lines(replicates: int, workers: int, seed: int) -> Iterator[str]:
    """The table, a line each."""
    yield f"| {' | '.join(HEADER)} |"
    yield f"|{'---:|' * len(HEADER)}"
    with ProcessPoolExecutor(workers) as pool:
        for of in CELLS:
            found = shares(of, replicates, pool, seed)
            of_each = (
                of.raters,
                of.half_done,
                of.identities,
                of.each,
                of.drivers or of.identities * of.each,
                of.unlike,
                of.tastes,
            )
            cells = [*map(str, of_each), *(_shown(100 * found[name]) for name in NAMES), f"{found['width']:.2f}"]
            yield f"| {' | '.join(cells)} |"


def _shown(percent: float) -> str:
    low, high = HELD
    return f"{percent:.1f}" if low <= percent <= high else f"**{percent:.1f}**"


if __name__ == "__main__":
    simulated(__doc__, "coverage of scales", _PAGE, lines, replicates=1000)
