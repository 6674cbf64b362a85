"""The example that a newcomer runs first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import synpain_hf
from synpain_hf.release.release import Release
from tests.loading.elsewhere import environment
from tests.loading.making import FACE

EXAMPLE = Path(__file__).parents[2] / "examples" / "load_pairs.py"


@pytest.mark.slow
def test_the_example_shows_what_the_release_holds(small: Release, caches: Path, tmp_path: Path) -> None:
    synpain_hf.install(small.folder)
    told = subprocess.check_output([sys.executable, EXAMPLE], cwd=tmp_path, env=environment(caches.parent), text=True)
    table = [line.split() for line in told.splitlines()]
    splits = synpain_hf.info(small.folder)["configurations"]["default"]
    assert table[0] == list(splits)
    assert table[1] == ["pairs", *map(str, splits.values())]
    ethnicities = {row[1]: sum(map(int, row[2:])) for row in table if row[:1] == ["ethnicity"]}
    assert ethnicities == synpain_hf.info(small.folder)["groups"]["ethnicity"]
    assert "label no_pain, age_group old" in told
    assert told.count(f"{FACE} x {FACE} pixels") == 2
    assert "synpain_hf" not in EXAMPLE.read_text(encoding="utf-8")
