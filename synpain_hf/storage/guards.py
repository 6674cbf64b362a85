"""One writer at a time, no link followed, and all errors of writing reported as one kind of error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from synpain_hf.errors import OutputError, SynpainError, UsageError
from synpain_hf.vocabulary import RELEASE_DATA, RELEASE_RECORD


@contextmanager
def locked(
    path: Path, *, busy: str | None = None, waiting: Callable[[int, int], object] | None = None
) -> Iterator[None]:
    """Be the only program that writes somewhere.

    Args:
        path: The lock, a file; it is created if it does not exist, and stays.
        busy: The error where another program holds the lock: cause, then remedy. None to wait for that program.
        waiting: Called with 0 of 1 when a wait begins, and with 1 of 1 when it is over.

    Raises:
        OutputError: If another program holds the lock and `busy` says so, or a link is in its place.
    """
    refuse_link(path)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        if busy is not None:
            raise OutputError(busy) from error
    if not lock.is_locked:
        if waiting:
            waiting(0, 1)
        lock.acquire()
        if waiting:
            waiting(1, 1)
    try:
        yield
    finally:
        lock.release()


def refuse_undecodable(path: Path) -> None:
    """Refuse a path that is not UTF-8 text: neither Arrow nor JSON can name it.

    Raises:
        UsageError: If it is not.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        name = str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise UsageError(f"{name} is not UTF-8 text; rename it, or give another place") from error


def refuse_within_release(place: Path) -> None:
    """Refuse to write into a release, whose files are those that its record lists.

    Raises:
        UsageError: If a folder above `place` is a release.
    """
    for folder in place.resolve().parents:
        if (folder / RELEASE_RECORD).is_file() and (folder / RELEASE_DATA).is_dir():
            raise UsageError(f"{place} is in the release {folder}, which holds its own files alone; give another place")


def refuse_link(path: Path) -> None:
    """Refuse to write where there is a link.

    Raises:
        OutputError: If `path` is a link.
    """
    if path.is_symlink():
        raise OutputError(f"{path} is a link, and nothing is written or removed through links; remove it")


@contextmanager
def report_write_errors(
    place: str | Path,
    remedy: str = "make room, or give another place",
    *,
    kinds: tuple[type[Exception], ...] = (OSError,),
    but: tuple[type[Exception], ...] = (),
) -> Iterator[None]:
    """Report what the file system refuses as an `OutputError`.

    Args:
        place: What is being written.
        remedy: What to do about it.
        kinds: The errors that writing raises.
        but: Errors among these that are raised unchanged, because they have another cause.

    Raises:
        OutputError: If `place` cannot be written.
    """
    others: tuple[type[Exception], ...] = (SynpainError, *but)
    try:
        yield
    except others:
        raise
    except kinds as error:
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise OutputError(f"{place} could not be written ({reason}); {remedy}") from error
