"""Checkpoints of Stable Diffusion 1.5, and of ControlNets for it, have the names and shapes of what is made here."""

from __future__ import annotations

import pytest

from tests.transfer.learning import stable_diffusion

pytestmark = pytest.mark.slow


def test_a_controlnet_of_stable_diffusion_has_the_names_and_shapes_of_published_ones() -> None:
    import torch
    from diffusers import AutoencoderKL, ControlNetModel, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    with torch.device("meta"):
        unet = UNet2DConditionModel(**stable_diffusion.UNET)
        networks = {
            "unet": unet,
            "vae": AutoencoderKL(**stable_diffusion.VAE),
            "text_encoder": CLIPTextModel(CLIPTextConfig(**stable_diffusion.TEXT_ENCODER)),
            "controlnet": ControlNetModel.from_unet(unet),
        }
    counted = {name: sum(each.numel() for each in one.parameters()) for name, one in networks.items()}
    assert counted == stable_diffusion.PARAMETERS
    found = {name: tuple(tensor.shape) for name, tensor in networks["controlnet"].state_dict().items()}
    assert found == stable_diffusion.controlnet_layout()
