"""What the folder of a training holds, and where one may be written. Neither torch nor transformers is imported."""

from __future__ import annotations

import os
from pathlib import Path

from synpain_hf.errors import UsageError
from synpain_hf.storage import PARTIAL, refuse_undecodable, refuse_within_release

RECORD, RESULT, STATE, LEARNED = "training.json", "result.json", "trainer_state.json", "learned.json"
UNALIGNED = "unaligned.csv"
CHECKPOINTS, LOCK = "checkpoint-*", ".lock"


def check_place(out: Path, ours: str) -> None:
    """Refuse a place that cannot be written to, or holds something else.

    Args:
        out: The folder to write.
        ours: What is in it where it may be gone on with, as a pattern.

    Raises:
        UsageError: If its parent is missing, or it is in a release, or holds something else, or is not UTF-8 text.
    """
    refuse_undecodable(out)
    if not out.parent.is_dir():
        raise UsageError(f"{out.parent} is not a folder; create it first")
    refuse_within_release(out)
    is_free = not os.path.lexists(out) or (out.is_dir() and all(map(_is_left_over, out.iterdir())))
    if not is_free and not any(out.glob(ours)):
        raise UsageError(f"{out} exists; remove it, or give another place")


def _is_left_over(path: Path) -> bool:
    """Whether a file is the lock, or what a killed program left of a file that it began."""
    return path.name == LOCK or (path.name.startswith(".") and path.name.endswith(PARTIAL))
