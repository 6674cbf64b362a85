"""Uses of an input that are wrong in one way each: a fuzzer that does not find them finds nothing."""

from __future__ import annotations

import os
from pathlib import Path

from synpain_hf.errors import PictureError
from tests.fuzz.running import WrongError

GOOD = bytes(range(256))
NAME = "given"


def _is_good(given: Path) -> bool:
    return (given / NAME).read_bytes()[:200] == GOOD[:200]


def none(given: Path, out: Path) -> str:
    if not _is_good(given):
        raise PictureError("is damaged; fetch it again")
    out.write_bytes(GOOD)
    return "built"


def traceback(given: Path, out: Path) -> str:
    return "read" if _is_good(given) else "abc"[len(GOOD)]


def wrong(given: Path, out: Path) -> str:
    if not _is_good(given):
        raise WrongError("accepted with other pixels")
    return "read"


def memory(given: Path, out: Path) -> str:
    return "read" if _is_good(given) else str(len(b"\1" * 120 * 2**20))


def time(given: Path, out: Path) -> str:
    while not _is_good(given):
        pass
    return "read"


def crashed(given: Path, out: Path) -> str:
    if not _is_good(given):
        os.abort()
    return "read"


def outside(given: Path, out: Path) -> str:
    if not _is_good(given):
        (given.parents[1] / "beside" / "secret.png").write_bytes(b"gone")
    return "read"


def copied(given: Path, out: Path) -> str:
    out.mkdir()
    (out / NAME).write_bytes((given / NAME).read_bytes())  # also through a link
    return "built"


def left(given: Path, out: Path) -> str:
    out.mkdir()
    if not _is_good(given):
        raise PictureError("is damaged; fetch it again")
    return "built"
