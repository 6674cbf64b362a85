"""A Hub in a program of its own, that can be killed and started again where it was."""

from __future__ import annotations

import argparse
import signal
from pathlib import Path

from tests.hub.faults import Drop, Fault
from tests.hub.server import Hub
from tests.hub.state import WRITER


def parser() -> argparse.ArgumentParser:
    """What the program can be told."""
    told = argparse.ArgumentParser(
        prog="python -m tests.hub",
        description=f"{__doc__} A line on standard output gives its address, once it is ready. It serves on loopback "
        f"until it is killed, or Ctrl-C is typed. Point the client there with HF_ENDPOINT, and with HF_TOKEN={WRITER}, "
        "which may write to maker/NAME and lab/NAME.",
    )
    told.add_argument("folder", nargs="?", type=Path, help="where it keeps what it knows; nowhere by default")
    told.add_argument("hub_port", nargs="?", type=int, default=0, help="its port; a free one by default")
    told.add_argument("storage_port", nargs="?", type=int, default=0, help="the port of its storage, likewise")
    told.add_argument(
        "--dies-at",
        nargs=4,
        metavar=("METHOD", "PATTERN", "SKIP", "DROP"),
        help="die at the first request of this method whose path has the pattern, after SKIP others; DROP says when: "
        + ", ".join(f"{drop.name} ({drop.value})" for drop in Drop if drop is not Drop.NEVER),
    )
    return told


def main() -> None:
    """Serve."""
    program = parser()
    told = program.parse_args()
    faults = []
    if told.dies_at:
        method, pattern, skip, drop = told.dies_at
        if not skip.isdecimal() or drop not in Drop.__members__:
            program.error("--dies-at: SKIP is a number, and DROP one of those that --help tells")
        faults = [Fault(pattern, method, skip=int(skip), drop=Drop[drop], dies=True)]
    if told.folder:
        told.folder.mkdir(parents=True, exist_ok=True)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # so that Ctrl-C is met by `sigwait`, whenever it comes
    with Hub(told.folder, (told.hub_port, told.storage_port)) as hub:
        hub.faults = faults
        print(hub.url, flush=True)  # noqa: T201
        signal.sigwait([signal.SIGINT])


if __name__ == "__main__":
    main()
