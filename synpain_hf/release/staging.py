"""A release that is being written: beside its final place, resumable, and moved there only when it is complete.

.OUT.partial/lock            held by the build that writes
.OUT.partial/journal.jsonl   one line for each partition that is complete
.OUT.partial/release/        what will be OUT
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from threading import Lock

from filelock import FileLock, Timeout

from synpain_hf.errors import OutputError, Problem, SynpainError, UsageError
from synpain_hf.release.layout import sha256_of
from synpain_hf.release.partition import Written, WrittenRow


class Staging:
    """The folder in which one release is written.

    Attributes:
        release: What will be the release directory.
        finished: The complete partitions, those of an interrupted build too, by the key of their task.
    """

    def __init__(self, out: Path) -> None:
        self._out = out
        self._folder = folder_for(out)
        self._journal = self._folder / "journal.jsonl"
        self._writing = Lock()
        self.release = self._folder / "release"
        self.release.mkdir(parents=True, exist_ok=True)
        self.finished = {written.key: written for written in self._read()}

    def add(self, written: Written) -> None:
        """Remember a complete partition; it will not be written again."""
        with self._writing, self._journal.open("a", encoding="utf-8") as journal:
            journal.write(f"\n{json.dumps(asdict(written))}")  # on a line of its own, even after one cut short
            self.finished[written.key] = written

    def _read(self) -> Iterator[Written]:
        if not self._journal.exists():
            return
        for line in self._journal.read_text(encoding="utf-8").splitlines():
            try:
                fields = json.loads(line)
                rows = tuple(WrittenRow(**{**row, "pictures": tuple(row["pictures"])}) for row in fields.pop("rows"))
                problems = tuple(Problem(**problem) for problem in fields.pop("problems"))
                written = Written(**fields, rows=rows, problems=problems)
            except (json.JSONDecodeError, KeyError, TypeError):
                continue  # an empty line, one cut short when the build was killed, or one of another version
            path = self.release / written.path
            if not rows or (path.is_file() and sha256_of(path) == written.sha256):
                yield written

    def complete(self, files: Iterable[str]) -> None:
        """Remove what does not belong to the release, sync the rest, and move it to its place.

        Args:
            files: The files of the release.
        """
        wanted = {self.release / name for name in files}
        for path in sorted(self.release.rglob("*"), reverse=True):
            if path.is_file() and path not in wanted:
                path.unlink()
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        for path in self.release.rglob("*"):
            sync(path)
        sync(self.release)
        self.release.rename(self._out)
        sync(self._out.parent)


def folder_for(out: Path) -> Path:
    """Where a release is staged."""
    return out.parent / f".{out.name}.partial"


@contextmanager
def staged(out: Path) -> Iterator[Staging]:
    """Stage a release.

    On success nothing of the staging folder is left. It stays when the build is interrupted (killed, or by Ctrl-C), to
    be resumed, and is removed after any error.

    Args:
        out: Where the release will be.

    Raises:
        UsageError: If `out` exists, or its parent does not.
        OutputError: If `out` cannot be written, or is being written by another build, or the disk is full.
    """
    folder = folder_for(out)
    try:
        _check_free(out)
        folder.mkdir(exist_ok=True)
        lock = FileLock(folder / "lock")
        lock.acquire(timeout=0)
    except Timeout as error:
        raise OutputError(f"{out} is being written by another build; wait for it, or give another place") from error
    except OSError as error:
        raise OutputError(f"{out.parent} cannot be written ({error.strerror}); give another place") from error
    interrupted = False
    try:
        _check_free(out)  # another build may have finished it in the meantime
        yield Staging(out)
    except KeyboardInterrupt:
        interrupted = True
        raise
    except SynpainError:
        raise
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(f"{out} could not be written ({reason}); make room, or give another place") from error
    finally:
        if not interrupted:
            shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def _check_free(out: Path) -> None:
    if os.path.lexists(out):
        raise UsageError(f"{out} exists; remove it, or give another place")
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent} is no folder; create it first")


def sync(path: Path) -> None:
    """Have a file or folder written to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
