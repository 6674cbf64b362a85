"""The Prkachin and Solomon pain intensity, computed here alone."""

from __future__ import annotations

from collections.abc import Mapping

PSPI_UNITS = ("AU4", "AU6", "AU7", "AU9", "AU10", "AU43")
"""The action units that it is computed from."""


def pspi(units: Mapping[str, float]) -> float:
    """The pain score of a face whose units are all known.

    `AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43` (Prkachin and Solomon, Pain 139, 2008), here with AU43 from 0 to 5 as
    every unit, so that the score runs from 0 to 20.

    Args:
        units: The intensity of each unit, 0 to 5, by its name; at least those of `PSPI_UNITS`.

    Returns:
        The score, 0 to 20.

    Raises:
        KeyError: If a unit is not there.

    Example:
        >>> pspi({"AU4": 2.0, "AU6": 1.0, "AU7": 3.0, "AU9": 0.0, "AU10": 0.5, "AU43": 1.0})
        6.5
    """
    return units["AU4"] + max(units["AU6"], units["AU7"]) + max(units["AU9"], units["AU10"]) + units["AU43"]


def pspi_of(units: Mapping[str, float | None]) -> float | None:
    """The pain score of a face, or None where any of its six units is missing: a missing unit is not 0.

    Args:
        units: The intensity of each unit, 0 to 5, by its name; None or left out where it is not known.

    Returns:
        The score, 0 to 20, or None.

    Example:
        >>> pspi_of({"AU4": 2.0, "AU6": None})
    """
    known = {unit: value for unit in PSPI_UNITS if (value := units.get(unit)) is not None}
    return pspi(known) if len(known) == len(PSPI_UNITS) else None
