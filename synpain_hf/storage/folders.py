"""Folders that are complete or not there: written beside their place, synced, and moved there in one step.

.PLACE.partial/lock       held by the program that writes
.PLACE.partial/release/   what will be PLACE; after an exchange, what was
.PLACE.partial/…          what a program notes on the way

Only its owner can use `.PLACE.partial`, so that no other user can put a link into it. The same holds for a folder in
which a program keeps what it has done so far (`resumable_folder`).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from synpain_hf.errors import OutputError, UsageError
from synpain_hf.storage.exchange import exchange, restore
from synpain_hf.storage.files import sync, sync_tree
from synpain_hf.storage.guards import (
    locked,
    refuse_link,
    refuse_undecodable,
    refuse_within_release,
    report_write_errors,
)
from synpain_hf.storage.trees import remove_tree

_LOCK, _CONTENT = "lock", "release"
_VANISHED = (FileNotFoundError, FileExistsError)
"""Errors where a folder is removed between finding it and creating a file in it."""


@dataclass(frozen=True)
class StagedFolder:
    """A folder that is being written.

    Attributes:
        place: Where it will be.
        work: The folder beside its place, for notes; it is removed at the end.
    """

    place: Path
    work: Path

    @property
    def folder(self) -> Path:
        """Where it is written."""
        return self.work / _CONTENT

    def complete(self, files: Iterable[str]) -> None:
        """Remove what does not belong to it, sync the rest, and move it to its place.

        Args:
            files: The files that belong to it, by their path in it.
        """
        wanted = {self.folder / name for name in files}
        for path in sorted(self.folder.rglob("*"), reverse=True):
            if path.is_file() and path not in wanted:
                path.unlink()
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        move(self.folder, self.place)

    def replace(self) -> None:
        """Exchange it with the folder at its place; its files have to be synced.

        Programs whose working directory is the old folder stay there, except this one, which moves to the new folder.
        """
        for root, _, _ in os.walk(self.folder):
            sync(Path(root))
        with _going_on_in(self.place):
            exchange(self.place, self.folder)
        for parent in (self.place.parent, self.work):
            sync(parent)


@contextmanager
def staged(place: Path, *, resumable: bool = False) -> Iterator[StagedFolder]:
    """Stage a folder that is not there yet; after an error nothing is left of it.

    Args:
        place: Where it will be.
        resumable: Whether what was written stays when the program is killed, or stopped by Ctrl-C, for the next call
            to find. Otherwise every call begins with an empty folder.

    Raises:
        UsageError: If there is something at `place`, or its parent does not exist, or it is in a release, or not UTF-8
            text.
        OutputError: If it cannot be written, or is being written by another program, or the disk is full.
    """
    _check_free(place)
    busy = "wait for it, or give another place"
    with report_write_errors(place), _beside(place, busy, "give another place", resumable=resumable) as staging:
        _check_free(place)  # another program may have finished it in the meantime
        yield staging


@contextmanager
def replacing(place: Path) -> Iterator[StagedFolder]:
    """Stage the replacement of a folder, which stays as it was until `replace` is called, and after an error.

    Args:
        place: The folder, by its real path, without links.

    Raises:
        OutputError: If it cannot be replaced, or is being written by another program, or the disk is full.
    """
    with report_write_errors(place, "make room"), _beside(place, "wait for it", "make it writable") as staging:
        if place.is_mount():
            raise OutputError(f"{place} is a mount point, so it cannot be replaced; move what it holds into a folder")
        if not os.access(place, os.W_OK):
            raise OutputError(f"{place} cannot be written ({os.strerror(errno.EACCES)}); make it writable")
        yield staging


@contextmanager
def scratch(work: Path) -> Iterator[Path]:
    """An empty folder to write into; what is left in it at the end is removed, as is what an earlier program left.

    Args:
        work: The folder in which it is made; only its owner can use it.

    Raises:
        OutputError: If there is something else at `work`, or it belongs to another user.
    """
    folder = work / _CONTENT
    _own(work)
    refuse_link(folder)
    remove_tree(folder)
    try:
        folder.mkdir()
        yield folder
    finally:
        remove_tree(work)


@contextmanager
def resumable_folder(work: Path, *, busy: str) -> Iterator[Path]:
    """A folder for what a program has done so far; whatever ends the program, it stays for the next one.

    At the end it is removed, if nothing is left in it.

    Args:
        work: The folder; only its owner can use it.
        busy: The error where another program uses it: cause, then remedy.

    Raises:
        OutputError: If it cannot be written, or another program uses it, or there is something else in its place.
    """
    lock = work / _LOCK
    with report_write_errors(work):
        _own(work)
        with locked(lock, busy=busy):
            _own(work)  # again: filelock creates the folder if another program has just removed it
            for path in work.rglob("*"):
                refuse_link(path)
            try:
                yield work
            finally:
                if set(work.iterdir()) == {lock}:
                    _discard(work)


def move(folder: Path, place: Path) -> None:
    """Sync a folder and everything in it, and move it to its place."""
    sync_tree(folder)
    folder.rename(place)
    sync(place.parent)


def work_folder_of(place: Path) -> Path:
    """Where a folder is staged."""
    return place.parent / f".{place.name}.partial"


@contextmanager
def _beside(place: Path, if_busy: str, if_refused: str, *, resumable: bool = False) -> Iterator[StagedFolder]:
    """Stage a folder beside its place; the remedies are for one that another program writes, or that is read-only."""
    staging = StagedFolder(place, work_folder_of(place))
    busy = f"{place} is being written by another program; {if_busy}"
    with ExitStack() as held:
        try:
            _own(staging.work)
            held.enter_context(locked(staging.work / _LOCK, busy=busy))
            _own(staging.work)  # again: filelock creates the folder if another program has just removed it
        except OutputError:
            raise
        except OSError as error:
            is_removed_now = isinstance(error, _VANISHED) and place.parent.is_dir()  # by the other program
            refused = f"{place.parent} cannot be written ({error.strerror}); {if_refused}"
            raise OutputError(busy if is_removed_now else refused) from error
        restore(place, staging.folder)
        for path in staging.work.rglob("*") if resumable else [staging.folder]:
            refuse_link(path)
        is_left = False
        try:
            if not resumable:
                _clear(staging.work)
            staging.folder.mkdir(exist_ok=resumable)
            yield staging
        except KeyboardInterrupt:
            is_left = resumable
            raise
        finally:
            restore(place, staging.folder)
            if not is_left:
                _discard(staging.work)


def _check_free(place: Path) -> None:
    refuse_undecodable(place)
    if os.path.lexists(place):
        raise UsageError(f"{place} exists; remove it, or give another place")
    if not place.parent.is_dir():
        raise UsageError(f"{place.parent} is not a folder; create it first")
    refuse_within_release(place)


def _own(work: Path) -> None:
    """Make a folder that only its owner can use, or take the one that an earlier program of the same user left.

    Raises:
        OutputError: If it is something else.
    """
    with suppress(FileExistsError):
        work.mkdir(mode=stat.S_IRWXU)
        return
    refuse_link(work)
    try:
        descriptor = os.open(work, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except NotADirectoryError as error:
        raise OutputError(f"{work} is in the way; remove it") from error
    try:
        if os.fstat(descriptor).st_uid != os.geteuid():
            raise OutputError(f"{work} belongs to another user; have it removed, or give another place")
        os.fchmod(descriptor, stat.S_IRWXU)
    finally:
        os.close(descriptor)


def _clear(work: Path) -> None:
    """Remove what an interrupted program left, except the lock."""
    for left in work.iterdir():
        if left.is_dir() and not left.is_symlink():
            remove_tree(left)
        elif left.name != _LOCK:
            left.unlink()


def _discard(work: Path) -> None:
    """Remove what can be removed of a folder; the lock last, because after it the folder may be another program's."""
    with suppress(OSError):
        _clear(work)
        (work / _LOCK).unlink()
        work.rmdir()


@contextmanager
def _going_on_in(place: Path) -> Iterator[None]:
    """Keep this program's working directory at the same path when a folder around it is replaced."""
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was removed
        yield
        return
    yield
    if here == place or place in here.parents:
        with suppress(FileNotFoundError):
            os.chdir(here)
