"""Telling how far long work has come: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

Progress = Callable[[str, int, int], None]
"""Called with what is done, how much of it, and of how much."""

_SECONDS_BETWEEN_LINES = 10.0


def silent(what: str, done: int, total: int) -> None:
    """Tell nothing."""


@contextmanager
def shown_on(console: Console) -> Iterator[Progress]:
    """Show progress on a console for as long as the context lasts."""
    if console.is_terminal:
        with _bars(console) as progress:
            yield progress
    else:
        yield _lines(console)


@contextmanager
def _bars(console: Console) -> Iterator[Progress]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=console, transient=True) as bars:
        tasks = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield show


def _lines(console: Console) -> Progress:
    last = {"": 0.0}

    def show(what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - last.get(what, 0.0) >= _SECONDS_BETWEEN_LINES:
            last[what] = now
            console.print(f"{what}: {done:,} of {total:,}", highlight=False)

    return show
