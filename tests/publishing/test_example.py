"""The example 'publish your own' does what it says, in under twenty lines."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "publish_your_own.py"


def test_the_example_publishes_a_manifest_of_ones_own() -> None:
    told = subprocess.check_output(
        [sys.executable, EXAMPLE], cwd=EXAMPLE.parents[1], env={**os.environ, "HF_HUB_OFFLINE": "0"}, text=True
    )
    said = r"published: version 1\.0\.0, \d\d files\nhttp://127\.0\.0\.1:\d+/datasets/maker/plain-faces/tree/v1\.0\.0\n"
    assert re.fullmatch(said, told)
    lines = [line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) < 20
