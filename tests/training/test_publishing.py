"""What a training leaves is published as it stands, and judges from the Hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from synpain_hf.release.release import Release
from tests.hub import WRITER, Hub
from tests.training.small import trained

REPO_ID = "maker/pairwise"
JUDGE = """
import json, sys
import synpain_hf.modeling
from datasets import load_dataset
from transformers import pipeline
pair = load_dataset(sys.argv[2], split="test")[0]
judge = pipeline("pairwise-pain-classification", model=sys.argv[1], device="cpu")
print(json.dumps(judge(image=pair["expressive"], reference=pair["neutral"])))
"""


@pytest.mark.slow
def test_the_folder_is_uploaded_with_its_card_and_judges_from_the_hub(faces: Release, tmp_path: Path) -> None:
    out = trained(faces, tmp_path).out
    hf = Path(sys.executable).with_name("hf")
    with Hub() as hub:
        settings = {"HF_ENDPOINT": hub.url, "HF_TOKEN": WRITER, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
        environment = {**os.environ, **settings, "HF_HOME": str(tmp_path / "elsewhere")}
        judged = []
        for command in (
            [str(hf), "upload", REPO_ID, str(out)],
            [sys.executable, "-c", JUDGE, REPO_ID, str(faces.folder)],
            [sys.executable, "-c", JUDGE, str(out), str(faces.folder)],
        ):
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
            assert done.returncode == 0, done.stderr
            assert WRITER not in done.stdout + done.stderr
            judged.append(done.stdout)
        repository = hub.state.repository("model", REPO_ID)
        assert repository is not None
        files = repository.files()
    assert json.loads(judged[1]) == json.loads(judged[2])
    assert files.keys() >= {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert not [name for name in files if name.endswith((".bin", ".pt", ".py", ".lock"))]
    assert "AUROC" in ModelCard.load(out / "README.md").text
