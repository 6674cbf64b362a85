"""Landmarks of a release are found by pair and face."""

from __future__ import annotations

import numpy as np
import pytest
from datasets import Features, List, Value

from synpain_hf.annotation.annotate import annotate
from synpain_hf.annotation.landmarks import FILE, Landmarks, usual
from synpain_hf.errors import ReleaseError, UsageError
from synpain_hf.release.amend import amend
from synpain_hf.release.release import Release
from synpain_hf.release.tables.annotations import features, write_rows
from tests.annotation.making import opened, pixels_of

LIST = List(Value("float32"))


def test_they_are_those_that_were_found_in_each_face(with_faces: Release) -> None:
    release = annotate(with_faces.folder, "mediapipe").release
    landmarks = Landmarks.read(release)
    pixels = pixels_of(release)
    assert set(landmarks) == set(pixels)
    assert len(landmarks) == 12
    face = max(pixels)
    with opened("mediapipe") as annotator:
        found = np.asarray(annotator.measure(pixels[face])["landmarks"]).reshape(478, 3)
    assert np.array_equal(landmarks[face], found)


def test_the_usual_ones_stand_where_their_numbers_say(with_faces: Release) -> None:
    points = usual(next(iter(Landmarks.read(annotate(with_faces.folder, "mediapipe").release).values())))
    assert points.shape == (68, 3)
    across, down = points[:, 0], points[:, 1]
    jaw, brows, nose, eyes, lips = np.split(down, [17, 27, 36, 48])
    assert brows.max() < eyes.min() < eyes.max() < nose.max() < lips.min()
    assert jaw.argmax() == 8
    assert (np.diff(across[1:16]) > 0).all()
    assert (np.diff(across[17:27]) > 0).all()
    assert (np.diff(nose[:4]) > 0).all()
    right_corner, left_corner = across[48], across[54]
    assert right_corner < across[51] < left_corner
    assert across[36] < across[39] < across[42] < across[45]


def test_a_release_without_landmarks_says_how_to_get_them(drawn: Release) -> None:
    with pytest.raises(UsageError, match="has no landmarks; run `synpain-hf annotate RELEASE --with mediapipe`"):
        Landmarks.read(drawn)


@pytest.mark.parametrize(("numbers", "found"), [(None, 0), ([1.0] * 1434, 1), ([1.0] * 5, -1)])
def test_faces_without_landmarks_are_left_out_and_other_numbers_of_them_refused(
    with_faces: Release, numbers: list[float] | None, found: int
) -> None:
    pair_id = next(iter(pixels_of(with_faces)))[0]
    fixed = features()
    columns = Features({**{name: fixed[name] for name in ("pair_id", "face", "annotator")}, "landmarks": LIST})
    row = {"pair_id": pair_id, "face": 1, "landmarks": numbers, "annotator": "MediaPipe"}
    release = amend(with_faces.folder, add={FILE: lambda path: write_rows(path, [row], columns)})
    if found < 0:
        with pytest.raises(ReleaseError, match="has other landmarks than 478; annotate it again"):
            Landmarks.read(release)
    else:
        assert [face for _, face in Landmarks.read(release)] == ["expressive"] * found
