"""Small HDF5 files as UNBC-McMaster is handed on, stored in every way that is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from synpain_hf.pspi import PSPI_UNITS
from tests.imaging.made import textured

FRAMES, LABELS, FOLDS = "frames_unbc.hdf5", "annotations_unbc.hdf5", "UNBC_CVFolds.hdf5"
SUBJECTS = ("042-ll042", "043-mm043")
EACH = 4
ROWS = len(SUBJECTS) * EACH
SIDE = 32

PIXELS = np.stack([textured(SIDE, SIDE, seed=3 * row + 1) for row in range(ROWS)])

STORED: dict[str, dict[str, Any]] = {
    "contiguous": {},
    "a chunk a frame": {"chunks": (1, SIDE, SIDE, 3)},
    "gzip": {"chunks": (1, SIDE, SIDE, 3), "compression": "gzip"},
    "gzip, shuffle, fletcher32": {"chunks": (3, 20, 20, 2), "compression": "gzip", "shuffle": True, "fletcher32": True},
    "fletcher32": {"chunks": (2, SIDE, SIDE, 3), "fletcher32": True},
    "chunks across frames": {"chunks": (5, 16, 7, 1), "compression": 1},
}
"""The ways in which the frames are stored."""

Change = Callable[[h5py.File], object]


def write(
    folder: Path,
    stored: Mapping[str, Any] | None = None,
    *,
    pixels: Any = PIXELS,
    texts: Any = "S",
    libver: str = "earliest",
    **changes: Change,
) -> Path:
    """Write the three files.

    Args:
        folder: Where they will be.
        stored: How the frames are stored.
        pixels: The frames.
        texts: The type of the columns of texts.
        libver: The form of the file.
        changes: What is changed in `frames`, `labels` or `folds` before they are closed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    score = np.arange(ROWS) % EACH
    with h5py.File(folder / FRAMES, "w", libver=libver) as file:
        file.create_dataset("image", data=pixels, **(stored or {}))
        file["index"] = np.arange(ROWS)
        changes.get("frames", _nothing)(file)
    with h5py.File(folder / LABELS, "w", libver=libver) as file:
        file["subject_name"] = np.repeat(SUBJECTS, EACH).astype(texts if texts == "S" else object)
        file["index"] = np.arange(ROWS)
        for unit in PSPI_UNITS:
            file[f"label_AU_{unit[2:]}"] = score.astype(float) if unit == "AU4" else np.full(ROWS, np.nan)
        file["label_pspi"] = score.astype(float)
        changes.get("labels", _nothing)(file)
    with h5py.File(folder / FOLDS, "w", libver=libver) as file:
        for fold in range(5):
            file[f"fold-{fold}/validation_subjects"] = np.array([42 + fold] if fold < 2 else [], np.int64)
        changes.get("folds", _nothing)(file)
    return folder


def put(name: str, values: Any, **options: Any) -> Change:
    """Put another column in the place of one."""

    def change(file: h5py.File) -> None:
        file.pop(name, None)
        file.create_dataset(name, data=values, **options)

    return change


def without(name: str) -> Change:
    """Leave out a column."""

    def change(file: h5py.File) -> None:
        del file[name]

    return change


def _nothing(file: h5py.File) -> None:
    pass
