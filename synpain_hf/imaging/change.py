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

_STEPS = range(-REACH, REACH + 1)

_MOVES = [
    [(REACH + down, REACH + right) for down in _STEPS for right in _STEPS if max(abs(down), abs(right)) == distance]
    for distance in range(REACH + 1)
]
"""Where blocks may have been in a frame with edges around it, those that moved least first."""

Grey = npt.NDArray[np.uint8]
Detail = npt.NDArray[np.int16]


class Change:
    """Compares frames of a clip with its first one.

    Args:
        first: The first frame, small and grey; its sides are multiples of `BLOCK`.
    """

    def __init__(self, first: Grey) -> None:
        self._first = _blocks(_detail(first))

    def to(self, grey: Grey, at_least: int = 0) -> int:
        """How much a frame differs from the first one, in levels of grey, over all pixels.

        Args:
            grey: The frame, as the first one.
            at_least: Where it differs by no more than this, any number up to it may be given, which is sooner known.
        """
        rows, columns = grey.shape
        padded = np.pad(_detail(grey), REACH, mode="edge")
        best = np.full(self._first.shape[:2], np.iinfo(np.int32).max, np.int32)
        for moves in _MOVES:
            for down, right in moves:
                moved = _blocks(padded[down : down + rows, right : right + columns])
                np.minimum(best, np.abs(moved - self._first).sum(axis=2, dtype=np.int32), out=best)
            if (found := int(best.sum(dtype=np.int64))) <= at_least:
                break  # the further moves could only make it less
        return found


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
