"""Tables that hold the pictures of their pairs: Parquet files and data sets that `datasets` has loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.pair import Kept, Pair, Picture
from synpain_hf.sources.entries import check_columns, entry_of
from synpain_hf.sources.kept import kept_of
from synpain_hf.sources.official import official_pair
from synpain_hf.sources.wording import Wording

_OF_OFFICIAL_PICTURES = "image"


@dataclass(frozen=True)
class Line:
    """A row of such a table.

    Attributes:
        where: The row, for messages.
        values: Its values by column, without those of pictures.
        pictures: Its pictures by column.
    """

    where: str
    values: Mapping[str, Any]
    pictures: Mapping[str, Picture]


class EmbeddedSource:
    """Pairs in a table that holds their pictures.

    Its columns are those of a manifest. The official data set as the Hub converts it, which has the composites in a
    column `image` and no ids but those in their names, is read by these names.

    Args:
        name: The table, for messages.
        columns: Its columns.
        lines: Its rows.
        wording: How it is written, where that is not as the schema says.

    Raises:
        BadInputError: If it lacks a column, or has an unknown one, or one that is kept has values of several types.
        UsageError: If a column of the official data set is to be kept.
    """

    folds_file = None

    def __init__(self, name: str, columns: Sequence[str], lines: Iterable[Line], wording: Wording) -> None:
        self._is_official = _OF_OFFICIAL_PICTURES in columns and "pair_id" not in wording.columns(columns).values()
        if self._is_official:
            if wording.kept:
                raise UsageError(
                    "keeps columns of a table of your own, and this is the official data set; omit it", "keep"
                )
            self._entries = [official_pair(line.pictures[_OF_OFFICIAL_PICTURES]) for line in lines]
            return
        check_columns(name, columns, wording)
        called = {ours: theirs for theirs, ours in wording.columns(columns).items()}
        read = list(lines)
        pictures = sorted({ours for line in read[:1] for ours in wording.kept if called[ours] in line.pictures})
        if pictures:
            reason = "holds pictures, which cannot be kept; omit --keep, and leave it out (--drop)"
            raise BadInputError(Problem(name, f"the column {called[ours]!r} {reason}") for ours in pictures)
        kept = kept_of(name, [(line.where, line.values) for line in read], wording)
        self._entries = [_entry(line, called, wording, own) for line, own in zip(read, kept, strict=True)]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Pair | Problem]:
        """A `Pair` for each row, or why it is none."""
        return iter(self._entries)

    def describe(self) -> dict[str, object]:
        """The `source` of a `release.json`."""
        return {"kind": "official", "videos": 0} if self._is_official else {"kind": "manifest"}


def name_of(path: object, row: int, column: str) -> str:
    """What a picture is called: the last part of the path that stands beside it, else by its place."""
    given = PurePosixPath(path.replace("\\", "/")).name if isinstance(path, str) else ""
    return given or f"{column}-{row}"


def _entry(line: Line, called: Mapping[str, str], wording: Wording, kept: tuple[Kept, ...]) -> Pair | Problem:
    def find(column: str, name: str) -> Picture:
        theirs = called[column]
        if theirs not in line.pictures:
            raise ValueError(f"{column} {name!r} is a path, where a picture should be; put the pictures into the table")
        return line.pictures[theirs]

    names = {column: picture.name for column, picture in line.pictures.items()}
    return entry_of(line.where, {**line.values, **names}, wording, find, kept)
