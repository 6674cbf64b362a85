"""Installing releases on a machine, so that `load_dataset` gives each by its name in any project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from synpain_hf.errors import ReleaseError, UsageError
from synpain_hf.progress import Progress, silent
from synpain_hf.release import tables
from synpain_hf.release.checking import check
from synpain_hf.release.installed import places
from synpain_hf.release.installed.bare_name import check_name
from synpain_hf.release.installed.records import is_whole, record_files
from synpain_hf.release.installed.shards import files_of, rows_of, shards_of, write_copy
from synpain_hf.release.layout import MANIFEST, NAME
from synpain_hf.release.naming import wrong_with
from synpain_hf.release.release import Release
from synpain_hf.storage import scratch
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.text.values import shown

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

Read = TypeVar("Read")


def install(release: str | Path, *, verify: bool = False, progress: Progress = silent) -> Path:
    """Make `load_dataset` give a release by the name of its data set, in any project of this user.

    Data sets of several names are installed side by side; one that is installed under the same name is replaced. The
    earlier one is there until the new one is complete and in its place. What `map` and the like cached of it is
    removed too; a program that has it loaded keeps its rows, but can cache nothing more beside them. If the release is
    already installed, a damaged copy is repaired, and a whole one is left as it is.

    Finally the release is loaded by its name, in a separate process, from another folder.

    Args:
        release: The release directory; it is no longer needed afterwards.
        verify: Whether to look into every file of the release, and compare every file of an installed copy with its
            digest, even if they were right before. Otherwise only those are read whose size, time or inode has changed.
        progress: Called after every file verified and every pair copied.

    Returns:
        The folder that `datasets` will find.

    Raises:
        ReleaseError: If the release is not complete, a file cannot be read or does not fit its digest, or
            `load_dataset` could not find a data set of its name.
        OutputError: If the cache cannot be written, or `datasets` does not find the release there.
    """
    opened = Release.open(release)
    if reason := wrong_with(opened.name):
        raise ReleaseError(
            f"{MANIFEST} calls the data set {shown(opened.name)!r}, {reason}; build it again with another --name"
        )
    with places.locked_cache() as cache:
        check(opened, beside=opened.files, again=verify, progress=progress)
        folder = places.place_of(opened, cache)
        if not is_whole(folder, files_of(opened), verify=verify, progress=progress):
            with scratch(places.partial_of(cache)) as partial:
                write_copy(opened, partial, progress)
                record_files(partial)
                places.put(partial, folder)
        places.claim_name(cache, folder)
        for other in places.installed(cache, opened.name):
            if other != folder:
                places.retire(other)
        check_name(cache, folder, rows_of(opened))
        for other in places.retired(cache, opened.name):
            places.remove(cache, other)
        return folder


def uninstall(name: str | None = None) -> str:
    """Remove an installed release, and what `map` and the like cached of it.

    Args:
        name: What its data set is called; it may be left out where one release is installed.

    Returns:
        Its version.

    Raises:
        NotInstalledError: If it is not installed.
        UsageError: If several are installed, and none is named.
        OutputError: If the cache cannot be written.
    """
    with places.locked_cache() as cache:
        chosen = _only(places.names(cache)) if name is None else name
        version = places.current(cache, chosen).parent.name
        for folder in [*places.retired(cache, chosen), *places.installed(cache, chosen)]:
            places.remove(cache, folder)
        return version


def _only(names: Sequence[str]) -> str:
    """The only name under which a release is installed; the usual one where none is."""
    if len(names) > 1:
        raise UsageError(f"is missing, and several releases are installed; give one of {', '.join(names)}", "name")
    return next(iter(names), NAME)


def load(configuration: str = "default", split: str | None = None, *, name: str = NAME) -> Dataset | DatasetDict:
    """Load any configuration of an installed release, without copying, waiting or a network.

    Args:
        configuration: Such as `default`, `cv_3`, `by_gender`, `only_old`; `info` lists them.
        split: One split of it; None for all.
        name: What its data set is called; `installed` lists them.

    Returns:
        The split as a `datasets.Dataset`, or a `DatasetDict` of all; memory-mapped, in the order of the release.

    Raises:
        NotInstalledError: If no release of this name is installed.
        UsageError: If the configuration is unknown, or it or the split has no pairs in this release.
        ReleaseError: If the installed release is damaged.
    """
    known = tables.configurations()
    if configuration not in known:
        near = did_you_mean(configuration, known)
        raise UsageError(f"unknown configuration {configuration!r}{near}; choose one of {', '.join(known)}")
    return of_installed(lambda release: load_of(release, configuration, split), name)


def of_installed(read: Callable[[Release], Read], name: str = NAME) -> Read:
    """Read an installed release, all of it from one place; again where another release takes its place meanwhile.

    Args:
        read: What reads it.
        name: What its data set is called.

    Raises:
        NotInstalledError: If no release of this name is installed.
        ReleaseError: If the installed release is damaged.
    """
    with suppress(OSError, ReleaseError):
        return _of_current(read, name)
    return _of_current(read, name)


def _of_current(read: Callable[[Release], Read], name: str) -> Read:
    cache = places.cache_folder()
    folder = places.current(cache, name)
    if not places.is_ahead(folder):
        with suppress(OSError):  # of another user
            places.claim_name(cache, folder)
    try:
        return read(Release.described_in(folder))
    except (pa.ArrowException, OSError, ReleaseError) as error:
        reason = str(error).partition("; ")[0]
        raise ReleaseError(
            f"the release that is installed as {name} is damaged ({reason}); run `synpain-hf install RELEASE` again"
        ) from error


def load_of(release: Release, configuration: str, split: str | None) -> Dataset | DatasetDict:
    """Load a configuration of an installed release: a split, or a `DatasetDict` of all of them.

    Raises:
        UsageError: If the configuration or the split has no pairs in this release.
        ReleaseError: If a file is not as it was installed.
    """
    from datasets import Dataset as ArrowDataset
    from datasets import DatasetDict, DatasetInfo, NamedSplit, Version
    from datasets.arrow_reader import ArrowReader
    from datasets.table import concat_tables

    folder, shards, splits = release.folder, shards_of(release), release.splits(configuration)
    if not splits:
        raise UsageError(f"release {release.version} has no pairs in {configuration}; `synpain-hf info` lists others")
    if split is not None and split not in splits:
        raise UsageError(
            f"{configuration} of release {release.version} has no split {split!r}{did_you_mean(split, splits)}; it has "
            f"{', '.join(splits)}"
        )
    read = {MANIFEST, *(shards[file] for files in splits.values() for file in files)}
    if not is_whole(folder, read, verify=False, progress=silent):
        raise ReleaseError(f"a file in {folder} is not as it was installed")
    loaded = DatasetDict()
    for name, files in splits.items():
        if split in (None, name):
            info = DatasetInfo(
                description=f"{release.title}, version {release.version}.",
                dataset_name=release.name,
                config_name=configuration,
                version=Version(release.version),
            )
            table = concat_tables([ArrowReader.read_table(str(folder / shards[file])) for file in files])
            loaded[name] = ArrowDataset(table, info, NamedSplit(name))
    return loaded if split is None else loaded[split]
