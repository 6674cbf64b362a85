"""What `make` does before it sets anything up."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.installing import ROOT


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("pyproject.toml", "constraints.txt"):
        (folder / name).touch()
    return subprocess.run(["make", *words], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("target", ["demo", "clean"])
def test_a_folder_that_make_did_not_make_is_kept_and_named(tmp_path: Path, target: str) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "thesis.txt").write_text("years of work", encoding="utf-8")
    done = make(tmp_path, target)
    assert done.returncode
    assert done.stderr.startswith("demo/ was not made by 'make demo', and would be removed; rename it\n")
    assert (tmp_path / "demo" / "thesis.txt").read_text(encoding="utf-8") == "years of work"
    assert not list(tmp_path.glob(".venv*"))


def test_its_own_folder_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / ".made-by-make").touch()
    done = make(tmp_path, "--dry-run", "demo")
    assert done.returncode == 0, done.stderr
    assert "rm -rf demo\nmkdir demo\n" in done.stdout


def test_the_demo_installs_what_it_needs_alone_and_shows_that_it_does(tmp_path: Path) -> None:
    (install,) = (line for line in make(tmp_path, "--dry-run", "demo").stdout.splitlines() if "pip install" in line)
    assert install.endswith('--editable ".[demo]"')
    assert "--quiet" not in install
    assert install.startswith(".venv-demo/")
    assert '".[dev]"' in make(tmp_path, "--dry-run", "test").stdout
