"""An IP-Adapter, which keeps the identity: its file, found and checked before anything of it is loaded.

Ye et al., 'IP-Adapter: text compatible image prompt adapter for text-to-image diffusion models' (arXiv 2308.06721). Its
file has what an embedding of a picture becomes (`image_proj`), and how the base attends to that (`ip_adapter`). The
encoder that gives the embedding stands beside it, as `image_encoder/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from synpain_hf.errors import UsageError
from synpain_hf.generation.transfer.methods.learned.base import Base
from synpain_hf.hubclient.downloads import download_files
from synpain_hf.storage import sha256_of
from synpain_hf.text.values import shown

ENCODER: Final = "image_encoder"
"""The folder of the encoder, beside the file."""

_ON_THE_HUB: Final = re.compile(r"([\w.-]+/[\w.-]+)/((?:\w[\w.-]*/)*\w[\w.-]*\.safetensors)", re.ASCII)
_FILES: Final = ("config.json", "model.safetensors")
_WIDTH: Final = "ip_adapter.1.to_k_ip.weight"
_PATCHES: Final = ("image_proj.latents", "image_proj.proj.3.weight")
_WHOLE: Final = "image_proj.proj.weight"
_GIVE: Final = "give one for Stable Diffusion, such as h94/IP-Adapter/models/ip-adapter_sd15.safetensors"


@dataclass(frozen=True)
class Adapter:
    """An IP-Adapter that was found and checked.

    Attributes:
        file: Its file.
        sees_patches: Whether it takes the features of all patches of a picture, and not one embedding of it.
    """

    file: Path
    sees_patches: bool

    @property
    def encoder(self) -> Path:
        """The folder of the encoder."""
        return self.file.parent / ENCODER

    @property
    def title(self) -> str:
        """What it is called in the provenance of pictures: its name, and its digest."""
        return f"{self.file.name} sha256:{sha256_of(self.file)}"


def find_adapter(name: str, base: Base) -> Adapter:
    """Find an IP-Adapter, fetch it where it is on the Hub and not in the cache, and check it.

    Args:
        name: A `.safetensors` file, or one on the Hub, `NAMESPACE/NAME/PATH`.
        base: What it has to fit.

    Raises:
        UsageError: If it is neither, or not an IP-Adapter that can be used here.
        DownloadError: If the Hub cannot be reached, or does not send it.
    """
    file = Path(name).expanduser()
    if not file.is_file() and (there := _ON_THE_HUB.fullmatch(name)):
        place = Path(there[2])
        wanted = [place.as_posix(), *((place.parent / ENCODER / file).as_posix() for file in _FILES)]
        file = download_files(there[1], wanted, kind="model", known_whole=False) / place
    if file.suffix != ".safetensors" or not file.is_file():
        raise UsageError(f"is {shown(name)!r}, which is no .safetensors file; {_GIVE}", "adapter")
    shapes = _shapes(file, name)
    adapter = Adapter(file, sees_patches=any(tensor in shapes for tensor in _PATCHES))
    if not (adapter.sees_patches or _WHOLE in shapes) or _WIDTH not in shapes:
        raise UsageError(f"is {shown(name)!r}, which does not take what CLIP sees in a picture; {_GIVE}", "adapter")
    width = base.layout["cross_attention_dim"]
    if shapes[_WIDTH][1:] != (width,):
        theirs = " x ".join(map(str, shapes[_WIDTH][1:])) or "none"
        raise UsageError(
            f"is {shown(name)!r}, made for a width of {theirs}, and {base.name} has {width}; {_GIVE}",
            "adapter",
        )
    if missing := [part for part in _FILES if not (adapter.encoder / part).is_file()]:
        raise UsageError(
            f"is {shown(name)!r}, without {ENCODER}/{missing[0]} beside it; put the encoder there that it was made for",
            "adapter",
        )
    return adapter


def _shapes(file: Path, name: str) -> Mapping[str, tuple[int, ...]]:
    """The shape of each tensor of a file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "np") as tensors:
            return {tensor: tuple(tensors.get_slice(tensor).get_shape()) for tensor in tensors.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise UsageError(f"is {shown(name)!r}, which cannot be read ({error}); fetch it again", "adapter") from error
