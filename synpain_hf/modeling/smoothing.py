"""Every face smoothed to one sharpness, so that a slight blur tells nothing."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

_REACH = 4
"""Standard deviations at which a Gaussian ends."""

_MOST = 2
"""How many times the usual variance a face is smoothed by at most, however sharp it is."""

_STEPS = 65
"""Variances at which a face's sharpness is looked at."""

_FINE = 512
"""How many of the lowest frequencies are looked at one by one."""

_BINS = 256
"""Parts into which the others are divided."""


def variance_of(smoothing: float, height: int, width: int) -> float:
    """The variance, in pixels squared, of a Gaussian whose standard deviation is a share of a face's shorter side."""
    return (smoothing * min(height, width)) ** 2


def evenly_smoothed(faces: Tensor, variance: float, factors: Tensor | None = None) -> Tensor:
    """Smooth every face, each by its own Gaussian, to one sharpness; a face that is less sharp stays as it is.

    The power of natural pictures falls as the square of the frequency (Field 1987). Where it does so exactly, the
    gradient of a picture that is smoothed by a variance of v has a mean squared frequency of 1 / v: this is what each
    face is brought to. A face that was blurred before is smoothed by so much less.

    Args:
        faces: Shape (batch, channels, height, width).
        variance: Of the Gaussian that such a picture is smoothed by, in pixels squared; 0 for none.
        factors: By which the variance that each face needs is multiplied, shape (batch,); None for 1.

    Returns:
        The same shape.

    Example:
        >>> faces = torch.rand(2, 3, 32, 32)
        >>> evenly_smoothed(faces, 4.0).shape
        torch.Size([2, 3, 32, 32])
    """
    if not variance:
        return faces
    most = _MOST * variance
    # Under autocast frequencies would be of 8 bits, too coarse to tell one sharpness from another.
    with torch.autocast(faces.device.type, enabled=False):
        pixels = faces.float()
        needed = needed_variances(pixels, variance)
        if factors is not None:
            needed = (needed * factors.to(pixels, non_blocking=True)).clamp(0, most)
        return smoothed(pixels, needed, most).to(faces.dtype)


def needed_variances(faces: Tensor, variance: float) -> Tensor:
    """The variance of the Gaussian that brings each face to the sharpness of `evenly_smoothed`; shape (batch,)."""
    energies, sharper, squared = _gradients(faces)
    steps = torch.linspace(0, _MOST * variance, _STEPS).to(faces.device, non_blocking=True)
    passed = torch.exp(-squared.unsqueeze(1) * steps)
    # The mean squared frequency falls from step to step.
    mean = sharper @ passed / (energies @ passed).clamp(min=torch.finfo(torch.float32).tiny)
    above = (mean > 1 / variance).sum(1, keepdim=True)
    before, after = (above - 1).clamp(min=0), above.clamp(max=_STEPS - 1)
    higher, lower = mean.gather(1, before), mean.gather(1, after)
    part = ((higher - 1 / variance) / (higher - lower).clamp(min=torch.finfo(torch.float32).tiny)).clamp(0, 1)
    return (steps[before] + part * (steps[after] - steps[before])).squeeze(1)


def smoothed(faces: Tensor, variances: Tensor, most: float) -> Tensor:
    """Smooth faces by Gaussians; beyond its edges a face goes on as it is there.

    The Gaussian is the one of whole pixels (Lindeberg 1990): what it smooths by one variance and then by another is the
    same as by their sum, also where they are small.

    Args:
        faces: Floats; shape (batch, channels, height, width).
        variances: Of the Gaussian of each face, in pixels squared; 0 leaves it as it is; shape (batch,).
        most: The largest that a variance may be.

    Returns:
        The same shape.
    """
    kernels = _kernels(variances, math.ceil(_REACH * math.sqrt(most)) + 1).repeat_interleave(faces.shape[1], 0)
    reach = kernels.shape[-1] // 2
    around = functional.pad(faces.reshape(1, -1, *faces.shape[-2:]), (reach,) * 4, mode="replicate")
    across = functional.conv2d(around, kernels[:, None, None], groups=len(kernels))
    return functional.conv2d(across, kernels[:, None, :, None], groups=len(kernels)).view(faces.shape)


def _kernels(variances: Tensor, reach: int) -> Tensor:
    """Shape (batch, 2 reach + 1); the sum of each is 1."""
    pixels = 2 * reach + 1
    places = torch.arange(pixels, device=variances.device)
    passed = torch.exp(variances.unsqueeze(1) * (torch.cos(2 * math.pi * places / pixels) - 1))
    waves = torch.cos(2 * math.pi * places.unsqueeze(1) * (places - reach) / pixels)
    return passed @ waves / pixels


def _gradients(faces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """What each face's gradient is made of, from low frequencies to high ones.

    A frequency is in radians a pixel, and its square that which the difference of neighbours has. Faces are mirrored at
    their edges, which would count as lines otherwise.

    Returns:
        The energy of the gradient by frequency, and the same times the squared frequency, both of shape
        (batch, frequencies); and the squared frequencies, shape (frequencies,).
    """
    grey = faces.mean(1)
    height, width = grey.shape[-2:]
    across = torch.cat([grey, grey.flip(-1)], -1)
    waves = torch.fft.rfft2(torch.cat([across, across.flip(-2)], -2))[:, :height, :width]
    down, right = (2 - 2 * torch.cos(math.pi * torch.arange(size) / size) for size in (height, width))
    squared, order = (each.to(faces.device) for each in (down.unsqueeze(1) + right).flatten().sort())
    energies = waves.abs().square().flatten(1)[:, order] * squared
    counts = _binned(torch.ones_like(squared))
    return _binned(energies), _binned(energies * squared), _binned(squared) / counts.clamp(min=1)


def _binned(values: Tensor) -> Tensor:
    """The first of them as they are, and sums of the others, as many in each."""
    low, high = values[..., :_FINE], values[..., _FINE:]
    padded = functional.pad(high, (0, -high.shape[-1] % _BINS))
    return torch.cat([low, padded.unflatten(-1, (_BINS, -1)).sum(-1)], -1)
