"""Intervals hold for raters whose accuracy is known, and groups that are judged alike are rarely said to differ."""

from __future__ import annotations

import numpy as np
import pytest

from synpain_hf.rating.answers import Answer
from synpain_hf.rating.faces import Face, FaceId
from synpain_hf.rating.results import results_of
from synpain_hf.vocabulary import GROUPS
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


def test_of_few_who_drive_many_faces_less_is_said_of_others() -> None:
    def found(drivers: int) -> list[float]:
        faces = {
            (which := FaceId("warp", f"p{at:02d}", "expressive")): Face(
                which, f"i{at}", f"d{at % drivers}", "x", "", {"expression": "pain"}, dict.fromkeys(GROUPS)
            )
            for at in range(40)
        }
        said = [
            Answer(rater, which, "expression", "pain" if int(face.driver[1:]) % 2 else "neutral")
            for rater in "abc"
            for which, face in faces.items()
        ]
        result = results_of(said, faces, ["expression"])[0]
        assert result.these is not None
        assert result.others is not None
        return [one.high - one.low for one in (result.these, result.others)]

    few, many = found(4), found(40)
    assert [one / other > 2 for one, other in zip(few, many, strict=True)] == [True, True]
