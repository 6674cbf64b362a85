"""Copying a release's rows into Arrow files, as `datasets` has them in its cache."""

from __future__ import annotations

import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.errors import ReleaseError
from synpain_hf.progress import Progress
from synpain_hf.release import tables
from synpain_hf.release.installed.places import INFO
from synpain_hf.release.layout import MANIFEST
from synpain_hf.release.release import Release
from synpain_hf.release.tables.features import with_columns_of

if TYPE_CHECKING:
    from datasets import Features


def shards_of(release: Release) -> dict[str, str]:
    """The name of the Arrow file for each file of a table."""
    names = {}
    for split, files in release.splits("default").items():
        for number, file in enumerate(files):
            part = f"-{number:05d}-of-{len(files):05d}" if len(files) > 1 else ""
            names[file] = f"{release.name}-{split}{part}.arrow"
    for table in tables.joined_tables():
        for file in release.files_of(table):
            parts = PurePosixPath(file).relative_to(table.folder).with_suffix("").parts
            names[file] = "-".join([table.name, *parts]) + ".arrow"
    return names


def files_of(release: Release) -> set[str]:
    """The names of all files that an installed release has of it."""
    return {INFO, MANIFEST, *shards_of(release).values()}


def rows_of(release: Release) -> dict[str, int]:
    """How many rows each split has that the bare name loads."""
    return {split: release.rows_in(files) for split, files in release.splits("default").items()}


def write_copy(release: Release, folder: Path, progress: Progress) -> None:
    """Write what `datasets` reads of a prepared data set, and what `load` reads."""
    places = {file: folder / name for file, name in shards_of(release).items()}
    base = release.files_of(tables.base_table())
    done, total = 0, release.rows_in(base)
    for file in base:
        _write_shard(release, file, places[file])
        done += release.rows_in([file])
        progress("install", done, total)
    for table in tables.joined_tables():
        columns = release.features_of(table)
        for file in release.files_of(table):
            _write_shard(release, file, places[file], columns)
    _write_info(release, folder, {file: path.stat().st_size for file, path in places.items()})
    shutil.copyfile(release.folder / MANIFEST, folder / MANIFEST)


def _write_info(release: Release, folder: Path, sizes: dict[str, int]) -> None:
    from datasets import DatasetInfo, SplitDict, SplitInfo, Version

    splits = SplitDict(dataset_name=release.name)
    for split, files in release.splits("default").items():
        lengths = [release.rows_in([file]) for file in files]
        splits.add(
            SplitInfo(
                name=split,
                num_bytes=sum(sizes[file] for file in files),
                num_examples=sum(lengths),
                shard_lengths=lengths if len(lengths) > 1 else None,
                dataset_name=release.name,
            )
        )
    DatasetInfo(
        description=f"{release.title}, version {release.version}.",
        features=release.columns_of(tables.base_table()),
        splits=splits,
        builder_name="parquet",
        dataset_name=release.name,
        config_name="default",
        version=Version(release.version),
        dataset_size=sum(split.num_bytes for split in splits.values()),
    ).write_to_directory(str(folder))


def _write_shard(release: Release, file: str, place: Path, columns: Features | None = None) -> None:
    """Copy a file of a table into an Arrow stream, a row group at a time.

    Args:
        release: The release.
        file: The file.
        place: The stream to write.
        columns: The columns of the whole table, where its files differ in them.

    Raises:
        ReleaseError: If it does not have as many rows as the release says.
    """
    with (
        pq.ParquetFile(release.folder / file) as source,
        pa.OSFile(str(place), "wb") as sink,
        pa.ipc.new_stream(sink, source.schema_arrow if columns is None else columns.arrow_schema) as stream,
    ):
        if source.metadata.num_rows != release.rows_in([file]):
            raise ReleaseError(
                f"{release.folder / file} has {source.metadata.num_rows:,} rows, and {MANIFEST} says "
                f"{release.rows_in([file]):,}; build or download the release again"
            )
        for number in range(source.num_row_groups):
            rows = source.read_row_group(number)
            stream.write_table(rows if columns is None else with_columns_of(rows, columns))
