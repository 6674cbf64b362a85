"""What is learned from: the person itself, of folds in which nobody is tested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synpain_hf.errors import BadInputError, PictureError, Problem
from synpain_hf.generation.transfer.shot import Shot
from synpain_hf.release.release import Release
from synpain_hf.transferring.cast import Member, members_of
from synpain_hf.transferring.learning.couples import (
    LEAST,
    MOST_LOOKED_AT,
    Split,
    check_enough,
    pictures_of,
    split_of,
    to_look_at,
)
from synpain_hf.transferring.transfer import transfer
from synpain_hf.vocabulary import DERIVED_FROM

Shots = Mapping[tuple[str, str], Shot]


class TestSplit:
    @pytest.mark.parametrize("fold", range(5))
    def test_nobody_of_the_test_fold_or_the_next_one_is_learned(
        self, drawn: Release, members: list[Member], fold: int
    ) -> None:
        split = split_of(drawn, members, fold)
        assert {one.fold for one in split.train} == set(range(5)) - {fold, (fold + 1) % 5}
        assert {one.fold for one in split.validation} == {(fold + 1) % 5}
        assert split.identities == {one.identity for one in split.train}
        assert split.identities.isdisjoint(one.identity for one in members if one.fold in (fold, (fold + 1) % 5))

    @pytest.mark.slow
    def test_who_drives_a_learned_face_is_learned_from_too(self, lent: Release) -> None:
        members = members_of(lent)
        learned = [one for one in members if one.fold in (2, 3, 4)][:LEAST]
        split = split_of(lent, [*learned, *(one for one in members if one.fold == 1)], 0)
        drivers = {
            row[DERIVED_FROM]
            for file in {one.file for one in learned}
            for row in lent.read(file, ["pair_id", DERIVED_FROM]).to_pylist()
            if row["pair_id"] in {one.pair_id for one in learned}
        }
        assert split.identities == drivers | {one.identity for one in learned}
        assert drivers - {one.identity for one in learned}

    def test_whose_expression_a_driver_had_been_lent_before_is_learned_from_too(
        self, drawn: Release, members: list[Member]
    ) -> None:
        lent = [replace(one, origins=frozenset({"driver", "driver's driver"})) for one in members]
        split = split_of(drawn, lent, 0)
        assert split.identities == {one.identity for one in split.train} | {"driver", "driver's driver"}

    def test_too_few_pairs_are_told(self, drawn: Release, members: list[Member]) -> None:
        few = [one for one in members if one.fold != 3][: LEAST + 1]
        with pytest.raises(BadInputError, match=r"has \d pairs to learn from, and 8 are needed; give a larger release"):
            split_of(drawn, few, 0)

    def test_nobody_to_look_at_is_told(self, drawn: Release, members: list[Member]) -> None:
        with pytest.raises(BadInputError, match="has 0 pairs to look at"):
            split_of(drawn, [one for one in members if one.fold != 1], 0)


class TestLookedAt:
    def test_few_of_a_large_fold_are_of_every_label_and_decided_by_the_seed(self, members: list[Member]) -> None:
        labels = ["no_pain"] * 60 + ["pain"] * 60  # as ids go
        fold = [replace(members[0], pair_id=str(number), label=label) for number, label in enumerate(labels)]
        drawn = [to_look_at(fold, seed) for seed in range(5)]
        assert {len({one.pair_id for one in some}) for some in drawn} == {MOST_LOOKED_AT}
        assert all({one.label for one in some[:8]} == {"no_pain", "pain"} for some in drawn)
        assert drawn[0] == to_look_at(fold, 0) != drawn[1]

    def test_all_of_a_small_one_are_looked_at(self, members: list[Member]) -> None:
        assert {one.pair_id for one in to_look_at(members, 3)} == {one.pair_id for one in members}

    @pytest.mark.parametrize(("train", "validation"), [(LEAST - 1, 9), (LEAST, 0)])
    def test_too_little_is_told_with_what_was_lost(self, drawn: Release, train: int, validation: int) -> None:
        check_enough(drawn, LEAST, 1)
        with pytest.raises(BadInputError, match=f"has {train if validation else validation} pairs to") as error:
            check_enough(drawn, train, validation, [Problem("pairs/1", "spans no face")])
        assert {problem.file for problem in error.value.problems} == {"pairs/1", drawn.title}


@pytest.fixture(scope="module")
def lent(drawn: Release, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of faces with the expressions of others: each pair links two identities."""
    from synpain_hf.release.build import build

    folder: Path = tmp_path_factory.mktemp("lent")
    transfer(drawn.folder, drawn.folder, folder / "faces", method="oracle", per_identity=2, notice=lambda _: None)
    return build(folder / "faces", folder / "made", version="1.0.0")


class TestPictures:
    def test_the_target_is_the_expression_where_the_neutral_face_is(self, shots: Shots, members: list[Member]) -> None:
        nearer = 0
        for member in members[:3]:
            neutral, expression = (shots[member.pair_id, face] for face in ("neutral", "expressive"))
            made = {name: one.astype(float) for name, one in pictures_of(neutral, expression, 64).items()}
            moved = _shifted(expression, 20)
            again = pictures_of(neutral, moved, 64)
            assert np.abs(again["target"] - made["target"]).mean() < 3  # where the picture was taken from is no matter
            mask = made["mask"] / 255
            errors = [np.abs((made[name] - made["target"]) * mask).sum() for name in ("bent", "neutral")]
            nearer += errors[0] < errors[1]
        assert nearer >= 2

    def test_light_is_no_part_of_an_expression(self, shots: Shots, members: list[Member]) -> None:
        neutral = shots[members[0].pair_id, "neutral"]
        light = np.linspace(0.8, 1.15, neutral.size[0])[None, :, None]
        lit = replace(neutral, pixels=np.clip(neutral.pixels * light, 0, 255).astype(np.uint8))
        made = pictures_of(neutral, lit, 64)
        inside = made["mask"][..., 0] > 250
        assert np.abs(made["target"].astype(float) - made["bent"])[inside].mean() < 4

    def test_bright_pixels_stay_bright(self, shots: Shots, members: list[Member]) -> None:
        neutral = shots[members[0].pair_id, "neutral"]
        bright = replace(neutral, pixels=np.full_like(neutral.pixels, 252))
        assert pictures_of(bright, bright, 32)["target"].min() > 245

    def test_nothing_of_the_picture_of_the_driver_is_in_what_a_network_is_given(
        self, shots: Shots, members: list[Member]
    ) -> None:
        neutral, expression = (shots[members[0].pair_id, face] for face in ("neutral", "expressive"))
        noise = np.random.default_rng(0).integers(0, 255, expression.pixels.shape).astype(np.uint8)
        made, other = (pictures_of(neutral, one, 32) for one in (expression, replace(expression, pixels=noise)))
        assert all((made[name] == other[name]).all() for name in ("neutral", "bent", "control", "mask"))
        assert (made["target"] != other["target"]).any()

    def test_landmarks_that_are_not_finite_are_refused(self, shots: Shots, members: list[Member]) -> None:
        neutral = shots[members[0].pair_id, "neutral"]
        bad = replace(neutral, landmarks=np.full((478, 3), np.nan))
        with pytest.raises(PictureError, match="not finite"):
            pictures_of(neutral, bad, 32)


def _shifted(shot: Shot, by: int) -> Shot:
    """The same face, farther to the right and smaller by half."""
    pixels = np.pad(shot.pixels, ((0, 0), (by, 0), (0, 0)), mode="edge")
    half = Image.fromarray(pixels).resize((pixels.shape[1] // 2, pixels.shape[0] // 2), Image.Resampling.BOX)
    landmarks = (shot.landmarks + np.array([by, 0, 0])) / 2
    return Shot(np.asarray(half), landmarks)


def test_a_split_says_which_folds_were_kept(drawn: Release, members: list[Member]) -> None:
    split: Split = split_of(drawn, members, 4)
    assert (split.test_fold, split.validation_fold) == (4, 0)
