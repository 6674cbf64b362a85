"""Checkpoints of Stable Diffusion 1.5, and of ControlNets for it, fit what is made and opened here, without weights."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, ControlNetModel, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from synpain_hf.generation.transfer.methods.learned.base import check_fit, find_base
from synpain_hf.generation.transfer.methods.learned.folder import WEIGHTS, TransferModel
from synpain_hf.generation.transfer.methods.learned.parts import Parts, controlnet_of
from tests.transfer.learning import stable_diffusion
from tests.transfer.learning.stable_diffusion import Layout
from tests.transfer.learning.tiny_base import PUBLISHED_NAMES, write_tokenizer

pytestmark = pytest.mark.slow

CPU, HALF = torch.device("cpu"), torch.float16


@pytest.fixture(scope="module")
def networks() -> Mapping[str, Any]:
    """The networks of Stable Diffusion 1.5, and a ControlNet for it, without memory for their weights."""
    with torch.device("meta"):
        unet: Any = UNet2DConditionModel(**stable_diffusion.UNET)
        return {
            "unet": unet,
            "vae": AutoencoderKL(**stable_diffusion.VAE),
            "text_encoder": CLIPTextModel(CLIPTextConfig(**stable_diffusion.TEXT_ENCODER)),
            "controlnet": ControlNetModel.from_unet(unet),
        }


def test_a_controlnet_of_stable_diffusion_has_the_names_and_shapes_of_published_ones(
    networks: Mapping[str, Any],
) -> None:
    counted = {name: sum(each.numel() for each in one.parameters()) for name, one in networks.items()}
    assert counted == stable_diffusion.PARAMETERS
    assert layout_of(networks["controlnet"]) == stable_diffusion.controlnet_layout()


def test_files_with_the_published_names_are_opened(networks: Mapping[str, Any], tmp_path: Path) -> None:
    base = stable_diffusion.write_without_weights(tmp_path / "base")
    write_tokenizer(base / "tokenizer")
    for file in ("unet/diffusion_pytorch_model.safetensors", *PUBLISHED_NAMES):
        part = file.partition("/")[0]
        if part in networks:
            write_zeros(base / file, published(file, layout_of(networks[part])))
    found = find_base(str(base))
    parts = Parts.of(found, CPU, HALF)
    for part in ("unet", "vae", "text_encoder"):
        assert layout_of(getattr(parts, part)) == layout_of(networks[part])
    write_zeros(tmp_path / WEIGHTS, stable_diffusion.controlnet_layout())
    controlnet = controlnet_of(TransferModel(tmp_path, {"files": {WEIGHTS: {}}}, ""), parts)
    assert layout_of(controlnet) == stable_diffusion.controlnet_layout()
    check_fit(found, controlnet.config, 512)


def layout_of(network: Any) -> Layout:
    """The names and shapes of the weights of a network."""
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def published(file: str, layout: Layout) -> Layout:
    """The same, by the names that published files have."""
    for old, new in PUBLISHED_NAMES.get(file, ()):
        layout = {re.sub(old, new, name): shape for name, shape in layout.items()}
    return layout


def write_zeros(file: Path, layout: Layout) -> None:
    """Write tensors of zeros in half precision, which take no room on the disk."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in layout.items():
        begin, end = end, end + 2 * math.prod(shape)
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [begin, end]}
    data = json.dumps(header).encode()
    with file.open("wb") as opened:
        opened.write(len(data).to_bytes(8, "little") + data)
        opened.truncate(8 + len(data) + end)
