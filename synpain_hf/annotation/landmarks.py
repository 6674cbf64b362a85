"""Landmarks that an annotator found, by pair and face."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from synpain_hf.annotation.faces import Face
from synpain_hf.errors import ReleaseError, UsageError
from synpain_hf.imaging.alignment.landmarks import AMONG_DENSE, DENSE
from synpain_hf.release.release import Release
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.vocabulary import FACES

FILE = "annotations/mediapipe.parquet"

Points = npt.NDArray[np.float32]


def usual(points: Points) -> Points:
    """The usual 68 of the landmarks of a face.

    Args:
        points: Shape (478, 3).

    Returns:
        Shape (68, 3).
    """
    return points[list(AMONG_DENSE)]


class Landmarks(Mapping[Face, Points]):
    """The landmarks of the faces of a release, by `(pair_id, face)`; faces in which none were found are not there.

    Of each face an array of shape (478, 3): to the right, down, and away from the camera, in pixels of the face as the
    release has it.

    Args:
        places: Where the landmarks of each face are among `points`.
        points: Shape (faces, 478, 3).
    """

    def __init__(self, places: Mapping[Face, int], points: Points) -> None:
        self._places, self._points = places, points

    @classmethod
    def read(cls, release: Release) -> Landmarks:
        """Read the landmarks of a release, all together 17 kB for three faces.

        Raises:
            UsageError: If it has none.
            ReleaseError: If they are damaged.
        """
        if FILE not in release.files:
            raise UsageError(f"{release.folder} has no landmarks; run `synpain-hf annotate RELEASE --with mediapipe`")
        return cls.of(release.read(FILE, [PAIR_ID, "face", "landmarks"]), str(release.folder / FILE))

    @classmethod
    def of(cls, rows: pa.Table, name: str) -> Landmarks:
        """The landmarks in a table.

        Args:
            rows: `pair_id`, `face` (an integer, as in `FACES`), and `landmarks`, null where there are none.
            name: What messages call it.

        Raises:
            ReleaseError: If they are damaged.
        """
        rows = rows.filter(rows["landmarks"].is_valid())
        numbers = rows["landmarks"].combine_chunks()
        lengths = set(numbers.value_lengths().unique().to_pylist())
        if lengths - {DENSE * 3}:
            raise ReleaseError(f"{name} has other landmarks than {DENSE}; annotate it again")
        flat = numbers.flatten().cast(pa.float32()).to_numpy(zero_copy_only=False)
        pairs, faces = rows[PAIR_ID].to_pylist(), rows["face"].to_pylist()
        places = {(pair, FACES[face]): place for place, (pair, face) in enumerate(zip(pairs, faces, strict=True))}
        return cls(places, flat.reshape(-1, DENSE, 3))

    def digest(self) -> str:
        """What tells these landmarks from others."""
        digest = hashlib.sha256(json.dumps(sorted(self._places.items())).encode())
        digest.update(np.ascontiguousarray(self._points).data)
        return digest.hexdigest()

    def __getitem__(self, face: Face) -> Points:
        found: Points = self._points[self._places[face]]
        return found

    def __iter__(self) -> Iterator[Face]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
