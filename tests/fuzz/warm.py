"""What every process begins with, where a case would otherwise load it again: the schemas."""

from __future__ import annotations

from synpain_hf.schemas import validator

for _name in ("pair", "release", "facts"):
    validator(_name)
