"""What is frozen stays as it is, and what cannot be trained is frozen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from transformers import MobileViTConfig, PreTrainedConfig, ViTMAEConfig

from synpain_hf.modeling import PairwisePainConfig, PairwisePainForImageClassification, freeze_unused
from synpain_hf.modeling.pretrained import NETWORKS
from tests.modeling.made import BACKBONES, SIDE, TRANSFORMER, UNITS, of_kind, on_backbone, pairs

UNUSED = {
    "dinov2": {"backbone.embeddings.mask_token"},
    "dinov3": {"backbone.embeddings.mask_token"},
    "clip": {"backbone.post_layernorm.weight", "backbone.post_layernorm.bias"},
}
HEADS: list[dict[str, Any]] = [{}, {"pspi_head": True, "action_units": UNITS}]


def on(config: PreTrainedConfig, **options: Any) -> PairwisePainForImageClassification:
    return PairwisePainForImageClassification(
        PairwisePainConfig(architecture="backbone", backbone_config=config, **options)
    )


def mobile_vit(**options: Any) -> PairwisePainForImageClassification:
    """A backbone with linear layers and batch norms."""
    config = MobileViTConfig(image_size=64, hidden_sizes=[16, 16, 16], neck_hidden_sizes=[8, 8, 8, 8, 8, 8, 24])
    return on(config, **options)


def trained(model: PairwisePainForImageClassification) -> set[str]:
    return {name for name, weight in model.named_parameters() if weight.requires_grad}


def buffers(model: nn.Module) -> dict[str, Tensor]:
    return {name: buffer.clone() for name, buffer in model.named_buffers()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("heads", HEADS)
@pytest.mark.parametrize("kind", ["pwct", "linear", *BACKBONES])
def test_just_the_weights_that_get_no_gradient_are_frozen(kind: str, heads: dict[str, Any]) -> None:
    model = of_kind(kind, **heads)
    unused = freeze_unused(model, *(160, 160) if kind in NETWORKS else (SIDE, SIDE))
    batch = pairs(model, 2)
    targets = {"labels", *(("pspi", "action_units") if heads else ())}
    model(**{name: values for name, values in batch.items() if name in targets or "pixel" in name}).loss.backward()
    assert {name for name, weight in model.named_parameters() if weight.grad is None} == set(unused)
    assert trained(model) == {name for name, _ in model.named_parameters()} - set(unused)
    if kind == "siglip":
        assert unused
        assert all(name.startswith("backbone.head.") for name in unused)
    else:
        assert set(unused) == UNUSED.get(kind, set())


def test_low_rank_updates_stay_trained_though_their_first_gradient_is_zero() -> None:
    model = on_backbone("dinov2", lora={})
    before = trained(model)
    assert freeze_unused(model, SIDE, SIDE) == []
    assert trained(model) == before
    assert any("lora_A" in name for name in before)


@pytest.mark.parametrize("kind", ["mobile_vit", "mae", "pwct"])
def test_looking_for_unused_weights_leaves_all_else_as_it_was(kind: str) -> None:
    kinds = {
        "mobile_vit": (mobile_vit, 64),
        "mae": (lambda: on(ViTMAEConfig(**TRANSFORMER)), SIDE),  # draws random numbers
        "pwct": (lambda: of_kind("pwct"), 160),
    }
    make, side = kinds[kind]
    model = make()
    first = next(model.parameters())
    first.grad = torch.ones_like(first)
    model.train()
    next(model.children()).eval()
    modes = [module.training for module in model.modules()]
    weights, statistics = {name: weight.clone() for name, weight in model.state_dict().items()}, buffers(model)
    random = torch.get_rng_state()
    with torch.no_grad():
        freeze_unused(model, side, side)
    assert torch.equal(torch.get_rng_state(), random)
    assert [module.training for module in model.modules()] == modes
    assert same(model.state_dict(), weights)
    assert same(buffers(model), statistics)
    assert [weight.grad is not None for weight in model.parameters()] == [
        weight is first for weight in model.parameters()
    ]
    assert torch.equal(first.grad, torch.ones_like(first))


def test_after_a_size_that_the_model_does_not_take_it_trains_on() -> None:
    model = on_backbone().train()
    with pytest.raises(ValueError, match="doesn't match model"):
        freeze_unused(model, SIDE + 8, SIDE)
    assert all(module.training for module in model.modules())


def test_several_processes_can_train_with_gradient_checkpointing(tmp_path: Path) -> None:
    torch.distributed.init_process_group("gloo", init_method=(tmp_path / "meet").as_uri(), rank=0, world_size=1)
    try:
        model = on_backbone("dinov2").train()
        freeze_unused(model, SIDE, SIDE)
        model.gradient_checkpointing_enable()
        parallel = DistributedDataParallel(model, find_unused_parameters=False)
        batch = pairs(model, 2)
        del batch["pspi"], batch["action_units"]
        for _ in range(2):  # what is missing in the first step is told in the second
            parallel(**batch).loss.backward()
        del parallel  # where it goes after the group, it ends the threads of gloo, and may hang
    finally:
        torch.distributed.destroy_process_group()
    assert all(weight.grad is not None for weight in model.parameters() if weight.requires_grad)


@pytest.mark.parametrize("loaded", [False, True])
def test_with_lora_the_statistics_of_batch_norms_are_frozen_too(loaded: bool, tmp_path: Path) -> None:
    model = mobile_vit(lora={})
    assert model.training
    if loaded:
        model.save_pretrained(tmp_path)
        model = PairwisePainForImageClassification.from_pretrained(tmp_path).train()
    before = buffers(model)
    assert any(name.endswith("running_mean") for name in before)
    for _ in range(2):
        model(torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64), labels=torch.tensor([0, 1])).loss.backward()
        assert same(buffers(model), before)
        model.eval()
        model.train()
    assert all(module.training for module in model.backbone.modules() if isinstance(module, nn.Dropout))


def test_with_lora_on_pretrained_weights_the_statistics_are_frozen_too(tmp_path: Path) -> None:
    mobile_vit().backbone.save_pretrained(tmp_path)
    model = PairwisePainForImageClassification.from_backbone_pretrained(tmp_path, lora={})
    before = buffers(model)
    model(torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64))
    assert same(buffers(model), before)


def test_without_lora_batch_norms_learn_their_statistics() -> None:
    model = mobile_vit()
    before = buffers(model)
    model(torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64))
    assert not same(buffers(model), before)
