"""Intervals hold for raters whose accuracy is known, and groups that are judged alike are rarely said to differ."""

from __future__ import annotations

import numpy as np
import pytest

from tests.benchmarks.raters import held
from tests.rating.simulated import Raters

REPLICATES = 150


@pytest.mark.slow
@pytest.mark.parametrize(
    "of",
    [
        Raters(2, 20),
        Raters(2, 100, unlike=0.8),
        Raters(2, 60, accuracy=0.98),
        Raters(3, 80, unlike=0.8, faces_each=4),
        Raters(5, 40, unlike=0.8),
    ],
)
def test_intervals_hold(of: Raters) -> None:
    found = [held(of, (1, number)) for number in range(REPLICATES)]
    shares = {name: np.mean([each[name] for each in found]) for name in found[0]}
    assert shares["found"] <= 0.09
    assert shares["these"] >= 0.90
    assert shares["own"] >= 0.90
    assert shares["kappa"] >= 0.90
    assert np.isnan(shares["others"]) if of.raters == 2 else shares["others"] >= 0.85
