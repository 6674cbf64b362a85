"""Whether an installed release is still what was written: `files.json` says what that was.

A file with the size, time and inode that it had is taken for whole; any other is compared by its digest.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from synpain_hf.progress import Progress
from synpain_hf.storage import sha256_of, write_atomically
from synpain_hf.text.documents import parsed_json

_RECORDS = "files.json"

_Identity = dict[str, int]
_Records = Mapping[str, Mapping[str, Any]]


def record_files(folder: Path) -> None:
    """Note what every file of a release that has just been written is."""
    names = sorted(path.name for path in folder.iterdir())
    _write(folder, {name: {"sha256": sha256_of(folder / name), **_identity(folder / name)} for name in names})


def is_whole(folder: Path, names: Collection[str], *, verify: bool, progress: Progress) -> bool:
    """Whether the files of an installed release are as they were written.

    Args:
        folder: Its folder.
        names: The files that it should have.
        verify: Whether to compare each with its digest, even if it looks untouched.
        progress: Called after every file verified.
    """
    records = _read(folder)
    if not all(name in records and (folder / name).is_file() for name in names):
        return False
    touched = [name for name in names if not _is_untouched(folder / name, records[name])]
    doubtful = sorted(names if verify else touched)
    for done, name in enumerate(doubtful, 1):
        if sha256_of(folder / name) != records[name].get("sha256"):
            return False
        progress("installed files", done, len(doubtful))
    if touched:  # copied with the cache
        dates = folder.stat()
        with suppress(OSError):  # of another user
            _write(folder, {**records, **{name: {**records[name], **_identity(folder / name)} for name in touched}})
            os.utime(folder, ns=(dates.st_atime_ns, dates.st_mtime_ns))  # by which `datasets` finds it
    return True


def _identity(path: Path) -> _Identity:
    status = path.stat()
    return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns, "inode": status.st_ino}


def _is_untouched(path: Path, record: Mapping[str, Any]) -> bool:
    return all(record.get(key) == value for key, value in _identity(path).items())


def _read(folder: Path) -> _Records:
    """What was noted; nothing if that is missing or damaged."""
    try:
        records = parsed_json((folder / _RECORDS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    is_sound = isinstance(records, dict) and all(isinstance(record, dict) for record in records.values())
    return records if is_sound else {}


def _write(folder: Path, records: _Records) -> None:
    write_atomically(folder / _RECORDS, json.dumps(records, indent=2, sort_keys=True) + "\n")
