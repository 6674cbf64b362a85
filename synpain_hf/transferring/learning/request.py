"""What is asked of a training: plain data, checked without torch."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final

from synpain_hf.configurations import FOLDS
from synpain_hf.errors import UsageError
from synpain_hf.generation.transfer.methods.method import MOST_STEPS, Choices
from synpain_hf.pair import MAX_SEED
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.text.values import shown
from synpain_hf.transferring.learning.usual import USUAL
from synpain_hf.vocabulary import Precision

_MULTIPLE: Final = 8
_MOST_TRAINED: Final = 10_000_000
_MOST_TOGETHER: Final = 4096
_NEVER_IN_A_RECORD: Final = ("checkpoint_every", "gradient_checkpointing")


@dataclass(frozen=True)
class Training:
    """A training, as it is asked for.

    Attributes:
        method: What is trained: a name in `USUAL`.
        base: The model that it steers: a folder, or a name on the Hub; empty for none.
        size: Side of the square that is drawn, in pixels.
        steps: Steps of training.
        batch: Pairs that are computed together.
        accumulate: So many batches make a step.
        learning_rate: Of AdamW, at its highest.
        denoising: Steps of denoising, where pictures are drawn.
        seed: Draws everything.
        test_fold: The fold that nothing is learned from.
        checkpoint_every: Steps between checkpoints.
        validate_every: Steps between validation pictures.
        device: Where the network computes, as in `Choices`.
        precision: With which numbers, likewise.
        gradient_checkpointing: Whether memory is saved by computing parts of the networks twice.

    Raises:
        UsageError: If a value cannot be right.
    """

    method: str
    base: str
    size: int
    steps: int
    batch: int
    accumulate: int
    learning_rate: float
    denoising: int
    seed: int
    test_fold: int
    checkpoint_every: int
    validate_every: int
    device: str
    precision: Precision
    gradient_checkpointing: bool = False

    @classmethod
    def asked(cls, method: str, **values: Any) -> Training:
        """A training with what is usual for a method where a value is None.

        Raises:
            UsageError: If a value cannot be right.
        """
        if method not in USUAL:
            known = ", ".join(USUAL)
            raise UsageError(f"is {shown(method)!r}{did_you_mean(method, USUAL)}; give one of {known}", "method")
        usual = asdict(USUAL[method])
        return cls(method=method, **{name: usual[name] if value is None else value for name, value in values.items()})

    def __post_init__(self) -> None:
        usual = USUAL[self.method]
        if self.size % _MULTIPLE or not usual.smallest <= self.size <= usual.largest:
            limits = f"a multiple of {_MULTIPLE} from {usual.smallest} to {usual.largest}"
            raise UsageError(f"is {self.size}; give {limits}", "size")
        for name, least, most in (
            ("steps", 1, _MOST_TRAINED),
            ("batch", 1, _MOST_TOGETHER),
            ("accumulate", 1, _MOST_TOGETHER),
            ("denoising", 1, MOST_STEPS),
            ("seed", 0, MAX_SEED),
            ("test_fold", 0, FOLDS - 1),
            ("checkpoint_every", 1, _MOST_TRAINED),
            ("validate_every", 1, _MOST_TRAINED),
        ):
            if not least <= getattr(self, name) <= most:
                raise UsageError(f"is {getattr(self, name)}; give {least:,} to {most:,}", name)
        if not (math.isfinite(self.learning_rate) and 0 < self.learning_rate <= 1):
            limits = "a number above 0, of at most 1, such as 1e-3"
            raise UsageError(f"is {self.learning_rate:g}; give {limits}", "learning_rate")
        Choices(device=self.device, precision=self.precision)
        if ":" in self.device:
            name, number = self.device.split(":")
            raise UsageError(f"is {self.device}; give {name}, and set CUDA_VISIBLE_DEVICES={number}", "device")
        if usual.needs_base and not self.base:
            raise UsageError(f"is missing: {self.method} steers another model; give its folder or name", "base")
        if self.gradient_checkpointing and not usual.needs_base:
            raise UsageError(f"is not for {self.method}, which is small; leave it out", "gradient_checkpointing")
        if self.base and not usual.needs_base:
            raise UsageError(f"is not for {self.method}, which steers no other model; leave it out", "base")

    def record(self) -> dict[str, Any]:
        """What decides the weights: a training that is gone on with is of the same."""
        return {name: value for name, value in asdict(self).items() if name not in _NEVER_IN_A_RECORD}
