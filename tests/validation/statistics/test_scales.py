"""The bands of quality."""

from __future__ import annotations

import pytest

from synpain_hf.validation.statistics.scales import acr_band


@pytest.mark.parametrize(
    ("quality", "band"),
    [(0, "bad"), (0.199, "bad"), (0.2, "poor"), (0.5, "fair"), (0.6, "good"), (0.868, "excellent"), (1, "excellent")],
)
def test_a_band_is_a_fifth_of_the_scale(quality: float, band: str) -> None:
    assert acr_band(quality) == band


@pytest.mark.parametrize("quality", [-0.1, 1.1, float("nan")])
def test_another_scale_is_refused(quality: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        acr_band(quality)
