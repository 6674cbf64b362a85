"""Exchanging two folders."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_RENAME_SWAP = 2
_UNKNOWN = {errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP}
"""Errors of the system where it, or the file system, cannot exchange two folders."""


def exchange(one: Path, other: Path) -> None:
    """Exchange two folders on the same disk.

    Linux and macOS do it in one step on most disks: a reader sees either one or the other. Elsewhere it takes two
    renames, and `restore` undoes the first if a program is killed before the second.

    Raises:
        OSError: If it is not possible; both are where they were.
    """
    if _exchanged_in_one_step(one, other):
        return
    aside = _aside(other)
    one.rename(aside)
    try:
        other.rename(one)
    except OSError:
        aside.rename(one)
        raise
    aside.rename(other)


def restore(one: Path, other: Path) -> None:
    """Undo an exchange that was killed between its two renames; do nothing after any other."""
    aside = _aside(other)
    if aside.is_dir() and not aside.is_symlink() and not os.path.lexists(one):
        aside.rename(one)


def _aside(other: Path) -> Path:
    return other.with_name(f"{other.name}.exchanged")


def _exchanged_in_one_step(one: Path, other: Path) -> bool:
    """Whether that was possible."""
    library = ctypes.CDLL(None, use_errno=True)
    if sys.platform == "darwin":
        failed = library.renamex_np(os.fsencode(one), os.fsencode(other), ctypes.c_uint(_RENAME_SWAP))
    elif hasattr(library, "renameat2"):
        at = ctypes.c_int(_AT_FDCWD)
        failed = library.renameat2(at, os.fsencode(one), at, os.fsencode(other), ctypes.c_uint(_RENAME_EXCHANGE))
    else:
        return False
    if not failed:
        return True
    reason = ctypes.get_errno()
    if reason in _UNKNOWN:
        return False
    raise OSError(reason, os.strerror(reason), str(one), None, str(other))
