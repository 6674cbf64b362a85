"""What `load_dataset` gives for the name of an installed release to another program, in another folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from synpain_hf.errors import OutputError
from synpain_hf.release.installed.places import name_of

_LOADS = """
import json, os, sys
from datasets import load_dataset
loaded = load_dataset(sys.argv[1])
folders = {os.path.dirname(file["filename"]) for rows in loaded.values() for file in rows.cache_files}
print(json.dumps([sorted(folders), {split: len(rows) for split, rows in loaded.items()}]))
"""


def check_name(cache: Path, folder: Path, rows: Mapping[str, int]) -> None:
    """Load the installed release by its name, in a separate process, from an empty folder.

    Args:
        cache: The cache of `datasets`.
        folder: Where the release is installed.
        rows: How many rows each split of it has.

    Raises:
        OutputError: If that fails, or loads something else.
    """
    name = name_of(folder)
    environment = {**os.environ, "HF_DATASETS_CACHE": str(cache.absolute()), "HF_HUB_OFFLINE": "1"}
    with TemporaryDirectory() as elsewhere:
        done = subprocess.run(  # noqa: S603 - this Python, and a text of ours
            [sys.executable, "-c", _LOADS, name],
            cwd=elsewhere,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        fault = f"fails ({(done.stderr.strip() or 'without a message').splitlines()[-1]})"
    else:
        found, found_rows = json.loads(done.stdout.splitlines()[-1])
        if [Path(place).resolve() for place in found] == [folder.resolve()] and found_rows == rows:
            return
        fault = f"loads what is in {', '.join(found)}"
    raise OutputError(
        f'the release is installed in {folder}, but load_dataset("{name}") {fault}; '
        f"remove whatever else is in {cache / name}, then install it again"
    )
