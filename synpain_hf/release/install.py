"""Installing a release on a machine, so that `load_dataset("synpain")` gives it in any project.

`datasets` finds a bare name in its cache, without network and without this package. What it finds there is one folder,
HF_DATASETS_CACHE/synpain/default/VERSION/HASH:

    dataset_info.json                      the splits of `default`, and how many shards each has
    synpain-train-00000-of-00060.arrow …   one shard a partition: each partition is in one split of `default`
    release.json, shards.json              which partition each shard is, for `load`

The pictures stand on disk once: `load` maps the same shards into memory for any other configuration. Only `default`
stands under the bare name, for `datasets` takes the folder there that changed last, whatever its configuration.

HF_DATASETS_CACHE/synpain-hf holds the lock, and what is being written or removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypedDict

import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.errors import NotInstalledError, UsageError
from synpain_hf.progress import Progress, silent
from synpain_hf.release import tables
from synpain_hf.release.layout import MANIFEST, NAME
from synpain_hf.release.release import Release, dump, undamaged
from synpain_hf.release.tables.features import with_columns_of
from synpain_hf.storage import locked, move, refuse_link, report_write_errors, scratch

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, Features

_INFO = "dataset_info.json"
_SHARDS = "shards.json"
_WORK = "synpain-hf"
_LOCK = "lock"
_HASH_LENGTH = 16
_AHEAD = 10 * 365 * 24 * 3600.0
"""Seconds by which an installed folder is dated ahead. A copy that `datasets` makes later, of a local folder that
happens to be called `synpain`, is then not taken for it."""


class _Shard(TypedDict):
    """A partition's Arrow file: its name and its size."""

    file: str
    bytes: int


def install(release: str | Path, *, progress: Progress = silent) -> Path:
    """Make `load_dataset("synpain")` give a release in any project of this user; an installed one is replaced.

    The earlier one is there until the new one is complete and in its place. What `map` and its kin cached of it goes
    with it; a program that has it loaded keeps its rows, but can cache nothing more beside them.

    Args:
        release: The release directory; it is no longer needed afterwards.
        progress: Told of every file verified and every pair copied.

    Returns:
        The folder that `datasets` will find.

    Raises:
        ReleaseError: If the release is not complete, or a file cannot be read or does not fit its digest.
        OutputError: If the cache cannot be written.
    """
    opened = Release.open(release)
    with _locked_cache() as cache:
        folder = cache / NAME / "default" / opened.version / _hash_of(opened)
        if not _is_whole(folder):
            with undamaged(opened.folder):
                opened.verify(progress)
            with scratch(cache / _WORK / "partial") as partial:
                _write(opened, partial, progress)
                if folder.exists():  # a damaged one; datasets cannot read it either
                    _remove(cache, folder)
                folder.parent.mkdir(parents=True, exist_ok=True)
                move(partial, folder)
        for other in _installed(cache):
            if other != folder:
                _remove(cache, other)
        return folder


def uninstall() -> str:
    """Remove the installed release, and what `map` and its kin cached of it.

    Returns:
        Its version.

    Raises:
        NotInstalledError: If none is installed.
        OutputError: If the cache cannot be written.
    """
    with _locked_cache() as cache:
        version = _current(cache).parent.name
        for folder in _installed(cache):
            _remove(cache, folder)
        return version


def load(configuration: str = "default", split: str | None = None) -> Dataset | DatasetDict:
    """Load any configuration of the installed release, without a copy and without a wait.

    Args:
        configuration: Such as `default`, `cv_3`, `by_gender`, `only_old`; `info` lists them.
        split: One split of it; None for all.

    Returns:
        The split as a `datasets.Dataset`, or a `DatasetDict` of all; memory-mapped, in the order of the release.

    Raises:
        NotInstalledError: If no release is installed.
        UsageError: If the configuration is unknown, or it or the split has no pairs in this release.
    """
    from datasets import Dataset as ArrowDataset
    from datasets import DatasetDict, DatasetInfo, NamedSplit, Version, concatenate_datasets

    known = tables.configurations()
    if configuration not in known:
        raise UsageError(f"unknown configuration {configuration!r}; choose one of {', '.join(known)}")
    folder = _current(_cache_folder())
    release, shards = Release.described_in(folder), _read_shards(folder)
    splits = release.splits(configuration)
    if not splits:
        raise UsageError(f"release {release.version} has no pairs in {configuration}; `synpain-hf info` lists others")
    if split is not None and split not in splits:
        raise UsageError(
            f"{configuration} of release {release.version} has no split {split!r}; it has {', '.join(splits)}"
        )
    loaded = DatasetDict()
    for name, files in splits.items():
        if split in (None, name):
            info = DatasetInfo(
                description=f"{release.title}, version {release.version}.",
                dataset_name=NAME,
                config_name=configuration,
                version=Version(release.version),
            )
            parts = [
                ArrowDataset.from_file(str(folder / shards[file]["file"]), info, NamedSplit(name)) for file in files
            ]
            loaded[name] = concatenate_datasets(parts, split=NamedSplit(name))
    return loaded if split is None else loaded[split]


def _cache_folder() -> Path:
    from datasets import config

    return Path(config.HF_DATASETS_CACHE).expanduser()


@contextmanager
def _locked_cache() -> Iterator[Path]:
    """The cache of `datasets`, for one installer at a time, without what a killed one left."""
    cache = _cache_folder()
    work = cache / _WORK
    with report_write_errors(cache, "make room or set HF_HOME"):
        refuse_link(work)
        work.mkdir(parents=True, exist_ok=True)
        with locked(work / _LOCK):
            for left in work.iterdir():
                if left.name != _LOCK:
                    refuse_link(left)
                    shutil.rmtree(left)
            yield cache


def _installed(cache: Path) -> list[Path]:
    """The installed releases; there are two only where an install was killed, and `datasets` takes the last of them."""
    folders = [manifest.parent for manifest in (cache / NAME / "default").glob(f"*/*/{MANIFEST}")]
    return sorted(folders, key=lambda folder: folder.stat().st_mtime)


def _current(cache: Path) -> Path:
    folders = _installed(cache)
    if not folders:
        raise NotInstalledError("no release is installed; run `synpain-hf install RELEASE` first")
    return folders[-1]


def _read_shards(folder: Path) -> Mapping[str, _Shard]:
    shards: dict[str, _Shard] = json.loads((folder / _SHARDS).read_text(encoding="utf-8"))
    return shards


def _hash_of(release: Release) -> str:
    """What tells the rows of a release, of all its tables, from those of any other."""
    joined = [release.files[file]["sha256"] for table in tables.joined_tables() for file in release.files_of(table)]
    digests = [release.content_of(tables.base_table()), *joined]
    whole = hashlib.sha256("\n".join(digests).encode()).hexdigest() if joined else digests[0]
    return whole[:_HASH_LENGTH]


def _is_whole(folder: Path) -> bool:
    """Whether a release is installed in a folder, with all of its files at their sizes."""
    if not all((folder / name).is_file() for name in (MANIFEST, _SHARDS, _INFO)):
        return False
    files = [(folder / shard["file"], shard["bytes"]) for shard in _read_shards(folder).values()]
    return all(path.is_file() and path.stat().st_size == size for path, size in files)


def _write(release: Release, folder: Path, progress: Progress) -> None:
    """Write what `datasets` reads of a prepared data set, and what `load` reads."""
    from datasets import DatasetInfo, SplitDict, SplitInfo, Version

    base = tables.base_table()
    done, total = 0, release.rows_in(release.files_of(base))
    shards: dict[str, _Shard] = {}
    splits = SplitDict(dataset_name=NAME)
    for split, files in release.splits("default").items():
        for number, file in enumerate(files):
            part = f"-{number:05d}-of-{len(files):05d}" if len(files) > 1 else ""
            shards[file] = _write_shard(release, file, folder / f"{NAME}-{split}{part}.arrow")
            done += release.rows_in([file])
            progress("install", done, total)
        lengths = [release.rows_in([file]) for file in files]
        splits.add(
            SplitInfo(
                name=split,
                num_bytes=sum(shards[file]["bytes"] for file in files),
                num_examples=sum(lengths),
                shard_lengths=lengths if len(lengths) > 1 else None,
                dataset_name=NAME,
            )
        )
    DatasetInfo(
        description=f"{release.title}, version {release.version}.",
        features=base.features(),
        splits=splits,
        builder_name="parquet",
        dataset_name=NAME,
        config_name="default",
        version=Version(release.version),
        dataset_size=sum(split.num_bytes for split in splits.values()),
    ).write_to_directory(str(folder))
    for table in tables.joined_tables():
        columns = release.features_of(table)
        for file in release.files_of(table):
            name = "-".join([table.name, *PurePosixPath(file).relative_to(table.folder).with_suffix("").parts])
            shards[file] = _write_shard(release, file, folder / f"{name}.arrow", columns)
    with (folder / _SHARDS).open("w", encoding="utf-8") as written:
        dump(shards, written.write)
    shutil.copyfile(release.folder / MANIFEST, folder / MANIFEST)
    ahead = time.time() + _AHEAD
    os.utime(folder, (ahead, ahead))


def _write_shard(release: Release, file: str, place: Path, columns: Features | None = None) -> _Shard:
    """Copy a file of a table into an Arrow stream, a row group at a time.

    Args:
        release: The release.
        file: The file.
        place: The stream to write.
        columns: The columns of the whole table, where its files differ in them.
    """
    with (
        pq.ParquetFile(release.folder / file) as source,
        pa.OSFile(str(place), "wb") as sink,
        pa.ipc.new_stream(sink, source.schema_arrow if columns is None else columns.arrow_schema) as stream,
    ):
        for number in range(source.num_row_groups):
            rows = source.read_row_group(number)
            stream.write_table(rows if columns is None else with_columns_of(rows, columns))
    return {"file": place.name, "bytes": place.stat().st_size}


def _remove(cache: Path, folder: Path) -> None:
    """Remove an installed release, so that `datasets` never sees a part of it, and the folders it leaves empty."""
    removed = cache / _WORK / f"removed-{folder.parent.name}-{folder.name}"
    folder.rename(removed)
    shutil.rmtree(removed, ignore_errors=True)
    for parent in (folder.parent, cache / NAME / "default", cache / NAME):
        if not any(parent.iterdir()):
            parent.rmdir()
