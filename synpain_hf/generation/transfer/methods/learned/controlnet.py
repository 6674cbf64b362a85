"""The networks of `controlnet`, opened, and drawing in the square round each face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from synpain_hf.errors import PictureError
from synpain_hf.generation.transfer.methods.learned.adapter import Adapter
from synpain_hf.generation.transfer.methods.learned.base import Base
from synpain_hf.generation.transfer.methods.learned.conditions import Conditions, conditions_of
from synpain_hf.generation.transfer.methods.learned.cropping import put_back
from synpain_hf.generation.transfer.methods.learned.device import Device
from synpain_hf.generation.transfer.methods.learned.folder import TransferModel
from synpain_hf.generation.transfer.methods.learned.identity import Identity
from synpain_hf.generation.transfer.methods.learned.noise import noise_of
from synpain_hf.generation.transfer.methods.learned.parts import Parts, controlnet_of, safety_checker_of
from synpain_hf.generation.transfer.methods.learned.steering import Asked, Sampling, Steered
from synpain_hf.generation.transfer.methods.learned.texts import text_of
from synpain_hf.generation.transfer.methods.method import Request
from synpain_hf.generation.transfer.methods.warp import Warp
from synpain_hf.imaging.png import Pixels


@dataclass(frozen=True)
class Drawer:
    """Draws faces in the square round them, and puts them back.

    Attributes:
        steered: The networks.
        size: Side of the square, in pixels of the networks.
        how: How it is drawn.
    """

    steered: Steered
    size: int
    how: Sampling

    def drawn(self, requests: Sequence[Request], seed: int) -> list[Pixels | PictureError]:
        """Draw some requests.

        Args:
            requests: The requests.
            seed: Draws the noise, together with the key of each.

        Returns:
            Each picture, or why it cannot be drawn.
        """
        begun = [_begun(request, self.size) for request in requests]
        asked = [
            _asked(request, one, seed) for request, one in zip(requests, begun, strict=True) if isinstance(one, _Begun)
        ]
        squares = iter(self.steered.drawn(asked, self.how))
        return [_finished(one, next(squares)) if isinstance(one, _Begun) else one for one in begun]


def steered_by(model: TransferModel, base: Base, device: Device, *, adapter: Adapter | None, checked: bool) -> Steered:
    """Open a base with the ControlNet that was trained for it.

    Args:
        model: The ControlNet.
        base: The base.
        device: Where they compute, and with which numbers.
        adapter: Keeps the identity; None for none.
        checked: Whether the base's safety checker looks at all pictures.

    Raises:
        UsageError: If the base or the adapter is damaged, or they do not fit each other.
        BadInputError: If the weights of the ControlNet do not fit it.
    """
    where = torch.device(device.name)
    parts = Parts.of(base, where, device.dtype)
    return Steered(
        parts,
        controlnet_of(model, parts),
        safety_checker_of(base, where, device.dtype) if checked else None,
        Identity.of(adapter, where, device.dtype) if adapter else None,
    )


@dataclass(frozen=True)
class _Begun:
    """The bent face, with the driver's wrinkles and the inside of its mouth."""

    given: Conditions
    whole: Pixels


def _begun(request: Request, size: int) -> _Begun | PictureError:
    try:
        return _Begun(conditions_of(request, size), Warp().draw(request))
    except PictureError as error:
        return error


def _asked(request: Request, begun: _Begun, seed: int) -> Asked:
    return Asked(
        start=begun.given.square.cut(begun.whole),
        control=begun.given.control,
        face=begun.given.neutral,
        text=text_of(request.groups, request.units, request.label),
        noise=noise_of(seed, request.key),
    )


def _finished(begun: _Begun, square: Pixels | PictureError) -> Pixels | PictureError:
    if isinstance(square, PictureError):
        return square
    return put_back(begun.whole, begun.given.square, square, begun.given.faces)
