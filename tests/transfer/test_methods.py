"""What methods draw: the identity, in its picture, with the driver's expression."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from synpain_hf.annotation.finding import FaceFinder
from synpain_hf.errors import PictureError
from synpain_hf.generation.drawn.cast import cast
from synpain_hf.generation.drawn.composites import draw_composite
from synpain_hf.generation.transfer.contours import BROWS, EYES, INNER_MOUTH, LIPS, OVAL
from synpain_hf.generation.transfer.control import IRIS, LINES, control_picture
from synpain_hf.generation.transfer.mesh import with_rings
from synpain_hf.generation.transfer.methods import METHODS
from synpain_hf.generation.transfer.methods.method import Drawing, Request
from synpain_hf.generation.transfer.methods.oracle import Oracle
from synpain_hf.generation.transfer.methods.warp import Warp
from synpain_hf.transferring.cast import Member
from tests.transfer.making import Shots, difference, request


@pytest.fixture(scope="module")
def asked(shots: Shots, members: list[Member]) -> Request:
    """The expression that moves the inside of the mouth most, for another identity."""
    widest = max(members, key=lambda member: member.annotations["expressive"].units["AU26"])
    return request(shots, next(member for member in members if member is not widest), widest)


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    """The mean distance of what expressions move: brows, lids and lips."""
    moving = [point for part in (*BROWS, *(each.contour for each in (*EYES, LIPS, INNER_MOUTH))) for point in part]
    return float(np.hypot(*(one[moving, :2] - other[moving, :2]).T).mean())


class TestWarp:
    def test_an_expression_that_is_none_leaves_the_picture_as_it_is(self, asked: Request) -> None:
        still = replace(asked, expression=asked.neutral)
        drawn = Warp().draw(still)
        assert difference(drawn, asked.identity.pixels, asked.identity) < 2
        assert np.percentile(np.abs(drawn.astype(int) - asked.identity.pixels), 99) <= 3

    def test_beyond_the_rings_around_the_face_every_pixel_stays(self, asked: Request) -> None:
        drawn = Warp().draw(asked)
        rings = with_rings(np.asarray(asked.identity.landmarks, np.float64)[:, :2])
        low, high = np.floor(rings.min(axis=0)).astype(int), np.ceil(rings.max(axis=0)).astype(int)
        changed = (drawn != asked.identity.pixels).any(axis=-1)
        changed[max(low[1], 0) : high[1] + 1, max(low[0], 0) : high[0] + 1] = False
        assert not changed.any()

    @pytest.mark.slow
    def test_its_landmarks_come_nearer_to_the_truth_than_those_of_the_neutral_face(
        self, shots: Shots, members: list[Member]
    ) -> None:
        find = FaceFinder()
        requests = [request(shots, *couple) for couple in zip(members, members[5:] + members[:5], strict=True)]
        requests.sort(key=lambda wanted: -_apart(wanted.target(), wanted.identity.landmarks))
        errors = []
        for wanted in requests[:5]:
            truth, drawn = (find(Image.fromarray(method.draw(wanted))).landmarks for method in (Oracle(), Warp()))
            errors.append([_apart(wanted.identity.landmarks, truth), _apart(drawn, truth)])
        before, after = np.mean(errors, axis=0)
        assert after < 0.7 * before

    def test_an_open_mouth_shows_what_is_in_the_mouth_of_the_driver(self, asked: Request) -> None:
        red = asked.expression.pixels.copy()
        red[:] = (255, 0, 0)
        drawn = Warp().draw(replace(asked, expression=replace(asked.expression, pixels=red)))
        inside = asked.target()[[INNER_MOUTH.upper[5], INNER_MOUTH.lower[5]]].mean(axis=0)
        x, y = np.rint(inside).astype(int)
        assert drawn[y, x, 0] > 200
        assert drawn[y, x, 1:].max() < 60

    def test_a_fold_of_the_driver_darkens_the_skin_there(self, asked: Request) -> None:
        still = replace(asked, expression=asked.neutral)
        dark = asked.neutral.pixels.copy()
        x, y = np.rint(asked.neutral.landmarks[205, :2]).astype(int)  # a cheek
        dark[y - 1 : y + 2, x - 8 : x + 9] //= 2
        folded = Warp().draw(replace(still, expression=replace(still.expression, pixels=dark)))
        at = np.rint(asked.identity.landmarks[205, :2]).astype(int)
        cheek = (slice(at[1] - 2, at[1] + 3), slice(at[0] - 2, at[0] + 3))
        assert folded[cheek].mean() < 0.95 * Warp().draw(still)[cheek].mean()

    def test_the_shade_of_a_fold_is_warm_and_follows_the_brightness_of_the_driver(self, asked: Request) -> None:
        x, y = np.rint(asked.neutral.landmarks[205, :2]).astype(int)  # a cheek
        at = np.rint(asked.identity.landmarks[205, :2]).astype(int)
        cheek = (slice(at[1] - 2, at[1] + 3), slice(at[0] - 2, at[0] + 3))
        still = Warp().draw(replace(asked, expression=asked.neutral))[cheek].astype(float)
        left = {}
        for channel, name in enumerate(("red", "green", "blue")):
            dark = asked.neutral.pixels.copy()
            dark[y - 1 : y + 2, x - 8 : x + 9, channel] //= 2
            drawn = Warp().draw(replace(asked, expression=replace(asked.neutral, pixels=dark)))[cheek]
            left[name] = (drawn / still).mean(axis=(0, 1))
        assert left["green"].mean() < left["red"].mean() < left["blue"].mean()  # as they count for brightness
        assert left["green"][2] < left["green"][1] < left["green"][0] < 1

    def test_hair_that_lies_otherwise_leaves_no_trace(self, asked: Request) -> None:
        generator = np.random.default_rng(0)
        x, y = np.rint(asked.neutral.landmarks[205, :2]).astype(int)
        bearded = []
        for _ in range(2):
            pixels = asked.neutral.pixels.copy()
            cheek = pixels[y - 25 : y + 26, x - 25 : x + 26]
            hairs = np.repeat(generator.uniform(0.1, 1, cheek.shape[1] // 3), 3)
            cheek[:] = cheek * hairs[None, :, None]
            bearded.append(replace(asked.neutral, pixels=pixels))
        plain = Warp().draw(replace(asked, expression=asked.neutral)).astype(float)
        drawn = Warp().draw(replace(asked, neutral=bearded[0], expression=bearded[1]))
        at = np.rint(asked.identity.landmarks[205, :2]).astype(int)
        middle = (slice(at[1] - 6, at[1] + 7), slice(at[0] - 6, at[0] + 7))
        assert np.abs(drawn[middle] - plain[middle]).mean() < 2

    def test_light_that_differs_between_the_pictures_of_the_driver_does_not_matter(self, asked: Request) -> None:
        lit = np.clip(asked.expression.pixels * np.linspace(0.7, 1.2, asked.expression.size[0])[None, :, None], 0, 255)
        drawn = Warp().draw(replace(asked, expression=replace(asked.expression, pixels=lit.astype(np.uint8))))
        assert difference(drawn, Warp().draw(asked), asked.identity) < 4

    @pytest.mark.parametrize("light", [0.7, 1.2])
    def test_a_driver_in_another_light_leaves_the_skin_as_bright_as_it_is(self, asked: Request, light: float) -> None:
        lit = np.clip(asked.neutral.pixels * light, 0, 255).astype(np.uint8)
        drawn = Warp().draw(replace(asked, expression=replace(asked.neutral, pixels=lit)))
        plain = Warp().draw(replace(asked, expression=asked.neutral))
        for point in (50, 205, 280, 425):  # the cheeks
            x, y = np.rint(asked.identity.landmarks[point, :2]).astype(int)
            skin = (slice(y - 2, y + 3), slice(x - 2, x + 3))
            assert drawn[skin].mean() == pytest.approx(plain[skin].mean(), rel=0.02)

    def test_pictures_of_other_sizes_make_no_difference_in_the_size_of_the_result(self, asked: Request) -> None:
        half = [
            replace(shot, pixels=np.ascontiguousarray(shot.pixels[::2, ::2]), landmarks=shot.landmarks / 2)
            for shot in (asked.neutral, asked.expression)
        ]
        drawn = Warp().draw(replace(asked, neutral=half[0], expression=half[1]))
        assert drawn.shape == asked.identity.pixels.shape
        assert difference(drawn, Warp().draw(asked), asked.identity) < 6


class TestOracle:
    def test_units_of_the_neutral_face_give_the_neutral_picture_again(
        self, shots: Shots, members: list[Member]
    ) -> None:
        for member in members[:4]:
            shot = shots[member.pair_id, "neutral"]
            own = Request(shot, shot, shot, member.annotations["neutral"].units, "no_pain", member.drawing)
            assert difference(Oracle().draw(own), shot.pixels, shot) < 3  # of JPEG; the others are the same

    def test_bias_that_is_planted_in_a_group_is_drawn(self, asked: Request) -> None:
        drawing = asked.drawing
        assert drawing is not None
        bias = {"group": {"gender": drawing.gender}, "unit": "AU26", "strength": 0.0}
        biased = replace(asked, drawing=replace(drawing, biases=(bias,)))
        assert (Oracle().draw(biased) != Oracle().draw(asked)).any()

    def test_faces_in_another_style_are_drawn_in_it(self, asked: Request) -> None:
        drawing = asked.drawing
        assert drawing is not None
        sketched = replace(asked, drawing=replace(drawing, style="sketch"))
        with pytest.raises(PictureError, match="drawn otherwise by this version"):
            Oracle().draw(sketched)
        subject = next(one for one in cast(16, drawing.seed) if one.number == drawing.number)
        width = asked.identity.pixels.shape[1]
        neutral = np.ascontiguousarray(draw_composite(subject, drawing.seed, style="sketch")[:, :width])
        drawn = Oracle().draw(replace(sketched, identity=replace(asked.identity, pixels=neutral)))
        assert (drawn[:, :12] == neutral[:, :12]).all()
        assert (drawn != neutral).any()

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"drawing": None}, "no demo face"),
            ({"units": {"AU4": 1.0}}, "AU1 is not known"),
            ({"drawing": Drawing(3, "old", "man", "white", 99)}, "drawn otherwise"),
            ({"drawing": Drawing(3, "old", "man", "white", 99, style="oil")}, "in a style that this version does not"),
        ],
    )
    def test_what_cannot_be_drawn_anew_is_refused(self, asked: Request, change: dict[str, object], told: str) -> None:
        with pytest.raises(PictureError, match=told):
            Oracle().draw(replace(asked, **change))  # type: ignore[arg-type]

    def test_a_picture_of_another_size_is_refused(self, asked: Request) -> None:
        smaller = replace(asked.identity, pixels=asked.identity.pixels[:224, :224])
        with pytest.raises(PictureError, match="224 x 224 pixels"):
            Oracle().draw(replace(asked, identity=smaller))


def test_the_first_method_is_the_default_and_each_is_known_by_its_name() -> None:
    assert list(METHODS) == ["warp", "oracle", "unet", "controlnet"]
    assert all(name == method.name for name, method in METHODS.items())


@pytest.mark.slow
def test_all_methods_are_known_without_what_some_draw_with() -> None:
    hidden = ("accelerate", "diffusers", "safetensors", "skia", "torch", "transformers")
    program = (
        f"import sys; sys.modules |= dict.fromkeys({hidden})\n"
        "from synpain_hf.generation.transfer.methods import METHODS; print(*METHODS)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.split() == list(METHODS), done.stderr


def test_a_control_picture_has_each_part_in_its_colour_where_its_landmarks_are(asked: Request) -> None:
    picture = np.asarray(control_picture(asked.target(), asked.identity.size))
    assert picture.shape == asked.identity.pixels.shape
    for colour, _, lines in LINES:
        # lines cross others, so most of a part counts
        points = np.rint(asked.target()[list(lines[0])]).astype(int)
        near = np.abs(picture[points[:, 1], points[:, 0]].astype(int) - colour).max(axis=-1) < 60
        assert near.mean() > 0.4
    assert (np.abs(picture.astype(int) - IRIS).max(axis=-1) < 60).sum() > 20
    outline = asked.target()[list(OVAL)]
    assert picture[: int(outline[:, 1].min()) - 5].max() == 0


def test_irises_are_not_drawn_over_lids_that_are_shut(asked: Request) -> None:
    points = asked.target()
    for eye in EYES:
        points[list(eye.upper[1:-1])] = points[list(eye.lower[1:-1])]
    picture = np.asarray(control_picture(points, asked.identity.size))
    assert (np.abs(picture.astype(int) - IRIS).max(axis=-1) < 30).sum() == 0
