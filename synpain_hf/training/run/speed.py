"""How a GPU computes while a model is trained or judged, and no longer: with which precision and algorithms.

And how gradients are laid out for other processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

_PRECISION: tuple[tuple[Callable[[], Any], str], ...] = (
    (lambda: torch.backends.cuda.matmul, "allow_tf32"),
    (lambda: torch.backends.cudnn, "allow_tf32"),
    (lambda: torch.backends, "fp32_precision"),
    (lambda: torch.backends.cudnn, "fp32_precision"),
    (lambda: torch.backends.cuda.matmul, "fp32_precision"),
    (lambda: cast("Any", torch.backends.cudnn).conv, "fp32_precision"),
    (lambda: cast("Any", torch.backends.cudnn).rnn, "fp32_precision"),
)
"""Where torch keeps whether float32 is rounded to TF32: the older names, then those that came with 2.9.

Setting an older one sets the newer ones, too, so they are set back in this order.
"""


@contextmanager
def precision_kept() -> Iterator[None]:
    """Leave the precision of float32 as it was, whatever is set meanwhile."""
    before = _precision()
    try:
        yield
    finally:
        for number, value in before.items():
            if _precision().get(number) != value:
                place, name = _PRECISION[number]
                setattr(place(), name, value)


def _precision() -> dict[int, Any]:
    """The settings that can be read, by their number in `_PRECISION`."""
    found = {}
    for number, (place, name) in enumerate(_PRECISION):
        with suppress(AttributeError, RuntimeError):  # an older torch; or older and newer names say different things
            found[number] = getattr(place(), name)
    return found


def lay_out_gradients(model: nn.Module) -> None:
    """Give gradients the strides of their weights, which `DistributedDataParallel` compares.

    Where faces are in channels-last order, the gradient of a kernel of one channel, or of one pixel, has other strides,
    though its numbers lie in the same order; each such gradient would be copied, and that is warned of.
    """
    for weight in model.parameters():
        if weight.requires_grad and weight.dim() == 4 and 1 in (weight.shape[1], weight.shape[2] * weight.shape[3]):
            weight.register_hook(partial(_as_laid_out, weight.size(), weight.stride()))


def _as_laid_out(size: Sequence[int], stride: Sequence[int], gradient: Tensor) -> Tensor:
    return gradient.as_strided(size, stride) if gradient.is_contiguous() else gradient


@contextmanager
def computing(*, tf32: bool | None, cudnn_benchmark: bool | None) -> Iterator[None]:
    """Let a GPU compute so, and then as before.

    Args:
        tf32: Whether products and convolutions of float32 are rounded to TF32; None leaves it as it is.
        cudnn_benchmark: Whether cuDNN tries which algorithm is fastest for each size; None leaves it as it is.
    """
    benchmark = torch.backends.cudnn.benchmark
    with precision_kept():
        try:
            if tf32 is not None:
                # By the older names: where the newer ones alone are set, `torch.compile` fails as it reads the older.
                torch.backends.cuda.matmul.allow_tf32 = tf32
                torch.backends.cudnn.allow_tf32 = tf32
            if cudnn_benchmark is not None:
                torch.backends.cudnn.benchmark = cudnn_benchmark
            yield
        finally:
            torch.backends.cudnn.benchmark = benchmark
