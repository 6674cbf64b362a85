"""Pairs in a data set that `datasets` has loaded."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from synpain_hf.errors import PictureError, UsageError
from synpain_hf.imaging.limits import MAX_BYTES
from synpain_hf.pair import Archives, Picture
from synpain_hf.sources.embedded import EmbeddedSource, Line, name_of
from synpain_hf.sources.wording import Wording

if TYPE_CHECKING:
    from datasets import Dataset

_NAME = "dataset"


@dataclass(frozen=True)
class LoadedPicture:
    """A picture in a data set.

    Attributes:
        name: The name that stands beside it.
        column: Its column, the only one of `dataset`, whose pictures are not decoded.
        row: Its row, from 0.
    """

    name: str
    column: str
    row: int
    dataset: Dataset

    @property
    def is_verified(self) -> bool:
        """`datasets` keeps no digests of what it has loaded."""
        return False

    def stamp(self) -> object:
        """A digest of its bytes."""
        content = self._content()
        return content and hashlib.sha256(content).hexdigest()

    def read(self, archives: Archives) -> bytes:  # noqa: ARG002 - in no archive
        """Its bytes."""
        content = self._content()
        if content is None:
            raise PictureError(
                "has no bytes in the data set, only a path; give the folder or the manifest itself, or embed the "
                "pictures (datasets.table.embed_table_storage)"
            )
        if len(content) > MAX_BYTES:
            raise PictureError(f"has {len(content):,} bytes, more than the {MAX_BYTES:,} that are read; scale it down")
        return content

    def _content(self) -> bytes | None:
        found: dict[str, Any] | None = self.dataset[self.row][self.column]
        content: bytes | None = found["bytes"] if found else None
        return content


def open_dataset(dataset: object, wording: Wording) -> EmbeddedSource:
    """The pairs of a loaded data set, whose columns are those of a manifest, with pictures for paths.

    Raises:
        UsageError: If it is none, or is streamed, or has splits.
        BadInputError: If it lacks a column, or has an unknown one.
    """
    from datasets import Dataset, DatasetDict, Image, IterableDataset, IterableDatasetDict

    if isinstance(dataset, DatasetDict):
        splits = ", ".join(map(repr, dataset))
        raise UsageError(f"the data set has splits ({splits}); give one of them, or join them (concatenate_datasets)")
    if isinstance(dataset, (IterableDataset, IterableDatasetDict)):
        raise UsageError("the data set is streamed, and its pairs are read more than once; load it whole")
    if not isinstance(dataset, Dataset):
        raise UsageError(f"{type(dataset).__name__} is not a source; give a path, several paths, or a loaded data set")
    plain = dataset.with_format(None)
    features = plain.features
    columns = [name for name, feature in features.items() if isinstance(feature, Image)]
    stored = {name: plain.select_columns([name]).cast_column(name, Image(decode=False)) for name in columns}
    others = plain.remove_columns(columns)
    return EmbeddedSource(_NAME, plain.column_names, _lines(others, stored), wording)


def _lines(others: Dataset, stored: dict[str, Dataset]) -> Iterator[Line]:
    from datasets import ClassLabel

    classes = {name: feature for name, feature in others.features.items() if isinstance(feature, ClassLabel)}
    paths = {name: _paths(dataset, name) for name, dataset in stored.items()}
    rows = len(next(iter(stored.values()), others))
    for row in range(rows):
        values = dict(others[row]) if others.column_names else {}
        for name, feature in classes.items():
            if values[name] is not None:
                values[name] = feature.int2str(values[name])
        pictures: dict[str, Picture] = {
            name: LoadedPicture(name_of(next(paths[name]), row, name), name, row, dataset)
            for name, dataset in stored.items()
        }
        yield Line(f"{_NAME}:{row}", values, pictures)


def _paths(dataset: Dataset, column: str) -> Iterator[str | None]:
    """The paths beside the pictures of a column; no picture is copied."""
    import pyarrow.compute as pc

    for table in dataset.with_format("arrow").iter(64):
        yield from pc.struct_field(table[column], "path").to_pylist()
