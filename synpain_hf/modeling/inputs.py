"""The two faces of a batch, checked before they are compared."""

from __future__ import annotations

import torch
from torch import Tensor

from synpain_hf.errors import UsageError

_REMEDY = "give the neutral face of the same person as reference_pixel_values"


def check_faces(
    target: Tensor | None, references: Tensor | None, channels: int, side: int | None, *, finite: bool
) -> tuple[Tensor, Tensor]:
    """Check both faces, and give the references a dimension of their own.

    Args:
        target: `pixel_values`; shape (batch, channels, height, width).
        references: `reference_pixel_values`; the same shape, or (batch, references, channels, height, width).
        channels: Channels that the network takes.
        side: Height and width that it takes; None for any.
        finite: Whether to look for NaN and infinity, of faces that lie on the CPU: on a device, that would wait for it.

    Returns:
        The target, and references of five dimensions.

    Raises:
        UsageError: If a face is missing, or of a wrong shape or type, or not finite.
    """
    if target is None:
        raise UsageError("pixel_values is missing; give the face that is to be judged")
    if references is None:
        raise UsageError(f"reference_pixel_values is missing, and nothing takes its place; {_REMEDY}")
    size = "height, width" if side is None else f"{side}, {side}"
    face = f"{channels}, {size}"
    if target.dim() != 4 or target.shape[1] != channels or (side and target.shape[2:] != (side, side)):
        raise UsageError(
            f"pixel_values has shape {tuple(target.shape)}, but (batch, {face}) is needed; "
            "prepare faces with this model's image processor"
        )
    if references.dim() == 4:
        references = references.unsqueeze(1)
    batch, *shape = target.shape
    if references.dim() != 5 or references.shape[0] != batch or list(references.shape[2:]) != shape:
        given = references.squeeze(1) if references.dim() == 5 else references
        wanted = ", ".join(map(str, shape))
        raise UsageError(
            f"reference_pixel_values has shape {tuple(given.shape)}, but ({batch}, {wanted}) or "
            f"({batch}, references, {wanted}) is needed, to fit pixel_values; {_REMEDY}"
        )
    if not references.shape[1]:
        raise UsageError(f"reference_pixel_values holds no reference; {_REMEDY}")
    for name, faces in (("pixel_values", target), ("reference_pixel_values", references)):
        if not faces.is_floating_point():
            raise UsageError(f"{name} holds {faces.dtype}; prepare faces with this model's image processor")
        if finite and faces.device.type == "cpu" and not torch.isfinite(faces).all():
            raise UsageError(f"{name} holds NaN or infinity; check how these faces were decoded")
    return target, references


def one_after_the_other(references: Tensor, target: Tensor) -> Tensor:
    """References of all pairs as one batch, in memory in the order in which the targets are.

    `flatten` alone loses channels-last order where there is one channel, since such faces are in both orders.

    Args:
        references: Shape (batch, references, channels, height, width).
        target: Shape (batch, channels, height, width).

    Returns:
        Shape (batch * references, channels, height, width).
    """
    flat = references.flatten(0, 1)
    return flat.to(memory_format=torch.channels_last) if target.stride(1) == 1 else flat
