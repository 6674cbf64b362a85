"""What each annotator says of a face, of several, and where there is none."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import mediapipe
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from sklearn.datasets import load_sample_images

from synpain_hf.annotation.annotators import ANNOTATORS
from synpain_hf.annotation.annotators.annotator import Annotator
from synpain_hf.annotation.annotators.blendshapes import APPROXIMATED, approximate_pspi, approximate_units
from synpain_hf.annotation.annotators.head_pose import head_pose
from synpain_hf.annotation.annotators.libraries import MEDIAPIPE, OPENCV, Library
from synpain_hf.errors import MissingExtraError
from synpain_hf.imaging.png import Pixels
from synpain_hf.pspi import PSPI_UNITS
from synpain_hf.release.tables.annotations import ANNOTATIONS, features
from synpain_hf.release.tables.measured import BLENDSHAPES
from tests.terminal import run

LOOKING = ("mediapipe", "sface")
"""Those that look for a face."""

Annotators = Mapping[str, Annotator]


def number(annotators: Annotators, name: str, pixels: Pixels, column: str) -> float:
    value = annotators[name].measure(pixels)[column]
    assert isinstance(value, (int, float))
    return float(value)


def points_of(annotators: Annotators, pixels: Pixels) -> npt.NDArray[np.float64]:
    """The landmarks of a face, shape (478, 2)."""
    landmarks = annotators["mediapipe"].measure(pixels)["landmarks"]
    return np.asarray(landmarks, np.float64).reshape(-1, 3)[:, :2]


def changed(image: Image.Image) -> Pixels:
    return np.ascontiguousarray(np.asarray(image))


def in_a_frame(face: Pixels, times: float, across: float, down: float) -> tuple[Pixels, tuple[int, int]]:
    """A face in a grey frame so many times as wide and high, and where; across and down are shares of the room."""
    image = Image.fromarray(face)
    frame = Image.new("RGB", (round(image.width * times), round(image.height * times)), image.getpixel((0, 0)))
    place = round((frame.width - image.width) * across), round((frame.height - image.height) * down)
    frame.paste(image, place)
    return changed(frame), place


def side_by_side(face: Pixels, scales: tuple[float, ...]) -> Pixels:
    """A face several times in one picture, in these sizes."""
    image = Image.fromarray(face)
    sized = [image.resize((round(image.width * scale), round(image.height * scale))) for scale in scales]
    canvas = Image.new("RGB", (sum(each.width for each in sized), max(each.height for each in sized)), "grey")
    for place, each in enumerate(sized):
        canvas.paste(each, (sum(before.width for before in sized[:place]), 0))
    return changed(canvas)


@pytest.mark.parametrize("name", ANNOTATORS)
def test_it_says_what_its_columns_are_and_what_they_mean(name: str, annotators: Annotators, face: Pixels) -> None:
    measured, columns = annotators[name].measure(face), ANNOTATORS[name].columns()
    assert list(measured) == list(columns)
    assert not set(columns) & set(features())
    assert {column for column in (*columns, "reason", "made_with") if not ANNOTATIONS.meanings.get(column)} == set()


@pytest.mark.parametrize("name", LOOKING)
@pytest.mark.parametrize("picture", ["noise", "black", "a strip", "a pixel", "a temple", "a flower"])
def test_without_a_face_there_is_a_reason_and_no_value(name: str, picture: str, annotators: Annotators) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 160, 3), np.uint8)
    temple, flower = load_sample_images().images
    pixels = {
        "noise": noise,
        "black": np.zeros_like(noise),
        "a strip": np.tile(noise[:32], (1, 20, 1)),
        "a pixel": noise[:1, :1].copy(),
        "a temple": temple,
        "a flower": flower,
    }[picture]
    assert annotators[name].measure(pixels) == {"faces": 0, "reason": "no face was found"}


@pytest.mark.parametrize("name", LOOKING)
def test_of_several_faces_the_largest_is_measured_and_their_number_told(
    name: str, annotators: Annotators, face: Pixels
) -> None:
    alone, both = (annotators[name].measure(side_by_side(face, scales)) for scales in ((0.8,), (0.6, 0.8)))
    assert (alone["faces"], both["faces"]) == (1, 2)
    if name == "sface":
        assert np.dot(np.asarray(alone["embedding"]), np.asarray(both["embedding"])) > 0.95
    else:
        shift = np.asarray(both["landmarks"]).reshape(-1, 3) - np.asarray(alone["landmarks"]).reshape(-1, 3)
        assert np.median(shift[:, 0]) == pytest.approx(round(face.shape[1] * 0.6), abs=4)


@pytest.mark.parametrize("name", LOOKING)
def test_it_is_as_sure_of_a_drawn_face_as_it_can_be(name: str, annotators: Annotators, face: Pixels) -> None:
    assert 0.8 < number(annotators, name, face, "confidence") <= 1


class TestMediapipe:
    def test_landmarks_are_pixels_of_the_picture_whatever_its_size(self, annotators: Annotators, face: Pixels) -> None:
        once = np.asarray(annotators["mediapipe"].measure(face)["landmarks"]).reshape(478, 3)
        twice = np.asarray(annotators["mediapipe"].measure(side_by_side(face, (2,)))["landmarks"]).reshape(478, 3)
        height, width, _ = face.shape
        assert ((once[:, 0] > 0) & (once[:, 0] < width) & (once[:, 1] > 0) & (once[:, 1] < height)).all()
        assert once[10, 1] < once[152, 1], "the forehead is above the chin"
        assert np.abs(twice - 2 * once).mean() < 0.01 * width

    @pytest.mark.parametrize(("frame", "larger"), [(0.6, 1), (0.6, 5), (3, 1)])
    def test_landmarks_are_where_they_were_in_a_narrower_or_a_wider_frame(
        self, annotators: Annotators, face: Pixels, frame: float, larger: int
    ) -> None:
        image = Image.fromarray(face)
        width, height = (round(side * frame) for side in image.size)
        left, top = (image.width - width) // 3, (image.height - height) // 2
        framed = Image.new("RGB", (width, height), image.getpixel((0, 0)))
        framed.paste(image, (-left, -top))
        framed = framed.resize((width * larger, height * larger))
        there, here = (points_of(annotators, pixels) for pixels in (face, changed(framed)))
        apart = np.hypot(*(here / larger + (left, top) - there).T)
        assert apart.mean() < 0.0047 * np.ptp(there[:, 0])

    @pytest.mark.parametrize("across", [0.0, 0.5, 1.0])
    @pytest.mark.parametrize("down", [0.0, 0.5, 1.0])
    def test_a_face_that_is_too_small_for_a_first_look_is_found_wherever_it_is(
        self, annotators: Annotators, face: Pixels, across: float, down: float
    ) -> None:
        wide, (left, top) = in_a_frame(face, 5, across, down)
        there = points_of(annotators, face)
        measured = annotators["mediapipe"].measure(wide)
        here = np.asarray(measured["landmarks"], np.float64).reshape(-1, 3)[:, :2]
        assert np.hypot(*(here - (left, top) - there).T).mean() < 0.006 * np.ptp(there[:, 0])
        assert measured["faces"] == 1, "though it shows in several squares"
        assert float(str(measured["confidence"])) > 0.5

    @pytest.mark.parametrize("scales", [(1, 1, 1, 1), (1, 0.5, 0.5), (0.5,) * 6])
    def test_faces_in_a_row_are_all_counted_though_a_first_look_misses_some(
        self, annotators: Annotators, face: Pixels, scales: tuple[float, ...]
    ) -> None:
        assert annotators["mediapipe"].measure(side_by_side(face, scales))["faces"] == len(scales)

    def test_several_such_faces_are_counted_and_the_largest_is_measured(
        self, annotators: Annotators, face: Pixels
    ) -> None:
        small = Image.fromarray(face).resize((round(face.shape[1] * 0.9), round(face.shape[0] * 0.9)))
        wide, _ = in_a_frame(face, 6, 0.1, 0.1)
        both = Image.fromarray(wide)
        both.paste(small, (both.width - small.width, both.height - small.height))
        measured = annotators["mediapipe"].measure(changed(both))
        assert measured["faces"] == 2
        points = np.asarray(measured["landmarks"], np.float64).reshape(-1, 3)
        assert points[:, 0].max() < both.width / 2

    @pytest.mark.parametrize("turn", [-25, -10, 10, 25])
    def test_roll_follows_the_tilt_of_the_picture(self, annotators: Annotators, face: Pixels, turn: int) -> None:
        tilted = Image.fromarray(face).rotate(-turn, Image.Resampling.BICUBIC, fillcolor="grey")
        rolls = [number(annotators, "mediapipe", pixels, "roll") for pixels in (face, changed(tilted))]
        assert rolls[1] - rolls[0] == pytest.approx(turn, abs=3)

    def test_a_mirror_turns_yaw_and_roll_and_leaves_pitch(self, annotators: Annotators, face: Pixels) -> None:
        tilted = Image.fromarray(face).rotate(-15, Image.Resampling.BICUBIC, fillcolor="grey")
        mirrored = tilted.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        here, there = (annotators["mediapipe"].measure(changed(image)) for image in (tilted, mirrored))
        assert there["roll"] == pytest.approx(-float(str(here["roll"])), abs=3)
        assert there["yaw"] == pytest.approx(-float(str(here["yaw"])), abs=4)
        assert there["pitch"] == pytest.approx(here["pitch"], abs=3)

    def test_its_library_can_open_no_connection(self) -> None:
        library = Path(mediapipe.__file__).parent / "tasks" / "c" / "libmediapipe.so"
        content = library.read_bytes()
        assert b"malloc" in content
        assert [name for name in (b"getaddrinfo", b"clearcut", b"curl_easy") if name in content] == []

    @pytest.mark.slow
    def test_it_says_nothing_on_the_way_even_where_it_is_never_closed(self) -> None:
        program = (
            "import numpy as np; from tests.annotation.making import opened;"
            "print(opened('mediapipe').measure(np.zeros((64, 64, 3), np.uint8))['faces'])"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "0\n", "")


class TestHeadPose:
    @pytest.mark.slow
    @given(yaw=st.floats(-80, 80), pitch=st.floats(-80, 80), roll=st.floats(-80, 80))
    def test_it_is_what_the_head_was_turned_by(self, yaw: float, pitch: float, roll: float) -> None:
        y, p, r = map(math.radians, (yaw, -pitch, -roll))
        about_y = np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
        about_x = np.array([[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]])
        about_z = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
        assert head_pose(about_y @ about_x @ about_z) == pytest.approx((yaw, pitch, roll), abs=1e-6)

    def test_a_head_that_looks_to_the_upper_right_has_yaw_and_pitch_above_0(self) -> None:
        forward = np.array([0.5, 0.5, math.sqrt(0.5)])
        right = np.cross([0, 1, 0], forward) / np.linalg.norm(np.cross([0, 1, 0], forward))
        pose = head_pose(np.stack([right, np.cross(forward, right), forward], axis=1))
        assert min(pose.yaw, pose.pitch) > 20
        assert pose.roll == pytest.approx(0)


class TestApproximations:
    def test_a_unit_is_five_times_the_mean_of_its_blendshapes(self) -> None:
        shapes = dict.fromkeys(BLENDSHAPES, 0.0) | {"browDownLeft": 0.4, "browDownRight": 0.8, "jawOpen": 1.0}
        units = approximate_units(shapes)
        assert units["AU4"] == pytest.approx(3)
        assert units["AU26"] == 5
        assert {unit for unit, value in units.items() if value} == {"AU4", "AU26"}

    def test_the_score_has_what_can_be_approximated_and_no_name_of_the_score_itself(self) -> None:
        units = dict.fromkeys(APPROXIMATED, 1.0)
        assert approximate_pspi(units) == 4
        assert set(PSPI_UNITS) - set(units) == {"AU6", "AU9"}
        assert "pspi" not in ANNOTATORS["mediapipe"].columns()


class TestSFace:
    def test_embeddings_have_length_1_and_tell_who_it_is(self, annotators: Annotators, face: Pixels) -> None:
        small = side_by_side(face, (0.5,))
        one, other = (np.asarray(annotators["sface"].measure(pixels)["embedding"]) for pixels in (face, small))
        assert one.shape == (128,)
        assert np.linalg.norm(one) == pytest.approx(1, abs=1e-5)
        assert one @ other > 0.9

    def test_a_picture_larger_than_it_looks_at_gives_the_same_face(self, annotators: Annotators, face: Pixels) -> None:
        one, other = (annotators["sface"].measure(pixels) for pixels in (face, side_by_side(face, (3,))))
        assert np.asarray(one["embedding"]) @ np.asarray(other["embedding"]) > 0.95


class TestSharpness:
    def test_the_more_a_picture_is_blurred_the_less_sharp_it_is(self, annotators: Annotators, face: Pixels) -> None:
        image = Image.fromarray(face)
        blurred = [changed(image.filter(ImageFilter.GaussianBlur(radius))) for radius in (0, 1, 2, 4, 8)]
        for column in ("sharpness", "quality"):
            found = [number(annotators, "sharpness", pixels, column) for pixels in blurred]
            assert found == sorted(found, reverse=True)
            assert found[-1] < found[0] / 3

    @pytest.mark.parametrize(
        ("fault", "most"),
        [
            (lambda image: image.point(lambda value: value // 16), 0.2),
            (lambda image: image.point(lambda value: 120 + value // 16), 0.2),
            (lambda image: image.convert("L").point(lambda value: 255 if value > 100 else 0).convert("RGB"), 0.3),
            (lambda image: image.resize((40, 45)), 0.4),
            (lambda image: Image.new("RGB", image.size), 0.0),
            (lambda image: image.resize((32, 9000)).point(lambda value: value // 200), 0.0),
        ],
        ids=["dark", "flat", "clipped", "small", "black", "a strip"],
    )
    def test_one_fault_is_enough_for_a_low_quality(
        self, annotators: Annotators, face: Pixels, fault: object, most: float
    ) -> None:
        assert callable(fault)
        assert number(annotators, "sharpness", changed(fault(Image.fromarray(face))), "quality") <= most

    def test_size_alone_changes_little(self, annotators: Annotators, face: Pixels) -> None:
        found = [number(annotators, "sharpness", side_by_side(face, (scale,)), "sharpness") for scale in (1, 2)]
        assert found[1] == pytest.approx(found[0], rel=0.15)


class TestLibraries:
    @pytest.mark.parametrize("library", [MEDIAPIPE, OPENCV], ids=["mediapipe", "opencv"])
    def test_the_installed_one_is_loaded(self, library: Library) -> None:
        assert library.load().__name__ == library.module

    def test_one_that_is_missing_is_told_with_the_extra(self) -> None:
        with pytest.raises(
            MissingExtraError, match=r"Nothing is needed.*No module named 'no_such_module'.*\[annotate\]"
        ):
            Library("Nothing", "no_such_module", (0,), (9,), "").load()

    @pytest.mark.parametrize(("least", "below"), [((0,), (1, 0)), ((99,), (100,))])
    def test_one_of_another_version_is_told_with_the_reason(
        self, least: tuple[int, ...], below: tuple[int, ...]
    ) -> None:
        with pytest.raises(MissingExtraError, match=rf"NumPy {np.__version__} cannot be used: it counts; run `pip"):
            Library("NumPy", "numpy", least, below, "it counts").load()


def test_the_command_names_every_annotator() -> None:
    assert f"<{'|'.join(ANNOTATORS)}>" in run("annotate", "--help").stdout
