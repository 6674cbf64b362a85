"""The examples 'own pairs' and 'publish your own' do what they say where nothing of the project is but the package."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hub import WRITER, Hub

EXAMPLES = Path(__file__).parents[2] / "examples"
WITHOUT_THE_CHECKOUT = """\
import runpy, sys
sys.modules["tests"] = sys.modules["examples"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run(folder: Path, script: str, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT_THE_CHECKOUT, str(EXAMPLES / script), *words]
    variables = {**os.environ, "HF_HUB_OFFLINE": "0", "HF_TOKEN": WRITER}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_pairs_of_ones_own_are_published_when_told_to_be_sent_and_not_before(hub: Hub, tmp_path: Path) -> None:
    drawn = run(tmp_path, "own_pairs.py", "mine", "--pairs", "10")
    assert (drawn.returncode, drawn.stdout) == (0, "mine/pairs.csv\n"), drawn.stderr
    words = ["mine/pairs.csv", "plain-faces-1.0.0", "--repo-id", "maker/plain-faces", "--endpoint", hub.url]

    planned = run(tmp_path, "publish_your_own.py", *words)
    assert planned.returncode == 0, planned.stderr
    assert planned.stdout.startswith("planned: version 1.0.0, ")
    assert "maker/plain-faces" not in hub.repositories

    sent = run(tmp_path, "publish_your_own.py", *words, "--send")
    place = re.escape(f"{hub.url}/datasets/maker/plain-faces/tree/v1.0.0")
    assert re.fullmatch(rf"published: version 1\.0\.0, \d\d new files\n{place}\n", sent.stdout), sent.stderr


@pytest.mark.slow
def test_what_is_wrong_is_told_in_a_line(hub: Hub, tmp_path: Path) -> None:
    words = ["nowhere.csv", "out", "--repo-id", "maker/faces", "--endpoint", hub.url]
    done = run(tmp_path, "publish_your_own.py", *words)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("error: ")
