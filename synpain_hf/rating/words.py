"""How numbers of a report on raters are written, in words and in JSON."""

from __future__ import annotations

import math
from typing import Any

from synpain_hf.rating.results import Again
from synpain_hf.text.numbers import as_number
from synpain_hf.validation.statistics.estimate import Estimate

NONE = "–"


def estimate_json(estimate: Estimate | None) -> dict[str, Any] | None:
    """A number with its interval, as JSON has it."""
    if estimate is None:
        return None
    has_limits = not math.isnan(estimate.low) and not math.isnan(estimate.high)
    return {"value": estimate.value, "interval": {"low": estimate.low, "high": estimate.high} if has_limits else None}


def again_json(again: Again | None) -> dict[str, Any] | None:
    """An agreement with oneself, as JSON has it."""
    return None if again is None else {"same": again.same, "of": again.of, "share": estimate_json(again.share)}


def shown(estimate: Estimate | None, digits: int, *, scale: float = 1, unit: str = "", signed: bool = False) -> str:
    """A number with its interval.

    Args:
        estimate: The number; None for a dash.
        digits: After the point.
        scale: What it is multiplied with.
        unit: What stands behind it.
        signed: Whether positive ones have a plus.
    """
    if estimate is None:
        return NONE
    numbers = (estimate.value, *sorted((estimate.low, estimate.high), key=lambda limit: scale * limit))
    value, low, high = (as_number(scale * number, signed=signed, digits=digits) for number in numbers)
    return f"{value}{unit}" if math.isnan(estimate.low) else f"{value}{unit} ({low} to {high})"


def number(estimate: Estimate | None) -> str:
    """A number with its interval and two digits."""
    return shown(estimate, 2)


def same(again: Again | None) -> str:
    """How many faces that came twice got the same answer."""
    return NONE if again is None else f"{again.same} of {again.of}"


def seconds_words(seconds: float | None) -> str:
    """A time."""
    return NONE if seconds is None else f"{seconds:.1f} s"
