"""Small models, pairs that can be told apart, and pictures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from transformers import (
    CLIPVisionConfig,
    ConvNextConfig,
    Dinov2Config,
    DINOv3ViTConfig,
    PreTrainedConfig,
    ResNetConfig,
    SiglipVisionConfig,
    ViTConfig,
)

from synpain_hf.modeling import PairwisePainConfig, PairwisePainForImageClassification
from synpain_hf.modeling.pretrained import NETWORKS

UNITS = ["AU4", "AU6", "AU43"]
SIDE = 32

TRANSFORMER: dict[str, Any] = {
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "image_size": SIDE,
    "patch_size": 8,
}

BACKBONES: dict[str, Callable[[], PreTrainedConfig]] = {
    "vit": lambda: ViTConfig(
        initializer_range=0.1,  # 0.02 is for widths of hundreds
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=SIDE,
        patch_size=8,
    ),
    "dinov2": lambda: Dinov2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=SIDE, patch_size=8
    ),
    "dinov3": lambda: DINOv3ViTConfig(**TRANSFORMER, num_register_tokens=2),
    "clip": lambda: CLIPVisionConfig(**TRANSFORMER),
    "siglip": lambda: SiglipVisionConfig(**TRANSFORMER),
    "convnext": lambda: ConvNextConfig(num_stages=2, hidden_sizes=[8, 16], depths=[1, 1], layer_scale_init_value=0.1),
    "resnet": lambda: ResNetConfig(embedding_size=8, hidden_sizes=[8, 16], depths=[1, 1], layer_type="basic"),
}


def pwct(**config: Any) -> PairwisePainForImageClassification:
    return PairwisePainForImageClassification(PairwisePainConfig(**config))


def on_backbone(backbone: str = "vit", **config: Any) -> PairwisePainForImageClassification:
    config.setdefault("initializer_range", 0.1)
    return PairwisePainForImageClassification(
        PairwisePainConfig(architecture="backbone", backbone_config=BACKBONES[backbone](), **config)
    )


def of_kind(kind: str, **config: Any) -> PairwisePainForImageClassification:
    """`pwct`, `linear`, or a model on the backbone of this name."""
    return pwct(architecture=kind, **config) if kind in NETWORKS else on_backbone(kind, **config)


def faces(model: PairwisePainForImageClassification, count: int = 2, *references: int) -> tuple[Tensor, Tensor]:
    """Noise that the model takes for faces and their references."""
    shape = (1, 160, 160) if model.network is not None else (3, SIDE, SIDE)
    return torch.rand(count, *shape), torch.rand(count, *references, *shape)


def pairs(model: PairwisePainForImageClassification, count: int) -> dict[str, Tensor]:
    """Pairs whose expressive face has a bright bar, above for pain and below for none, and all their targets."""
    neutral = torch.rand_like(faces(model, count)[0]) / 2
    expressive, labels = neutral.clone(), torch.arange(count) % 2
    side = neutral.shape[-1]
    expressive[labels == 1, :, side // 8 : side * 3 // 8] += 0.5
    expressive[labels == 0, :, side * 5 // 8 : side * 7 // 8] += 0.5
    pain = labels.float()
    return {
        "pixel_values": expressive,
        "reference_pixel_values": neutral,
        "labels": labels,
        "pspi": 6 * pain,
        "action_units": torch.stack([3 * pain, 2 * pain, pain], dim=-1),
    }


def picture(seed: int = 0, width: int = 90, height: int = 100, mode: str = "RGB") -> Image.Image:
    shape = (height, width, 3)
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)).convert(mode)
