"""Stable Diffusion, steered by a ControlNet: pictures drawn from others, to the lines of a face and a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import torch
from diffusers import ControlNetModel, DDIMScheduler
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from transformers import CLIPImageProcessorPil

from synpain_hf.errors import PictureError
from synpain_hf.generation.transfer.methods.learned.adapter import ENCODER
from synpain_hf.generation.transfer.methods.learned.identity import Identity
from synpain_hf.generation.transfer.methods.learned.parts import Parts, unloadable
from synpain_hf.generation.transfer.methods.learned.pixels import NOT_FINITE
from synpain_hf.generation.transfer.methods.learned.quiet import quiet
from synpain_hf.generation.transfer.sampling import Floats
from synpain_hf.imaging.png import Pixels

REFUSED: Final = (
    "shows what the base's safety checker takes for unsafe; use another seed, or leave the checker out and look at all "
    "pictures yourself"
)

_AT_ONCE: Final = 8
"""Pictures that are drawn at a time; always as many, so that none depends on how many are asked for."""

_IDENTITY: Final = 0.6
"""How much an IP-Adapter counts beside the text."""


@dataclass(frozen=True)
class Asked:
    """A picture that is to be drawn.

    Attributes:
        start: What it is drawn from, shape (size, size, 3).
        control: The lines of the face, likewise.
        face: Whose identity it is to keep, likewise.
        text: What it is to show.
        noise: Draws the noise, on the CPU.
    """

    start: Pixels
    control: Pixels
    face: Pixels
    text: str
    noise: torch.Generator


@dataclass(frozen=True)
class Sampling:
    """How pictures are drawn.

    Attributes:
        steps: Of the whole way from noise; the share `strength` of them is made.
        strength: How much of a picture is noise at first: 1 forgets what it is drawn from.
        guidance: How much more the text counts than none; 1 for no more.
    """

    steps: int
    strength: float
    guidance: float


class Steered:
    """Stable Diffusion with a ControlNet.

    Args:
        parts: The networks of the base.
        controlnet: Steers it.
        checker: The base's safety checker, with what prepares pictures for it; None for no check.
        identity: An IP-Adapter; None for none.

    Raises:
        UsageError: If the IP-Adapter is for other blocks, or has lost tensors, or its encoder is another's.
    """

    def __init__(
        self,
        parts: Parts,
        controlnet: ControlNetModel,
        checker: tuple[StableDiffusionSafetyChecker, CLIPImageProcessorPil] | None = None,
        identity: Identity | None = None,
    ) -> None:
        with quiet():
            from diffusers import StableDiffusionControlNetImg2ImgPipeline

        looks, prepares = checker or (None, None)
        self._pipeline: Any = StableDiffusionControlNetImg2ImgPipeline(
            vae=parts.vae,
            text_encoder=parts.text_encoder,
            tokenizer=parts.tokenizer,
            unet=parts.unet,
            controlnet=controlnet,
            scheduler=DDIMScheduler.from_config(parts.schedule.config, clip_sample=False),
            safety_checker=looks,
            feature_extractor=prepares,
            requires_safety_checker=False,  # which would only warn
        )
        self._pipeline.set_progress_bar_config(disable=True)
        self._identity = identity
        # On a CPU more at a time is not faster; with an IP-Adapter the pipeline takes one identity at a time.
        self._at_once = 1 if identity is not None or controlnet.device.type == "cpu" else _AT_ONCE
        if identity is not None:
            with unloadable(identity.name, "file", "adapter"):
                self._pipeline.load_ip_adapter(identity.weights, "", "", image_encoder_folder=None)
            self._pipeline.set_ip_adapter_scale(_IDENTITY)
            with unloadable(identity.name, ENCODER, "adapter"), torch.no_grad():
                self._pipeline.unet.encoder_hid_proj([identity.seen(np.zeros((8, 8, 3), np.uint8))])

    def drawn(self, asked: Sequence[Asked], how: Sampling) -> list[Pixels | PictureError]:
        """Draw pictures.

        Args:
            asked: The pictures, of one size.
            how: How they are drawn.

        Returns:
            Each picture, or why there is none.
        """
        return [
            drawn
            for first in range(0, len(asked), self._at_once)
            for drawn in self._drawn(asked[first : first + self._at_once], how)
        ]

    def _drawn(self, asked: Sequence[Asked], how: Sampling) -> list[Pixels | PictureError]:
        filled = [*asked, *(replace(asked[0], noise=torch.Generator()) for _ in range(self._at_once - len(asked)))]
        with torch.no_grad(), quiet():
            found = self._pipeline(
                prompt=[one.text for one in filled],
                image=_tensor([one.start for one in filled]),
                control_image=_tensor([one.control for one in filled]),
                generator=[one.noise for one in filled],
                ip_adapter_image_embeds=None if self._identity is None else [self._identity.seen(asked[0].face)],
                num_inference_steps=how.steps,
                strength=how.strength,
                guidance_scale=how.guidance,
                output_type="np",
            )
        pictures = np.asarray(found.images, np.float32)[: len(asked)]
        unsafe = found.nsfw_content_detected or [False] * len(filled)
        return [
            PictureError(REFUSED) if is_unsafe else _seen(picture)
            for picture, is_unsafe in zip(pictures, unsafe, strict=False)
        ]


def _tensor(pictures: Sequence[Pixels]) -> torch.Tensor:
    """Pictures as the pipeline takes them: shape (pictures, 3, size, size), 0 to 1."""
    stacked = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
    return stacked.contiguous().float() / 255


def _seen(picture: Floats) -> Pixels | PictureError:
    """A picture that the pipeline gave, 0 to 1, as it is seen."""
    if not np.isfinite(picture).all():
        return PictureError(NOT_FINITE)
    pixels: Pixels = np.rint(255 * picture).astype(np.uint8)
    return pixels
