"""The thumbnails of the faces of a release that is being written: in files, since of many faces they fill the memory.

A partition has a file in the work folder, with the thumbnail of each of its faces once, in the order of its rows.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

import numpy as np

from synpain_hf.imaging.likeness import SHAPE, Likeness
from synpain_hf.imaging.png import Pixels


def place_of(work: Path, partition: str) -> Path:
    """The file of a partition.

    Args:
        work: The folder beside the release.
        partition: The place of the partition in the release.
    """
    return work / "thumbnails" / f"{partition}.rgb"


class ThumbnailWriter:
    """Writes the thumbnails of a partition, each once.

    Args:
        file: Where to.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._written: set[int] = set()

    def add(self, likenesses: Iterable[Likeness]) -> None:
        """Write those of some faces that are not there yet."""
        for likeness in likenesses:
            if likeness.key not in self._written:
                self._written.add(likeness.key)
                self._file.write(likeness.thumbnail)


def read_thumbnails(work: Path, partitions: Iterable[str]) -> Pixels:
    """The thumbnails of some partitions, mapped, so that the system holds what is looked at as long as it has room.

    Args:
        work: The folder beside the release.
        partitions: The places of the partitions in the release.

    Returns:
        Shape (faces, 16, 16, 3), uint8.
    """
    with TemporaryFile(dir=work) as joined:
        for partition in partitions:
            with place_of(work, partition).open("rb") as file:
                shutil.copyfileobj(file, joined)
        if not joined.tell():
            return np.empty((0, *SHAPE), np.uint8)
        joined.flush()
        return np.memmap(joined, np.uint8, "r").reshape(-1, *SHAPE)
