"""Finding the face in any picture, to align it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.annotation.annotators.landmarker import Mediapipe
from synpain_hf.annotation.models import given_models, place_of_model
from synpain_hf.errors import PictureError
from synpain_hf.imaging.alignment.landmarks import DENSE


class NoFaceError(PictureError):
    """A picture in which no face is found."""


class FoundFace(NamedTuple):
    """The largest face of a picture.

    Attributes:
        landmarks: Shape (478, 3), in pixels of the picture.
        faces: How many faces the picture shows.
    """

    landmarks: npt.NDArray[np.float32]
    faces: int

    @property
    def middle(self) -> tuple[int, int]:
        """Where it is, in pixels from the left and from the top."""
        x, y = np.rint((self.landmarks.min(axis=0) + self.landmarks.max(axis=0))[:2] / 2).astype(int).tolist()
        return x, y

    @property
    def told(self) -> str:
        """Which face it is, where there are several; else nothing."""
        column, row = self.middle
        several = f"shows {self.faces} faces; the largest was taken, centred at column {column}, row {row}"
        return several if self.faces > 1 else ""


class FaceFinder:
    """Finds the landmarks of the largest face of a picture, with MediaPipe's face landmarker.

    Args:
        models: Its model file, or a folder that has it; by default that of an installed package.

    Raises:
        UsageError: If a file is not the model.
        MissingExtraError: If MediaPipe or its model is not there.

    Example:
        >>> from transformers import pipeline
        >>> judge = pipeline("pairwise-pain-classification", model="my-model", finder=FaceFinder())  # doctest: +SKIP
    """

    def __init__(self, models: Iterable[str | Path] = ()) -> None:
        given = given_models(models, Mediapipe.models)
        self._landmarker = Mediapipe([place_of_model(model, given) for model in Mediapipe.models])

    def __call__(self, picture: Image.Image) -> FoundFace:
        """Find the face.

        Args:
            picture: Upright.

        Raises:
            NoFaceError: If there is none.
        """
        found = self._landmarker.measure(np.ascontiguousarray(picture.convert("RGB")))
        if "landmarks" not in found:
            raise NoFaceError(
                "shows no face that could be found; give a picture in which the face is larger or less turned away"
            )
        points = np.asarray(found["landmarks"], np.float32).reshape(DENSE, 3)
        return FoundFace(points, int(str(found["faces"])))
