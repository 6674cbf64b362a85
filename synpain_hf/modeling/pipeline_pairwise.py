"""`PairwisePainPipeline`: from pictures, or their files, to labelled scores."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from transformers import Pipeline
from transformers.utils.generic import ModelOutput

from synpain_hf.errors import PictureError, UsageError
from synpain_hf.imaging.decoding import decode
from synpain_hf.imaging.limits import MAX_BYTES
from synpain_hf.modeling.pictures import is_batch

TASK = "pairwise-pain-classification"
"""What `transformers.pipeline` calls it."""

_REMEDY = "give the neutral face of the same person as `reference`"


class PairwisePainPipeline(Pipeline):
    """Say whether faces show pain, compared with neutral faces of the same people.

    Example:
        >>> from transformers import pipeline
        >>> import synpain_hf.modeling  # registers the task
        >>> judge = pipeline("pairwise-pain-classification", model="my-model")  # doctest: +SKIP
        >>> judge(image="expressive.png", reference="neutral.png")  # doctest: +SKIP
        [{'label': 'pain', 'score': 0.93}, {'label': 'no_pain', 'score': 0.07}]
    """

    _load_processor = False  # type: ignore[assignment]
    _load_image_processor = True  # type: ignore[assignment]
    _load_feature_extractor = False  # type: ignore[assignment]
    _load_tokenizer = False  # type: ignore[assignment]

    def __call__(  # type: ignore[override]
        self, inputs: Any = None, *, image: Any = None, reference: Any = None, **kwargs: Any
    ) -> Any:
        """Judge one pair or several.

        Args:
            inputs: A mapping with `image` and `reference`, or a list, generator or data set of such.
            image: The face to judge: a PIL image, an array or tensor, or the path of a PNG, JPEG or WebP file; or a
                list of those.
            reference: The neutral face of the same person, or a list of several; with a list of images, one such a
                face.
            kwargs: Options of every pipeline, such as `batch_size`, and `top_k`, the number of labels.

        Returns:
            For each pair a list of `{"label", "score"}`, the likeliest first; each with `pspi` and `action_units` where
            the model gives them. Scores are softmax probabilities, and add up to 1.

        Raises:
            UsageError: If a reference is missing, or `image` and `reference` do not fit together.
            PictureError: If a picture cannot be used.
        """
        if inputs is None:
            inputs = _pairs(image, reference)
        elif image is not None or reference is not None:
            raise UsageError("pairs came twice; give either one argument, or image=… and reference=…")
        return super().__call__(inputs, **kwargs)

    def _sanitize_parameters(
        self, top_k: int | None = None, **unknown: Any
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        if unknown:
            raise UsageError(f"{', '.join(sorted(unknown))}: no such option; this pipeline has top_k")
        return {}, {}, {} if top_k is None else {"top_k": top_k}

    def preprocess(self, input_: Any, **_: Any) -> dict[str, Any]:
        """One pair as tensors."""
        if not isinstance(input_, Mapping):
            raise UsageError(f"a pair is {type(input_).__name__}; give a mapping with image and reference, {_REMEDY}")
        reference = input_.get("reference")
        if input_.get("image") is None or reference is None or (is_batch(reference) and not len(reference)):
            missing = "image" if input_.get("image") is None else "reference"
            raise UsageError(f"{missing} is missing, and nothing takes its place; {_REMEDY}")
        references = [_read(one) for one in reference] if is_batch(reference) else _read(reference)
        if self.image_processor is None:
            raise UsageError("this pipeline has no image processor; save a PairwisePainImageProcessor beside the model")
        prepared = self.image_processor(_read(input_["image"]), references)
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


def _pairs(image: Any, reference: Any) -> Any:
    """The pairs that two arguments name: one, or a list."""
    if not is_batch(image):
        return {"image": image, "reference": reference}
    if not is_batch(reference) or len(reference) != len(image):
        count = len(reference) if is_batch(reference) else int(reference is not None)
        raise UsageError(f"{len(image)} images came with {count} references; {_REMEDY}, one for each image")
    return [{"image": one, "reference": other} for one, other in zip(image, reference, strict=True)]


def _read(picture: Any) -> Any:
    """A picture; read from its file where it is a path."""
    if not isinstance(picture, (str, os.PathLike)):
        return picture
    if str(picture).startswith(("http://", "https://")):
        raise UsageError(f"{picture} is an address; download the picture, and give its path")
    path = Path(picture)
    try:
        with path.open("rb") as file:
            raster = decode(file.read(MAX_BYTES + 1))
        return Image.fromarray(raster.pixels(raster.width))
    except PictureError as error:
        raise PictureError(f"{path}: {error}") from error
    except OSError as error:
        raise PictureError(f"{path}: cannot be read ({error.strerror}); look at the path") from error


__all__ = ["TASK", "PairwisePainPipeline"]
