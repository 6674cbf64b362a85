from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from synpain_hf.errors import PictureError
from synpain_hf.imaging.gutter import LEAST_FACE, check_two_faces, find_gutter, searched_columns
from tests.imaging.made import WHITE, Colour, Sketch

MOST_LOST = 3
LEAST_CONTRAST = 30
"""In luma: where the two sides of an edge differ less, nobody could say where it is."""

# Read off the columns' mean and minimum. A pure column is white (above 235, JPEG included) in every row. A blended one
# lies between the face beside it and the gutter, or between the two faces. Beside those the resampler overshoots:
# darker by up to a tenth of the contrast.
SAMPLES = {
    # name: (pure gutter), (pure and blended), (with overshoot), each as [start, stop)
    "1000020580_NoPain_man_Young": ((652, 660), (651, 661), (650, 662)),
    "1001243070_NoPain_man_Old": ((652, 659), (651, 661), (650, 662)),
    "1001316340_NoPain_man_Old": ((653, 659), (652, 660), (651, 661)),
    "1010214830_NoPain_woman_Young": ((656, 656), (656, 657), (655, 658)),
    "1010335660_NoPain_woman_Young": ((652, 659), (650, 661), (649, 662)),
    "1100252950_Pain_man_Young": ((653, 659), (652, 661), (651, 662)),
    "1100345860_Pain_man_Young": ((653, 659), (651, 661), (650, 662)),
    "1101012621_Pain_Man_Old": ((655, 658), (654, 659), (653, 660)),
    "1110124850_Pain_woman_Young": ((652, 660), (651, 661), (650, 662)),
    "1111211701_Pain_Woman_Old": ((655, 657), (654, 658), (653, 659)),
}


def split_of(sketch: Sketch) -> tuple[int, int]:
    """Columns of the picture lost on the left and on the right; negative where a foreign one was left in a face."""
    gutter = find_gutter(sketch.draw(), sketch.size[0])
    start, stop = sketch.foreign
    return start - gutter.start, gutter.stop - stop


def is_right(lost: tuple[int, int]) -> bool:
    return all(0 <= columns <= MOST_LOST for columns in lost)


def luma(colour: Colour) -> float:
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_real_composite_is_cut_beside_its_gutter(sample: Path, name: str) -> None:
    with Image.open(sample / "Images" / f"{name}.jpg") as image:
        pixels = np.asarray(image.convert("RGB"))
    gutter = find_gutter(pixels, 1312)
    _, (start, stop), (from_overshoot, to_overshoot) = SAMPLES[name]
    assert 0 <= start - gutter.start <= MOST_LOST
    assert 0 <= gutter.stop - stop <= MOST_LOST
    assert gutter.start <= from_overshoot
    assert gutter.stop >= to_overshoot
    assert gutter.start >= 0.45 * 1312
    assert 1312 - gutter.stop >= 0.45 * 1312


@pytest.mark.parametrize("name", SAMPLES)
def test_the_table_of_real_gutters_is_what_the_pictures_show(sample: Path, name: str) -> None:
    with Image.open(sample / "Images" / f"{name}.jpg") as image:
        least = np.asarray(image.convert("RGB")).mean(axis=2).min(axis=0)
    (start, stop), *_ = SAMPLES[name]
    assert (least[start:stop] > 235).all()
    assert (least[[start - 2, stop + 1]] < 235).all()


def test_every_real_composite_is_in_the_table(sample: Path) -> None:
    assert {path.stem for path in sample.glob("*/*.jpg")} == set(SAMPLES)


@st.composite
def sketches(draw: st.DrawFn) -> Sketch:
    """Composites whose gutter can be told: of white or a clear colour, or a clear edge, or a background that ends."""

    def colour(low: int = 20, high: int = 225) -> Colour:
        channel = st.integers(low, high)
        return draw(st.tuples(channel, channel, channel))

    size = draw(st.sampled_from([(656, 368), (656, 368), (1024, 512), (1312, 736)]))
    gutter = draw(st.integers(0, 14))
    kind = draw(st.sampled_from(["white", "white", "background", "coloured"])) if gutter else "edge"
    walls, of_gutter, shoulders = (colour(), colour()), WHITE, None
    if kind == "edge":
        assume(abs(luma(walls[0]) - luma(walls[1])) >= LEAST_CONTRAST)
    elif kind == "coloured":
        of_gutter = colour(0, 255)
        assume(gutter > 1 and all(abs(luma(of_gutter) - luma(wall)) >= LEAST_CONTRAST for wall in walls))
    elif kind == "background":
        runs_in = draw(st.sampled_from([(True, False), (False, True), (True, True)]))
        walls = (WHITE if runs_in[0] else walls[0], WHITE if runs_in[1] else walls[1])
    if kind == "background" or (kind == "white" and draw(st.booleans())):
        shoulders = (colour(20, 200), colour(20, 200))
    blended = draw(st.integers(0, 2))
    room = int(0.05 * size[0]) - (gutter + 2 * blended) // 2 - MOST_LOST - 2
    return Sketch(
        size=size,
        gutter=gutter,
        blended=blended,
        shift=draw(st.integers(-room, room)),
        colour=of_gutter,
        walls=walls,
        shoulders=shoulders,
        shoulder_rows=draw(st.integers(48, size[1] // 3)),
        overshoot=draw(st.booleans()),
        noise=draw(st.floats(0, 6)),
        jpeg=draw(st.sampled_from([None, None, 95, 85])),
        seed=draw(st.integers(0, 99)),
    )


@pytest.mark.slow
@settings(max_examples=180)
@given(sketches())
# A coloured gutter between two blended columns each, which are columns of one colour themselves.
@example(
    Sketch(
        gutter=9,
        blended=2,
        shift=14,
        colour=(177, 225, 119),
        walls=((178, 151, 120), (179, 82, 143)),
        shoulders=((169, 177, 154), (56, 104, 164)),
        shoulder_rows=192,
        overshoot=True,
        noise=4.521860880375874,
        seed=33,
    )
)
@example(
    Sketch(
        size=(656, 368),
        gutter=14,
        blended=2,
        shift=15,
        colour=(90, 33, 19),
        walls=((196, 125, 131), (196, 223, 106)),
        shoulders=((196, 172, 182), (196, 195, 182)),
        shoulder_rows=82,
        overshoot=True,
        noise=3.223011582231489,
        jpeg=92,
        seed=75,
    )
)
def test_no_gutter_is_left_in_a_face_and_little_of_the_picture_is_lost(sketch: Sketch) -> None:
    lost = split_of(sketch)
    assert is_right(lost), lost


@pytest.mark.parametrize("gutter", range(15))
@pytest.mark.parametrize("side", [0, 1])
def test_a_white_background_on_one_side_is_told_from_the_gutter_by_the_other_side(gutter: int, side: int) -> None:
    walls = ((120, 130, 140), WHITE) if side else (WHITE, (120, 130, 140))
    assert is_right(split_of(Sketch(size=(656, 368), gutter=gutter, blended=gutter > 0, walls=walls)))


@pytest.mark.parametrize("wall", [225, 240, 248])
@pytest.mark.parametrize("gutter", [2, 5, 9])
def test_a_nearly_white_background_is_no_gutter(wall: int, gutter: int) -> None:
    walls = ((wall, wall, wall), (wall, wall, wall))
    assert is_right(split_of(Sketch(size=(656, 368), gutter=gutter, walls=walls, noise=3)))


@pytest.mark.parametrize("pixels", [np.full((368, 656, 3), 90, np.uint8), np.full((368, 656, 3), 255, np.uint8)])
def test_a_composite_without_gutter_or_edge_is_cut_in_the_middle(pixels: np.ndarray) -> None:
    gutter = find_gutter(pixels, 656)
    assert (gutter.start, gutter.stop) == (328, 328)


def test_a_strong_line_in_a_few_rows_does_not_pass_for_the_edge() -> None:
    pixels = Sketch(gutter=0, blended=0, walls=((100, 100, 100), (140, 140, 140)), noise=1).draw()
    pixels[:90, 630:] = 255
    gutter = find_gutter(pixels, 1312)
    assert gutter.start <= 656 <= gutter.stop
    assert gutter.stop - gutter.start <= 2 * MOST_LOST


def test_a_white_line_outside_the_middle_tenth_is_no_gutter() -> None:
    sketch = Sketch(gutter=6)
    pixels = sketch.draw()
    pixels[:, 500:506] = 255
    pixels[:, 800:806] = 255
    assert find_gutter(pixels, 1312) == find_gutter(sketch.draw(), 1312)


@settings(max_examples=60)
@given(st.integers(72, 400), st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_each_face_keeps_45_percent_of_any_picture_at_all(width: int, seed: int, cell: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.choice(np.array([0, 128, 255], np.uint8), (width // 2, -(-width // cell), 3)).repeat(cell, 1)[
        :, :width
    ]
    gutter = find_gutter(pixels, width)
    assert gutter.start <= gutter.stop
    assert gutter.start >= LEAST_FACE * width
    assert width - gutter.stop >= LEAST_FACE * width


def test_the_gutter_does_not_depend_on_columns_that_are_not_searched() -> None:
    pixels = Sketch(gutter=5, shift=-9).draw()
    assert find_gutter(pixels[:, : searched_columns(1312)], 1312) == find_gutter(pixels, 1312)


@pytest.mark.parametrize("width", [72, 100, 656, 1312, 4001])
def test_no_more_columns_are_searched_than_there_are(width: int) -> None:
    assert math.floor(0.55 * width) <= searched_columns(width) <= width


@pytest.mark.parametrize("size", [(1312, 736), (656, 368), (96, 80), (4000, 1000)])
def test_a_picture_that_is_wide_enough_can_hold_two_faces(size: tuple[int, int]) -> None:
    check_two_faces(*size)


@pytest.mark.parametrize("size", [(736, 736), (736, 1312), (768, 1280), (70, 40), (4001, 1000)])
def test_a_picture_of_another_shape_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match=rf"is {size[0]} x {size[1]} pixels, not two faces .*; give the whole"):
        check_two_faces(*size)


def test_a_blended_edge_is_found_after_jpeg_at_low_quality() -> None:
    for quality in (95, 80, 60):
        assert is_right(
            split_of(Sketch(size=(656, 368), gutter=0, blended=1, jpeg=quality, walls=((60,) * 3, (150,) * 3)))
        )
