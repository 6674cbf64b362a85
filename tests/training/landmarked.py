"""Landmarks for the faces of a small release, as MediaPipe's would stand in it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import numpy.typing as npt
from datasets import Features, List, Value

from synpain_hf.imaging.alignment.landmarks import AMONG_DENSE, DENSE
from synpain_hf.imaging.alignment.pwct import our_mean_face
from synpain_hf.release.amend import amend
from synpain_hf.release.release import Release
from synpain_hf.release.tables.annotations import features, write_rows
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.vocabulary import FACES


def points_of(number: int, side: int) -> npt.NDArray[np.float32]:
    """Made-up landmarks of a face, its mean face somewhere in a picture of so many pixels; shape (478, 3)."""
    rng = np.random.default_rng(number)
    points = np.zeros((DENSE, 3), np.float32)
    mean = our_mean_face().points
    place = (mean - mean.mean(axis=0)) / 155 * side * rng.uniform(0.4, 0.6) + side * rng.uniform(0.45, 0.55, 2)
    points[list(AMONG_DENSE), :2] = place
    return points


def landmarked(release: Path, *, side: int, without: Collection[tuple[str, str]] = (), first: int = 0) -> Release:
    """Add landmarks to a release.

    Args:
        release: Its folder; it is changed.
        side: Of its faces, in pixels.
        without: The faces in which none were found.
        first: The number of the first face, which says where its landmarks are.
    """
    rows: list[dict[str, object]] = []
    for pair_id in open_pairs(release, "all").table["pair_id"].to_pylist():
        for code, face in enumerate(FACES):
            found = (pair_id, face) not in without
            points = points_of(first + len(rows), side).ravel().tolist() if found else None
            reason = None if found else "no face was found"
            rows.append(
                {"pair_id": pair_id, "face": code, "annotator": "MediaPipe", "reason": reason, "landmarks": points}
            )
    known = features()
    columns = Features(
        {
            **{name: known[name] for name in ("pair_id", "face", "annotator")},
            "reason": Value("string"),
            "landmarks": List(Value("float32")),
        }
    )

    def write(path: Path) -> None:
        write_rows(path, rows, columns)

    return amend(release, add={"annotations/mediapipe.parquet": write})
