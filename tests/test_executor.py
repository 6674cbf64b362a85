"""Independent tasks: their results, their order, their errors, and workers that are killed, whichever the engine."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psutil
import pytest

from synpain_hf.errors import BadInputError, OutputError, UsageError
from synpain_hf.executor import Engine, Executor
from tests import tasks

HERE: list[Engine] = ["threads", "processes"]
NUMBERS = range(20)

STAYS = """
import sys
from functools import partial
from pathlib import Path
from synpain_hf.executor import Executor
from tests.tasks import stay
try:
    list(Executor(2, "processes").run(partial(stay, folder=Path(sys.argv[1])), range(9)))
except KeyboardInterrupt:
    print("interrupted")
"""

WITH_RAY = """
import os, subprocess, sys
from functools import partial
from pathlib import Path
from synpain_hf.errors import BadInputError, OutputError
from synpain_hf.executor import Executor
from tests import tasks

folder, executor, numbers = Path(sys.argv[1]), Executor(2, "ray"), range(20)
assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
import ray  # not before: its settings are read now
ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
squares = [number * number for number in numbers]

assert list(executor.run(tasks.square, numbers, ordered=True)) == squares
assert os.getpid() not in set(executor.run(tasks.process, numbers))
assert next(executor.run(partial(tasks.first_waits, file=folder / "never"), range(2))) == 1
try:
    list(executor.run(tasks.fill_the_disk, numbers))
except OSError as error:
    assert (type(error), error.errno, error.filename) == (OSError, 28, "/some/file"), error
else:
    raise AssertionError
try:
    list(executor.run(tasks.find_problems, numbers))
except BadInputError as error:
    assert error.problems == tasks.PROBLEMS
else:
    raise AssertionError
(folder / "killed").mkdir()
assert sorted(executor.run(partial(tasks.die_once, folder=folder / "killed"), numbers)) == squares
assert (folder / "killed" / "runs-3").read_text() == "run\\nrun\\n"
try:
    list(executor.run(tasks.die, [1]))
except OutputError as error:
    print(error)
else:
    raise AssertionError

cluster = ray.get_runtime_context().gcs_address
program = "from synpain_hf.executor import Executor; from tests import tasks; import ray\\n"
program += "print(sum(Executor(2, 'ray').run(tasks.square, range(4)))); assert not ray.is_initialized()"
subprocess.run([sys.executable, "-c", program], env={**os.environ, "RAY_ADDRESS": cluster}, check=True)
assert sorted(executor.run(tasks.square, numbers)) == squares
"""


def pids_in(folder: Path, count: int) -> list[psutil.Process]:
    """The processes that are at work on the first tasks."""
    for number in range(count):
        tasks.waited_for(folder / str(number))
    return [psutil.Process(int((folder / str(number)).read_text())) for number in range(count)]


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_every_task_gives_its_result(engine: Engine, workers: int) -> None:
    squares = [number * number for number in NUMBERS]
    assert sorted(Executor(workers, engine).run(tasks.square, NUMBERS)) == squares
    assert list(Executor(workers, engine).run(tasks.square, NUMBERS, ordered=True)) == squares
    assert not list(Executor(workers, engine).run(tasks.square, []))


def test_processes_work_elsewhere_but_a_single_one_here() -> None:
    here = set(Executor(1, "threads").run(tasks.process, NUMBERS))
    assert set(Executor(1, "processes").run(tasks.process, NUMBERS)) == here
    assert not set(Executor(2, "processes").run(tasks.process, NUMBERS)) & here


@pytest.mark.parametrize("engine", HERE)
def test_a_result_does_not_wait_for_those_before_it(tmp_path: Path, engine: Engine) -> None:
    run = Executor(2, engine).run(partial(tasks.first_waits, file=tmp_path / "go"), range(3))
    assert {next(run), next(run)} == {1, 2}
    (tmp_path / "go").touch()
    assert list(run) == [0]


@pytest.mark.parametrize("engine", HERE)
def test_results_wait_for_those_before_them_where_asked(tmp_path: Path, engine: Engine) -> None:
    run = Executor(2, engine).run(partial(tasks.second_touches, file=tmp_path / "go"), range(3), ordered=True)
    assert list(run) == [0, 1, 2]


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("ordered", [False, True])
def test_few_tasks_are_taken_before_they_are_needed(engine: Engine, ordered: bool) -> None:
    taken: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(1000):
            taken.append(number)
            yield number

    run = Executor(2, engine).run(tasks.square, numbers(), ordered=ordered)
    for given, _ in zip(range(1, 11), run, strict=False):
        assert len(taken) < given + 10
    run.close()
    assert len(taken) < 20


@pytest.mark.parametrize("engine", HERE)
@pytest.mark.parametrize("ordered", [False, True])
def test_what_a_task_raises_comes_out_as_it_is(engine: Engine, ordered: bool) -> None:
    with pytest.raises(OSError, match="No space left") as caught:
        list(Executor(2, engine).run(tasks.fill_the_disk, NUMBERS, ordered=ordered))
    assert (type(caught.value), caught.value.errno, caught.value.filename) == (OSError, errno.ENOSPC, "/some/file")
    with pytest.raises(BadInputError) as problems:
        list(Executor(2, engine).run(tasks.find_problems, NUMBERS, ordered=ordered))
    assert problems.value.problems == tasks.PROBLEMS


def test_an_error_of_a_task_ends_the_processes_that_are_still_at_work(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        list(Executor(2, "processes").run(partial(tasks.stay_but_one, folder=tmp_path), range(2)))
    assert not psutil.pid_exists(int((tmp_path / "0").read_text()))


def test_a_run_that_is_given_up_ends_its_processes(tmp_path: Path) -> None:
    run = Executor(2, "processes").run(tasks.process, NUMBERS)
    working = psutil.Process(next(run))
    run.close()
    assert not working.is_running()


def test_a_killed_process_costs_no_result_and_no_finished_task_is_run_again(tmp_path: Path) -> None:
    given_before = []
    found = []
    for result in Executor(2, "processes").run(partial(tasks.die_once, folder=tmp_path), NUMBERS):
        found.append(result)
        if not (tmp_path / "runs-3").exists():
            given_before.append(int(result**0.5))
    assert sorted(found) == [number * number for number in NUMBERS]
    runs = {number: (tmp_path / f"runs-{number}").read_text().count("run") for number in NUMBERS}
    assert runs[tasks.NEEDS_ROOM] == 2
    assert all(runs[number] == 1 for number in given_before)
    assert max(runs.values()) == 2


def test_processes_that_are_killed_time_and_again_are_told() -> None:
    with pytest.raises(
        OutputError,
        match=r'killed 3 times before a task was finished; give fewer workers, .* `if __name__ == "__main__":`',
    ):
        list(Executor(2, "processes").run(tasks.die, NUMBERS))


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "ctrl-c"])
def test_processes_end_with_the_one_that_started_them(tmp_path: Path, kill: bool) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", f"import signal; signal.signal(2, signal.default_int_handler)\n{STAYS}", str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    working = pids_in(tmp_path, 2)
    if kill:
        program.kill()
    else:
        for each in (*working, psutil.Process(program.pid)):  # as a terminal does
            each.send_signal(signal.SIGINT)
    out, errors = program.communicate(timeout=tasks.SECONDS)
    assert kill or (out, errors) == ("interrupted\n", "")
    assert not psutil.wait_procs(working, timeout=tasks.SECONDS)[1]


def test_an_argument_that_cannot_be_right_is_refused() -> None:
    with pytest.raises(UsageError, match="workers must be at least 1, not 0"):
        Executor(0)
    with pytest.raises(UsageError, match="unknown engine 'fibers'; choose threads, processes or ray"):
        Executor(1, "fibers")  # type: ignore[arg-type]


def test_without_ray_the_error_says_what_to_install() -> None:
    program = "import sys; sys.modules['ray'] = None; from synpain_hf.executor import Executor; Executor(1, 'ray')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "MissingExtraError: the engine ray needs Ray, which cannot be loaded (" in done.stderr
    assert done.stderr.endswith("run `pip install 'synpain-hf[ray]'`\n")


@pytest.mark.slow
def test_ray_does_the_same_on_a_cluster_that_is_there_and_leaves_it_there(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITH_RAY, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=tasks.SECONDS,
    )
    assert done.returncode == 0, done.stderr
    gave_up, others = done.stdout.splitlines()
    assert gave_up.startswith("Ray gave up a task (")
    assert gave_up.endswith("); give fewer workers, or check the cluster")
    assert others == "14"
