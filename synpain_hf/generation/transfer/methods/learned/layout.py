"""What a base has to be: files in the layout of diffusers, read before anything of them is loaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from synpain_hf.errors import UsageError
from synpain_hf.text.documents import parsed_json
from synpain_hf.text.values import shown

INDEX: Final = "model_index.json"
CHECKER: Final = "safety_checker"

PIXELS_A_LATENT: Final = 8
"""Pixels of a side that one latent pixel stands for, in all Stable Diffusion 1 and 2."""

SUCH_AS: Final = (
    "give Stable Diffusion 1 or 2 in the layout of diffusers, such as stable-diffusion-v1-5/stable-diffusion-v1-5"
)
_PIPELINE: Final = re.compile(r"StableDiffusion(ControlNet)?(Img2Img)?Pipeline")
_LARGEST: Final = 2**20
"""Bytes of a JSON file that is read."""

WEIGHTS: Final = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
    CHECKER: "model",
}
"""The parts that have weights, with the name of their file."""

CONFIGURATIONS: Final = {
    "unet": "config.json",
    "vae": "config.json",
    "text_encoder": "config.json",
    "tokenizer": "tokenizer_config.json",
    "scheduler": "scheduler_config.json",
}
"""What every base has to have."""

_HAS: Final[Mapping[str, Mapping[str, Any]]] = {
    "unet": {
        "_class_name": "UNet2DConditionModel",
        "in_channels": 4,
        "out_channels": 4,
        "class_embed_type": None,
        "addition_embed_type": None,
        "encoder_hid_dim": None,
    },
    "vae": {"_class_name": "AutoencoderKL", "latent_channels": 4},
    "text_encoder": {"model_type": "clip_text_model"},
}
"""What the configurations of a base say; one that is left out counts as None."""

PREDICTIONS: Final = ("epsilon", "v_prediction")

FILES: Final = (
    INDEX,
    "*/*.json",
    "tokenizer/*.txt",
    *(f"{part}/{name}{end}.safetensors" for part, name in WEIGHTS.items() for end in ("", "-?????-of-?????")),
)
"""What is downloaded of a base: neither weights in other forms, nor the same weights of less precision."""


def index_of(folder: Path, name: str) -> Mapping[str, Any]:
    """What the index of a base says.

    Args:
        folder: Where the base is.
        name: What was given for it, as messages name it; likewise below.

    Raises:
        UsageError: If there is none, or it is of a model of another kind.
    """
    index = document(folder / INDEX, name)
    kind = str(index.get("_class_name"))
    if not _PIPELINE.fullmatch(kind):
        raise UsageError(f"is {shown(name)!r}, a {shown(kind)}, which this ControlNet cannot steer; {SUCH_AS}", "base")
    return index


def document(file: Path, name: str) -> dict[str, Any]:
    """A JSON file of a base.

    Raises:
        UsageError: If it is not there, or damaged.
    """
    if not file.is_file():
        where = file.name if file.name == INDEX else f"{file.parent.name}/{file.name}"
        raise UsageError(f"is {shown(name)!r}, which has no {where}; {SUCH_AS}", "base")
    try:
        if file.stat().st_size > _LARGEST:
            raise ValueError("it is too large")
        content = parsed_json(file.read_bytes())
    except (OSError, ValueError) as error:
        raise _damaged(name, file, str(error)) from error
    if not isinstance(content, dict):
        raise _damaged(name, file, "it holds no names")
    return content


def _damaged(name: str, file: Path, reason: str) -> UsageError:
    return UsageError(
        f"is {shown(name)!r}, whose {file.parent.name}/{file.name} cannot be read ({shown(reason)}); fetch it again",
        "base",
    )


def check_configurations(configurations: Mapping[str, Mapping[str, Any]], name: str) -> None:
    """Refuse what the recipe and the pipeline do not know.

    Args:
        configurations: Those of the parts in `CONFIGURATIONS`.
        name: As above.

    Raises:
        UsageError: If something is of another kind.
    """
    wrong = [
        f"{part} with {key} {shown(str(configurations[part].get(key)))}"
        for part, has in _HAS.items()
        for key, value in has.items()
        if configurations[part].get(key) != value
    ]
    width = configurations["unet"].get("cross_attention_dim")
    if width != configurations["text_encoder"].get("hidden_size") or not isinstance(width, int):
        wrong.append("unet and text_encoder of different widths")
    blocks, steps = (configurations[part].get("block_out_channels") for part in ("unet", "vae"))
    if not isinstance(blocks, list) or not all(isinstance(channels, int) for channels in blocks):
        wrong.append("unet without block_out_channels")
    if not isinstance(steps, list) or 2 ** (len(steps) - 1) != PIXELS_A_LATENT:
        wrong.append(f"vae that does not make one of {PIXELS_A_LATENT} pixels")
    if (predicts := configurations["scheduler"].get("prediction_type", PREDICTIONS[0])) not in PREDICTIONS:
        wrong.append(f"scheduler with prediction_type {shown(str(predicts))}")
    if wrong:
        raise UsageError(f"is {shown(name)!r}, which this ControlNet cannot steer (its {wrong[0]}); {SUCH_AS}", "base")


def check_weights(part: Path, name: str) -> None:
    """Refuse weights that are no safetensors, and an index of them that leads elsewhere.

    Args:
        part: The folder of a part in `WEIGHTS`.
        name: As above.

    Raises:
        UsageError: If there are others alone, or some are missing.
    """
    stem = WEIGHTS[part.name]
    if (part / f"{stem}.safetensors").is_file():
        return
    index = part / f"{stem}.safetensors.index.json"
    if not index.is_file():
        raise UsageError(
            f"is {shown(name)!r}, whose {part.name} has no {stem}.safetensors, and other forms of weights can run code "
            "when they are read; give a base with safetensors",
            "base",
        )
    files = document(index, name).get("weight_map")
    for file in files.values() if isinstance(files, dict) else [None]:
        if not (isinstance(file, str) and re.fullmatch(rf"{stem}-\d{{5}}-of-\d{{5}}\.safetensors", file)):
            raise _damaged(name, index, "it names files elsewhere")
        if not (part / file).is_file():
            raise _damaged(name, part / file, "it is not there")
