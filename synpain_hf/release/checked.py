"""Which releases were found to be right, so that they are not read again until a file of theirs is touched.

HF_HOME/synpain-hf/checked holds a note for each folder: the digest of its `release.json`, and of each file of a table
its device, inode, size and times. Of these, `ctime` changes with every write, and only setting the machine's clock back
hides that.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from synpain_hf.release.layout import MANIFEST
from synpain_hf.release.release import Release
from synpain_hf.storage import sha256_of, write_atomically
from synpain_hf.text.documents import parsed_json

_FORMAT = 2
"""Raised whenever more is looked at, so that what was found right before is read again."""

_SETTLED = 2 * 10**9
"""Nanoseconds after which a file has another time if it is written to again, on any file system."""

State = dict[str, Any]


def state_of(release: Release, files: Iterable[str]) -> State:
    """What tells a release from the same one after any of its files was touched."""
    return {
        "format": _FORMAT,
        "folder": str(release.folder.resolve()),
        "release": sha256_of(release.folder / MANIFEST),
        "files": {file: _identity(release.folder / file) for file in files},
    }


def is_known(state: State) -> bool:
    """Whether the release was found to be right when it was in this state."""
    try:
        return bool(parsed_json(_note_of(state).read_text(encoding="utf-8")) == state)
    except (OSError, ValueError):
        return False


def remember(state: State) -> None:
    """Note that the release is right in this state; not where a file is so new that another write may leave no trace.

    A cache that cannot be written is no fault: the release is read again then.
    """
    newest = max((changed for *_, changed in state["files"].values()), default=0)
    if time.time_ns() - newest < _SETTLED:
        return
    note = _note_of(state)
    with suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(note, json.dumps(state, indent=2, sort_keys=True) + "\n")


def _identity(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _note_of(state: State) -> Path:
    from datasets import config

    name = hashlib.sha256(state["folder"].encode("utf-8", "surrogateescape")).hexdigest()
    return Path(config.HF_CACHE_HOME).expanduser() / "synpain-hf" / "checked" / f"{name[:16]}.json"
