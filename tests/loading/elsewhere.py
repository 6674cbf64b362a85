"""Running Python as another project on the same machine would, and comparing what it loads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Rows = dict[str, list[str]]


def environment(home: Path, **variables: str) -> dict[str, str]:
    """The environment of a program that knows only its caches, and not where this package is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "PYTHON", "COV_"))}
    return {**kept, "HF_HOME": str(home), "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_OFFLINE": "1", **variables}


def run_elsewhere(
    code: str, *arguments: object, home: Path, folder: Path, python: str = sys.executable, **variables: str
) -> Any:
    """Run Python code in another project.

    Args:
        code: What to run; it prints one line of JSON.
        arguments: Its `sys.argv[1:]`.
        home: Its HF_HOME.
        folder: Its working directory.
        python: Its interpreter.
        variables: More of its environment.

    Returns:
        What it printed.
    """
    done = subprocess.run(
        [python, "-c", code, *map(str, arguments)],
        cwd=folder,
        env=environment(home, **variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def ids(loaded: Mapping[str, Any]) -> Rows:
    """The pairs of each split, in their order."""
    return {split: list(rows["pair_id"]) for split, rows in loaded.items()}


def tables(loaded: Mapping[str, Any]) -> dict[str, dict[str, list[Any]]]:
    """Every value of each split, pictures as bytes."""
    return {split: rows.with_format("arrow")[:].to_pydict() for split, rows in loaded.items()}
