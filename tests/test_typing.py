"""Type checkers know what users of the package call, and what it gives them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import synpain_hf

BEGINNING = """\
from pathlib import Path

import synpain_hf

place, raw = Path("place"), bool("raw")
"""

RIGHT = {
    "__version__": "str",
    'build(["a.zip", place], place, version="1.0.0", name="unbc", on_error="skip")': "Release",
    "demo(place, pairs=2, progress=lambda what, done, total: None)": "Release",
    "demo(place, raw=True)": "Path",
    "demo(place, raw=raw)": "Release | Path",
    'card(place, facts="demo")': "Release",
    "info(place, verify=True)": "dict[str, Any]",
    "diff(place, place)": "Changes",
    "install(place)": "Path",
    "installed()": "list[InstalledRelease]",
    "load": "def (configuration: str =, split: str | None =, *, name: str =) -> Any | Any",
    'amend("r", remove=["rejected.jsonl"])': "Release",
    'annotate(place, "sface", workers=2)': "Annotated",
    'faces(place, "faces", layout="flat")': "Path",
    'import_annotations(place, "openface.csv", on_error="skip")': "Imported",
    'uninstall("unbc")': "str",
    'validate(place, "report", workers=2)': "Validation",
    'publish(place, "me/faces", show=lambda plan: print(plan.new))': "Publication",
    'publish_metric("me/metric")': "Publication",
    'evaluate("predictions.csv", groups=["age"])': "Report",
    'compare("a.parquet", "b.parquet", key="pair_id")': "Report",
    'predict("model", place, split="test")': "Any",
    'rate(place, faces=20, questions=["age"])': "Sheets",
    'ratings(place, ["ann.csv", place], key="key.json")': "Ratings",
    'judge(place, ["neutral.png"], model="model")': "list[dict[str, Any]]",
    'train(place, out="model")': "TrainingResult",
    'train_transfer(place, "refiner", steps=5)': "TrainedTransfer",
    'transfer(place, "release", "out", same=["gender"])': "Transfer",
    'transfer_report(place, "oracle", drivers="release", out=place)': "TransferReport",
    'cross_validate(place, out="models")': "CrossValidation",
    'experiment("cross-validation", place, seeds=[1, 2])': "Experiment",
}
"""What each public name gives, as `reveal_type` says it, without the names of modules."""

WRONG = {
    'build("SynPain", "out")': "call-arg",
    'build("SynPain", "out", version=1)': "arg-type",
    'demo("out", raw=True).manifest': "attr-defined",
    'demo("out").exists()': "attr-defined",
    'load("cv_0", "train", "more")': "call-arg",
    'publish("out", "me/faces", privat=True)': "call-arg",
    "no_such_name": "attr-defined",
}

SETTINGS = """\
[mypy]
strict = true

[mypy-PIL.*,datasets.*,huggingface_hub.*,matplotlib.*,numpy.*,pandas.*,scipy.*,torch.*,transformers.*]
follow_imports = skip
"""
"""Those of a user who is strict; libraries that would take a minute to read are left out."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What mypy tells of two scripts of a user's, in a folder where nothing of this repository is."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "mypy.ini").write_text(SETTINGS)
    (folder / "right.py").write_text(BEGINNING + "\n".join(f"reveal_type(synpain_hf.{line})" for line in RIGHT))
    (folder / "wrong.py").write_text(BEGINNING + "\n".join(f"synpain_hf.{line}" for line in WRONG))
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "right.py", "wrong.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.mark.slow
def test_a_users_script_is_checked_against_every_public_name(told: str) -> None:
    types = re.findall(r'^right\.py:\d+: note: Revealed type is "(.*)"$', told, re.MULTILINE)
    assert [re.sub(r"\w+\.", "", name) for name in types] == list(RIGHT.values())
    assert "right.py" not in re.sub(r"right\.py:\d+: note", "", told)
    assert {line.partition("(")[0] for line in RIGHT} == set(synpain_hf.__all__)


@pytest.mark.slow
def test_a_wrong_call_is_an_error(told: str) -> None:
    errors = re.findall(r"^wrong\.py:(\d+): error: .*\[(.*)\]$", told, re.MULTILINE)
    first = BEGINNING.count("\n") + 1
    assert errors == [(str(line), code) for line, code in enumerate(WRONG.values(), first)]


def test_what_type_checkers_read_is_what_python_imports() -> None:
    body = ast.parse(Path(synpain_hf.__file__).read_text(encoding="utf-8")).body
    homes, names = (
        ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("_HOMES", "__all__")
    )
    (for_checkers,) = (node for node in body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    read = {
        alias.name: node.module
        for node in for_checkers.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert read == homes
    assert sorted(read) == [name for name in names if name != "__version__"]
