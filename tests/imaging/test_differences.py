"""Root mean square and structural similarity: where they are known, and what they never leave."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from synpain_hf.imaging.differences import box_of, root_mean_square, structural_similarity

WHOLE = (slice(0, 24), slice(0, 24))
PICTURES = arrays.arrays(np.uint8, (24, 24, 3))
Pixels = npt.NDArray[np.uint8]


def test_two_flat_greys_differ_in_brightness_alone() -> None:
    one, other = (np.full((24, 24, 3), grey, np.uint8) for grey in (100, 140))
    brightness = (2 * 100 * 140 + 2.55**2) / (100**2 + 140**2 + 2.55**2)
    assert structural_similarity(one, other, WHOLE) == pytest.approx(brightness)
    assert root_mean_square(one, other, WHOLE) == 40


def test_only_what_is_within_the_box_counts() -> None:
    one = np.zeros((24, 24, 3), np.uint8)
    other = one.copy()
    other[:, 20:] = 255
    left = (slice(0, 24), slice(0, 10))
    assert root_mean_square(one, other, left) == 0
    assert structural_similarity(one, other, left) == pytest.approx(1)
    assert structural_similarity(one, other, WHOLE) < 0.9


@given(PICTURES, PICTURES)
def test_the_order_of_the_pictures_makes_no_difference(one: Pixels, other: Pixels) -> None:
    found = structural_similarity(one, other, WHOLE)
    assert found == pytest.approx(structural_similarity(other, one, WHOLE))
    assert -1 <= found <= 1
    assert 0 <= root_mean_square(one, other, WHOLE) <= 255
    assert structural_similarity(one, one, WHOLE) == pytest.approx(1)


@given(st.integers(-30, 60), st.integers(-30, 60))
def test_a_box_stays_within_the_picture(x: int, y: int) -> None:
    rows, columns = box_of(np.array([[x, y], [x + 9, y + 5]], float), (40, 30))
    assert 0 <= rows.start <= rows.stop <= 30
    assert 0 <= columns.start <= columns.stop <= 40
