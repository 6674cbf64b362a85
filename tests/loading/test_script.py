"""The loading script serves users whose `datasets` still runs scripts."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from datasets import config, load_dataset

import synpain_hf
from synpain_hf.configurations import CONFIGURATIONS
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.resources import resource
from tests.loading.elsewhere import run_elsewhere, tables
from tests.loading.making import FACE, Part, turned_folds
from tests.release.persons import some_persons, written

SCRIPT = resource("loading_script/synpain.py").resolve()

OLD_DATASETS = ("datasets==3.6.0", "huggingface_hub==0.36.2", "pandas==2.3.3", "pillow==12.0.0", "pyarrow==21.0.0")

LOADS = """
import hashlib, json, sys
import datasets
datasets.disable_progress_bars()
script, release, *configurations = sys.argv[1:]
def digest(rows):
    columns = rows.with_format("arrow")[:].to_pydict()
    return hashlib.sha256(repr(columns).encode()).hexdigest()
loaded = {}
for name in configurations:
    given = {"data_dir": release, "trust_remote_code": True}
    splits = datasets.load_dataset(script, name, **given)
    stream = datasets.load_dataset(script, name, streaming=True, **given)
    loaded[name] = {
        "rows": {split: digest(rows) for split, rows in splits.items()},
        "columns": {split: rows.column_names for split, rows in splits.items()},
        "features": {split: rows.features.to_dict() for split, rows in splits.items()},
        "streamed": {split: [row["pair_id"] for row in rows] for split, rows in stream.items()},
        "streamed features": {split: rows.features.to_dict() for split, rows in stream.items()},
        "streamed face": next(iter(next(iter(stream.values()))))["neutral"].tobytes().hex(),
    }
print(json.dumps(loaded))
"""

FAILS = """
import json, sys
import datasets
script, configuration, *release = sys.argv[1:]
try:
    datasets.load_dataset(script, configuration, data_dir=release[0] if release else None, trust_remote_code=True)
except Exception as error:
    while error.__cause__ is not None:
        error = error.__cause__
    print(json.dumps(str(error)))
"""

PREPARES_WITH_TWO_PROCESSES = """
import json, sys
import datasets
script, release = sys.argv[1:]
if __name__ == "__main__":
    given = {"data_dir": release, "trust_remote_code": True, "split": "train"}
    both = [
        datasets.load_dataset(script, "all", num_proc=number, cache_dir=f"cache-{number}", **given)
        for number in (1, 2)
    ]
    print(json.dumps([list(rows["pair_id"]) for rows in both]))
"""

LISTS = """
import json, sys
import datasets
print(json.dumps(datasets.get_dataset_config_names(sys.argv[1], trust_remote_code=True)))
"""

LOADS_THE_INSTALLED = """
import json
import datasets
print(json.dumps({split: list(rows["pair_id"]) for split, rows in datasets.load_dataset("synpain").items()}))
"""


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of a virtual environment with an old `datasets`, and without this package."""
    venv = tmp_path_factory.mktemp("old-datasets") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    python = str(venv / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *OLD_DATASETS], check=True)
    return python


def test_the_script_names_every_configuration_of_the_pairs() -> None:
    spec = importlib.util.spec_from_file_location("script", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert tuple(CONFIGURATIONS) == script.CONFIGURATIONS


@pytest.mark.slow
class TestWithAnOldDatasets:
    def test_rows_columns_and_order_are_those_of_loading_by_path(
        self, python: str, small: Release, tmp_path: Path
    ) -> None:
        names = ("default", "cv_3", "all", "by_ethnicity", "only_old", "without_black")
        found = run_elsewhere(LOADS, SCRIPT, small.folder, *names, home=tmp_path, folder=tmp_path, python=python)
        assert found == {name: expected(small, name) for name in names}

    def test_persons_and_unknown_groups_are_those_of_loading_by_path(self, python: str, tmp_path: Path) -> None:
        release = build(written(tmp_path, some_persons()), tmp_path / "release", version="1.0.0")
        names = ("default", "loso", "by_gender")
        found = run_elsewhere(LOADS, SCRIPT, release.folder, *names, home=tmp_path, folder=tmp_path, python=python)
        assert found == {name: expected(release, name) for name in names}
        assert set(found["loso"]["columns"]) == {f"person_p{number}" for number in range(8)}

    def test_every_configuration_can_be_asked_for(self, python: str, tmp_path: Path) -> None:
        listed = run_elsewhere(LISTS, SCRIPT, home=tmp_path, folder=tmp_path, python=python)
        assert listed == [*CONFIGURATIONS]

    def test_two_processes_prepare_the_same_rows(self, python: str, small: Release, tmp_path: Path) -> None:
        alone, together = run_elsewhere(
            PREPARES_WITH_TWO_PROCESSES, SCRIPT, small.folder, home=tmp_path, folder=tmp_path, python=python
        )
        assert alone == together
        assert len(alone) == 40

    def test_a_rebuild_in_the_same_place_gives_its_own_rows(self, python: str, part: Part, tmp_path: Path) -> None:
        source, place = part(tmp_path / "download", 5), tmp_path / "release"
        found = []
        for folds in (None, turned_folds(source, tmp_path / "folds.txt")):
            shutil.rmtree(place, ignore_errors=True)
            release = build(source, place, version="1.0.0", image_size=FACE, folds=folds)
            found.append(run_elsewhere(LOADS, SCRIPT, place, "default", home=tmp_path, folder=tmp_path, python=python))
            assert found[-1] == {"default": expected(release, "default")}
        assert found[0] != found[1]

    @pytest.mark.parametrize(
        ("fault", "told"),
        [
            ("no data_dir", 'add data_dir="path/to/release" to load_dataset'),
            ("no release", "is not a release (it has no release.json); give a folder that `build` wrote"),
            ("file changed", "was lost or changed after the build; build or download the release again"),
            ("file lost", "was lost or changed after the build; build or download the release again"),
            ("no pairs", "release 1.1.0 has no pairs in only_woman; choose one of default, cv_0"),
        ],
    )
    def test_a_fault_is_told_with_its_remedy(
        self, python: str, newer: Release, tmp_path: Path, fault: str, told: str
    ) -> None:
        place = tmp_path / "release"
        shutil.copytree(newer.folder, place)
        configuration = "all"
        if fault == "no release":
            (place / "release.json").unlink()
        elif fault == "file changed":
            with (place / newer.partitions[-1].path).open("ab") as file:
                file.write(b"more")
        elif fault == "file lost":
            (place / newer.partitions[-1].path).unlink()
        elif fault == "no pairs":
            configuration = "only_woman"
        arguments = [SCRIPT, configuration, *([place] if fault != "no data_dir" else [])]
        assert told in run_elsewhere(FAILS, *arguments, home=tmp_path, folder=tmp_path, python=python)

    def test_an_installed_release_answers_there_too(
        self, python: str, small: Release, caches: Path, tmp_path: Path
    ) -> None:
        synpain_hf.install(small.folder)
        assert caches == config.HF_DATASETS_CACHE
        found = run_elsewhere(LOADS_THE_INSTALLED, home=caches.parent, folder=tmp_path, python=python)
        assert found == {split: list(rows["pair_id"]) for split, rows in load_dataset("synpain").items()}


def expected(release: Release, name: str) -> dict[str, Any]:
    """What loading the release by its path gives."""
    loaded = load_dataset(str(release.folder), name, cache_dir=str(release.folder.parent / "by-path"))
    features = {split: rows.features.to_dict() for split, rows in loaded.items()}
    first = next(iter(loaded.values()))
    return {
        "rows": {
            split: hashlib.sha256(repr(columns).encode()).hexdigest() for split, columns in tables(loaded).items()
        },
        "columns": {split: rows.column_names for split, rows in loaded.items()},
        "features": features,
        "streamed": {split: list(rows["pair_id"]) for split, rows in loaded.items()},
        "streamed features": features,
        "streamed face": first[0]["neutral"].tobytes().hex(),
    }
