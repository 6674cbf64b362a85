"""Stable Diffusion 1.5 and a ControlNet for it, as published: configurations, and the names and shapes of weights."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

Configuration = dict[str, Any]

INDEX: Configuration = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.6.0",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
"""`model_index.json` of stable-diffusion-v1-5."""

SCHEDULER: Configuration = {
    "_class_name": "PNDMScheduler",
    "_diffusers_version": "0.6.0",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "trained_betas": None,
    "clip_sample": False,
}
"""`scheduler/scheduler_config.json`."""

UNET: Configuration = {
    "sample_size": 64,
    "in_channels": 4,
    "out_channels": 4,
    "act_fn": "silu",
    "attention_head_dim": 8,
    "block_out_channels": (320, 640, 1280, 1280),
    "center_input_sample": False,
    "cross_attention_dim": 768,
    "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    "downsample_padding": 1,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "layers_per_block": 2,
    "mid_block_scale_factor": 1,
    "norm_eps": 1e-05,
    "norm_num_groups": 32,
}
"""`unet/config.json`."""

VAE: Configuration = {
    "act_fn": "silu",
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "in_channels": 3,
    "out_channels": 3,
    "latent_channels": 4,
    "layers_per_block": 2,
    "norm_num_groups": 32,
    "sample_size": 512,
}
"""`vae/config.json`."""

TEXT_ENCODER: Configuration = {
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": 77,
    "hidden_act": "quick_gelu",
    "projection_dim": 768,
}
"""`text_encoder/config.json`."""

PARAMETERS = {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480, "controlnet": 361_279_120}
"""How many weights the published files have."""

_CHANNELS = (320, 640, 1280, 1280)
_TEXT, _TIME = 768, 1280
_ZERO_CONVOLUTIONS = (320, 320, 320, 320, 640, 640, 640, 1280, 1280, 1280, 1280, 1280)
_CONDITION = (16, 16, 32, 32, 96, 96, 256)

_WEIGHTS = {
    "unet": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
    "safety_checker": "model",
}

Layout = dict[str, tuple[int, ...]]


def write_without_weights(folder: Path) -> Path:
    """Write the files of Stable Diffusion 1.5 that say what it is; those of its weights are empty."""
    written = {
        "model_index.json": INDEX,
        "unet/config.json": {"_class_name": "UNet2DConditionModel", **UNET},
        "vae/config.json": {"_class_name": "AutoencoderKL", **VAE},
        "text_encoder/config.json": {"model_type": "clip_text_model", **TEXT_ENCODER},
        "scheduler/scheduler_config.json": SCHEDULER,
        "tokenizer/tokenizer_config.json": {"tokenizer_class": "CLIPTokenizer"},
        "safety_checker/config.json": {},
    }
    for name, content in written.items():
        write_json(folder / name, content)
    for part, stem in _WEIGHTS.items():
        (folder / part / f"{stem}.safetensors").touch()
    return folder


def write_json(file: Path, content: object) -> None:
    """Write a JSON file, in a folder that may be new."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")


def controlnet_layout() -> Layout:
    """The tensors of `lllyasviel/control_v11p_sd15_openpose`, `diffusion_pytorch_model.safetensors`."""
    found: Layout = {}
    found |= _convolution("conv_in", 320, 4, 3)
    found |= _linear("time_embedding.linear_1", _TIME, 320) | _linear("time_embedding.linear_2", _TIME, _TIME)
    found |= _convolution("controlnet_cond_embedding.conv_in", 16, 3, 3)
    for place, (into, out) in enumerate(pairwise(_CONDITION)):
        found |= _convolution(f"controlnet_cond_embedding.blocks.{place}", out, into, 3)
    found |= _convolution("controlnet_cond_embedding.conv_out", 320, 256, 3)
    for place, channels in enumerate(_ZERO_CONVOLUTIONS):
        found |= _convolution(f"controlnet_down_blocks.{place}", channels, channels, 1)
    found |= _convolution("controlnet_mid_block", 1280, 1280, 1)
    for place, (into, out) in enumerate(zip((320, *_CHANNELS), _CHANNELS, strict=False)):
        for number in range(2):
            found |= _resnet(f"down_blocks.{place}.resnets.{number}", out if number else into, out)
            if place < 3:
                found |= _attention(f"down_blocks.{place}.attentions.{number}", out)
        if place < 3:
            found |= _convolution(f"down_blocks.{place}.downsamplers.0.conv", out, out, 3)
    for number in range(2):
        found |= _resnet(f"mid_block.resnets.{number}", 1280, 1280)
    return found | _attention("mid_block.attentions.0", 1280)


def _resnet(name: str, into: int, out: int) -> Layout:
    found = _norm(f"{name}.norm1", into) | _convolution(f"{name}.conv1", out, into, 3)
    found |= _linear(f"{name}.time_emb_proj", out, _TIME)
    found |= _norm(f"{name}.norm2", out) | _convolution(f"{name}.conv2", out, out, 3)
    return found | (_convolution(f"{name}.conv_shortcut", out, into, 1) if into != out else {})


def _attention(name: str, width: int) -> Layout:
    found = _norm(f"{name}.norm", width)
    found |= _convolution(f"{name}.proj_in", width, width, 1) | _convolution(f"{name}.proj_out", width, width, 1)
    block = f"{name}.transformer_blocks.0"
    for number in (1, 2, 3):
        found |= _norm(f"{block}.norm{number}", width)
    for attention, source in (("attn1", width), ("attn2", _TEXT)):
        found[f"{block}.{attention}.to_q.weight"] = (width, width)
        found[f"{block}.{attention}.to_k.weight"] = (width, source)
        found[f"{block}.{attention}.to_v.weight"] = (width, source)
        found |= _linear(f"{block}.{attention}.to_out.0", width, width)
    return found | _linear(f"{block}.ff.net.0.proj", 8 * width, width) | _linear(f"{block}.ff.net.2", width, 4 * width)


def _convolution(name: str, out: int, into: int, side: int) -> Layout:
    return {f"{name}.weight": (out, into, side, side), f"{name}.bias": (out,)}


def _linear(name: str, out: int, into: int) -> Layout:
    return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}


def _norm(name: str, width: int) -> Layout:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}
