"""FaceReader 9 (Noldus): a detailed log, with lines of notes above the table, or the same as CSV."""

from __future__ import annotations

import re

from synpain_hf.annotation.imports.tool import Measure, Tool

_UNIT = re.compile(r"action unit 0*(?P<unit>[1-9]\d?)(?: - .*)?")

FACEREADER = Tool(
    name="facereader",
    title="FaceReader",
    marks=(_UNIT,),
    measures=(Measure(_UNIT, "{unit}", factor=5, scale="0-1", letters=True),),
    pictures=("filename", "file name", "file", "image", "picture", "stimulus"),
    failures={"find_failed": "no face found", "fit_failed": "no face model fitted"},
    note="filename",
)
