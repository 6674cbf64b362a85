"""What the tests of the executor have it do; here, so that other processes can import it."""

from __future__ import annotations

import errno
import os
import signal
import time
from pathlib import Path
from typing import NoReturn

from synpain_hf.errors import BadInputError, Problem

SECONDS = 600
NEEDS_ROOM = 3
PROBLEMS = [Problem("a.png", "is empty; fetch it again", "a"), Problem("b.png", "is not a picture", "b")]


def waited_for(path: Path) -> None:
    """Wait until a file is there."""
    deadline = time.monotonic() + SECONDS
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def square(number: int) -> int:
    return number * number


def process(number: int) -> int:
    """The process that works on a task."""
    return os.getpid()


def first_waits(number: int, file: Path) -> int:
    """The number; that of the first task only once a file is there."""
    if number == 0:
        waited_for(file)
    return number


def second_touches(number: int, file: Path) -> int:
    """The number; the second task makes the file that the first one waits for."""
    if number == 1:
        file.touch()
    return first_waits(number, file)


def fill_the_disk(number: int) -> int:
    if number == NEEDS_ROOM:
        raise OSError(errno.ENOSPC, "No space left on device", "/some/file")
    return number


def find_problems(number: int) -> NoReturn:
    raise BadInputError(PROBLEMS)


def stay(number: int, folder: Path) -> NoReturn:
    """Say which process works on the task, and never end."""
    (folder / f"{number}.partial").write_text(str(os.getpid()))
    (folder / f"{number}.partial").rename(folder / f"{number}")
    while True:
        time.sleep(SECONDS)


def stay_but_one(number: int, folder: Path) -> NoReturn:
    """Never end, but for one task that finds no room once the other is at work."""
    if number == 0:
        stay(number, folder)
    waited_for(folder / "0")
    raise OSError(errno.ENOSPC, "No space left on device")


def die_once(number: int, folder: Path) -> int:
    """The square; the process that is the first to be given 3 is killed."""
    with (folder / f"runs-{number}").open("a") as runs:
        runs.write("run\n")
    if number == NEEDS_ROOM and (folder / f"runs-{number}").stat().st_size == len("run\n"):
        die(number)
    return square(number)


def die(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
