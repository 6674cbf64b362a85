"""Independent tasks, run by threads, by processes, or by Ray; the results are the same whichever runs them.

local     threads and processes of this machine
cluster   Ray
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, Literal, TypeVar

from synpain_hf.errors import OutputError, UsageError
from synpain_hf.executor import cluster, local
from synpain_hf.executor.local import Submit
from synpain_hf.text.suggestions import did_you_mean

Engine = Literal["threads", "processes", "ray"]

_Task = TypeVar("_Task")
_Result = TypeVar("_Result")

_POOLS = {"threads": local.threads, "processes": local.processes, "ray": cluster.ray_workers}

_AHEAD = 4
"""Tasks that are taken for each worker before their results are: one that it works on, and some that wait."""

_MOST_LOSSES = 3
"""Times in a row that processes may be killed before a task is finished."""


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
            cluster.load_ray()

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
        run: _Run[_Task, _Result] = _Run(function, iter(tasks), self._room, ordered)
        losses = 0
        while True:
            try:
                with _POOLS[self.engine](self.workers) as submit:
                    for result in run.results(submit):
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

    @property
    def _room(self) -> int:
        """How many tasks the workers may have; a cluster may have CPUs for more than are wanted."""
        return self.workers if self.engine == "ray" else _AHEAD * self.workers


@dataclass
class _Run(Generic[_Task, _Result]):
    function: Callable[[_Task], _Result]
    waiting: Iterator[_Task]
    room: int
    ordered: bool
    begun: list[tuple[_Task, Future[_Result]]] = field(default_factory=list)

    def results(self, submit: Submit) -> Iterator[_Result]:
        """The results that are not given yet; tasks that were lost with an earlier pool are run again."""
        self.begun = [
            (task, submit(self.function, task) if _is_lost(future) else future) for task, future in self.begun
        ]
        while True:
            new = islice(self.waiting, self.room - len(self.begun))
            self.begun += [(task, submit(self.function, task)) for task in new]
            if not self.begun:
                return
            at = 0 if self.ordered else _first_done([future for _, future in self.begun])
            result = self.begun[at][1].result()
            del self.begun[at]
            yield result


def _is_lost(future: Future[Any]) -> bool:
    return isinstance(future.exception(), BrokenProcessPool)


def _first_done(futures: Sequence[Future[Any]]) -> int:
    done = wait(futures, return_when=FIRST_COMPLETED).done
    return next(at for at, future in enumerate(futures) if future in done)
