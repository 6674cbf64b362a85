"""The network of `unet`, and how it draws: what a bent face lacks, found by denoising.

What is denoised is the difference between the picture that is wanted and the bent face. The network predicts that
difference itself, not the noise, of which a small network leaves a part in the picture; and its last layer begins at
zero, so that one which has learned nothing leaves the bent face as it is. The noise is that of `squaredcos_cap_v2`
(Nichol and Dhariwal, 'Improved denoising diffusion probabilistic models', ICML 2021), and steps are those of DDIM
(Song, Meng and Ermon, ICLR 2021), spread so that the first begins at noise alone (Lin et al., 'Common diffusion noise
schedules and sample steps are flawed', WACV 2024).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from diffusers import DDIMScheduler, UNet2DModel

from synpain_hf.errors import BadInputError, PictureError, Problem
from synpain_hf.generation.transfer.methods.learned.conditions import CONDITIONS, Conditions, conditions_of
from synpain_hf.generation.transfer.methods.learned.cropping import face_mask
from synpain_hf.generation.transfer.methods.learned.device import Device
from synpain_hf.generation.transfer.methods.learned.folder import ABOUT, TransferModel
from synpain_hf.generation.transfer.methods.learned.noise import noise_of
from synpain_hf.generation.transfer.methods.learned.pixels import NOT_FINITE, as_tensor
from synpain_hf.generation.transfer.methods.learned.tensors import load_weights
from synpain_hf.generation.transfer.methods.method import Request
from synpain_hf.generation.transfer.sampling import Floats
from synpain_hf.imaging.png import Pixels

SPREAD: Final = 0.1
"""The difference that is one unit for the network, where black is -1 and white 1."""

CHANNELS: Final = (16, 32, 48, 64)
"""Of the network, from the finest level to the coarsest, where nothing else is asked for."""

_MOST_LEVELS, _MOST_CHANNELS, _GROUPS = 6, 1024, 8
_ON_A_GPU: Final = 16
"""Pictures that a GPU draws at a time; always as many, so that none depends on how many are asked for."""


def network_of(size: int, channels: Sequence[int]) -> torch.nn.Module:
    """A new network, which finds no difference yet.

    Args:
        size: Side of its pictures, in pixels.
        channels: From the finest level to the coarsest; multiples of 8.
    """
    levels = len(channels)
    made = UNet2DModel(
        sample_size=size,
        in_channels=3 * (1 + len(CONDITIONS)),
        out_channels=3,
        layers_per_block=1,
        block_out_channels=tuple(channels),
        down_block_types=("DownBlock2D",) * levels,
        up_block_types=("UpBlock2D",) * levels,
        norm_num_groups=_GROUPS,
        add_attention=False,
    )
    torch.nn.init.zeros_(made.conv_out.weight)
    torch.nn.init.zeros_(made.conv_out.bias)
    network: torch.nn.Module = made
    return network


def scheduler() -> Any:
    """How noise is added and taken away."""
    return DDIMScheduler(
        beta_schedule="squaredcos_cap_v2",
        prediction_type="sample",
        clip_sample=False,
        timestep_spacing="trailing",
    )


def denoised(
    network: torch.nn.Module, given: torch.Tensor, bent: torch.Tensor, noise: torch.Tensor, steps: int
) -> torch.Tensor:
    """What a network draws.

    Args:
        network: The network.
        given: The pictures of `CONDITIONS`, shape (pictures, 9, size, size), -1 to 1.
        bent: The bent faces, shape (pictures, 3, size, size), likewise.
        noise: What it begins with, of that shape.
        steps: Of denoising.

    Returns:
        The pictures, shape (pictures, 3, size, size), -1 to 1.
    """
    noising = scheduler()
    noising.set_timesteps(steps, device=noise.device)
    drawn = noise
    with torch.inference_mode():
        for moment in noising.timesteps:
            difference = network(torch.cat([drawn, given], dim=1), moment).sample.float()
            drawn = noising.step(difference, moment, drawn).prev_sample
    return (bent + SPREAD * drawn).clamp(-1, 1)


def channels_of(about: Mapping[str, Any], name: str) -> list[int]:
    """The channels of a network that was stored.

    Args:
        about: What is said of it.
        name: What messages call the place.

    Raises:
        BadInputError: If there can be no such network.
    """
    said: Any = about.get("channels")
    is_list = isinstance(said, list) and 1 <= len(said) <= _MOST_LEVELS
    if not is_list or not all(type(one) is int and 0 < one <= _MOST_CHANNELS and one % _GROUPS == 0 for one in said):
        reason = f"names no channels that there can be: 1 to {_MOST_LEVELS} multiples of {_GROUPS}; train again"
        raise BadInputError([Problem(name, reason)])
    return list(said)


@dataclass(frozen=True)
class Refiner:
    """A trained network that draws.

    Attributes:
        network: The network.
        size: Side of its pictures, in pixels.
        device: Where it computes.
        steps: Of denoising.
    """

    network: torch.nn.Module
    size: int
    device: Device
    steps: int

    @classmethod
    def of(cls, model: TransferModel, device: Device, steps: int) -> Refiner:
        """Open what was trained.

        Args:
            model: Its folder.
            device: Where it computes.
            steps: Of denoising.

        Raises:
            BadInputError: If there can be no such network, or the weights do not fit.
        """
        size, name = model.about["size"], f"{model.folder.name}/{ABOUT}"
        channels = channels_of(model.about["network"], name)
        if size % (coarsest := 2 ** (len(channels) - 1)):
            reason = f"has size {size}, which is no multiple of {coarsest}, as its channels need it; train again"
            raise BadInputError([Problem(name, reason)])
        with torch.device("meta"):
            network = network_of(size, channels)
        load_weights(network, model)
        return cls(network.to(device.name).eval(), size, device, steps)

    def drawn(self, requests: Sequence[Request], seed: int) -> list[Pixels | PictureError]:
        """Pictures with the expressions of others.

        Args:
            requests: What is to be drawn.
            seed: Draws the noise, with the key of each.

        Returns:
            Each picture, or why it cannot be drawn.
        """
        given = [_given(request, self.size) for request in requests]
        usable = [
            (one, request.key) for one, request in zip(given, requests, strict=True) if isinstance(one, Conditions)
        ]
        squares = self._squares(usable, seed)
        return [one if isinstance(one, PictureError) else _composed(one, next(squares)) for one in given]

    def _squares(self, usable: Sequence[tuple[Conditions, str]], seed: int) -> Iterator[torch.Tensor]:
        """What is drawn in each square, shape (3, size, size), -1 to 1."""
        together = 1 if self.device.name == "cpu" else _ON_A_GPU
        for start in range(0, len(usable), together):
            some = list(usable[start : start + together])
            some += some[-1:] * (together - len(some))
            pictures = {
                name: torch.cat([as_tensor(getattr(one, name)[None]) for one, _ in some]).to(self.device.name)
                for name in CONDITIONS
            }
            size = (3, self.size, self.size)
            noise = torch.stack([torch.randn(size, generator=noise_of(seed, key)) for _, key in some])
            given = torch.cat(list(pictures.values()), dim=1)
            kind = self.device.name.partition(":")[0]
            with torch.autocast(kind, self.device.dtype, enabled=self.device.precision != "fp32"):
                drawn = denoised(self.network, given, pictures["bent"], noise.to(self.device.name), self.steps)
            yield from drawn[: len(usable) - start].cpu()


def _given(request: Request, size: int) -> Conditions | PictureError:
    try:
        return conditions_of(request, size)
    except PictureError as error:
        return error


def _composed(given: Conditions, drawn: torch.Tensor) -> Pixels | PictureError:
    """The bent face with what was drawn in its square beside it; fine lines stay, and so does all that is no face."""
    if not drawn.isfinite().all():
        return PictureError(NOT_FINITE)
    change: Floats = drawn.permute(1, 2, 0).numpy() * np.float32(127.5) + np.float32(127.5) - given.bent
    height, width = given.whole.shape[:2]
    box = given.square.box((width, height))
    left, top, right, bottom = box
    mask = face_mask(given.faces, given.square, box)[..., None]
    whole: Pixels = given.whole.copy()
    shown = whole[top:bottom, left:right] + mask * given.square.spread(change, box)
    whole[top:bottom, left:right] = np.clip(np.rint(shown), 0, 255).astype(np.uint8)
    return whole
