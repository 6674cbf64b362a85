"""What annotators say of faces that look real, and of drawn ones whose action units are known."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from synpain_hf.annotation.annotate import annotate
from synpain_hf.annotation.annotators import ANNOTATORS
from synpain_hf.annotation.landmarks import Landmarks
from synpain_hf.imaging.alignment import pwct, similarity
from synpain_hf.imaging.alignment.landmarks import LEFT_EYE, RIGHT_EYE, checked, middle
from synpain_hf.imaging.alignment.transforms import apply
from synpain_hf.release.build import build
from synpain_hf.release.demo import demo
from synpain_hf.release.release import Release
from synpain_hf.vocabulary import FACES
from tests.annotation.making import pixels_of, rows_of, similarities
from tests.imaging.published import published
from tests.sharing import Once

DRAWN = 40
"""Pairs: fewer do not show all units."""

FOLLOWED = {"AU12": 0.6, "AU26": 0.5, "AU43": 0.6, "pspi": 0.5}
"""What changes as it was drawn by its approximation, too, and the least correlation."""


@pytest.fixture(scope="module")
def real(sample: Path, once: Once) -> Release:
    """The ten real pairs, annotated; read-only by agreement."""

    def make(folder: Path) -> None:
        build(sample, folder / "release", version="1.0.0")
        annotate(folder / "release", list(ANNOTATORS), engine="threads", workers=2)

    return Release.open(once("real-annotated", make) / "release")


class TestRealFaces:
    def test_every_face_is_found_by_both_detectors(self, real: Release) -> None:
        for name, least in (("mediapipe", 0.7), ("sface", 0.85)):
            rows = rows_of(real, name).values()
            assert len(rows) == 20
            assert {row["faces"] for row in rows} == {1}
            assert min(row["confidence"] for row in rows) > least

    def test_the_two_faces_of_a_pair_are_closer_than_those_of_two_people(self, real: Release) -> None:
        same, others = similarities(rows_of(real, "sface"))
        assert np.median(same) > 0.5 > 0.3 > np.median(others)
        assert np.mean([one > other for one in same for other in others]) > 0.98

    def test_the_eyes_of_both_faces_of_a_pair_are_aligned_to_one_place(self, real: Release) -> None:
        landmarks, apart = Landmarks.read(real), []
        for pair_id in {pair_id for pair_id, _ in landmarks}:
            eyes = []
            for face in FACES:
                points = checked(landmarks[pair_id, face])
                found = np.stack([middle(points, part) for part in (RIGHT_EYE, LEFT_EYE)])
                eyes.append(apply(similarity.placing(points, (160, 160)), found))
            apart.append(np.hypot(*(eyes[0] - eyes[1]).T).max())
        assert len(apart) == 10
        assert max(apart) < 2

    @pytest.mark.slow
    def test_faces_for_pwct_are_those_of_the_published_steps(self, real: Release) -> None:
        landmarks, mean = Landmarks.read(real), pwct.our_mean_face()
        differences = []
        for at, pixels in pixels_of(real).items():
            image, points = Image.fromarray(pixels), checked(landmarks[at])
            ours = np.asarray(pwct.aligned(image, points)).astype(int)
            differences.append(np.abs(ours - published(image, points, mean.points)).mean())
        assert len(differences) == 20
        assert np.mean(differences) < 1.5
        assert max(differences) < 3

    def test_the_approximate_score_rises_from_neutral_to_pain(self, real: Release) -> None:
        rows = rows_of(real, "mediapipe")
        labels = {
            row["pair_id"]: row["label"]
            for partition in real.partitions
            for row in real.read(partition.path, ["pair_id", "label"]).to_pylist()
        }
        rises = {
            pair_id: rows[pair_id, "expressive"]["pspi_approx"] - rows[pair_id, "neutral"]["pspi_approx"]
            for pair_id in labels
        }
        assert all(rise > 0 for pair_id, rise in rises.items() if labels[pair_id] == 1)
        shown = [[rows[pair, "expressive"]["pspi_approx"] for pair in labels if labels[pair] == is_] for is_ in (0, 1)]
        assert (
            np.mean(shown[1]) > np.mean(shown[0]) > np.mean([rows[pair, "neutral"]["pspi_approx"] for pair in labels])
        )

    def test_heads_face_the_camera_and_pictures_are_good(self, real: Release) -> None:
        poses = [[row[angle] for angle in ("yaw", "pitch", "roll")] for row in rows_of(real, "mediapipe").values()]
        assert np.abs(poses).max() < 20
        assert min(row["quality"] for row in rows_of(real, "sharpness").values()) > 0.9


@pytest.mark.slow
def test_changes_of_approximate_units_follow_those_of_what_was_drawn(tmp_path: Path) -> None:
    release = annotate(demo(tmp_path / "release", pairs=DRAWN).folder, "mediapipe").release
    drawn, found = rows_of(release, "action_units"), rows_of(release, "mediapipe")
    assert not any(row["reason"] for row in found.values())
    changed = {name: _correlation(_changes(drawn, name), _changes(found, f"{name}_approx")) for name in FOLLOWED}
    assert {name for name, least in FOLLOWED.items() if changed[name] < least} == set(), changed


def _changes(rows: Mapping[tuple[str, str], Mapping[str, Any]], name: str) -> list[float]:
    """How much more of a unit each pair's expressive face has than its neutral one, at which faces differ, too."""
    pairs = sorted({pair_id for pair_id, _ in rows})
    return [rows[pair_id, "expressive"][name] - rows[pair_id, "neutral"][name] for pair_id in pairs]


def _correlation(one: list[float], other: list[float]) -> float:
    return float(np.corrcoef(one, other)[0, 1])
