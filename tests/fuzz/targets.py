"""What can be fuzzed: the table."""

from __future__ import annotations

from tests.fuzz import pictures
from tests.fuzz.searching import Target
from tests.imaging.made import encoded, textured

SECRET = encoded(textured(160, 96, seed=99))

TARGETS = {
    "PICTURES": Target(pictures.make, pictures.DAMAGES, pictures.use),
}

MODULES = {
    "PICTURES": ("tests.fuzz.pictures",),
}
"""What every process begins with."""
