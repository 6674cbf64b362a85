"""DSL-FIQA, or another score of quality: a picture in a column, a number from 0 to 1 in another."""

from __future__ import annotations

import re

from synpain_hf.annotation.imports.tool import Measure, Tool

_PICTURES = ("image", "path", "file", "filename", "file_name", "img", "img_path", "image_path", "name")
_SCORE = re.compile("score|quality|quality_score|iqa")

DSL_FIQA = Tool(
    name="dsl-fiqa",
    title="DSL-FIQA",
    marks=(re.compile("|".join(_PICTURES)), _SCORE),
    measures=(Measure(_SCORE, "quality"),),
    pictures=_PICTURES,
)
