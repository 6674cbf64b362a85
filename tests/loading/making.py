"""Downloads to build small releases of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Part = Callable[[Path, int], Path]
"""Makes a download, in a new folder, of so many pairs."""

FACE = 64
"""Side of a face in pixels."""


def turned_folds(source: Path, file: Path) -> Path:
    """Write a folds file for a download: a fold each in turn, from the last pair to the first."""
    names = sorted((picture.stem for picture in source.iterdir()), reverse=True)
    file.write_text("".join(f"{name},{number % 5}\n" for number, name in enumerate(names)), encoding="utf-8")
    return file
