"""The model that is trained, and the image processor that prepares faces for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers import AutoConfig
from transformers.image_processing_base import ImageProcessingMixin

from synpain_hf.errors import SynpainError, UsageError
from synpain_hf.imaging.alignment.pwct import read_points
from synpain_hf.modeling import (
    DamagedModelError,
    PairwisePainConfig,
    PairwisePainForImageClassification,
    PairwisePainImageProcessor,
    freeze_unused,
)
from synpain_hf.modeling.backbones import channels_of
from synpain_hf.text.documents import parsed_json
from synpain_hf.text.values import shown
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.data.several import JoinedSet
from synpain_hf.training.options import JSON, PWCT, SMOOTHING, WHOLE, ModelArguments, finished, is_new
from synpain_hf.training.request import check_targets
from synpain_hf.training.run.callbacks import bars
from synpain_hf.training.run.learned import check_unseen
from synpain_hf.vocabulary import CLASSES, DEFAULT_FUSION, PWCT_SIDE

_IMAGENET = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
"""Mean and standard deviation of the channels in ImageNet, which most backbones were trained with."""

_UNLOADABLE = (
    *(ArithmeticError, AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError),
    *(SafetensorError, StrictDataclassError),
)
"""What transformers and torch raise of a folder or a configuration whose values they do not check."""

_OWN = PairwisePainConfig.model_type
_PUBLISHED = (".pt", ".pth", ".bin")
"""How files with published state dicts end."""

_TO_TRAIN = "pwct, linear, a vision model's id or folder, or a .json file with a configuration"
_TO_JUDGE = "a trained model's folder or id, or the .pt file of a published PwCT"
"""What may be given as a model."""

_ANY_SIDE = 224
_HIGHEST_PSPI, _HIGHEST_PSPI_OF_GRADED_EYES = 16.0, 20.0
_EYES = "AU43"


def build_model(
    arguments: ModelArguments, pairs: Pairs, *, annotator: str | None = None, also: Sequence[JoinedSet] = ()
) -> tuple[PairwisePainForImageClassification, PairwisePainImageProcessor]:
    """Make the model, with the image processor that fits it.

    Args:
        arguments: Which model.
        pairs: What it will be trained on: says the class weights, and what the annotations hold.
        annotator: Whose annotations are learned.
        also: What it will be trained on beside them.

    Raises:
        UsageError: If the model cannot be found, or does not fit the pairs or the arguments.
    """
    sets = [pairs, *(one.pairs for one in also)]
    heads = _heads(arguments, sets, annotator)
    name = arguments.model
    weights = class_weights(pairs, also) if arguments.class_weights == "balanced" else None
    with _as_unloadable(name, _TO_TRAIN):
        model, processor = _made(name, arguments, sets, {"class_weights": weights, **heads})
        _check_fit(model, processor)
    freeze_unused(model, *processor.output_size)
    return model, processor


def weigh_classes(
    model: PairwisePainForImageClassification, arguments: ModelArguments, pairs: Pairs, also: Sequence[JoinedSet] = ()
) -> None:
    """Weigh the classes of a model anew, where pairs that it was made for are left out.

    Args:
        model: The model; changed in place.
        arguments: Which model.
        pairs: What is left to train on.
        also: What is left beside them.

    Raises:
        UsageError: If a class has no pairs left.
    """
    if arguments.class_weights == "balanced":
        model.config.class_weights = class_weights(pairs, also)


def _made(
    name: str, arguments: ModelArguments, sets: Sequence[Pairs], options: dict[str, Any]
) -> tuple[PairwisePainForImageClassification, PairwisePainImageProcessor]:
    if name in WHOLE:
        config = PairwisePainConfig(**{"architecture": name, "fusion": arguments.fusion, **options})
        return PairwisePainForImageClassification(config), PairwisePainImageProcessor(**_preparing(arguments))
    if name.endswith(JSON):
        config = _config_of_file(Path(name).expanduser(), arguments, options)
        return PairwisePainForImageClassification(config), _processor_for(config, arguments, {})
    return _pretrained(name, arguments, sets, options)


@contextmanager
def _as_unloadable(name: str, remedy: str) -> Iterator[None]:
    """Report what transformers and torch raise of files that are damaged, or hold what no model has.

    Args:
        name: The model.
        remedy: What to give in place of one that cannot be loaded.
    """
    try:
        yield
    except DamagedModelError as error:
        raise UsageError(
            f"is {shown(name)!r}, whose weights are damaged ({error.__cause__}); fetch it again, or train it again",
            "model",
        ) from error
    except SynpainError:
        raise
    except _UNLOADABLE as error:
        reason = shown(str(error).strip().partition("\n")[0]) or type(error).__name__
        raise UsageError(f"is {shown(name)!r}, which cannot be loaded ({reason}); give {remedy}", "model") from error


def is_pairwise(model: str) -> bool:
    """Whether `ModelArguments.model` names a pairwise model that was trained already."""
    return not is_new(model) and AutoConfig.from_pretrained(model, trust_remote_code=False).model_type == _OWN


def is_published(model: str) -> bool:
    """Whether this is the file of a published PwCT state dict."""
    return model.endswith(_PUBLISHED)


def load_model(
    name: str, mean_face: str | Path | None = None
) -> tuple[PairwisePainForImageClassification, PairwisePainImageProcessor]:
    """A trained pairwise model, ready to judge, with the image processor that prepares faces for it.

    Args:
        name: Its folder, its id on the Hub, or the file of a published PwCT state dict.
        mean_face: Of a published PwCT: the file of the mean face that faces are warped onto; None for ours.

    Raises:
        UsageError: If there is no such model, or it is of another kind, or has a mean face of its own.
        BadInputError: If a file does not hold a published state dict.
    """
    if is_published(name):
        network = PairwisePainForImageClassification.from_pwct_checkpoint(name)
        return network, PairwisePainImageProcessor(alignment="pwct", mean_face=_points_of(mean_face))
    if mean_face is not None:
        raise UsageError(
            f"is given, but {shown(name)} is no published state dict and says how faces are prepared; leave it out",
            "mean_face",
        )
    name = finished(name)
    ModelArguments(model=name).check_source(_TO_JUDGE)
    with _as_unloadable(name, _TO_JUDGE), bars(wanted=False):
        if not is_pairwise(name):
            raise UsageError(
                f"is {shown(name)!r}, which is not a pairwise model; give one that `train` has made", "model"
            )
        model = PairwisePainForImageClassification.from_pretrained(name)
        processor = PairwisePainImageProcessor.from_pretrained(name)
        _check_fit(model, processor)
    return model.eval(), processor


def initial_weights(arguments: ModelArguments, model: PairwisePainForImageClassification) -> str | None:
    """A digest of the weights that a model came with; None where they are new, so that the seed says what they are."""
    if is_new(arguments.model):
        return None
    digest = hashlib.sha256()
    for name, weights in sorted(model.state_dict().items()):
        digest.update(f"{name} {weights.dtype} {tuple(weights.shape)}\n".encode())
        digest.update(weights.contiguous().view(-1).view(torch.uint8).numpy().data if weights.numel() else b"")
    return digest.hexdigest()


def class_weights(pairs: Pairs, also: Sequence[JoinedSet] = ()) -> list[float]:
    """The weight of each class with which all weigh alike: pairs / (classes x pairs of the class), in `train`.

    Args:
        pairs: The pairs.
        also: Further sets, whose pairs count as often as they are drawn.

    Raises:
        UsageError: If a class has no pairs.
    """
    counts = np.zeros(len(CLASSES["label"]))
    for one, weight in [(pairs, 1.0), *((joined.pairs, joined.asked.weight) for joined in also)]:
        labels = one.table["label"].to_numpy()[one.positions("train")]
        counts += weight * np.bincount(labels, minlength=len(counts))
    for name, count in zip(CLASSES["label"], counts.tolist(), strict=True):
        if not count:
            raise UsageError(f"{pairs.title} has no {name} pair in train; both classes are needed to learn from")
    weights: list[float] = (counts.sum() / (len(counts) * counts)).tolist()
    return weights


def _heads(arguments: ModelArguments, sets: Sequence[Pairs], annotator: str | None) -> dict[str, Any]:
    """What is learned beside the classes, as arguments of the configuration."""
    units = check_targets(sets, arguments, annotator)
    if not arguments.pspi_head:
        return {"action_units": units}
    eyes = [pairs.known_targets(action_units=[_EYES], annotator=annotator)["action_units"] for pairs in sets]
    graded = max(float(np.nanmax(one, initial=0)) for one in eyes) > 1
    scale = _HIGHEST_PSPI_OF_GRADED_EYES if graded else _HIGHEST_PSPI
    return {"action_units": units, "pspi_head": True, "pspi_scale": scale}


def _config_of_file(file: Path, arguments: ModelArguments, options: dict[str, Any]) -> PairwisePainConfig:
    try:
        content = parsed_json(file.read_text(encoding="utf-8"))
        if content.get("model_type") == _OWN:
            architecture = content.get("architecture", PWCT)
            if architecture in WHOLE:
                arguments.check_whole(architecture)
            asked = {
                "class_weights": options["class_weights"],
                **({"fusion": arguments.fusion} if arguments.fusion != DEFAULT_FUSION else {}),
                **({"lora": {}} if arguments.lora else {}),
                **{name: value for name, value in options.items() if value},
            }
            return _config_of(file, {**content, **asked})
        return PairwisePainConfig(
            architecture="backbone",
            backbone_config=content,
            fusion=arguments.fusion,
            lora=_lora(arguments),
            **options,
        )
    except SynpainError:
        raise
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(
            f"is {str(file)!r}, not a configuration of a vision model ({error}); give one with its model_type", "model"
        ) from error


def _config_of(file: Path, content: dict[str, Any]) -> PairwisePainConfig:
    try:
        return PairwisePainConfig(**content)
    except UsageError as error:
        raise UsageError(f"is {str(file)!r}, whose content does not fit together ({error})", "model") from error


def _pretrained(
    name: str, arguments: ModelArguments, sets: Sequence[Pairs], options: dict[str, Any]
) -> tuple[PairwisePainForImageClassification, PairwisePainImageProcessor]:
    arguments.check_source()
    found = AutoConfig.from_pretrained(name, trust_remote_code=False)
    if found.model_type == _OWN:
        for pairs in sets:
            check_unseen(name, pairs)
        model = PairwisePainForImageClassification.from_pretrained(name)
        processor = PairwisePainImageProcessor.from_pretrained(name)
        _check_own(name, model.config, processor, arguments, options)
        model.config.class_weights = options["class_weights"]
        return model, processor
    model = PairwisePainForImageClassification.from_backbone_pretrained(
        name, fusion=arguments.fusion, lora=_lora(arguments), **options
    )
    return model, _processor_for(model.config, arguments, _preparation_of(name))


def _check_own(
    name: str,
    config: PairwisePainConfig,
    processor: PairwisePainImageProcessor,
    arguments: ModelArguments,
    options: dict[str, Any],
) -> None:
    """Refuse what a pairwise model that was trained already does not let one choose."""
    given = [option for option in ("image_size", "crop_box", "lora") if getattr(arguments, option)]
    if arguments.fusion not in (config.fusion, DEFAULT_FUSION):
        given.append("fusion")
    kept = {
        "standardize": processor.do_standardize,
        "smoothing": processor.smoothing,
        "alignment": processor.alignment,
    }
    given += [name for name, value in kept.items() if getattr(arguments, name) not in (value, None)]
    if _points_of(arguments.mean_face) not in (processor.mean_face, None):
        given.append("mean_face")
    if given:
        raise UsageError(f"cannot be changed in {name}, a trained pairwise model; leave it out", *given)
    has = (config.pspi_head, list(config.action_units))
    if has != (options.get("pspi_head", False), options["action_units"]):
        units = ", ".join(config.action_units) or "no action unit"
        raise UsageError(
            f"{name} was trained {'with' if config.pspi_head else 'without'} PSPI and on {units}; ask for the same"
        )


def _preparation_of(name: str) -> dict[str, Any]:
    """How a pretrained backbone's pictures were prepared; empty where that is not said."""
    try:
        said, _ = ImageProcessingMixin.get_image_processor_dict(name)
    except OSError:
        return {}
    return dict(said)


def _processor_for(
    config: PairwisePainConfig, arguments: ModelArguments, preparation: dict[str, Any]
) -> PairwisePainImageProcessor:
    """A processor for the size, the channels and the normalisation that a backbone was made for."""
    if config.architecture in WHOLE:
        return PairwisePainImageProcessor(**_preparing(arguments))
    backbone: Any = config.backbone_config
    channels = channels_of(backbone)
    size = preparation.get("crop_size") or preparation.get("size") or {}
    side = getattr(backbone, "image_size", None) or _ANY_SIDE
    height, width = side if isinstance(side, (list, tuple)) else (side, side)
    shortest = size.get("shortest_edge")
    if shortest or {"height", "width"} <= size.keys():
        height, width = (shortest, shortest) if shortest else (size["height"], size["width"])
    usual = _IMAGENET if channels == 3 else (None, None)
    return PairwisePainImageProcessor(
        num_channels=channels,
        image_mean=preparation.get("image_mean", usual[0]),
        image_std=preparation.get("image_std", usual[1]),
        do_normalize=False if preparation.get("do_normalize") is False else None,
        **{"size": {"height": height, "width": width}, **_preparing(arguments)},
    )


def _preparing(arguments: ModelArguments) -> dict[str, Any]:
    side, box = arguments.image_size, arguments.crop_box
    return {
        "do_standardize": arguments.standardize is not False,
        "smoothing": SMOOTHING if arguments.smoothing is None else arguments.smoothing,
        "alignment": arguments.alignment or "box",
        "mean_face": _points_of(arguments.mean_face),
        **({} if side is None else {"size": {"height": side, "width": side}}),
        **({} if box is None else {"crop_box": box}),
    }


def _points_of(mean_face: str | Path | None) -> list[list[float]] | None:
    """The points in the file of a mean face; None where none is given."""
    if mean_face is None:
        return None
    points: list[list[float]] = read_points(Path(mean_face).expanduser()).tolist()
    return points


def _lora(arguments: ModelArguments) -> dict[str, Any] | None:
    return {} if arguments.lora else None


def _check_fit(model: PairwisePainForImageClassification, processor: PairwisePainImageProcessor) -> None:
    """Run a grey pair, so that a size that the model does not take is reported now, not by a traceback later."""
    height, width = processor.output_size
    faces = torch.full((1, processor.num_channels, height, width), 0.5)
    was_training = model.training
    try:
        with torch.no_grad():
            model.eval()(pixel_values=faces, reference_pixel_values=faces)
    except (ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        needed = PWCT_SIDE if model.config.architecture in WHOLE else "the size that the model was made for"
        raise UsageError(
            f"must be {needed}: this model does not take faces of {height} x {width} ({reason})", "image_size"
        ) from error
    finally:
        model.train(was_training)
