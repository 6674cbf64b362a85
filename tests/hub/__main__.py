"""A Hub in a program of its own, that can be killed and started again where it was.

python -m tests.hub FOLDER HUB_PORT STORAGE_PORT [METHOD PATTERN SKIP DROP]

With the last four, it dies at the first request that matches, after as many as SKIP; DROP says when (`Drop`). A line on
standard output says that it is ready. It serves until it is killed.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from tests.hub.faults import Drop, Fault
from tests.hub.server import Hub


def main() -> None:
    """Serve."""
    folder, *ports = sys.argv[1:4]
    with Hub(Path(folder), (int(ports[0]), int(ports[1]))) as hub:
        if sys.argv[4:]:
            method, pattern, skip, drop = sys.argv[4:]
            hub.faults = [Fault(pattern, method, skip=int(skip), drop=Drop[drop], dies=True)]
        print(hub.url, flush=True)  # noqa: T201
        signal.pause()


if __name__ == "__main__":
    main()
