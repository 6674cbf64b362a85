"""Workers of a Ray cluster: an existing one, or one that is started on this machine and ended afterwards."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from synpain_hf.errors import MissingExtraError, OutputError
from synpain_hf.executor.local import Submit

_SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is reported home
    "RAY_NUM_REDIS_GET_RETRIES": "1",  # wait a minute, not many, for a cluster that does not answer
    "RAY_DEDUP_LOGS_SKIP_REGEX": "^",  # print no lines among a command's results
}
"""Ray's variables, where the user has not set them; read when Ray is imported."""

_MOST_RETRIES = 3


def load_ray() -> None:
    """Import Ray, set to be quiet and to report nothing home, unless the user's variables say otherwise.

    Raises:
        MissingExtraError: If it cannot be loaded.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"the engine ray needs Ray, which cannot be loaded ({error}); run `pip install 'synpain-hf[ray]'`"
        ) from error


@contextmanager
def ray_workers(workers: int) -> Iterator[Submit]:
    """Ray's workers, one for each task; tasks that are running when the context ends are stopped.

    Args:
        workers: CPUs of a cluster that is started here.
    """
    import ray
    from ray.exceptions import RayError, RayTaskError

    call = ray.remote(num_cpus=1, max_retries=_MOST_RETRIES)(_call)
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
            _start(workers)
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


def _start(workers: int) -> None:
    import ray

    address = os.environ.get("RAY_ADDRESS")
    options: dict[str, Any] = {} if address else {"num_cpus": workers, "include_dashboard": False}
    try:
        ray.init(address or "local", log_to_driver=False, logging_level=logging.ERROR, **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        place = f"the Ray cluster {address} (RAY_ADDRESS) cannot be reached" if address else "Ray cannot be started"
        raise OutputError(f"{place} ({reason}); see `ray status`, or choose another engine") from error


def _call(function: Callable[[Any], Any], task: Any) -> Any:
    return function(task)
