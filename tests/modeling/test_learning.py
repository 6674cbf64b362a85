"""A pairwise classifier learns, from both faces, with all of its weights."""

from __future__ import annotations

import pytest
import torch

from synpain_hf.modeling import PairwisePainForImageClassification
from synpain_hf.modeling.freezing import freeze_unused
from synpain_hf.modeling.fusion import FUSIONS
from tests.modeling.made import BACKBONES, SIDE, UNITS, faces, of_kind, on_backbone, pairs

COMPARING = [
    ("pwct", "cross_attention"),
    ("linear", "cross_attention"),
    *(("vit", fusion) for fusion in FUSIONS if fusion != "none"),
    ("convnext", "subtraction"),
]
ALONE = [(kind, "none") for kind in ("pwct", "linear", "vit", "convnext")]
KINDS = [*COMPARING, *ALONE]


def train(model: PairwisePainForImageClassification, batch: dict[str, torch.Tensor], steps: int) -> list[float]:
    optimizer = torch.optim.AdamW([weight for weight in model.parameters() if weight.requires_grad], lr=2e-3)
    model.train()
    losses = []
    for _ in range(steps):
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def unmoved(model: PairwisePainForImageClassification) -> list[str]:
    """The names of the weights that training leaves as they are."""
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    train(model, pairs(model, 4), 2)
    return [name for name, weight in model.named_parameters() if torch.equal(weight, before[name])]


@pytest.mark.parametrize(("kind", "fusion"), KINDS)
def test_every_weight_moves(kind: str, fusion: str) -> None:
    assert unmoved(of_kind(kind, fusion=fusion, pspi_head=True, action_units=UNITS)) == []


@pytest.mark.parametrize("kind", BACKBONES)
def test_every_weight_moves_that_is_not_frozen_as_unused(kind: str) -> None:
    model = on_backbone(kind, pspi_head=True, action_units=UNITS)
    unused = freeze_unused(model, SIDE, SIDE)
    assert unmoved(model) == unused


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "steps"), [("pwct", 12), ("linear", 60), ("vit", 60), ("convnext", 60), ("resnet", 60)]
)
def test_the_loss_falls_to_near_zero_on_eight_pairs(kind: str, steps: int) -> None:
    model = of_kind(kind)
    batch = pairs(model, 8)
    losses = train(model, {name: batch[name] for name in ("pixel_values", "reference_pixel_values", "labels")}, steps)
    assert losses[0] > 0.5
    assert losses[-1] < 0.05


def test_pspi_and_action_units_are_learned_along() -> None:
    model = on_backbone("convnext", fusion="subtraction", pspi_head=True, action_units=UNITS)
    batch = pairs(model, 8)
    train(model, batch, 100)
    with torch.no_grad():
        output = model.eval()(**batch)
    assert output.logits.argmax(-1).tolist() == batch["labels"].tolist()
    assert output.pspi == pytest.approx(batch["pspi"], abs=1)
    assert output.action_units.flatten() == pytest.approx(batch["action_units"].flatten(), abs=0.7)


@pytest.mark.parametrize(("kind", "fusion"), COMPARING)
def test_swapping_the_faces_changes_the_answer(kind: str, fusion: str) -> None:
    model = of_kind(kind, fusion=fusion).eval()
    target, reference = faces(model)
    assert not torch.allclose(model(target, reference).logits, model(reference, target).logits)


@pytest.mark.parametrize(("kind", "fusion"), ALONE)
def test_a_face_alone_is_judged_alike_whatever_its_references(kind: str, fusion: str) -> None:
    model = of_kind(kind, fusion=fusion)
    target, references = faces(model, 2, 3)
    assert not torch.allclose(model.eval()(target, references).logits, model(target.flip(-1), references).logits)
    for mode in (True, False):
        model.train(mode)
        logits = [model(target, given).logits for given in (references, references[:, 0], torch.zeros_like(target))]
        assert all(torch.equal(one, logits[0]) for one in logits)


@pytest.mark.parametrize(("kind", "fusion"), KINDS)
def test_the_same_seed_gives_the_same_weights(kind: str, fusion: str) -> None:
    models = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        models.append(of_kind(kind, fusion=fusion).state_dict())
    assert all(torch.equal(weight, models[1][name]) for name, weight in models[0].items())
    assert not all(torch.equal(weight, models[2][name]) for name, weight in models[0].items())


@pytest.mark.parametrize(("kind", "fusion"), KINDS)
def test_several_references_are_averaged(kind: str, fusion: str) -> None:
    model = of_kind(kind, fusion=fusion, pspi_head=True, action_units=UNITS).eval()
    target, references = faces(model, 2, 3)
    together = model(target, references).logits
    alone = torch.stack([model(target, reference).logits for reference in references.unbind(1)])
    torch.testing.assert_close(together, alone.mean(0))
    torch.testing.assert_close(together, model(target, references.flip(1)).logits)


@pytest.mark.parametrize("kind", ["pwct", "linear", "vit"])
def test_a_pair_is_judged_alike_alone_and_in_a_batch(kind: str) -> None:
    model = of_kind(kind).eval()
    target, reference = faces(model, 3)
    alone = model(target[1:2], reference[1:2]).logits
    assert alone.shape == (1, 2)
    torch.testing.assert_close(alone[0], model(target, reference).logits[1], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", ["pwct", "linear", "vit", "convnext"])
def test_a_batch_of_one_can_be_trained_on(kind: str) -> None:
    model = of_kind(kind)
    batch = pairs(model, 1)
    losses = train(model, {name: batch[name] for name in ("pixel_values", "reference_pixel_values", "labels")}, 2)
    assert losses[1] < losses[0]
