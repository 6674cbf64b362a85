"""Every face is smoothed until all are as sharp: a face that was blurred before is smoothed by so much less."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from scipy.ndimage import correlate1d, gaussian_filter
from scipy.special import ive
from torch import Tensor

from synpain_hf.generation.drawn.cast import cast
from synpain_hf.generation.drawn.composites import draw_composite
from synpain_hf.modeling.smoothing import evenly_smoothed, needed_variances, smoothed, variance_of
from tests.natural import natural


def noise(batch: int = 2, channels: int = 3, height: int = 40, width: int = 52) -> Tensor:
    return torch.rand(batch, channels, height, width, generator=torch.Generator().manual_seed(1))


def by(variances: list[float]) -> Tensor:
    return torch.tensor(variances, dtype=torch.float32)


@pytest.mark.parametrize("variance", [0.05, 0.5, 1.0, 2.56, 9.0])
def test_faces_are_smoothed_by_the_gaussian_of_whole_pixels(variance: float) -> None:
    kernel = ive(np.abs(np.arange(-20, 21)), variance)  # exp(-t) I_n(t): Lindeberg 1990
    faces = noise()
    found = smoothed(faces, by([variance] * 2), variance)
    expected = correlate1d(correlate1d(faces.numpy(), kernel, axis=-1, mode="nearest"), kernel, axis=-2, mode="nearest")
    torch.testing.assert_close(found, torch.from_numpy(expected).float(), atol=1e-3, rtol=0)


def test_a_wide_gaussian_is_that_of_scipy() -> None:
    faces = noise()
    expected = gaussian_filter(faces.numpy(), 3.0, axes=(-2, -1), mode="nearest")
    torch.testing.assert_close(smoothed(faces, by([9.0] * 2), 9.0), torch.from_numpy(expected), atol=0.01, rtol=0)


@given(first=st.floats(0, 4), second=st.floats(0, 4))
def test_one_variance_after_another_is_their_sum(first: float, second: float) -> None:
    faces = noise(1, 1, 64, 64)
    twice = smoothed(smoothed(faces, by([first]), 4), by([second]), 4)
    inside = (..., slice(20, -20), slice(20, -20))
    torch.testing.assert_close(twice[inside], smoothed(faces, by([first + second]), 8)[inside], atol=1e-3, rtol=0)


@given(st.lists(st.floats(0, 6), min_size=1, max_size=5), st.sampled_from([1, 3]))
def test_each_face_has_its_own_gaussian_and_keeps_its_light(variances: list[float], channels: int) -> None:
    faces = noise(len(variances), channels)
    found = smoothed(faces, by(variances), 6)
    assert found.shape == faces.shape
    assert found.min() >= -1e-5
    assert found.max() <= 1 + 1e-5
    for face, one, variance in zip(faces, found, variances, strict=True):
        torch.testing.assert_close(one, smoothed(face.unsqueeze(0), by([variance]), 6)[0], atol=1e-5, rtol=0)
    flat = torch.full_like(faces, 0.3)
    torch.testing.assert_close(smoothed(flat, by(variances), 6), flat)


@pytest.mark.parametrize(("variance", "within"), [(2.56, 0.05), (9.0, 0.05), (23.0, 0.1), (64.0, 0.15), (164.0, 0.2)])
def test_a_natural_picture_is_smoothed_by_the_variance_itself(variance: float, within: float) -> None:
    faces = natural(20)
    found = needed_variances(faces, variance)
    assert found.mean().item() == pytest.approx(variance, rel=within)
    blurred = needed_variances(smoothed(faces, torch.full((20,), variance / 3), variance), variance)
    assert (found - blurred).mean().item() == pytest.approx(variance / 3, rel=within)


@given(blur=st.floats(0, 1.5), contrast=st.floats(0.1, 1.5), light=st.floats(-0.3, 0.3))
def test_a_face_that_was_blurred_is_smoothed_by_so_much_less_whatever_its_light(
    blur: float, contrast: float, light: float
) -> None:
    faces = natural()
    blurred = smoothed(faces, by([blur] * 3), 1.5) * contrast + light
    found, expected = needed_variances(blurred, 2.56), needed_variances(faces, 2.56) - blur
    torch.testing.assert_close(found, expected, atol=0.02, rtol=0)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_blur_of_a_pixel_is_gone_from_a_face(mode: str) -> None:
    drawn = Image.fromarray(draw_composite(cast(1, 0)[0], 0))
    face = drawn.crop((20, 20, drawn.width // 2 - 20, drawn.height - 20)).resize((160, 160)).convert(mode)
    pictures = [face, face.filter(ImageFilter.GaussianBlur(1))]
    pixels = torch.stack([torch.from_numpy(np.array(each, np.float32)).view(160, 160, -1) for each in pictures]) / 255
    sharp, blurred = evenly_smoothed(pixels.permute(0, 3, 1, 2), 2.56)
    before = (pixels[0] - pixels[1]).square().mean().sqrt()
    assert (sharp - blurred).square().mean().sqrt() < 0.1 * before


def test_a_face_that_is_less_sharp_than_all_stays_as_it_is() -> None:
    faces = smoothed(natural(), by([9.0] * 3), 9)
    assert needed_variances(faces, 2.56).tolist() == [0, 0, 0]
    torch.testing.assert_close(evenly_smoothed(faces, 2.56), faces, atol=1e-5, rtol=0)


def test_noise_is_smoothed_by_twice_the_usual_at_most() -> None:
    assert needed_variances(noise(2, 1, 160, 160), 2.56).numpy() == pytest.approx(2 * 2.56)


def test_factors_make_it_more_or_less() -> None:
    faces = natural(3)
    needed = needed_variances(faces, 2.56)
    factors = by([0.0, 1.0, 1.5])
    expected = smoothed(faces, needed * factors, 2 * 2.56)
    torch.testing.assert_close(evenly_smoothed(faces, 2.56, factors), expected)
    torch.testing.assert_close(evenly_smoothed(faces, 2.56, torch.ones(3)), evenly_smoothed(faces, 2.56))
    most = evenly_smoothed(faces, 2.56, by([9.0] * 3))
    torch.testing.assert_close(most, smoothed(faces, by([2 * 2.56] * 3), 2 * 2.56))


@pytest.mark.parametrize("shape", [(1, 1, 3, 2), (2, 3, 1, 1), (1, 1, 16, 200)])
def test_faces_of_any_size_and_of_one_colour_are_taken(shape: tuple[int, int, int, int]) -> None:
    for faces in (torch.rand(shape), torch.full(shape, 0.3), torch.zeros(shape)):
        found = evenly_smoothed(faces, 16.0)
        assert found.shape == shape
        assert torch.isfinite(found).all()
        assert found.min() >= faces.min() - 1e-5
        assert found.max() <= faces.max() + 1e-5


def test_autocast_and_half_precision_are_as_fine_as_full_precision() -> None:
    faces = natural()
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(evenly_smoothed(faces, 2.56), evenly_smoothed(faces.clone(), 2.56))
        under_autocast = evenly_smoothed(faces, 2.56)
    assert torch.equal(under_autocast, evenly_smoothed(faces, 2.56))
    half = evenly_smoothed(faces.bfloat16(), 2.56)
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), under_autocast, atol=0.01, rtol=0)


def test_no_smoothing_leaves_faces_as_they_are() -> None:
    faces = noise()
    assert evenly_smoothed(faces, 0.0) is faces


def test_the_share_is_of_the_shorter_side() -> None:
    assert variance_of(0.01, 160, 200) == variance_of(0.01, 200, 160) == pytest.approx(2.56)
