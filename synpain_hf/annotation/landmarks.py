"""Landmarks that an annotator found, by pair and face."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from synpain_hf.annotation.faces import Face
from synpain_hf.errors import ReleaseError, UsageError
from synpain_hf.release.release import Release
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.vocabulary import FACES

FILE = "annotations/mediapipe.parquet"
LANDMARKS = 478

Points = npt.NDArray[np.float32]

USUAL = (
    162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389,  # the jaw
    71, 63, 105, 66, 107, 336, 296, 334, 293, 301,  # the brows
    168, 197, 5, 4, 75, 97, 2, 326, 305,  # the nose
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # the eyes
    61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # the lips outside
    78, 82, 13, 312, 308, 317, 14, 87,  # and inside
)  # fmt: skip
"""Which of the 478 landmarks stand for the 68 of Multi-PIE and 300-W, in their order. Those of the jaw are nearest to
the outline that MediaPipe has, not the points that annotators of 300-W marked."""


def usual(points: Points) -> Points:
    """The usual 68 of the landmarks of a face.

    Args:
        points: Shape (478, 3).

    Returns:
        Shape (68, 3).
    """
    return points[list(USUAL)]


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
        rows = release.read(FILE, [PAIR_ID, "face", "landmarks"])
        rows = rows.filter(rows["landmarks"].is_valid())
        numbers = rows["landmarks"].combine_chunks()
        lengths = set(numbers.value_lengths().unique().to_pylist())
        if lengths - {LANDMARKS * 3}:
            raise ReleaseError(f"{release.folder / FILE} has other landmarks than {LANDMARKS}; annotate it again")
        flat = numbers.flatten().cast(pa.float32()).to_numpy(zero_copy_only=False)
        pairs, faces = rows[PAIR_ID].to_pylist(), rows["face"].to_pylist()
        places = {(pair, FACES[face]): place for place, (pair, face) in enumerate(zip(pairs, faces, strict=True))}
        return cls(places, flat.reshape(-1, LANDMARKS, 3))

    def __getitem__(self, face: Face) -> Points:
        found: Points = self._points[self._places[face]]
        return found

    def __iter__(self) -> Iterator[Face]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
