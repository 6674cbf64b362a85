"""The landmarks by which faces are aligned: those that an annotator has left in a data set, else found in its faces."""

from __future__ import annotations

import threading
from typing import Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.annotation.annotators.landmarker import Mediapipe
from synpain_hf.annotation.finding import FaceFinder
from synpain_hf.annotation.landmarks import Landmarks
from synpain_hf.errors import MissingExtraError, PictureError
from synpain_hf.training.data.pairs import Pairs

Points = npt.NDArray[np.float32]

_LANDMARKS = "landmarks"
_ANOTHER_PICTURE = "give a picture whose face is larger or less turned away"


class LandmarkSource(Protocol):
    """What knows the landmarks of faces."""

    @property
    def remedy(self) -> str:
        """What helps where there are none."""

    def points(self, pair_id: str, face: str, picture: Image.Image) -> Points:
        """The landmarks of a face, shape (478, 3) or (68, 2), in pixels of its picture.

        Raises:
            PictureError: If there are none.
        """

    def digest(self) -> str:
        """What tells these landmarks from others."""


class StoredLandmarks:
    """Landmarks that stand in a data set.

    Args:
        landmarks: Those of its faces.
    """

    remedy = _ANOTHER_PICTURE

    def __init__(self, landmarks: Landmarks) -> None:
        self._landmarks = landmarks

    def points(self, pair_id: str, face: str, picture: Image.Image) -> Points:  # noqa: ARG002 - it was looked at before
        """The landmarks of a face."""
        if (pair_id, face) not in self._landmarks:
            raise PictureError("has no landmarks, as nothing was found in it")
        return self._landmarks[pair_id, face]

    def digest(self) -> str:
        """A digest of all of them."""
        return self._landmarks.digest()


class FoundLandmarks:
    """Landmarks that are found when they are asked for; every thread has a finder of its own.

    Raises:
        MissingExtraError: If MediaPipe or its model is not there.
    """

    remedy = _ANOTHER_PICTURE

    def __init__(self) -> None:
        self._of_thread = threading.local()
        self._of_thread.finder = FaceFinder()

    def points(self, pair_id: str, face: str, picture: Image.Image) -> Points:  # noqa: ARG002 - it is in the picture
        """The landmarks of the largest face of a picture."""
        if not hasattr(self._of_thread, "finder"):
            self._of_thread.finder = FaceFinder()
        finder: FaceFinder = self._of_thread.finder
        return finder(picture).landmarks

    def digest(self) -> str:
        """What finds them."""
        return Mediapipe.made_with()


def landmarks_of(pairs: Pairs) -> LandmarkSource:
    """The landmarks of a data set: those that it has, else those that are found.

    Raises:
        MissingExtraError: If it has none, and none can be found here.
        ReleaseError: If they are damaged.
    """
    if pairs.annotations is not None and _LANDMARKS in pairs.annotations.column_names:
        return StoredLandmarks(Landmarks.of(pairs.annotations.select(["pair_id", "face", _LANDMARKS]), pairs.title))
    try:
        return FoundLandmarks()
    except MissingExtraError as error:
        raise MissingExtraError(f"{pairs.title} has no landmarks, by which faces are aligned, and {error}") from error
