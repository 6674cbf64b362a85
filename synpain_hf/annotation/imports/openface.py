"""OpenFace 2: intensities `AU04_r` from 0 to 5, and `AU04_c`, whether a unit is seen. It has blinks (45), no AU43."""

from __future__ import annotations

import re

from synpain_hf.annotation.imports.tool import Measure, Tool, confidence

_INTENSITY = re.compile(r"au0*(?P<unit>[1-9]\d?)_r")
_PRESENCE = re.compile(r"au0*(?P<unit>[1-9]\d?)_c")

OPENFACE = Tool(
    name="openface",
    title="OpenFace",
    marks=(re.compile("confidence"), _INTENSITY),
    measures=(
        Measure(_INTENSITY, "{unit}", most=5, scale="0-5"),
        Measure(_PRESENCE, "{unit}_present"),
        confidence("confidence"),
    ),
    pictures=("input", "filename", "file", "image"),
    found=("success", "confidence"),
)
