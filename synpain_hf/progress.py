"""Showing how far long work has come: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TextIO

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is in all."""

_SECONDS_BETWEEN_LINES = 10.0
_CANNOT_DRAW = ("dumb", "unknown")


def silent(what: str, done: int, total: int) -> None:
    """Show nothing."""


@contextmanager
def shown_on(stream: TextIO) -> Iterator[Progress]:
    """Show progress on a stream for as long as the context lasts."""
    if stream.isatty() and os.environ.get("TERM") not in _CANNOT_DRAW:
        with ExitStack() as stack:
            yield _bars(stream, stack)
    else:
        yield _lines(stream)


def _bars(stream: TextIO, stack: ExitStack) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bars = Bars(*columns, console=Console(file=stream), transient=True)
    tasks: dict[str, TaskID] = {}

    def show(what: str, done: int, total: int) -> None:
        if not tasks:
            stack.enter_context(bars)  # not before: until then a download shows its own bars
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done, total=total)

    return show


def _lines(stream: TextIO) -> Progress:
    last: dict[str, float] = {}

    def show(what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or what not in last or now - last[what] >= _SECONDS_BETWEEN_LINES:
            last[what] = now
            stream.write(f"{what}: {done:,} of {total:,}\n")
            stream.flush()

    return show
