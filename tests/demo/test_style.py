"""Another style changes how faces are drawn, and nothing of who they are and what they show."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synpain_hf.errors import BadInputError, UsageError
from synpain_hf.executor import Executor
from synpain_hf.generation.drawn.cast import cast
from synpain_hf.generation.drawn.composites import draw_composite
from synpain_hf.generation.drawn.style import STYLES, restyled
from synpain_hf.release.build import build
from synpain_hf.release.demo import demo
from synpain_hf.sources.demo import DemoSource, write_raw

SUBJECT = cast(3, 0)[1]
SKETCH = STYLES["sketch"]


def test_a_sketch_shows_the_same_person_in_other_pixels() -> None:
    portrait, sketch = draw_composite(SUBJECT, 0), draw_composite(SUBJECT, 0, (), "sketch")
    assert sketch.shape == portrait.shape
    grey_of = [picture.astype(float).mean(2)[::8, ::8].ravel() for picture in (portrait, sketch)]
    assert 0.8 < np.corrcoef(*grey_of)[0, 1] < 0.99
    assert np.abs(portrait.astype(int) - sketch).mean() > 15
    colour_of = [np.ptp(picture.astype(float), axis=2).mean() for picture in (portrait, sketch)]
    assert colour_of[1] < colour_of[0]


def test_the_white_gutter_stays_white() -> None:
    portrait, sketch = draw_composite(SUBJECT, 0), draw_composite(SUBJECT, 0, (), "sketch")
    white = (portrait == 255).all((0, 2))
    assert white.any()
    assert (sketch[:, white] == 255).all()


def test_a_sketch_is_the_same_each_time() -> None:
    one, other = (draw_composite(SUBJECT, 0, (), "sketch") for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("change", [{"line_strength": 0.0}, {"hatching": 0.0}, {"falloff": 0.0}, {"colour": 1.0}])
def test_each_part_of_a_style_is_seen(change: dict[str, Any]) -> None:
    assert SKETCH is not None
    face = draw_composite(SUBJECT, 0)[:, :600].astype(np.float32)
    whole, without = restyled(face, SKETCH), restyled(face, replace(SKETCH, **change))
    assert np.abs(np.subtract(whole, without)).max() > 10


def test_the_truth_is_that_of_the_portrait_and_the_style_is_recorded() -> None:
    portrait, sketch = DemoSource(8, 5), DemoSource(8, 5, style="sketch")
    assert [pair.annotations for pair in sketch] == [pair.annotations for pair in portrait]
    assert [pair.pair_id for pair in sketch] == [pair.pair_id for pair in portrait]
    assert "style" not in portrait.describe()
    assert sketch.describe()["style"] == "sketch"


def test_a_download_keeps_its_style_when_it_is_built(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    write_raw(DemoSource(2, 5, style="sketch"), tmp_path / "raw", Executor())
    release = build(tmp_path / "raw", tmp_path / "release", version="1.0.0", image_size=32)
    assert release.manifest["source"]["style"] == "sketch"
    notes = next(path for path in (tmp_path / "raw").glob("*.json"))
    notes.write_text(json.dumps({**json.loads(notes.read_text(encoding="utf-8")), "style": "oil"}), encoding="utf-8")
    with pytest.raises(BadInputError, match="the style 'oil' is not one that is drawn"):
        build(tmp_path / "raw", tmp_path / "other", version="1.0.0", image_size=32)


def test_a_slip_in_a_style_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"^style is 'skech' \(did you mean 'sketch'\?\); give one of portrait, sketch"
    ):
        demo(tmp_path / "out", pairs=1, style="skech")  # type: ignore[call-overload]
