"""A number with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEVEL = 0.95
"""The confidence level of intervals where none is asked for."""


@dataclass(frozen=True)
class Estimate:
    """A number with its interval.

    Attributes:
        value: The number.
        low: The lower end of its interval; NaN where the data give none.
        high: The upper end.
    """

    value: float
    low: float
    high: float


def finite(values: npt.ArrayLike, what: str) -> Floats:
    """Values as a flat array of numbers.

    Args:
        values: The values.
        what: What they are, for the message.

    Raises:
        ValueError: If one is not a finite number, or there is none.
    """
    array = np.asarray(values, dtype=np.float64).ravel()
    if not array.size:
        raise ValueError(f"{what} has no values; give at least one")
    if not np.isfinite(array).all():
        raise ValueError(f"{what} has values that are not finite; leave failed measurements out")
    return array
