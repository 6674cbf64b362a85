"""The landmarks of the faces of a release, stored or found now, and which faces cannot be used because of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from synpain_hf.annotation.faces import Face
from synpain_hf.annotation.landmarks import FILE, Landmarks, Points, usual
from synpain_hf.annotation.measuring_all import all_tasks, chosen_annotators, measure_all
from synpain_hf.executor import Executor
from synpain_hf.generation.transfer.change import openness
from synpain_hf.generation.transfer.contours import EYES
from synpain_hf.imaging.alignment.landmarks import LEFT_EYE, RIGHT_EYE, middle
from synpain_hf.progress import Progress
from synpain_hf.release.release import Release
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.vocabulary import FACES

MOST_YAW: Final = 30.0
"""Degrees that a face may be turned to the side."""

LEAST_OPEN: Final = 0.08
"""How far open the eyes of a neutral face have to be: the mean distance of the lids, as a share of an eye's width."""

LEAST_DISTANCE: Final = 24.0
"""Between the eyes, in pixels."""

_MEDIAPIPE: Final = "mediapipe"


@dataclass(frozen=True)
class Seen:
    """What MediaPipe found in the faces of a release.

    Attributes:
        landmarks: The landmarks of each face; faces in which none were found are not there.
        several: How many faces a picture shows, where it shows more than one.
        yaws: How far each face is turned to the side, in degrees.
        made_with: The versions of what found them.
    """

    landmarks: Landmarks
    several: Mapping[Face, int]
    yaws: Mapping[Face, float]
    made_with: str

    @classmethod
    def of(cls, rows: pa.Table, name: str) -> Seen:
        """What stands in the table of the annotator."""
        kept = rows.filter(rows["landmarks"].is_valid())
        faces = [
            (pair, FACES[face])
            for pair, face in zip(*(kept[name].to_pylist() for name in (PAIR_ID, "face")), strict=True)
        ]
        numbers, yaws = kept["faces"].to_pylist(), kept["yaw"].to_pylist()
        return cls(
            Landmarks.of(rows.select([PAIR_ID, "face", "landmarks"]), name),
            {face: number for face, number in zip(faces, numbers, strict=True) if (number or 1) > 1},
            {face: yaw or 0.0 for face, yaw in zip(faces, yaws, strict=True)},
            "; ".join(sorted(filter(None, set(rows["made_with"].to_pylist())))),
        )

    def why_not(self, face: Face) -> str:
        """Why a face cannot be used: cause, then remedy; empty where it can."""
        if face not in self.landmarks:
            return "shows no face that could be found; give a picture in which it is larger or less covered"
        if face in self.several:
            return f"shows {self.several[face]} faces; cut it to one of them"
        if abs(self.yaws[face]) > MOST_YAW:
            turned = f"is turned {abs(self.yaws[face]):.0f} degrees to the side"
            return f"{turned}; give one that is turned by at most {MOST_YAW:g}"
        points = self.landmarks[face]
        if _distance(points) < LEAST_DISTANCE:
            return f"has its eyes less than {LEAST_DISTANCE:g} pixels apart; give a larger picture"
        if face[1] == "neutral" and min(openness(np.asarray(points, np.float64), eye) for eye in EYES) < LEAST_OPEN:
            return "has its eyes shut, so that nothing is known of them open; give another neutral face"
        return ""


def _distance(points: Points) -> float:
    known = np.asarray(usual(points)[:, :2], np.float64)
    return float(np.hypot(*(middle(known, LEFT_EYE) - middle(known, RIGHT_EYE))))


def seen_in(
    release: Release, work: Path, executor: Executor, progress: Progress, models: Sequence[str | Path] = ()
) -> Seen:
    """What MediaPipe found in the faces of a release: as the release has it, else found now.

    Args:
        release: The release.
        work: A folder in which what is found is kept, for a later call to go on.
        executor: Looks at the faces.
        progress: Called with the faces that were looked at.
        models: Its model file, or a folder that has it; by default that of an installed package.

    Raises:
        MissingExtraError: If MediaPipe is needed, and it or its model is not there.
        ReleaseError: If the release is damaged.
    """
    columns = [PAIR_ID, "face", "faces", "yaw", "landmarks", "made_with"]
    if FILE in release.files:
        return Seen.of(release.read(FILE, columns), str(release.folder / FILE))
    chosen = chosen_annotators([_MEDIAPIPE], models)
    tasks = all_tasks(release)
    work.mkdir(exist_ok=True)
    measure_all(tasks, chosen, work, executor, progress)
    (mediapipe,) = chosen
    parts = (work / _MEDIAPIPE / task.key(mediapipe) for task in tasks)
    return Seen.of(_read(parts, columns), str(release.folder))


def _read(parts: Iterable[Path], columns: Sequence[str]) -> pa.Table:
    return pa.concat_tables(pa.ipc.open_stream(part.read_bytes()).read_all().select(list(columns)) for part in parts)
