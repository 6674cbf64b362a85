"""Who is in a set of demo faces."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synpain_hf.errors import UsageError
from synpain_hf.generation.drawn.cast import Subject, cast
from synpain_hf.generation.drawn.identity import SKIN_TONES, draw_identity
from synpain_hf.sources.demo import DemoSource
from synpain_hf.sources.names import parse_name
from synpain_hf.vocabulary import CLASSES
from tests.demo.making import person

COLUMNS = ("label", "age_group", "gender", "ethnicity")
COLOURS = {"skin", "hair", "iris", "lip"}
SEEDS = st.integers(0, 2**63 - 1)


def cell_of(subject: Subject) -> tuple[str, ...]:
    return tuple(getattr(subject, column) for column in COLUMNS)


class TestGroups:
    def test_as_many_pairs_as_in_the_paper_have_its_totals_by_age(self) -> None:
        assert Counter(subject.age_group for subject in cast(5_355, 0)) == {"old": 2_895, "young": 2_460}

    @settings(max_examples=40)
    @given(st.integers(1, 400), SEEDS)
    def test_the_cells_of_an_age_group_differ_by_one_pair_at_most(self, pairs: int, seed: int) -> None:
        counts = Counter(map(cell_of, cast(pairs, seed)))
        assert counts.total() == pairs
        for age_group in CLASSES["age_group"]:
            others = (CLASSES[column] for column in ("label", "gender", "ethnicity"))
            cells = [counts[label, age_group, gender, ethnicity] for label, gender, ethnicity in product(*others)]
            assert max(cells) - min(cells) <= 1

    @settings(max_examples=40)
    @given(st.integers(1, 400), SEEDS)
    def test_age_groups_have_the_papers_proportion_in_any_number_of_pairs(self, pairs: int, seed: int) -> None:
        old = sum(subject.age_group == "old" for subject in cast(pairs, seed))
        assert abs(old - pairs * 2_895 / 5_355) <= 0.5

    @settings(max_examples=40)
    @given(st.integers(1, 400), SEEDS)
    def test_folds_are_balanced_over_every_cell(self, pairs: int, seed: int) -> None:
        subjects = cast(pairs, seed)
        counts = Counter((cell_of(subject), subject.fold) for subject in subjects)
        for cell in set(map(cell_of, subjects)):
            in_folds = [counts[cell, fold] for fold in range(5)]
            assert max(in_folds) - min(in_folds) <= 1

    @pytest.mark.parametrize("column", COLUMNS)
    def test_every_fold_holds_its_share_of_every_group(self, column: str) -> None:
        counts = Counter((getattr(subject, column), subject.fold) for subject in cast(1_000, 3))
        for value in CLASSES[column]:
            in_folds = [counts[value, fold] for fold in range(5)]
            assert max(in_folds) - min(in_folds) <= 0.05 * sum(in_folds)

    def test_the_order_of_pairs_says_nothing_of_their_groups(self) -> None:
        first = cast(1_000, 0)[:200]
        for column in COLUMNS:
            counts = Counter(getattr(subject, column) for subject in first)
            assert min(counts[value] for value in CLASSES[column]) > 0.6 * len(first) / len(CLASSES[column])


class TestNames:
    @settings(max_examples=40)
    @given(st.integers(1, 60), SEEDS)
    def test_a_name_is_official_and_says_what_the_subject_is(self, pairs: int, seed: int) -> None:
        subjects = cast(pairs, seed)
        assert len({subject.pair_id for subject in subjects}) == pairs
        for subject in subjects:
            name = parse_name(subject.file_name.removesuffix(".jpg"))
            assert tuple(getattr(name, column) for column in COLUMNS) == cell_of(subject)
            assert name.pair_id == subject.pair_id

    def test_one_in_five_is_named_as_official_jpegs_are(self) -> None:
        subjects = cast(150, 0)
        assert sum(subject.is_jpeg for subject in subjects) == 30
        for subject in subjects:
            words = {"Man", "Woman"} if subject.is_jpeg else {"man", "woman"}
            assert subject.pair_id.endswith("1" if subject.is_jpeg else "0")
            assert subject.file_name.split("_")[2] in words


class TestRange:
    @pytest.mark.parametrize("pairs", [-1, 0, 10_000])
    def test_a_number_of_pairs_out_of_range_is_refused(self, pairs: int) -> None:
        with pytest.raises(UsageError, match=rf"^{pairs:,} demo pairs cannot be drawn; choose 1 to 9,999$"):
            DemoSource(pairs)

    @pytest.mark.parametrize("seed", [-1, 2**63])
    def test_a_seed_that_no_release_can_hold_is_refused(self, seed: int) -> None:
        with pytest.raises(UsageError, match=rf"^the seed {seed} cannot be used; choose 0 to {2**63 - 1}$"):
            DemoSource(1, seed)

    @pytest.mark.slow
    def test_the_most_pairs_have_different_ids(self) -> None:
        subjects = cast(9_999, 2**63 - 1)
        assert len({subject.pair_id for subject in subjects}) == 9_999
        assert {len(subject.pair_id) for subject in subjects} == {10}


class TestIdentity:
    def test_the_skin_tones_of_neighbouring_groups_overlap_and_cover_the_monk_scale(self) -> None:
        assert set(SKIN_TONES) == set(CLASSES["ethnicity"])
        ranges = sorted(SKIN_TONES.values())
        for (_, high), (low, _) in pairwise(ranges):
            assert low < high
        assert ranges[0][0] < 1
        assert max(high for _, high in ranges) == 9

    def test_drawn_skins_of_neighbouring_groups_overlap(self) -> None:
        light = {
            ethnicity: sorted(sum(person(("young", "man", ethnicity), seed).skin) for seed in range(80))
            for ethnicity in SKIN_TONES
        }
        ordered = sorted(SKIN_TONES, key=lambda ethnicity: SKIN_TONES[ethnicity])
        for lighter, darker in pairwise(ordered):
            assert light[lighter][40] > light[darker][40], "the tones of the scale grow darker"
            assert light[lighter][0] < light[darker][-1]

    @pytest.mark.parametrize("seed", range(5))
    @pytest.mark.parametrize("gender", CLASSES["gender"])
    def test_features_vary_by_identity_and_only_colours_by_ethnicity(self, gender: str, seed: int) -> None:
        alike = [person(("old", gender, ethnicity), seed) for ethnicity in CLASSES["ethnicity"]]
        other = person(("old", gender, "white"), seed + 100)
        different = set()
        for name in {field.name for field in fields(other)} - COLOURS:
            values = {repr(getattr(who, name)) for who in alike}
            assert len(values) == 1, name
            if repr(getattr(other, name)) not in values:
                different.add(name)
        assert len(different) >= 20
        assert len({who.skin for who in alike}) == len(alike)

    def test_a_person_is_decided_by_group_and_seed(self) -> None:
        group = ("young", "woman", "black")
        one, again, other = (draw_identity(np.random.default_rng(seed), *group) for seed in (1, 1, 2))
        assert one == again != other


def test_the_seed_decides_everybody() -> None:
    assert cast(40, 1) == cast(40, 1) != cast(40, 2)
