"""How large faces are in their pictures and how they are turned, where an annotator measured it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from synpain_hf.release.release import Release, undamaged
from synpain_hf.release.tables.annotations import ANNOTATIONS
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.validation.faces import Faces

Floats = npt.NDArray[np.float64]

ANGLES = ("yaw", "pitch", "roll")
SIZE = "face_size"
"""The width of the landmarks by that of the picture."""

_LANDMARKS = "landmarks"
_ROWS = 1000


def with_geometry(release: Release, faces: Faces) -> Faces:
    """The faces of a release, with `face_size` and the angles of the head in degrees, of the first annotator of each.

    Raises:
        ReleaseError: If a file is damaged.
    """
    places = {pair.pair_id: at for at, pair in enumerate(faces.pairs)}
    found: dict[str, Floats] = {}
    for file in release.files_of(ANNOTATIONS):
        columns = release.features_in(file)
        wanted = [name for name in (*ANGLES, _LANDMARKS) if name in columns]
        if "face" in columns and wanted:
            for name, values in _read(release, file, wanted, places).items():
                found.setdefault(name, values)
    if _LANDMARKS in found:
        found[SIZE] = found.pop(_LANDMARKS) / faces.measures("width")
    return replace(faces, annotated=found)


def _read(release: Release, file: str, wanted: list[str], places: Mapping[str, int]) -> dict[str, Floats]:
    """Columns of a file, each of shape (pairs, 2), NaN where there is nothing; of landmarks their width."""
    found = {name: np.full((len(places), 2), np.nan) for name in wanted}
    path = release.folder / file
    with undamaged(path), pq.ParquetFile(path) as parquet:
        for batch in parquet.iter_batches(_ROWS, columns=[PAIR_ID, "face", *wanted]):
            rows = np.array([places[pair_id] for pair_id in batch[PAIR_ID].to_pylist()], np.int64)
            at = rows, np.array(batch["face"].to_pylist(), np.int64)
            for name in wanted:
                values = _widths(batch[name]) if name == _LANDMARKS else _numbers(batch[name])
                found[name][at] = values
    return found


def _numbers(column: pa.Array) -> Floats:
    is_number = pa.types.is_floating(column.type) or pa.types.is_integer(column.type)
    if not is_number:
        return np.full(len(column), np.nan)
    values: Floats = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.where(np.isfinite(values), values, np.nan)


def _widths(column: pa.Array) -> Floats:
    """From the leftmost to the rightmost point; points are x, y and z one after another."""
    widths = np.full(len(column), np.nan)
    for at, points in enumerate(column):
        numbers = np.array(points.as_py() or (), np.float64)
        if numbers.ndim == 1 and numbers.size and numbers.size % 3 == 0 and np.isfinite(numbers).all():
            widths[at] = np.ptp(numbers[::3])
    return widths
