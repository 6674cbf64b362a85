"""Amends a release again and again, and is killed at another moment each time: run by `test_amend.py`."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
from datasets import Features

from synpain_hf.release.amend import amend
from synpain_hf.storage import work_folder_of
from tests.release.making import copied, digests

MOMENTS = 100
WATCHED = ("open", "os.", "shutil.", "ctypes.")
NAME = "annotations/pspi.parquet"

assert pq
assert Features  # all that is imported later is imported before the program is forked


def until(fatal: int, release: Path, added: Path) -> tuple[int, int]:
    """Amend a release in a process that is killed at one of the moments at which it calls the system.

    Returns:
        How it ended, and where it was not killed, the number of moments that it had.
    """
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        moments = 0

        def count(event: str, arguments: object) -> None:
            nonlocal moments
            moments += event.startswith(WATCHED)
            if moments == fatal:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        amend(release, add={NAME: added}, remove=["croissant.json"])
        os.write(writing, str(moments).encode())
        os._exit(0)
    os.close(writing)
    _, status = os.waitpid(process, 0)
    with os.fdopen(reading) as told:
        return os.waitstatus_to_exitcode(status), int(told.read() or 0)


def killed(release: Path, added: Path, work: Path) -> Iterator[str]:
    """What a hundred processes left that were killed at moments spread over the whole amendment: `old` or `new`."""
    old = digests(release)
    until(0, copied(release, work / "first"), added)  # may write the bytecode of what is imported late
    status, moments = until(0, copied(release, work / "whole"), added)
    assert status == 0
    new = digests(work / "whole")
    assert new != old
    for number in range(MOMENTS):
        folder = copied(release, work / str(number))
        status, _ = until(1 + number * moments // MOMENTS, folder, added)
        assert status == -signal.SIGKILL, status
        found = digests(folder)
        assert found in (old, new), f"a mixture after {number}: {sorted(found)}"
        yield "old" if found == old else "new"
        if found == old:
            status, _ = until(0, folder, added)
            assert status == 0
            assert digests(folder) == new
            assert not work_folder_of(folder).exists(), "something is left"
    assert digests(release) == old


if __name__ == "__main__":
    print(*killed(*map(Path, sys.argv[1:])))  # noqa: T201
