"""Looking into a release: whether its files are what `release.json` says, and hold what a release can hold.

Nothing that a release says of itself is believed: not the digest of its content, not how many rows a file has, and not
that a file which fits its digest can be read. Rows are read one at a time, and no picture is decoded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.configurations import Partition
from synpain_hf.errors import Problem, ReleaseError
from synpain_hf.imaging.limits import MAX_BYTES
from synpain_hf.progress import Progress, silent
from synpain_hf.release import tables
from synpain_hf.release.checked import is_known, remember, state_of
from synpain_hf.release.columns import wrong_columns
from synpain_hf.release.layout import MANIFEST, fits, is_of_the_card
from synpain_hf.release.release import WRITE_CARD, Release, undamaged
from synpain_hf.release.rows import content_digest, digest_of
from synpain_hf.release.tables.features import features_of_schema
from synpain_hf.release.tables.table import PAIR_ID, Table
from synpain_hf.release.whole import WholeIdentities
from synpain_hf.text.plurals import count
from synpain_hf.vocabulary import FACES, IDENTITY

if TYPE_CHECKING:
    from datasets import Features

_MOST_IN_A_FILE = 20
_ROWS_AT_A_TIME = 1000
_BUFFER = 2**20
_AGAIN = "build or download it again"

Row = dict[str, Any]
Key = tuple[Any, ...]


def check(
    release: Release,
    *,
    of: Sequence[Table] = (),
    beside: Iterable[str] = (),
    any_columns: bool = False,
    again: bool = False,
    progress: Progress = silent,
) -> None:
    """Refuse a release that is not what it says it is.

    Of every table, the files are compared with their digests, the columns with those of the table, and the rows with
    what the file's place and `release.json` say; the digest of the content is computed from the rows.

    Args:
        release: The release.
        of: The tables to look into, that of the pairs first; all where none are named.
        beside: Further files to compare with their digests.
        any_columns: Whether columns may be missing, or others, as another version of this program may write them.
        again: Whether to read files that were found right before, and have not been touched since.
        progress: Called after every file.

    Raises:
        ReleaseError: If anything differs; lists all of it.
    """
    of_tables = [file for table in of or tables.TABLES for file in release.files_of(table)]
    with undamaged(release.folder):
        state = {**state_of(release, of_tables), "any_columns": any_columns}
    is_right = not again and is_known(state)
    names = [*([] if is_right else of_tables), *(name for name in beside if name not in of_tables)]
    looked = _Looking(release, any_columns=any_columns)
    changed = []
    for done, name in enumerate(names, 1):
        with undamaged(release.folder / name):
            is_whole = fits(release.folder / name, release.files[name])
        if not is_whole:
            release.check_link(name)
            changed.append(name)
            looked.passed_over(name)
        elif name in of_tables:
            looked.into(name)
        progress("verify", done, len(names))
    if changed:
        remedy = WRITE_CARD if all(map(is_of_the_card, changed)) else _AGAIN
        fault = f"{release.folder} was changed after it was built ({', '.join(sorted(changed))}); {remedy}"
        raise ReleaseError(fault, looked.problems)
    if not is_right:
        looked.compare_with_manifest()
        looked.report()
        remember(state)


def check_words(release: Release) -> None:
    """Refuse a release whose rows cannot be right, as far as that shows without reading its pictures.

    Raises:
        ReleaseError: If something cannot be right; lists all of it.
    """
    looked = _Looking(release, pictures=False)
    for table in tables.TABLES:
        for file in release.files_of(table):
            looked.into(file)
    looked.report()


def contents_of(release: Release) -> dict[str, str]:
    """The digest of every row of pairs, by its id.

    Raises:
        ReleaseError: If a partition does not hold what it can hold; lists all of it.
    """
    looked = _Looking(release)
    for file in release.files_of(tables.base_table()):
        looked.into(file)
    looked.report()
    return looked.digests


@dataclass
class _Looking:
    """What was found in the files of a release, those of the pairs first.

    Attributes:
        release: The release.
        pictures: Whether pictures are read.
        any_columns: Whether columns may be those of another version of this program.
        digests: The digest of every row of pairs, by its id.
        problems: What is wrong.
    """

    release: Release
    pictures: bool = True
    any_columns: bool = False
    digests: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    _places: dict[str, dict[Key, str]] = field(default_factory=dict)
    _identities: WholeIdentities = field(default_factory=WholeIdentities)
    _all_pairs: bool = True

    def into(self, file: str) -> None:
        """Look into a file of a table."""
        found = list(islice(self._wrong_with(file), _MOST_IN_A_FILE + 1))
        if len(found) > _MOST_IN_A_FILE:
            found[-1] = Problem(file, f"has more that is wrong; only the first {_MOST_IN_A_FILE} are listed")
        if found:
            self.passed_over(file)
        self.problems += found

    def passed_over(self, file: str) -> None:
        """Note that not all rows of a file are known."""
        self._all_pairs &= not tables.base_table().owns(file)

    def compare_with_manifest(self) -> None:
        """Compare all rows of pairs with what `release.json` says of them."""
        if self.problems:
            return
        self.problems += self._identities.torn()
        said, pairs = self.release.manifest, self.release.manifest["pairs"]
        if (pairs["out"], pairs["in"]) != (len(self.digests), len(self.digests) + pairs["rejected"]):
            told = f"{pairs['in']:,} pairs in, {pairs['out']:,} out, {pairs['rejected']:,} rejected"
            self.problems.append(Problem(MANIFEST, f"says {told}, and there are {len(self.digests):,}"))
        content = content_digest(self.digests)
        if said["content"] != content:
            self.problems.append(
                Problem(MANIFEST, f"says that the content is {said['content'][:16]}…, and it is {content[:16]}…")
            )

    def report(self) -> None:
        """Raise what was found."""
        if self.problems:
            files = len({problem.file.partition(":")[0] for problem in self.problems})
            fault = f"{self.release.folder} is not a valid release: {count(files, 'file')} cannot be right; {_AGAIN}"
            raise ReleaseError(fault, self.problems)

    def _wrong_with(self, file: str) -> Iterator[Problem]:
        table = tables.table_of(file)
        if table is None or not table.is_place(file):
            yield Problem(file, "has a name that no file of a release has")
            return
        try:
            with pq.ParquetFile(self.release.folder / file, buffer_size=_BUFFER) as parquet:
                columns = features_of_schema(parquet.schema_arrow)
                wanted = None if self.any_columns else self.release.columns_of(table)
                unfit = list(wrong_columns(table, parquet, columns, wanted))
                yield from (Problem(file, reason) for reason in unfit)
                said = self.release.files[file]["rows"]
                if parquet.metadata.num_rows != said:
                    yield Problem(file, f"has {parquet.metadata.num_rows:,} rows, and {MANIFEST} says {said:,}")
                elif not unfit:
                    yield from self._wrong_rows(table, file, parquet, columns)
        except (pa.ArrowException, OSError, UnicodeDecodeError, ReleaseError) as error:
            yield Problem(file, f"cannot be read ({error})")

    def _wrong_rows(self, table: Table, file: str, parquet: pq.ParquetFile, columns: Features) -> Iterator[Problem]:
        kinds = _Kinds.of(table, columns)
        told = table.told_by_place(file)
        is_base = table is tables.base_table()
        plain = {*kinds.keys, *kinds.classes, *kinds.pictures, IDENTITY}
        read = [name for name in columns if is_base or name in plain]
        wanted = [name for name in read if self.pictures or name not in kinds.pictures]
        batch_rows = 1 if self.pictures and kinds.pictures else _ROWS_AT_A_TIME
        batches = parquet.iter_batches(batch_rows, columns=wanted, use_threads=False)
        rows = (row for batch in batches for row in batch.to_pylist())
        for number, row in enumerate(rows, 1):
            wrong = [*kinds.wrong_with(row, told), *self._wrong_key(table, file, row, kinds.keys)]
            if is_base and not wrong and IDENTITY in self.release.given and IDENTITY in row:
                wrong += self._identities.wrong_with(row, Partition.of(file))
            elif not is_base and IDENTITY in row and "fold" in told:
                wrong += self._identities.elsewhere(row[IDENTITY], told["fold"])
            yield from (Problem(f"{file}:{number}", reason, str(row.get(PAIR_ID) or "")) for reason in wrong)
            if is_base and self.pictures and not wrong:
                self.digests[row[PAIR_ID]] = digest_of(row)

    def _wrong_key(self, table: Table, file: str, row: Row, keys: Sequence[str]) -> Iterator[str]:
        key = tuple(row[name] for name in keys)
        missing = [name for name in keys if row[name] in (None, "")]
        if missing:
            yield f"has no {' and no '.join(missing)}"
            return
        places = self._places.setdefault(table.name, {})
        named = " ".join(map(str, key))
        if key in places:
            yield f"has {named}, which is in {places[key]} too" if places[key] != file else f"has {named} again"
        places[key] = file
        base = tables.base_table()
        if (
            table is not base
            and table.joins
            and self._all_pairs
            and (row[PAIR_ID],) not in self._places.get(base.name, {})
        ):
            yield f"is about pair {row[PAIR_ID]}, which the release does not have"


@dataclass(frozen=True)
class _Kinds:
    """Which columns of a file hold what.

    Attributes:
        keys: Those that identify a row.
        classes: The names of the classes of each column that has classes.
        pictures: Those that hold pictures or videos.
        records: Those that hold several values.
        nullable: Those of classes that may have none.
    """

    keys: tuple[str, ...]
    classes: Mapping[str, Sequence[str]]
    pictures: tuple[str, ...]
    records: tuple[str, ...]
    nullable: tuple[str, ...]

    @classmethod
    def of(cls, table: Table, columns: Features) -> _Kinds:
        from datasets import Image, Video

        return cls(
            tuple(name for name in table.key if name in columns),
            {name: feature.names for name, feature in columns.items() if hasattr(feature, "names")},
            tuple(name for name, feature in columns.items() if isinstance(feature, (Image, Video))),
            tuple(name for name, feature in columns.items() if isinstance(feature, dict)),
            table.nullable,
        )

    def wrong_with(self, row: Row, told: Mapping[str, object]) -> Iterator[str]:
        """What is wrong with the values of a row, given what the place of its file tells of it."""
        yield from self._wrong_classes(row)
        for name, value in told.items():
            if name in row and self._is_class_or_value(name, row[name]) and self._word(name, row[name]) != value:
                found, there = (_told(word) for word in (self._word(name, row[name]), value))
                yield f"has the {name} {found}, and is in a file of {there}"
        yield from (f"has no {name}" for name in self.records if name in row and row[name] is None)
        yield from (reason for name in self.pictures if name in row for reason in _wrong_picture(name, row[name]))

    def _wrong_classes(self, row: Row) -> Iterator[str]:
        for name, names in self.classes.items():
            value = row[name]
            if value is None:
                if name not in self.nullable:
                    yield f"has no {name}"
            elif not 0 <= value < len(names):
                yield f"has the {name} {value}, and there are 0 to {len(names) - 1}"

    def _is_class_or_value(self, name: str, value: Any) -> bool:
        """Whether a value is one that its column can have: a number that is no class has been reported already."""
        names = self.classes.get(name)
        return names is None or value is None or 0 <= value < len(names)

    def _word(self, name: str, value: Any) -> object:
        """The name of a class, or a value of another kind; None where there is none."""
        names = self.classes.get(name)
        return value if names is None or value is None else names[value]


def _told(word: object) -> object:
    return "nothing" if word is None else word


def _wrong_picture(name: str, picture: Mapping[str, Any] | None) -> Iterator[str]:
    content = picture and picture["bytes"]
    if not content:
        told = ", only a path, which would be read on another machine" if picture and picture["path"] else ""
        yield f"has no bytes of the {_shown(name)}{told}"
    elif len(content) > MAX_BYTES:
        yield f"has a {_shown(name)} of more than {MAX_BYTES:,} bytes"


def _shown(name: str) -> str:
    return f"{name} face" if name in FACES else name
