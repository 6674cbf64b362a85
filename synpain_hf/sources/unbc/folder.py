"""The folder of UNBC-McMaster, as distributed (`Images/`), or with faces cut out of it (`aligned/`).

A picture is `Images/SUBJECT/SEQUENCE/FRAME.png` or `aligned/SUBJECT/SEQUENCE/FRAME.jpg`, its labels are
`Frame_Labels/PSPI/SUBJECT/SEQUENCE/FRAME_facs.txt` and, if there are any, `Frame_Labels/FACS/…` of the same name.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TypeVar

from synpain_hf.errors import Problem
from synpain_hf.pair import Pair
from synpain_hf.sources.choices import Choices
from synpain_hf.sources.facs import check_units
from synpain_hf.sources.files import Listing, StoredPicture, list_folder
from synpain_hf.sources.folds import FoldsFile
from synpain_hf.sources.groups import Groups, read_groups
from synpain_hf.sources.unbc.frames import Frame, Rules, pairs_of
from synpain_hf.sources.unbc.labels import MOST_BYTES, pspi_in, units_in

PICTURES = ("Images", "aligned")
"""The folders that pictures may be in; the first one that is there is read."""

LABELS = "Frame_Labels"

_PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
_LABEL_END = "_facs.txt"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""What subjects, sequences and frames may be called."""

T = TypeVar("T")

Key = tuple[str, str, str]
"""Subject, sequence and frame."""

Files = dict[Key, StoredPicture]


def is_unbc(folder: Path) -> bool:
    """Whether a folder has the labels and the pictures of UNBC-McMaster."""
    return (folder / LABELS / "PSPI").is_dir() and any((folder / name).is_dir() for name in PICTURES)


class UnbcSource:
    """Pairs of a person's frames, each with a frame of the same person that shows no pain.

    Args:
        folder: The folder that holds `Frame_Labels`.
        choices: From which pain score on a frame shows pain, how many neutral frames there are, and the groups.

    Raises:
        UsageError: If the pain score cannot be right.
        BadInputError: If the table of groups cannot be read.
    """

    folds_file: FoldsFile | None = None

    def __init__(self, folder: Path, choices: Choices) -> None:
        self._rules = Rules.of(choices)
        groups = read_groups(choices.groups)
        self._entries = [*_entries(folder.resolve(), self._rules, groups)]

    def __len__(self) -> int:
        """Number of frames that are compared with another, and of problems."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Pair | Problem]:
        """A `Pair` for each frame that is not a neutral one, or why it is not one."""
        return iter(self._entries)

    def describe(self) -> dict[str, object]:
        """The `source` of a `release.json`."""
        return {"kind": "unbc", **self._rules.describe()}


def _entries(folder: Path, rules: Rules, groups: Groups) -> Iterator[Pair | Problem]:
    frames: list[Frame] = []
    yield from _labelled(folder, groups, frames)  # what it listed is forgotten before pairs are made
    yield from pairs_of(frames, rules, groups)


def _labelled(folder: Path, groups: Groups, frames: list[Frame]) -> Iterator[Problem]:
    """Fill in the frames with their labels; yield everything that is wrong."""
    pictures_in = next(name for name in PICTURES if (folder / name).is_dir())
    places = (pictures_in, f"{LABELS}/PSPI", f"{LABELS}/FACS")
    listed = [list_folder(folder / place, folder) if (folder / place).is_dir() else Listing() for place in places]
    for listing in listed:
        yield from listing.problems
    if any(listing.is_lost for listing in listed):
        return  # else every frame would be told to lack what could not be read
    pictures: Files = {}
    scores: Files = {}
    units: Files = {}
    yield from _keyed(listed[0].files, _PICTURE_SUFFIXES, pictures)
    yield from _keyed(listed[1].files, (_LABEL_END,), scores)
    yield from _keyed(listed[2].files, (_LABEL_END,), units)
    for key, picture in pictures.items():
        found = _frame(key, picture, scores, units)
        if isinstance(found, Frame):
            frames.append(found)
        else:
            yield found
    for labels in (scores, units):
        for key, file in labels.items():
            if key not in pictures:
                yield Problem(file.name, f"has no picture in {pictures_in}; add it, or remove the label")
    yield from groups.check({subject for subject, _, _ in pictures})


def _keyed(files: Iterable[StoredPicture], ends: tuple[str, ...], found: Files) -> Iterator[Problem]:
    """Fill in the file of each frame; yield what is wrong with names."""
    for file in files:
        end = next((end for end in ends if file.name.lower().endswith(end)), None)
        if end is None:
            continue
        parts = file.name[: -len(end)].split("/")[-3:]
        if len(PurePosixPath(file.name).parts) < 4 or not all(map(NAME.fullmatch, parts)):
            reason = "is not named SUBJECT/SEQUENCE/FRAME in letters, digits, dots, - and _; restore its name"
            yield Problem(file.name, reason)
            continue
        subject, sequence = map(sys.intern, parts[:2])  # held once, however many frames they have
        frame = parts[2]
        before = found.setdefault((subject, sequence, frame), file)
        if before is not file:
            yield Problem(file.name, f"is the same frame as {before.name}; keep one of the two")


def _frame(key: Key, picture: StoredPicture, scores: Files, units: Files) -> Frame | Problem:
    """A picture with its labels, or what is wrong with them."""
    subject, sequence, name = key
    try:
        pspi = _read(scores.get(key), "PSPI", pspi_in)
        coded = _read(units.get(key), "FACS", units_in) if units else None
        if coded is not None:
            check_units(coded, pspi)
    except ValueError as error:
        return Problem(picture.name, str(error), name)
    return Frame(subject, sequence, name, picture, pspi, coded)


def _read(file: StoredPicture | None, kind: str, parse: Callable[[bytes], T]) -> T:
    """What a label file says; a ValueError says why it says nothing."""
    if file is None:
        raise ValueError(f"has no label in {LABELS}/{kind}; add it, or remove the picture")
    try:
        with file.path.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(f"has a label {file.name} that cannot be read ({error.strerror}); check it") from error
    try:
        return parse(data)
    except ValueError as error:
        raise ValueError(f"has a label {file.name} that {error}") from error
