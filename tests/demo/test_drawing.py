"""What drawn faces look like: action units that can be seen, an identity that survives them, composites."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import combinations, pairwise

import numpy as np
import pytest
from PIL import Image

from synpain_hf.generation.drawn.action_units import ACTION_UNITS, AT_REST, Units
from synpain_hf.generation.drawn.cast import Subject, cast
from synpain_hf.generation.drawn.composites import draw_composite, encode_composite
from synpain_hf.generation.drawn.drawing.geometry import Face
from synpain_hf.generation.drawn.expressions import Expression, draw_expressions
from synpain_hf.imaging.gutter import find_gutter
from synpain_hf.imaging.png_chunks import SIGNATURE
from synpain_hf.vocabulary import COMPOSITE_SIZE, DEMO_GENERATOR
from tests.demo.making import EYES_AT, PEOPLE, SIZE, Numbers, Pixels, difference, person, portrait

INTENSITIES = (0.5, 1.5, 2.5, 3.75, 5)
NECK = 570
"""The first row below the chin of a face whose mouth is shut."""
MOST_LOST = 3

PLACES = {
    # rows where a unit acts, counted from the eyes: brows and forehead, eyes and cheeks, nose, mouth and chin
    "AU1": (-150, 0),
    "AU2": (-150, 0),
    "AU4": (-110, 0),
    "AU6": (-30, 90),
    "AU7": (-30, 50),
    "AU9": (-30, 160),
    "AU10": (70, 170),
    "AU12": (0, 200),
    "AU15": (80, 220),
    "AU20": (80, 200),
    "AU25": (90, 220),
    "AU26": (90, 330),
    "AU43": (-30, 30),
}

MOVES: dict[str, Callable[[Face], float]] = {
    # what grows with a unit as the Facial Action Coding System has it; y points down
    "AU1": lambda face: -face.brow(1)[0][1],
    "AU2": lambda face: -face.brow(1)[-1][1],
    "AU4": lambda face: face.brow(1)[0][1] - face.brow(1)[0][0],
    "AU6": lambda face: -face.lower_lid,
    "AU7": lambda face: -(face.upper_lid + face.lower_lid),
    "AU9": lambda face: -face.nose_wing[1],
    "AU10": lambda face: -face.upper_lip_top,
    "AU12": lambda face: face.mouth_corner[0] - face.mouth_corner[1],
    "AU15": lambda face: face.mouth_corner[1],
    "AU20": lambda face: face.mouth_corner[0],
    "AU25": lambda face: face.mouth_gap,
    "AU26": lambda face: face.chin + face.mouth_gap,
    "AU43": lambda face: -face.upper_lid,
}

people = pytest.mark.parametrize("group", PEOPLE, ids="-".join)
units = pytest.mark.parametrize("unit", ACTION_UNITS)


def in_pain(seed: int) -> Units:
    (expression,) = draw_expressions(np.random.default_rng(seed), "pain", 1)
    return expression.units


@cache
def resting(group: tuple[str, str, str]) -> Pixels:
    return portrait(person(group), {})


@cache
def change(group: tuple[str, str, str], unit: str, intensity: float) -> Numbers:
    """How much each row of a resting face is changed by a unit; shape (rows,)."""
    rows: Numbers = np.abs(portrait(person(group), {unit: intensity}) - resting(group)).sum(axis=(1, 2))
    return rows


def at_rest(subject: Subject) -> Subject:
    """The same subject, with two faces that show nothing."""
    rest = Expression("neutral", AT_REST)
    return replace(subject, neutral=rest, expressive=rest)


class TestActionUnits:
    @pytest.mark.slow
    @units
    @people
    def test_a_unit_is_the_more_visible_the_stronger_it_is(self, group: tuple[str, str, str], unit: str) -> None:
        seen = [change(group, unit, intensity).sum() for intensity in INTENSITIES]
        assert seen[0] > 0
        assert all(less < more for less, more in pairwise(seen)), seen

    @pytest.mark.slow
    @units
    def test_it_is_so_on_top_of_a_pain_expression_too(self, unit: str) -> None:
        for seed, group in enumerate(PEOPLE[:2]):
            others = in_pain(seed)
            without = portrait(person(group), {**others, unit: 0})
            seen = [difference(portrait(person(group), {**others, unit: level}), without) for level in (1, 3, 5)]
            assert 0 < seen[0] < seen[1] < seen[2]

    @pytest.mark.slow
    @units
    def test_a_little_more_of_a_unit_is_a_little_more_to_be_seen(self, unit: str) -> None:
        who = person(PEOPLE[0])
        faces = [portrait(who, {unit: intensity}) for intensity in np.linspace(0, 5, 9)]
        steps = [difference(one, other) for one, other in pairwise(faces)]
        assert max(steps) < 0.3 * sum(steps), "intensities are continuous: no step stands out"

    @units
    @people
    def test_a_unit_changes_the_face_where_it_acts(self, group: tuple[str, str, str], unit: str) -> None:
        changed = change(group, unit, INTENSITIES[-1])
        top, bottom = (EYES_AT + row for row in PLACES[unit])
        assert changed[top:bottom].sum() > 0.7 * changed.sum()
        assert changed[top:bottom].mean() > 4 * np.delete(changed, slice(top, bottom)).mean()

    @units
    @people
    def test_a_unit_moves_what_it_moves_in_a_real_face(self, group: tuple[str, str, str], unit: str) -> None:
        faces = [Face.of(person(group), {**AT_REST, unit: intensity}, {}) for intensity in INTENSITIES]
        moved = list(map(MOVES[unit], faces))
        assert all(less < more for less, more in pairwise(moved)), moved

    @people
    def test_eyes_that_are_closed_are_closed(self, group: tuple[str, str, str]) -> None:
        face = Face.of(person(group), {**AT_REST, "AU43": 5.0}, {})
        assert face.upper_lid <= 0, "the upper lid has come down to the lower one"

    def test_only_the_face_moves(self) -> None:
        who = person(("young", "man", "white"))
        pain = {**in_pain(0), "AU26": 0.0}
        assert difference(portrait(who, pain)[NECK:], portrait(who, {})[NECK:]) == 0, "nor do neck and shoulders"


class TestIdentity:
    def test_an_identity_survives_its_expression(self) -> None:
        group = ("old", "woman", "middle_eastern")
        at_ease = [portrait(person(group, seed), {}) for seed in range(5)]
        suffering = [portrait(person(group, seed), in_pain(seed)) for seed in range(5)]
        between = [difference(one, other) for one, other in combinations(at_ease, 2)]
        within = [difference(one, other) for one, other in zip(at_ease, suffering, strict=True)]
        assert max(within) < min(between)

    def test_the_halves_of_a_composite_differ_a_little_in_pose_light_and_tint(self) -> None:
        for subject in cast(4, 2):
            pixels = draw_composite(at_rest(subject), 2).astype(np.int16)
            neutral, expressive = pixels[:, :640], pixels[:, -640:]
            apart = np.abs(neutral - expressive).mean()
            tints = [half.mean(axis=(0, 1)) for half in (neutral, expressive)]
            assert 1 < apart < 45
            assert 0.1 < np.abs(tints[0] - tints[1]).max() < 40


class TestComposites:
    @pytest.mark.parametrize("number", [0, 3, 7])
    def test_a_file_has_the_size_and_the_data_of_an_official_one(self, number: int) -> None:
        subject = cast(8, 0)[number]
        file = encode_composite(subject, draw_composite(subject, 0))
        with Image.open(io.BytesIO(file)) as image:
            assert image.size == COMPOSITE_SIZE == (1312, 736)
            assert image.mode == "RGB"
            assert image.format == ("JPEG" if subject.is_jpeg else "PNG")
            assert image.getexif().get(0x010F) == (DEMO_GENERATOR if subject.is_jpeg else None)
        assert file.startswith(SIGNATURE) != subject.is_jpeg
        assert subject.file_name.endswith(".jpg")

    def test_the_same_subject_of_the_same_set_always_looks_the_same(self) -> None:
        subject = cast(3, 0)[2]
        first, again, other = (draw_composite(subject, seed) for seed in (0, 0, 1))
        assert np.array_equal(first, again)
        assert not np.array_equal(first, other)

    def test_a_single_face_has_the_size_that_is_asked_for(self) -> None:
        assert portrait(person(PEOPLE[0]), {}).shape == (SIZE[1], SIZE[0], 3)

    @pytest.mark.slow
    def test_the_gutters_are_as_official_ones_are_and_nothing_of_them_is_left_in_a_face(self) -> None:
        widths = set()
        for subject in cast(60, 1):
            pixels = draw_composite(subject, 1)
            (white,) = np.nonzero((pixels == 255).all(axis=(0, 2)))
            start, stop = (int(white[0]), int(white[-1]) + 1) if white.size else (656, 656)
            widths.add(stop - start)
            assert white.size == stop - start
            assert 650 < start <= stop < 662
            assert bool(white.size) == (subject.number % 15 not in {7, 12})
            found = find_gutter(pixels, COMPOSITE_SIZE[0])
            blended = 2 if white.size else 0
            assert start - blended - MOST_LOST <= found.start <= start
            assert stop <= found.stop <= stop + blended + MOST_LOST
            for edge, inside in ((found.start - 1, found.start - 6), (found.stop, found.stop + 5)):
                assert whiteness(pixels, edge, inside) < 0.1, subject
        assert widths == {0, *range(2, 10)}


def whiteness(pixels: np.ndarray, column: int, inside: int) -> float:
    """How far a column is on the way from another, within the face, to white."""
    here, there = (float(pixels[:, place].mean()) for place in (column, inside))
    return (here - there) / (255 - there)


def test_every_unit_is_tested() -> None:
    assert list(PLACES) == list(MOVES) == list(ACTION_UNITS)
    assert {unit for unit, (_, bottom) in PLACES.items() if bottom <= 0} == {"AU1", "AU2", "AU4"}
