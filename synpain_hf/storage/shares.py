"""Shares of something scarce, such as memory, held over all threads and programs that work in a folder."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from synpain_hf.storage.guards import locked, refuse_link

_SECONDS_BETWEEN_TRIES = 0.02


@contextmanager
def holding(shares: int, of: int, folder: Path) -> Iterator[None]:
    """Hold some shares, as soon as that many are free.

    First come, first served, so that one that wants many is not passed over.

    Args:
        shares: How many; 0 holds nothing, and does not wait.
        of: How many there are.
        folder: Where they are kept, as files that are locked.

    Raises:
        OutputError: If there is a link in the place of a lock.
    """
    with ExitStack() as held:
        if shares:
            with locked(folder / "shares.lock"):
                _take(min(shares, of), [folder / f"share-{number}.lock" for number in range(of)], held)
        yield


def _take(shares: int, places: list[Path], held: ExitStack) -> None:
    while True:
        for place in tuple(places):
            refuse_link(place)
            lock = FileLock(place)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            held.callback(lock.release)
            places.remove(place)
            shares -= 1
            if not shares:
                return
        time.sleep(_SECONDS_BETWEEN_TRIES)
