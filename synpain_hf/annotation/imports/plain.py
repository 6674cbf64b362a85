"""A table of one's own: `pair_id` and `face`, or `file`; units from 0 to 5; other columns of numbers."""

from __future__ import annotations

import math
import re

from synpain_hf.annotation.imports.tool import Measure, Tool, confidence

_UNIT = re.compile(r"au0*(?P<unit>[1-9]\d?)")
_NUMBER = Measure(re.compile(r"[a-z]\w{0,99}", re.ASCII), "", least=-math.inf, most=math.inf)

PLAIN_BY_FACE = Tool(
    name="plain",
    title="plain",
    marks=(re.compile("pair_id"), re.compile("face")),
    measures=(Measure(_UNIT, "{unit}", most=5, scale="0-5"), confidence("confidence"), _NUMBER),
    pictures=("pair_id",),
    by_face=True,
)
PLAIN_BY_FILE = Tool(
    name="plain",
    title="plain",
    marks=(re.compile("file"), _UNIT),
    measures=PLAIN_BY_FACE.measures,
    pictures=("file",),
)
