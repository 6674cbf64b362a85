"""The annotators, each a class in a module of its own; `--with` takes their names."""

from __future__ import annotations

from collections.abc import Mapping

from synpain_hf.annotation.annotators.annotator import Annotator
from synpain_hf.annotation.annotators.landmarker import Mediapipe
from synpain_hf.annotation.annotators.opencv_faces import SFace
from synpain_hf.annotation.annotators.sharpness import Sharpness

ANNOTATORS: Mapping[str, type[Annotator]] = {each.name: each for each in (Mediapipe, SFace, Sharpness)}
"""Every annotator by its name."""
