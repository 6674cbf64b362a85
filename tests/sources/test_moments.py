"""Which frames of a clip become expressive faces."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.errors import UsageError
from synpain_hf.imaging.clips import Survey
from synpain_hf.sources.choices import Choices
from synpain_hf.sources.moments import Moments

AT_TEN = Survey(tuple(number / 10 for number in range(12)), peak=7)
"""A clip of twelve frames, ten a second."""


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("peak", [7]),
        (" Peak ", [7]),
        ("every:5", [5, 10]),
        ("every:1", list(range(1, 12))),
        ("0.5", [5]),
        ("0.59,0.2", [2, 5]),
        ("1.1", [11]),
        ("1.15", [11]),
        ("0.5,0.55", [5]),
        ("peak,0.3,every:6", [3, 6, 7]),
        ("0.05,peak", [7]),
    ],
)
def test_moments_are_frames_after_the_first(text: str, frames: list[int]) -> None:
    assert Moments.parse(text).in_clip(AT_TEN) == frames


@pytest.mark.parametrize(
    ("text", "survey", "reason"),
    [
        ("1.3", AT_TEN, "has no frame at 1.3 s, but 12 up to 1.1 s; choose another"),
        ("every:12", AT_TEN, r"has no frame but the first at every:12 \(12 frames\); choose other moments"),
        ("0.05", AT_TEN, "has no frame but the first at 0.05"),
        ("peak", Survey((0.0, 0.1), peak=0), "has no frame but the first at peak"),
        ("0.5", Survey((0.0, None), peak=1), "does not say when its frames are shown; choose peak or every:N"),
    ],
)
def test_a_clip_without_a_frame_at_a_moment_is_told(text: str, survey: Survey, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Moments.parse(text).in_clip(survey)


@pytest.mark.parametrize(
    "text", ["", "peek", "0", "-1", "nan", "1e3", "every:0", "every:", "every:20000", "every:2,every:3", "peak;1", "½"]
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"at names .*; give peak, seconds such as 0.5,1.5, or every:N"):
        Choices(videos="frames", at=text)


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ({"videos": "tabel"}, r"videos is 'tabel' \(did you mean 'table'\?\); choose one of frames, table, both"),
        ({"videos": "table", "at": "peak"}, "at says which frames become pairs, and none do; omit it, or give videos"),
    ],
)
def test_choices_that_cannot_be_right_are_refused(choices: dict[str, Any], reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        Choices(**choices)


@given(st.lists(st.sampled_from(["peak", "0.25", "1", "0.125"]), min_size=1), st.integers(0, 30))
def test_moments_are_told_as_they_can_be_given(words: list[str], every: int) -> None:
    text = ",".join([*words, *([f"every:{every}"] if every else [])])
    moments = Moments.parse(text)
    assert Moments.parse(str(moments)) == moments
