"""From MediaPipe's blendshapes to approximate action units, and to an approximate pain score."""

from __future__ import annotations

from collections.abc import Mapping

APPROXIMATED: Mapping[str, tuple[str, ...]] = {
    "AU1": ("browInnerUp",),
    "AU2": ("browOuterUpLeft", "browOuterUpRight"),
    "AU4": ("browDownLeft", "browDownRight"),
    "AU5": ("eyeWideLeft", "eyeWideRight"),
    "AU7": ("eyeSquintLeft", "eyeSquintRight"),
    "AU10": ("mouthUpperUpLeft", "mouthUpperUpRight"),
    "AU12": ("mouthSmileLeft", "mouthSmileRight"),
    "AU14": ("mouthDimpleLeft", "mouthDimpleRight"),
    "AU15": ("mouthFrownLeft", "mouthFrownRight"),
    "AU16": ("mouthLowerDownLeft", "mouthLowerDownRight"),
    "AU17": ("mouthShrugLower",),
    "AU18": ("mouthPucker",),
    "AU20": ("mouthStretchLeft", "mouthStretchRight"),
    "AU22": ("mouthFunnel",),
    "AU24": ("mouthPressLeft", "mouthPressRight"),
    "AU26": ("jawOpen",),
    "AU28": ("mouthRollLower", "mouthRollUpper"),
    "AU43": ("eyeBlinkLeft", "eyeBlinkRight"),
}
"""The blendshapes of each action unit that has any, by what they move. The cheeks (AU6) and the nose (AU9) have none:
`cheekSquint` and `noseSneer` stay at zero whatever the face does."""

SUFFIX = "_approx"
"""What tells a unit's approximation from the unit."""

_MOST = 5


def approximate_units(blendshapes: Mapping[str, float]) -> dict[str, float]:
    """The approximate intensity of each unit: five times the mean of its blendshapes.

    Args:
        blendshapes: The model's blendshapes, 0 to 1.

    Returns:
        Intensities from 0 to 5, by unit, such as `AU4`. They are no coder's intensities, and have no letters.
    """
    return {unit: _MOST * sum(blendshapes[name] for name in names) / len(names) for unit, names in APPROXIMATED.items()}


def approximate_pspi(units: Mapping[str, float]) -> float:
    """What is left of the pain score without the cheeks and the nose: AU4 + AU7 + AU10 + AU43.

    The score of Prkachin and Solomon has max(AU6, AU7) and max(AU9, AU10) in the place of AU7 and AU10.

    Args:
        units: Approximate intensities, as `approximate_units` gives them.

    Returns:
        The approximate score, 0 to 20; where AU6 or AU9 is the stronger of its two, less than the score would be.
    """
    return units["AU4"] + units["AU7"] + units["AU10"] + units["AU43"]
