"""The networks of a base, opened from its files; nothing of them is trained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, ControlNetModel, DDPMScheduler, UNet2DConditionModel
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from safetensors import SafetensorError
from transformers import CLIPImageProcessorPil, CLIPTextModel, CLIPTokenizer

from synpain_hf.errors import SynpainError, UsageError
from synpain_hf.generation.transfer.methods.learned.base import Base
from synpain_hf.generation.transfer.methods.learned.folder import TransferModel
from synpain_hf.generation.transfer.methods.learned.layout import CHECKER
from synpain_hf.generation.transfer.methods.learned.quiet import quiet
from synpain_hf.generation.transfer.methods.learned.tensors import load_weights
from synpain_hf.text.values import shown

_UNLOADABLE = (
    *(ArithmeticError, AttributeError, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError),
    SafetensorError,
)
"""What diffusers, transformers and torch raise of files whose values they do not check."""


@dataclass(frozen=True)
class Parts:
    """The networks of a base.

    Attributes:
        unet: Predicts noise in latent pictures.
        vae: Encodes pictures as latent ones, and decodes those.
        text_encoder: Encodes text.
        tokenizer: Splits text into tokens.
        schedule: How much noise there is at each of its steps; a `DDPMScheduler`.
    """

    unet: UNet2DConditionModel
    vae: AutoencoderKL
    text_encoder: CLIPTextModel
    tokenizer: CLIPTokenizer
    schedule: Any

    @classmethod
    def of(cls, base: Base, device: torch.device, precision: torch.dtype) -> Parts:
        """Open a base, frozen and in evaluation.

        Args:
            base: The base.
            device: Where its networks are put.
            precision: Of their weights.

        Raises:
            UsageError: If its files are damaged, or do not hold what they should.
        """
        with unloadable(base.name, "unet"):
            unet = network_of(UNet2DConditionModel, base.folder / "unet", torch_dtype=precision)
        with unloadable(base.name, "vae"):
            vae = network_of(AutoencoderKL, base.folder / "vae", torch_dtype=precision)
        with unloadable(base.name, "text_encoder"):
            text_encoder = network_of(CLIPTextModel, base.folder / "text_encoder", dtype=precision)
        for network in (unet, vae, text_encoder):
            network.requires_grad_(requires_grad=False).eval().to(device)
        with unloadable(base.name, "tokenizer"):
            tokenizer = CLIPTokenizer.from_pretrained(base.folder / "tokenizer", local_files_only=True)
        with unloadable(base.name, "scheduler"):
            schedule = DDPMScheduler.from_pretrained(base.folder / "scheduler", local_files_only=True)
        return cls(unet, vae, text_encoder, tokenizer, schedule)

    def text(self, texts: list[str]) -> torch.Tensor:
        """Texts, encoded; what is longer than the encoder's length is cut.

        Returns:
            Shape (texts, tokens, width), on the device of the encoder.
        """
        length = self.text_encoder.config.max_position_embeddings
        tokens = self.tokenizer(
            texts, padding="max_length", truncation=True, max_length=length, return_tensors="pt"
        ).input_ids
        encoded: torch.Tensor = self.text_encoder(tokens.to(self.text_encoder.device))[0]
        return encoded


def safety_checker_of(
    base: Base, device: torch.device, precision: torch.dtype
) -> tuple[StableDiffusionSafetyChecker, CLIPImageProcessorPil]:
    """The safety checker of a base, with what prepares pictures for it.

    Raises:
        UsageError: If its files are damaged.
    """
    with unloadable(base.name, CHECKER):
        checker = network_of(StableDiffusionSafetyChecker, base.folder / CHECKER, dtype=precision)
    return checker.eval().to(device), prepares_for_clip(checker.config.vision_config.image_size)


def prepares_for_clip(side: int) -> CLIPImageProcessorPil:
    """What prepares pictures for a network of CLIP.

    Args:
        side: Of the pictures that it takes, in pixels.
    """
    return CLIPImageProcessorPil(size={"shortest_edge": side}, crop_size={"height": side, "width": side})


def controlnet_of(model: TransferModel, parts: Parts) -> ControlNetModel:
    """A ControlNet that was trained here, made as its base is, where that is and in its numbers.

    Args:
        model: Its folder.
        parts: The base.

    Raises:
        BadInputError: If its weights do not fit.
    """
    with torch.device("meta"):
        controlnet = ControlNetModel.from_unet(parts.unet, load_weights_from_unet=False)
    with quiet():
        controlnet.to(parts.unet.dtype)
    load_weights(controlnet, model)
    return controlnet.eval().to(parts.unet.device)


def network_of(kind: Any, folder: Path, **options: Any) -> Any:
    """A network from a folder, all of whose weights have to be there.

    Args:
        kind: Its class, of diffusers or transformers.
        folder: Where it is.
        options: Further arguments of `from_pretrained`.

    Raises:
        ValueError: If a weight is missing; and what the libraries raise of damaged files.
    """
    network, found = kind.from_pretrained(
        folder, use_safetensors=True, local_files_only=True, output_loading_info=True, **options
    )
    if missing := sorted(found["missing_keys"]):
        raise ValueError(f"{missing[0]} is not there")
    return network


@contextmanager
def unloadable(name: str, part: str, argument: str = "base") -> Iterator[None]:
    """Report what libraries raise of files that are damaged, or hold what no model has.

    Args:
        name: Whose files they are.
        part: Which of them.
        argument: What was given as that name.

    Raises:
        UsageError: In their place.
    """
    try:
        with quiet():
            yield
    except SynpainError:
        raise
    except _UNLOADABLE as error:
        reason = shown(str(error).strip().partition("\n")[0]) or type(error).__name__
        raise UsageError(
            f"is {shown(name)!r}, whose {part} cannot be loaded ({reason}); fetch it again", argument
        ) from error
