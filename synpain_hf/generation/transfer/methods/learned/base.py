"""The model that a ControlNet steers: found in a folder or on the Hub, and checked before anything of it is loaded.

It is Stable Diffusion 1 or 2, or one trained on from there, in the layout of diffusers: a folder a part, with weights
as safetensors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from synpain_hf.errors import UsageError
from synpain_hf.generation.transfer.methods.learned.layout import (
    CHECKER,
    CONFIGURATIONS,
    FILES,
    INDEX,
    PIXELS_A_LATENT,
    PREDICTIONS,
    SUCH_AS,
    WEIGHTS,
    check_configurations,
    check_weights,
    document,
    index_of,
)
from synpain_hf.hubclient.downloads import download_files
from synpain_hf.hubclient.names import REPO_ID
from synpain_hf.storage.files import sha256_of
from synpain_hf.text.values import shown

_LAYOUT: Final[Mapping[str, Any]] = {"cross_attention_dim": 1280, "block_out_channels": None, "layers_per_block": 2}
"""What a ControlNet shares with the network that it steers, and what counts where it is left out."""


_PREDICTS: Final = "predicts"


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

    @property
    def multiple(self) -> int:
        """What the side of its pictures is a multiple of: the pixels that one of the coarsest level stands for."""
        return int(PIXELS_A_LATENT * 2 ** (len(self.layout["block_out_channels"]) - 1))

    def digest(self) -> str:
        """What tells its weights and configurations from others: a SHA-256."""
        parts = sorted({*WEIGHTS, *CONFIGURATIONS})
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
        index_of(_fetched(name, [INDEX]), name)  # before gigabytes follow
        place = _fetched(name, FILES)
    elif not place.is_dir():
        raise UsageError(
            f"is {shown(name)!r}, neither a folder nor an id on the Hub (NAMESPACE/NAME); {SUCH_AS}", "base"
        )
    index = index_of(place, name)
    configurations = {part: document(place / part / file, name) for part, file in CONFIGURATIONS.items()}
    check_configurations(configurations, name)
    has_checker = isinstance(index.get(CHECKER), list) and index[CHECKER][:1] != [None]
    for part in WEIGHTS:
        if part != CHECKER or has_checker:
            check_weights(place / part, name)
    return Base(
        name=name if is_on_hub else place.resolve().name,
        folder=place,
        predicts=configurations["scheduler"].get("prediction_type", PREDICTIONS[0]),
        has_checker=has_checker,
        is_on_hub=is_on_hub,
        layout={key: configurations["unet"].get(key, usual) for key, usual in _LAYOUT.items()},
    )


def check_fit(base: Base, network: Mapping[str, Any], size: int) -> None:
    """Refuse a base that a ControlNet was not trained for.

    Args:
        base: The base.
        network: The configuration of the ControlNet, or the part of it that a base has to share; what the base
            predicts may be missing.
        size: Side of the pictures that it was trained with, in pixels.

    Raises:
        UsageError: If it is of another layout, or predicts something else, or cannot draw pictures of that size.
    """
    for key, value in {**base.layout, _PREDICTS: base.predicts}.items():
        there = network.get(key, base.predicts if key == _PREDICTS else None)
        if (list(there) if isinstance(there, tuple) else there) != value:
            raise UsageError(
                f"is {shown(base.name)!r}, with {key} {shown(str(value))}, and the ControlNet was trained for "
                f"{shown(str(there))}; give the base that it was trained with, or one that was trained on from there",
                "base",
            )
    if size % base.multiple:
        raise UsageError(
            f"is {shown(base.name)!r}, which draws multiples of {base.multiple} pixels, and the ControlNet was trained "
            f"for {size}; give the base that it was trained with",
            "base",
        )


def check_size(base: Base, size: int) -> None:
    """Refuse a size of pictures that a base cannot draw.

    Args:
        base: The base.
        size: Side of the pictures, in pixels.

    Raises:
        UsageError: If it is no multiple of what the base needs.
    """
    if size % base.multiple:
        raise UsageError(f"is {size}; give a multiple of {base.multiple}, as {base.name} needs it", "size")


def _fetched(name: str, patterns: Sequence[str]) -> Path:
    # caches that other programs filled will do: all that is needed is looked for
    return download_files(name, patterns, kind="model", known_whole=False)


def _counts(file: Path) -> bool:
    return file.suffix in (".json", ".safetensors", ".txt") and file.is_file()
