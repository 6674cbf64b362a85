"""Drawn faces differ at rest, so that one face alone misleads, and what they show can still be seen."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synpain_hf.generation.drawn.action_units import ACTION_UNITS, AT_REST
from synpain_hf.generation.drawn.cast import cast
from synpain_hf.generation.drawn.composites import draw_composite
from synpain_hf.generation.drawn.drawing.geometry import Face
from synpain_hf.generation.drawn.expressions import Expression, draw_expressions
from synpain_hf.generation.drawn.resting import MOST, PULLS, Uneven, draw_rest, draw_unevenness
from synpain_hf.vocabulary import CLASSES
from tests.demo.making import PEOPLE, difference, person, portrait

SEEDS = st.integers(0, 2**63 - 1)
AGES = st.sampled_from(CLASSES["age_group"])
STRENGTHS = st.fixed_dictionaries({unit: st.floats(0, 5) for unit in ACTION_UNITS})
LEAST_MOVED = 0.75
"""Of the way that a unit moves a face at which nothing pulls; lids excepted, which end where they end."""


def rests(age_group: str, count: int = 400) -> dict[str, np.ndarray]:
    """What pulls at the faces of many people, by unit."""
    drawn = [draw_rest(np.random.default_rng(seed), age_group) for seed in range(count)]
    return {unit: np.array([rest[unit] for rest in drawn]) for unit in ACTION_UNITS}


@given(SEEDS, AGES)
def test_what_pulls_at_rest_is_bounded_and_lips_are_shut(seed: int, age_group: str) -> None:
    rest = draw_rest(np.random.default_rng(seed), age_group)
    assert list(rest) == list(ACTION_UNITS)
    assert all(PULLS[unit].least <= rest[unit] <= MOST for unit in PULLS)
    assert rest["AU25"] == rest["AU26"] == 0
    face = Face.of(replace(person(PEOPLE[0]), rest=rest), AT_REST, {})
    assert face.mouth_gap == 0
    assert face.upper_lid > 0, "nobody sleeps"


@pytest.mark.parametrize("unit", ["AU4", "AU43", "AU15"])
def test_age_lowers_brows_lids_and_corners_of_the_mouth(unit: str) -> None:
    assert rests("old")[unit].mean() > rests("young")[unit].mean() + 0.2


@pytest.mark.parametrize("age_group", CLASSES["age_group"])
def test_people_differ_at_rest_by_as_much_as_expressions_do(age_group: str) -> None:
    pulls = rests(age_group)
    for unit in ("AU4", "AU7", "AU43"):
        shown = [one.units[unit] for one in draw_expressions(np.random.default_rng(0), "pain", 400)]
        assert pulls[unit].std() > 0.5 * np.std(shown)


def test_old_faces_are_less_even_than_young_ones() -> None:
    spread = {
        age: np.std([draw_unevenness(np.random.default_rng(seed), age) for seed in range(200)])
        for age in CLASSES["age_group"]
    }
    assert spread["old"] > 1.5 * spread["young"] > 0


@given(SEEDS, AGES, st.sampled_from(sorted(set(ACTION_UNITS) - {"AU6", "AU7", "AU43"})))
def test_whatever_pulls_at_rest_a_unit_moves_the_face_nearly_as_far(seed: int, age_group: str, unit: str) -> None:
    who = replace(person(PEOPLE[0]), rest=draw_rest(np.random.default_rng(seed), age_group))
    moved = Face.of(who, {**AT_REST, unit: 5.0}, {}).units[unit] - Face.of(who, AT_REST, {}).units[unit]
    assert moved >= LEAST_MOVED


@given(SEEDS, AGES, STRENGTHS)
def test_lids_close_and_do_not_cross_and_lips_neither(seed: int, age_group: str, units: dict[str, float]) -> None:
    who = replace(person(PEOPLE[1]), rest=draw_rest(np.random.default_rng(seed), age_group))
    open_by = []
    for closed in (0.0, 2.5, 5.0):
        face = Face.of(who, {**units, "AU43": closed}, {})
        assert face.mouth_gap >= 0
        open_by.append(face.upper_lid + face.lower_lid)
    assert all(wider > narrower >= 0 for wider, narrower in pairwise(open_by))


@settings(max_examples=30)
@given(SEEDS, AGES, st.sampled_from(sorted(ACTION_UNITS)))
def test_furrows_deepen_with_their_unit_and_never_beyond_the_deepest(seed: int, age_group: str, unit: str) -> None:
    who = replace(person(PEOPLE[1]), rest=draw_rest(np.random.default_rng(seed), age_group))
    marks = [Face.of(who, {**AT_REST, unit: level}, {}).marks[unit] for level in (0.0, 2.5, 5.0)]
    assert 0 <= marks[0] < marks[1] < marks[2] <= 1 + 1e-9


def test_a_resting_face_looks_like_another_ones_frown_and_units_stay_what_they_are() -> None:
    plain = replace(person(PEOPLE[0]), rest=AT_REST, uneven=Uneven(0, 0, 0))
    stern = replace(plain, rest={**AT_REST, "AU4": 2.0})
    assert difference(portrait(stern, {}), portrait(plain, {"AU4": 2.0})) < 0.5 * difference(
        portrait(plain, {}), portrait(plain, {"AU4": 2.0})
    )
    assert Face.of(stern, {**AT_REST, "AU4": 1.0}, {}).shown["AU4"] == 0.2


def test_an_uneven_face_is_lower_on_one_side() -> None:
    who = replace(person(PEOPLE[0]), uneven=Uneven(1, 1, 1))
    face = Face.of(who, AT_REST, {})
    assert all(right[1] > left[1] for left, right in zip(face.brow(-1), face.brow(1), strict=True))
    even = replace(who, uneven=Uneven(0, 0, 0))
    for part in ("brow", "lid", "corner"):
        assert difference(portrait(replace(even, uneven=even.uneven._replace(**{part: 1})), {}), portrait(even, {})) > 0


@pytest.mark.parametrize("number", range(3))
def test_framing_and_light_are_the_same_whatever_a_face_shows(number: int) -> None:
    subject = cast(3, 4)[number]
    calm = replace(subject, expressive=Expression("neutral", AT_REST))
    top = slice(0, 40)
    assert np.array_equal(draw_composite(subject, 4)[top], draw_composite(calm, 4)[top]), "the wall over the head"
