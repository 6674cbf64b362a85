"""Faces come to stand where they are expected, however they were photographed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from synpain_hf.errors import MissingExtraError, PictureError, UsageError
from synpain_hf.imaging.alignment import pwct, similarity
from synpain_hf.imaging.alignment.landmarks import LEFT_EYE, MOUTH, RIGHT_EYE, Points, middle
from synpain_hf.imaging.alignment.transforms import apply, similarity_between
from tests.imaging.published import published

MEAN = pwct.our_mean_face().points
PARTS = (RIGHT_EYE, LEFT_EYE, MOUTH)


def photographed(size: tuple[int, int], angle: float, scale: float, at: tuple[float, float]) -> Points:
    """The landmarks of the mean face in a photograph: turned by some degrees, so wide, with its middle somewhere."""
    turn = np.deg2rad(angle)
    matrix = scale / 155 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    points: Points = (MEAN - MEAN.mean(axis=0)) @ matrix.T + np.array(size) * at
    return points


def with_dots(size: tuple[int, int], points: Points) -> Image.Image:
    """A picture with a dot of another colour at either eye and the mouth."""
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    radius = 4.0
    for part, colour in zip(PARTS, ("red", "lime", "blue"), strict=True):
        x, y = middle(points, part)
        draw.ellipse((x - radius - 0.5, y - radius - 0.5, x + radius - 0.5, y + radius - 0.5), fill=colour)
    return image


def textured(size: tuple[int, int], seed: int = 0) -> Image.Image:
    """A picture whose colours change slowly."""
    noise = np.random.default_rng(seed).integers(0, 256, (24, 20, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)


@given(
    size=st.tuples(st.integers(200, 700), st.integers(200, 700)),
    angle=st.floats(-180, 180),
    share=st.floats(0.4, 0.9),
    at=st.tuples(st.floats(0.4, 0.6), st.floats(0.4, 0.6)),
    out=st.sampled_from([(160, 160), (224, 224), (160, 224), (256, 128)]),
)
def test_eyes_and_mouth_stand_at_fixed_points(
    size: tuple[int, int], angle: float, share: float, at: tuple[float, float], out: tuple[int, int]
) -> None:
    points = photographed(size, angle, share * min(size), at)
    aligned = np.asarray(similarity.aligned(with_dots(size, points), points, out)).astype(float)
    assert aligned.shape == (out[1], out[0], 3)
    y, x = np.mgrid[: out[1], : out[0]] + 0.5
    where = [[(aligned[..., c] * axis).sum() / aligned[..., c].sum() for axis in (x, y)] for c in range(3)]
    assert np.abs(np.array(where) - similarity.fixed_points(out)).max() < 0.02 * min(out)


@pytest.mark.parametrize("times", [0.5, 1, 2, 3])
def test_a_face_is_the_same_however_large_its_frame(times: float) -> None:
    face = textured((300, 300))
    points = photographed((300, 300), 10, 200, (0.5, 0.5))
    expected = np.asarray(similarity.aligned(face, points, (160, 160))).astype(float)
    side = round(300 * max(times, 1))
    left = (side - 300) // 2
    frame = face.transform((side, side), Image.Transform.AFFINE, (1, 0, -left, 0, 1, -left))
    moved = points + left
    if times < 1:
        frame, moved = frame.resize((150, 150), Image.Resampling.LANCZOS), moved / 2
    given = np.asarray(similarity.aligned(frame, moved, (160, 160))).astype(float)
    assert np.abs(given - expected)[20:140, 20:140].mean() < 3


@pytest.mark.parametrize("share", [1.0, 0.8, 0.6])
def test_beyond_a_tight_frame_the_picture_goes_on_and_nothing_within_changes(share: float) -> None:
    face, points = textured((300, 300)), photographed((300, 300), 10, 200, (0.5, 0.5))
    side = round(200 * share)
    left = (300 - side) // 2
    whole, cut = (
        np.asarray(similarity.aligned(picture, moved, (160, 160))).astype(int)
        for picture, moved in ((face, points), (face.crop((left, left, left + side, left + side)), points - left))
    )
    matrix = similarity.placing(points, (160, 160))
    y, x = np.mgrid[:160, :160] + 0.5
    turned = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
    at = apply(turned, np.stack([x, y], axis=-1))
    inside = ((at > left + 4) & (at < left + side - 4)).all(axis=-1)
    assert 0.1 < inside.mean() < 1
    assert np.abs(whole - cut)[inside].mean() < 3  # as both are averaged by themselves
    assert not (cut == 0).all(axis=-1)[~inside].any(), "black is in no part of this picture"


@given(
    side=st.integers(1, 900),
    angle=st.floats(-180, 180),
    width=st.floats(30, 5000),
    at=st.tuples(st.floats(-3, 4), st.floats(-3, 4)),
    mode=st.sampled_from(["L", "RGB"]),
)
def test_a_picture_of_one_colour_stays_so_wherever_its_landmarks_are(
    side: int, angle: float, width: float, at: tuple[float, float], mode: str
) -> None:
    points = photographed((side, side), angle, width, at)
    image = Image.new(mode, (side, side), "white")
    aligned = np.asarray(similarity.aligned(image, points, (64, 64)))
    near = 0.2 < side / width < 2 and max(map(abs, at)) < 1.5
    assert aligned.shape[:2] == (64, 64)
    assert (aligned == 255).all() or not near


def test_an_open_mouth_leaves_the_eyes_where_they_are() -> None:
    neutral = photographed((300, 300), 10, 200, (0.5, 0.5))
    open_wide = neutral.copy()
    open_wide[48:] += (3, 20)
    eyes = []
    for points in (neutral, open_wide):
        aligned = np.asarray(similarity.aligned(with_dots((300, 300), points), points, (160, 160))).astype(float)
        y, x = np.mgrid[:160, :160]
        eyes.append([[(aligned[..., c] * axis).sum() / aligned[..., c].sum() for axis in (x, y)] for c in range(2)])
    assert np.hypot(*(np.array(eyes[0]) - eyes[1]).T).max() < 2


@given(
    angle=st.floats(-180, 180), scale=st.floats(0.1, 10), shift=st.tuples(st.floats(-500, 500), st.floats(-500, 500))
)
def test_a_similarity_is_found_again(angle: float, scale: float, shift: tuple[float, float]) -> None:
    turn = np.deg2rad(angle)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    target = MEAN @ linear.T + shift
    matrix = similarity_between(MEAN, target)
    assert np.allclose(matrix[:, :2], linear, atol=1e-9)
    assert np.allclose(apply(matrix, MEAN), target, atol=1e-6)


@pytest.mark.parametrize("size", [(320, 360), (651, 736), (240, 200)])
@pytest.mark.parametrize("angle", [0, -12, 30])
def test_faces_for_pwct_are_those_of_the_published_steps(size: tuple[int, int], angle: float) -> None:
    points = photographed(size, angle, 0.5 * min(size), (0.5, 0.5))
    points += np.random.default_rng(1).normal(0, 0.01 * min(size), points.shape)
    image = textured(size)
    ours = np.asarray(pwct.aligned(image, points))
    assert ours.shape == (160, 160)
    assert ours.dtype == np.uint8
    assert np.abs(ours.astype(int) - published(image, points, MEAN)).mean() < 2


def test_grey_pictures_are_aligned_as_those_of_three_equal_channels() -> None:
    points = photographed((300, 320), 5, 150, (0.5, 0.5))
    grey = textured((300, 320)).convert("L")
    for align in (pwct.aligned, lambda image, points: similarity.aligned(image, points, (160, 160)).convert("L")):
        given, expected = (np.asarray(align(image, points)).astype(int) for image in (grey, grey.convert("RGB")))
        assert np.abs(given - expected).max() <= 1


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_part_that_a_face_for_pwct_is_in_may_be_smoothed(mode: str) -> None:
    points = photographed((300, 320), 5, 150, (0.5, 0.5))
    image = textured((300, 320)).convert(mode)
    plain, same, black = (
        np.asarray(pwct.aligned(image, points, smooth=smooth)) for smooth in (None, np.copy, np.zeros_like)
    )
    assert np.array_equal(same, plain)
    assert np.unique(black).size == 1 < np.unique(plain).size


def test_the_published_mean_face_is_read_from_its_file(tmp_path: Path) -> None:
    np.save(tmp_path / "face.npy", np.round(MEAN * 3).astype(np.int64))
    face = pwct.MeanFace.of(pwct.read_points(tmp_path / "face.npy"))
    assert face.points[:, 0].max() <= 155
    assert (face.points - (0, 15)).max() == 155
    points = photographed((300, 320), 5, 150, (0.5, 0.5))
    image = textured((300, 320))
    given = np.asarray(pwct.aligned(image, points, face))
    assert np.abs(given.astype(int) - published(image, points, face.points)).mean() < 2


def faulty(kind: str) -> Any:
    points = MEAN.copy()
    if kind == "nan":
        points[3, 1] = np.nan
    if kind == "infinite":
        points[60, 0] = np.inf
    if kind == "eyes in one place":
        points[LEFT_EYE] = points[RIGHT_EYE]
    return {"few": points[:67], "flat": points.ravel(), "space": np.zeros((68, 4))}.get(kind, points)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("nan", "not finite"),
        ("infinite", "not finite"),
        ("eyes in one place", "eyes less than 4 pixels apart"),
        ("few", r"shape \(67, 2\)"),
        ("flat", r"shape \(136,\)"),
        ("space", r"shape \(68, 4\)"),
    ],
)
def test_landmarks_that_nothing_can_be_aligned_by_are_refused(kind: str, told: str) -> None:
    image = textured((200, 200))
    with pytest.raises(PictureError, match=told):
        similarity.aligned(image, faulty(kind), (160, 160))
    with pytest.raises(PictureError, match=told):
        pwct.aligned(image, faulty(kind))


@pytest.mark.parametrize("kind", ["missing", "text", "objects", "few", "nan", "large", "folder", "empty"])
def test_files_that_hold_no_mean_face_are_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "face.npy"
    if kind == "text":
        path.write_text("68 points", encoding="utf-8")
    elif kind == "folder":
        path.mkdir()
    elif kind == "empty":
        path.touch()
    elif kind != "missing":
        held = {
            "objects": np.array([None], dtype=object),
            "few": MEAN[:5],
            "nan": faulty("nan"),
            "large": np.zeros((9000, 2)),
        }[kind]
        np.save(path, held)
    with pytest.raises(UsageError, match=r"is no mean face .*; give an \.npy file with an array of shape \(68, 2\)"):
        pwct.read_points(path)


@pytest.mark.parametrize(
    ("points", "told"),
    [
        (MEAN - 500, r"no point to the right of and below \(0, 0\)"),
        (MEAN - (0.999 * MEAN[:, 0].max(), MEAN[:, 1].max()), "points far to the left of or above"),
        (MEAN * (1, 0.01), "all its points about on a line"),
        (np.stack([MEAN[:, 0], MEAN[:, 0]], axis=1), "all its points about on a line"),
    ],
)
def test_points_onto_which_nothing_can_be_warped_are_no_mean_face(tmp_path: Path, points: Any, told: str) -> None:
    np.save(tmp_path / "face.npy", points)
    with pytest.raises(UsageError, match=told):
        pwct.read_points(tmp_path / "face.npy")


def test_what_a_file_claims_takes_no_memory_and_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    with (tmp_path / "claim.npy").open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (2**33, 2)}
        np.lib.format.write_array_header_1_0(file, header)
    os.mkfifo(tmp_path / "pipe.npy")
    with pytest.raises(UsageError, match="it is not a file"):
        pwct.read_points(tmp_path / "pipe.npy")
    with pytest.raises(UsageError, match=r"it holds an array of shape \(8589934592, 2\)"):
        pwct.read_points(tmp_path / "claim.npy")


def test_an_array_of_words_is_no_mean_face(tmp_path: Path) -> None:
    np.save(tmp_path / "face.npy", np.full((68, 2), "one"))
    with pytest.raises(UsageError, match="it holds no numbers"):
        pwct.read_points(tmp_path / "face.npy")


def test_the_extra_is_named_where_opencv_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    with pytest.raises(MissingExtraError, match=r"synpain-hf\[annotate\]"):
        pwct.aligned(textured((200, 200)), photographed((200, 200), 0, 100, (0.5, 0.5)))
