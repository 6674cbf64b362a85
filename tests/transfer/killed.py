"""Transfers expressions and is killed once some pictures are drawn: run by `test_transfer.py`."""

from __future__ import annotations

import os
import signal
import sys

from synpain_hf.transferring.transfer import transfer

if __name__ == "__main__":
    release, out, fatal = sys.argv[1:]

    def watch(what: str, done: int, total: int) -> None:
        if what == "pictures" and done >= int(fatal):
            os.kill(os.getpid(), signal.SIGKILL)

    transfer(release, release, out, progress=watch)
