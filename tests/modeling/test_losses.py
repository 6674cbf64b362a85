"""What is not known is left out of the loss; what is known counts as its weight says."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from synpain_hf.errors import UsageError
from synpain_hf.modeling.losses import class_loss
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


def test_classes_are_scored_by_cross_entropy_times_the_weight_of_the_class() -> None:
    model = on_backbone(class_weights=[1, 4.0])
    batch = pairs(model, 3)
    batch["labels"][2] = -100
    output = model(batch["pixel_values"], batch["reference_pixel_values"], labels=batch["labels"])
    each = nn.functional.cross_entropy(output.logits[:2], batch["labels"][:2], reduction="none")
    torch.testing.assert_close(output.loss, (each[0] + 4 * each[1]) / 2)


def test_a_weight_counts_in_a_batch_of_one() -> None:
    logits, labels = torch.tensor([[0.3, -0.2]]), torch.tensor([1])
    torch.testing.assert_close(class_loss(logits, labels, [1.0, 3.0]), 3 * class_loss(logits, labels, None))


@pytest.mark.parametrize("weights", [None, [0.5, 2.0, 0.0]])
def test_the_mean_over_equal_batches_is_the_loss_of_all(weights: list[float] | None) -> None:
    logits, labels = torch.randn(12, 3), torch.arange(12) * 5 % 3
    of_batches = [class_loss(*batch, weights) for batch in zip(logits.split(2), labels.split(2), strict=True)]
    torch.testing.assert_close(torch.stack(of_batches).mean(), class_loss(logits, labels, weights))


def test_weights_with_a_mean_of_one_keep_the_scale() -> None:
    labels = torch.tensor([0, 0, 0, 1])
    weights = [4 / (2 * 3), 4 / (2 * 1)]
    loss = class_loss(torch.zeros(4, 2), labels, weights)
    torch.testing.assert_close(loss, class_loss(torch.zeros(4, 2), labels, None))


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
