"""The model runs compiled, checkpointed and in half precision, and gives the same answers."""

from __future__ import annotations

import pytest
import torch

from tests.modeling.made import UNITS, faces, of_kind, on_backbone, pairs


@pytest.mark.parametrize("kind", ["pwct", "vit", "convnext"])
def test_it_compiles_as_one_graph(kind: str) -> None:
    torch._dynamo.reset()
    model = of_kind(kind, pspi_head=True, action_units=UNITS).eval()
    batch = pairs(model, 2)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    found, expected = compiled(**batch), model(**batch)
    torch.testing.assert_close(found.logits, expected.logits)
    torch.testing.assert_close(found.loss, expected.loss)


@pytest.mark.parametrize("kind", ["vit", "dinov2"])
def test_gradient_checkpointing_gives_the_same_gradients(kind: str) -> None:
    model = on_backbone(kind).train()
    batch = pairs(model, 2)
    gradients = []
    for checkpointed in (False, True):
        if checkpointed:
            model.activation_checkpointing_enable()
            assert any(getattr(module, "gradient_checkpointing", False) for module in model.modules())
        model.zero_grad()
        model(batch["pixel_values"], batch["reference_pixel_values"], labels=batch["labels"]).loss.backward()
        gradients.append([weight.grad for weight in model.parameters() if weight.grad is not None])
    assert len(gradients[0]) > 20
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("kind", ["pwct", "vit", "convnext"])
def test_it_runs_in_bfloat16(kind: str) -> None:
    model = of_kind(kind, pspi_head=True, action_units=UNITS).bfloat16()
    output = model(**pairs(model, 2))
    assert output.logits.dtype is torch.bfloat16
    assert output.loss.dtype is torch.float32
    output.loss.backward()
    assert all(weight.grad.isfinite().all() for weight in model.parameters() if weight.grad is not None)


@pytest.mark.parametrize("kind", ["pwct", "vit", "convnext"])
def test_it_runs_under_autocast(kind: str) -> None:
    model = of_kind(kind).eval()
    both = faces(model)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = model(*both).logits
    torch.testing.assert_close(mixed.float(), model(*both).logits, atol=0.05, rtol=0.05)
