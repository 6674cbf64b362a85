"""Faces that cannot be compared are refused with what is wrong and what to do."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from synpain_hf.errors import UsageError
from tests.modeling.made import SIDE, faces, of_kind, on_backbone

REMEDY = "give the neutral face of the same person as reference_pixel_values"


@pytest.mark.parametrize("kind", ["pwct", "linear", "vit"])
def test_a_missing_reference_is_an_error_never_the_target_itself(kind: str) -> None:
    model = of_kind(kind)
    target, _ = faces(model)
    with pytest.raises(UsageError, match=f"reference_pixel_values is missing, and nothing takes its place; {REMEDY}"):
        model(target)


def test_a_missing_target_is_an_error() -> None:
    model = on_backbone()
    with pytest.raises(UsageError, match="pixel_values is missing"):
        model(reference_pixel_values=faces(model)[1])


@pytest.mark.parametrize(
    ("kind", "target", "message"),
    [
        ("pwct", (2, 3, 160, 160), r"pixel_values has shape \(2, 3, 160, 160\), but \(batch, 1, 160, 160\) is needed"),
        ("pwct", (2, 1, 128, 160), r"pixel_values has shape \(2, 1, 128, 160\), but \(batch, 1, 160, 160\) is needed"),
        ("vit", (2, 1, SIDE, SIDE), r"\(2, 1, 32, 32\), but \(batch, 3, height, width\) is needed"),
        ("vit", (3, SIDE, SIDE), r"\(3, 32, 32\), but \(batch, 3, height, width\) is needed"),
    ],
)
def test_faces_of_a_wrong_shape_are_refused(kind: str, target: tuple[int, ...], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        of_kind(kind)(torch.rand(target), torch.rand(target))


@pytest.mark.parametrize(
    ("references", "message"),
    [
        ((2, 3, SIDE, SIDE + 8), r"\(2, 3, 32, 40\), but \(2, 3, 32, 32\) or \(2, references, 3, 32, 32\) is needed"),
        ((1, 3, SIDE, SIDE), r"reference_pixel_values has shape \(1, 3, 32, 32\)"),
        ((2, 4, 1, SIDE, SIDE), r"reference_pixel_values has shape \(2, 4, 1, 32, 32\)"),
        ((3, SIDE, SIDE), r"reference_pixel_values has shape \(3, 32, 32\)"),
        ((2, 0, 3, SIDE, SIDE), f"holds no reference; {REMEDY}"),
    ],
)
def test_references_that_do_not_fit_are_refused(references: tuple[int, ...], message: str) -> None:
    model = on_backbone()
    with pytest.raises(UsageError, match=message):
        model(faces(model)[0], torch.rand(references))


def test_a_backbone_of_fixed_size_refuses_another() -> None:
    with pytest.raises(ValueError, match=r"\(40\*40\) doesn't match model \(32\*32\)"):
        on_backbone("vit")(torch.rand(1, 3, 40, 40), torch.rand(1, 3, 40, 40))


def test_a_convolutional_backbone_takes_any_size() -> None:
    assert on_backbone("convnext")(torch.rand(1, 3, 64, 96), torch.rand(1, 3, 64, 96)).logits.shape == (1, 2)


def test_whole_numbers_are_refused() -> None:
    pixels = torch.zeros(2, 3, SIDE, SIDE, dtype=torch.uint8)
    with pytest.raises(UsageError, match=r"pixel_values holds torch.uint8; prepare faces with this model's image proc"):
        on_backbone()(pixels, pixels)


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("spoilt", [0, 1])
def test_pixels_that_are_not_finite_are_refused(value: float, spoilt: int) -> None:
    model = on_backbone().eval()
    both = faces(model)
    both[spoilt][1, 0, 5, 5] = value
    name = ("pixel_values", "reference_pixel_values")[spoilt]
    with pytest.raises(UsageError, match=f"^{name} holds NaN or infinity"):
        model(*both)


@pytest.mark.parametrize("kind", ["pwct", "linear", "vit"])
def test_in_training_nan_shows_in_the_loss(kind: str) -> None:
    model = of_kind(kind)
    target, reference = faces(model)
    target[0, 0, 5, 5] = math.nan
    loss: Tensor = model(target, reference, labels=torch.tensor([0, 1])).loss
    assert loss.isnan()


def test_a_face_may_be_compared_with_itself_by_who_says_so() -> None:
    model = of_kind("pwct").eval()
    target, _ = faces(model)
    logits = model(target, target).logits
    torch.testing.assert_close(logits[0], logits[1])
