"""Action units and the pain score that follows from them, as archives of coded faces give them."""

from __future__ import annotations

from collections.abc import Mapping

from synpain_hf.errors import UsageError
from synpain_hf.pspi import pspi

MOST_PSPI = 16.0
MOST_INTENSITY = 5.0

_TOLERANCE = 0.01
"""How far a pain score may be from its units: archives round both."""


def check_pspi(score: float) -> None:
    """Refuse a pain score that there cannot be.

    Raises:
        ValueError: If it is not from 0 to 16; cause, then remedy.
    """
    if not 0 <= score <= MOST_PSPI:
        raise ValueError(f"has PSPI {score:g}, which is not from 0 to {MOST_PSPI:g}; correct it")


def check_units(units: Mapping[str, float], score: float) -> None:
    """Refuse intensities that there cannot be, or that contradict the pain score.

    Raises:
        ValueError: If one is not from 0 to 5, or the score is not that of the units; cause, then remedy.
    """
    for unit, intensity in units.items():
        if not 0 <= intensity <= MOST_INTENSITY:
            raise ValueError(f"has {unit} {intensity:g}, which is not from 0 to {MOST_INTENSITY:g}; correct it")
    if abs(pspi(units) - score) > _TOLERANCE:
        raise ValueError(f"has PSPI {score:g}, and its units give {pspi(units):g}; correct one of them")


def check_pain_from(pain_from: float | None) -> float | None:
    """The least pain score that is called pain, as it was given.

    Raises:
        UsageError: If no face, or every face, would be called pain.
    """
    if pain_from is not None and not 0 < pain_from <= MOST_PSPI:
        raise UsageError(f"is {pain_from:g}; give a PSPI over 0 and up to {MOST_PSPI:g}", "pain_from")
    return pain_from
