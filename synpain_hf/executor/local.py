"""Workers on this machine: threads, and processes that end with the one that started them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from threading import Thread, current_thread, main_thread
from typing import Any

Submit = Callable[..., "Future[Any]"]
"""Called with a function and its task."""


@contextmanager
def threads(workers: int) -> Iterator[Submit]:
    """Threads; those at work when the context ends may finish."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool.submit
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def processes(workers: int) -> Iterator[Submit]:
    """Processes, started afresh; if the context ends by an exception, they end at once.

    When one is killed, all of them end, and what they had not finished raises BrokenProcessPool.
    """
    context = get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with, initargs=(reader,))

    def submit(function: Callable[[Any], Any], task: Any) -> Future[Any]:
        try:
            with _leaving_ctrl_c_here():
                return pool.submit(function, task)
        except BrokenProcessPool as error:
            lost: Future[Any] = Future()
            lost.set_exception(error)
            return lost

    with reader, pool, writer:  # left in reverse order: an exception closes the pipe before the pool is waited for
        yield submit
        pool.shutdown()


def _end_with(pipe: Connection) -> None:
    """End this process when a pipe is closed, by the process that started it or because that process ended."""

    def watch() -> None:
        wait([pipe])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


@contextmanager
def _leaving_ctrl_c_here() -> Iterator[None]:
    """Make processes that are started meanwhile ignore Ctrl-C: this one ends them."""
    if current_thread() is not main_thread():  # only the main thread may set this, and receives Ctrl-C
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
