"""A driver's change is put onto another face, whose shape stays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.errors import PictureError
from synpain_hf.generation.transfer.change import Similarity, openness, transferred
from synpain_hf.generation.transfer.contours import EYES, INNER_MOUTH, LIPS, SKULL, STABLE
from tests.transfer.making import Shots

Array = npt.NDArray[np.float64]


def turned(points: Array, degrees: tuple[float, float, float], scale: float, shift: Array) -> Array:
    """Points after a turn about each axis, a scale and a shift."""
    for axis, angle in enumerate(np.radians(degrees)):
        matrix = np.eye(3)
        one, other = [other for other in range(3) if other != axis]
        matrix[one, one] = matrix[other, other] = np.cos(angle)
        matrix[one, other], matrix[other, one] = -np.sin(angle), np.sin(angle)
        points = points @ matrix.T
    moved: Array = scale * points + shift
    return moved


def with_mouth(points: Array, opened: float) -> Array:
    """A face whose lower lip and jaw are lower by some pixels."""
    moved: Array = points.copy()
    moved[[*INNER_MOUTH.lower[1:-1], *LIPS.lower[1:-1]], 1] += opened
    return moved


def with_eyes(points: Array, part: float) -> Array:
    """A face whose upper lids are at a part of their height above the lower ones."""
    moved: Array = points.copy()
    for eye in EYES:
        upper, lower = list(eye.upper[1:-1]), list(eye.lower[1:-1])
        moved[upper] = moved[lower] + part * (moved[upper] - moved[lower])
    return moved


def test_a_driver_that_does_nothing_changes_nothing(face: Array, shots: Shots) -> None:
    for shot in shots.values():
        assert np.abs(transferred(face, shot.landmarks, shot.landmarks) - face[:, :2]).max() < 0.5  # lips that touch


def test_a_face_that_drives_itself_gets_its_own_expression(face: Array) -> None:
    shown = with_mouth(face, 30)
    assert np.allclose(transferred(face, face, shown), shown[:, :2], atol=0.5)


@given(
    st.tuples(*(st.floats(-25, 25),) * 3),
    st.floats(0.3, 3),
    st.tuples(*(st.floats(-300, 300),) * 3).map(np.array),
)
def test_how_the_driver_holds_its_head_and_how_large_it_is_makes_no_difference(
    face: Array, degrees: tuple[float, float, float], scale: float, shift: Array
) -> None:
    shown = with_mouth(face, 25)
    plain = transferred(face, face, shown)
    assert np.allclose(transferred(face, face, turned(shown, degrees, scale, shift)), plain, atol=1e-6)
    both = (turned(each, degrees, scale, shift) for each in (face, shown))
    assert np.allclose(transferred(face, *both), plain, atol=1e-6)


def test_what_the_driver_moves_is_scaled_to_the_size_of_the_identity(face: Array) -> None:
    shown, larger = with_mouth(face, 20), face * 2
    moved = transferred(larger, face, shown) - larger[:, :2]
    assert moved[LIPS.lower[5]] == pytest.approx((0, 40), abs=0.5)


def test_what_expressions_leave_in_place_stays_in_place(face: Array) -> None:
    moved = transferred(face, face, with_mouth(face, 40)) - face[:, :2]
    assert np.abs(moved[list(STABLE)]).max() < 1e-6


@given(st.integers(0, 2**32 - 1))
def test_bone_and_the_eyes_in_it_stay_whatever_the_landmarks_of_the_driver_err_by(face: Array, seed: int) -> None:
    erring = face + np.random.default_rng(seed).normal(0, 4, face.shape)
    moved = transferred(face, face, erring) - face[:, :2]
    assert (moved[list(SKULL)] == 0).all()
    for eye in EYES:
        assert moved[list(eye.corners)].mean(axis=0) == pytest.approx((0, 0), abs=1e-9)


@pytest.mark.parametrize("part", [0.0, 0.1])
def test_an_eye_that_the_driver_shuts_is_shut_however_large_it_is(face: Array, part: float) -> None:
    wide = with_eyes(face, 1.5)
    target = transferred(wide, face, with_eyes(face, part))
    assert [openness(target, eye) for eye in EYES] == pytest.approx([0, 0], abs=1e-9)


def test_the_fold_above_a_lid_follows_where_the_lid_has_farther_to_go(face: Array) -> None:
    wide = with_eyes(face, 1.5)
    target = transferred(wide, face, with_eyes(face, 0))
    for eye in EYES:
        fold, lid = (target[list(line), 1] - wide[list(line), 1] for line in (eye.beyond, eye.upper[1:-1]))
        assert (fold > 0).all()
        assert fold.mean() < lid.mean()


def test_an_eye_that_the_driver_half_closes_is_half_closed(face: Array) -> None:
    target = transferred(with_eyes(face, 0.8), face, with_eyes(face, 0.5))
    for eye in EYES:
        assert 0.2 < openness(target, eye) / openness(with_eyes(face, 0.8), eye) < 0.5


def test_an_eye_opens_no_wider_than_eyes_do(face: Array) -> None:
    target = transferred(face, with_eyes(face, 0.4), with_eyes(face, 2.0))
    assert max(openness(target, eye) / openness(face, eye) for eye in EYES) == pytest.approx(1.6)


@given(st.floats(-60, 0))
def test_lips_never_cross(face: Array, closing: float) -> None:
    target = transferred(face, with_mouth(face, -closing), face)
    upper, lower = (target[list(line[1:-1])] for line in (INNER_MOUTH.upper, INNER_MOUTH.lower))
    first, last = face[list(INNER_MOUTH.corners), :2]
    down = np.array([-(last - first)[1], (last - first)[0]])
    assert ((lower - upper) @ down >= -1e-6).all()


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (lambda points: points[:, :2], "has landmarks of shape"),
        (lambda points: np.full_like(points, np.nan), "not finite"),
        (np.zeros_like, "all lie in one place"),
    ],
)
def test_landmarks_of_no_face_are_refused(face: Array, spoilt: object, told: str) -> None:
    assert callable(spoilt)
    with pytest.raises(PictureError, match=told):
        transferred(face, face, spoilt(face))


def test_a_similarity_never_mirrors_and_its_scale_is_still_that_of_least_squares() -> None:
    points = np.random.default_rng(1).normal(size=(20, 3))
    mirrored = points * (-1, 1, 1)
    found = Similarity.between(points, mirrored)
    assert np.linalg.det(found.turn) == pytest.approx(1)
    before, after = points - points.mean(axis=0), mirrored - mirrored.mean(axis=0)
    assert found.scale == pytest.approx(((before @ found.turn.T) * after).sum() / (before**2).sum())
