"""A download with videos, and what was decoded of them by other code than ours."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image

from examples.made_archives import write_clip
from tests.imaging.made import Pixels
from tests.release.making import official_id, official_name, write_official

FRAMES, PEAK, RATE = 10, 6, 10
STILL, ALONE = official_id(0), official_id(101)
"""The ID of a clip whose still is among the pictures, and of one that has none."""


def course(seed: int, peak: int = PEAK) -> list[Image.Image]:
    """A picture that becomes another up to a frame, and then less so."""
    first, last = (_picture(seed * 2 + which) for which in range(2))
    weights = [1 - abs(number - peak) / max(peak, FRAMES - peak) for number in range(FRAMES)]
    return [Image.blend(first, last, 0.0 if number == 0 else weight) for number, weight in enumerate(weights)]


def _picture(seed: int) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (16, 12, 3), np.uint8)
    return Image.fromarray(pixels).resize((96, 128), Image.Resampling.BICUBIC)


def clip_name(pair_id: str) -> str:
    """What the official video of an ID is called."""
    return official_name(pair_id).replace(".jpg", ".mp4")


def write_filmed(root: Path, pairs: int = 6) -> Path:
    """A download of plain composites with two videos; returns its `SynPain`."""
    folder = write_official(root, pairs).parent
    for seed, pair_id in enumerate((STILL, ALONE)):
        write_clip(folder / "Videos" / clip_name(pair_id), course(seed), rate=RATE)
    return folder


def decoded_by_ffmpeg(path: Path) -> list[Pixels]:
    """Every frame of a clip, in the colours that FFmpeg gives it without a word about exactness."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
