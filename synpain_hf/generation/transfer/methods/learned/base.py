"""The model that a ControlNet steers: found in a folder or on the Hub, and checked before anything of it is loaded.

It is Stable Diffusion 1 or 2, or one trained on from there, in the layout of diffusers: a folder a part, with weights
as safetensors.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from synpain_hf.errors import UsageError
from synpain_hf.hubclient.downloads import download_files
from synpain_hf.hubclient.names import REPO_ID
from synpain_hf.storage.files import sha256_of
from synpain_hf.text.documents import parsed_json
from synpain_hf.text.values import shown

INDEX: Final = "model_index.json"
CHECKER: Final = "safety_checker"

PIXELS_A_LATENT: Final = 8
"""Pixels of a side that one latent pixel stands for, in all Stable Diffusion 1 and 2."""

_SUCH_AS: Final = (
    "give Stable Diffusion 1 or 2 in the layout of diffusers, such as stable-diffusion-v1-5/stable-diffusion-v1-5"
)
_PIPELINE: Final = re.compile(r"StableDiffusion(ControlNet)?(Img2Img)?Pipeline")
_LARGEST: Final = 2**20
"""Bytes of a JSON file that is read."""

_WEIGHTS: Final = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
    CHECKER: "model",
}
"""The parts that have weights, with the name of their file."""

_CONFIGURATIONS: Final = {
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

_LAYOUT: Final[Mapping[str, Any]] = {"cross_attention_dim": 1280, "block_out_channels": None, "layers_per_block": 2}
"""What a ControlNet shares with the network that it steers, and what counts where it is left out."""

_PREDICTIONS: Final = ("epsilon", "v_prediction")

FILES: Final = (
    INDEX,
    "*/*.json",
    "tokenizer/*.txt",
    *(f"{part}/{name}{end}.safetensors" for part, name in _WEIGHTS.items() for end in ("", "-?????-of-?????")),
)
"""What is downloaded of a base: neither weights in other forms, nor the same weights of less precision."""


@dataclass(frozen=True)
class Base:
    """A base that was found and checked.

    Attributes:
        name: Its id on the Hub, or what its folder is called.
        folder: Where its files are.
        predicts: `epsilon` or `v_prediction`, as its scheduler says.
        has_checker: Whether it has a safety checker.
        is_on_hub: Whether others find it by its name; its folder is then called as the commit.
        layout: What of the configuration of its network a ControlNet for it shares.
    """

    name: str
    folder: Path
    predicts: str
    has_checker: bool
    is_on_hub: bool
    layout: Mapping[str, Any]

    @property
    def title(self) -> str:
        """What it is called in the provenance of pictures: its name, and what tells its content from others."""
        return f"{self.name} {self.folder.name}" if self.is_on_hub else f"{self.name} sha256:{self.digest()}"

    def digest(self) -> str:
        """What tells its weights and configurations from others: a SHA-256."""
        parts = sorted({*_WEIGHTS, *_CONFIGURATIONS})
        files = sorted(file for part in parts for file in (self.folder / part).glob("*") if _counts(file))
        lines = [f"{file.relative_to(self.folder).as_posix()} {sha256_of(file)}" for file in files]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def find_base(name: str) -> Base:
    """Find a base, fetch it where it is on the Hub and not in the cache, and check it.

    Args:
        name: A folder, or an id on the Hub.

    Raises:
        UsageError: If it is neither, or not a base that a ControlNet can steer, or has its weights in files that are
            not safetensors.
        DownloadError: If the Hub cannot be reached, or does not send it.
    """
    place = Path(name).expanduser()
    is_on_hub = REPO_ID.fullmatch(name) is not None and not place.exists()
    if is_on_hub:
        _index_of(_fetched(name, [INDEX]), name)  # before gigabytes follow
        place = _fetched(name, FILES)
    elif not place.is_dir():
        raise UsageError(
            f"is {shown(name)!r}, neither a folder nor an id on the Hub (NAMESPACE/NAME); {_SUCH_AS}", "base"
        )
    index = _index_of(place, name)
    configurations = {part: _document(place / part / file, name) for part, file in _CONFIGURATIONS.items()}
    _check(configurations, name)
    has_checker = isinstance(index.get(CHECKER), list) and index[CHECKER][:1] != [None]
    for part in _WEIGHTS:
        if part != CHECKER or has_checker:
            _check_weights(place / part, name)
    return Base(
        name=name if is_on_hub else place.resolve().name,
        folder=place,
        predicts=configurations["scheduler"].get("prediction_type", _PREDICTIONS[0]),
        has_checker=has_checker,
        is_on_hub=is_on_hub,
        layout={key: configurations["unet"].get(key, usual) for key, usual in _LAYOUT.items()},
    )


def check_fit(base: Base, network: Mapping[str, Any]) -> None:
    """Refuse a base that a ControlNet was not trained for.

    Args:
        base: The base.
        network: The configuration of the ControlNet, or the part of it that a base has to share.

    Raises:
        UsageError: If it is of another layout.
    """
    for key, value in base.layout.items():
        there = network.get(key)
        if (list(there) if isinstance(there, tuple) else there) != value:
            raise UsageError(
                f"is {shown(base.name)!r}, with {key} {shown(str(value))}, and the ControlNet was trained for "
                f"{shown(str(there))}; give the base that it was trained with, or one that was trained on from there",
                "base",
            )


def check_size(base: Base, size: int) -> None:
    """Refuse a size of pictures that a base cannot draw.

    Args:
        base: The base.
        size: Side of the pictures, in pixels.

    Raises:
        UsageError: If it is no multiple of what one pixel of the coarsest level stands for.
    """
    coarsest = PIXELS_A_LATENT * 2 ** (len(base.layout["block_out_channels"]) - 1)
    if size % coarsest:
        raise UsageError(f"is {size}; give a multiple of {coarsest}, as {base.name} needs it", "size")


def _fetched(name: str, patterns: Sequence[str]) -> Path:
    # caches that other programs filled will do: all that is needed is looked for
    return download_files(name, patterns, kind="model", known_whole=False)


def _counts(file: Path) -> bool:
    return file.suffix in (".json", ".safetensors", ".txt") and file.is_file()


def _index_of(folder: Path, name: str) -> Mapping[str, Any]:
    index = _document(folder / INDEX, name)
    kind = str(index.get("_class_name"))
    if not _PIPELINE.fullmatch(kind):
        raise UsageError(f"is {shown(name)!r}, a {shown(kind)}, which this ControlNet cannot steer; {_SUCH_AS}", "base")
    return index


def _document(file: Path, name: str) -> dict[str, Any]:
    """A JSON file of a base."""
    if not file.is_file():
        where = file.name if file.name == INDEX else f"{file.parent.name}/{file.name}"
        raise UsageError(f"is {shown(name)!r}, which has no {where}; {_SUCH_AS}", "base")
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


def _check(configurations: Mapping[str, Mapping[str, Any]], name: str) -> None:
    """Refuse what the recipe and the pipeline do not know."""
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
    if (predicts := configurations["scheduler"].get("prediction_type", _PREDICTIONS[0])) not in _PREDICTIONS:
        wrong.append(f"scheduler with prediction_type {shown(str(predicts))}")
    if wrong:
        raise UsageError(f"is {shown(name)!r}, which this ControlNet cannot steer (its {wrong[0]}); {_SUCH_AS}", "base")


def _check_weights(part: Path, name: str) -> None:
    """Refuse weights that are no safetensors, and an index of them that leads elsewhere."""
    stem = _WEIGHTS[part.name]
    if (part / f"{stem}.safetensors").is_file():
        return
    index = part / f"{stem}.safetensors.index.json"
    if not index.is_file():
        raise UsageError(
            f"is {shown(name)!r}, whose {part.name} has no {stem}.safetensors, and other forms of weights can run code "
            "when they are read; give a base with safetensors",
            "base",
        )
    files = _document(index, name).get("weight_map")
    for file in files.values() if isinstance(files, dict) else [None]:
        if not (isinstance(file, str) and re.fullmatch(rf"{stem}-\d{{5}}-of-\d{{5}}\.safetensors", file)):
            raise _damaged(name, index, "it names files elsewhere")
        if not (part / file).is_file():
            raise _damaged(name, part / file, "it is not there")
