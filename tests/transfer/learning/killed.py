"""Trains and is killed after some steps: run by `test_train_transfer.py`."""

from __future__ import annotations

import os
import signal
import sys

from synpain_hf.transferring.learning.train_transfer import train_transfer
from tests.transfer.learning.small import SMALL

if __name__ == "__main__":
    release, out, fatal = sys.argv[1:]

    def watch(what: str, done: int, total: int) -> None:
        if what == "steps" and done >= int(fatal):
            os.kill(os.getpid(), signal.SIGKILL)

    train_transfer(release, out, **SMALL, progress=watch)
