"""iMotions with FACET: evidence of units. It is not an intensity, so no pain score follows from it."""

from __future__ import annotations

import math
import re

from synpain_hf.annotation.imports.tool import Measure, Tool

_UNIT = re.compile(r"au0*(?P<unit>[1-9]\d?) evidence")

IMOTIONS = Tool(
    name="imotions",
    title="iMotions FACET",
    marks=(_UNIT,),
    measures=(Measure(_UNIT, "{unit}_evidence", least=-math.inf, most=math.inf, scale="evidence"),),
    pictures=("stimulusname", "sourcestimuliname"),
    found=("nooffaces",),
)
