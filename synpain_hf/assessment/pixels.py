"""How near is the picture to the truth? Pixels against those of the oracle."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from synpain_hf.assessment.identity import command
from synpain_hf.assessment.landmarks import landmarks_in
from synpain_hf.assessment.lent import Lent, LentPair
from synpain_hf.assessment.lpips import Lpips, lacking
from synpain_hf.assessment.section import UNTOUCHED, Row, Section, mean_of
from synpain_hf.imaging import png
from synpain_hf.imaging.differences import Box, box_of, root_mean_square, structural_similarity
from synpain_hf.progress import Progress
from synpain_hf.text.plurals import count
from synpain_hf.transferring.drawing import bytes_of, decoded

_TITLE: Final = "How near is the picture to the truth?"

Measure = Callable[[png.Pixels, png.Pixels, Box], float]

MEASURES: Final[Mapping[str, Measure]] = {"rmse": root_mean_square, "ssim": structural_similarity}
"""What is computed of two pictures; and LPIPS, where it is installed."""


def pixels_of(lent: Lent, pair: LentPair, face: str) -> png.Pixels:
    """The pixels of a face; shape (height, width, 3).

    Args:
        lent: The release.
        pair: The pair.
        face: `neutral` or `expressive`.

    Raises:
        ReleaseError: If the release is damaged.
        PictureError: If the picture is.
    """
    return decoded(bytes_of(lent.release.folder / pair.file, (pair.pair_id, face)))


def pixels(judged: Sequence[Lent], oracle: Lent | None, progress: Progress) -> Section:
    """How near pictures are to the truth within the box of the face, method by method.

    Args:
        judged: The releases.
        oracle: The release with the truth; None for none.
        progress: Called with the pictures that were compared.

    Raises:
        ReleaseError: If a release is damaged.
        PictureError: If a picture is.
    """
    if oracle is None:
        reason = "the truth is known of demo faces alone; of these, give --oracle what `transfer --method oracle` makes"
        return Section("pixels", _TITLE, [], [reason])
    boxes = landmarks_in(oracle.release)
    if not boxes:
        lacks = f"no landmarks are known of {oracle.release.folder}; run {command(oracle.release, 'mediapipe')}"
        return Section("pixels", _TITLE, [], [lacks])
    missing = lacking()
    measures: Mapping[str, Measure] = MEASURES if missing else {**MEASURES, "lpips": Lpips.installed()}
    others = [one for one in judged if one is not oracle]
    shared = {
        one.label: [pair_id for pair_id in one.pairs if pair_id in oracle.pairs and (pair_id, "neutral") in boxes]
        for one in others
    }
    every = sorted({pair_id for ids in shared.values() for pair_id in ids})
    unlike = 0
    found: dict[str, dict[str, list[float]]] = {name: {} for name in (*shared, UNTOUCHED)}
    for done, pair_id in enumerate(every):
        progress("pictures", done, len(every))
        pair = oracle.pairs[pair_id]
        truth, neutral = (pixels_of(oracle, pair, face) for face in ("expressive", "neutral"))
        within = box_of(boxes[pair_id, "neutral"], (truth.shape[1], truth.shape[0]))
        shown = {
            one.label: pixels_of(one, one.pairs[pair_id], "expressive")
            for one in others
            if pair_id in shared[one.label]
        }
        if {neutral.shape, *(face.shape for face in shown.values())} != {truth.shape} or not truth[within].size:
            unlike += 1
            continue
        for name, face in {**shown, UNTOUCHED: neutral}.items():
            found[name][pair_id] = [measure(face, truth, within) for measure in measures.values()]
    progress("pictures", len(every), len(every))
    rows = [row for name, values in found.items() for row in _rows(name, values, oracle, list(measures))]
    left_out = (
        f"{count(unlike, 'pair')} cannot be compared: their pictures have several sizes, or the face is not in them; "
        "build the releases anew"
    )
    return Section("pixels", _TITLE, rows, [*([left_out] if unlike else []), *([missing] if missing else [])])


def _rows(name: str, values: Mapping[str, Sequence[float]], oracle: Lent, measures: Sequence[str]) -> Iterator[Row]:
    pairs = [oracle.pairs[pair_id] for pair_id in values]
    if pairs:
        for measure, column in zip(measures, np.array(list(values.values())).T, strict=True):
            yield Row.made(name, measure, pairs, mean_of(column, pairs), against="oracle")
