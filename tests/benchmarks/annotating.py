"""What the benchmark of annotators compares. Each contender runs in a process of its own:

python -m tests.benchmarks.annotating NAME RELEASE OUT
"""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
from mediapipe.tasks.python.core.base_options import BaseOptions
from mediapipe.tasks.python.vision.core.image import Image
from mediapipe.tasks.python.vision.face_landmarker import FaceLandmarker, FaceLandmarkerOptions

from synpain_hf.annotation.annotate import annotate
from synpain_hf.annotation.annotators import ANNOTATORS
from synpain_hf.annotation.faces import faces
from synpain_hf.annotation.models import place_of_model
from synpain_hf.executor import Engine
from tests.benchmarks.contenders import Contender, main

Loop = Callable[[Iterator[Path]], int]


def _landmarker(paths: Iterator[Path]) -> int:
    """MediaPipe's landmarker on one picture after the other, as its guide shows."""
    (model,) = _models("mediapipe")
    options = FaceLandmarkerOptions(
        BaseOptions(model_asset_path=model),
        output_face_blendshapes=True,
        output_facial_transformation_matrixes=True,
    )
    with FaceLandmarker.create_from_options(options) as landmarker:
        return sum(len(landmarker.detect(Image.create_from_file(str(path))).face_landmarks) for path in paths)


def _recognizer(paths: Iterator[Path]) -> int:
    """OpenCV's YuNet and SFace on one picture after the other, as its tutorial shows."""
    detector_model, recognizer_model = _models("sface")
    detector = cv2.FaceDetectorYN.create(detector_model, "", (320, 320))
    recognizer = cv2.FaceRecognizerSF.create(recognizer_model, "")
    done = 0
    for path in paths:
        image = cv2.imread(str(path))
        assert image is not None
        detector.setInputSize((image.shape[1], image.shape[0]))
        _, found = detector.detect(image)
        recognizer.feature(recognizer.alignCrop(image, found[0]))
        done += 1
    return done


def _alone(source: Path, out: Path, loop: Loop) -> int:
    """A loop over the faces of a release, which are files already."""
    return loop(iter(sorted((source.parent / "faces").iterdir())))


def _annotate(source: Path, out: Path, name: str, workers: int, engine: Engine = "threads") -> int:
    """`synpain_hf.annotate`, from the release to the new one."""
    release = Path(shutil.copytree(source, out / "release", copy_function=os.link))
    return annotate(release, name, workers=workers, engine=engine).faces


def write_faces(release: Path) -> None:
    """Write the faces of a release beside it, for the loops."""
    faces(release, release.parent / "faces")


def _models(name: str) -> list[str]:
    return [str(place_of_model(model, {})) for model in ANNOTATORS[name].models]


LOOPS = {"mediapipe": _landmarker, "sface": _recognizer}

CONTENDERS: dict[str, Contender] = {
    **{f"{name} alone": functools.partial(_alone, loop=loop) for name, loop in LOOPS.items()},
    **{
        f"{name} {workers}": functools.partial(_annotate, name=name, workers=workers)
        for name in LOOPS
        for workers in (1, 2)
    },
    **{f"{name} 2 processes": functools.partial(_annotate, name=name, workers=2, engine="processes") for name in LOOPS},
}

if __name__ == "__main__":
    main(CONTENDERS)
