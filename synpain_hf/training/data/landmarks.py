"""The landmarks by which faces are aligned, where an annotator has left them in a data set."""

from __future__ import annotations

import pyarrow as pa

from synpain_hf.annotation.landmarks import Landmarks
from synpain_hf.errors import UsageError
from synpain_hf.training.data.pairs import Pairs

_LANDMARKS = "landmarks"


def check_landmarks(pairs: Pairs) -> None:
    """Refuse a data set without landmarks.

    Raises:
        UsageError: If it has none.
    """
    _annotated(pairs)


def stored_landmarks(pairs: Pairs) -> Landmarks:
    """The landmarks of a data set.

    Raises:
        UsageError: If it has none.
        ReleaseError: If they are damaged.
    """
    return Landmarks.of(_annotated(pairs).select(["pair_id", "face", _LANDMARKS]), pairs.title)


def _annotated(pairs: Pairs) -> pa.Table:
    if pairs.annotations is None or _LANDMARKS not in pairs.annotations.column_names:
        raise UsageError(
            f"{pairs.title} has no landmarks, by which faces are aligned; run `synpain-hf annotate RELEASE --with "
            "mediapipe` first, or align nothing"
        )
    return pairs.annotations
