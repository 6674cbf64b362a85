"""Pairs that are loaded already, as `datasets` holds them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from synpain_hf.errors import BadInputError, Problem, UsageError
from synpain_hf.imaging.limits import MAX_BYTES
from synpain_hf.training.data.pairs import NEEDED, WELCOME, Pairs, Positions
from synpain_hf.vocabulary import CLASSES, FACES

if TYPE_CHECKING:
    from datasets import Dataset

Loaded: TypeAlias = "Mapping[str, Dataset] | Dataset"
"""Splits, or all rows with a column that names their split."""

WITHOUT_FACES = tuple(column for column in (*NEEDED, *WELCOME) if column not in FACES)

_SPLIT = "split"
_AT_A_TIME = 1000


def splits_of(loaded: Loaded) -> Mapping[str, Dataset]:
    """The splits of what is loaded.

    Raises:
        UsageError: If it is streamed, or has no splits.
    """
    from datasets import Dataset, IterableDataset

    rows = list(loaded.values()) if isinstance(loaded, Mapping) else [loaded]
    if any(isinstance(one, IterableDataset) for one in rows):
        raise UsageError("the data set is streamed, and training reads its pairs many times; load it without streaming")
    strange = next((one for one in rows if not isinstance(one, Dataset)), None)
    if strange is not None:
        raise UsageError(f"the data set holds {type(strange).__name__}; give a datasets.DatasetDict or a Dataset")
    if isinstance(loaded, Mapping):
        return loaded
    feature = loaded.features.get(_SPLIT)
    if feature is None:
        raise UsageError(
            "the data set has no splits; give a DatasetDict with train, validation and test, or name the split of each "
            f"row in a column {_SPLIT!r}"
        )
    values = loaded[_SPLIT][:]
    named = [value if value is None or not hasattr(feature, "names") else feature.names[value] for value in values]
    if None in named:
        raise UsageError(f"{named.count(None):,} rows of the data set have no {_SPLIT}; name it, or leave them out")
    places: dict[str, list[int]] = {}
    for row, name in enumerate(named):
        places.setdefault(str(name), []).append(row)
    return {name: loaded.select(rows_of_it) for name, rows_of_it in places.items()}


@dataclass(frozen=True)
class LoadedPart:
    """A split that `datasets` loaded.

    Attributes:
        name: What messages call it.
        dataset: Its rows.
        embed: Whether pictures that it only names are read from their files. What came from the Hub may not name any.
    """

    name: str
    dataset: Dataset
    embed: bool = False

    def batches(self, rows: int) -> Iterator[pa.RecordBatch]:
        """The faces, at most so many rows at a time."""
        for table in self.dataset.select_columns(list(FACES)).with_format("arrow").iter(rows):
            for batch in table.combine_chunks().to_batches():
                yield _embedded(batch) if self.embed else batch

    def outside(self) -> Iterator[str]:
        """What tells each file that holds a picture of this split from any other."""
        for table in self.dataset.select_columns(list(FACES)).with_format("arrow").iter(_AT_A_TIME):
            for face in FACES:
                column = table[face].combine_chunks()
                for path in pc.filter(column.field("path"), pc.is_null(column.field("bytes"))).to_pylist():
                    yield _state_of(path)


def pairs_of(splits: Mapping[str, Dataset], title: str, *, embed: bool = False) -> Pairs:
    """Pairs that `datasets` loaded, each split a part.

    Args:
        splits: The splits.
        title: What messages call them all.
        embed: Whether pictures that they only name are read from their files.

    Raises:
        UsageError: If there are none.
        BadInputError: If a column is missing or of another kind, or a pair is in two splits.
    """
    problems = [problem for split, dataset in splits.items() for problem in _unfit(title, split, dataset)]
    if problems:
        raise BadInputError(problems)
    if not any(map(len, splits.values())):
        raise UsageError(f"{title} has no pairs; give at least one split with some")
    shared = [column for column in WITHOUT_FACES if all(column in dataset.features for dataset in splits.values())]
    tables = {split: columns_of(dataset, shared) for split, dataset in splits.items()}
    parts = [LoadedPart(f"{title}, {split}", dataset, embed) for split, dataset in splits.items()]
    fingerprints = [dataset._fingerprint for dataset in splits.values()]
    content = "\n".join([*fingerprints, *(state for part in parts if embed for state in part.outside())])
    return Pairs(
        title,
        hashlib.sha256(content.encode()).hexdigest(),
        pa.concat_tables(tables.values(), promote_options="permissive"),
        one_after_the_other({split: table.num_rows for split, table in tables.items()}),
        parts,
    )


def _unfit(title: str, split: str, dataset: Dataset) -> Iterator[Problem]:
    """What keeps a split from being trained on."""
    from datasets import Image

    place = f"{title}, {split}"
    missing = [column for column in NEEDED if column not in dataset.features]
    if missing:
        yield Problem(place, f"has no column {', '.join(missing)}; rename or add it")
    for column in FACES:
        if column not in missing and not isinstance(dataset.features[column], Image):
            yield Problem(place, f"column {column} holds no pictures; cast it to datasets.Image()")
    for column, names in CLASSES.items():
        feature = dataset.features.get(column)
        if feature is not None and getattr(feature, "names", None) != list(names):
            yield Problem(
                place, f"column {column} is not a ClassLabel of {', '.join(names)}{_made_one(column, feature)}"
            )


def _made_one(column: str, feature: Any) -> str:
    """How a column becomes the ClassLabel it should be: casting one to another would keep its numbers."""
    names = list(CLASSES[column])
    if set(getattr(feature, "names", None) or ()) == set(names):
        numbers = {name: number for number, name in enumerate(names)}
        return f" in this order; use dataset.align_labels_with_mapping({numbers}, {column!r})"
    without = "" if column in NEEDED else ", or leave the column out"
    return f"; write these words, and use dataset.cast_column({column!r}, datasets.ClassLabel(names={names})){without}"


def columns_of(dataset: Dataset, columns: Iterable[str] | None = None) -> pa.Table:
    """Columns of a split; all by default."""
    chosen = dataset if columns is None else dataset.select_columns(list(columns))
    table: pa.Table = chosen.with_format("arrow")[:]
    return table.replace_schema_metadata()


def one_after_the_other(counts: Mapping[str, int]) -> dict[str, Positions]:
    """The positions of the rows of each of several tables, where these stand one after the other."""
    ends = np.cumsum([*counts.values()])
    return {name: np.arange(end - count, end) for (name, count), end in zip(counts.items(), ends, strict=True)}


def _embedded(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Faces with their bytes, read from the files that are named where they are not there."""
    columns = []
    for face in FACES:
        column = batch.column(face)
        if column.field("bytes").null_count:
            held = [{**one, "bytes": _bytes_of(one)} for one in column.to_pylist()]
            column = pa.array(held, column.type)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=list(FACES))


def _bytes_of(picture: Mapping[str, Any]) -> bytes | None:
    if picture["bytes"] is not None or not _is_file(picture["path"]):
        found: bytes | None = picture["bytes"]
        return found
    with Path(picture["path"]).open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _state_of(path: str | None) -> str:
    if not _is_file(path):
        return f"{path} is missing"
    state = Path(str(path)).stat()
    return f"{path} {state.st_size} {state.st_mtime_ns}"


def _is_file(path: str | None) -> bool:
    return path is not None and Path(path).is_file()
