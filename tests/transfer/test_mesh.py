"""The mesh covers a face once, and says where each pixel was."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.generation.transfer.contours import INNER_MOUTH, OVAL
from synpain_hf.generation.transfer.masks import box_of, filled, grown, shrunk, traced
from synpain_hf.generation.transfer.mesh import IN_MOUTH, SKIN, covered, mesh, with_moved_rings, with_rings
from synpain_hf.generation.transfer.sampling import sampled, smoothed_within

SIZE = (656, 736)
Array = np.ndarray


def test_every_edge_within_the_mesh_joins_two_triangles() -> None:
    edges = Counter(
        tuple(sorted((one, other)))
        for triangle in mesh().triangles.tolist()
        for one, other in zip(triangle, [*triangle[1:], triangle[0]], strict=True)
    )
    assert set(edges.values()) <= {1, 2}
    assert Counter(edges.values())[1] == len(OVAL)  # of the outermost ring


def test_a_face_that_does_not_move_stays_where_it_is(face: Array) -> None:
    at = covered(with_moved_rings(face[:, :2], face[:, :2]), SIZE)
    where = at.where_in(with_rings(face[:, :2]))
    assert np.abs(where - np.stack([at.columns, at.rows], axis=-1)).max() < 0.5
    assert np.median(np.abs(where - np.stack([at.columns, at.rows], axis=-1))) < 1e-3


def test_no_pixel_of_a_face_is_missed_and_none_is_there_twice(face: Array) -> None:
    at = covered(with_moved_rings(face[:, :2], face[:, :2]), SIZE)
    hit = np.zeros(SIZE[::-1], int)
    np.add.at(hit, (at.rows, at.columns), 1)
    assert hit.max() == 1
    box = box_of(face[list(OVAL), :2], 0, SIZE)
    within = filled(face[:, :2], [OVAL], box) > 0
    assert hit[box[1] : box[3], box[0] : box[2]][within].all()


def test_an_open_mouth_is_a_part_of_its_own(face: Array) -> None:
    moved = face[:, :2].copy()
    moved[list(INNER_MOUTH.lower[1:-1]), 1] += 30
    at = covered(with_moved_rings(face[:, :2], moved), SIZE)
    x, y = moved[[*INNER_MOUTH.upper[4:7], *INNER_MOUTH.lower[4:7]]].mean(axis=0)
    (place,) = np.flatnonzero((at.rows == round(y)) & (at.columns == round(x)))
    assert at.parts[place] == IN_MOUTH
    assert (at.parts == IN_MOUTH).sum() > 500
    assert (at.parts == SKIN).sum() > 20_000


def test_a_face_at_the_edge_of_its_picture_is_covered_as_far_as_it_is_there(face: Array) -> None:
    moved = face[:, :2] - face[:, :2].mean(axis=0)
    at = covered(with_moved_rings(moved, moved), (80, 60))
    assert at.rows.min() == at.columns.min() == 0
    assert at.rows.max() < 60
    assert at.columns.max() < 80


def test_movement_fades_beyond_the_outline(face: Array) -> None:
    target = face[:, :2] + (0, 12)
    moved = with_moved_rings(face[:, :2], target) - with_rings(face[:, :2])
    rings = moved[len(face) :].reshape(-1, len(OVAL), 2)[:, :, 1].mean(axis=1)
    assert rings[0] < 12
    assert list(rings) == sorted(rings, reverse=True)
    assert rings[-1] == 0


@given(st.floats(0, 30), st.floats(0, 20))
def test_between_pixels_a_slope_is_a_slope(x: float, y: float) -> None:
    rows, columns = np.mgrid[:21, :31]
    picture = np.stack([columns, rows, columns + rows], axis=-1).astype(np.float32)
    found = sampled(picture, np.array([[x, y]], np.float32))
    assert found[0] == pytest.approx([x, y, x + y], abs=1e-4)


def test_beyond_its_edge_a_picture_goes_on_as_it_ends() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert sampled(picture, np.array([[-5, -5], [99, 99]], np.float32)).tolist() == [0, 11]


def test_smoothing_within_a_mask_does_not_see_beyond_it() -> None:
    values = np.where(np.arange(40) < 20, 1.0, 1000.0).astype(np.float32) * np.ones((30, 1), np.float32)
    mask = (np.arange(40) < 20).astype(np.float32) * np.ones((30, 1), np.float32)
    assert smoothed_within(values, mask, 3)[:, :20] == pytest.approx(1, rel=1e-3)
    assert smoothed_within(values, mask, 3)[:, 39] == pytest.approx(0)


def test_masks_are_soft_at_their_edges_and_whole_in_their_middle() -> None:
    square = np.array([[20.0, 20], [80, 20], [80, 80], [20, 80]])
    mask = filled(square, [range(4)], (0, 0, 100, 100))
    less, more = shrunk(mask, 5), grown(mask, 5)
    assert (less <= mask).all()
    assert (more >= mask).all()
    assert less[50, 50] == more[50, 50] == 1
    assert less[20, 50] < 0.3
    assert 0 < more[17, 50] < 1
    line = traced(square, [range(2)], (0, 0, 100, 100), 6)
    assert line[20, 50] == 1
    assert line[35, 50] == 0
