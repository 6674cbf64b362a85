"""How much a face has changed since the first frame of its clip: where an expression peaks.

Light that changes and a head that moves alter most pixels of a clip, and are no expression. So each frame is first
freed of what is brighter or darker as a whole around a place, then put together from blocks of the first frame, each
moved to where it fits best; what is left is what neither light nor motion explains. This is the motion compensation of
video coding (Jain and Jain, IEEE Trans. Commun. 29(12), 1981), with full search. All of it is in whole numbers, so that
every machine finds the same peak.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synpain_hf.imaging.clip_decoder import BLOCK

REACH = 6
"""How far a block may have moved, in pixels of a small frame."""

_AROUND = 5
"""How far what is around a place reaches, in pixels of a small frame."""

Grey = npt.NDArray[np.uint8]
Detail = npt.NDArray[np.int16]


class Change:
    """Compares frames of a clip with its first one.

    Args:
        first: The first frame, small and grey; its sides are multiples of `BLOCK`.
    """

    def __init__(self, first: Grey) -> None:
        self._first = _blocks(_detail(first))

    def to(self, grey: Grey) -> int:
        """How much a frame differs from the first one, in levels of grey, over all pixels."""
        rows, columns = grey.shape
        padded = np.pad(_detail(grey), REACH, mode="edge")
        best = np.full(self._first.shape[:2], np.iinfo(np.int32).max, np.int32)
        for down in range(2 * REACH + 1):
            for right in range(2 * REACH + 1):
                moved = _blocks(padded[down : down + rows, right : right + columns])
                np.minimum(best, np.abs(moved - self._first).sum(axis=2, dtype=np.int32), out=best)
        return int(best.sum())


def _detail(grey: Grey) -> Detail:
    """A frame less the mean of what is around each place; shape (rows, columns)."""
    side = 2 * _AROUND + 1
    padded = np.pad(grey, _AROUND, mode="edge").astype(np.int32)
    sums = np.zeros((padded.shape[0] + 1, padded.shape[1] + 1), np.int32)
    sums[1:, 1:] = padded.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    around = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    detail: Detail = (grey - around // side**2).astype(np.int16)
    return detail


def _blocks(detail: Detail) -> Detail:
    """The pixels of every block; shape (rows / 8, columns / 8, 64)."""
    rows, columns = (side // BLOCK for side in detail.shape)
    blocks = detail.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2)
    return np.ascontiguousarray(blocks).reshape(rows, columns, BLOCK * BLOCK)
