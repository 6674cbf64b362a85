"""`PairwisePainImageProcessor`: from pictures of two faces to the tensors that are compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from transformers import BaseImageProcessor, BatchFeature

from synpain_hf.errors import PictureError, UsageError
from synpain_hf.imaging.limits import MIN_SIDE, check_crop_box
from synpain_hf.modeling.pictures import as_picture, check_numbers, is_batch
from synpain_hf.vocabulary import PWCT_SIDE

_MODES = {1: "L", 3: "RGB"}
_MIN_CROPPED = MIN_SIDE // 2
"""Smallest side, in pixels, that `crop_box` may leave of a face."""


class PairwisePainImageProcessor(BaseImageProcessor):
    """Turn faces upright, crop, scale and normalise them; both faces of a pair alike.

    The defaults are those of `pwct`: grey, 160 x 160, in [0, 1]. The published PwCT was trained on faces that were
    aligned by 68 landmarks and evened out by CLAHE, which is not done here: prepare faces so before, to compare with
    published figures.

    Args:
        size: `height` and `width` of what comes out; the faces are scaled to it whatever their proportions.
        num_channels: 1 for grey, 3 for RGB.
        crop_box: Part of each picture that is used: left, top, right, bottom as shares of its width and height; None
            for all of it.
        resample: A filter of Pillow; 3 is bicubic. It averages where a picture is made smaller.
        image_mean: Taken from each channel; None for no normalisation.
        image_std: Each channel is divided by it.

    Raises:
        UsageError: If an argument cannot be right.

    Example:
        >>> from PIL import Image
        >>> processor = PairwisePainImageProcessor(size={"height": 64, "width": 64}, num_channels=3)
        >>> batch = processor([Image.new("RGB", (80, 90))], [Image.new("L", (70, 70))])
        >>> batch["pixel_values"].shape, batch["reference_pixel_values"].shape
        (torch.Size([1, 3, 64, 64]), torch.Size([1, 3, 64, 64]))
    """

    model_input_names = ["pixel_values", "reference_pixel_values"]  # noqa: RUF012 - as transformers declares it

    def __init__(
        self,
        size: dict[str, int] | None = None,
        num_channels: int = 1,
        crop_box: Sequence[float] | None = None,
        resample: int = Image.Resampling.BICUBIC,
        image_mean: Sequence[float] | None = None,
        image_std: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.size = {name: int((size or {}).get(name, PWCT_SIDE)) for name in ("height", "width")}
        self.num_channels = num_channels
        self.crop_box = None if crop_box is None else [float(share) for share in crop_box]
        self.resample = int(resample)
        self.image_mean = None if image_mean is None else [float(mean) for mean in image_mean]
        self.image_std = None if image_std is None else [float(std) for std in image_std]
        self._check()

    def preprocess(
        self, images: Any, references: Any = None, return_tensors: str = "pt", **kwargs: Any
    ) -> BatchFeature:
        """Prepare faces and their references; what calling the processor does.

        A picture is a PIL image, or an array or tensor of shape (height, width), (height, width, channels) or
        (channels, height, width): integers from 0 to 255, or floats from 0 to 1, which are rounded to 8 bits. Its sides
        have at least 32 pixels, and 16 within `crop_box`.

        `images` and `references` are `image` and `reference` in the pipeline, `pixel_values` and
        `reference_pixel_values` in the model, and `expressive` and `neutral` in the data set.

        Args:
            images: A picture, or a list or batch of them: the faces to judge.
            references: As many pictures, each the neutral face of the same person; or a list of pictures for each
                image, all of one length, for several references.
            return_tensors: `pt`, or `np` for arrays.
            kwargs: Nothing else is taken.

        Returns:
            `pixel_values` of shape (batch, channels, height, width) and `reference_pixel_values` of the same shape, or
            (batch, references, channels, height, width) for several; float32.

        Raises:
            UsageError: If a reference is missing, their numbers do not fit, or a picture holds NaN.
            PictureError: If a picture cannot be used, or too little of it is left within `crop_box`.
        """
        if kwargs:
            raise UsageError(
                f"{', '.join(sorted(kwargs))}: no such option; give images and references here, and set the rest when "
                "the processor is made"
            )
        if references is None:
            raise UsageError("references is missing; give the neutral face of the same person as `references`")
        if not is_batch(images):
            images, references = [images], [references]
        check_numbers(images, references)
        if len(images) == 0:
            raise UsageError("images is empty; give at least one face and its reference")
        faces = {
            "pixel_values": torch.stack([self._face(image) for image in images]),
            "reference_pixel_values": self._references(references),
        }
        return BatchFeature(faces, tensor_type=return_tensors)

    def _references(self, references: Sequence[Any]) -> Tensor:
        several = [is_batch(reference) for reference in references]
        if not any(several):
            return torch.stack([self._face(reference) for reference in references])
        counts = sorted({len(reference) for reference in references if is_batch(reference)})
        if not all(several) or len(counts) > 1 or not counts[0]:
            raise UsageError(
                f"the images have different numbers of references, or none ({counts}); give the same number to each "
                "image of a batch"
            )
        return torch.stack([torch.stack([self._face(one) for one in reference]) for reference in references])

    def _face(self, picture: Any) -> Tensor:
        image = as_picture(picture).convert(_MODES[self.num_channels])
        if self.crop_box:
            image = _cropped(image, self.crop_box)
        size = (self.size["width"], self.size["height"])
        if image.size != size:
            image = image.resize(size, Image.Resampling(self.resample))
        pixels = torch.from_numpy(np.array(image, dtype=np.float32)) / 255
        pixels = pixels.unsqueeze(0) if pixels.dim() == 2 else pixels.permute(2, 0, 1).contiguous()
        if self.image_mean is None or self.image_std is None:
            return pixels
        mean, std = (torch.tensor(values).view(-1, 1, 1) for values in (self.image_mean, self.image_std))
        return (pixels - mean) / std

    def _check(self) -> None:
        if self.num_channels not in _MODES:
            raise UsageError(f"num_channels is {self.num_channels}; give 1 for grey or 3 for RGB")
        if min(self.size.values()) < 1:
            raise UsageError(f"size is {self.size}; give a height and a width in pixels")
        if (self.image_mean is None) != (self.image_std is None):
            raise UsageError("only one of image_mean and image_std is given; give both, or neither")
        for name, values in (("image_mean", self.image_mean), ("image_std", self.image_std)):
            if values is not None and len(values) != self.num_channels:
                raise UsageError(
                    f"{name} has {len(values)} values for {self.num_channels} channels; give one per channel"
                )
        if self.image_std is not None and min(self.image_std) <= 0:
            raise UsageError(f"image_std is {self.image_std}, and each channel is divided by it; give positive values")
        if self.crop_box is not None:
            check_crop_box(self.crop_box)


def _cropped(image: Image.Image, box: list[float]) -> Image.Image:
    """The part of a picture within a box of shares."""
    left, right = (round(share * image.width) for share in box[::2])
    top, bottom = (round(share * image.height) for share in box[1::2])
    part = image.crop((left, top, right, bottom))
    if min(part.size) < _MIN_CROPPED:
        raise PictureError(
            f"keeps {part.width} x {part.height} of its {image.width} x {image.height} pixels within the crop, a side "
            f"under {_MIN_CROPPED}; widen the crop, or take the face from a larger picture"
        )
    return part


__all__ = ["PairwisePainImageProcessor"]
