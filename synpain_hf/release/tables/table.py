"""What a table of a release is: one value; every command loops over these.

A command asks a table what it needs to know (which files are its own, what identifies a row, what a column means) and
never checks which table it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from synpain_hf.errors import ReleaseError
from synpain_hf.pair import KEPT_NAME, Pair
from synpain_hf.release.filming import Film
from synpain_hf.release.layout import FileRecord
from synpain_hf.release.tables.features import fit_together
from synpain_hf.release.versions import Bump

if TYPE_CHECKING:
    from datasets import Features

PAIR_ID = "pair_id"
"""The column by which the rows of every table join to the pairs."""

KEPT_TYPES = (
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    *(f"float{bits}" for bits in (16, 32, 64)),
    "string",
)
"""What a column that a release keeps of its source may hold."""


class FileSelection(Protocol):
    """Which files of a table are in a split."""

    def chosen(self, files: Iterable[str]) -> list[str]:
        """The files of the split among all files of the table, in the order of its rows."""

    def patterns(self, files: Iterable[str]) -> list[str]:
        """Glob patterns that match these files, in this order, and no others."""


SplitsOfFiles = Callable[[Iterable[str]], Mapping[str, FileSelection]]
"""The splits of a configuration that depend on the files that a release has of the table."""


@dataclass(frozen=True)
class EveryFile:
    """All files of a table, by name."""

    def chosen(self, files: Iterable[str]) -> list[str]:
        """All files, sorted."""
        return sorted(files)

    def patterns(self, files: Iterable[str]) -> list[str]:
        """Each file by its name."""
        return sorted(files)


@dataclass(frozen=True)
class Aspect:
    """Columns that are compared as one between two releases.

    Attributes:
        name: What programs call it.
        columns: The columns.
        words: What is said of a row in which one of them has another value.
        bump: How much the version must rise for it.
    """

    name: str
    columns: tuple[str, ...]
    words: str
    bump: Bump


@dataclass(frozen=True)
class Bumps:
    """How much a version must rise for each kind of difference.

    Attributes:
        rows_added: For new rows.
        rows_removed: For rows that are gone.
        values: For another value in a column that is not in any `Aspect`.
        columns_added: For new columns.
        columns_removed: For columns that are gone.
        columns_changed: For columns of another type.
    """

    rows_added: Bump
    rows_removed: Bump
    values: Bump
    columns_added: Bump
    columns_removed: Bump
    columns_changed: Bump

    @classmethod
    def of_data(cls) -> Bumps:
        """Those of what is trained on: whatever is lost or changes breaks what was built on it."""
        return cls(Bump.MINOR, Bump.MAJOR, Bump.MAJOR, Bump.MINOR, Bump.MAJOR, Bump.MAJOR)

    @classmethod
    def all_alike(cls, bump: Bump) -> Bumps:
        """The same rise for every difference."""
        return cls(bump, bump, bump, bump, bump, bump)


@dataclass(frozen=True)
class Contents:
    """What a build knows of its release before its tables are written.

    Attributes:
        pairs: The pairs, sorted by id.
        films: The clips that become rows of their own.
    """

    pairs: Sequence[Pair]
    films: Sequence[Film] = ()


def _anywhere(file: str) -> bool:  # noqa: ARG001 - any name will do
    return True


def _nothing(file: str) -> Mapping[str, object]:  # noqa: ARG001 - any name tells nothing
    return {}


@dataclass(frozen=True)
class Table:
    """One table of a release.

    Attributes:
        name: What it is called.
        folder: Where its files are in a release: every Parquet file below it belongs to the table.
        key: The columns that identify a row.
        joins: Whether its rows are about pairs, which they name by `pair_id`; others stand for themselves, and say by
            `identity` and `fold` who is shown, and on which side of a split.
        features: Its columns, as `datasets` types. Where columns may differ by file, those that have a fixed type.
        meanings: What each column means, those of a struct by their path, such as `provenance.seed`.
        configurations: The files of each split of each configuration that loads it.
        optional: Columns that a release has only where its source gave them; `release.json` lists those.
        nullable: Columns of classes that may be missing in a row.
        bumps: How much a version must rise for each kind of difference.
        aspects: Columns that are compared as one.
        keeps: Whether it also has the columns that a release keeps of its source, which `release.json` lists.
        columns_may_differ: Whether its files may have different columns.
        required: The columns that every file has; all of `features` where none are named.
        measures: Whether its numbers are measurements of faces: summarised in the card, and learned in training.
        together: Measurements of one kind, which the card sums up in one list: what they are called, and their names.
        content_field: The field of `release.json` with a digest of its rows; empty where only its files have digests.
        is_place: Whether a file may be at a place in its folder.
        told_by_place: What the place of a file tells of all its rows: values by column, of classes their names.
        write: Writes it in a build, given the release directory and what it holds; None where a build writes it pair
            by pair, or not at all.
    """

    name: str
    folder: str
    key: tuple[str, ...]
    features: Callable[[], Features]
    meanings: Mapping[str, str]
    configurations: Mapping[str, Mapping[str, FileSelection] | SplitsOfFiles]
    bumps: Bumps
    joins: bool = True
    optional: tuple[str, ...] = ()
    nullable: tuple[str, ...] = ()
    aspects: tuple[Aspect, ...] = ()
    keeps: bool = False
    columns_may_differ: bool = False
    required: tuple[str, ...] = ()
    measures: bool = False
    together: tuple[tuple[str, re.Pattern[str]], ...] = ()
    content_field: str = ""
    is_place: Callable[[str], bool] = _anywhere
    told_by_place: Callable[[str], Mapping[str, object]] = _nothing
    write: Callable[[Path, Contents], dict[str, FileRecord]] | None = None

    def owns(self, file: str) -> bool:
        """Whether a file of a release is of this table."""
        return file.startswith(f"{self.folder}/") and file.endswith(".parquet")

    def may_have(self, file: str) -> bool:
        """Whether a file of this name may be one of the table's."""
        return self.owns(file) and self.is_place(file)

    def splits(self, configuration: str, files: Sequence[str]) -> dict[str, list[str]]:
        """The files of each split of a configuration, in the order of its rows; splits without files are left out.

        Args:
            configuration: A key of `configurations`.
            files: All files of the table that a release has.
        """
        chosen = {split: selection.chosen(files) for split, selection in self._selections(configuration, files)}
        return {split: found for split, found in chosen.items() if found}

    def patterns(self, configuration: str, files: Sequence[str]) -> dict[str, list[str]]:
        """Glob patterns for the same files, as the card names them."""
        found = {split: selection.patterns(files) for split, selection in self._selections(configuration, files)}
        return {split: patterns for split, patterns in found.items() if patterns}

    def _selections(self, configuration: str, files: Sequence[str]) -> Iterable[tuple[str, FileSelection]]:
        found = self.configurations[configuration]
        return (found(files) if callable(found) else found).items()

    def fixed(self, given: Collection[str] = ()) -> Features:
        """Its columns in a release, without those that are kept of a source.

        Args:
            given: Those of its optional columns that the release has.
        """
        from datasets import Features

        known = self.features()
        return Features({name: known[name] for name in known if name not in self.optional or name in given})

    def columns(self, kept: Mapping[str, str], given: Collection[str] = ()) -> Features:
        """Its columns in a release.

        Args:
            kept: The type of each column that the release keeps of its source.
            given: Those of its optional columns that the release has.
        """
        from datasets import Features, Value

        fixed = self.fixed(given)
        return Features({**fixed, **{name: Value(kept[name]) for name in sorted(kept)}}) if self.keeps else fixed

    def kept_in(self, features: Features, given: Collection[str] = ()) -> dict[str, str]:
        """The type of each column of a file that is not fixed.

        Args:
            features: The columns of the file.
            given: Those of the optional columns that the release has.

        Raises:
            ReleaseError: If one is not a column of numbers, truth values or texts, or cannot be called so.
        """
        fixed = self.fixed(given)
        found = {name: feature for name, feature in features.items() if name not in fixed}
        for name, feature in found.items():
            if not KEPT_NAME.fullmatch(name):
                raise ReleaseError(f"the column {name!r} needs a name of letters, digits, _ and -; rename it")
            if getattr(feature, "dtype", None) not in KEPT_TYPES or hasattr(feature, "names"):
                raise ReleaseError(f"the column {name} is {feature}; write it as one of {', '.join(KEPT_TYPES)}")
        return {name: str(feature.dtype) for name, feature in found.items()}

    def misfits(self, features: Features) -> Iterator[str]:
        """What is wrong with the columns of a file that is to be one of this table's: cause, then remedy."""
        wanted = self.features()
        needed = self.required or tuple(name for name in wanted if name not in self.optional)
        for name in needed:
            if name not in features:
                yield f"has no column {name}; add it"
        for name, feature in wanted.items():
            if name in features and not fit_together(feature, features[name]):
                yield f"has the column {name} as {features[name]}, not as {feature}; write it as that"
