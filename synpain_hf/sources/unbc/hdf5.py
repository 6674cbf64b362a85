"""UNBC-McMaster as HDF5: a file of frames, one of their labels, and perhaps one of folds, in one folder.

The frames are `image` (frames x height x width, or also x 3) and `index`. The labels are in `hdf5_labels`, the folds in
`hdf5_folds`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from synpain_hf.errors import BadInputError, Problem
from synpain_hf.pair import Pair
from synpain_hf.sources.choices import Choices
from synpain_hf.sources.files import StoredPicture, list_folder
from synpain_hf.sources.folds import FoldsFile
from synpain_hf.sources.groups import Groups, read_groups
from synpain_hf.sources.hdf5 import SUFFIXES, is_hdf5, names_in, open_hdf5
from synpain_hf.sources.unbc.frames import Frame, Rules, pairs_of
from synpain_hf.sources.unbc.hdf5_folds import read_hdf5_folds
from synpain_hf.sources.unbc.hdf5_labels import INDEX, MOST_FRAMES, Labels, indexes_in
from synpain_hf.sources.unbc.hdf5_pictures import IMAGE, Hdf5Picture, images_in
from synpain_hf.text.plurals import count, first_few

if TYPE_CHECKING:
    import h5py

_FRAMES, _LABELS, _FOLDS = IMAGE, "subject_name", "fold-0"
"""The column, or group, by which each of the files is known."""

_MOST_NAMED = 20


def is_unbc_hdf5(folder: Path) -> bool:
    """Whether a folder holds UNBC-McMaster as HDF5: by the names of its files, or else by what they hold."""
    return any("unbc" in path.name.lower() or _is_frames(path) for path in sorted(folder.iterdir()) if is_hdf5(path))


def _is_frames(path: Path) -> bool:
    if importlib.util.find_spec("h5py") is None:
        return False
    try:
        with open_hdf5(path) as file:
            return _FRAMES in names_in(file)
    except ValueError:
        return False


class UnbcHdf5Source:
    """Pairs of a person's frames, each with a frame of the same person that shows no pain.

    Args:
        folder: The folder that holds the files.
        choices: From which pain score on a frame shows pain, how many neutral frames there are, and the groups.

    Raises:
        MissingExtraError: If h5py is not installed.
        UsageError: If the pain score cannot be right.
        BadInputError: If a file is missing or cannot be read, or the table of groups cannot.
    """

    def __init__(self, folder: Path, choices: Choices) -> None:
        self._rules = Rules.of(choices)
        groups = read_groups(choices.groups)
        with ExitStack() as stack:
            files = _Files.of(folder.resolve(), stack)
            self._entries = [*_entries(files, self._rules, groups)]
            self.folds_file: FoldsFile | None = None
            if folds := files.known_by.get(_FOLDS):
                identities = {pair.identity for pair in self._entries if isinstance(pair, Pair)}
                with _told_of(folds):
                    self.folds_file = read_hdf5_folds(folds.name, files.opened[folds.name], identities)

    def __len__(self) -> int:
        """Number of frames that are compared with another, and of problems."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Pair | Problem]:
        """A `Pair` for each frame that is not a neutral one, or why it is not one."""
        return iter(self._entries)

    def describe(self) -> dict[str, object]:
        """The `source` of a `release.json`."""
        return {"kind": "unbc", **self._rules.describe()}


class _Files:
    """The HDF5 files of a folder, open.

    Attributes:
        opened: Each, by its name.
        known_by: The one that has a column, by that column.
    """

    def __init__(self, opened: Mapping[str, h5py.File], known_by: Mapping[str, StoredPicture]) -> None:
        self.opened, self.known_by = opened, known_by

    @classmethod
    def of(cls, folder: Path, stack: ExitStack) -> _Files:
        listing = list_folder(folder)
        problems = [problem for problem in listing.problems if problem.file.lower().endswith(SUFFIXES)]
        opened: dict[str, h5py.File] = {}
        known_by: dict[str, StoredPicture] = {}
        for file in listing.files:
            if "/" in file.name or not is_hdf5(file.path):
                continue
            try:
                opened[file.name] = stack.enter_context(open_hdf5(file.path))
                names = names_in(opened[file.name])
            except ValueError as error:
                problems.append(Problem(file.name, str(error)))
                continue
            here = [column for column in (_FRAMES, _LABELS, _FOLDS) if column in names]
            problems += [
                Problem(file.name, f"has {column!r}, as {known_by[column].name} has; keep one of the two")
                for column in here
                if known_by.setdefault(column, file) is not file
            ]
        lacking = [column for column in (_FRAMES, _LABELS) if column not in known_by]
        if not problems:
            problems = [Problem(folder.name, f"has no HDF5 file with {column!r}; add it") for column in lacking]
        if problems:
            raise BadInputError(problems)
        return cls(opened, known_by)


@contextmanager
def _told_of(file: StoredPicture) -> Iterator[None]:
    """Say in which file something is wrong."""
    try:
        yield
    except ValueError as error:
        raise BadInputError([Problem(file.name, str(error))]) from error


def _entries(files: _Files, rules: Rules, groups: Groups) -> Iterator[Pair | Problem]:
    shown, told = files.known_by[_FRAMES], files.known_by[_LABELS]
    with _told_of(shown):
        pictures = _pictures(shown, files.opened[shown.name])
    with _told_of(told):
        labels = Labels.of(files.opened[told.name])
    frames: list[Frame] = []
    absent, named = [], set()
    taken: set[tuple[str, str, str]] = set()
    for row, index in enumerate(labels.indexes):
        named.add(index)
        if index not in pictures:
            absent.append(f"{told.name}:{row}")
            continue
        try:
            frame = labels.frame(row, pictures[index])
            key = (frame.identity, frame.clip, frame.name)
            if key in taken:
                raise ValueError(f"names {frame.name} of {frame.identity} again; keep one of the two")
        except ValueError as error:
            yield Problem(f"{told.name}:{row}", str(error))
            continue
        taken.add(key)
        frames.append(frame)
    yield from _few(told, absent, f"names a frame that {shown.name} does not have", "remove the row")
    rest = [picture.name for index, picture in pictures.items() if index not in named]
    yield from _few(shown, rest, f"has no row in {told.name}", "add it, or remove the frame")
    yield from groups.check({frame.identity for frame in frames})
    yield from pairs_of(frames, rules, groups)


def _pictures(file: StoredPicture, opened: h5py.File) -> dict[int, Hdf5Picture]:
    """The frames by their index."""
    images = images_in(opened)
    if images.rows > MOST_FRAMES:
        raise ValueError(f"has {images.rows:,} frames, more than the {MOST_FRAMES:,} that are read; divide it")
    indexes = indexes_in(opened, images.rows) if INDEX in names_in(opened) else list(range(images.rows))
    if len(set(indexes)) < len(indexes):
        raise ValueError(f"has an {INDEX} that names a frame twice; number them anew")
    return {
        index: Hdf5Picture(f"{file.name}/{IMAGE}/{row}", file.path, row, images.is_checked)
        for row, index in enumerate(indexes)
    }


def _few(file: StoredPicture, names: Sequence[str], cause: str, remedy: str) -> Iterator[Problem]:
    """What is wrong with each row; once for all where they are many."""
    if len(names) > _MOST_NAMED:
        yield Problem(
            file.name, f"has {count(len(names), 'row')}, each of which {cause} ({first_few(names)}); {remedy}"
        )
    else:
        yield from (Problem(name, f"{cause}; {remedy}") for name in names)
