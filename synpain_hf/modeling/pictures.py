"""Pictures in all the forms in which users hold them."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from synpain_hf.errors import PictureError, UsageError
from synpain_hf.imaging.decoding import as_rgb
from synpain_hf.imaging.limits import check_size
from synpain_hf.imaging.orientation import upright

_CHANNELS = (1, 3, 4)
_GREY = ("1", "L")


def is_batch(pictures: Any) -> bool:
    """Whether these are several pictures: a list or tuple, or an array or tensor of over three dimensions."""
    return isinstance(pictures, (list, tuple)) or (isinstance(pictures, (np.ndarray, Tensor)) and pictures.ndim > 3)


def check_numbers(images: Any, references: Any) -> None:
    """Refuse several images that do not come with one reference each, or a list of references each.

    Raises:
        UsageError: If their numbers differ.
    """
    if not is_batch(references):
        cause = "the images are several, but the references are not"
    elif len(references) != len(images):
        cause = f"images and references differ in number ({len(images)} and {len(references)})"
    else:
        return
    raise UsageError(f"{cause}; give each image the neutral face of the same person as its reference")


def as_picture(picture: Any) -> Image.Image:
    """A picture as 8-bit grey or RGB, upright.

    Args:
        picture: A PIL image, or an array or tensor of shape (height, width), (height, width, channels) or (channels,
            height, width) with 1, 3 or 4 channels: integers from 0 to 255 or floats from 0 to 1. With the fourth, what
            is transparent is laid on white.

    Raises:
        PictureError: If it has another size than pictures that are read may have, another shape, or other values.
        UsageError: If it is something else.
    """
    if isinstance(picture, Image.Image):
        check_size(*picture.size)
        picture = upright(picture)
        return picture.convert("L") if picture.mode in _GREY else as_rgb(picture)
    if isinstance(picture, Tensor):
        picture = picture.detach().cpu().float().numpy() if picture.is_floating_point() else picture.cpu().numpy()
    if isinstance(picture, np.ndarray):
        pixels = _channels_last(picture)
        check_size(pixels.shape[1], pixels.shape[0])
        image = Image.fromarray(_eight_bits(pixels))
        return as_rgb(image) if image.mode == "RGBA" else image
    kind = "a path" if isinstance(picture, str) else type(picture).__name__
    raise UsageError(f"a picture is {kind}; give a PIL image, an array or a tensor")


def _channels_last(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Pixels of shape (height, width) where they are grey, else (height, width, 3 or 4)."""
    shape = pixels.shape
    if pixels.ndim == 3 and shape[-1] not in _CHANNELS and shape[0] in _CHANNELS:
        pixels = np.moveaxis(pixels, 0, -1)
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[..., 0]
    if not pixels.size or (pixels.ndim != 2 and (pixels.ndim != 3 or pixels.shape[-1] not in _CHANNELS)):
        raise PictureError(
            f"has shape {shape}; give (height, width), (height, width, channels) or (channels, height, width), with 1, "
            "3 or 4 channels"
        )
    return np.ascontiguousarray(pixels)


def _eight_bits(pixels: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    floating = np.issubdtype(pixels.dtype, np.floating)
    if not floating and not np.issubdtype(pixels.dtype, np.integer):
        raise PictureError(f"holds {pixels.dtype}; give integers from 0 to 255 or floats from 0 to 1")
    if floating and not np.isfinite(pixels).all():
        raise PictureError("holds NaN or infinity; check how it was decoded")
    low, high = float(pixels.min()), float(pixels.max())
    if low < 0 or high > (1 if floating else 255):
        expected = "floats from 0 to 1" if floating else "integers from 0 to 255"
        raise PictureError(
            f"holds values from {low:g} to {high:g}; give integers from 0 to 255 or floats from 0 to 1: "
            f"these are not {expected}"
        )
    return (np.rint(pixels * 255.0) if floating else pixels).astype(np.uint8)
