"""The square round a face: cut out, and put back so that nothing but the face changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synpain_hf.errors import PictureError
from synpain_hf.generation.transfer.contours import OVAL
from synpain_hf.generation.transfer.methods.learned.cropping import Square, face_mask, put_back
from synpain_hf.generation.transfer.shot import Shot


@pytest.fixture(scope="module")
def shot(shots: dict[tuple[str, str], Shot]) -> Shot:
    return next(iter(shots.values()))


def test_the_face_is_in_the_middle_of_its_square_with_room_around(shot: Shot) -> None:
    square = Square.around(shot.landmarks, 64)
    points = square.points(shot.landmarks[:, :2].astype(float))
    assert points.min() > 4
    assert points.max() < 59
    assert np.allclose((points.min(axis=0) + points.max(axis=0)) / 2, 31.5)


@settings(deadline=None, max_examples=30)
@given(
    left=st.floats(-90, 90), top=st.floats(-90, 90), side=st.floats(20, 160), size=st.sampled_from([16, 32, 64])
)  # fmt: skip
def test_a_square_beyond_the_edge_of_a_picture_goes_on_as_at_the_edge(
    left: float, top: float, side: float, size: int
) -> None:
    picture = np.full((70, 90, 3), (200, 90, 30), np.uint8)
    assert (Square(left, top, side, size).cut(picture) == picture[0, 0]).all()


def test_what_is_cut_and_spread_again_is_where_it_was() -> None:
    rows, columns = np.mgrid[:120, :140]
    picture = np.stack([rows, columns, rows + columns], axis=-1).astype(np.uint8)  # linear, so resampling keeps it
    square = Square(20.3, 11.8, 77.7, 64)
    box = square.box((140, 120))
    left, top, right, bottom = box
    spread = square.spread(square.cut(picture).astype(np.float32), box)
    change = (spread - picture[top:bottom, left:right])[4:-4, 4:-4]
    assert np.abs(change).max() < 1.5  # of rounding
    assert np.abs(change.mean(axis=(0, 1))).max() < 0.1


@pytest.mark.parametrize("landmarks", [np.full((478, 3), np.nan), np.zeros((478, 3)), np.full((478, 3), np.inf)])
def test_landmarks_that_span_no_face_are_refused(landmarks: np.ndarray) -> None:
    with np.errstate(invalid="ignore"), pytest.raises(PictureError, match="span no face; find them again"):
        Square.around(landmarks, 64)


class TestPutBack:
    def test_what_is_no_face_keeps_its_pixels(self, shot: Shot) -> None:
        points = shot.landmarks[:, :2].astype(float)
        square = Square.around(points, 64)
        red = np.full((64, 64, 3), (255, 0, 0), np.uint8)
        whole = put_back(shot.pixels, square, red, [points])
        box = square.box(shot.size)
        mask = np.zeros(shot.pixels.shape[:2])
        mask[box[1] : box[3], box[0] : box[2]] = face_mask([points], square, box)
        assert (whole[mask == 0] == shot.pixels[mask == 0]).all()
        assert 0.1 < (mask > 0).mean() < 0.6
        inside = np.rint(points[list(OVAL)].mean(axis=0)).astype(int)
        assert (whole[inside[1], inside[0]] != shot.pixels[inside[1], inside[0]]).any()

    def test_colours_are_matched_at_the_rim(self, shot: Shot) -> None:
        points = shot.landmarks[:, :2].astype(float)
        square = Square.around(points, 128)
        shifted = np.clip(square.cut(shot.pixels).astype(int) + 25, 0, 255).astype(np.uint8)
        whole = put_back(shot.pixels, square, shifted, [points])
        box = square.box(shot.size)
        mask = face_mask([points], square, box)
        change = whole[box[1] : box[3], box[0] : box[2]].astype(float) - shot.pixels[box[1] : box[3], box[0] : box[2]]
        assert np.abs(change[mask == 1].mean()) < 6

    def test_the_mask_covers_the_face_before_and_after(self, shot: Shot) -> None:
        points = shot.landmarks[:, :2].astype(float)
        square = Square.around(points, 64)
        box = square.box(shot.size)
        lower = points + np.array([0, 25])
        both = face_mask([points, lower], square, box)
        assert (both >= face_mask([points], square, box) - 1e-6).all()
        chin = np.rint(lower[152]).astype(int) - (box[0], box[1] + 3)
        assert both[chin[1], chin[0]] > 0.5
        assert face_mask([points], square, box)[chin[1], chin[0]] < 0.1
