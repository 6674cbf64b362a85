"""One case in a process of its own, with bounds on memory and time, in a folder that is watched."""

from __future__ import annotations

import hashlib
import importlib
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from synpain_hf.errors import SynpainError

Files = Mapping[str, "bytes | Link"]
"""An input: what is in each file, by its path."""

Use = Callable[[Path, Path], str]
"""Uses an input: the folder of its files, and a place to write to. Says in a word what became of it."""

REFUSED = "refused"
SECRET = "secret.png"
"""A picture beside the folder of the input, which nothing in it may reach."""

_IN, _OUT = "in", "out"
_CARRIED_ON = 20
"""Seconds of waiting, for each second of processor time that is allowed: other programs may be running."""

_LEAST_WAIT = 30.0
"""Seconds."""


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str


@dataclass(frozen=True)
class Bounds:
    """What a case may cost.

    Attributes:
        memory: Bytes beside what the libraries take.
        seconds: Of processor time.
    """

    memory: int = 500 * 2**20
    seconds: float = 5.0


@dataclass(frozen=True)
class Outcome:
    """What became of a case.

    Attributes:
        kind: `refused`, or what the use of the input said; or a fault: `traceback`, `wrong`, `memory`, `time`,
            `crashed`, `outside` (a file beside the folder was touched, or taken in), `left` (a part of an output).
        reason: What happened, and where; two cases that fail alike have the same.
        is_fault: Whether it is one.
    """

    kind: str
    reason: str = ""
    is_fault: bool = False


class WrongError(Exception):
    """An input that was taken for what it is not."""


def run(files: Files, use: Use, bounds: Bounds, secret: bytes = b"secret", *, preload: Sequence[str] = ()) -> Outcome:
    """Run a case.

    Args:
        files: The input.
        use: What is done with it; a function of a module, which the process imports.
        bounds: What it may cost.
        secret: The content of `SECRET`.
        preload: Modules whose import is no cost of the case.
    """
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name).resolve()
        inside, beside = folder / "inside", folder / "beside"
        for made in (inside / _IN, beside, folder / "cache"):
            made.mkdir(parents=True)
        (beside / SECRET).write_bytes(secret)
        write(files, inside / _IN)
        before = _state(beside)
        outcome = _in_a_process(folder, use, bounds, preload)
        if outcome.is_fault:
            return outcome
        if _state(beside) != before:
            return Outcome("outside", "a file beside the folder was changed", is_fault=True)
        left = sorted(
            {path.name for path in inside.iterdir()} - {_IN} | {path.name for path in inside.rglob("*.partial")}
        )
        if left and (outcome.kind == REFUSED or left != [_OUT]):
            return Outcome("left", f"{', '.join(left)} after: {outcome.kind}", is_fault=True)
        hidden = hashlib.sha256(secret).hexdigest().encode()
        if any(secret in content or hidden in content for content in map(Path.read_bytes, _files_in(inside / _OUT))):
            return Outcome("outside", "a file beside the folder was taken in", is_fault=True)
        return outcome


def write(files: Files, folder: Path) -> None:
    """Write an input into a folder; nothing outside it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Link):
            path.symlink_to(content.target)
        else:
            path.write_bytes(content)


def _files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def _state(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in _files_in(folder)}


def _in_a_process(folder: Path, use: Use, bounds: Bounds, preload: Sequence[str]) -> Outcome:
    context = multiprocessing.get_context("forkserver")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(folder, use, bounds, preload, sender))
    process.start()
    sender.close()
    try:
        if not receiver.poll(max(_LEAST_WAIT, bounds.seconds * _CARRIED_ON)):
            process.kill()
            return Outcome("time", "it waits without end", is_fault=True)
        outcome: Outcome = receiver.recv()
    except EOFError:
        process.join()
        if process.exitcode == -signal.SIGPROF:
            return Outcome("time", f"more than {bounds.seconds:g} s, without end", is_fault=True)
        return Outcome("crashed", f"exit status {process.exitcode}", is_fault=True)
    finally:
        process.join()
        receiver.close()
    return outcome


def _child(folder: Path, use: Use, bounds: Bounds, preload: Sequence[str], sender: Connection) -> None:
    sys.settrace(None)  # a measurement of coverage would triple what is measured here
    os.chdir(folder / "inside")
    os.environ["HF_HOME"] = str(folder / "cache")
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    for name in preload:  # imported already, unless the server of these processes was started for something else
        importlib.import_module(name)
    began = resource.getrusage(resource.RUSAGE_SELF)
    virtual = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (virtual + 4 * bounds.memory,) * 2)
    signal.setitimer(signal.ITIMER_PROF, 2 * bounds.seconds)  # which ends the process
    outcome = _used(use, folder / "inside" / _IN, folder / "inside" / _OUT)
    ended = resource.getrusage(resource.RUSAGE_SELF)
    seconds = ended.ru_utime + ended.ru_stime - began.ru_utime - began.ru_stime
    memory = (ended.ru_maxrss - began.ru_maxrss) * 1024
    if memory > bounds.memory:
        outcome = Outcome("memory", f"more than {bounds.memory / 2**20:.0f} MiB, then: {outcome.kind}", is_fault=True)
    elif seconds > bounds.seconds:
        outcome = Outcome("time", f"more than {bounds.seconds:g} s, then: {outcome.kind}", is_fault=True)
    sender.send(outcome)
    sender.close()


def _used(use: Use, given: Path, out: Path) -> Outcome:
    try:
        return Outcome(use(given, out))
    except SynpainError:
        return Outcome(REFUSED)
    except WrongError as error:
        return Outcome("wrong", str(error), is_fault=True)
    except MemoryError:
        return Outcome("memory", "all that a process may have", is_fault=True)
    except BaseException as error:  # noqa: BLE001 - whatever is raised is what is looked for
        frames = traceback.extract_tb(error.__traceback__)
        ours = [frame for frame in frames if "synpain_hf" in frame.filename] or frames
        where = f"{Path(ours[-1].filename).name}, {ours[-1].name}"
        return Outcome("traceback", f"{type(error).__name__} in {where}", is_fault=True)
