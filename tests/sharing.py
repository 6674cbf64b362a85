"""Making once what many tests read, however many processes run them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

Once = Callable[[str, Callable[[Path], object]], Path]
"""Gives the folder of a name, which is filled by whoever asks for it first; read-only by agreement."""

SomeComposites = Callable[[Path, int], Path]
"""Makes, in a folder, a download of so many composites; returns its folder `SynPain`."""

FOLDS = "SynPain_folds.txt"


def once_below(root: Path) -> Once:
    """Fill folders below a folder."""

    def filled(name: str, fill: Callable[[Path], object]) -> Path:
        folder, partial = root / name, root / f"{name}.partial"
        with FileLock(root / f"{name}.lock"):
            if not folder.exists():
                shutil.rmtree(partial, ignore_errors=True)  # of one that failed
                partial.mkdir()
                fill(partial)
                partial.rename(folder)
        return folder

    return filled


def link_first(download: Path, folder: Path, pairs: int) -> Path:
    """Link the first composites of a download, with their folds, to a download of their own."""
    root = folder / download.name
    (root / "Images").mkdir(parents=True)
    lines = (download / FOLDS).read_text(encoding="utf-8").splitlines(keepends=True)[:pairs]
    (root / FOLDS).write_text("".join(lines), encoding="utf-8")
    for line in lines:
        (picture,) = (download / "Images").glob(f"{line[:10]}_*")
        os.link(picture, root / "Images" / picture.name)
    return root
