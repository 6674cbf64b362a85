"""Whole folders: carried over to another place without copying, and removed."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Container, Iterator
from contextlib import suppress
from pathlib import Path

from synpain_hf.storage.files import sync


def link_or_copy(source: Path, target: Path) -> None:
    """Put the same file at another place too: as a hard link, or as a synced copy where links are not possible."""
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:
        shutil.copy2(source, target)
        sync(target)


def carry(source: Path, target: Path, *, without: Container[str]) -> None:
    """Give a folder everything that another has: files as hard links where possible, links as links.

    Folders have the owner and the permissions of those in `source`. What is the same in both is left alone, so that a
    second call carries over what was added or changed after the first.

    Args:
        source: The folder to take from.
        target: The folder to add to.
        without: What to leave out, by the path in `source`, with slashes.
    """
    for path in _files(source):
        name = path.relative_to(source).as_posix()
        place = target / name
        if name in without or _is_same(path, place):
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        if path.is_symlink():
            place.symlink_to(path.readlink())
        else:
            link_or_copy(path, place)
    for root, folders, names in os.walk(source):
        place = target / Path(root).relative_to(source)
        if not folders and not names:
            place.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            _make_alike(Path(root), place)


def _files(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is not a folder itself, including links to folders."""
    for root, folders, names in os.walk(folder):
        yield from (Path(root, name) for name in names)
        yield from (path for name in folders if (path := Path(root, name)).is_symlink())


def _is_same(path: Path, place: Path) -> bool:
    try:
        one, other = path.lstat(), place.lstat()
    except FileNotFoundError:
        return False
    if stat.S_ISLNK(one.st_mode) and stat.S_ISLNK(other.st_mode):
        return path.readlink() == place.readlink()
    is_copy = (one.st_mode, one.st_size, one.st_mtime_ns) == (other.st_mode, other.st_size, other.st_mtime_ns)
    return is_copy or os.path.samestat(one, other)


def _make_alike(folder: Path, place: Path) -> None:
    """Give a folder the owner and the permissions of another, where that is allowed."""
    owner = folder.stat()
    with suppress(PermissionError):
        os.chown(place, owner.st_uid, owner.st_gid)
    shutil.copystat(folder, place)
    os.utime(place)


def remove_tree(folder: Path) -> None:
    """Remove what can be removed of a folder, including read-only folders; of a link, only the link itself."""
    for root, folders, _ in os.walk(folder):
        for name in folders:
            path = Path(root, name)
            if not path.is_symlink() and not os.access(path, os.W_OK | os.X_OK):
                with suppress(OSError):
                    path.chmod(stat.S_IRWXU)
    shutil.rmtree(folder, ignore_errors=True)
