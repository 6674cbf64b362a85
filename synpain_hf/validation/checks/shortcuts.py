"""Whether the label can be told without looking at the face: by light, tint, size, file and the like.

Each shortcut is a few numbers a pair. A linear discriminant learns the label from them on four folds and is tried on
the fifth, so that no identity is on both sides; the AUROC is that of all pairs, with an interval that knows which
pairs show the same person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synpain_hf.metrics.subgroup_auroc import subgroup_auroc
from synpain_hf.release.identities import units_of
from synpain_hf.release.release import Release
from synpain_hf.validation.checks.check import Found, judged
from synpain_hf.validation.faces import Faces

MISLEADING = 0.55
"""AUROC of a shortcut that would mislead, if its whole interval lies above."""

_LEAST = 5
_LEVEL = 0.05
_RIDGE = 1e-6

Floats = npt.NDArray[np.float64]


def _both(*names: str) -> Callable[[Faces], Floats]:
    """The measures of the expressive face, and how they differ from those of the neutral one."""

    def features(faces: Faces) -> Floats:
        found = [faces.measures(name) for name in names]
        return np.column_stack([column for each in found for column in (each[:, 1], each[:, 1] - each[:, 0])])

    return features


def _size_of_files(faces: Faces) -> Floats:
    sizes = np.log([[max(face.bytes, 1) for face in pair.faces] for pair in faces.pairs])
    return np.column_stack([sizes[:, 1], sizes[:, 1] - sizes[:, 0]])


def _gutter(faces: Faces) -> Floats:
    return np.array([[np.nan if pair.gutter is None else pair.gutter] for pair in faces.pairs], dtype=np.float64)


def _kind_of_file(faces: Faces) -> Floats:
    kinds = [pair.source.rpartition(".")[2].lower() for pair in faces.pairs]
    return np.array([[kind == known for known in sorted(set(kinds))[1:]] for kind in kinds], dtype=np.float64)


@dataclass(frozen=True)
class Shortcut:
    """Something that a model may use instead of the face.

    Attributes:
        title: What it is, in words.
        features: Its numbers; shape (pairs, features), NaN where not known.
        remedy: What to do about it.
        is_of_the_face: Whether an expression changes it too, so that it is told and not held against the data.
    """

    title: str
    features: Callable[[Faces], Floats]
    remedy: str
    is_of_the_face: bool = False


SHORTCUTS: Mapping[str, Shortcut] = {
    "light": Shortcut("light of the background", _both("light"), "even it out, or train with changed light"),
    "tint": Shortcut(
        "tint of the background", _both("red_tint", "blue_tint"), "even it out, or train with changed tint"
    ),
    "size": Shortcut("size of the pictures", _both("width", "height"), "scale all faces alike (--image-size)"),
    "face_size": Shortcut(
        "size of the face in its picture", _both("face_size"), "crop all faces alike, or train with changed size"
    ),
    "pose": Shortcut(
        "pose of the head",
        _both("yaw", "pitch", "roll"),
        "align the faces, or train with turned ones",
        is_of_the_face=True,
    ),
    "gutter": Shortcut("width of the gutter", _gutter, "scale all faces alike (--image-size)"),
    "file_kind": Shortcut("kind of the source's files", _kind_of_file, "store all pictures in one format first"),
    "jpeg": Shortcut("trace of JPEG in the pixels", _both("blocks"), "store all pictures in one format first"),
    "colour": Shortcut(
        "mean colour of the whole face",
        _both("red", "green", "blue"),
        "train with changed colours",
        is_of_the_face=True,
    ),
    "file_size": Shortcut("size of the encoded files", _size_of_files, "look at what differs", is_of_the_face=True),
    "contrast": Shortcut("contrast", _both("contrast"), "train with changed contrast", is_of_the_face=True),
    "sharpness": Shortcut("sharpness", _both("sharpness"), "train with changed sharpness", is_of_the_face=True),
}
"""The shortcuts that are looked for, by their names."""


def shortcuts(release: Release, faces: Faces) -> Found:  # noqa: ARG001 - looks at faces alone
    """How well each shortcut tells the label; intervals are simultaneous over all of them."""
    units = units_of((pair.identity, pair.derived_from) for pair in faces.pairs)
    clusters = np.array([units[pair.identity] for pair in faces.pairs])
    found: dict[str, dict[str, Any]] = {}
    for name, shortcut in SHORTCUTS.items():
        found[name] = told_by(shortcut.features(faces), faces, clusters, 1 - _LEVEL / len(SHORTCUTS))
    failures: list[str] = []
    warnings: list[str] = []
    for name, measured in found.items():
        interval = measured["interval"]
        if interval is None or interval["low"] <= 0.5:
            continue
        shortcut = SHORTCUTS[name]
        sentence = (
            f"the {shortcut.title} alone tells the label: AUROC {measured['auroc']:.3f} "
            f"[{interval['low']:.3f}, {interval['high']:.3f}]; {shortcut.remedy}"
        )
        misleads = interval["low"] >= MISLEADING and not shortcut.is_of_the_face
        (failures if misleads else warnings).append(sentence)
    if all(measured["auroc"] is None for measured in found.values()):
        return Found(
            "not made", ["too few pairs of both labels to learn a shortcut from; add pairs"], {"shortcuts": found}
        )
    return judged(failures, warnings, {"shortcuts": found})


def told_by(features: Floats, faces: Faces, clusters: npt.NDArray[np.str_], confidence: float) -> dict[str, Any]:
    """How well some numbers tell the label of pairs that were not learned from.

    Args:
        features: Shape (pairs, features), NaN where not known.
        faces: The pairs.
        clusters: Which pairs depend on each other; shape (pairs,).
        confidence: The level of the interval.

    Returns:
        `auroc`, `interval` and `pairs`; `reason` where it cannot be said.
    """
    known = np.isfinite(features).all(axis=1) if features.size else np.zeros(len(faces.pairs), bool)
    values, is_pain, folds = features[known], faces.is_pain[known], faces.folds[known]
    nothing = {"auroc": None, "interval": None, "pairs": int(known.sum())}
    if not known.any() or not np.ptp(values, axis=0).any():
        return {**nothing, "reason": "it is the same in all pairs, or not known"}
    scores = np.full(len(values), np.nan)
    for fold in np.unique(folds):
        learned, tried = folds != fold, folds == fold
        if min(is_pain[learned].sum(), (~is_pain[learned]).sum()) >= _LEAST:
            scores[tried] = _discriminant(values[learned], is_pain[learned])(values[tried])
    is_tried = np.isfinite(scores)
    if len(set(is_pain[is_tried])) < 2:
        return {**nothing, "reason": f"fewer than {_LEAST} pairs of a label to learn from"}
    overall = subgroup_auroc(
        references=is_pain[is_tried], scores=scores[is_tried], clusters=clusters[known][is_tried], confidence=confidence
    )["overall"]
    return {"auroc": overall["auroc"], "interval": overall["interval"], "pairs": int(is_tried.sum())}


def _discriminant(values: Floats, is_pain: npt.NDArray[np.bool_]) -> Callable[[Floats], Floats]:
    """Fisher's linear discriminant, as a score that is 0 half-way between the classes (Ann. Eugen. 7, 1936)."""
    middle, scale = values.mean(axis=0), values.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    scaled = (values - middle) / scale
    pain, other = scaled[is_pain].mean(axis=0), scaled[~is_pain].mean(axis=0)
    rest = scaled - np.where(is_pain[:, None], pain, other)
    within = rest.T @ rest / max(len(rest) - 2, 1) + _RIDGE * np.eye(values.shape[1])
    direction = np.linalg.solve(within, pain - other)
    offset = direction @ (pain + other) / 2
    return lambda new: ((new - middle) / scale) @ direction - offset
