"""The folds of UNBC-McMaster as HDF5: groups `fold-0` to `fold-4`, each with the subjects that it is validated on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING

from synpain_hf.configurations import FOLDS
from synpain_hf.errors import Problem
from synpain_hf.sources.folds import FoldsFile
from synpain_hf.sources.hdf5 import Column, names_in
from synpain_hf.text.plurals import count

if TYPE_CHECKING:
    import h5py

_VALIDATION, _TRAINING = "validation_subjects", "train_subjects"
_MOST_SUBJECTS = 10_000


def read_hdf5_folds(name: str, file: h5py.File, identities: Collection[str]) -> FoldsFile:
    """Read them.

    Args:
        name: The file, for messages.
        file: The file, open.
        identities: The persons of the source, each called by a number, `-`, and letters.

    Raises:
        ValueError: If a column cannot be read; cause, then remedy.
    """
    called = {number: identity for identity in sorted(identities) if (number := _number_of(identity)) is not None}
    groups = names_in(file)
    present = [fold for fold in range(FOLDS) if f"fold-{fold}" in groups]
    problems = [Problem(name, f"has no fold-{fold}; add it") for fold in range(FOLDS) if fold not in present]
    if f"fold-{FOLDS}" in groups:
        problems.append(Problem(name, f"has a fold-{FOLDS}, and there are {FOLDS}, from fold-0 on; remove it"))
    validated: dict[int, list[int]] = defaultdict(list)
    for fold in present:
        place = f"{name}/fold-{fold}"
        held_out = _subjects(file, f"fold-{fold}/{_VALIDATION}")
        for subject in held_out:
            validated[subject].append(fold)
            if subject not in called:
                problems.append(Problem(place, f"names subject {subject}, who is not among the frames; remove it"))
        if _TRAINING in names_in(file, f"fold-{fold}"):
            both = sorted(set(held_out) & set(_subjects(file, f"fold-{fold}/{_TRAINING}")))
            problems += [Problem(place, f"trains on subject {one} and validates on it; leave it once") for one in both]
    for subject, folds in validated.items():
        if len(folds) > 1:
            places = " and ".join(f"fold-{fold}" for fold in folds)
            problems.append(Problem(name, f"puts subject {subject} into {places}; leave it in one"))
    known = {called[subject]: folds[0] for subject, folds in validated.items() if subject in called}
    told = f"{name}: {count(len(known), 'person')}, {_VALIDATION} of fold-0 to fold-{FOLDS - 1}"
    return FoldsFile(name, known, {}, tuple(problems), told)


def _subjects(file: h5py.File, name: str) -> list[int]:
    """The numbers of subjects in a column, each once."""
    column = Column(file, name, "iuS", range(1, 2))
    if column.rows > _MOST_SUBJECTS:
        raise ValueError(f"has {column.rows:,} subjects in {name}; keep one row of each")
    given = list(column.texts()) if column.is_text else column.numbers().tolist()
    numbers = [_number_of(str(subject)) for subject in given]
    if None in numbers:
        raise ValueError(f"has subjects in {name} that begin with no number; correct them")
    return sorted({number for number in numbers if number is not None})


def _number_of(subject: str) -> int | None:
    """The number with which a subject's name begins."""
    number = subject.partition("-")[0]
    return int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None
