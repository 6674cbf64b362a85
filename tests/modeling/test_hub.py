"""A model goes to the Hub, and comes back from it in another project."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from synpain_hf.modeling import PairwisePainImageProcessor
from tests.hub import WRITER, Hub
from tests.modeling.made import SIDE, on_backbone, picture

REPO_ID = "maker/pairwise"
PUSH = """
import sys
from synpain_hf.modeling import PairwisePainForImageClassification, PairwisePainImageProcessor
folder, repo_id = sys.argv[1:]
PairwisePainForImageClassification.from_pretrained(folder).push_to_hub(repo_id, private=True)
PairwisePainImageProcessor.from_pretrained(folder).push_to_hub(repo_id)
"""
PULL = """
import sys
import synpain_hf.modeling
from PIL import Image
from transformers import pipeline
judge = pipeline("pairwise-pain-classification", model=sys.argv[1], device="cpu")
print([score["score"] for score in judge(image=sys.argv[2], reference=sys.argv[3])])
"""


def run(hub: Hub, program: str, *arguments: str | Path, home: Path) -> str:
    """A program of its own: `huggingface_hub` reads its settings when it is imported."""
    settings = {"HF_ENDPOINT": hub.url, "HF_TOKEN": WRITER, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        env={**os.environ, **settings, "HF_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert WRITER not in done.stdout + done.stderr
    assert not done.returncode, done.stderr
    return done.stdout


@pytest.mark.slow
def test_a_model_is_pushed_as_safetensors_and_judges_from_the_hub(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    model = on_backbone(pspi_head=True).eval()
    processor = PairwisePainImageProcessor(size={"height": SIDE, "width": SIDE}, num_channels=3)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    picture(1).save(tmp_path / "pain.png")
    picture(2).save(tmp_path / "neutral.png")
    with Hub() as hub:
        run(hub, PUSH, folder, REPO_ID, home=tmp_path / "one")
        pushed = hub.state.repository("model", REPO_ID)
        assert pushed is not None
        assert pushed.private
        files = pushed.files()
        found = run(hub, PULL, REPO_ID, tmp_path / "pain.png", tmp_path / "neutral.png", home=tmp_path / "two")
    assert {"config.json", "model.safetensors", "preprocessor_config.json"} <= files.keys()
    assert not [path for path in files if path.endswith((".py", ".bin", ".pt"))]
    with torch.no_grad():
        scores = model(**processor(picture(1), picture(2))).logits.softmax(-1)[0]
    assert found == f"{sorted(scores.tolist(), reverse=True)}\n"
