"""Everything that a card says in numbers, computed from the release's Parquet files.

Pictures are read a few rows at a time, and only their headers are looked at; a few words of each pair are kept.
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from synpain_hf.cards.words import group_of, is_unknown
from synpain_hf.errors import PictureError, ReleaseError
from synpain_hf.imaging.limits import check_size
from synpain_hf.progress import Progress, silent
from synpain_hf.release import tables
from synpain_hf.release.release import Release, undamaged
from synpain_hf.vocabulary import CLASSES, FACES, GROUPS, IDENTITY

Size = tuple[int, int]
Cell = tuple[str, str, str, str]
"""Age group, gender, ethnicity, label; a group that is not known has the name that `group_of` gives."""

CONDITIONS = ("neutral", *CLASSES["label"])
"""What a face shows: the neutral faces, and the expressive faces of each label."""

OVERALL: tuple[str, ...] = ("all", "neutral", "expressive", *CLASSES["label"])
"""What a measure is summarised over in the whole release: everything, each face, the expressive faces of each label."""

GROUP_NAMES: tuple[str, ...] = tuple(name for column in GROUPS for name in CLASSES[column])
"""Every demographic group."""

SLICES: tuple[str, ...] = (*OVERALL, *GROUP_NAMES)
"""Everything that a measure is summarised over; a group's slice holds its neutral and its expressive faces."""

_ROWS_AT_A_TIME = 8
_NOT_MEASURED = ("pair_id", "fold", *CLASSES)
_READERS: Mapping[str, Callable[[Any], ImageFile]] = {"png": PngImageFile, "webp": WebPImageFile, "jpeg": JpegImageFile}
"""Pillow's readers by a release's encoding; making one reads the header alone."""


@dataclass(frozen=True)
class Example:
    """A pair to show.

    Attributes:
        pair_id: The pair.
        file: Where it is in the release.
        sha256: The SHA-256 of each of its encoded faces.
    """

    pair_id: str
    file: str
    sha256: tuple[str, ...]


@dataclass
class PairCounts:
    """What was counted over all pairs.

    Attributes:
        cells: Pairs of each age group, gender, ethnicity and label.
        folds: Pairs of each fold and label.
        sizes: Faces of each width and height in pixels, by the face's column.
        encoded_bytes: Bytes of the encoded faces, by the face's column.
        gutters: Pairs whose picture left out that many columns between the faces.
        two_pictures: Pairs that come from a picture a face.
        generators: Pairs by what made them; None where that is not known.
        prompts: Pairs with a prompt.
        seeds: Pairs with a seed.
        examples: The pair of each cell whose id comes first.
        shown: Everybody who is shown.
        sources: The SHA-256 of the pictures of pairs that come from a picture a face.
    """

    cells: Counter[Cell] = field(default_factory=Counter)
    folds: Counter[tuple[int, str]] = field(default_factory=Counter)
    sizes: dict[str, Counter[Size]] = field(default_factory=lambda: {face: Counter() for face in FACES})
    encoded_bytes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(FACES, 0))
    gutters: Counter[int] = field(default_factory=Counter)
    two_pictures: int = 0
    generators: Counter[str | None] = field(default_factory=Counter)
    prompts: int = 0
    seeds: int = 0
    examples: dict[Cell, Example] = field(default_factory=dict)
    shown: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)

    @property
    def total(self) -> int:
        """All pairs."""
        return sum(self.cells.values())

    @property
    def faces(self) -> int:
        """All faces; a picture that several pairs have is counted once."""
        return len(FACES) * (self.total - self.two_pictures) + len(self.sources)

    def groups(self, column: str) -> list[str]:
        """The groups of a column: all of them where any pair has one, and last the unknown one, if it is needed."""
        found = {cell[GROUPS.index(column)] for cell in self.cells}
        unknown = group_of(column, None)
        return [*(CLASSES[column] if found - {unknown} else ()), *([unknown] if unknown in found else ())]

    def demographic(self) -> list[tuple[str, str, str]]:
        """The combinations of age group, gender and ethnicity: those that are known, and those that pairs have."""
        combinations = product(*map(self.groups, GROUPS))
        return [
            (age, gender, ethnicity)
            for age, gender, ethnicity in combinations
            if not any(map(is_unknown, (age, gender, ethnicity))) or self.of(age, gender, ethnicity)
        ]

    def of(self, *values: str) -> int:
        """The pairs that have each of these values, such as `young` and `pain`."""
        return sum(count for cell, count in self.cells.items() if set(values) <= set(cell))


@dataclass(frozen=True)
class Summary:
    """A measure over some faces, or pairs.

    Attributes:
        count: How many were looked at.
        missing: How many of them have no value.
        mean: Of the others, as are the quartiles (linear between values); NaN if there are no others.
        lower_quartile: A quarter is below it.
        median: A half is.
        upper_quartile: Three quarters are.
        least: The lowest value.
        greatest: The highest.
    """

    count: int
    missing: int
    mean: float
    lower_quartile: float
    median: float
    upper_quartile: float
    least: float
    greatest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Summary:
        """Summarise some values; NaN where one is missing."""
        numbers = np.asarray(values, np.float64)
        known = numbers[~np.isnan(numbers)]
        points = np.percentile(known, (0, 25, 50, 75, 100)) if known.size else np.full(5, np.nan)
        least, lower, median, upper, greatest = map(float, points)
        mean = float(known.mean()) if known.size else float("nan")
        return cls(len(numbers), len(numbers) - known.size, mean, lower, median, upper, least, greatest)


@dataclass(frozen=True)
class Annotations:
    """What one annotator says in one file.

    Attributes:
        file: The file's place in the release.
        annotator: Who or what says so; empty where the file has no such column.
        unit: What a row is of: `face` or `pair`.
        measures: A summary of each numeric column over each of `SLICES` that has rows.
        groups: A summary of each numeric column over each demographic group and condition that has rows.
        kinds: A summary of each numeric column over each kind of expression, where the file has kinds; with the
            condition that most faces of the kind are in.
    """

    file: str
    annotator: str
    unit: str
    measures: Mapping[str, Mapping[str, Summary]]
    groups: Mapping[str, Mapping[tuple[str, str], Summary]]
    kinds: Mapping[str, Mapping[tuple[str, str], Summary]]


@dataclass(frozen=True)
class Statistics:
    """Everything computed from a release.

    Attributes:
        pairs: What was counted over all pairs.
        annotations: Summaries of the tables that hold measurements, by file and annotator.
        features: The columns, as `datasets` types: of the pairs by the name of their table, of the others by
            file, the first one where all have the same.
    """

    pairs: PairCounts
    annotations: Sequence[Annotations]
    features: Mapping[str, Mapping[str, Any]]


def compute(release: Release, progress: Progress = silent) -> Statistics:
    """Read a release through.

    Raises:
        ReleaseError: If a file is damaged, or has other rows than `release.json` says.
    """
    pairs = PairCounts()
    groups: dict[str, Cell] = {}
    base = tables.base_table()
    total = release.rows_in(release.files_of(base))
    for file in release.files_of(base):
        with undamaged(release.folder / file):
            for rows in _batches(release, file):
                cells = _count_words(pairs, rows)
                _count_pictures(pairs, rows, release.manifest["options"]["encoding"])
                _find_examples(pairs, cells, rows, file)
                groups |= cells
                progress("card", pairs.total, total)
    features = {base.name: release.features_in(release.files_of(base)[0])}
    annotations: list[Annotations] = []
    for table in tables.joined_tables():
        files = release.files_of(table)
        for file in files if table.columns_may_differ else files[:1]:
            features[file] = release.features_in(file)
            if table.measures:
                annotations += _summed_up(release, file, features[file], groups)
    return Statistics(pairs, annotations, features)


def _batches(release: Release, file: str) -> Iterator[pa.RecordBatch]:
    path = release.folder / file
    rows = 0
    with pq.ParquetFile(path, memory_map=True) as parquet:
        for batch in parquet.iter_batches(_ROWS_AT_A_TIME):
            rows += batch.num_rows
            yield batch
    if rows != release.rows_in([file]):
        raise ReleaseError(f"{path} has {rows:,} rows, not as release.json says; build or download the release again")


def _count_words(pairs: PairCounts, rows: pa.RecordBatch) -> dict[str, Cell]:
    """Count everything but the pictures; the cell of each pair."""
    cells = {}
    for row in rows.select([name for name in rows.schema.names if name not in FACES]).to_pylist():
        age, gender, ethnicity = (group_of(column, row[column]) for column in GROUPS)
        label = CLASSES["label"][row["label"]]
        cells[row["pair_id"]] = (age, gender, ethnicity, label)
        pairs.cells[age, gender, ethnicity, label] += 1
        pairs.folds[row["fold"], label] += 1
        origin = row["provenance"]
        pairs.generators[origin["generator"]] += 1
        pairs.prompts += origin["prompt"] is not None
        pairs.seeds += origin["seed"] is not None
        pairs.shown.add(row.get(IDENTITY) or row["pair_id"])
        if origin["gutter_start"] is None:
            pairs.two_pictures += 1
            pairs.sources.update(origin[f"{face}_sha256"] for face in FACES)
        else:
            pairs.gutters[origin["gutter_stop"] - origin["gutter_start"]] += 1
    return cells


def _count_pictures(pairs: PairCounts, rows: pa.RecordBatch, encoding: str) -> None:
    for face in FACES:
        for picture in rows.column(face).field("bytes"):
            buffer = picture.as_buffer()
            pairs.encoded_bytes[face] += buffer.size
            pairs.sizes[face][_size(buffer, encoding)] += 1


def _find_examples(pairs: PairCounts, cells: Mapping[str, Cell], rows: pa.RecordBatch, file: str) -> None:
    for at, (pair_id, cell) in enumerate(cells.items()):
        if cell not in pairs.examples or pair_id < pairs.examples[cell].pair_id:
            faces = [rows.column(face).field("bytes")[at].as_buffer() for face in FACES]
            digests = tuple(hashlib.sha256(encoded).hexdigest() for encoded in faces)
            pairs.examples[cell] = Example(pair_id, file, digests)


def _size(picture: pa.Buffer, encoding: str) -> Size:
    try:
        with _READERS[encoding](pa.BufferReader(picture)) as image:
            width, height = image.size
    except (SyntaxError, ValueError, EOFError, struct.error) as error:
        raise PictureError(f"has a face that is not a {encoding.upper()} file: {error}") from error
    check_size(width, height)
    return width, height


def _summed_up(
    release: Release, name: str, features: Mapping[str, Any], groups: Mapping[str, Cell]
) -> Iterator[Annotations]:
    path = release.folder / name
    table = release.read(name)
    if table.num_rows != release.files[name]["rows"]:
        raise ReleaseError(f"{path} has other rows than release.json says; build or download the release again")
    lost = sorted(set(table["pair_id"].to_pylist()) - groups.keys())
    if lost:
        raise ReleaseError(f"{path} annotates {lost[0]}, which the release does not have; annotate it again")
    columns = [column for column, kind in features.items() if _is_measure(column, kind)]
    unit = "face" if "face" in features else "pair"
    who = table["annotator"].to_pylist() if "annotator" in features else [""] * table.num_rows
    faces = features["face"].int2str(table["face"].to_pylist()) if unit == "face" else [unit] * table.num_rows
    cells = [groups[pair_id] for pair_id in table["pair_id"].to_pylist()]
    shown = ["neutral" if face == "neutral" else cell[-1] for face, cell in zip(faces, cells, strict=True)]
    slices = [{"all", *found, *cell[:-1]} for *found, cell in zip(faces, shown, cells, strict=True)]
    kinds = table["kind"].to_pylist() if "kind" in features else [None] * table.num_rows
    values = {column: table[column].cast(pa.float64()).to_numpy(zero_copy_only=False) for column in columns}
    for annotator in sorted({str(name or "") for name in who}):
        mine = np.array([str(name or "") == annotator for name in who])
        members = {part: mine & np.array([part in found for found in slices]) for part in SLICES}
        by_group = {
            (group, condition): members[group] & np.array([each == condition for each in shown])
            for group in GROUP_NAMES
            for condition in CONDITIONS
        }
        by_kind = {
            (kind, condition): mine & np.array([pair == (kind, condition) for pair in zip(kinds, shown, strict=True)])
            for kind, condition in sorted({pair for pair in zip(kinds, shown, strict=True) if pair[0] is not None})
        }
        yield Annotations(
            name,
            annotator,
            unit,
            {column: _summaries(numbers, members) for column, numbers in values.items()},
            {column: _summaries(numbers, by_group) for column, numbers in values.items()},
            {column: _summaries(numbers, by_kind) for column, numbers in values.items()},
        )


def _summaries(numbers: Any, members: Mapping[Any, Any]) -> dict[Any, Summary]:
    return {name: Summary.of(numbers[chosen]) for name, chosen in members.items() if chosen.any()}


def _is_measure(column: str, feature: Any) -> bool:
    """Whether a column holds numbers to summarise, not names, classes or ids."""
    is_number = str(getattr(feature, "dtype", "")).startswith(("float", "int", "uint", "bool"))
    return is_number and column not in _NOT_MEASURED and not hasattr(feature, "names")
