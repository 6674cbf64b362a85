"""Independent tasks, run by threads, by processes, or by Ray; the results are the same whichever runs them."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import connection, get_context
from threading import Thread
from typing import Any, Literal, TypeVar

from synpain_hf.errors import MissingExtraError, OutputError, UsageError
from synpain_hf.text.suggestions import did_you_mean

Engine = Literal["threads", "processes", "ray"]

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")
_Submit = Callable[..., "Future[Any]"]

_AHEAD = 4
"""Tasks that a worker of this machine is given at a time: one that it works on, and some that wait."""

_MOST_LOSSES = 3
"""Times in a row that workers may be killed before a task is finished."""

_RAY_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is reported home
    "RAY_NUM_REDIS_GET_RETRIES": "1",  # wait a minute, not many, for a cluster that does not answer
    "RAY_DEDUP_LOGS_SKIP_REGEX": "^",  # print no lines among a command's results
}
"""Ray's variables, where the user has not set them; read when Ray is imported."""


@dataclass(frozen=True)
class Executor:
    """What runs a list of independent tasks.

    Attributes:
        workers: Tasks at a time.
        engine: `threads`; `processes`, started afresh, except that a single worker is this process itself;
            or `ray`: the cluster that RAY_ADDRESS names, else one on this machine, with a CPU for each worker, that
            lasts as long as the tasks. Unless it is `threads`, functions, tasks and results must be picklable.

    Raises:
        UsageError: If an argument cannot be right.
        MissingExtraError: If Ray cannot be loaded.
    """

    workers: int = 1
    engine: Engine = "threads"

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise UsageError(f"must be at least 1, not {self.workers}", "workers")
        if self.engine not in _POOLS:
            near = did_you_mean(self.engine, _POOLS)
            raise UsageError(f"unknown engine {self.engine!r}{near}; choose threads, processes or ray")
        if self.engine == "ray":
            _load_ray()

    def run(
        self, function: Callable[[_Task], _Result], tasks: Iterable[_Task], *, ordered: bool = False
    ) -> Generator[_Result, None, None]:
        """Call a function with each task.

        Tasks are taken as they are needed, so that memory does not grow with their number. One whose worker was killed
        is run again. What a task raises is raised unchanged and ends the run, as does closing the generator: processes
        and Ray's workers are stopped, threads finish the tasks they are at.

        Args:
            function: What a worker calls.
            tasks: What it is called with, one at a time.
            ordered: Give results in the order of the tasks, rather than each as soon as it is ready.

        Yields:
            What the function returned.

        Raises:
            OutputError: If workers are killed again and again, or Ray cannot be reached, or is lost.
        """
        if self.engine == "processes" and self.workers == 1:
            yield from map(function, tasks)
            return
        start, ahead = _POOLS[self.engine]
        waiting, begun, losses = iter(tasks), dict[Future[_Result], _Task](), 0
        while True:
            try:
                with start(self.workers) as submit:
                    begun = {submit(function, task) if _is_lost(of) else of: task for of, task in begun.items()}
                    while begun := begun | _begin(submit, function, waiting, ahead * self.workers - len(begun)):
                        future = next(iter(begun if ordered else wait(begun, return_when=FIRST_COMPLETED).done))
                        result = future.result()
                        del begun[future]
                        losses = 0
                        yield result
                    return
            except BrokenProcessPool as error:  # noqa: PERF203 - a new pool for each that breaks
                losses += 1
                if losses == _MOST_LOSSES:
                    raise OutputError(
                        f"worker processes were killed {losses} times before a task was finished; give fewer workers, "
                        'and in a script of your own call this under `if __name__ == "__main__":`'
                    ) from error


def _begin(
    submit: _Submit, function: Callable[[_Task], _Result], tasks: Iterator[_Task], most: int
) -> dict[Future[_Result], _Task]:
    return {submit(function, task): task for task in islice(tasks, most)}


def _is_lost(future: Future[Any]) -> bool:
    return isinstance(future.exception(), BrokenProcessPool)


@contextmanager
def _threads(workers: int) -> Iterator[_Submit]:
    """Threads; those at work when the context ends may finish."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool.submit
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _processes(workers: int) -> Iterator[_Submit]:
    """Processes, started afresh; if the context ends by an exception, or this process does, they end at once.

    When one is killed, all of them end, and what they had not finished raises BrokenProcessPool.
    """
    context = get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with, initargs=(reader,))

    def submit(function: Callable[[Any], Any], task: Any) -> Future[Any]:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # for those it starts: this one ends them
        try:
            return pool.submit(function, task)
        except BrokenProcessPool as error:
            lost: Future[Any] = Future()
            lost.set_exception(error)
            return lost
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    with reader, pool, writer:  # left in reverse order: an exception closes the pipe before the pool is waited for
        yield submit
        pool.shutdown()


def _end_with(pipe: connection.Connection) -> None:
    """End this process when a pipe is closed, by the process that started it or because that process ended."""

    def watch() -> None:
        connection.wait([pipe])
        os._exit(1)

    Thread(target=watch, daemon=True).start()


@contextmanager
def _ray(workers: int) -> Iterator[_Submit]:
    """Ray's workers, one for each task; tasks that are running when the context ends are stopped."""
    import ray
    from ray.exceptions import RayError, RayTaskError

    call = ray.remote(num_cpus=1, max_retries=_MOST_LOSSES)(_call)
    running: set[Any] = set()

    def submit(function: Callable[[Any], Any], task: Any) -> Future[Any]:
        reference = call.remote(function, task)
        running.add(reference)
        future: Future[Any] = reference.future()
        future.add_done_callback(lambda _: running.discard(reference))
        return future

    is_ours = not ray.is_initialized()
    try:
        if is_ours:
            _start_ray(workers)
        yield submit
    except RayTaskError as error:
        raise error.cause from error
    except RayError as error:
        reason = str(error).splitlines()[0]
        raise OutputError(f"Ray gave up a task ({reason}); give fewer workers, or check the cluster") from error
    finally:
        for reference in tuple(running):
            ray.cancel(reference, force=True)
        if is_ours:
            ray.shutdown()


def _call(function: Callable[[Any], Any], task: Any) -> Any:
    return function(task)


def _load_ray() -> None:
    """Import Ray, set to be quiet and to report nothing home, unless the user's variables say otherwise."""
    os.environ.update(_RAY_SETTINGS | os.environ)
    try:
        import ray  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"the engine ray needs Ray, which cannot be loaded ({error}); run `pip install 'synpain-hf[ray]'`"
        ) from error


def _start_ray(workers: int) -> None:
    import ray

    address = os.environ.get("RAY_ADDRESS")
    options: dict[str, Any] = {} if address else {"num_cpus": workers, "include_dashboard": False}
    try:
        ray.init(address or "local", log_to_driver=False, logging_level=logging.ERROR, **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        place = f"the Ray cluster {address} (RAY_ADDRESS) cannot be reached" if address else "Ray cannot be started"
        raise OutputError(f"{place} ({reason}); see `ray status`, or choose another engine") from error


_POOLS = {"threads": (_threads, _AHEAD), "processes": (_processes, _AHEAD), "ray": (_ray, 1)}
"""What starts the workers of an engine, and how many tasks each of them is given at a time."""
