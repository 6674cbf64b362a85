"""Py-Feat 1 and 2: the CSV of a `Fex`."""

from __future__ import annotations

import re

from synpain_hf.annotation.imports.tool import Measure, Tool, confidence

_UNIT = re.compile(r"au0*(?P<unit>[1-9]\d?)")

PYFEAT = Tool(
    name="py-feat",
    title="Py-Feat",
    marks=(_UNIT, re.compile("facescore")),
    measures=(Measure(_UNIT, "{unit}", factor=5, scale="0-1"), confidence("facescore")),
    pictures=("input",),
    found=("facescore",),
)
