"""What changed between two releases, table by table, and how much a version must rise for it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.imaging.decoding import decode
from synpain_hf.progress import Progress, silent
from synpain_hf.release import tables
from synpain_hf.release.changes import Changes, Key, TableChanges
from synpain_hf.release.checking import check
from synpain_hf.release.release import Release, undamaged
from synpain_hf.release.tables.features import united
from synpain_hf.release.tables.table import Table

_BATCH_ROWS = 8


def diff(old: str | Path, new: str | Path, *, progress: Progress = silent) -> Changes:
    """Compare two releases: every column of every table.

    Args:
        old: Directory of the earlier release.
        new: Directory of the later one.
        progress: Called after every file verified.

    Raises:
        ReleaseError: If one is not a complete release, or a file is not what it should be.
    """
    releases = Release.open(old), Release.open(new)
    for release in releases:
        check(release, any_columns=True, progress=progress)
    return compare(*releases)


def compare(old: Release, new: Release) -> Changes:
    """Compare two releases; pictures are read only in files that differ, and decoded only where their bytes do."""
    found = (_compare_table(table, old, new) for table in tables.TABLES)
    return Changes(old.version, new.version, tuple(found), old.name, new.name)


def _compare_table(table: Table, old: Release, new: Release) -> TableChanges:
    before, after = _Side.of(table, old), _Side.of(table, new)
    changes = TableChanges(table)
    changes.files = sorted(
        file for file in {*before.digests, *after.digests} if before.digests.get(file) != after.digests.get(file)
    )
    if before.types and after.types:  # otherwise the table itself is new or gone, as its rows show
        changes.columns_added = sorted(after.types.keys() - before.types.keys())
        changes.columns_removed = sorted(before.types.keys() - after.types.keys())
    shared = sorted(before.types.keys() & after.types.keys())
    changes.columns_changed = [name for name in shared if before.types[name] != after.types[name]]
    pictures = sorted(before.pictures & after.pictures)
    plain = [name for name in shared if name not in pictures]
    was, now = before.rows(plain), after.rows(plain)
    changes.added = sorted(now.keys() - was.keys())
    changes.removed = sorted(was.keys() - now.keys())
    both = sorted(was.keys() & now.keys())
    for name in plain:
        changes.note(name, [key for key in both if not _same(was[key].values.get(name), now[key].values.get(name))])
    suspects = [key for key in both if before.digests[was[key].file] != after.digests[now[key].file]]
    places = [{key: side[key].file for key in suspects} for side in (was, now)]
    for name in pictures:
        changes.note(name, _with_other_pixels(before, after, name, *places))
    return changes


class _Found(NamedTuple):
    """A row without its pictures, and the file that it stands in."""

    file: str
    values: dict[str, Any]


@dataclass
class _Side:
    """One release's files of a table.

    Attributes:
        table: The table.
        release: The release.
        digests: The SHA-256 of each file.
        types: The type of each column, in Arrow and in `datasets`.
        pictures: The columns that hold pictures or videos.
    """

    table: Table
    release: Release
    digests: Mapping[str, str]
    types: Mapping[str, Any]
    pictures: frozenset[str]

    @classmethod
    def of(cls, table: Table, release: Release) -> _Side:
        from datasets import Image, Video

        files = release.files_of(table)
        alike = files if table.columns_may_differ else files[:1]
        features = united({file: release.features_in(file) for file in alike})
        schema = features.arrow_schema
        types = {name: (schema.field(name).type, feature) for name, feature in features.items()}
        pictures = frozenset(name for name, feature in features.items() if isinstance(feature, (Image, Video)))
        return cls(table, release, {file: release.files[file]["sha256"] for file in files}, types, pictures)

    def rows(self, columns: Iterable[str]) -> dict[Key, _Found]:
        """Every row by its key; a key that comes again gets a number after it."""
        found: dict[Key, _Found] = {}
        seen: Counter[Key] = Counter()
        for file in self.digests:
            here = set(self.release.features_in(file))
            for row in _without_lists(self.release.read(file, sorted({*columns, *self.table.key} & here))).to_pylist():
                key = self._key(row)
                seen[key] += 1
                found[key if seen[key] == 1 else (*key, str(seen[key]))] = _Found(file, row)
        return found

    def encoded(self, column: str, places: Mapping[Key, str]) -> Iterator[tuple[Key, bytes | None]]:
        """The encoded pictures of some rows, a few at a time.

        Args:
            column: The column of pictures.
            places: The file that each row stands in.
        """
        for file in sorted(set(places.values())):
            path = self.release.folder / file
            with undamaged(path), pq.ParquetFile(path) as parquet:
                for batch in parquet.iter_batches(_BATCH_ROWS, columns=[*self.table.key, column]):
                    for row in batch.to_pylist():
                        key = self._key(row)
                        if places.get(key) == file:
                            yield key, (row[column] or {}).get("bytes")

    def digests_of_pixels(self, column: str, places: Mapping[Key, str]) -> dict[Key, str]:
        """A digest of the pixels, and their shape, of some pictures; of videos, one of their bytes."""
        from datasets import Video

        found = {}
        is_video = isinstance(self.types[column][1], Video)
        for key, data in self.encoded(column, places):
            with undamaged(self.release.folder / places[key]):
                found[key] = hashlib.sha256(data or b"").hexdigest() if is_video else _digest_of_pixels(data)
        return found

    def _key(self, row: Mapping[str, Any]) -> Key:
        return tuple(self._word(name, row.get(name)) for name in self.table.key)

    def _word(self, column: str, value: Any) -> str:
        names = getattr(self.types[column][1], "names", None) if column in self.types else None
        return "" if value is None else names[value] if names else str(value)


def _with_other_pixels(
    before: _Side, after: _Side, column: str, was_in: Mapping[Key, str], is_in: Mapping[Key, str]
) -> list[Key]:
    """Those of some rows whose pictures show other pixels, however they are encoded, or whose videos differ."""
    sides = ((before, was_in), (after, is_in))
    was, now = (
        {key: hashlib.sha256(data or b"").digest() for key, data in side.encoded(column, places)}
        for side, places in sides
    )
    others = {key for key in was_in if was.get(key) != now.get(key)}
    shown, shows = (
        side.digests_of_pixels(column, {key: file for key, file in places.items() if key in others})
        for side, places in sides
    )
    return [key for key in others if shown.get(key) != shows.get(key)]


def _without_lists(rows: pa.Table) -> pa.Table:
    """Rows with a digest in the place of every list, which as Python's numbers would take many times its size."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_list(field.type) or pa.types.is_large_list(field.type):
            digests = pa.array((_digest_of_list(each) for each in rows.column(place)), pa.binary())
            rows = rows.set_column(place, field.name, digests)
    return rows


def _digest_of_list(listed: pa.Scalar) -> bytes | None:
    if not listed.is_valid:
        return None
    values = listed.values
    is_plain = pa.types.is_primitive(values.type) and not values.null_count
    content = values.to_numpy(zero_copy_only=False).tobytes() if is_plain else repr(values.to_pylist()).encode()
    return hashlib.sha256(content).digest()


def _digest_of_pixels(data: bytes | None) -> str:
    if data is None:
        return ""
    raster = decode(data)
    pixels = np.ascontiguousarray(raster.pixels(raster.width))
    return f"{pixels.shape} {hashlib.sha256(pixels.data).hexdigest()}"


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same; NaN is the same as NaN."""
    return bool(one == other) or repr(one) == repr(other)
