"""Are the parts of the face where they were to be? Landmarks that MediaPipe finds, against those that were wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from synpain_hf.annotation.faces import Face
from synpain_hf.annotation.landmarks import FILE, Landmarks
from synpain_hf.assessment.identity import command
from synpain_hf.assessment.lent import Lent, LentPair, Origins
from synpain_hf.assessment.section import UNTOUCHED, Example, Row, Section, error_of, worst
from synpain_hf.generation.transfer.change import Points, transferred
from synpain_hf.generation.transfer.contours import BROWS, EYES, INNER_MOUTH, LIPS, OVAL
from synpain_hf.release.release import Release
from synpain_hf.vocabulary import FACES

PARTS: Final[Mapping[str, list[int]]] = {
    "brows": [point for brow in BROWS for point in brow],
    "eyes": [point for eye in EYES for point in eye.contour],
    "lips": [*LIPS.contour, *INNER_MOUTH.contour],
}
"""The landmarks of each part of a face."""

_TITLE: Final = "Are brows, eyes and lips where they were to be?"
_NAMED: Final = 3

Found = Mapping[Face, npt.NDArray[np.float32]]
Wanted = Mapping[str, Points]
"""Where the landmarks of each pair were to be, by its id; shape (478, 2)."""


def landmarks_in(release: Release) -> Found:
    """The landmarks of each face of a release that has a width; none where it has no table of them.

    Args:
        release: The release.

    Raises:
        ReleaseError: If the table is damaged.
    """
    there: Found = Landmarks.read(release) if FILE in release.files else {}
    return {face: points for face, points in there.items() if _width(points) > 0}


def errors(found: npt.ArrayLike, wanted: npt.ArrayLike, identity: npt.ArrayLike) -> list[float]:
    """The mean distance of the landmarks of each part from where they were to be, in percent of the face's width.

    Args:
        found: Shape (478, 2) or (478, 3), in pixels.
        wanted: Likewise.
        identity: Those of the neutral face, by which the width is known; it has to have one.

    Example:
        >>> face = np.random.default_rng(0).uniform(0, 100, (478, 3))
        >>> errors(face, face, face)
        [0.0, 0.0, 0.0]
    """
    shown, asked = (np.asarray(points, np.float64)[:, :2] for points in (found, wanted))
    apart = np.hypot(*(shown - asked).T)
    return [100 * float(apart[part].mean()) / _width(identity) for part in PARTS.values()]


def _width(points: npt.ArrayLike) -> float:
    """How wide a face is, in pixels."""
    return float(np.ptp(np.asarray(points, np.float64)[list(OVAL), 0]))


def landmarks(
    judged: Sequence[Lent], origins: Origins | None, unknown: str, oracle: Lent | None
) -> tuple[Section, list[Example]]:
    """How far landmarks are from where they were to be, method by method.

    Args:
        judged: The releases, that of the truth among them.
        origins: What their pairs were made of; None where it is not known.
        unknown: Why it is not known.
        oracle: The release with the truth; None for none.

    Returns:
        The section, and the faces that are the farthest from what they were to be.
    """
    rows, missing, examples = list[Row](), [unknown] if unknown else [], list[Example]()
    found = {one.label: landmarks_in(one.release) for one in judged}
    missing += [
        f"no landmarks are known of {one.release.folder}; run {command(one.release, 'mediapipe')}"
        for one in judged
        if not found[one.label]
    ]
    wanted = dict[str, Wanted]()
    if origins is not None:
        wanted["target"] = _targets(judged, found, origins)
        if FILE not in origins.drivers.files:
            missing.append(
                f"no landmarks are known of {origins.drivers.folder}; run {command(origins.drivers, 'mediapipe')}"
            )
    if oracle is not None:
        there = found[oracle.label]
        pairs = [pair_id for pair_id in oracle.pairs if (pair_id, "expressive") in there]
        wanted["oracle"] = {pair_id: np.asarray(there[pair_id, "expressive"], np.float64) for pair_id in pairs}
    if "target" in wanted:
        examples = [example for one in judged for example in _worst(one, found[one.label], wanted["target"])]
    for against, where in wanted.items():
        shown = [one for one in judged if against == "target" or one is not oracle]
        rows += _against(against, where, shown, found)
    return Section("landmarks", _TITLE, rows, missing), examples


def _against(against: str, wanted: Wanted, judged: Sequence[Lent], found: Mapping[str, Found]) -> Iterator[Row]:
    """The errors of every method, and of the faces as they were, each once."""
    untouched = dict[str, tuple[LentPair, list[float]]]()
    for one in judged:
        pairs = _known(one, found[one.label], wanted)
        yield from _rows(
            one.label, pairs, [_off(pair, "expressive", found[one.label], wanted) for pair in pairs], against
        )
        untouched |= {pair.pair_id: (pair, _off(pair, "neutral", found[one.label], wanted)) for pair in pairs}
    yield from _rows(
        UNTOUCHED, [pair for pair, _ in untouched.values()], [off for _, off in untouched.values()], against
    )


def _worst(one: Lent, found: Found, wanted: Wanted) -> list[Example]:
    pairs = _known(one, found, wanted)
    off = [float(np.mean(_off(pair, "expressive", found, wanted))) for pair in pairs]
    return worst(one.label, pairs, off, _far, _NAMED)


def _known(one: Lent, found: Found, wanted: Wanted) -> list[LentPair]:
    """The pairs of whose faces landmarks are known, and where they were to be."""
    return [
        pair
        for pair_id, pair in one.pairs.items()
        if pair_id in wanted and all((pair_id, face) in found for face in FACES)
    ]


def _far(value: float) -> str:
    return f"farthest from where its landmarks were to be ({value:.1f}% of the face's width)"


def _targets(judged: Sequence[Lent], found: Mapping[str, Found], origins: Origins) -> Wanted:
    """Where the landmarks of each pair were to be."""
    of_drivers = landmarks_in(origins.drivers)
    targets = dict[str, Points]()
    for one in judged:
        for pair_id in one.pairs:
            couple = origins.couples.get(pair_id)
            if pair_id in targets or couple is None or (pair_id, "neutral") not in found[one.label]:
                continue
            driver = [(couple.driver.pair_id, face) for face in FACES]
            if all(face in of_drivers for face in driver):
                own = found[one.label][pair_id, "neutral"]
                targets[pair_id] = transferred(own, *(of_drivers[face] for face in driver))
    return targets


def _off(pair: LentPair, face: str, found: Found, wanted: Wanted) -> list[float]:
    return errors(found[pair.pair_id, face], wanted[pair.pair_id], found[pair.pair_id, "neutral"])


def _rows(method: str, pairs: Sequence[LentPair], off: Sequence[Sequence[float]], against: str) -> Iterator[Row]:
    if pairs:
        for part, values in zip(PARTS, zip(*off, strict=True), strict=True):
            estimate = error_of(values, pairs)
            yield Row.made(method, "error", pairs, estimate, of=part, against=against, by="mediapipe")
