"""The model runs compiled, checkpointed, in half precision and in replicas, and gives the same answers."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from synpain_hf.errors import UsageError
from synpain_hf.modeling import PairwisePainForImageClassification
from tests.modeling.made import UNITS, faces, of_kind, on_backbone, pairs


def gradients(model: PairwisePainForImageClassification) -> dict[str, Tensor]:
    return {name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None}


@pytest.mark.parametrize("kind", ["pwct", "linear", "vit", "convnext"])
@pytest.mark.slow
def test_it_compiles_as_one_graph(kind: str) -> None:
    torch.compiler.reset()
    model = of_kind(kind, pspi_head=True, action_units=UNITS).eval()
    batch = pairs(model, 2)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    found, expected = compiled(**batch), model(**batch)
    torch.testing.assert_close(found.logits, expected.logits)
    torch.testing.assert_close(found.loss, expected.loss)


@pytest.mark.slow
@pytest.mark.parametrize("mixed", [False, True])
@pytest.mark.parametrize("kind", ["pwct", "linear", "convnext"])
def test_it_trains_compiled_as_one_graph(kind: str, mixed: bool) -> None:
    torch.compiler.reset()
    model = of_kind(kind, pspi_head=True, action_units=UNITS, class_weights=[0.5, 2]).train()
    twin = copy.deepcopy(model)
    batch = pairs(model, 2)
    compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=mixed):
        found, expected = compiled(**batch), twin(**batch)
    for output in (found, expected):
        assert output.logits.dtype is torch.float32
        output.loss.backward()
    torch.testing.assert_close(found.loss, expected.loss)
    assert len(gradients(model)) == len(list(model.parameters()))
    of_compiled, of_twin = (torch.cat([each.flatten() for each in gradients(one).values()]) for one in (model, twin))
    assert (of_compiled - of_twin).norm() < (0.02 if mixed else 1e-4) * of_twin.norm()
    for name, buffer in twin.named_buffers():
        torch.testing.assert_close(model.get_buffer(name), buffer, atol=1e-4, rtol=1e-3, msg=name)


@pytest.mark.parametrize("lora", [None, {"lora_dropout": 0.0}])
@pytest.mark.parametrize("kind", ["vit", "dinov2"])
def test_gradient_checkpointing_gives_the_same_gradients(kind: str, lora: dict[str, float] | None) -> None:
    model = on_backbone(kind, lora=lora).train()
    if lora is not None:
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                nn.init.normal_(weight)  # where it is zero, no gradient reaches the other half
    batch = pairs(model, 2)
    found = []
    for checkpointed in (False, True):
        if checkpointed:
            model.gradient_checkpointing_enable()
            assert any(getattr(module, "gradient_checkpointing", False) for module in model.modules())
        model.zero_grad()
        model(batch["pixel_values"], batch["reference_pixel_values"], labels=batch["labels"]).loss.backward()
        found.append(gradients(model))
    assert found[0].keys() == found[1].keys()
    assert len(found[0]) > 20
    assert any("lora_A" in name and gradient.any() for name, gradient in found[0].items()) is (lora is not None)
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient, msg=name)


def test_gradient_checkpointing_of_low_rank_updates_is_not_reentrant_by_default() -> None:
    model = on_backbone(lora={}).train()
    model.gradient_checkpointing_enable({"preserve_rng_state": False})
    batch = pairs(model, 2)
    model(batch["pixel_values"], batch["reference_pixel_values"], labels=batch["labels"]).loss.backward()
    assert gradients(model).keys() == {name for name, weight in model.named_parameters() if weight.requires_grad}
    with pytest.raises(UsageError, match=r"reentrant .* passes no gradient .* use_reentrant out, or set it to False"):
        model.gradient_checkpointing_enable({"use_reentrant": True})


def test_a_backbone_without_gradient_checkpointing_says_so() -> None:
    with pytest.raises(UsageError, match="ResNetBackbone has no gradient checkpointing; leave it out"):
        on_backbone("resnet").gradient_checkpointing_enable()


@pytest.mark.parametrize("kind", ["pwct", "linear", "vit", "convnext"])
def test_it_runs_in_bfloat16(kind: str) -> None:
    model = of_kind(kind, pspi_head=True, action_units=UNITS).bfloat16()
    output = model(**pairs(model, 2))
    for scores in (output.logits, output.pspi, output.action_units, output.loss):
        assert scores.dtype is torch.float32
    output.loss.backward()
    assert all(gradient.isfinite().all() for gradient in gradients(model).values())
    assert {gradient.dtype for gradient in gradients(model).values()} == {torch.bfloat16}


@pytest.mark.parametrize("kind", ["pwct", "linear", "vit", "convnext"])
def test_it_runs_under_autocast(kind: str) -> None:
    model = of_kind(kind).eval()
    both = faces(model)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = model(*both).logits
    assert mixed.dtype is torch.float32
    torch.testing.assert_close(mixed, model(*both).logits, atol=0.05, rtol=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("kind", ["pwct", "linear", "vit", "convnext"])
def test_half_precision_makes_no_ties(kind: str, loaded: bool) -> None:
    model = of_kind(kind, pspi_head=True).eval()
    last = model.head if model.network is None else model.network.output
    with torch.no_grad():
        last.bias += 1  # where bfloat16 has steps of 0.008
    if loaded:
        model.bfloat16()
    target, reference = faces(model, 12)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=not loaded):
        output = model(target, reference)
    assert len(output.pspi.unique()) >= 11
    assert len((output.logits[:, 1] - output.logits[:, 0]).unique()) >= 11


def replica(module: nn.Module) -> Any:
    """A module as `DataParallel` makes them: its weights are plain attributes, and no longer parameters."""
    twin = module._replicate_for_data_parallel()
    twin._parameters = {name: None for name, weight in module._parameters.items() if weight is None}
    for name, child in module.named_children():
        setattr(twin, name, replica(child))
    for name, weight in module.named_parameters(recurse=False):
        setattr(twin, name, weight.view_as(weight))
    return twin


@pytest.mark.parametrize("kind", ["pwct", "vit", "dinov2", "convnext", "resnet"])
def test_it_runs_as_a_replica_without_parameters(kind: str) -> None:
    model = of_kind(kind, pspi_head=True, action_units=UNITS).eval()
    twin = replica(model)
    assert not list(twin.parameters())
    batch = pairs(model, 2)
    found, expected = twin(**batch), model(**batch)
    assert torch.equal(found.logits, expected.logits)
    found.loss.backward()
    assert gradients(model)
