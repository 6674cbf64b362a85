"""`judge`: what a trained model says of a photograph."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from synpain_hf.annotation.finding import FaceFinder
from synpain_hf.errors import PictureError, UsageError
from synpain_hf.modeling.pipeline_pairwise import PairwisePainPipeline
from synpain_hf.training.run.models import load_model

Pictures = str | Path | Sequence[str | Path]


def judge(
    image: Pictures, reference: Pictures, *, model: str | Path, face_models: Sequence[str | Path] = ()
) -> list[dict[str, Any]]:
    """Judge photographs with a trained model; faces are found, and aligned as it was trained.

    Args:
        image: One or several files of pictures, each with the face to judge; of several faces the largest is taken.
        reference: The neutral face of the same person, in one or several files, with which each image is compared.
        model: A pairwise model's folder or its id on the Hub; or a published PwCT state dict (`.pt`, `.pth`).
        face_models: The model file that finds faces, or its folder; by default that of an installed package. Models
            that were trained on pictures as they are need none.

    Returns:
        For each image its `image`, the `label`, the `score` of pain from 0 to 1, `pspi` and `action_units` where the
        model gives them, and `warnings`, such as which of several faces was taken.

    Raises:
        UsageError: If there is no such model, or no picture was given.
        PictureError: If a picture cannot be read, or shows no face.
        MissingExtraError: If faces must be found, and MediaPipe or its model is not there.
    """
    images, references = ([one] if isinstance(one, (str, Path)) else list(one) for one in (image, reference))
    if not images or not references:
        raise UsageError("is missing; give at least one picture", "reference" if images else "image")
    network, processor = load_model(str(model))
    finder = None if processor.alignment == "box" else FaceFinder(face_models)
    pipeline = PairwisePainPipeline(model=network, image_processor=processor, finder=finder)
    return [_judged(pipeline, str(one), [str(each) for each in references]) for one in images]


def _judged(pipeline: PairwisePainPipeline, image: str, references: list[str]) -> dict[str, Any]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            found = pipeline(image=image, reference=references)
        except PictureError as error:
            raise PictureError(f"{image}: {error}") from error
    (pain,) = (one for one in found if one["label"] == "pain")
    return {
        **pain,
        "image": image,
        "label": found[0]["label"],
        "warnings": [str(one.message) for one in caught if issubclass(one.category, UserWarning)],
    }
