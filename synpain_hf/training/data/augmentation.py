"""Random changes of a batch of pairs, on the device.

Geometry is alike for both faces but for a little, since the model compares them point by point, and alignment is never
perfect. Colour changes alike, and slightly also apart; sharpness and compression apart alone. The two faces of a
generated pair often differ in these, which says nothing of pain, and a model could learn it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn
from torch.nn import functional

from synpain_hf.errors import UsageError
from synpain_hf.modeling.smoothing import evenly_smoothed
from synpain_hf.training.data.compression import compressed

_LUMINANCE = {1: (1.0,), 3: (0.299, 0.587, 0.114)}
"""What each channel counts in the grey of a face (ITU-R BT.601, as Pillow turns colour into grey)."""

_PAIR = ("target", "reference")
_APART = (
    *("light", "contrast", "red", "green", "blue"),
    *("rotation", "zoom", "shift_x", "shift_y", "sharpness", "quality"),
)
_DRAWN = (
    *("flipped", "moved", "rotation", "zoom", "shift_x", "shift_y"),
    *("coloured", "brightness", "contrast", "saturation", "red", "green", "blue"),
    *("apart", "moved_apart", "sharpened", "compressed"),
    *(f"{face}_{what}" for face in _PAIR for what in _APART),
    *("cut", "cut_side", "cut_x", "cut_y"),
)
"""Numbers that are drawn for each pair, whatever the strengths, so that one strength does not change what others do."""


@dataclass(frozen=True)
class AugmentationStrengths:
    """How much pairs are changed at most; 0 switches a change off.

    Attributes:
        probability: Of each kind of change (geometry and colour, each alike and apart; sharpness; JPEG; cutout), for
            each pair.
        flip: Probability that a pair is mirrored.
        rotation: Degrees, to either side.
        zoom: Share by which a pair is enlarged or made smaller; what is enlarged is cropped.
        shift: Share of the picture's sides by which it is shifted.
        brightness: Share by which both faces become brighter or darker alike.
        contrast: Share by which differences from the pair's mean grey grow or shrink alike.
        saturation: Share by which differences from grey grow or shrink alike; of colour pictures only.
        tint: Share by which single channels of both faces grow or shrink alike; of colour pictures only.
        apart_brightness: As `brightness`, for each face of a pair on its own.
        apart_contrast: As `contrast`, for each face of a pair on its own.
        apart_tint: As `tint`, for each face of a pair on its own.
        apart_rotation: As `rotation`, for each face of a pair on its own.
        apart_zoom: As `zoom`, for each face of a pair on its own.
        apart_shift: As `shift`, for each face of a pair on its own.
        apart_sharpness: Share by which the variance of the Gaussian that smooths a face grows or shrinks; no change
            where the image processor does not smooth, or aligns by `pwct` and smooths before.
        apart_jpeg: Share of the quality that JPEG takes from each face on its own: 0.5 for a quality of 50 to 100.
        cutout: Side of a square that is made grey in both faces, as a share of the picture's sides.

    Raises:
        UsageError: If one cannot be right.
    """

    probability: float = 0.8
    flip: float = 0.5
    rotation: float = 10.0
    zoom: float = 0.1
    shift: float = 0.05
    brightness: float = 0.2
    contrast: float = 0.2
    saturation: float = 0.2
    tint: float = 0.05
    apart_brightness: float = 0.1
    apart_contrast: float = 0.1
    apart_tint: float = 0.05
    apart_rotation: float = 2.0
    apart_zoom: float = 0.02
    apart_shift: float = 0.01
    apart_sharpness: float = 0.5
    apart_jpeg: float = 0.5
    cutout: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value, most = getattr(self, field.name), 180 if field.name.endswith("rotation") else 1
            if not 0 <= value <= most or (field.name.endswith("zoom") and value == 1):
                raise UsageError(f"augmentation {field.name} is {value}; give a number from 0 to {most}")


class PairAugmentation(nn.Module):
    """Change a batch of pairs at random in training; in evaluation, smooth them and no more.

    All random numbers are drawn on the CPU, in one go, so that the same seed gives the same changes on every device.

    Args:
        strengths: How much.

    Example:
        >>> augment = PairAugmentation(AugmentationStrengths(rotation=5))
        >>> target, reference = torch.rand(2, 8, 3, 32, 32)
        >>> target, reference = augment(target, reference, generator=torch.Generator().manual_seed(0))
        >>> target.shape
        torch.Size([8, 3, 32, 32])
    """

    def __init__(self, strengths: AugmentationStrengths | None = None) -> None:
        super().__init__()
        self.strengths = strengths or AugmentationStrengths()

    def forward(
        self, target: Tensor, reference: Tensor, *, variance: float = 0.0, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Change pairs.

        Args:
            target: The faces to judge, floats in [0, 1]; shape (batch, channels, height, width), 1 or 3 channels.
            reference: The faces they are compared with; the same shape.
            variance: That `evenly_smoothed` takes, in pixels squared; 0 where faces are not smoothed.
            generator: A generator of the CPU; None for torch's own, which `Trainer` seeds and saves.

        Returns:
            Both, in [0, 1], of the same shapes and types.
        """
        if not self.training:
            return evenly_smoothed(target, variance), evenly_smoothed(reference, variance)
        # Under autocast the grid would be of 8 bits, too coarse to point at a pixel.
        with torch.no_grad(), torch.autocast(target.device.type, enabled=False):
            faces = torch.stack([target, reference], dim=1).float()
            batch, _, channels, height, width = faces.shape
            drawn = torch.rand(batch, len(_DRAWN), generator=generator)
            numbers = dict(zip(_DRAWN, drawn.unbind(1), strict=True))
            faces = self._move(faces, self._affine(numbers, height / width))
            mean = _grey_of(faces)
            faces = self._colour(faces, mean, *self._colours(numbers, channels))
            if self.strengths.apart_jpeg:
                faces = self._compress(faces, numbers)
            faces = self._smooth(faces, variance, numbers)
            if self.strengths.cutout:
                faces = self._cut(faces, mean, numbers)
            target_face, reference_face = faces.to(target.dtype).unbind(1)
            return target_face, reference_face

    def _affine(self, drawn: Mapping[str, Tensor], proportion: float) -> Tensor:
        """Where each point of a new face is taken from; shape (batch, 2, 2, 3), as `affine_grid` takes it for each."""
        by = self.strengths
        alike, apart = ((drawn[name] < by.probability).float().unsqueeze(1) for name in ("moved", "moved_apart"))

        def both(name: str, most: float, most_apart: float) -> tuple[Tensor, Tensor]:
            shared = _signed(drawn[name]).unsqueeze(1) * most * alike
            return shared, _signed(_of_faces(drawn, name)) * most_apart * apart

        angle = sum(both("rotation", math.radians(by.rotation), math.radians(by.apart_rotation)), torch.zeros(1))
        zoom_alike, zoom_apart = both("zoom", by.zoom, by.apart_zoom)
        zoom = (1 + zoom_alike) * (1 + zoom_apart)
        shift_x, shift_y = (2 * sum(both(f"shift_{axis}", by.shift, by.apart_shift), torch.zeros(1)) for axis in "xy")
        flip = 1 - 2 * (drawn["flipped"] < by.flip).float().unsqueeze(1)
        # Coordinates run from -1 to 1 in both directions, whatever the proportion of the sides.
        across, down = proportion * angle.sin(), angle.sin() / proportion
        rows = [
            [flip * angle.cos() / zoom, -flip * across / zoom, shift_x],
            [down / zoom, angle.cos() / zoom, shift_y],
        ]
        return torch.stack([torch.stack(row, dim=-1) for row in rows], dim=2)

    def _move(self, faces: Tensor, affine: Tensor) -> Tensor:
        pictures = faces.flatten(0, 1)
        size = [len(pictures), 1, *pictures.shape[-2:]]
        grid = functional.affine_grid(_to(affine, faces).flatten(0, 1), size, align_corners=False)
        moved = functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
        return moved.view_as(faces)

    def _smooth(self, faces: Tensor, variance: float, drawn: Mapping[str, Tensor]) -> Tensor:
        """Every face, somewhat more or less than in evaluation."""
        on = (drawn["sharpened"] < self.strengths.probability).float().unsqueeze(1)
        factors = 1 + _signed(_of_faces(drawn, "sharpness")) * self.strengths.apart_sharpness * on
        return evenly_smoothed(faces.flatten(0, 1), variance, factors.flatten()).view_as(faces)

    def _compress(self, faces: Tensor, drawn: Mapping[str, Tensor]) -> Tensor:
        on = drawn["compressed"] < self.strengths.probability
        quality = (100 * (1 - self.strengths.apart_jpeg * _of_faces(drawn, "quality"))).round().clamp(min=1)
        found = compressed(faces.flatten(0, 1), _to(quality.flatten(), faces)).view_as(faces)
        return torch.where(_to(on, faces).view(-1, 1, 1, 1, 1), found, faces)

    def _colours(self, drawn: Mapping[str, Tensor], channels: int) -> tuple[Tensor, Tensor]:
        """All changes of colour as one: a matrix over the channels, and the pair's mean grey times a shift.

        Returns:
            Shapes (batch, 2, channels, channels) and (batch, 2, channels).
        """
        by = self.strengths
        alike, apart = ((drawn[name] < by.probability).float() for name in ("coloured", "apart"))
        contrast_alike = 1 + (_signed(drawn["contrast"]) * by.contrast * alike).unsqueeze(1)
        contrast_apart = 1 + _signed(_of_faces(drawn, "contrast")) * by.apart_contrast * apart.unsqueeze(1)
        contrast = contrast_alike * contrast_apart
        saturation = (_signed(drawn["saturation"]) * by.saturation * alike).view(-1, 1, 1)
        shared = _gain(drawn, "brightness", ("red", "green", "blue"), by.brightness, by.tint, alike, channels)
        own = [
            _gain(
                drawn,
                f"{face}_light",
                tuple(f"{face}_{name}" for name in ("red", "green", "blue")),
                by.apart_brightness,
                by.apart_tint,
                apart,
                channels,
            )
            for face in _PAIR
        ]
        gain = shared.unsqueeze(1) * torch.stack(own, dim=1)
        grey = torch.tensor(_LUMINANCE[channels]).expand(channels, channels)
        saturated = (1 + saturation) * torch.eye(channels) - saturation * grey
        matrix = gain.unsqueeze(-1) * saturated.unsqueeze(1) * contrast.view(*contrast.shape, 1, 1)
        return matrix, (1 - contrast).unsqueeze(-1) * gain

    @staticmethod
    def _colour(faces: Tensor, mean: Tensor, matrix: Tensor, shift: Tensor) -> Tensor:
        batch, pair, channels, height, width = faces.shape
        offset = (_to(shift, faces) * mean.view(-1, 1, 1)).view(batch * pair, channels, 1)
        weights = _to(matrix, faces).view(batch * pair, channels, channels)
        coloured = torch.bmm(weights, faces.reshape(batch * pair, channels, height * width))
        return coloured.add_(offset).clamp_(0, 1).view_as(faces)

    def _cut(self, faces: Tensor, mean: Tensor, drawn: Mapping[str, Tensor]) -> Tensor:
        """A square of up to the given side, with its middle anywhere, in the same place of both faces."""
        half = drawn["cut_side"] * self.strengths.cutout / 2 * (drawn["cut"] < self.strengths.probability)
        inside = [
            (_to(drawn[name], faces).view(-1, 1) - _middles(size, faces)).abs() < _to(half, faces).view(-1, 1)
            for name, size in (("cut_y", faces.shape[-2]), ("cut_x", faces.shape[-1]))
        ]
        square = (inside[0].unsqueeze(2) & inside[1].unsqueeze(1)).view(-1, 1, 1, *faces.shape[-2:])
        return torch.where(square, mean.view(-1, 1, 1, 1, 1), faces)


def _signed(drawn: Tensor) -> Tensor:
    """A number from 0 to 1 as one from -1 to 1."""
    return 2 * drawn - 1


def _of_faces(drawn: Mapping[str, Tensor], what: str) -> Tensor:
    """What is drawn for each face of a pair on its own; shape (batch, 2)."""
    return torch.stack([drawn[f"{face}_{what}"] for face in _PAIR], dim=1)


def _gain(
    drawn: Mapping[str, Tensor],
    light: str,
    names: tuple[str, ...],
    brightness: float,
    tint: float,
    on: Tensor,
    channels: int,
) -> Tensor:
    """What each channel is multiplied with; shape (batch, channels). A tint leaves the mean of the channels alone."""
    tints = torch.stack([_signed(drawn[name]) for name in names[:channels]], dim=1) * tint
    tints = tints - tints.mean(dim=1, keepdim=True)
    return (1 + (_signed(drawn[light]) * brightness * on)).unsqueeze(1) * (1 + tints * on.unsqueeze(1))


def _grey_of(faces: Tensor) -> Tensor:
    """The mean grey of both faces of each pair; shape (batch,)."""
    return faces.mean(dim=(1, 3, 4)) @ _to(torch.tensor(_LUMINANCE[faces.shape[2]]), faces)


def _middles(size: int, faces: Tensor) -> Tensor:
    """The middles of the pixels of a side that counts as 1; shape (size,)."""
    return (torch.arange(size, device=faces.device) + 0.5) / size


def _to(numbers: Tensor, faces: Tensor) -> Tensor:
    return numbers.to(faces.device, non_blocking=True)
