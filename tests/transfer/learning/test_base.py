"""A base is found, and refused where it is none, before anything of it is loaded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub.utils import filter_repo_objects  # type: ignore[attr-defined]

from synpain_hf.errors import DownloadError, UsageError
from synpain_hf.generation.transfer.methods.learned.base import Base, find_base
from synpain_hf.generation.transfer.methods.learned.layout import FILES
from tests.transfer.learning.stable_diffusion import write_json, write_without_weights


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of Stable Diffusion 1.5, without its weights."""
    return write_without_weights(tmp_path / "sd15")


def test_stable_diffusion_is_a_base(folder: Path) -> None:
    layout = {"cross_attention_dim": 768, "block_out_channels": [320, 640, 1280, 1280], "layers_per_block": 2}
    assert find_base(str(folder)) == Base("sd15", folder, "epsilon", has_checker=True, is_on_hub=False, layout=layout)


def test_what_a_scheduler_says_that_is_predicted_is_known(folder: Path) -> None:
    _change("scheduler/scheduler_config.json", prediction_type="v_prediction")(folder)
    assert find_base(str(folder)).predicts == "v_prediction"


@pytest.mark.parametrize("entry", [[None, None], None])
def test_a_base_may_lack_a_safety_checker(folder: Path, entry: object) -> None:
    _change("model_index.json", safety_checker=entry)(folder)
    shutil.rmtree(folder / "safety_checker")
    assert not find_base(str(folder)).has_checker


def test_weights_in_several_files_are_taken_from_their_folder_alone(folder: Path) -> None:
    parts = [f"diffusion_pytorch_model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    (folder / "unet" / "diffusion_pytorch_model.safetensors").rename(folder / "unet" / parts[0])
    index = folder / "unet" / "diffusion_pytorch_model.safetensors.index.json"
    write_json(index, {"weight_map": {"conv_in.weight": parts[0], "conv_out.weight": parts[1]}})
    with pytest.raises(UsageError, match=r"-00002-of-00002\.safetensors cannot be read \(it is not there\)"):
        find_base(str(folder))
    (folder / "unet" / parts[1]).touch()
    assert find_base(str(folder)).has_checker
    for elsewhere in ("../vae/diffusion_pytorch_model.safetensors", ["x"], None):
        write_json(index, {"weight_map": {"conv_in.weight": elsewhere}})
        with pytest.raises(UsageError, match="names files elsewhere"):
            find_base(str(folder))


def test_the_digest_is_of_weights_and_configurations(folder: Path) -> None:
    before = find_base(str(folder)).digest()
    (folder / "README.md").write_text("changed")
    (folder / "unet" / "diffusion_pytorch_model.fp16.bin").write_text("not read")
    assert find_base(str(folder)).digest() == before
    (folder / "vae" / "diffusion_pytorch_model.safetensors").write_text("others")
    assert find_base(str(folder)).digest() != before


def _change(name: str, **changed: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        write_json(folder / name, {**json.loads((folder / name).read_text()), **changed})

    return change


def _pickled(folder: Path) -> None:
    weights = folder / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda folder: (folder / "model_index.json").unlink(), r"has no model_index\.json; give Stable Diffusion"),
        (lambda folder: (folder / "model_index.json").write_text("[1"), r"model_index\.json cannot be read .*; fetch"),
        (lambda folder: (folder / "model_index.json").write_text("[1]"), r"cannot be read \(it holds no names\)"),
        (lambda folder: (folder / "unet" / "config.json").write_text(" " * 2**21), r"unet/config\.json .* too large"),
        (lambda folder: (folder / "vae" / "config.json").unlink(), r"which has no vae/config\.json"),
        (_change("model_index.json", _class_name="StableDiffusionXLPipeline"), "a StableDiffusionXLPipeline, which"),
        (_change("model_index.json", _class_name=["pipeline", "Custom"]), "cannot steer"),
        (_change("unet/config.json", in_channels=9), r"its unet with in_channels 9\); give Stable Diffusion 1 or 2"),
        (_change("unet/config.json", cross_attention_dim=1024), "unet and text_encoder of different widths"),
        (_change("unet/config.json", cross_attention_dim=[768]), "of different widths"),
        (_change("unet/config.json", addition_embed_type="text_time"), "with addition_embed_type text_time"),
        (_change("unet/config.json", block_out_channels=5), "unet without block_out_channels"),
        (_change("vae/config.json", block_out_channels=[128, 256, 512]), "does not make one of 8 pixels"),
        (_change("text_encoder/config.json", model_type="t5"), "text_encoder with model_type t5"),
        (_change("scheduler/scheduler_config.json", prediction_type="sample"), "with prediction_type sample"),
        (_pickled, r"unet has no diffusion_pytorch_model\.safetensors, and other forms of weights can run code"),
    ],
)  # fmt: skip
def test_what_is_no_base_is_refused(folder: Path, damage: Callable[[Path], Any], told: str) -> None:
    damage(folder)
    with pytest.raises(UsageError, match=told) as refused:
        find_base(str(folder))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["nowhere", "./a/b/c", "model.safetensors"])
def test_what_is_nowhere_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="neither a folder nor an id on the Hub"):
        find_base(name)


def test_of_a_repository_no_more_is_fetched_than_is_read() -> None:
    read = [
        *("model_index.json", "scheduler/scheduler_config.json", "tokenizer/merges.txt", "tokenizer/vocab.json"),
        *("text_encoder/config.json", "text_encoder/model.safetensors", "unet/config.json", "vae/config.json"),
        *("unet/diffusion_pytorch_model.safetensors", "vae/diffusion_pytorch_model.safetensors"),
        *("safety_checker/config.json", "safety_checker/model.safetensors"),
        *(f"unet/diffusion_pytorch_model{end}" for end in ("-00001-of-00002.safetensors", ".safetensors.index.json")),
    ]
    others = [
        *("v1-5-pruned.ckpt", "v1-5-pruned-emaonly.safetensors", "README.md", "unet/diffusion_pytorch_model.bin"),
        *("unet/diffusion_pytorch_model.fp16.safetensors", "unet/diffusion_pytorch_model.non_ema.safetensors"),
        *("text_encoder/pytorch_model.bin", "text_encoder/model.fp16.safetensors", "unet/modeling.py"),
    ]
    assert list(filter_repo_objects([*read, *others], allow_patterns=list(FILES))) == read


@pytest.mark.slow
def test_one_that_another_program_left_in_the_cache_is_found_offline(folder: Path, tmp_path: Path) -> None:
    repository = tmp_path / "home" / "hub" / "models--lab--base"
    commit = 40 * "a"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text(commit)
    shutil.copytree(folder, repository / "snapshots" / commit)
    program = (
        "from synpain_hf.generation.transfer.methods.learned.base import find_base; print(find_base('lab/base').title)"
    )
    environment = {**os.environ, "HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"}
    environment.pop("HF_HUB_CACHE", None)
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == f"lab/base {commit}\n", done.stderr


def test_one_that_is_not_in_the_cache_cannot_be_had_offline() -> None:
    with pytest.raises(DownloadError, match=r"downloading lab/base failed: .*HF_HUB_OFFLINE is set; unset it"):
        find_base("lab/base")
