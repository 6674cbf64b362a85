"""`judge`: what a trained model says of photographs, and of the frames of clips."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.annotation.finding import FaceFinder, FoundFace, NoFaceError
from synpain_hf.errors import PictureError, PicturesError, Problem, UsageError
from synpain_hf.imaging.clips import ClipReader, survey
from synpain_hf.imaging.containers import is_clip
from synpain_hf.imaging.limits import MAX_BYTES
from synpain_hf.modeling.pictures import as_picture
from synpain_hf.modeling.pipeline_pairwise import PairwisePainPipeline
from synpain_hf.modeling.reading import read_picture
from synpain_hf.training.run.models import load_model

_AS_IT_IS = "judged as it is: this model looks for no face, and expects it where it is in the pictures it learned from"

Pictures = str | Path | Sequence[str | Path]
Taken = TypeVar("Taken")


def judge(
    image: Pictures,
    reference: Pictures,
    *,
    model: str | Path,
    every: int = 1,
    face_models: Sequence[str | Path] = (),
    mean_face: str | Path | None = None,
) -> list[dict[str, Any]]:
    """Judge photographs and clips with a trained model.

    Of a model that was trained on aligned faces, faces are found and aligned alike. One that was trained on pictures as
    they are gets pictures as they are, which is told: their frame must be that of the pictures it was trained on.

    Args:
        image: One or several files of pictures or clips, each with the face to judge; of several faces the largest is
            taken.
        reference: The neutral face of the same person, in one or several pictures, with which each image is compared.
        model: A pairwise model's folder or its id on the Hub; or a published PwCT state dict (`.pt`, `.pth`).
        every: Of a clip, judge every so many frames, from the first.
        face_models: The model file that finds faces, or its folder; by default that of an installed package. Models
            that were trained on pictures as they are need none.
        mean_face: Of a published PwCT alone: the `.npy` file of the mean face that its faces were warped onto; None for
            ours.

    Returns:
        For each picture, and each frame that is judged, its `image`, the `label`, the `score` of pain from 0 to 1,
        `pspi` and `action_units` where the model gives them, and `warnings`, such as which of several faces was taken;
        of a frame also `frame` and `time`, in seconds from the first. A frame in which no face is found has None as
        `label` and `score`, and a warning.

    Raises:
        UsageError: If there is no such model, or no picture was given.
        PictureError: If pictures or clips cannot be read, or pictures show no face; each has a line.
        MissingExtraError: If faces must be found, and MediaPipe or its model is not there; or for clips PyAV.
    """
    images, references = ([one] if isinstance(one, (str, Path)) else list(one) for one in (image, reference))
    if not images or not references:
        raise UsageError("is missing; give at least one picture", "reference" if images else "image")
    if every < 1:
        raise UsageError(f"is {every}; give 1 for each frame, or more", "every")
    network, processor = load_model(str(model), mean_face)
    finder = None if processor.alignment == "box" else FaceFinder(face_models)
    seen = _of_each(references, lambda name: _seen(_picture(name), finder, name))
    judging = _Judging(PairwisePainPipeline(model=network, image_processor=processor), finder, seen)
    return list(chain.from_iterable(_of_each(images, lambda name: list(judging.file(name, every)))))


def _of_each(files: Sequence[str | Path], take: Callable[[str], Taken]) -> list[Taken]:
    """What is taken from each file.

    Raises:
        PictureError: If from some nothing can be taken; each of them has a line.
    """
    taken, refused = list[Taken](), list[PictureError]()
    for file in files:
        try:
            taken.append(take(str(file)))
        except PictureError as error:  # noqa: PERF203 - each that fails is told
            refused.append(error)
    if len(refused) == 1:
        raise refused[0]
    if refused:
        told = (str(error).partition(": ") for error in refused)
        raise PicturesError(Problem(file, reason) for file, _, reason in told)
    return taken


@dataclass(frozen=True)
class _Seen:
    """A picture, and the face in it where it was looked for."""

    picture: Image.Image
    face: FoundFace | None

    @property
    def landmarks(self) -> npt.NDArray[np.float32] | None:
        return None if self.face is None else self.face.landmarks

    @property
    def told(self) -> str:
        return "" if self.face is None else self.face.told


@dataclass(frozen=True)
class _Judging:
    """A model, and what it compares with."""

    pipeline: PairwisePainPipeline
    finder: FaceFinder | None
    references: Sequence[_Seen]

    def file(self, name: str, every: int) -> Iterator[dict[str, Any]]:
        """What is said of a picture, or of frames of a clip."""
        content = _content(name)
        if not is_clip(content):
            yield self.picture(name, _picture(name))
            return
        try:
            times = survey(content).times
            with ClipReader(content) as reader:
                for number in range(0, len(times), every):
                    shown = Image.fromarray(reader.frame(number).pixels)
                    yield {**self.frame(f"{name}, frame {number:,}", shown), "frame": number, "time": times[number]}
        except PictureError as error:
            raise PictureError(str(error) if str(error).startswith(name) else f"{name}: {error}") from error

    def frame(self, name: str, picture: Image.Image) -> dict[str, Any]:
        """What is said of a frame, in which there need not be a face."""
        try:
            return self.picture(name, picture)
        except NoFaceError as error:
            told = str(error).removeprefix(f"{name}: ").partition("; ")[0]
            return {"image": name, "label": None, "score": None, "warnings": [told]}

    def picture(self, name: str, picture: Image.Image) -> dict[str, Any]:
        """What is said of a picture."""
        seen = _seen(picture, self.finder, name)
        pair = {
            "image": seen.picture,
            "reference": [one.picture for one in self.references],
            "landmarks": seen.landmarks,
            "reference_landmarks": None if self.finder is None else [one.landmarks for one in self.references],
        }
        try:
            found = self.pipeline(pair)
        except PictureError as error:
            raise PictureError(f"{name}: {error}") from error
        (pain,) = (one for one in found if one["label"] == "pain")
        told = [
            _AS_IT_IS if self.finder is None else seen.told,
            *(f"the reference {one.told}" for one in self.references if one.told),
        ]
        return {**pain, "image": name, "label": found[0]["label"], "warnings": list(filter(None, told))}


def _picture(name: str) -> Image.Image:
    return as_picture(read_picture(name))


def _seen(picture: Image.Image, finder: FaceFinder | None, name: str) -> _Seen:
    try:
        return _Seen(picture, None if finder is None else finder(picture))
    except PictureError as error:
        raise type(error)(f"{name}: {error}") from error


def _content(name: str) -> bytes:
    try:
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PictureError(f"{name}: cannot be read ({error.strerror}); check the path") from error
