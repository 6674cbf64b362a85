"""Looking for copies of faces: as a build does it, and by the plain definition, in one run.

    python -m tests.benchmarks.copies --frames 800

Thumbnails of 25 persons, each in many frames of nearly the same light; none is a copy of another person's. The plain
way is one matrix product of every thumbnail with all others, mirrored too. Seconds are those of the processor.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
import numpy.typing as npt
from PIL import Image

from synpain_hf.imaging.likeness import SIDE
from synpain_hf.release.duplicates import FARTHEST, copied_faces
from synpain_hf.release.partition import Written, WrittenRow

PERSONS = 25
BLOCK = 256

Thumbnails = npt.NDArray[np.uint8]


def frames_of(rng: np.random.Generator, frames: int) -> Thumbnails:
    """A person's frames: grain and a little more or less light; shape (frames, 16, 16, 3)."""
    spots = rng.integers(64, 192, (5, 5, 3), np.uint8)
    face = np.asarray(Image.fromarray(spots).resize((SIDE, SIDE), Image.Resampling.BICUBIC)).astype(int)
    grain = rng.normal(0, 1.5, (frames, SIDE, SIDE, 3)).round().astype(int)
    shown: Thumbnails = np.clip(face + grain + rng.integers(-12, 13, (frames, 1, 1, 1)), 0, 255).astype(np.uint8)
    return shown


def written_of(person: int, frames: int) -> Written:
    """A person's partition, as a build remembers it."""
    rows = tuple(
        WrittenRow(f"{person}-{at}", str(person), f"{person}:{at}", "", (), (person * frames + at,), ())
        for at in range(frames)
    )
    return Written("", f"data/fold-{person % 5}/old-man-white-{person}.parquet", 0, "", "", rows, ())


def plain(frames: Thumbnails, persons: npt.NDArray[np.int64]) -> int:
    """How many pairs of frames of two persons are near, each compared with all others."""
    signed = frames.astype(np.float32) - 128
    values, mirrored = (array.reshape(len(frames), -1) for array in (signed, signed[:, :, ::-1]))
    squares, near = np.square(values).sum(axis=1), 0
    for start in range(0, len(frames), BLOCK):
        rows = slice(start, start + BLOCK)
        products = np.maximum(values[rows] @ values.T, values[rows] @ mirrored.T)
        apart = squares[rows, None] + squares - 2 * products
        near += int(((apart <= values.shape[1] * FARTHEST**2) & (persons[rows, None] != persons)).sum())
    return near


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=400, help="frames of each of 25 persons")
    frames = parser.parse_args().frames
    rng = np.random.default_rng(0)
    shown = np.concatenate([frames_of(rng, frames) for _ in range(PERSONS)])
    written = [written_of(person, frames) for person in range(PERSONS)]
    start = time.process_time()
    found = copied_faces(written, shown)
    ours = time.process_time() - start
    start = time.process_time()
    near = plain(shown, np.repeat(np.arange(PERSONS), frames))
    theirs = time.process_time() - start
    assert (near == 0) == (found == ([], []))
    told = f"build {ours:.2f} s, all with all {theirs:.2f} s, {theirs / ours:.0f} times"
    sys.stdout.write(f"{PERSONS * frames:,} faces: {told}\n")


if __name__ == "__main__":
    main()
