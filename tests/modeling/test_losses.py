"""What is not known is left out of the loss; what is known counts as its weight says."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from synpain_hf.errors import UsageError
from tests.modeling.made import UNITS, faces, on_backbone, pairs

NAN = math.nan


def test_without_targets_there_is_no_loss() -> None:
    model = on_backbone(pspi_head=True)
    output = model(*faces(model))
    assert output.loss is None
    assert output.loss_parts is None
    assert output.logits.shape == (2, 2)
    assert output.pspi.shape == (2,)
    assert output.action_units is None


def test_a_model_without_further_heads_gives_classes_only() -> None:
    model = on_backbone()
    assert list(model(*faces(model))) == ["logits"]


def test_the_loss_is_the_weighted_sum_of_its_parts() -> None:
    model = on_backbone(pspi_head=True, action_units=UNITS, pspi_loss_weight=3, action_unit_loss_weight=0.5)
    output = model(**pairs(model, 4))
    parts = output.loss_parts
    assert list(parts) == ["class", "pspi", "action_units"]
    torch.testing.assert_close(output.loss, parts["class"] + 3 * parts["pspi"] + 0.5 * parts["action_units"])


def test_classes_are_scored_by_weighted_cross_entropy() -> None:
    model = on_backbone(class_weights=[1.0, 4.0])
    batch = pairs(model, 3)
    output = model(batch["pixel_values"], batch["reference_pixel_values"], labels=batch["labels"])
    expected = nn.functional.cross_entropy(output.logits, batch["labels"], weight=torch.tensor([1.0, 4.0]))
    torch.testing.assert_close(output.loss, expected)


def test_pspi_and_units_are_scored_by_squared_error_on_their_scales() -> None:
    model = on_backbone("convnext", pspi_head=True, action_units=UNITS, pspi_scale=20).eval()
    with torch.no_grad():
        model.head.bias[2:] += 0.3  # above 0, where what is learned equals what is given
    batch = pairs(model, 4)
    output = model(**batch)
    torch.testing.assert_close(output.loss_parts["pspi"], ((output.pspi - batch["pspi"]) / 20).square().mean())
    expected = ((output.action_units - batch["action_units"]) / 5).square().mean()
    torch.testing.assert_close(output.loss_parts["action_units"], expected)


def test_scores_are_clipped_but_still_learn_from_below() -> None:
    model = on_backbone(pspi_head=True, action_units=UNITS)
    with torch.no_grad():
        model.head.bias[2:] = -1.0
    batch = pairs(model, 2)
    output = model(**batch)
    assert output.pspi.tolist() == [0, 0]
    assert output.action_units.count_nonzero() == 0
    output.loss.backward()
    assert model.head.bias.grad is not None
    assert (model.head.bias.grad[2:] < 0).all()


def test_action_units_end_at_five() -> None:
    model = on_backbone(action_units=UNITS)
    with torch.no_grad():
        model.head.bias[2:] = 9.0
    assert model(*faces(model)).action_units.unique().tolist() == [5]


def test_rows_without_targets_are_left_out() -> None:
    model = on_backbone(pspi_head=True, action_units=UNITS).eval()
    batch = pairs(model, 3)
    known = model(**{name: values[:1] for name, values in batch.items()}).loss_parts
    batch["labels"][1:] = -100
    batch["pspi"][1:] = NAN
    batch["action_units"][1:] = NAN
    for name, loss in model(**batch).loss_parts.items():
        torch.testing.assert_close(loss, known[name], msg=name)


def test_a_single_missing_action_unit_is_left_out() -> None:
    model = on_backbone(action_units=UNITS).eval()
    batch = pairs(model, 2)
    del batch["pspi"], batch["labels"]
    batch["action_units"][0, 1] = NAN
    seen = model(**batch).loss
    batch["action_units"][0, 1] = 4.0
    assert torch.isfinite(seen)
    assert model(**batch).loss != seen


def test_where_nothing_is_known_the_loss_is_zero_and_moves_nothing() -> None:
    model = on_backbone(pspi_head=True, action_units=UNITS)
    batch = pairs(model, 2)
    batch["labels"].fill_(-100)
    batch["pspi"].fill_(NAN)
    batch["action_units"].fill_(NAN)
    loss = model(**batch).loss
    loss.backward()
    assert loss == 0
    assert all(weight.grad is None or not weight.grad.any() for weight in model.parameters())


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ({"pspi": torch.zeros(2)}, "pspi is given, but this model has no head for it; set pspi_head=True"),
        ({"action_units": torch.zeros(2, 3)}, "action_units is given, but this model has no head for them; name them"),
        ({"labels": torch.tensor([0.0, 1.0])}, r"labels has shape \(2,\) and type torch.float32; give one integer"),
        ({"labels": torch.tensor([[0], [1]])}, r"labels has shape \(2, 1\)"),
    ],
)
def test_a_target_that_fits_no_head_is_refused(targets: dict[str, torch.Tensor], message: str) -> None:
    model = on_backbone()
    with pytest.raises(UsageError, match=message):
        model(*faces(model), **targets)


@pytest.mark.parametrize(("name", "shape"), [("pspi", (2, 1)), ("action_units", (2, 2))])
def test_a_target_of_another_shape_is_refused(name: str, shape: tuple[int, ...]) -> None:
    model = on_backbone(pspi_head=True, action_units=UNITS)
    with pytest.raises(UsageError, match=f"{name} has shape .*, but the model predicts"):
        model(*faces(model), **{name: torch.zeros(shape)})
