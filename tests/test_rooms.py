"""Each room knows those below it alone, and `make lint` sees it where one does not."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import synpain_hf

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "synpain_hf"
LINT = Path(sys.executable).with_name("lint-imports")

UPWARDS = [
    ("rooms", "synpain_hf.metrics.columns", "import synpain_hf.release.layout"),
    ("rooms", "synpain_hf.release.layout", "from synpain_hf.cards.facts import Facts"),
    ("rooms", "synpain_hf.hub.plan", "if True:\n    from synpain_hf.training import run"),
    ("training", "synpain_hf.training.data.pairs", "def _late() -> None:\n    import synpain_hf.hub.plan"),
    ("data", "synpain_hf.release.layout", "import synpain_hf.modeling.fusion"),
    ("metric", "synpain_hf.metrics.subgroup_auroc.units", "import synpain_hf.metrics.columns"),
    ("metric", "synpain_hf.metrics.subgroup_auroc.units", "import synpain_hf"),
    ("runs", "synpain_hf.training.report.evaluation", "import synpain_hf.training.run.folder"),
    ("cycles", "synpain_hf.imaging.limits", "import synpain_hf.imaging.decoding"),
    (
        "rooms",
        "synpain_hf.imaging.faces",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import synpain_hf.sources",
    ),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package and of its contract."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, folder / "synpain_hf", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.mark.parametrize(("contract", "importer", "line"), UPWARDS)
def test_an_import_upwards_breaks_the_contract(copy: Path, contract: str, importer: str, line: str) -> None:
    file = copy.joinpath(*importer.split(".")).with_suffix(".py")
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\n{line}\n", encoding="utf-8")
    command = [str(LINT), "--no-logo", "--no-cache", "--contract", contract]
    told = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    file.write_text(before, encoding="utf-8")
    assert told.returncode == 1, told.stderr
    assert importer.rpartition(".")[2] in told.stdout.partition("Broken contracts")[2]


def test_no_room_below_the_command_line_goes_round_the_contract_by_the_public_functions() -> None:
    public = set(synpain_hf.__all__) - {"__version__"}
    files = (file for file in PACKAGE.rglob("*.py") if "cli" not in file.parts and file.parent != PACKAGE)
    assert {file.name: taken for file in files if (taken := taken_from_the_package(file) & public)} == {}


def taken_from_the_package(file: Path) -> set[str]:
    """Names that a module takes by `synpain_hf.NAME` or `from synpain_hf import NAME`."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Attribute(value=ast.Name(id="synpain_hf"), attr=name):
                names.add(name)
            case ast.ImportFrom(module="synpain_hf", names=aliases):
                names.update(alias.name for alias in aliases)
    return names
