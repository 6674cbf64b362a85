"""Quality, sharpness and head pose: whether they are alike in all groups, and in faces of either label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from synpain_hf.validation.evidence.annotated import Annotated, Floats
from synpain_hf.validation.evidence.measures import EVERY, comparisons, differences, means
from synpain_hf.validation.evidence.published import Published
from synpain_hf.validation.evidence.section import Section, outcome_of
from synpain_hf.validation.statistics.scales import acr_band


@dataclass(frozen=True)
class _Measure:
    """A column that is compared between groups.

    Attributes:
        remedy: What to do about a difference.
        least: How large a difference is told at least.
        is_angle: Whether its sign is left out.
    """

    remedy: str
    least: float = 0.0
    is_angle: bool = False


_QUALITY: Mapping[str, _Measure] = {
    "quality": _Measure("report results by group, or train with changed quality", least=0.01),
    "sharpness": _Measure("report results by group, or train with changed sharpness"),
    "confidence": _Measure("look at the faces that are hardest to find", least=0.01),
}
_POSE: Mapping[str, _Measure] = {
    angle: _Measure("align the faces, or train with turned ones", least=1.0, is_angle=True)
    for angle in ("yaw", "pitch", "roll")
}


def quality(annotated: Annotated, published: Published, title: str) -> Iterator[Section]:
    """The quality, the sharpness, and how sure it is that a face was found."""
    return _sections("quality", title, _QUALITY, annotated, published)


def pose(annotated: Annotated, published: Published, title: str) -> Iterator[Section]:
    """How far heads are turned, in degrees, to whichever side."""
    return _sections("pose", title, _POSE, annotated, published)


def _sections(
    name: str, title: str, measures: Mapping[str, _Measure], annotated: Annotated, published: Published
) -> Iterator[Section]:
    for measure, about in measures.items():
        if annotated.has(measure):
            values: Floats = np.abs(annotated.values(measure)) if about.is_angle else annotated.values(measure)
            rows = [
                replace(row, band=_band(row.estimate.value) if measure == "quality" else "")
                for row in means(annotated, measure, values, published, EVERY)
            ]
            tests = comparisons(annotated, values)
            told = differences(measure, rows, values, tests, about.remedy, about.least)
            outcome = outcome_of([], told)
            yield Section(name, title, measure, annotated.annotator, annotated.file, outcome, told, rows, tests)


def _band(value: float) -> str:
    return acr_band(value) if 0 <= value <= 1 else ""
