"""Installing a release on a machine, so that `load_dataset("synpain")` gives it in any project.

`datasets` finds a bare name in its cache, without network and without this package: the folder
`synpain/default/VERSION/HASH` there, with an Arrow file for each shard. The pictures stand on disk once:

    HF_DATASETS_CACHE/synpain-hf/VERSION-HASH/    an Arrow file for each partition, and release.json
    HF_DATASETS_CACHE/synpain/default/…           hard links to those of `default`

`load` maps the same files into memory for any other configuration. Only `default` stands under the bare name, for
`datasets` takes the folder there that changed last, whatever its configuration.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock

from synpain_hf.errors import NotInstalledError, OutputError, UsageError
from synpain_hf.progress import Progress, silent
from synpain_hf.protocols import CONFIGURATIONS, Partition, splits_of
from synpain_hf.release.layout import MANIFEST, NAME
from synpain_hf.release.manifest import Release
from synpain_hf.release.rows import features

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

_STORE = "synpain-hf"
_HASH_LENGTH = 16


def install(release: str | Path, *, progress: Progress = silent) -> Path:
    """Make `load_dataset("synpain")` give a release in any project of this user; an installed one is replaced.

    Args:
        release: The release directory; it is no longer needed afterwards.
        progress: Told of every file verified and every pair copied.

    Returns:
        The folder that `datasets` will find.

    Raises:
        ReleaseError: If the release is not complete, or a file does not fit its digest.
        OutputError: If the cache cannot be written.
    """
    opened = Release.open(release)
    with _cache() as cache:
        found = _named(cache, opened)
        if found.is_dir() and _stored(cache, opened).is_dir():
            return found
        opened.verify(progress)
        partial = cache / _STORE / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        _copy_partitions(opened, partial / "store", progress)
        _link_default(opened, partial)
        _remove(cache)
        (partial / "store").rename(_stored(cache, opened))
        found.parent.mkdir(parents=True)
        (partial / "default").rename(found)
        partial.rmdir()
        return found


def uninstall() -> str:
    """Remove the installed release, and what `map` and its kin cached of it.

    Returns:
        Its version.

    Raises:
        NotInstalledError: If none is installed.
    """
    with _cache() as cache:
        version = _installed(cache).version
        _remove(cache)
        return version


def load(configuration: str = "default", split: str | None = None) -> Dataset | DatasetDict:
    """Load any configuration of the installed release, without a copy and without a wait.

    Args:
        configuration: Such as `default`, `cv_3`, `by_gender`, `only_old`; `info` lists them.
        split: One split of it; None for all.

    Returns:
        The split as a `datasets.Dataset`, or a `DatasetDict` of all; memory-mapped.

    Raises:
        NotInstalledError: If no release is installed.
        UsageError: If the configuration is unknown, or it or the split has no pairs in this release.
    """
    from datasets import Dataset as ArrowDataset
    from datasets import DatasetDict, NamedSplit, concatenate_datasets

    if configuration not in CONFIGURATIONS:
        raise UsageError(f"unknown configuration {configuration!r}; choose one of {', '.join(CONFIGURATIONS)}")
    release = _installed(_cache_folder())
    splits = splits_of(configuration, release.partitions)
    if not splits or (split is not None and split not in splits):
        what = f"split {split!r}; {configuration} has {', '.join(splits)}" if splits else f"{configuration}"
        raise UsageError(f"release {release.version} has no pairs in {what}")
    loaded = DatasetDict()
    for name, partitions in splits.items():
        if split in (None, name):
            parts = [
                ArrowDataset.from_file(str(release.folder / _arrow_name(partition)), split=NamedSplit(name))
                for partition in partitions
            ]
            loaded[name] = concatenate_datasets(parts, split=NamedSplit(name))
    return loaded if split is None else loaded[split]


def _cache_folder() -> Path:
    from datasets import config

    return Path(config.HF_DATASETS_CACHE).expanduser()


@contextmanager
def _cache() -> Iterator[Path]:
    """The cache of `datasets`, for one installer at a time."""
    cache = _cache_folder()
    try:
        (cache / _STORE).mkdir(parents=True, exist_ok=True)
        with FileLock(cache / _STORE / "lock"):
            yield cache
    except NotInstalledError:
        raise
    except OSError as error:
        raise OutputError(
            f"{cache} could not be written ({error.strerror or error}); make room or set HF_HOME"
        ) from error


def _hash(release: Release) -> str:
    return str(release.manifest["content"])[:_HASH_LENGTH]


def _named(cache: Path, release: Release) -> Path:
    return cache / NAME / "default" / release.version / _hash(release)


def _stored(cache: Path, release: Release) -> Path:
    return cache / _STORE / f"{release.version}-{_hash(release)}"


def _arrow_name(partition: Partition) -> str:
    return partition.path.removesuffix(".parquet") + ".arrow"


def _installed(cache: Path) -> Release:
    for manifest in sorted((cache / _STORE).glob(f"[0-9]*/{MANIFEST}")):
        return Release.read(manifest.parent)
    raise NotInstalledError("no release is installed; run `synpain-hf install RELEASE` first")


def _copy_partitions(release: Release, store: Path, progress: Progress) -> None:
    """Write every partition as an Arrow stream, and `release.json` beside them."""
    done, total = 0, release.rows_in(release.partitions)
    for partition in release.partitions:
        path = store / _arrow_name(partition)
        path.parent.mkdir(parents=True, exist_ok=True)
        with pq.ParquetFile(release.folder / partition.path) as parquet, path.open("wb") as file:
            with pa.ipc.new_stream(file, parquet.schema_arrow) as writer:
                for batch in parquet.iter_batches():
                    writer.write_batch(batch)
            file.flush()
            os.fsync(file.fileno())
        done += release.rows_in([partition])
        progress("install", done, total)
    shutil.copyfile(release.folder / MANIFEST, store / MANIFEST)


def _link_default(release: Release, partial: Path) -> None:
    """Write what `datasets` reads of a prepared data set, with hard links for its shards."""
    from datasets import DatasetInfo, SplitDict, SplitInfo, Version

    folder = partial / "default"
    folder.mkdir()
    splits = SplitDict(dataset_name=NAME)
    for split, partitions in splits_of("default", release.partitions).items():
        lengths = [release.rows_in([partition]) for partition in partitions]
        for number, partition in enumerate(partitions):
            shard = f"-{number:05d}-of-{len(partitions):05d}" if len(partitions) > 1 else ""
            os.link(partial / "store" / _arrow_name(partition), folder / f"{NAME}-{split}{shard}.arrow")
        splits.add(
            SplitInfo(
                name=split,
                num_bytes=sum(release.files[partition.path]["bytes"] for partition in partitions),
                num_examples=sum(lengths),
                shard_lengths=lengths if len(lengths) > 1 else None,
                dataset_name=NAME,
            )
        )
    DatasetInfo(
        features=features(),
        splits=splits,
        builder_name="parquet",
        dataset_name=NAME,
        config_name="default",
        version=Version(release.version),
    ).write_to_directory(str(folder))


def _remove(cache: Path) -> None:
    """Remove every installed release."""
    for manifest in (cache / _STORE).glob(f"[0-9]*/{MANIFEST}"):
        release = Release.read(manifest.parent)
        shutil.rmtree(_named(cache, release), ignore_errors=True)
        for parent in list(_named(cache, release).parents)[:3]:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
        shutil.rmtree(manifest.parent)
