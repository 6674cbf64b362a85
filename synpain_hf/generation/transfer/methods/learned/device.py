"""Where a network computes, and with which numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import torch

from synpain_hf.errors import UsageError

_DTYPES: Final = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


@dataclass(frozen=True)
class Device:
    """Where a network computes, and with which numbers.

    Attributes:
        name: `cpu`, `mps`, `cuda` or `cuda:N`.
        precision: `fp32`, `bf16` or `fp16`.
    """

    name: str
    precision: str

    @classmethod
    def chosen(cls, device: str, precision: str) -> Device:
        """What `auto` means on this machine.

        Args:
            device: As in `Choices`.
            precision: Likewise.

        Raises:
            UsageError: If this machine has no such device, or it cannot compute with such numbers.
        """
        kind, _, number = device.partition(":")
        there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
        if kind == "auto":
            device = kind = next(name for name in ("cuda", "mps", "cpu") if there[name])
        if not there[kind] or (number and int(number) >= torch.cuda.device_count()):
            raise UsageError(f"is {device}, which this machine does not have; give auto or cpu", "device")
        if kind != "cuda":
            if precision == "fp16":
                raise UsageError(f"is fp16, which is for GPUs; give fp32 for {device}", "precision")
            return cls(device, "fp32" if precision == "auto" else precision)
        if precision == "auto":
            precision = "bf16" if torch.cuda.is_bf16_supported() else "fp16"
        return cls(device, precision)

    @property
    def dtype(self) -> torch.dtype:
        """The numbers, as torch has them."""
        return _DTYPES[self.precision]


@contextmanager
def report_lack_of_memory(fault: str, *arguments: str, mentions: Iterable[str] = ()) -> Iterator[None]:
    """Report memory that a device lacks.

    Args:
        fault: What is said of it, with the remedy, as in `UsageError`.
        arguments: What the message begins with, likewise.
        mentions: What the fault mentions, likewise.

    Raises:
        UsageError: If memory is lacking.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise UsageError(fault, *arguments, mentions=mentions) from error
