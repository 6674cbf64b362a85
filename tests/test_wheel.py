"""The wheel carries all that the package needs, and works where nothing else of the project is."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from examples.plain_composites import write_download
from tests.installing import ROOT, make_environment
from tests.loading.elsewhere import environment, run_elsewhere

LOADS = """
import json, sys
from datasets import load_dataset
rows = {split: len(rows) for split, rows in load_dataset("synpain").items()}
imported_by_datasets = "synpain_hf" in sys.modules
import synpain_hf
print(json.dumps({"rows": rows, "imported": imported_by_datasets, "place": synpain_hf.__file__}))
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def venv(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of a virtual environment that has the wheel and what it requires."""
    programs = make_environment(
        tmp_path_factory.mktemp("clean") / "venv", wheel, "--constraint", str(ROOT / "constraints.txt")
    )
    subprocess.run([sys.executable, "-m", "pip", "--python", str(programs / "python"), "check"], check=True)
    return programs


def test_the_wheel_carries_the_data_files_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    carried = {
        f"synpain_hf/resources/{path.relative_to(ROOT).as_posix()}"
        for folder in ("schemas", "dataset_card", "loading_script")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }
    assert "synpain_hf/resources/loading_script/synpain.py" in carried
    assert carried <= names
    assert "synpain_hf/py.typed" in names
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"synpain_hf"}
    assert not {name for name in names if "test" in name or "__pycache__" in name}


@pytest.mark.parametrize("script", ["audit_predictions", "own_pairs", "plain_composites", "publish_your_own"])
def test_an_example_runs_where_only_the_wheel_is(venv: Path, tmp_path: Path, script: str) -> None:
    place = shutil.copy(ROOT / "examples" / f"{script}.py", tmp_path)
    told = subprocess.check_output(
        [venv / "python", place, "--help"], cwd=tmp_path, text=True, env=environment(tmp_path)
    )
    assert told.startswith(f"usage: {script}.py")


def test_the_installed_wheel_builds_installs_and_loads_a_release(venv: Path, tmp_path: Path) -> None:
    source, home, place = write_download(tmp_path, 5), tmp_path / "hf-home", tmp_path / "synpain-1.0.0"

    def synpain_hf(*arguments: object) -> str:
        done = subprocess.run(
            [str(venv / "synpain-hf"), *map(str, arguments)],
            cwd=tmp_path,
            env=environment(home),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    synpain_hf("build", source, place, "--version", "1.0.0")
    told = json.loads(synpain_hf("info", place, "--verify", "--json"))
    assert told["pairs"] == {"in": 5, "out": 5, "rejected": 0}
    synpain_hf("install", place)
    loaded = run_elsewhere(LOADS, home=home, folder=tmp_path, python=str(venv / "python"))
    assert loaded["rows"] == told["configurations"]["default"]
    assert not loaded["imported"]
    assert Path(loaded["place"]).is_relative_to(venv.parent)
