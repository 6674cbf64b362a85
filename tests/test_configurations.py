"""Folds and configurations, whatever pairs a release has."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase
from itertools import combinations, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synpain_hf.configurations import CONFIGURATIONS, FOLDS, SPLITS, Partition, assign_folds
from synpain_hf.release.tables.pairs import PAIRS
from synpain_hf.vocabulary import CLASSES, GROUPS

Cells = dict[str, tuple[str, ...]]

EVERY_PARTITION = [
    Partition(fold, *cell) for fold in range(FOLDS) for cell in product(*(CLASSES[column] for column in GROUPS))
]
ALL_CELLS = list(product(*CLASSES.values()))

ids = st.text("abcdef0123456789", min_size=1, max_size=6)
releases = st.dictionaries(ids, st.sampled_from(ALL_CELLS), max_size=120)
crowded = st.dictionaries(ids, st.sampled_from(ALL_CELLS[:3]), max_size=80)
some_partitions = st.sets(st.sampled_from(EVERY_PARTITION))


def files(partitions: Iterable[Partition]) -> list[str]:
    return [partition.path for partition in partitions]


def splits_of(name: str, partitions: Iterable[Partition]) -> dict[str, list[Partition]]:
    return {split: list(map(Partition.of, found)) for split, found in PAIRS.splits(name, files(partitions)).items()}


def spread(counts: Counter[int]) -> int:
    return max(counts[fold] for fold in range(FOLDS)) - min(counts[fold] for fold in range(FOLDS))


@given(releases | crowded, st.integers())
def test_every_pair_has_one_of_five_folds(cells: Cells, seed: int) -> None:
    folds = assign_folds(cells, seed)
    assert folds.keys() == cells.keys()
    assert set(folds.values()) <= set(range(FOLDS))


@given(releases | crowded, st.integers())
def test_folds_are_balanced_overall_and_in_every_cell(cells: Cells, seed: int) -> None:
    folds = assign_folds(cells, seed)
    assert spread(Counter(folds.values())) <= 1
    for cell in set(cells.values()):
        assert spread(Counter(folds[pair_id] for pair_id in cells if cells[pair_id] == cell)) <= 1


@given(releases | crowded, st.integers(), st.data())
def test_folds_do_not_depend_on_the_order_of_pairs(cells: Cells, seed: int, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(sorted(cells)))
    kept = dict.fromkeys(data.draw(st.lists(st.sampled_from(shuffled), unique=True)) if cells else [], 3)
    expected = assign_folds(cells, seed, kept)
    assert assign_folds({key: cells[key] for key in shuffled}, seed, dict(reversed(kept.items()))) == expected


@given(releases | crowded, st.data())
def test_kept_folds_are_kept_and_new_pairs_fill_the_emptiest(cells: Cells, data: st.DataObject) -> None:
    kept = {key: data.draw(st.integers(0, FOLDS - 1)) for key in sorted(cells)[: len(cells) // 2]}
    gone = {"a pair that is no longer there": 1}
    folds = assign_folds(cells, 0, {**kept, **gone})
    assert folds.keys() == cells.keys()
    assert {key: folds[key] for key in kept} == kept
    for cell in set(cells.values()):
        members = [key for key in cells if cells[key] == cell]
        before = Counter(kept[key] for key in members if key in kept)
        after = Counter(folds[key] for key in members)
        filled = max((after[fold] for fold in range(FOLDS) if after[fold] > before[fold]), default=0)
        assert all(after[fold] >= filled - 1 for fold in range(FOLDS)), "a fuller fold was filled first"


@given(crowded.filter(lambda cells: len(cells) > 10))
@settings(max_examples=20)
def test_the_seed_draws_the_folds(cells: Cells) -> None:
    assert len({tuple(sorted(assign_folds(cells, seed).items())) for seed in range(8)}) > 1


def test_folds_are_balanced_over_labels_and_groups_too() -> None:
    rng = random.Random(0)
    cells = {f"{number:04d}": rng.choice(ALL_CELLS) for number in range(700)}
    folds = assign_folds(cells, 0)
    for axis, names in enumerate(CLASSES.values()):
        for name in names:
            counts = Counter(folds[key] for key, cell in cells.items() if cell[axis] == name)
            assert spread(counts) <= 5, f"{name}: {dict(counts)}"


def test_there_is_a_file_for_each_fold_and_demographic_cell() -> None:
    assert len({partition.path for partition in EVERY_PARTITION}) == len(EVERY_PARTITION) == 100


@pytest.mark.parametrize("partition", EVERY_PARTITION[::17])
def test_a_partition_is_known_by_its_place(partition: Partition) -> None:
    assert Partition.of(partition.path) == partition


@pytest.mark.parametrize("place", ["data/fold-0/old-man.parquet", "fold-0/old-man-black.parquet", "data/x.parquet", ""])
def test_another_place_is_not_one_of_a_partition(place: str) -> None:
    with pytest.raises(ValueError, match="is not the name of a partition"):
        Partition.of(place)


def test_the_configurations_are_those_designed() -> None:
    groups = [value for column in GROUPS for value in CLASSES[column]]
    assert set(CONFIGURATIONS) == {
        "default", "all", "by_age_group", "by_gender", "by_ethnicity",
        *(f"cv_{fold}" for fold in range(FOLDS)),
        *(f"only_{value}" for value in groups),
        *(f"without_{value}" for value in CLASSES["ethnicity"]),
    }  # fmt: skip
    assert CONFIGURATIONS["default"] == CONFIGURATIONS["cv_0"]


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_no_pair_is_in_two_splits(name: str) -> None:
    splits = splits_of(name, EVERY_PARTITION)
    for one, other in combinations(splits, 2):
        assert not set(splits[one]) & set(splits[other]), f"{one} and {other} of {name} share pairs"


@pytest.mark.parametrize("fold", range(FOLDS))
def test_cross_validation_has_three_folds_to_train_one_to_validate_one_to_test(fold: int) -> None:
    splits = splits_of(f"cv_{fold}", EVERY_PARTITION)
    assert list(splits) == list(SPLITS)
    assert {partition.fold for partition in splits["test"]} == {fold}
    assert {partition.fold for partition in splits["validation"]} == {(fold + 1) % FOLDS}
    assert sum(map(len, splits.values())) == 100


@pytest.mark.parametrize("split", ["validation", "test"])
def test_cross_validation_tests_and_validates_every_pair_once(split: str) -> None:
    seen = Counter(one for fold in range(FOLDS) for one in splits_of(f"cv_{fold}", EVERY_PARTITION)[split])
    assert seen == Counter(EVERY_PARTITION)


@pytest.mark.parametrize("column", GROUPS)
def test_by_group_has_a_split_for_each_group_and_every_pair_in_one(column: str) -> None:
    splits = splits_of(f"by_{column}", EVERY_PARTITION)
    assert tuple(splits) == CLASSES[column]
    assert all(getattr(one, column) == value for value, found in splits.items() for one in found)
    assert sum(map(len, splits.values())) == 100


@pytest.mark.parametrize(("column", "value"), [(column, value) for column in GROUPS for value in CLASSES[column]])
def test_only_a_group_is_the_default_of_that_group_alone(column: str, value: str) -> None:
    default, only = (splits_of(name, EVERY_PARTITION) for name in ("default", f"only_{value}"))
    for split in SPLITS:
        assert sorted(only[split]) == sorted(one for one in default[split] if getattr(one, column) == value)


@pytest.mark.parametrize("value", CLASSES["ethnicity"])
def test_without_a_group_tests_on_all_of_it_and_trains_on_the_others(value: str) -> None:
    splits = splits_of(f"without_{value}", EVERY_PARTITION)
    assert sorted(splits["test"]) == sorted(one for one in EVERY_PARTITION if one.ethnicity == value)
    assert sorted(splits["train"] + splits["validation"]) == sorted(
        one for one in EVERY_PARTITION if one.ethnicity != value
    )


def matched(patterns: list[str], partitions: set[Partition]) -> list[Partition]:
    """What is read: the files that each pattern in turn matches, by name."""
    by_name = sorted(partitions, key=lambda one: one.path)
    return [one for pattern in patterns for one in by_name if fnmatchcase(one.path, pattern)]


@given(some_partitions)
@settings(max_examples=50)
def test_patterns_match_exactly_the_files_of_a_split_in_its_order_and_none_matches_nothing(
    present: set[Partition],
) -> None:
    for name, selections in CONFIGURATIONS.items():
        splits = splits_of(name, present)
        for split, selection in selections.items():
            patterns = selection.patterns(files(present))
            assert matched(patterns, present) == splits.get(split, [])
            assert all(matched([pattern], present) for pattern in patterns)


def test_patterns_match_the_same_files_on_disk_and_are_few(tmp_path: Path) -> None:
    for partition in EVERY_PARTITION:
        path = tmp_path / partition.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for name, selections in CONFIGURATIONS.items():
        for split, selection in selections.items():
            patterns = selection.patterns(files(EVERY_PARTITION))
            found = [path.relative_to(tmp_path).as_posix() for one in patterns for path in sorted(tmp_path.glob(one))]
            assert found == [one.path for one in splits_of(name, EVERY_PARTITION)[split]]
            assert len(patterns) <= 4


def test_a_split_that_would_be_empty_is_left_out() -> None:
    only_old = [Partition(0, "old", "man", "black"), Partition(3, "old", "woman", "white")]
    assert splits_of("by_age_group", only_old) == {"old": only_old}
    assert splits_of("only_young", only_old) == {}
    assert splits_of("default", only_old) == {"train": only_old[1:], "test": only_old[:1]}
