"""A Stable Diffusion 1.5 of the smallest size, with random weights, in the files that the published one has."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Any

from synpain_hf.storage import sha256_of
from tests.transfer.learning.stable_diffusion import INDEX, SCHEDULER, Configuration, write_json

WIDTH = 16
SIDE = 64

UNET: Configuration = {
    "sample_size": SIDE // 8,
    "block_out_channels": (8, 16),
    "layers_per_block": 1,
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    "cross_attention_dim": WIDTH,
    "attention_head_dim": 2,
    "norm_num_groups": 4,
}

VAE: Configuration = {
    "sample_size": SIDE,
    "block_out_channels": (4, 4, 8, 8),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "norm_num_groups": 4,
}

TEXT_ENCODER: Configuration = {
    "hidden_size": WIDTH,
    "intermediate_size": 2 * WIDTH,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}

PUBLISHED_NAMES = {
    "vae/diffusion_pytorch_model.safetensors": (
        (r"(mid_block\.attentions\.0)\.to_q", r"\1.query"),
        (r"(mid_block\.attentions\.0)\.to_k", r"\1.key"),
        (r"(mid_block\.attentions\.0)\.to_v", r"\1.value"),
        (r"(mid_block\.attentions\.0)\.to_out\.0", r"\1.proj_attn"),
    ),
    "text_encoder/model.safetensors": ((r"^", "text_model."),),
    "safety_checker/model.safetensors": ((r"^vision_model\.", "vision_model.vision_model."),),
}
"""What tensors are called in published files, where the libraries have other names for them today."""


def make_base(folder: Path, *, checker: bool = False, width: int = WIDTH, predicts: str | None = None) -> Path:
    """Write a base.

    Args:
        folder: A new folder.
        checker: Whether it gets a safety checker, which finds nothing.
        width: Of the embedding of a token.
        predicts: What its scheduler says that it predicts; None for nothing, as in Stable Diffusion 1.5.
    """
    said = SCHEDULER | ({"prediction_type": predicts} if predicts else {})
    write_base(folder, UNET | {"cross_attention_dim": width}, VAE, TEXT_ENCODER | {"hidden_size": width}, said)
    if checker:
        make_checker(folder / "safety_checker", finds=False)
        write_json(folder / "model_index.json", INDEX)
        _rename(folder, "safety_checker/model.safetensors")
    return folder


def write_base(
    folder: Path, unet: Configuration, vae: Configuration, text_encoder: Configuration, scheduler: Configuration
) -> None:
    """Write a base of any size, with random weights, and without a safety checker.

    Args:
        folder: A new folder.
        unet: Its configuration, as for the others.
        vae: Likewise.
        text_encoder: Likewise; `vocab_size` and tokens are those of the tokenizer here.
        scheduler: Likewise.
    """
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    folder.mkdir(parents=True)
    tokens = write_tokenizer(folder / "tokenizer")
    special = {"vocab_size": tokens, "bos_token_id": tokens - 2, "eos_token_id": tokens - 1, "pad_token_id": tokens - 1}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        networks: dict[str, Any] = {
            "unet": UNet2DConditionModel(**unet),
            "vae": AutoencoderKL(**vae),
            "text_encoder": CLIPTextModel(CLIPTextConfig(**{**text_encoder, **special})),
        }
    for name, network in networks.items():
        network.save_pretrained(folder / name)
    _rename(folder, "vae/diffusion_pytorch_model.safetensors")
    _rename(folder, "text_encoder/model.safetensors")
    write_json(folder / "scheduler" / "scheduler_config.json", scheduler)
    write_json(folder / "model_index.json", INDEX | {"safety_checker": [None, None]})


def make_controlnet(folder: Path, base: Path, *, size: int = SIDE) -> Path:
    """Write what `train-transfer` leaves of a ControlNet: one that steers at random."""
    import torch
    from diffusers import ControlNetModel, UNet2DConditionModel

    unet: Any = UNet2DConditionModel.from_pretrained(base / "unet")
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(1)
        controlnet: Any = ControlNetModel.from_unet(unet)
        for weights in controlnet.parameters():
            weights.add_(0.1 * torch.randn_like(weights))  # some are zero before any training
    controlnet.save_pretrained(folder)
    write_json(folder / "learned.json", {"pair_id": ["1"], "identity": ["one"]})
    files = {path.name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in folder.iterdir()}
    release = {"name": "faces", "version": "1.0.0", "kind": "demo", "content": 64 * "0", "shows_people": False}
    about = {
        "method": "controlnet",
        "method_version": 1,
        "size": size,
        "steps": 4,
        "network": {
            name: unet.config[name] for name in ("cross_attention_dim", "block_out_channels", "layers_per_block")
        },
        "base": base.name,
        "learned_from": {**release, "test_fold": 0, "validation_fold": 1, "pairs": 1, "identities": 1},
        "training": {},
        "files": files,
        "made_with": "a test",
    }
    write_json(folder / "transfer_model.json", about)
    return folder


def make_adapter(folder: Path, *, patches: bool = False, width: int = WIDTH) -> Path:
    """Write an IP-Adapter for a base, at random, with its encoder beside it; its file.

    Args:
        folder: A new folder.
        patches: Whether it takes the features of all patches.
        width: Of the base.
    """
    import torch
    from safetensors.torch import save_file

    with torch.random.fork_rng():
        torch.manual_seed(2)
        make_encoder(folder / "image_encoder")
        shapes: dict[str, tuple[int, ...]] = {}
        for number, channels in ((1, 8), (3, 8), (5, 8), (7, 16)):  # of the cross-attentions of the base
            shapes |= {f"ip_adapter.{number}.to_{each}_ip.weight": (channels, width) for each in "kv"}
        if patches:
            shapes |= {f"image_proj.proj.{place}.{each}": shape for place, each, shape in _full(8, width)}
        else:
            shapes |= {"image_proj.proj.weight": (4 * width, 12), "image_proj.proj.bias": (4 * width,)}
            shapes |= {"image_proj.norm.weight": (width,), "image_proj.norm.bias": (width,)}
        save_file({name: torch.randn(shape) for name, shape in shapes.items()}, folder / "ip-adapter.safetensors")
    return folder / "ip-adapter.safetensors"


def make_encoder(folder: Path, seen: int = 8) -> None:
    """Write an encoder of pictures, at random.

    Args:
        folder: A new folder.
        seen: The width of what it sees in a patch; its embedding is wider by half.
    """
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    vision = CLIPVisionConfig(
        hidden_size=seen,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=32,
        patch_size=16,
        projection_dim=seen * 3 // 2,
    )
    CLIPVisionModelWithProjection(vision).save_pretrained(folder)


def _full(seen: int, width: int) -> list[tuple[int, str, tuple[int, ...]]]:
    """The projection of an adapter that takes all patches: two linear layers and a norm."""
    return [
        (0, "weight", (seen, seen)),
        (0, "bias", (seen,)),
        (2, "weight", (width, seen)),
        (2, "bias", (width,)),
        (3, "weight", (width,)),
        (3, "bias", (width,)),
    ]


def make_checker(folder: Path, *, finds: bool) -> None:
    """Write a safety checker that finds something in every picture, or in none."""
    import torch
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPConfig

    small = {"hidden_size": 8, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = {**small, "image_size": 32, "patch_size": 16}
    checker = StableDiffusionSafetyChecker(CLIPConfig(vision_config=vision, text_config=small, projection_dim=8))
    with torch.no_grad():
        for thresholds in (checker.concept_embeds_weights, checker.special_care_embeds_weights):
            thresholds.fill_(-2.0 if finds else 2.0)  # of a cosine
    checker.save_pretrained(folder)


def _rename(folder: Path, file: str) -> None:
    """Give the tensors of a file the names that they have in published ones."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / file)
    for old, new in PUBLISHED_NAMES[file]:
        tensors = {re.sub(old, new, name): tensor for name, tensor in tensors.items()}
    save_file(tensors, folder / file, metadata={"format": "pt"})


def write_tokenizer(folder: Path) -> int:
    """Letters, and words of two of them; the number of tokens."""
    letters = [*string.ascii_lowercase, *string.digits, ",", "."]
    merges = ["p a", "i n</w>"]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "pa", "in</w>", "<|startoftext|>", "<|endoftext|>"]
    write_json(folder / "vocab.json", {token: place for place, token in enumerate(tokens)})
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), encoding="utf-8")
    special = {
        "bos_token": "<|startoftext|>",
        **dict.fromkeys(("eos_token", "pad_token", "unk_token"), "<|endoftext|>"),
    }
    write_json(folder / "special_tokens_map.json", special)
    write_json(
        folder / "tokenizer_config.json", {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, **special}
    )
    return len(tokens)
