"""Every named configuration of a release as plain data, and the folds that they are made of.

A release is cut into partitions, one for each fold and demographic cell, and where few persons are shown several times
one for each of them. A configuration maps each of its splits to a `Selection` of partitions, so that no picture is
stored twice.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from types import MappingProxyType

from synpain_hf.vocabulary import CLASSES, GROUPS, UNKNOWN

FOLDS = 5
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, order=True)
class Partition:
    """One Parquet file of a release: the pairs of one fold and demographic cell.

    Attributes:
        fold: The fold.
        age_group: The age group, or `unknown`; likewise `gender` and `ethnicity`.
        person: Whom all of its pairs show, in letters, digits and `_`; empty where it is not of one person.
    """

    fold: int
    age_group: str
    gender: str
    ethnicity: str
    person: str = ""

    @classmethod
    @lru_cache(maxsize=1000)
    def of(cls, path: str) -> Partition:
        """The partition at a place in a release.

        Raises:
            ValueError: If a partition cannot be there.
        """
        name = PurePosixPath(path)
        try:
            partition = cls(int(name.parent.name.removeprefix("fold-")), *name.stem.split("-"))
        except (TypeError, ValueError):
            partition = None
        if partition is None or partition.path != path:
            raise ValueError(f"{path} is not the name of a partition")
        return partition

    @property
    def path(self) -> str:
        """Its place in a release."""
        person = f"-{self.person}" if self.person else ""
        return f"data/fold-{self.fold}/{self.age_group}-{self.gender}-{self.ethnicity}{person}.parquet"

    @property
    def groups(self) -> dict[str, str | None]:
        """The group by column; None where it is not known."""
        found = {column: getattr(self, column) for column in GROUPS}
        return {column: None if value == UNKNOWN else value for column, value in found.items()}

    @property
    def is_possible(self) -> bool:
        """Whether a release can have it: there is such a fold, and there are such groups."""
        known = all(value is None or value in CLASSES[column] for column, value in self.groups.items())
        return 0 <= self.fold < FOLDS and known


@dataclass(frozen=True)
class Selection:
    """The partitions of some folds in which each named column has one of the given values.

    Attributes:
        folds: The folds.
        groups: Values by column; a column that is not named has any value.
    """

    folds: tuple[int, ...]
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __contains__(self, partition: Partition) -> bool:
        return partition.fold in self.folds and all(
            getattr(partition, column) in values for column, values in self.groups.items()
        )

    def patterns(self, files: Iterable[str]) -> list[str]:
        """Glob patterns that match the chosen files and no others; each matches at least one.

        Args:
            files: The files of all partitions that the release has.
        """
        folds: dict[str, set[int]] = {}
        for file in self.chosen(files):
            partition = Partition.of(file)
            folds.setdefault(self._cell(partition), set()).add(partition.fold)
        return [f"data/fold-{_digits(found)}/{cell}.parquet" for cell, found in folds.items()]

    def chosen(self, files: Iterable[str]) -> list[str]:
        """The files of the selected partitions, in the order in which `patterns` match them.

        Args:
            files: The files of all partitions that the release has.
        """
        found = [partition for partition in map(Partition.of, files) if partition in self]
        return [partition.path for partition in sorted(found, key=lambda one: (self._cell(one), one))]

    def _cell(self, partition: Partition) -> str:
        cell = "-".join(getattr(partition, column) if column in self.groups else "*" for column in GROUPS)
        return f"{cell}-*" if partition.person else cell


def _digits(folds: set[int]) -> str:
    digits = "".join(map(str, sorted(folds)))
    return digits if len(digits) == 1 else f"[{digits}]"


def _cross_validation(test: int) -> dict[str, tuple[int, ...]]:
    """Three folds to train, one to validate, one to test."""
    validation = (test + 1) % FOLDS
    train = tuple(fold for fold in range(FOLDS) if fold not in (test, validation))
    return dict(zip(SPLITS, (train, (validation,), (test,)), strict=True))


def _within(column: str, value: str) -> dict[str, Selection]:
    return {split: Selection(folds, {column: (value,)}) for split, folds in _cross_validation(0).items()}


def _without(column: str, value: str) -> dict[str, Selection]:
    others = tuple(name for name in CLASSES[column] if name != value)
    folds = _cross_validation(0)
    everything = tuple(range(FOLDS))
    return {
        "train": Selection(tuple(fold for fold in everything if fold not in folds["validation"]), {column: others}),
        "validation": Selection(folds["validation"], {column: others}),
        "test": Selection(everything, {column: (value,)}),
    }


ALL_FOLDS = tuple(range(FOLDS))

CONFIGURATIONS: dict[str, dict[str, Selection]] = {
    "default": {split: Selection(folds) for split, folds in _cross_validation(0).items()},
    **{f"cv_{k}": {split: Selection(f) for split, f in _cross_validation(k).items()} for k in range(FOLDS)},
    "all": {"train": Selection(ALL_FOLDS)},
    **{
        f"by_{column}": {value: Selection(ALL_FOLDS, {column: (value,)}) for value in CLASSES[column]}
        for column in GROUPS
    },
    **{f"only_{value}": _within(column, value) for column in GROUPS for value in CLASSES[column]},
    **{f"without_{value}": _without("ethnicity", value) for value in CLASSES["ethnicity"]},
}
"""Configuration -> split -> the partitions in it."""

EACH_PERSON = "loso"
"""The configuration with one split a person, to leave one out at a time."""


@dataclass(frozen=True)
class OnePerson:
    """The partitions of one person.

    Attributes:
        person: As in `Partition`.
    """

    person: str

    def chosen(self, files: Iterable[str]) -> list[str]:
        """The files of the person, sorted."""
        return sorted(file for file in files if Partition.of(file).person == self.person)

    def patterns(self, files: Iterable[str]) -> list[str]:
        """Each of these files by its name."""
        return self.chosen(files)


def each_person(files: Iterable[str]) -> dict[str, OnePerson]:
    """The splits of `loso`: `person_` and the name that is in the files; none where files are not of one person.

    Args:
        files: The files of all partitions that the release has.
    """
    persons = sorted({partition.person for partition in map(Partition.of, files)} - {""})
    return {f"person_{person}": OnePerson(person) for person in persons}


def assign_folds(
    cells: Mapping[str, Sequence[str]], seed: int, kept: Mapping[str, int] = MappingProxyType({})
) -> dict[str, int]:
    """Folds that are balanced over every cell, over all pairs, and over each label and group.

    Pairs are taken cell by cell, in an order that depends only on the seed and their id. Each goes to the fold that has
    fewest pairs of its cell, then fewest of all, then fewest that share its label and groups, then the lowest number.

    Args:
        cells: The cell (label, age, gender, ethnicity) of each pair by its id; any order gives the same folds.
        seed: Draws another assignment of equal balance.
        kept: Folds that stay as they are, by pair id.

    Returns:
        A fold from 0 to 4 for each pair id of `cells`.
    """
    folds: dict[str, int] = {}
    in_all: Counter[int] = Counter()
    in_cell: Counter[tuple[tuple[str, ...], int]] = Counter()
    sharing: Counter[tuple[int, str, int]] = Counter()

    def place(pair_id: str, fold: int) -> None:
        folds[pair_id] = fold
        in_all[fold] += 1
        in_cell[tuple(cells[pair_id]), fold] += 1
        sharing.update((axis, value, fold) for axis, value in enumerate(cells[pair_id]))

    def need(cell: tuple[str, ...], fold: int) -> tuple[int, ...]:
        shared = sum(sharing[axis, value, fold] for axis, value in enumerate(cell))
        return in_cell[cell, fold], in_all[fold], shared, fold

    def drawn(pair_id: str) -> tuple[tuple[str, ...], bytes]:
        return tuple(cells[pair_id]), hashlib.sha256(f"{seed}/{pair_id}".encode()).digest()

    for pair_id in cells.keys() & kept.keys():
        place(pair_id, kept[pair_id])
    for pair_id in sorted(cells.keys() - folds.keys(), key=drawn):
        cell = tuple(cells[pair_id])
        place(pair_id, min(range(FOLDS), key=lambda fold: need(cell, fold)))
    return folds
