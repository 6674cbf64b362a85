"""Single files: digested, synced, and written so that they are whole or not there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PARTIAL = ".partial"
"""How the hidden name of a file ends that is being written, or that a killed program left."""

_BLOCK = 2**20


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def sync(path: Path) -> None:
    """Sync a file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Sync a folder and everything in it to the disk; links are not followed."""
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root, name)
            if not path.is_symlink():
                sync(path)
        sync(Path(root))


@contextmanager
def replacing_file(path: Path) -> Iterator[Path]:
    """Replace a file in one step, or create it.

    A link at `path` is replaced too, and what it leads to stays as it is.

    Args:
        path: The file.

    Yields:
        Where to write it: beside its place. It is synced and moved there at the end, and removed after an error.
    """
    partial = path.with_name(f".{path.name}{PARTIAL}")
    partial.unlink(missing_ok=True)
    try:
        yield partial
        sync(partial)
        partial.replace(path)
        sync(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def write_atomically(path: Path, data: bytes | str) -> None:
    """Write a file that is whole or not there; what was in its place stays until then.

    Args:
        path: The file.
        data: Its content; text is written as UTF-8.
    """
    with replacing_file(path) as partial:
        partial.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
