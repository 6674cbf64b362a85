"""What changed between two releases, and how much a version must rise for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from synpain_hf.configurations import Partition
from synpain_hf.imaging.decoding import decode
from synpain_hf.imaging.png import Pixels
from synpain_hf.release.release import Release, undamaged
from synpain_hf.release.rows import FACES, Row
from synpain_hf.release.versions import Bump
from synpain_hf.text.plurals import count
from synpain_hf.vocabulary import GROUPS

_LABELS = ("label", *GROUPS)
_BATCH_ROWS = 8


@dataclass
class Changes:
    """The pairs that differ, by what differs; sorted ids.

    Attributes:
        old: Version of the earlier release.
        new: Version of the later one.
        added: Pairs that only the later one has.
        removed: Pairs that only the earlier one has.
        pixels: Pairs with another neutral or expressive face.
        labels: Pairs with another label or group.
        folds: Pairs in another fold.
        provenance: Pairs of which something else is said of where they come from.
        annotations: Files of annotations that are new, gone or other.
        columns_added: Columns that only the later one has.
        columns_removed: Columns that only the earlier one has.
        columns_changed: Columns of another type.
    """

    old: str
    new: str
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    pixels: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    folds: list[str] = field(default_factory=list)
    provenance: list[str] = field(default_factory=list)
    annotations: list[str] = field(default_factory=list)
    columns_added: list[str] = field(default_factory=list)
    columns_removed: list[str] = field(default_factory=list)
    columns_changed: list[str] = field(default_factory=list)

    @property
    def bump(self) -> Bump:
        """The least rise of the version that these changes ask for."""
        if self.removed or self.pixels or self.labels or self.folds or self.columns_removed or self.columns_changed:
            return Bump.MAJOR
        return Bump.MINOR if self.added or self.columns_added else Bump.PATCH

    def sentences(self) -> Iterator[tuple[str, str]]:
        """Each change as a heading of Keep a Changelog and a sentence."""
        for heading, attribute, noun, what in _WORDS:
            found = getattr(self, attribute)
            if found:
                yield heading, f"{count(len(found), noun)} {what}{_named(attribute, found)}"

    def summary(self) -> str:
        """All changes in one line."""
        return "; ".join(sentence for _, sentence in self.sentences()) or "nothing changed"

    def to_dict(self) -> dict[str, Any]:
        """The changes as JSON-ready fields."""
        return {**self.__dict__, "bump": self.bump.name.lower()}


_WORDS = (
    ("Added", "added", "pair", "added"),
    ("Added", "columns_added", "column", "added"),
    ("Changed", "pixels", "pair", "with other pixels"),
    ("Changed", "labels", "pair", "with another label or group"),
    ("Changed", "folds", "pair", "moved to another fold"),
    ("Changed", "provenance", "pair", "with another provenance"),
    ("Changed", "annotations", "file", "of annotations"),
    ("Changed", "columns_changed", "column", "of another type"),
    ("Removed", "removed", "pair", "removed"),
    ("Removed", "columns_removed", "column", "removed"),
)


def _named(attribute: str, found: list[str]) -> str:
    return f" ({', '.join(found)})" if attribute.startswith(("columns", "annotations")) else ""


def diff(old: str | Path, new: str | Path) -> Changes:
    """Compare two releases.

    Args:
        old: Directory of the earlier release.
        new: Directory of the later one.

    Raises:
        ReleaseError: If one is no complete release.
    """
    return compare(Release.open(old), Release.open(new))


def compare(old: Release, new: Release) -> Changes:
    """Compare two releases; faces are read only in partitions whose files differ, and decoded only where bytes do."""
    changes = Changes(old.version, new.version)
    shared = _compare_columns(old, new, changes)
    changes.annotations = sorted(
        name for name in {*old.annotations, *new.annotations} if _digest(old, name) != _digest(new, name)
    )
    before, after = _rows(old, shared), _rows(new, shared)
    changes.added = sorted(after.keys() - before.keys())
    changes.removed = sorted(before.keys() - after.keys())
    suspects = []
    for pair_id in sorted(before.keys() & after.keys()):
        (was_in, was), (is_in, now) = before[pair_id], after[pair_id]
        if any(was.get(column) != now.get(column) for column in _LABELS):
            changes.labels.append(pair_id)
        if was.get("fold") != now.get("fold"):
            changes.folds.append(pair_id)
        if was.get("provenance") != now.get("provenance"):
            changes.provenance.append(pair_id)
        if old.files[was_in.path]["sha256"] != new.files[is_in.path]["sha256"]:
            suspects.append((pair_id, was_in, is_in))
    changes.pixels = sorted(_with_other_pixels(old, new, suspects))
    return changes


def _digest(release: Release, name: str) -> str | None:
    return release.files[name]["sha256"] if name in release.files else None


def _compare_columns(old: Release, new: Release, changes: Changes) -> list[str]:
    """Note the columns that differ; return those that both have."""
    from datasets import Features

    types = []
    for release in (old, new):
        path = release.folder / release.partitions[0].path
        with undamaged(path):
            arrow_schema = pq.read_schema(path)
        features = Features.from_arrow_schema(arrow_schema)
        types.append({name: (arrow_schema.field(name).type, features[name]) for name in arrow_schema.names})
    before, after = types
    changes.columns_added = sorted(after.keys() - before.keys())
    changes.columns_removed = sorted(before.keys() - after.keys())
    shared = sorted(before.keys() & after.keys())
    changes.columns_changed = [name for name in shared if before[name] != after[name]]
    return shared


def _rows(release: Release, columns: Sequence[str]) -> dict[str, tuple[Partition, Row]]:
    """Every row without its faces, by pair id, with the partition it is in."""
    plain = [name for name in columns if name not in FACES]
    return {
        row["pair_id"]: (partition, row)
        for partition in release.partitions
        for row in release.table(partition, plain).to_pylist()
    }


def _with_other_pixels(
    old: Release, new: Release, suspects: Iterable[tuple[str, Partition, Partition]]
) -> Iterator[str]:
    """Those of some pairs whose faces differ; both partitions are read a few rows at a time."""
    by_files = defaultdict(set)
    for pair_id, was_in, is_in in suspects:
        by_files[was_in, is_in].add(pair_id)
    for (was_in, is_in), pair_ids in sorted(by_files.items()):
        for before, after in zip(_faces(old, was_in, pair_ids), _faces(new, is_in, pair_ids), strict=True):
            encoded = [(before[face]["bytes"], after[face]["bytes"]) for face in FACES]
            with undamaged(old.folder / was_in.path):
                was = [_pixels(data) for data, other in encoded if data != other]
            with undamaged(new.folder / is_in.path):
                now = [_pixels(data) for other, data in encoded if data != other]
            if not all(map(np.array_equal, was, now)):
                yield before["pair_id"]


def _faces(release: Release, partition: Partition, pair_ids: set[str]) -> Iterator[Row]:
    """The faces of some pairs of a partition, sorted by pair id as every partition is."""
    path = release.folder / partition.path
    with undamaged(path), pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_BATCH_ROWS, columns=["pair_id", *FACES]):
            yield from (row for row in batch.to_pylist() if row["pair_id"] in pair_ids)


def _pixels(data: bytes) -> Pixels:
    raster = decode(data)
    return raster.pixels(raster.width)
