"""Where installed releases are in the cache of `datasets`, and which of them a bare name loads."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from synpain_hf.errors import NotInstalledError
from synpain_hf.release import tables
from synpain_hf.release.layout import MANIFEST
from synpain_hf.release.naming import wrong_with
from synpain_hf.release.release import Release
from synpain_hf.storage import (
    exchange,
    locked,
    move,
    refuse_link,
    remove_tree,
    report_write_errors,
    sync_tree,
    write_atomically,
)
from synpain_hf.text.documents import parsed_json
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.text.values import shown

INFO = "dataset_info.json"

_WORK, _LOCK, _PARTIAL = "synpain-hf", "lock", "partial"
_REPLACED = "replaced.json"
_HASH_LENGTH = 16
_AHEAD = 10 * 365 * 24 * 3600.0
"""Seconds by which the installed folder is dated ahead."""


def cache_folder() -> Path:
    """The cache of `datasets`."""
    from datasets import config

    return Path(config.HF_DATASETS_CACHE).expanduser()


@contextmanager
def locked_cache() -> Iterator[Path]:
    """The cache of `datasets`, for one installer at a time, without what a killed one left."""
    cache = cache_folder()
    work = cache / _WORK
    with report_write_errors(cache, "make room or set HF_HOME"):
        refuse_link(work)
        work.mkdir(parents=True, exist_ok=True)
        with locked(work / _LOCK):
            for left in work.iterdir():
                if left.is_dir():
                    refuse_link(left)
                    remove_tree(left)
            yield cache


def partial_of(cache: Path) -> Path:
    """Where a release is written before it is put in its place."""
    return cache / _WORK / _PARTIAL


def place_of(release: Release, cache: Path) -> Path:
    """Where a release is installed: another place for other rows."""
    joined = [release.files[file]["sha256"] for table in tables.joined_tables() for file in release.files_of(table)]
    digests = [release.content_of(tables.base_table()), *joined]
    whole = hashlib.sha256("\n".join(digests).encode()).hexdigest() if joined else digests[0]
    return cache / release.name / "default" / release.version / whole[:_HASH_LENGTH]


def put(partial: Path, place: Path) -> None:
    """Move a release to its place, in one step; a damaged one that was there is then where the new one was written."""
    date_ahead(partial)
    if place.exists():
        sync_tree(partial)
        exchange(partial, place)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        move(partial, place)


def name_of(folder: Path) -> str:
    """The name under which a release is installed.

    Args:
        folder: Where it is installed.
    """
    return folder.parents[2].name


def names(cache: Path) -> list[str]:
    """The names under which releases are installed, sorted."""
    found = {name_of(path.parent) for path in cache.glob(f"*/default/*/*/{MANIFEST}")}
    return sorted(name for name in found if not wrong_with(name))


def installed(cache: Path, name: str) -> list[Path]:
    """The releases under a name; there are two only while one replaces another. `datasets` takes the last of them."""
    return sorted(_with(MANIFEST, cache, name), key=lambda folder: folder.stat().st_mtime)


def current(cache: Path, name: str) -> Path:
    """The release that is installed under a name.

    Raises:
        NotInstalledError: If none is.
    """
    folders = installed(cache, name)
    if folders:
        return folders[-1]
    others = names(cache)
    if not others:
        raise NotInstalledError("no release is installed; run `synpain-hf install RELEASE` first")
    raise NotInstalledError(
        f"no release is installed as {shown(name)}{did_you_mean(name, others)}; give one that is "
        f"({', '.join(others)}), or run `synpain-hf install RELEASE` first"
    )


def claim_name(cache: Path, folder: Path) -> None:
    """Date the installed folder ahead and all others under its name back, so that `datasets` takes it for the name."""
    date_ahead(folder)
    for other in cache.joinpath(name_of(folder)).glob("*/*/*"):
        if other != folder and other.is_dir():
            with suppress(FileNotFoundError):  # `datasets` is writing it
                os.utime(other, (0, 0))


def date_ahead(folder: Path) -> None:
    """Give a folder a date that nothing written by `datasets` will have for years."""
    ahead = time.time() + _AHEAD
    os.utime(folder, (ahead, ahead))


def is_ahead(folder: Path) -> bool:
    """Whether a folder still has such a date."""
    return folder.stat().st_mtime > time.time()


def retire(folder: Path) -> None:
    """Keep an installed release from being chosen; programs that have already chosen it can still read it."""
    (folder / MANIFEST).replace(folder / _REPLACED)
    try:
        info = parsed_json((folder / INFO).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        info = {}
    # `datasets` passes over a folder whose configuration is not the one that its path says.
    write_atomically(folder / INFO, json.dumps({**info, "config_name": "replaced"}))


def retired(cache: Path, name: str) -> list[Path]:
    """Releases under a name that were retired, and not removed yet."""
    return _with(_REPLACED, cache, name)


def remove(cache: Path, folder: Path) -> None:
    """Remove an installed release, so that `datasets` never sees a part of it, and the folders it leaves empty."""
    of_name = cache / name_of(folder)
    removed = cache / _WORK / f"removed-{folder.parent.name}-{folder.name}"
    folder.rename(removed)
    remove_tree(removed)
    for parent in (folder.parent, of_name / "default", of_name):
        if not any(parent.iterdir()):
            parent.rmdir()


def _with(file: str, cache: Path, name: str) -> list[Path]:
    return [] if wrong_with(name) else [path.parent for path in (cache / name / "default").glob(f"*/*/{file}")]
