"""`PairwisePainPipeline`: from pictures, or their files, to labelled scores."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from transformers import Pipeline
from transformers.utils.generic import ModelOutput

from synpain_hf.errors import PictureError, UsageError
from synpain_hf.modeling.pictures import as_picture, check_numbers, is_batch
from synpain_hf.modeling.reading import read_picture

TASK = "pairwise-pain-classification"
"""What `transformers.pipeline` calls it."""

_NAMES = {"image": "expressive", "reference": "neutral"}
"""What the faces of a pair are called here, and in the data set."""

_MISSING = {
    "image": "image is missing; give the face to judge as `image` (in a row, `expressive`)",
    "reference": "reference is missing; give the neutral face of the same person as `reference` (in a row, `neutral`)",
}
_LANDMARKS = ("landmarks", "reference_landmarks")
_NO_PAIRS = (str, bytes, np.ndarray, torch.Tensor)
"""What can be iterated over, but is a single thing."""


class PairwisePainPipeline(Pipeline):
    """Say whether faces show pain, compared with neutral faces of the same people.

    A model that sees aligned faces needs their landmarks. They stand beside the pictures as `landmarks` and
    `reference_landmarks`; or a `finder` finds them, such as `synpain_hf.annotation.finding.FaceFinder()`.

    Example:
        >>> from transformers import pipeline
        >>> import synpain_hf.modeling  # registers the task
        >>> judge = pipeline("pairwise-pain-classification", model="my-model")  # doctest: +SKIP
        >>> judge(image="expressive.png", reference="neutral.png")  # doctest: +SKIP
        [{'label': 'pain', 'score': 0.93}, {'label': 'no_pain', 'score': 0.07}]
        >>> judge(dataset[0])  # doctest: +SKIP
        [{'label': 'no_pain', 'score': 0.88}, {'label': 'pain', 'score': 0.12}]
    """

    _load_processor = False  # type: ignore[assignment]
    _load_image_processor = True  # type: ignore[assignment]
    _load_feature_extractor = False  # type: ignore[assignment]
    _load_tokenizer = False  # type: ignore[assignment]

    def __call__(self, inputs: Any = None, *more: Any, image: Any = None, reference: Any = None, **kwargs: Any) -> Any:
        """Judge one pair or several.

        `image` and `reference` are `expressive` and `neutral` in the data set, `images` and `references` in the image
        processor, and `pixel_values` and `reference_pixel_values` in the model.

        Args:
            inputs: A mapping with `image` and `reference`, or with `expressive` and `neutral` as a row of the data set,
                whatever else is in it; one whose values are lists, such as `dataset[:8]`; or a list, generator or data
                set of mappings.
            more: Not taken: only their names tell two faces apart.
            image: The face to judge: a PIL image, an array or tensor, or a PNG, JPEG or WebP file, given by its path,
                as bytes, base64 or an open file, or as `{"bytes", "path"}`; or a list of those.
            reference: The neutral face of the same person, or a list of several; with a list of images, one such a
                face.
            kwargs: Options of every pipeline, such as `batch_size`; `top_k`, the number of labels; and `finder`, a
                function of an upright picture whose result has the `landmarks` of its largest face, and `told`, which
                one that is where there are several.

        Returns:
            For each pair a list of `{"label", "score"}`, the likeliest first; each with `pspi` and `action_units` where
            the model gives them. Scores are softmax probabilities, and add up to 1. Of a generator or data set, an
            iterator that judges when it is asked.

        Raises:
            UsageError: If a face is missing or given twice, or `image` and `reference` do not fit together.
            PictureError: If a picture cannot be used, or shows no face that can be aligned.

        Warns:
            UserWarning: If a picture shows several faces, of which the largest was taken.
        """
        if more:
            raise UsageError("the faces of a pair have no names; write image=…, reference=…")
        if inputs is None:
            inputs = _pairs(image, reference)
        elif image is not None or reference is not None:
            raise UsageError("pairs were given twice; give either one argument, or image=… and reference=…")
        elif isinstance(inputs, Mapping):
            inputs = _pairs(*_faces(inputs), _landmarks_in(inputs))
        elif isinstance(inputs, Iterable) and not isinstance(inputs, (list, *_NO_PAIRS)):
            inputs = (pair for pair in inputs)  # transformers would take other data sets than torch's for one pair
        if isinstance(inputs, list) and not inputs:
            return []
        return super().__call__(inputs, **kwargs)

    def _sanitize_parameters(
        self, top_k: int | None = None, finder: Any = None, **unknown: Any
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        if unknown:
            raise UsageError(
                f"{', '.join(sorted(unknown))}: no such option; this pipeline has image, reference, top_k, finder, "
                "batch_size"
            )
        return {} if finder is None else {"finder": finder}, {}, {} if top_k is None else {"top_k": top_k}

    def preprocess(self, input_: Any, finder: Any = None, **_: Any) -> dict[str, Any]:
        """One pair as tensors."""
        if not isinstance(input_, Mapping):
            raise UsageError(
                f"the input is of type {type(input_).__name__}, which is not a pair; write image=…, reference=…, or "
                "give a mapping with these names"
            )
        image, reference = _faces(input_)
        if is_batch(image):
            raise UsageError("the image of a pair is several pictures; give one pair for each")
        references = [read_picture(one) for one in reference] if is_batch(reference) else read_picture(reference)
        if self.image_processor is None:
            raise UsageError("this pipeline has no image processor; save a PairwisePainImageProcessor beside the model")
        face = read_picture(image)
        try:
            found = _landmarks_in(input_)
            if not found and finder is not None and getattr(self.image_processor, "alignment", "box") != "box":
                faces = {"image": face, "reference": references}
                found = {
                    points: _found(finder, name, faces[name]) for points, name in zip(_LANDMARKS, faces, strict=True)
                }
            prepared = self.image_processor(face, references, **found)
        except PictureError as error:
            raise PictureError(f"a face of the pair {error}") from error
        count = torch.tensor([len(references) if isinstance(references, list) else 0])
        return {**prepared, "references": count}

    def _forward(self, input_tensors: dict[str, Any], **_: Any) -> ModelOutput:
        counts = input_tensors.pop("references")
        if len(set(counts.tolist())) > 1:
            raise UsageError(
                "the pairs of a batch have different numbers of references; give each the same number, or batch_size=1"
            )
        output: ModelOutput = self.model(**input_tensors)
        return output

    def postprocess(  # type: ignore[override]
        self, model_outputs: ModelOutput, top_k: int | None = None, **_: Any
    ) -> list[dict[str, Any]]:
        """Scores of one pair."""
        config: Any = self.model.config
        scores = torch.softmax(model_outputs["logits"][0], dim=-1)
        also: dict[str, Any] = {}
        if model_outputs.get("pspi") is not None:
            also["pspi"] = float(model_outputs["pspi"].flatten()[0])
        if model_outputs.get("action_units") is not None:
            also["action_units"] = dict(
                zip(config.action_units, model_outputs["action_units"][0].tolist(), strict=True)
            )
        ranked = sorted(enumerate(scores.tolist()), key=lambda found: (-found[1], found[0]))
        return [{"label": config.id2label[index], "score": score, **also} for index, score in ranked[:top_k]]


def _found(finder: Any, name: str, pictures: Any) -> Any:
    """The landmarks of the face in a picture, or in each of several."""
    if isinstance(pictures, list):
        return [_found(finder, name, picture) for picture in pictures]
    try:
        face = finder(as_picture(pictures))
    except PictureError as error:
        raise PictureError(f"(the {name}) {error}") from error
    if face.told:
        warnings.warn(f"the {name} {face.told}", UserWarning, stacklevel=2)
    return face.landmarks


def _faces(pair: Mapping[str, Any]) -> tuple[Any, Any]:
    """The image and the reference in a mapping, whichever names they have."""
    faces = []
    for names in _NAMES.items():
        given = [pair[name] for name in names if pair.get(name) is not None]
        if len(given) > 1:
            raise UsageError(f"the pair has both {' and '.join(names)}, which are one face; give one of the two")
        if not given or (is_batch(given[0]) and not len(given[0])):
            raise UsageError(_MISSING[names[0]])
        faces += given
    image, reference = faces
    return image, reference


def _landmarks_in(pair: Mapping[str, Any]) -> dict[str, Any]:
    """The landmarks that stand beside faces."""
    return {name: pair[name] for name in _LANDMARKS if pair.get(name) is not None}


def _pairs(image: Any, reference: Any, landmarks: Mapping[str, Any] = MappingProxyType({})) -> Any:
    """The pairs that two arguments name: one, or a list."""
    if not is_batch(image):
        return {"image": image, "reference": reference, **landmarks}
    check_numbers(image, reference)
    columns = {"image": image, "reference": reference, **landmarks}
    return [dict(zip(columns, each, strict=True)) for each in zip(*columns.values(), strict=True)]


__all__ = ["TASK", "PairwisePainPipeline"]
