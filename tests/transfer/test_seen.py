"""Which faces cannot be used, and why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from synpain_hf.generation.transfer.contours import EYES
from synpain_hf.release.release import Release
from synpain_hf.transferring.seen import Seen


def spoilt(drawn: Release, face: str, **change: Any) -> Seen:
    """What was found in the faces, with the first face of this kind otherwise."""
    table = drawn.read("annotations/mediapipe.parquet")
    rows = table.to_pylist()
    row = next(row for row in rows if row["face"] == ("neutral", "expressive").index(face))
    row.update(change)
    return Seen.of(pa.Table.from_pylist([row], table.schema), "drawn")


def shut(face: np.ndarray) -> list[float]:
    """The landmarks of a face whose eyes are shut."""
    points = face.copy()
    for eye in EYES:
        points[list(eye.upper[1:-1])] = points[list(eye.lower[1:-1])]
    return [float(number) for number in points.ravel()]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"landmarks": None, "faces": 0}, "shows no face that could be found; give a picture"),
        ({"faces": 2}, "shows 2 faces; cut it to one of them"),
        ({"yaw": -41.6}, "is turned 42 degrees to the side; give one that is turned by at most 30"),
        ({"yaw": 12.0}, ""),
    ],
)
@pytest.mark.parametrize("face", ["neutral", "expressive"])
def test_a_face_that_cannot_be_used_is_told(drawn: Release, face: str, change: dict[str, Any], told: str) -> None:
    seen = spoilt(drawn, face, **change)
    (pair_id,) = {row["pair_id"] for row in [drawn.read("annotations/mediapipe.parquet", ["pair_id"]).to_pylist()[0]]}
    reason = seen.why_not((pair_id, face))
    assert reason.startswith(told) if told else reason == ""


def test_eyes_may_be_shut_in_an_expression_and_not_in_a_neutral_face(drawn: Release, face: np.ndarray) -> None:
    for name, told in (("neutral", "has its eyes shut"), ("expressive", "")):
        seen = spoilt(drawn, name, landmarks=shut(face))
        (found,) = seen.landmarks
        assert seen.why_not(found).startswith(told)
        assert bool(seen.why_not(found)) == bool(told)


def test_a_face_that_is_too_small_is_told(drawn: Release, face: np.ndarray) -> None:
    seen = spoilt(drawn, "expressive", landmarks=[float(number) for number in (face / 8).ravel()])
    (found,) = seen.landmarks
    assert seen.why_not(found) == "has its eyes less than 24 pixels apart; give a larger picture"


def test_what_found_the_landmarks_is_known(seen: Seen) -> None:
    assert "mediapipe" in seen.made_with
    assert "face_landmarker.task" in seen.made_with


def test_what_another_program_left_out_of_the_table_is_taken_to_be_usual(drawn: Release) -> None:
    seen = spoilt(drawn, "neutral", yaw=None, faces=None)
    (found,) = seen.landmarks
    assert seen.why_not(found) == ""
