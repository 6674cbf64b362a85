"""Pairs are changed alike where the model compares them, apart but slightly, and only in training."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.stats import kstest, uniform
from torch import Tensor

from synpain_hf.errors import UsageError
from synpain_hf.modeling.smoothing import evenly_smoothed, needed_variances
from synpain_hf.training.data.augmentation import AugmentationStrengths, PairAugmentation
from synpain_hf.training.data.compression import compressed
from tests.natural import natural

NAMES = [field.name for field in fields(AugmentationStrengths)]
NOTHING = {**dict.fromkeys(NAMES, 0.0), "probability": 1.0}
"""No change, always."""


def pictures(batch: int = 4, channels: int = 3, height: int = 24, width: int = 24) -> Tensor:
    """Smooth pictures, not too near to black or white."""
    rough = torch.rand(batch, channels, 4, 4, generator=torch.Generator().manual_seed(5))
    smooth = torch.nn.functional.interpolate(rough, (height, width), mode="bicubic", align_corners=False)
    return 0.3 + 0.4 * smooth.clamp(0, 1)


def augmented(target: Tensor, reference: Tensor, changes: Mapping[str, float], seed: int = 0) -> tuple[Tensor, Tensor]:
    """Both faces, changed by these strengths."""
    augment = PairAugmentation(AugmentationStrengths(**{**NOTHING, **changes}))
    changed: tuple[Tensor, Tensor] = augment(target, reference, generator=torch.Generator().manual_seed(seed))
    return changed


GEOMETRY = {"flip": 0.5, "rotation": 20.0, "zoom": 0.2, "shift": 0.1}
ALIKE = {"brightness": 0.3, "contrast": 0.3, "saturation": 0.3, "tint": 0.2}


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("changes", [GEOMETRY, ALIKE, {"cutout": 0.8}, {**GEOMETRY, **ALIKE, "cutout": 0.8}])
def test_a_face_compared_with_itself_stays_equal(changes: dict[str, float], channels: int) -> None:
    faces = pictures(channels=channels)
    target, reference = augmented(faces, faces, changes)
    assert torch.equal(target, reference)
    assert all(not torch.equal(before, after) for before, after in zip(faces, target, strict=True))


def brightest(faces: Tensor) -> list[tuple[int, int]]:
    """Row and column of the brightest point of each face."""
    return [divmod(int(face.sum(0).argmax()), face.shape[-1]) for face in faces]


@given(seed=st.integers(0, 2**31), row=st.integers(8, 20), column=st.integers(8, 32))
def test_the_same_point_of_two_different_faces_moves_to_the_same_place(seed: int, row: int, column: int) -> None:
    target, reference = torch.zeros(1, 3, 28, 40), torch.full((1, 3, 28, 40), 0.3)
    for faces in (target, reference):
        faces[..., row - 1 : row + 2, column - 1 : column + 2] = 1
    assert brightest(target) == brightest(reference)
    target, reference = augmented(target, reference, GEOMETRY, seed)
    (one,), (other,) = brightest(target - target.amin()), brightest(reference)
    assert abs(one[0] - other[0]) <= 1
    assert abs(one[1] - other[1]) <= 1


def test_a_flip_mirrors_both_faces_and_nothing_else() -> None:
    target, reference = pictures(height=20), 1 - pictures(height=20)
    flipped = augmented(target, reference, {"flip": 1.0})
    torch.testing.assert_close(flipped[0], target.flip(-1), atol=1e-5, rtol=0)
    torch.testing.assert_close(flipped[1], reference.flip(-1), atol=1e-5, rtol=0)


def moments(face: Tensor) -> tuple[float, float]:
    """The variance of where a picture's light is, in both directions together, in pixels; and its tilt in degrees."""
    weights = face.sum(0)
    rows, columns = torch.meshgrid(*(torch.arange(size).float() for size in weights.shape), indexing="ij")
    total = weights.sum()
    y, x = rows - (rows * weights).sum() / total, columns - (columns * weights).sum() / total
    xx, yy, xy = ((weights * product).sum() / total for product in (x * x, y * y, x * y))
    return float(xx + yy), float(torch.rad2deg(0.5 * torch.atan2(2 * xy, xx - yy)))


@pytest.mark.parametrize("size", [(61, 61), (61, 91), (91, 61)])
def test_a_rotation_turns_and_keeps_proportions_whatever_the_sides(size: tuple[int, int]) -> None:
    bar = torch.zeros(16, 1, *size)
    middle = (size[0] // 2, size[1] // 2)
    bar[..., middle[0] - 2 : middle[0] + 3, middle[1] - 15 : middle[1] + 16] = 1
    turned, _ = augmented(bar, bar, {"rotation": 30.0})
    spread, _ = moments(bar[0])
    found = [moments(face) for face in turned]
    assert all(abs(variance / spread - 1) < 0.03 for variance, _ in found)
    assert all(abs(tilt) <= 30.5 for _, tilt in found)
    assert max(tilt for _, tilt in found) > 15
    assert min(tilt for _, tilt in found) < -15


def test_zoom_and_shift_stay_within_their_strengths() -> None:
    dot = torch.zeros(64, 1, 50, 50)
    dot[..., 20:30, 20:30] = 1
    zoomed, _ = augmented(dot, dot, {"zoom": 0.2})
    sides = zoomed.sum((1, 2, 3)).sqrt() / 10
    assert sides.min() >= 0.75
    assert sides.max() <= 1.25
    assert sides.min() < 0.9 < 1.1 < sides.max()
    shifted, _ = augmented(dot, dot, {"shift": 0.1})
    places = torch.arange(50.0)
    rows, columns = (shifted.sum((1, of)) @ places / 100 - 24.5 for of in (3, 2))
    for found in (rows, columns):
        assert 3 < found.abs().max() <= 5.01
        assert found.min() < 0 < found.max()


def test_colour_changes_apart_are_slight_and_differ_between_the_faces() -> None:
    faces = pictures(batch=32)
    target, reference = augmented(faces, faces, {"apart_brightness": 0.1, "apart_tint": 0.05})
    gains = torch.stack([target, reference]) / faces
    by_channel = gains.mean((-1, -2))
    torch.testing.assert_close(gains, by_channel[..., None, None].expand_as(gains), atol=1e-4, rtol=0)
    assert not torch.isclose(by_channel[0], by_channel[1], atol=1e-3).all(1).any()
    assert by_channel.min() > 0.9 * 0.9
    assert by_channel.max() < 1.1 * 1.1


def test_faces_are_moved_apart_by_as_little_as_said() -> None:
    dot = torch.zeros(64, 1, 50, 50)
    dot[..., 20:30, 20:30] = 1
    target, reference = augmented(dot, dot, {"apart_shift": 0.1})
    places = torch.arange(50.0)
    for of in (3, 2):
        one, other = ((face.sum((1, of)) @ places) / face.sum((1, 2, 3)) - 24.5 for face in (target, reference))
        assert one.abs().max() <= 5.01
        assert (one - other).abs().median() > 1
    for changes in ({"apart_rotation": 20.0}, {"apart_zoom": 0.3}):
        target, reference = augmented(dot, dot, changes)
        assert ((target - reference).abs().amax((1, 2, 3)) > 0.1).float().mean() > 0.8


def test_contrast_differs_between_the_faces_too() -> None:
    faces = pictures(channels=1, batch=32)
    target, reference = augmented(faces, faces, {"apart_contrast": 0.2})
    for changed in (target, reference):
        scale = changed.std((1, 2, 3)) / faces.std((1, 2, 3))
        assert 0.79 < scale.min() < 0.9
        assert 1.1 < scale.max() < 1.21
    assert not torch.isclose(target.std((1, 2, 3)), reference.std((1, 2, 3)), rtol=1e-4).any()


VARIANCE = 2.0


def test_each_face_is_smoothed_more_or_less_than_usual_on_its_own() -> None:
    faces = natural(200, 96, 96)
    augment = PairAugmentation(AugmentationStrengths(**{**NOTHING, "apart_sharpness": 0.5}))
    changed = augment(faces, faces, variance=VARIANCE, generator=torch.Generator().manual_seed(0))
    # What a face has been smoothed by is what it needs the less to become less sharp still.
    usual, in_all = needed_variances(faces, VARIANCE), needed_variances(faces, 4 * VARIANCE)
    factors = [((in_all - needed_variances(face, 4 * VARIANCE)) / usual).numpy() for face in changed]
    for found in factors:
        assert kstest(found, uniform(0.5, 1).cdf).pvalue > 0.01
    assert abs(np.corrcoef(factors)[0, 1]) < 0.2


def test_faces_are_smoothed_as_usual_in_evaluation_and_where_sharpness_stays() -> None:
    target, reference = natural(4, 32, 32), 1 - natural(4, 32, 32)
    expected = evenly_smoothed(target, VARIANCE), evenly_smoothed(reference, VARIANCE)
    evaluated = PairAugmentation().eval()(target, reference, variance=VARIANCE)
    trained = PairAugmentation(AugmentationStrengths(**NOTHING))(target, reference, variance=VARIANCE)
    for one, other, face in zip(evaluated, trained, expected, strict=True):
        assert torch.equal(one, face)
        torch.testing.assert_close(other, face, atol=1e-4, rtol=0)


def test_each_face_is_compressed_on_its_own() -> None:
    faces = pictures(batch=32)
    target, reference = augmented(faces, faces, {"apart_jpeg": 0.9})
    lost = [(changed - faces).square().mean((1, 2, 3)) for changed in (target, reference)]
    assert all(0 < each.median() < 0.01 for each in lost)
    assert (lost[0] / lost[1]).log().abs().median() > 0.2


@pytest.mark.parametrize("quality", [1, 10, 49, 50, 75, 95, 100])
@pytest.mark.parametrize(("mode", "size"), [("L", (40, 48)), ("RGB", (40, 48)), ("L", (37, 29)), ("RGB", (37, 29))])
def test_compression_does_what_a_jpeg_encoder_does(mode: str, size: tuple[int, int], quality: int) -> None:
    smooth = pictures(batch=1, channels=len(mode), height=size[1], width=size[0])[0]
    noise = torch.rand(smooth.shape, generator=torch.Generator().manual_seed(3)) - 0.5
    pixels = ((smooth + 0.2 * noise).clamp(0, 1) * 255).round().byte()
    file = io.BytesIO()
    Image.fromarray(pixels.permute(1, 2, 0).squeeze(-1).numpy()).save(file, "JPEG", quality=quality, subsampling=0)
    expected = torch.from_numpy(np.array(Image.open(file), np.float32)).view(size[1], size[0], -1).permute(2, 0, 1)
    found = compressed(pixels.unsqueeze(0) / 255, torch.tensor([float(quality)]))[0] * 255
    lost, lost_by_encoder, apart = ((one - other).abs().mean() for one, other in
                                    ((found, pixels), (expected, pixels), (found, expected)))  # fmt: skip
    assert abs(lost - lost_by_encoder) < 0.02 * lost_by_encoder + 0.2
    assert apart < 0.1 * lost_by_encoder + 0.8  # the encoder rounds its cosines


def test_a_tint_keeps_the_mean_of_the_channels() -> None:
    faces = torch.full((16, 3, 4, 4), 0.5)
    target, reference = augmented(faces, faces, {"tint": 0.2, "apart_tint": 0.1})
    assert target.std(1).min() > 0
    for changed in (target, reference):
        torch.testing.assert_close(changed.mean(1), faces.mean(1), atol=0.02, rtol=0)


def test_contrast_keeps_the_mean_grey_of_the_pair_and_scales_differences() -> None:
    target, reference = pictures(channels=1), 0.8 * pictures(channels=1)
    before, after = torch.stack([target, reference], 1), torch.stack(augmented(target, reference, {"contrast": 0.3}), 1)
    mean = before.mean((1, 2, 3, 4), keepdim=True)
    torch.testing.assert_close(after.mean((1, 2, 3, 4), keepdim=True), mean, atol=1e-5, rtol=0)
    scale = after.std((1, 2, 3, 4)) / before.std((1, 2, 3, 4))
    torch.testing.assert_close(after - mean, (before - mean) * scale.view(-1, 1, 1, 1, 1), atol=1e-5, rtol=0)
    assert 0.7 <= scale.min() < 1 < scale.max() <= 1.3


def test_saturation_keeps_the_grey_of_every_point() -> None:
    faces = pictures()
    target, _ = augmented(faces, faces, {"saturation": 0.5})
    weights = torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)
    assert not torch.allclose(target, faces, atol=1e-3)
    torch.testing.assert_close((target * weights).sum(1), (faces * weights).sum(1), atol=1e-5, rtol=0)


def test_grey_faces_have_no_colour_to_change() -> None:
    faces = pictures(channels=1)
    target, reference = augmented(faces, faces, {"saturation": 1.0, "tint": 1.0, "apart_tint": 1.0})
    torch.testing.assert_close(target, faces, atol=1e-5, rtol=0)
    torch.testing.assert_close(reference, faces, atol=1e-5, rtol=0)


def test_cutout_is_one_grey_square_at_most_as_large_as_said() -> None:
    faces = pictures(batch=16, height=40, width=40)
    target, _ = augmented(faces, faces, {"cutout": 0.5})
    for before, after in zip(faces, target, strict=True):
        cut = (before - after).abs().amax(0) > 1e-4
        assert cut.sum() <= 20 * 20
        assert after[:, cut].unique().numel() <= 1
    assert ((faces - target).abs() > 1e-4).any((1, 2, 3)).sum() > 8


@given(
    st.builds(
        AugmentationStrengths,
        **{name: st.floats(0, 180 if name.endswith("rotation") else 0.99) for name in NAMES},
    ),
    st.sampled_from([(1, 1, 8, 8), (3, 3, 7, 12), (2, 1, 12, 7)]),
    st.integers(0, 2**31),
    st.sampled_from([0.0, 0.3, 6.0]),
)
def test_whatever_the_strengths_faces_stay_in_range_and_the_same_seed_gives_the_same(
    by: AugmentationStrengths, shape: tuple[int, int, int, int], seed: int, variance: float
) -> None:
    target, reference = torch.rand(2, *shape, generator=torch.Generator().manual_seed(seed))
    kept = target.clone()
    augment = PairAugmentation(by)
    first, again = (
        augment(target, reference, variance=variance, generator=torch.Generator().manual_seed(seed)) for _ in range(2)
    )
    for one, other in zip(first, again, strict=True):
        assert one.shape == shape
        assert torch.equal(one, other)
        assert one.min() >= -1e-5
        assert one.max() <= 1 + 1e-5
    assert torch.equal(target, kept)


def test_without_a_generator_the_seed_of_torch_counts() -> None:
    faces, augment = pictures(), PairAugmentation()
    results = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        results.append(augment(faces, faces)[0])
    assert torch.equal(results[0], results[1])
    assert not torch.equal(results[0], results[2])


def test_nothing_happens_in_evaluation_or_without_strengths() -> None:
    target, reference = pictures(), 1 - pictures()
    kept = PairAugmentation().eval()(target, reference)
    assert kept[0] is target
    assert kept[1] is reference
    for changes in ({}, {**GEOMETRY, **ALIKE, "flip": 0.0, "probability": 0.0}):
        same = augmented(target, reference, changes)
        torch.testing.assert_close(same[0], target, atol=1e-5, rtol=0)
        torch.testing.assert_close(same[1], reference, atol=1e-5, rtol=0)


def test_the_probability_is_that_of_each_pair() -> None:
    faces = pictures(batch=1).expand(400, -1, -1, -1)
    for changes in ({"rotation": 20.0}, {"contrast": 0.5}, {"apart_brightness": 0.3}, {"flip": 0.25}):
        target, _ = augmented(faces, faces, {"probability": 0.25, **changes})
        changed = (target - faces).abs().amax((1, 2, 3)) > 1e-3
        assert 0.18 < changed.float().mean() < 0.32


def test_half_precision_moves_points_as_finely_as_full_precision() -> None:
    target, reference = pictures(height=96, width=96), 1 - pictures(height=96, width=96)
    full = augmented(target, reference, GEOMETRY)
    halves = augmented(target.bfloat16(), reference.bfloat16(), GEOMETRY)
    with torch.autocast("cpu", torch.bfloat16):
        under_autocast = augmented(target, reference, GEOMETRY)
    for one, half, other in zip(full, halves, under_autocast, strict=True):
        assert half.dtype == torch.bfloat16
        torch.testing.assert_close(half.float(), one, atol=0.01, rtol=0)
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("name", "value", "most"),
    [("probability", 1.1, 1), ("rotation", 181, 180), ("zoom", 1, 1), ("tint", -0.1, 1), ("cutout", float("nan"), 1)],
)
def test_a_strength_that_cannot_be_right_is_told(name: str, value: float, most: int) -> None:
    with pytest.raises(UsageError, match=f"augmentation {name} is {value}; give a number from 0 to {most}"):
        AugmentationStrengths(**{name: value})
