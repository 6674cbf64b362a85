"""Which pairs are trained on: by fold, group and share; and which faces of them are seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.errors import UsageError
from synpain_hf.experiments.choosing import held_out, of_groups, part_of, shown_faces
from synpain_hf.experiments.definition import Faces
from synpain_hf.vocabulary import CLASSES, GROUPS
from tests.experiments.made import made_pairs

PAIRS = made_pairs()
EVERYONE = np.arange(PAIRS.table.num_rows)
SPLIT = replace(PAIRS, splits=held_out(PAIRS, "cv_0"))


@pytest.mark.parametrize("fold", range(5))
def test_a_fold_tests_and_the_next_one_validates(fold: int) -> None:
    splits = held_out(PAIRS, f"cv_{fold}")
    folds = PAIRS.table["fold"].to_numpy()
    assert set(folds[splits["test"]]) == {fold}
    assert set(folds[splits["validation"]]) == {(fold + 1) % 5}
    assert sum(map(len, splits.values())) == len(folds)


def test_pairs_without_folds_are_refused() -> None:
    with pytest.raises(UsageError, match="has no column fold; build a release of it"):
        held_out(replace(PAIRS, table=PAIRS.table.drop_columns(["fold"])), "cv_0")


def test_one_person_is_held_out() -> None:
    splits = held_out(PAIRS, "loso_p007")
    assert PAIRS.table["pair_id"].take(splits["test"]).to_pylist() == ["p007"]
    assert 7 not in splits["train"]


@given(st.sampled_from(GROUPS), st.data())
def test_only_pairs_of_the_named_groups_are_chosen(column: str, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.sampled_from(CLASSES[column]), min_size=1, unique=True))
    chosen = of_groups(PAIRS, EVERYONE, {column: words})
    codes = {CLASSES[column].index(word) for word in words}
    assert chosen.tolist() == [row for row, code in enumerate(PAIRS.table[column].to_pylist()) if code in codes]


def test_a_group_that_is_not_known_is_nobody() -> None:
    unknown = made_pairs(4, gender=[None, 0, None, 1])
    assert of_groups(unknown, np.arange(4), {"gender": ["man"]}).tolist() == [1]
    without = replace(unknown, table=unknown.table.drop_columns(["gender"]))
    assert of_groups(without, np.arange(4), {"gender": ["man"]}).tolist() == []


@given(st.floats(0.001, 1), st.floats(0.001, 1), st.integers(0, 5))
def test_a_smaller_share_is_a_part_of_a_larger_one(one: float, other: float, seed: int) -> None:
    smaller, larger = (set(part_of(PAIRS, EVERYONE, share, seed).tolist()) for share in sorted((one, other)))
    assert smaller <= larger


@given(st.floats(0.001, 1), st.integers(0, 5))
def test_a_share_has_both_labels_in_their_proportion(share: float, seed: int) -> None:
    labels = PAIRS.table["label"].to_numpy()
    chosen = part_of(PAIRS, EVERYONE, share, seed)
    for label in (0, 1):
        assert np.sum(labels[chosen] == label) == max(1, round(share * np.sum(labels == label)))


def test_another_seed_draws_another_share_and_all_is_all() -> None:
    assert part_of(PAIRS, EVERYONE, 0.2, 1).tolist() != part_of(PAIRS, EVERYONE, 0.2, 2).tolist()
    assert part_of(PAIRS, EVERYONE, 1.0, 1).tolist() == EVERYONE.tolist()


def test_a_pairs_own_faces_need_no_telling() -> None:
    assert shown_faces(SPLIT, ["train"], Faces(), 1) is None


def test_the_neutral_face_can_be_judged_in_its_place() -> None:
    shown = shown_faces(SPLIT, ["train"], Faces(target="neutral", reference="own"), 1)
    assert shown is not None
    np.testing.assert_array_equal(shown, np.stack([2 * EVERYONE, 2 * EVERYONE], axis=1))


@pytest.mark.parametrize("seed", range(5))
def test_anothers_reference_is_of_another_person_of_the_same_split_and_groups(seed: int) -> None:
    shown = shown_faces(SPLIT, ["train", "test"], Faces(reference="other"), seed)
    assert shown is not None
    for split in ("train", "test"):
        own = SPLIT.positions(split)
        assert np.all(shown[own, 1] % 2 == 0)  # neutral faces
        others = shown[own, 1] // 2
        assert np.all(others != own)
        assert set(others.tolist()) <= set(own.tolist())
    train = SPLIT.positions("train")
    for column in GROUPS:
        codes = SPLIT.table[column].to_numpy()
        np.testing.assert_array_equal(codes[shown[train, 1] // 2], codes[train])  # there are enough in this split


def test_another_seed_draws_the_references_of_others() -> None:
    drawn = [shown_faces(SPLIT, ["train"], Faces(reference="other"), seed) for seed in (1, 1, 2)]
    one, again, other = (np.asarray(shown).tolist() for shown in drawn)
    assert one == again != other


def test_anothers_reference_is_of_any_group_where_nobody_is_alike() -> None:
    few = replace(made_pairs(2, gender=[0, 1]), splits={"test": np.arange(2)})
    shown = shown_faces(few, ["test"], Faces(reference="other"), 1)
    assert shown is not None
    assert shown[:, 1].tolist() == [2, 0]


def test_a_person_who_is_alone_has_nobody_elses_reference() -> None:
    alone = replace(made_pairs(2, identity=["ann", "ann"]), splits={"test": np.arange(2)})
    with pytest.raises(UsageError, match=r"test of Pairs of p, version 1\.0\.0 shows one person only"):
        shown_faces(alone, ["test"], Faces(reference="other"), 1)
